/* 1. Everything is computed on the models sorted by name (`order`); results go back to the caller's indices at the end.
 * 2. Places within that order are called "seats": points, costs and sums run along them. */
#include <peerless/consensus.h>
#include <peerless/stats.h>

#include "alloc.h"
#include "error.h"
#include "kemeny.h"
#include "name_order.h"
#include "ranking.h"

#include <math.h>
#include <stdlib.h>

#define DECIMALS 1e12 /* Borda's points are rounded to multiples of 1/DECIMALS */
_Static_assert(PL_KEMENY_EXACT_MAX == PL_CONSENSUS_EXACT_MAX, "one limit");

struct pl_consensus {
    pl_ranking *borda; /* scores are the points; holds the warnings */
    uint32_t *kemeny;
    double distance;
    bool exact;
    double *weights;
    double *spearman;
    double *kendall;
};

typedef struct worker {
    const pl_consensus_list *lists;
    size_t n_lists;
    const char *const *models;
    uint32_t n;
    uint32_t *order;     /* n: models by name */
    uint32_t *by_points; /* n: ranked seats by Borda's points, equal ones by name */
    uint32_t n_ranked;
    double *points; /* n_lists x n, by seat: NaN where the list does not rank the seat */
    double *borda;  /* n */
    double *x;      /* n, scratch */
    double *y;      /* n, scratch */
    pl_consensus *c;
} worker;

/* Each list's points: the share of its other ranked models that stand below. */
static pl_status score_points(worker *w, pl_error *reterr)
{
    for (size_t l = 0; l < w->n_lists; l++) {
        double *points = w->points + l * w->n;
        uint32_t n_ranked = 0;
        for (uint32_t s = 0; s < w->n; s++) {
            w->y[s] = w->lists[l].scores[w->order[s]];
            n_ranked += isnan(w->y[s]) ? 0 : 1;
        }
        pl_status rc = pl_stats_ranks_descending(w->y, w->n, w->x, reterr);
        if (rc)
            return rc;
        for (uint32_t s = 0; s < w->n; s++)
            points[s] = n_ranked < 2 || isnan(w->y[s]) ? (double)NAN : (n_ranked - w->x[s]) / (n_ranked - 1.0);
    }
    return PL_OK;
}

/* Weighted mean points of each seat over the lists that rank it, without list `except`; weights NULL: all 1. */
static void mean_points(const worker *w, const double *weights, size_t except, double *ret)
{
    for (uint32_t s = 0; s < w->n; s++) {
        double sum = 0.0;
        double total = 0.0;
        for (size_t l = 0; l < w->n_lists; l++) {
            double p = w->points[l * w->n + s];
            double weight = weights ? weights[l] : 1.0;
            if (l == except || isnan(p) || !(weight > 0.0))
                continue;
            sum += weight * p;
            total += weight;
        }
        ret[s] = total > 0.0 ? round(sum / total * DECIMALS) / DECIMALS : (double)NAN;
    }
}

/* Copies the seats that both rank into w->x and w->y (a or b may be one of these). */
static size_t common_seats(worker *w, const double *a, const double *b)
{
    size_t n = 0;
    for (uint32_t s = 0; s < w->n; s++) {
        double x = a[s];
        double y = b[s];
        if (isnan(x) || isnan(y))
            continue;
        w->x[n] = x;
        w->y[n] = y;
        n++;
    }
    return n;
}

static pl_status correlate(worker *w, pl_error *reterr)
{
    size_t n = w->n_lists;
    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b <= a; b++) {
            /* Points, not scores: they order the same way, and infinite scores are finite points. */
            size_t n_common = common_seats(w, w->points + a * w->n, w->points + b * w->n);
            pl_status rc = pl_stats_spearman(w->x, w->y, n_common, &w->c->spearman[a * n + b], reterr);
            if (rc == PL_OK)
                rc = pl_stats_kendall(w->x, w->y, n_common, &w->c->kendall[a * n + b], reterr);
            if (rc)
                return rc;
            w->c->spearman[b * n + a] = w->c->spearman[a * n + b];
            w->c->kendall[b * n + a] = w->c->kendall[a * n + b];
        }
    }
    return PL_OK;
}

