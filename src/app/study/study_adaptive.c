/* How many judgments of a recorded full design a choice by expected information needs for its ranking, and how many a
 * random one. */
#include "alloc.h"
#include "design_replay.h"
#include "error.h"
#include "rng.h"
#include "study_parts.h"
#include "thread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* On a full design its order is that of the win rates. On a part that is not balanced win rates cannot be compared:
 * those who met strong opponents would lose by it. */
#define METHOD_DEFAULT "bt"
#define BATCHES 400u /* that a design is made in: the posterior is fitted after each */
#define BATCH_MIN 5u
#define N_DESIGNS 2u

static const char *const design_names[N_DESIGNS] = {"random", "adaptive"};
static const double shares[] = {0.005, 0.0075, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.1,
                                0.12,  0.15,   0.2,  0.25,  0.3,  0.35,  0.4,  0.5,  0.6,  0.7,  0.8,  0.9,  1.0};
#define N_POINTS (sizeof(shares) / sizeof(shares[0]))

typedef struct replay {
    const pl_study_work *w;
    const char *method;
    pl_design design;
    pl_resampler *resampler;
    const double *full; /* scores on everything */
    uint32_t n_seeds;
    size_t points[N_POINTS]; /* comparisons */
    double *spearman;        /* [(design * n_seeds + seed) * N_POINTS + point] */
    double *judgments;       /* the same shape */
    double *again;           /* by seed: Spearman of the full design on images drawn again */
    double *stop;            /* by seed: comparisons */
    double *stop_judgments;
    double *stop_spearman;
} replay;

static double mean_of(const double *x, uint32_t n)
{
    double sum = 0.0;
    double known = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        sum += isnan(x[i]) ? 0.0 : x[i];
        known += isnan(x[i]) ? 0.0 : 1.0;
    }
    return known > 0.0 ? sum / known : (double)NAN;
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;

    return (a > b) - (a < b);
}

/* Scores of a part. Who was not seen yet stands in the middle: ranking the others alone would look too good. */
static pl_status agree_whole(const replay *r, const double *part, double *ret, pl_error *reterr)
{
    uint32_t m = r->w->set->n_models;
    double agreement[PL_AGREEMENT_METRICS];
    double middle = mean_of(part, m);
    pl_status rc = PL_OK;
    double *scores = pl__memdup(part, m * sizeof(*scores));

    if (!scores)
        return pl__fail(reterr, PL_E_NOMEM, "a part of a design");
    for (uint32_t i = 0; i < m; i++)
        scores[i] = isnan(scores[i]) ? middle : scores[i];
    rc = pl__agree_with(scores, r->full, m, agreement, reterr);
    if (rc == PL_OK)
        *ret = isnan(agreement[1]) ? 0.0 : agreement[1]; /* all alike: no order yet */
    pl__free(scores);
    return rc;
}

/* Spearman of the ranking by the first n comparisons of the order with that by all. */
static pl_status rank_part(const replay *r, const uint32_t *order, size_t n, pl_peer_table **table, double *ret,
                           double *ret_judgments, pl_error *reterr)
{
    pl_rank_opts opts = r->w->request->rank;
    pl_ranking *ranking = NULL;
    pl_status rc = PL_OK;
    bool *left_out = pl__calloc(r->design.n, sizeof(*left_out));

    if (!left_out)
        return pl__fail(reterr, PL_E_NOMEM, "a part of a design");
    *ret_judgments = 0.0;
    for (size_t i = 0; i < r->design.n; i++) {
        left_out[order[i]] = i >= n;
        *ret_judgments += i < n ? r->design.judgments[order[i]] : 0;
    }
    opts.criterion = r->w->criterion;
    rc = pl_resampler_leave_out(r->resampler, left_out, table, reterr);
    if (rc == PL_OK)
        rc = pl_rank_run(r->method, *table, r->w->set->models, &opts, &ranking, reterr);
    if (rc == PL_OK)
        rc = agree_whole(r, pl_ranking_scores(ranking), ret, reterr);
    pl_ranking_free(ranking);
    pl__free(left_out);
    return rc;
}

