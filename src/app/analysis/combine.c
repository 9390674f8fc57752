/* The methods' rankings put together: two more rankings, by Borda's points and in Kemeny's order. */
#include "combine.h"

#include "alloc.h"
#include "error.h"
#include "spread.h"
#include <math.h>
#include <string.h>

static pl_status take_warnings(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    size_t n = 0;
    const char *const *warnings = pl_consensus_warnings(a->consensus, &n);

    m->warnings = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*m->warnings));
    if (!m->warnings)
        return pl__fail(reterr, PL_E_NOMEM, "warnings");
    for (size_t i = 0; i < n; i++)
        m->warnings[m->n_warnings++] = warnings[i]; /* the consensus lives as long as the analysis */
    return PL_OK;
}

/* Kemeny's places as scores: 1 for the first, 0 for the last. */
static void score_places(const uint32_t *places, uint32_t n, double *ret)
{
    uint32_t n_placed = 0;

    for (uint32_t i = 0; i < n; i++)
        n_placed += places[i] > 0 ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = (double)NAN;
        if (places[i] > 0)
            ret[i] = n_placed > 1 ? (double)(n_placed - places[i]) / (n_placed - 1) : 1.0;
    }
}

static pl_status place_scores(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    double *scores = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*scores));

    if (!scores)
        return pl__fail(reterr, PL_E_NOMEM, "scores");
    m->rank = pl_consensus_kemeny(a->consensus);
    score_places(m->rank, n, scores);
    m->scores = scores;
    return PL_OK;
}

static pl_status rank_points(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    m->scores = pl_consensus_borda(a->consensus);
    return pl__rank_scores(a, m, reterr);
}

/* The combined rankings of one resample, its weights worked out anew. */
static pl_status combine_replicate(const pl_analysis *a, size_t replicate, pl_consensus_list *lists, double *borda,
                                   double *kemeny, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    pl_consensus *c = NULL;
    pl_status rc = PL_OK;

    for (size_t k = 0; k < a->n_combined; k++)
        lists[k] = (pl_consensus_list){a->methods[k].name, a->methods[k].uncertainty->replicates + replicate * n};
    rc = pl_consensus_run(lists, a->n_combined, a->set->models, n, NULL, &c, reterr);
    if (rc != PL_OK)
        return rc;
    memcpy(borda + replicate * n, pl_consensus_borda(c), n * sizeof(*borda));
    score_places(pl_consensus_kemeny(c), n, kemeny + replicate * n);
    pl_consensus_free(c);
    return PL_OK;
}

/* Ranks alone: points and places move in steps, and nobody has shown what their intervals are worth. */
static pl_status spread_ranks(pl_analysis *a, pl_method_result *m, double *replicates, pl_method_uncertainty *ret,
                              pl_error *reterr)
{
    pl_spread s = {.arena = &a->arena,
                   .models = a->set->models,
                   .n_models = a->set->n_models,
                   .n_images = pl_uncertainty_n_images(a->uncertainty),
                   .n_replicates = pl_uncertainty_n_replicates(a->uncertainty),
                   .level = pl_uncertainty_level(a->uncertainty),
                   .replicates = replicates};
    pl_status rc = PL_OK;

    s.scores = pl__arena_calloc(&a->arena, s.n_models, sizeof(*s.scores));
    if (!s.scores)
        return pl__fail(reterr, PL_E_NOMEM, "scores");
    memcpy(s.scores, m->scores, s.n_models * sizeof(*s.scores));
    rc = pl__spread_open(&s, reterr);
    if (rc == PL_OK)
        rc = pl__spread_ranks(&s, reterr);
    if (rc != PL_OK)
        return rc;
    *ret = (pl_method_uncertainty){.n_models = s.n_models,
                                   .scores = s.scores,
                                   .low = s.low,
                                   .high = s.high,
                                   .se = s.se,
                                   .defined = s.defined,
                                   .rank_low = s.rank_low,
                                   .rank_high = s.rank_high,
                                   .p_best = s.p_best,
                                   .group = s.group,
                                   .order = s.order,
                                   .n_ranked = s.n_ranked};
    m->uncertainty = ret;
    return PL_OK;
}

static pl_status resample(pl_analysis *a, pl_consensus_list *lists, pl_error *reterr)
{
    size_t n = pl_uncertainty_n_replicates(a->uncertainty);
    pl_method_uncertainty *both = pl__arena_calloc(&a->arena, 2, sizeof(*both));
    double *borda = pl__calloc(n, (size_t)a->set->n_models * sizeof(*borda));
    double *kemeny = pl__calloc(n, (size_t)a->set->n_models * sizeof(*kemeny));
    pl_status rc = PL_OK;

    if (!both || !borda || !kemeny) {
        rc = pl__fail(reterr, PL_E_NOMEM, "combined resamples");
        goto out;
    }
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = combine_replicate(a, i, lists, borda, kemeny, reterr);
    if (rc == PL_OK)
        rc = spread_ranks(a, &a->methods[a->n_combined], borda, &both[0], reterr);
    if (rc == PL_OK)
        rc = spread_ranks(a, &a->methods[a->n_combined + 1], kemeny, &both[1], reterr);
out:
    pl__free(borda);
    pl__free(kemeny);
    return rc;
}

static pl_status add_ranks(pl_analysis *a, pl_consensus_list *lists, pl_error *reterr)
{
    if (!a->uncertainty || a->n_combined == 0 || !a->methods[0].uncertainty->replicates)
        return PL_OK; /* one image: the bootstrap has said so */
    if (a->set->n_models > PL_COMBINED_RESAMPLES_MODELS_MAX)
        return pl__notes_add(&a->notes, &a->arena, reterr,
                             "the combined rankings of more than %u models are not resampled: they have no "
                             "intervals",
                             PL_COMBINED_RESAMPLES_MODELS_MAX);
    return resample(a, lists, reterr);
}

static pl_status add_notes(pl_analysis *a, pl_error *reterr)
{
    if (pl_consensus_is_exact(a->consensus))
        return PL_OK;
    return pl__notes_add(&a->notes, &a->arena, reterr,
                         "with more than %u models Kemeny's order is the best that a local search "
                         "found, perhaps not the best there is",
                         PL_CONSENSUS_EXACT_MAX);
}

pl_status pl__combine(pl_analysis *a, pl_error *reterr)
{
    pl_consensus_list *lists = pl__arena_calloc(&a->arena, a->n_methods, sizeof(*lists));
    pl_method_result *borda = &a->methods[a->n_methods];
    pl_method_result *kemeny = &a->methods[a->n_methods + 1];
    pl_status rc = PL_OK;

    if (!lists)
        return pl__fail(reterr, PL_E_NOMEM, "rankings");
    for (size_t k = 0; k < a->n_methods; k++)
        lists[k] = (pl_consensus_list){a->methods[k].name, a->methods[k].scores};
    rc = pl_consensus_run(lists, a->n_methods, a->set->models, a->set->n_models, NULL, &a->consensus, reterr);
    if (rc != PL_OK)
        return rc;
    a->n_combined = a->n_methods;
    borda->name = "consensus-borda";
    kemeny->name = "consensus-kemeny";
    rc = rank_points(a, borda, reterr);
    if (rc == PL_OK)
        rc = take_warnings(a, borda, reterr);
    if (rc == PL_OK)
        rc = place_scores(a, kemeny, reterr);
    if (rc == PL_OK)
        rc = add_notes(a, reterr);
    if (rc == PL_OK)
        rc = add_ranks(a, lists, reterr);
    if (rc == PL_OK)
        a->n_methods += 2;
    return rc;
}