static bool says_something(const worker *w, size_t list)
{
    for (uint32_t s = 0; s < w->n; s++) {
        if (!isnan(w->points[list * w->n + s]))
            return true;
    }
    return false;
}

/* w->c->weights: max(0, agreement with the others), not yet rescaled. */
static pl_status weigh_by_agreement(worker *w, pl_error *reterr)
{
    double sum = 0.0;
    size_t n_saying = 0;
    size_t last = 0;
    for (size_t l = 0; l < w->n_lists; l++) {
        double agreement = 0.0;
        if (says_something(w, l)) {
            n_saying++;
            last = l;
        }
        mean_points(w, NULL, l, w->borda);
        size_t n = common_seats(w, w->borda, w->points + l * w->n);
        pl_status rc = pl_stats_spearman(w->x, w->y, n, &agreement, reterr);
        if (rc)
            return rc;
        w->c->weights[l] = agreement > 0.0 ? agreement : 0.0;
        sum += w->c->weights[l];
    }
    if (n_saying == 1)
        w->c->weights[last] = 1.0;
    if (n_saying < 2 || sum > 0.0)
        return PL_OK;
    for (size_t l = 0; l < w->n_lists; l++)
        w->c->weights[l] = says_something(w, l) ? 1.0 : 0.0;
    if (pl__ranking_warn(w->c->borda, "no ranking agrees with the others: all count alike"))
        return pl__fail(reterr, PL_E_NOMEM, "a warning");
    return PL_OK;
}

static pl_status weigh(worker *w, const double *given, pl_error *reterr)
{
    double sum = 0.0;
    double largest = 0.0;
    if (!given) {
        pl_status rc = weigh_by_agreement(w, reterr);
        if (rc)
            return rc;
    }
    for (size_t l = 0; l < w->n_lists && given; l++)
        largest = fmax(largest, says_something(w, l) ? given[l] : 0.0);
    for (size_t l = 0; l < w->n_lists; l++) {
        if (given)
            w->c->weights[l] = says_something(w, l) && largest > 0.0 ? given[l] / largest : 0.0;
        sum += w->c->weights[l];
    }
    for (size_t l = 0; l < w->n_lists; l++) {
        if (sum > 0.0)
            w->c->weights[l] /= sum;
        if (sum > 0.0 && !given && !(w->c->weights[l] > 0.0) &&
            pl__ranking_warn(w->c->borda, "%s %s and has no weight", w->lists[l].name,
                             says_something(w, l) ? "does not agree with the others" : "ranks fewer than two models"))
            return pl__fail(reterr, PL_E_NOMEM, "a warning");
    }
    return PL_OK;
}

typedef struct seat {
    double points;
    uint32_t index;
} seat;

