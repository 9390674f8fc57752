/* A minimum-variance pool of the models, each held against the pool without itself (ours).
 *
 * E_j . E_k = P_j . P_k - P_j[t_k] - P_k[t_j] + [t_j = t_k], so that
 * 1. `dots` (sum of P_j . P_k) is worked out once,
 * 2. `hits` (sum of P_j[t_k]) and `same` (sum of [t_j = t_k]) change only at the items where a target t moves,
 * 3. when no target moved, S and so w are what they were: that is the end.
 * A voter that misses an item has no part in any of these sums there; `both` counts what is left. */
#include "alloc.h"
#include "answer_votes.h"
#include "error.h"
#include "min_variance.h"
#include "num.h"

#include <math.h>
#include <string.h>

#define ROUNDS_MAX 100
#define SHRINK 0.3        /* towards the mean variance */
#define ITEMS_FEW 300u    /* below this the targets are noisy (docs/within.md) */
#define EFFECTIVE_FEW 2.0 /* models */
#define SHARED_MIN 0.8    /* of the items, for two models to be comparable */
#define RIDGES_MAX 20
#define V_PLACES (PL_RESPONSE_OPTIONS_MAX + 3) /* V is written four at a time */

typedef struct pool {
    const pl_ballot_box *box;
    size_t m;
    double *c;    /* by item: how often it counts */
    double n;     /* their sum */
    double *dots; /* m x m, all four */
    double *hits; /* [target's voter * m + other voter] */
    double *same;
    double *both;
    double *s;
    double *w;
    size_t *active; /* voters with a weight */
    size_t n_active;
    uint8_t *targets; /* [item * m + voter] */
} pool;

static void pool_close(pool *x)
{
    pl__free(x->c);
    pl__free(x->dots);
    pl__free(x->hits);
    pl__free(x->same);
    pl__free(x->both);
    pl__free(x->s);
    pl__free(x->w);
    pl__free(x->active);
    pl__free(x->targets);
}

static pl_status pool_open(pool *x, const pl_ballot_box *box, const uint32_t *copies)
{
    size_t m = box->n_voters;
    double **const squares[] = {&x->dots, &x->hits, &x->same, &x->both, &x->s};
    bool fine = true;
    x->box = box;
    x->m = m;
    for (size_t i = 0; i < sizeof(squares) / sizeof(squares[0]); i++) {
        *squares[i] = pl__calloc(m, m * sizeof(double));
        fine = fine && *squares[i];
    }
    x->c = pl__calloc(box->n_items, sizeof(*x->c));
    x->w = pl__calloc(m, sizeof(*x->w));
    x->active = pl__calloc(m, sizeof(*x->active));
    x->targets = pl__calloc(box->n_items, m);
    if (!fine || !x->c || !x->w || !x->active || !x->targets)
        return PL_E_NOMEM;
    memset(x->targets, PL_ANSWER_NO_CHOICE, box->n_items * m);
    for (uint32_t i = 0; i < box->n_items; i++) {
        x->c[i] = copies[box->images[i]];
        x->n += x->c[i];
    }
    return PL_OK;
}

/* Four rows of the sum at a time: the matrix is large, the rows are not. */
static void add_dots(pool *x, const double *const rows[4], double c)
{
    size_t m = x->m;
    for (size_t j = 0; j < m; j++) {
        double a0 = c * rows[0][j];
        double a1 = c * rows[1][j];
        double a2 = c * rows[2][j];
        double a3 = c * rows[3][j];
        double *to = x->dots + j * m;
        for (size_t k = 0; k <= j; k++)
            to[k] += a0 * rows[0][k] + a1 * rows[1][k] + a2 * rows[2][k] + a3 * rows[3][k];
    }
}

