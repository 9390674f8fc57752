/* How many comparisons carry the top rank. The fewest cannot be found by trial; this is an upper bound: comparisons
 * are removed in the order of what they do to the gap between the top model and a challenger, as a weighted mean of
 * R feels it, and every number reported was verified by running the method without them. */
#include "alloc.h"
#include "bt_without.h"
#include "error.h"
#include "spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_JUDGE UINT32_MAX
#define CHALLENGERS_MAX 3u /* models next to the top that are tried */

typedef struct lever {
    double gain; /* by how much the gap shrinks, to first order */
    size_t comparison;
} lever;

typedef struct search {
    const pl_fragility_job *job;
    const double *weights; /* of the judges, or NULL */
    uint32_t single;       /* the only judge that counts, or NO_JUDGE */
    double *mean;          /* weighted mean of S_VL by model, on the scale of R whatever the method's scores are */
    double *total;         /* the weight behind it */
    bool *is_tried;        /* the top model and the challengers that are tried, by model */
    size_t *tried;         /* comparisons of one of these: the others are no levers */
    size_t n_tried;
    lever *levers; /* n_tried */
    size_t n_levers;
    bool *left_out;
    pl_peer_table *table;
    pl_bt_without *quick; /* in place of the table, where it can be had; */
    double *scores;       /* what it gives */
} search;

static int compare_levers(const void *x, const void *y)
{
    const lever *a = x;
    const lever *b = y;
    int c = (a->gain < b->gain) - (a->gain > b->gain);
    return c ? c : (a->comparison > b->comparison) - (a->comparison < b->comparison);
}

/* The weight of the comparison for the method, as far as it is known. */
static double weight_of(const search *s, const pl_comparison *c)
{
    if (s->single != NO_JUDGE)
        return c->judge == s->single ? c->weight : 0.0;
    if (!s->weights)
        return c->weight;
    double w = s->weights[c->judge];
    return isfinite(w) && w > 0.0 ? w * c->weight : 0.0;
}

/* Of "single:…"; names are distinct. */
static uint32_t single_judge(const pl_fragility_job *job)
{
    static const char prefix[] = "single:";
    size_t n = sizeof(prefix) - 1;
    uint32_t n_models = pl_peer_table_n_models(job->table);
    uint32_t judge = 0;
    if (strncmp(job->method, prefix, n) != 0)
        return NO_JUDGE;
    while (judge < n_models && strcmp(job->models[judge], job->method + n) != 0)
        judge++;
    return judge;
}

/* The means, and how many comparisons are of a model that is tried. */
static void find_means(search *s)
{
    size_t n = pl_peer_table_n_comparisons(s->job->table);
    for (size_t i = 0; i < n; i++) {
        pl_comparison c = pl_peer_table_comparison(s->job->table, i);
        double w = weight_of(s, &c);
        s->mean[c.a] += w * c.a_score;
        s->mean[c.b] += w * c.b_score;
        s->total[c.a] += w;
        s->total[c.b] += w;
        s->n_tried += s->is_tried[c.a] || s->is_tried[c.b];
    }
    for (uint32_t m = 0; m < pl_peer_table_n_models(s->job->table); m++)
        s->mean[m] = s->total[m] > 0.0 ? s->mean[m] / s->total[m] : 0.0;
}

static pl_status find_tried(search *s, pl_error *reterr)
{
    const pl_fragility_job *job = s->job;
    size_t n = pl_peer_table_n_comparisons(job->table);
    for (uint32_t i = 0; i < job->n_ranked && i <= CHALLENGERS_MAX; i++)
        s->is_tried[job->order[i]] = true;
    find_means(s);
    s->tried = pl__calloc(s->n_tried, sizeof(*s->tried));
    s->levers = pl__calloc(s->n_tried, sizeof(*s->levers));
    if (!s->tried || !s->levers)
        return pl__fail(reterr, PL_E_NOMEM, "a search over %zu comparisons", n);
    s->n_tried = 0;
    for (size_t i = 0; i < n; i++) {
        pl_comparison c = pl_peer_table_comparison(job->table, i);
        if (s->is_tried[c.a] || s->is_tried[c.b])
            s->tried[s->n_tried++] = i;
    }
    return PL_OK;
}

static void find_levers(search *s, uint32_t top, uint32_t challenger)
{
    s->n_levers = 0;
    for (size_t i = 0; i < s->n_tried; i++) {
        pl_comparison c = pl_peer_table_comparison(s->job->table, s->tried[i]);
        double w = weight_of(s, &c);
        double gain = 0.0;
        if (!(w > 0.0))
            continue;
        for (unsigned side = 0; side < 2; side++) {
            uint32_t m = side == 0 ? c.a : c.b;
            double x = side == 0 ? c.a_score : c.b_score;
            if (m == top)
                gain += w * (x - s->mean[m]) / s->total[m];
            else if (m == challenger)
                gain += w * (s->mean[m] - x) / s->total[m];
        }
        if (gain > 0.0)
            s->levers[s->n_levers++] = (lever){gain, s->tried[i]};
    }
    if (s->n_levers > 0)
        qsort(s->levers, s->n_levers, sizeof(*s->levers), compare_levers);
}

static bool find_top(search *s, const double *scores, uint32_t *ret_top)
{
    const pl_fragility_job *job = s->job;
    uint32_t best = job->order[0];
    for (uint32_t i = 1; i < job->n_ranked; i++) {
        uint32_t m = job->order[i];
        if (!isnan(scores[m]) && (isnan(scores[best]) || scores[m] > scores[best]))
            best = m;
    }
    if (best != job->order[0])
        *ret_top = best;
    return best != job->order[0];
}