static int compare_seats(const void *x, const void *y)
{
    const seat *a = x;
    const seat *b = y;
    if (a->points < b->points || a->points > b->points)
        return a->points > b->points ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static pl_status order_by_points(worker *w)
{
    seat *seats = pl__calloc(w->n, sizeof(*seats));
    if (!seats)
        return PL_E_NOMEM;
    w->n_ranked = 0;
    for (uint32_t s = 0; s < w->n; s++) {
        if (!isnan(w->borda[s]))
            seats[w->n_ranked++] = (seat){w->borda[s], s};
    }
    if (w->n_ranked > 0)
        qsort(seats, w->n_ranked, sizeof(*seats), compare_seats);
    for (uint32_t i = 0; i < w->n_ranked; i++)
        w->by_points[i] = seats[i].index;
    pl__free(seats);
    return PL_OK;
}

/* against[i * n + k]: weight of the lists that place the k-th by points before the i-th. */
static void fill_costs(const worker *w, double *against)
{
    size_t n = w->n_ranked;
    for (size_t l = 0; l < w->n_lists; l++) {
        const double *points = w->points + l * w->n;
        double weight = w->c->weights[l];
        for (size_t i = 0; i < n && weight > 0.0; i++) {
            for (size_t k = 0; k < n; k++) {
                if (points[w->by_points[k]] > points[w->by_points[i]])
                    against[i * n + k] += weight;
            }
        }
    }
}

static pl_status find_kemeny(worker *w, pl_error *reterr)
{
    uint32_t n = w->n_ranked;
    pl_status rc = PL_OK;
    bool searched = n <= PL_CONSENSUS_SEARCH_MAX;
    double *against = pl__calloc(searched ? (size_t)n * n : 0, sizeof(*against));
    uint32_t *places = pl__calloc(n, sizeof(*places));

    if (!against || !places) {
        rc = pl__fail(reterr, PL_E_NOMEM, "an order of %u models", n);
        goto out;
    }
    for (uint32_t i = 0; i < n; i++)
        places[i] = i;
    w->c->exact = n <= PL_CONSENSUS_EXACT_MAX;
    w->c->distance = (double)NAN;
    if (searched)
        fill_costs(w, against);
    if (w->c->exact && pl__kemeny_exact(against, n, places)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "an order of %u models", n);
        goto out;
    }
    if (searched && !w->c->exact)
        pl__kemeny_search(against, n, places);
    if (searched)
        w->c->distance = pl__kemeny_cost(against, n, places);
    for (uint32_t i = 0; i < n; i++)
        w->c->kemeny[w->order[w->by_points[places[i]]]] = i + 1;
    if (!searched && pl__ranking_warn(w->c->borda,
                                      "more than %u models: Kemeny's order was not searched for, it is "
                                      "Borda's",
                                      PL_CONSENSUS_SEARCH_MAX))
        rc = pl__fail(reterr, PL_E_NOMEM, "a warning");
out:
    pl__free(against);
    pl__free(places);
    return rc;
}

static pl_status combine(worker *w, const double *weights, pl_error *reterr)
{
    if (pl__name_order(w->models, w->n, &w->order))
        return pl__fail(reterr, PL_E_NOMEM, "an order for %u models", w->n);
    pl_status rc = score_points(w, reterr);
    if (rc == PL_OK)
        rc = correlate(w, reterr);
    if (rc == PL_OK)
        rc = weigh(w, weights, reterr);
    if (rc)
        return rc;
    mean_points(w, w->c->weights, SIZE_MAX, w->borda);
    for (uint32_t s = 0; s < w->n; s++)
        w->c->borda->scores[w->order[s]] = w->borda[s];
    if (order_by_points(w))
        return pl__fail(reterr, PL_E_NOMEM, "an order for %u models", w->n);
    return find_kemeny(w, reterr);
}

