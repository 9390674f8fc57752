/* How many comparisons carry the top rank. The fewest cannot be found by trial; this is an upper bound: comparisons
 * are removed in the order of what they do to the gap between the top model and a challenger, as a weighted mean of
 * R feels it, and every number reported was verified by running the method without them. */
#include "alloc.h"
#include "bt_without.h"
#include "error.h"
#include "spread.h"
#include "vec.h"

#include <math.h>
#include <string.h>

#define NO_JUDGE UINT32_MAX
#define CHALLENGERS_MAX 3u /* models next to the top that are tried */
#define DIGIT_BITS 11u     /* of sorting */
#define DIGITS (1u << DIGIT_BITS)

typedef struct lever {
    double gain; /* by how much the gap shrinks, to first order */
    size_t comparison;
} lever;

/* A comparison of a model that is tried: the others are no levers. */
typedef struct tried {
    size_t comparison;
    uint32_t a;
    uint32_t b;
} tried;

typedef struct search {
    const pl_fragility_job *job;
    const double *weights; /* of the judges, or NULL */
    uint32_t single;       /* the only judge that counts, or NO_JUDGE */
    double *mean;   /* of models that are tried: weighted mean of S_VL, on the scale of R whatever the scores are */
    double *total;  /* the weight behind it */
    bool *is_tried; /* the top model and the challengers that are tried, by model */
    PL_VEC(tried) tried; /* in their order */
    lever *levers;       /* as many, and: */
    lever *other_levers; /* of sorting */
    size_t n_levers;
    bool *left_out;
    pl_peer_table *table;
    pl_bt_without *quick; /* in place of the table, where it can be had; */
    size_t n_dropped;     /* levers that it is without, and */
    double *scores;       /* what it gives */
} search;

/* Gains are above 0, so that their bits are in their order; here the largest comes first. */
static size_t digit_of(const lever *l, unsigned shift)
{
    uint64_t bits = 0;
    memcpy(&bits, &l->gain, sizeof(bits));
    return (size_t)(~bits >> shift) & (DIGITS - 1);
}

/* By gain, and equal ones as they stood, in the order of comparisons: by digits, the last first. */
static void sort_levers(search *s)
{
    for (unsigned shift = 0; shift < 64 && s->n_levers > 0; shift += DIGIT_BITS) {
        size_t place[DIGITS] = {0};
        size_t sum = 0;
        for (size_t i = 0; i < s->n_levers; i++)
            place[digit_of(&s->levers[i], shift)]++;
        if (place[digit_of(&s->levers[0], shift)] == s->n_levers)
            continue; /* all have the same */
        for (size_t d = 0; d < DIGITS; d++) {
            size_t count = place[d];
            place[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < s->n_levers; i++)
            s->other_levers[place[digit_of(&s->levers[i], shift)]++] = s->levers[i];
        lever *held = s->levers;
        s->levers = s->other_levers;
        s->other_levers = held;
    }
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

static pl_status take_tried(search *s, size_t comparison, uint32_t a, uint32_t b)
{
    if (!s->is_tried[a] && !s->is_tried[b])
        return PL_OK;
    if (s->tried.len == s->tried.cap &&
        pl__vec_reserve(&s->tried.ptr, &s->tried.cap, s->tried.len + 1, sizeof(*s->tried.ptr)))
        return PL_E_NOMEM;
    s->tried.ptr[s->tried.len++] = (tried){comparison, a, b};
    return PL_OK;
}

/* Of a table that keeps votes: those of a comparison stand together, and are all there is to it. */
static pl_status take_tried_votes(search *s, const pl_vote *votes)
{
    size_t n_blocks = 0;
    size_t n = 0;
    const pl_vote_block *blocks = pl_peer_table_vote_blocks(s->job->table, &n_blocks);
    pl_status rc = PL_OK;
    for (size_t k = 0; k < n_blocks; k++) {
        for (size_t i = blocks[k].first; i < blocks[k].first + blocks[k].n && !rc; i++) {
            const pl_vote *v = &votes[i];
            const pl_vote *u = i > blocks[k].first ? v - 1 : NULL;
            if (!u || u->judge != v->judge || u->a != v->a || u->b != v->b)
                rc = take_tried(s, n++, v->a, v->b);
        }
    }
    return rc;
}

static pl_status find_tried(search *s, pl_error *reterr)
{
    const pl_fragility_job *job = s->job;
    size_t n = pl_peer_table_n_comparisons(job->table);
    const pl_vote *votes = pl_peer_table_votes(job->table, NULL, NULL);
    pl_status rc = PL_OK;
    for (uint32_t i = 0; i < job->n_ranked && i <= CHALLENGERS_MAX; i++)
        s->is_tried[job->order[i]] = true;
    if (votes)
        rc = take_tried_votes(s, votes);
    for (size_t i = 0; i < n && !votes && !rc; i++) {
        pl_comparison c = pl_peer_table_comparison(job->table, i);
        rc = take_tried(s, i, c.a, c.b);
    }
    s->levers = pl__malloc(s->tried.len * sizeof(*s->levers));
    s->other_levers = pl__malloc(s->tried.len * sizeof(*s->other_levers));
    if (rc || !s->levers || !s->other_levers)
        return pl__fail(reterr, PL_E_NOMEM, "a search over %zu comparisons", n);
    return PL_OK;
}

static void find_means(search *s)
{
    for (size_t i = 0; i < s->tried.len; i++) {
        pl_comparison c = pl_peer_table_comparison(s->job->table, s->tried.ptr[i].comparison);
        double w = weight_of(s, &c);
        s->mean[c.a] += w * c.a_score;
        s->mean[c.b] += w * c.b_score;
        s->total[c.a] += w;
        s->total[c.b] += w;
    }
    for (uint32_t m = 0; m < pl_peer_table_n_models(s->job->table); m++)
        s->mean[m] = s->total[m] > 0.0 ? s->mean[m] / s->total[m] : 0.0;
}

/* Nothing is dropped any more: other levers may follow. */
static void restore_all(search *s)
{
    while (s->n_dropped > 0)
        pl__bt_without_restore(s->quick, s->levers[--s->n_dropped].comparison);
}

static void find_levers(search *s, uint32_t top, uint32_t challenger)
{
    restore_all(s);
    s->n_levers = 0;
    for (size_t i = 0; i < s->tried.len; i++) {
        const tried *t = &s->tried.ptr[i];
        double gain = 0.0;
        if (t->a != top && t->a != challenger && t->b != top && t->b != challenger)
            continue;
        pl_comparison c = pl_peer_table_comparison(s->job->table, t->comparison);
        double w = weight_of(s, &c);
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
            s->levers[s->n_levers++] = (lever){gain, t->comparison};
    }
    sort_levers(s);
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
    while (s->n_dropped < k)
        pl__bt_without_drop(s->quick, s->levers[s->n_dropped++].comparison);
    while (s->n_dropped > k)
        pl__bt_without_restore(s->quick, s->levers[--s->n_dropped].comparison);
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
    if (!rc)
        find_means(s);
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
    pl__free(s.tried.ptr);
    pl__free(s.levers);
    pl__free(s.other_levers);
    pl__free(s.scores);
    pl__bt_without_free(s.quick);
    return rc;
}