static void sum_dots(pool *x, const double *zeros)
{
    const pl_ballot_box *box = x->box;
    for (uint32_t i = 0; i < box->n_items; i++) {
        if (!(x->c[i] > 0.0))
            continue;
        for (size_t k = box->options[i]; k < box->options[i + 1]; k += 4) {
            const double *rows[4];
            for (size_t a = 0; a < 4; a++)
                rows[a] = k + a < box->options[i + 1] ? box->p + (k + a) * x->m : zeros;
            add_dots(x, rows, x->c[i]);
        }
    }
    for (size_t j = 0; j < x->m; j++) {
        for (size_t k = j + 1; k < x->m; k++)
            x->dots[j * x->m + k] = x->dots[k * x->m + j];
    }
}

static void count_both(pool *x)
{
    const pl_ballot_box *box = x->box;
    size_t m = x->m;
    for (size_t j = 0; j < m * m && box->complete; j++)
        x->both[j] = x->n;
    for (uint32_t i = 0; i < box->n_items && !box->complete; i++) {
        const uint8_t *choices = box->choices + (size_t)i * m;
        for (size_t j = 0; j < m; j++) {
            for (size_t k = 0; k < m && choices[j] != PL_ANSWER_NO_CHOICE; k++)
                x->both[j * m + k] += choices[k] != PL_ANSWER_NO_CHOICE ? x->c[i] : 0.0;
        }
    }
}

/* Four options at a time: one alone would wait for its own sum at every voter. Who has no weight is passed over. */
static void mix_four(const pool *x, const double *const rows[4], double ret[4])
{
    double v[4] = {0.0, 0.0, 0.0, 0.0};
    for (size_t a = 0; a < x->n_active; a++) {
        size_t j = x->active[a];
        double w = x->w[j];
        for (size_t b = 0; b < 4; b++)
            v[b] += w * rows[b][j];
    }
    memcpy(ret, v, sizeof(v));
}

/* V at item i. */
static size_t mix(const pool *x, uint32_t i, double ret[V_PLACES])
{
    const pl_ballot_box *box = x->box;
    size_t n = box->options[i + 1] - box->options[i];
    const double *p = box->p + box->options[i] * x->m;
    for (size_t k = 0; k < n; k += 4) {
        const double *rows[4];
        for (size_t a = 0; a < 4; a++)
            rows[a] = k + a < n ? p + (k + a) * x->m : p;
        mix_four(x, rows, ret + k);
    }
    return n;
}

/* What is left of V at item i without voter j's part, and the first option that has most of it. */
static uint8_t target_of(const pool *x, uint32_t i, size_t j, const double *v, size_t n)
{
    const double *p = x->box->p + x->box->options[i] * x->m + j;
    size_t best = 0;
    double most = v[0] - x->w[j] * p[0];
    for (size_t k = 1; k < n; k++) {
        double y = v[k] - x->w[j] * p[k * x->m];
        if (y > most) {
            most = y;
            best = k;
        }
    }
    return (uint8_t)best;
}

/* Voter j's target at item i moves to `to`. */
static void move_target(pool *x, uint32_t i, size_t j, uint8_t to)
{
    size_t m = x->m;
    double c = x->c[i];
    uint8_t *targets = x->targets + (size_t)i * m;
    const uint8_t *choices = x->box->choices + (size_t)i * m;
    const double *p = x->box->p + x->box->options[i] * m;
    uint8_t from = targets[j];
    for (size_t k = 0; k < m; k++) {
        if (choices[k] == PL_ANSWER_NO_CHOICE)
            continue;
        x->hits[j * m + k] += c * (p[to * m + k] - p[from * m + k]);
        if (k == j)
            continue;
        double change = (targets[k] == to ? c : 0.0) - (targets[k] == from ? c : 0.0);
        x->same[j * m + k] += change;
        x->same[k * m + j] += change;
    }
    targets[j] = to;
}