static pl_status check(const pl_consensus_list *lists, size_t n_lists, const char *const *models, uint32_t n_models,
                       const pl_consensus_opts *opts, pl_error *reterr)
{
    if ((!lists && n_lists > 0) || (!models && n_models > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (n_lists > PL_CONSENSUS_LISTS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %u rankings", PL_CONSENSUS_LISTS_MAX);
    for (size_t l = 0; l < n_lists; l++) {
        if (!lists[l].name || (!lists[l].scores && n_models > 0))
            return pl__fail(reterr, PL_E_INVALID, "ranking %zu has no name or no scores", l);
    }
    for (uint32_t m = 0; m < n_models; m++) {
        if (!models[m])
            return pl__fail(reterr, PL_E_INVALID, "model %u has no name", m);
    }
    if (opts->size_bytes != sizeof(*opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    bool any = n_lists == 0 || !opts->weights;
    for (size_t l = 0; l < n_lists && opts->weights; l++) {
        if (!(opts->weights[l] >= 0.0 && isfinite(opts->weights[l])))
            return pl__fail(reterr, PL_E_INVALID, "the weight of %s is negative or no number", lists[l].name);
        any = any || opts->weights[l] > 0.0;
    }
    return any ? PL_OK : pl__fail(reterr, PL_E_INVALID, "no ranking has a weight above zero");
}

static pl_consensus *new_consensus(uint32_t n_models, size_t n_lists)
{
    pl_consensus *c = pl__calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->borda = pl__ranking_new(n_models, false);
    c->kemeny = pl__calloc(n_models, sizeof(*c->kemeny));
    c->weights = pl__calloc(n_lists, sizeof(*c->weights));
    c->spearman = pl__calloc(n_lists * n_lists, sizeof(*c->spearman));
    c->kendall = pl__calloc(n_lists * n_lists, sizeof(*c->kendall));
    if (!c->borda || !c->kemeny || !c->weights || !c->spearman || !c->kendall) {
        pl_consensus_free(c);
        return NULL;
    }
    return c;
}

pl_status pl_consensus_run(const pl_consensus_list *lists, size_t n_lists, const char *const *models, uint32_t n_models,
                           const pl_consensus_opts *opts, pl_consensus **ret, pl_error *reterr)
{
    static const pl_consensus_opts defaults = PL_CONSENSUS_OPTS_INIT;
    if (!ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (!opts)
        opts = &defaults;
    pl_status rc = check(lists, n_lists, models, n_models, opts, reterr);
    if (rc)
        return rc;
    worker w = {.lists = lists,
                .n_lists = n_lists,
                .models = models,
                .n = n_models,
                .by_points = pl__calloc(n_models, sizeof(*w.by_points)),
                .points = pl__calloc(n_lists * n_models, sizeof(*w.points)),
                .borda = pl__calloc(n_models, sizeof(*w.borda)),
                .x = pl__calloc(n_models, sizeof(*w.x)),
                .y = pl__calloc(n_models, sizeof(*w.y)),
                .c = new_consensus(n_models, n_lists)};
    if (w.by_points && w.points && w.borda && w.x && w.y && w.c)
        rc = combine(&w, opts->weights, reterr);
    else
        rc = pl__fail(reterr, PL_E_NOMEM, "%zu rankings of %u models", n_lists, n_models);
    if (rc == PL_OK) {
        *ret = w.c;
        w.c = NULL;
    }
    pl__free(w.order);
    pl__free(w.by_points);
    pl__free(w.points);
    pl__free(w.borda);
    pl__free(w.x);
    pl__free(w.y);
    pl_consensus_free(w.c);
    return rc;
}

void pl_consensus_free(pl_consensus *c)
{
    if (!c)
        return;
    pl_ranking_free(c->borda);
    pl__free(c->kemeny);
    pl__free(c->weights);
    pl__free(c->spearman);
    pl__free(c->kendall);
    pl__free(c);
}

const double *pl_consensus_borda(const pl_consensus *consensus)
{
    return pl_ranking_scores(consensus->borda);
}

const uint32_t *pl_consensus_kemeny(const pl_consensus *consensus)
{
    return consensus->kemeny;
}

double pl_consensus_distance(const pl_consensus *consensus)
{
    return consensus->distance;
}

bool pl_consensus_is_exact(const pl_consensus *consensus)
{
    return consensus->exact;
}

const double *pl_consensus_weights(const pl_consensus *consensus)
{
    return consensus->weights;
}

const double *pl_consensus_spearman(const pl_consensus *consensus)
{
    return consensus->spearman;
}

const double *pl_consensus_kendall(const pl_consensus *consensus)
{
    return consensus->kendall;
}

const char *const *pl_consensus_warnings(const pl_consensus *consensus, size_t *ret_n)
{
    return pl_ranking_warnings(consensus->borda, ret_n);
}
