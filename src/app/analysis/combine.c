/* The methods' rankings put together: two more rankings, by Borda's points and in Kemeny's order. */
#include "combine.h"

#include "error.h"
#include <math.h>

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
static pl_status place_scores(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    uint32_t n_placed = 0;
    const uint32_t *places = pl_consensus_kemeny(a->consensus);
    double *scores = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*scores));

    if (!scores)
        return pl__fail(reterr, PL_E_NOMEM, "scores");
    for (uint32_t i = 0; i < n; i++)
        n_placed += places[i] > 0 ? 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        scores[i] = (double)NAN;
        if (places[i] > 0)
            scores[i] = n_placed > 1 ? (double)(n_placed - places[i]) / (n_placed - 1) : 1.0;
    }
    m->scores = scores;
    m->rank = places;
    return PL_OK;
}

static pl_status rank_points(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    m->scores = pl_consensus_borda(a->consensus);
    return pl__rank_scores(a, m, reterr);
}

static pl_status add_notes(pl_analysis *a, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (!pl_consensus_is_exact(a->consensus))
        rc = pl__analysis_note(a, reterr,
                               "with more than %u models Kemeny's order is the best that a local search "
                               "found, perhaps not the best there is",
                               PL_CONSENSUS_EXACT_MAX);
    if (rc == PL_OK && a->uncertainty)
        rc = pl__analysis_note(a, reterr, "the combined rankings are not resampled: they have no intervals");
    return rc;
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
        a->n_methods += 2;
    return rc;
}