/* What the full design itself gives on images drawn with replacement: how far its ranking can be had again at all. */
static pl_status draw_again(const replay *r, uint64_t seed, uint32_t n_images, double *ret, pl_error *reterr)
{
    pl_rank_opts opts = r->w->request->rank;
    pl_ranking *ranking = NULL;
    pl_peer_table *table = NULL;
    pl_rng rng;
    uint32_t *copies = pl__calloc(n_images, sizeof(*copies));
    pl_status rc = copies ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "%u images", n_images);

    pl__rng_init(&rng, seed, "images drawn again", 0);
    for (uint32_t i = 0; copies && i < n_images; i++)
        copies[pl__rng_below(&rng, n_images)]++;
    opts.criterion = r->w->criterion;
    if (rc == PL_OK)
        rc = pl_resampler_draw(r->resampler, copies, &table, reterr);
    if (rc == PL_OK)
        rc = pl_rank_run(r->method, table, r->w->set->models, &opts, &ranking, reterr);
    if (rc == PL_OK)
        rc = agree_whole(r, pl_ranking_scores(ranking), ret, reterr);
    pl_ranking_free(ranking);
    pl_peer_table_free(table);
    pl__free(copies);
    return rc;
}

static pl_status follow(replay *r, uint32_t design, uint32_t seed, const uint32_t *order, size_t stop, pl_error *reterr)
{
    size_t row = ((size_t)design * r->n_seeds + seed) * N_POINTS;
    pl_peer_table *table = NULL;
    pl_status rc = PL_OK;

    for (size_t i = 0; i < N_POINTS && rc == PL_OK; i++)
        rc = rank_part(r, order, r->points[i], &table, &r->spearman[row + i], &r->judgments[row + i], reterr);
    if (rc == PL_OK && design == 1 && stop < r->design.n) {
        r->stop[seed] = (double)stop;
        rc = rank_part(r, order, stop, &table, &r->stop_spearman[seed], &r->stop_judgments[seed], reterr);
    }
    pl_peer_table_free(table);
    return rc;
}

static pl_status one_design(size_t index, void *user, pl_error *reterr)
{
    replay *r = user;
    uint32_t design = (uint32_t)(index / r->n_seeds);
    uint32_t k = (uint32_t)(index % r->n_seeds);
    uint64_t seed = r->w->request->rank.seed + k;
    size_t batch = r->design.n / BATCHES > BATCH_MIN ? r->design.n / BATCHES : BATCH_MIN;
    size_t stop = r->design.n;
    pl_status rc = PL_OK;
    uint32_t *order = pl__calloc(r->design.n, sizeof(*order));

    if (!order)
        return pl__fail(reterr, PL_E_NOMEM, "a design of %zu comparisons", r->design.n);
    if (design == 0)
        rc = pl__design_random(&r->design, seed, order, reterr);
    else
        rc = pl__design_adaptive(&r->design, seed, r->design.n, batch, r->w->request->confidence, order, &stop, reterr);
    if (rc == PL_OK)
        rc = follow(r, design, k, order, stop, reterr);
    pl__free(order);
    return rc;
}

/* The first point at which the mean over the seeds is at the target or above; N_POINTS if there is none. */
static size_t reached(const pl_study_row *rows, double target)
{
    size_t first = 0;

    while (first < N_POINTS && !(rows[first].mean[0] >= target))
        first++;
    return first;
}

/* The first point from which it stays there. */
static size_t kept(const pl_study_row *rows, double target)
{
    size_t first = N_POINTS;

    for (size_t i = N_POINTS; i-- > 0 && rows[i].mean[0] >= target;)
        first = i;
    return first;
}

static pl_status add_curve(pl_study_work *w, const replay *r, uint32_t design, pl_error *reterr)
{
    for (size_t i = 0; i < N_POINTS; i++) {
        pl_study_row *row = NULL;
        const char *labels[] = {design_names[design], pl__study_text(w->study, "%zu", r->points[i]),
                                pl__study_text(w->study, "%u.%02u", (unsigned)(shares[i] * 100.0),
                                               (unsigned)(shares[i] * 10000.0 + 0.5) % 100u)};
        pl_status rc = labels[1] && labels[2] ? pl__study_row(w->study, labels, r->n_seeds, &row, reterr)
                                              : pl__fail(reterr, PL_E_NOMEM, "study");

        if (rc != PL_OK || !row)
            return rc;
        for (uint32_t k = 0; k < r->n_seeds; k++) {
            size_t at = ((size_t)design * r->n_seeds + k) * N_POINTS + i;

            row->values[k] = r->spearman[at];
            row->values[r->n_seeds + k] = r->judgments[at];
        }
    }
    return PL_OK;
}