/* The first targets at item i, all voters' at once. What a voter that misses it adds is 0. */
static void add_targets(pool *x, uint32_t i)
{
    size_t m = x->m;
    double c = x->c[i];
    const uint8_t *targets = x->targets + (size_t)i * m;
    const double *p = x->box->p + x->box->options[i] * m;
    for (size_t j = 0; j < m; j++) {
        if (targets[j] == PL_ANSWER_NO_CHOICE)
            continue;
        const double *row = p + targets[j] * m;
        double *hits = x->hits + j * m;
        double *same = x->same + j * m;
        for (size_t k = 0; k < m; k++) {
            hits[k] += c * row[k];
            same[k] += targets[k] == targets[j] ? c : 0.0;
        }
    }
}

static double second_largest(const double *v, size_t n, size_t first)
{
    double second = 0.0;
    for (size_t k = 0; k < n; k++)
        second = k != first && v[k] > second ? v[k] : second;
    return second;
}

/* Where the pool's choice keeps its lead even if a voter's part is taken from it alone, it is the voter's target: nine
 * times of ten nothing else is looked at. */
static bool move_targets_of(pool *x, uint32_t i, bool is_first_round)
{
    double v[V_PLACES];
    bool moved = false;
    size_t n = mix(x, i, v);
    uint8_t first = pl__first_largest(v, n);
    double second = second_largest(v, n, first);
    const double *p = x->box->p + (x->box->options[i] + first) * x->m;
    const uint8_t *choices = x->box->choices + (size_t)i * x->m;
    uint8_t *targets = x->targets + (size_t)i * x->m;
    for (size_t j = 0; j < x->m; j++) {
        uint8_t t = first;
        if (choices[j] == PL_ANSWER_NO_CHOICE)
            continue;
        if (!(v[first] - x->w[j] * p[j] > second))
            t = target_of(x, i, j, v, n);
        if (t == targets[j])
            continue;
        moved = true;
        if (is_first_round)
            targets[j] = t;
        else
            move_target(x, i, j, t);
    }
    return moved;
}

/* False if none moves. */
static bool move_targets(pool *x, bool is_first_round)
{
    bool moved = false;
    for (uint32_t i = 0; i < x->box->n_items; i++) {
        if (!(x->c[i] > 0.0))
            continue;
        moved = move_targets_of(x, i, is_first_round) || moved;
        if (is_first_round)
            add_targets(x, i);
    }
    return moved;
}

static void find_active(pool *x)
{
    x->n_active = 0;
    for (size_t j = 0; j < x->m; j++) {
        if (x->w[j] != 0.0)
            x->active[x->n_active++] = j;
    }
}

static pl_status solve(pool *x)
{
    size_t m = x->m;
    double trace = 0.0;
    for (size_t j = 0; j < m; j++) {
        for (size_t k = 0; k < m; k++) {
            size_t jk = j * m + k;
            double sum = x->dots[jk] - x->hits[k * m + j] - x->hits[jk] + x->same[jk];
            x->s[jk] = x->both[jk] > 0.0 ? sum / x->both[jk] : 0.0;
        }
        trace += x->s[j * m + j];
    }
    /* All models certain and agreed: nothing to choose by. The number is far below any real variance. */
    double ridge = trace > 1e-12 ? SHRINK * trace / (double)m : 1.0;
    for (size_t jk = 0; jk < m * m; jk++)
        x->s[jk] *= 1.0 - SHRINK;
    /* With items missing S need not be positive definite; then a little more is added until it is. */
    for (int k = 0; k < RIDGES_MAX; k++) {
        for (size_t j = 0; j < m; j++)
            x->s[j * m + j] += ridge;
        pl_status rc = pl__min_variance(x->s, m, x->w);
        if (rc != PL_E_RANGE)
            return rc;
    }
    return PL_OK;
}

static double effective(const pool *x)
{
    double squares = 0.0;
    for (size_t j = 0; j < x->m; j++)
        squares += x->w[j] * x->w[j];
    return 1.0 / squares;
}