static pl_status try_quickly(search *s, size_t k, bool *ret_fell, uint32_t *ret_top, pl_error *reterr)
{
    pl__bt_without_reset(s->quick);
    for (size_t i = 0; i < k; i++)
        pl__bt_without_drop(s->quick, s->levers[i].comparison);
    if (pl__bt_without_scores(s->quick, s->scores))
        return pl__fail(reterr, PL_E_NOMEM, "a search over all comparisons");
    *ret_fell = find_top(s, s->scores, ret_top);
    return PL_OK;
}

/* Is another model on top without the first k levers' comparisons? Then it is *ret_top. */
static pl_status try_without(search *s, size_t k, bool *ret_fell, uint32_t *ret_top, pl_error *reterr)
{
    const pl_fragility_job *job = s->job;
    pl_ranking *ranking = NULL;
    if (s->quick)
        return try_quickly(s, k, ret_fell, ret_top, reterr);
    memset(s->left_out, 0, pl_peer_table_n_comparisons(job->table) * sizeof(*s->left_out));
    for (size_t i = 0; i < k; i++)
        s->left_out[s->levers[i].comparison] = true;
    pl_status rc = *job->resampler ? PL_OK : pl_resampler_new(job->table, job->resampler, reterr);
    if (!rc)
        rc = pl_resampler_leave_out(*job->resampler, s->left_out, &s->table, reterr);
    if (!rc)
        rc = pl_rank_run(job->method, s->table, job->models, job->rank, &ranking, reterr);
    if (rc)
        return rc;
    *ret_fell = find_top(s, pl_ranking_scores(ranking), ret_top);
    pl_ranking_free(ranking);
    return PL_OK;
}

/* The shortest prefix of the levers below `limit` that was found to suffice: doubling, then halving. */
static pl_status search_prefix(search *s, size_t limit, size_t *ret_n, uint32_t *ret_top, pl_error *reterr)
{
    size_t most = s->n_levers < limit ? s->n_levers : limit - 1;
    size_t holds = 0; /* the top model stays without this many */
    size_t falls = 0;
    pl_status rc = PL_OK;
    *ret_n = 0;
    while (!rc && falls == 0 && holds < most) {
        size_t k = holds == 0 ? 1 : holds < most / 2 ? 2 * holds : most;
        bool fell = false;
        rc = try_without(s, k, &fell, ret_top, reterr);
        if (fell)
            falls = k;
        else
            holds = k;
    }
    while (!rc && falls > holds + 1) {
        bool fell = false;
        size_t mid = holds + (falls - holds) / 2;
        rc = try_without(s, mid, &fell, ret_top, reterr);
        if (fell)
            falls = mid;
        else
            holds = mid;
    }
    *ret_n = falls;
    return rc;
}

static pl_status search_all(search *s, uint64_t *ret_n, uint32_t *ret_top, pl_error *reterr)
{
    const pl_fragility_job *job = s->job;
    size_t fewest = 0;
    uint32_t fewest_top = 0;
    uint32_t of = 0; /* the challenger that gave it */
    pl_status rc = find_tried(s, reterr);
    for (uint32_t i = 1; i < job->n_ranked && i <= CHALLENGERS_MAX && !rc; i++) {
        size_t n = 0;
        uint32_t top = 0;
        find_levers(s, job->order[0], job->order[i]);
        rc = search_prefix(s, fewest > 0 ? fewest : SIZE_MAX, &n, &top, reterr);
        if (!rc && n > 0) {
            fewest = n;
            fewest_top = top;
            of = i;
        }
    }
    if (rc)
        return rc;
    memset(s->left_out, 0, pl_peer_table_n_comparisons(job->table) * sizeof(*s->left_out));
    if (fewest > 0)
        find_levers(s, job->order[0], job->order[of]);
    for (size_t i = 0; i < fewest; i++)
        s->left_out[s->levers[i].comparison] = true;
    *ret_n = fewest;
    *ret_top = fewest_top;
    return PL_OK;
}

pl_status pl__fragility(const pl_fragility_job *job, bool *left_out, uint64_t *ret_n, uint32_t *ret_top,
                        pl_error *reterr)
{
    uint32_t m = pl_peer_table_n_models(job->table);
    size_t n = pl_peer_table_n_comparisons(job->table);
    pl_ranking *ranking = NULL;
    search s = {.job = job,
                .left_out = left_out,
                .single = single_judge(job),
                .mean = pl__calloc(m, sizeof(*s.mean)),
                .total = pl__calloc(m, sizeof(*s.total)),
                .is_tried = pl__calloc(m, sizeof(*s.is_tried)),
                .scores = pl__calloc(m, sizeof(*s.scores))};
    pl_status rc = PL_OK;
    if (!s.mean || !s.total || !s.is_tried || !s.scores ||
        pl__bt_without_new(job->method, job->table, job->models, job->rank, &s.quick)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a search over %zu comparisons", n);
        goto out;
    }
    rc = pl_rank_run(job->method, job->table, job->models, job->rank, &ranking, reterr);
    if (rc)
        goto out;
    s.weights = pl_ranking_weights(ranking);
    rc = search_all(&s, ret_n, ret_top, reterr);
out:
    pl_ranking_free(ranking);
    pl_peer_table_free(s.table);
    pl__free(s.mean);
    pl__free(s.total);
    pl__free(s.is_tried);
    pl__free(s.tried);
    pl__free(s.levers);
    pl__free(s.scores);
    pl__bt_without_free(s.quick);
    return rc;
}