/* The median over the seeds of the judgments from which on that seed's own ranking stays at the target. */
static pl_status median_needed(const replay *r, uint32_t design, double target, double *ret, pl_error *reterr)
{
    uint32_t n = r->n_seeds;
    double *needed = pl__calloc(n, sizeof(*needed));

    if (!needed)
        return pl__fail(reterr, PL_E_NOMEM, "a study of %u seeds", n);
    for (uint32_t k = 0; k < n; k++) {
        size_t row = ((size_t)design * n + k) * N_POINTS;

        needed[k] = (double)r->design.n_judgments;
        for (size_t i = N_POINTS; i-- > 0 && r->spearman[row + i] >= target;)
            needed[k] = r->judgments[row + i];
    }
    qsort(needed, n, sizeof(*needed), by_size);
    *ret = n % 2 == 1 ? needed[n / 2] : 0.5 * (needed[n / 2 - 1] + needed[n / 2]);
    pl__free(needed);
    return PL_OK;
}

static bool is_strength(const char *method)
{
    return strcmp(method, "bt") == 0 || strcmp(method, "bt-davidson") == 0 || strcmp(method, "judge-bt") == 0;
}

static pl_status sum_up(pl_study_work *w, const replay *r, pl_error *reterr)
{
    pl_study *s = w->study;
    double reach[N_DESIGNS];
    double keep[N_DESIGNS];
    double median[N_DESIGNS] = {0.0};
    pl_status rc = PL_OK;
    double stopped = 0.0;
    double right = 0.0;

    pl__study_sum_up(s);
    for (uint32_t d = 0; d < N_DESIGNS; d++) {
        const pl_study_row *rows = s->rows + d * N_POINTS;
        size_t first = reached(rows, w->request->target);
        size_t last = kept(rows, w->request->target);

        reach[d] = first < N_POINTS ? rows[first].mean[1] : (double)NAN;
        keep[d] = last < N_POINTS ? rows[last].mean[1] : (double)NAN;
    }
    for (uint32_t d = 0; d < N_DESIGNS && rc == PL_OK; d++)
        rc = median_needed(r, d, w->request->target, &median[d], reterr);
    if (rc == PL_OK && !is_strength(r->method))
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "%s compares models that met different opponents in a part of a design; bt, bt-davidson and "
                           "judge-bt allow for that",
                           r->method);
    if (rc != PL_OK)
        return rc;
    for (uint32_t k = 0; k < r->n_seeds; k++) {
        stopped += isnan(r->stop[k]) ? 0.0 : 1.0;
        right += r->stop_spearman[k] >= w->request->target ? 1.0 : 0.0;
    }
    pl__study_fact(s, "target_spearman", w->request->target);
    pl__study_fact(s, "judgments_full", (double)r->design.n_judgments);
    pl__study_fact(s, "spearman_of_full_on_images_drawn_again", mean_of(r->again, r->n_seeds));
    pl__study_fact(s, "judgments_to_reach_random", reach[0]);
    pl__study_fact(s, "judgments_to_reach_adaptive", reach[1]);
    pl__study_fact(s, "to_reach_adaptive_over_random", reach[1] / reach[0]);
    pl__study_fact(s, "judgments_to_stay_random", keep[0]);
    pl__study_fact(s, "judgments_to_stay_adaptive", keep[1]);
    pl__study_fact(s, "median_to_stay_random", median[0]);
    pl__study_fact(s, "median_to_stay_adaptive", median[1]);
    pl__study_fact(s, "confidence", w->request->confidence);
    pl__study_fact(s, "share_of_seeds_separated", stopped / r->n_seeds);
    pl__study_fact(s, "judgments_when_separated", mean_of(r->stop_judgments, r->n_seeds));
    pl__study_fact(s, "spearman_when_separated", mean_of(r->stop_spearman, r->n_seeds));
    pl__study_fact(s, "share_at_target_when_separated", stopped > 0.0 ? right / stopped : (double)NAN);
    return pl__notes_add(
        &s->notes, &s->arena, reterr,
        "to reach, to stay: the fewest judgments at which, from which on, the mean over the seeds is at "
        "the target; median: of the seeds one by one, from where each stays; a comparison is all that "
        "one judge says about one pair of answers; images drawn again: the full design on as many images drawn with "
        "replacement, so far its own ranking can be had again");
}