static pl_status warn(const pool *x, bool settled, pl_ranking *r)
{
    char number[PL_NUM_BYTES];
    pl_status rc = PL_OK;
    double least = x->n;
    for (size_t jk = 0; jk < x->m * x->m; jk++)
        least = x->both[jk] < least ? x->both[jk] : least;
    if (x->n < ITEMS_FEW)
        rc = pl__ranking_warn(r,
                              "%u items are few: below about %u the pool is uncertain, and margin the steadier signal",
                              (unsigned)x->n, ITEMS_FEW);
    pl__num_format_fixed(effective(x), 1, number);
    if (rc == PL_OK && x->m < 3)
        rc = pl__ranking_warn(r, "with %zu models there is no pool to hold a model against", x->m);
    else if (rc == PL_OK && effective(x) < EFFECTIVE_FEW)
        rc = pl__ranking_warn(r,
                              "the pool amounts to %s models: they make the same errors, or few are any good, and an "
                              "error that all share is invisible",
                              number);
    if (rc == PL_OK && least < SHARED_MIN * x->n)
        rc = pl__ranking_warn(r, "some models share few items: their scores are over different ones");
    if (rc == PL_OK && !settled)
        rc = pl__ranking_warn(r, "the weights did not settle in %d rounds", ROUNDS_MAX);
    return rc;
}

static void elect(const pool *x, uint8_t *winners)
{
    double v[V_PLACES];
    for (uint32_t i = 0; i < x->box->n_items; i++) {
        size_t n = mix(x, i, v);
        winners[i] = pl__first_largest(v, n);
        if (!(v[winners[i]] > 0.0)) /* nobody in the pool answered it */
            winners[i] = PL_ANSWER_NO_CHOICE;
    }
}

/* Until no target moves; w is then final. */
static pl_status settle(pool *x, const double *zeros, bool *ret_settled)
{
    pl_status rc = PL_OK;
    bool moved = true;
    sum_dots(x, zeros);
    count_both(x);
    for (size_t j = 0; j < x->m; j++)
        x->w[j] = 1.0 / (double)x->m;
    find_active(x);
    for (int round = 0; round < ROUNDS_MAX && moved && rc == PL_OK; round++) {
        moved = move_targets(x, round == 0);
        if (!moved)
            break;
        rc = solve(x);
        find_active(x);
    }
    *ret_settled = !moved;
    return rc;
}

/* winners: as pl__score_agreement() takes them. */
static pl_status run(const pl_ballot_box *box, const uint32_t *copies, uint8_t *winners, double *weights, pl_ranking *r)
{
    pool x = {.box = box};
    bool settled = true;
    double *zeros = pl__calloc(box->n_voters, sizeof(*zeros));
    pl_status rc = zeros ? pool_open(&x, box, copies) : PL_E_NOMEM;
    memset(winners, PL_ANSWER_NO_CHOICE, box->n_items);
    if (rc != PL_OK || x.m == 0 || !(x.n > 0.0))
        goto out;
    rc = settle(&x, zeros, &settled);
    if (rc != PL_OK)
        goto out;
    elect(&x, winners);
    for (size_t j = 0; j < x.m && weights; j++)
        weights[box->voters[j]] = x.w[j];
    if (r)
        rc = warn(&x, settled, r);
out:
    pl__free(zeros);
    pool_close(&x);
    return rc;
}

pl_status pl__answer_within(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                            pl_ranking *r)
{
    uint8_t *winners = pl__calloc(box->n_items, 1);
    pl_status rc = winners ? run(box, copies, winners, weights, r) : PL_E_NOMEM;
    if (rc == PL_OK)
        pl__score_agreement(box, copies, winners, scores);
    pl__free(winners);
    return rc;
}

pl_status pl__within_winners(const pl_ballot_box *box, const uint32_t *copies, uint8_t *winners)
{
    return run(box, copies, winners, NULL, NULL);
}