static pl_status run_replay(pl_study_work *w, replay *r, const pl_peer_table *table, pl_error *reterr)
{
    size_t cells = (size_t)N_DESIGNS * r->n_seeds * N_POINTS;
    pl_status rc = pl__design_of(table, w->set->models, &r->design, reterr);

    if (rc == PL_OK)
        rc = pl_resampler_new(table, &r->resampler, reterr);
    for (size_t i = 0; i < N_POINTS; i++)
        r->points[i] = (size_t)fmax(1.0, floor(shares[i] * (double)r->design.n + 0.5));
    r->spearman = pl__calloc(cells, sizeof(double));
    r->judgments = pl__calloc(cells, sizeof(double));
    r->again = pl__calloc(r->n_seeds, sizeof(double));
    r->stop = pl__calloc(r->n_seeds, sizeof(double));
    r->stop_judgments = pl__calloc(r->n_seeds, sizeof(double));
    r->stop_spearman = pl__calloc(r->n_seeds, sizeof(double));
    if (rc == PL_OK &&
        (!r->spearman || !r->judgments || !r->again || !r->stop || !r->stop_judgments || !r->stop_spearman))
        rc = pl__fail(reterr, PL_E_NOMEM, "a study of %u seeds", r->n_seeds);
    for (uint32_t k = 0; k < r->n_seeds && rc == PL_OK; k++)
        r->stop[k] = r->stop_judgments[k] = r->stop_spearman[k] = (double)NAN;
    for (uint32_t k = 0; k < r->n_seeds && rc == PL_OK; k++)
        rc = draw_again(r, w->request->rank.seed + k, pl_peer_table_n_images(table), &r->again[k], reterr);
    if (rc == PL_OK)
        rc = pl__parallel_for((size_t)N_DESIGNS * r->n_seeds, w->request->threads, one_design, r, reterr);
    for (uint32_t d = 0; d < N_DESIGNS && rc == PL_OK; d++)
        rc = add_curve(w, r, d, reterr);
    return rc == PL_OK ? sum_up(w, r, reterr) : rc;
}

static void describe(pl_study *s)
{
    static const char *const names[] = {"design", "comparisons", "% of all"};

    s->images = s->n_images;
    s->n_labels = 3;
    memcpy(s->label_heads, names, sizeof(names));
    s->n_metrics = 2;
    s->metrics[0] = (pl_study_metric){.name = "spearman", .title = "Spearman", .decimals = 4};
    s->metrics[1] = (pl_study_metric){.name = "judgments", .title = "judgments", .decimals = 0};
}

/* What is chosen by and what is ranked by are the same verdicts. A method that knows no weights counts all criteria, or
 * the one that was asked for: then the choice goes by that one too (*ret_gamma, to be freed; else NULL). */
static pl_status same_criteria(pl_study_work *w, const char *method, double **ret_gamma, pl_error *reterr)
{
    double *gamma = NULL;
    const char *what = "all judgments";

    if (!w->request->criterion)
        w->criterion = UINT32_MAX;
    if (w->criterion != UINT32_MAX && is_strength(method)) {
        gamma = pl__calloc(w->set->n_criteria, sizeof(*gamma));
        if (!gamma)
            return pl__fail(reterr, PL_E_NOMEM, "criteria");
        gamma[w->criterion] = 1.0;
        what = w->set->criteria[w->criterion];
    }
    w->study->reference = pl__study_text(w->study, "%s on %s", method, what);
    if (!w->study->reference) {
        pl__free(gamma);
        return pl__fail(reterr, PL_E_NOMEM, "study");
    }
    *ret_gamma = gamma;
    return PL_OK;
}

pl_status pl__study_adaptive(pl_study_work *w, pl_error *reterr)
{
    const pl_study_request *request = w->request;
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_peer_table *table = NULL;
    replay r = {.w = w, .n_seeds = request->n_seeds, .full = w->reference};
    pl_variant all = {.method = METHOD_DEFAULT};
    double *gamma = NULL;
    pl_status rc = PL_OK;

    if (request->n_methods > 1)
        return pl__fail(reterr, PL_E_INVALID, "the study of designs ranks by one method");
    describe(w->study);
    all.method = request->n_methods > 0 ? request->methods[0] : METHOD_DEFAULT;
    r.method = all.method;
    rc = same_criteria(w, r.method, &gamma, reterr);
    if (rc != PL_OK)
        return rc;
    all.gamma = gamma;
    peer.criterion_weights = gamma ? gamma : request->criterion_weights;
    peer.pair_orders = request->pair_orders;
    peer.drop_self_reviews = request->drop_self_reviews;
    peer.exclude_judges = request->exclude_judges;
    rc = pl__variant_scores(w, &all, request->rank.seed, w->reference, reterr);
    if (rc == PL_OK)
        rc = pl_peer_table_build(w->set, &peer, &table, reterr);
    if (rc == PL_OK)
        rc = run_replay(w, &r, table, reterr);
    pl__free(gamma);
    pl__design_clear(&r.design);
    pl_resampler_free(r.resampler);
    pl_peer_table_free(table);
    pl__free(r.spearman);
    pl__free(r.judgments);
    pl__free(r.again);
    pl__free(r.stop);
    pl__free(r.stop_judgments);
    pl__free(r.stop_spearman);
    return rc;
}
