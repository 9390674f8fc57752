#include "next_pairs.h"

#include "alloc.h"
#include "distribution.h"
#include "error.h"

#include <math.h>
#include <string.h>

#define Z_CERTAIN 6.0 /* an order this many standard errors from doubt has nothing more to tell */
#define WORTH_TIE 1e-9
#define CHOICES_MAX 1000u /* in a larger batch a pair is taken several times in a row */
#define EXACT_MAX 12u     /* with more candidates a pair's worth is reckoned again only once it is the largest known */
#define WORTH_NOTHING 1e-12 /* nats */

/* Gauss-Hermite nodes and weights of the standard normal distribution, seven points. */
static const double NODES[] = {0.0, 1.1544053947399682, 2.3667594107345413, 3.7504397177257425};
static const double WEIGHTS[] = {16.0 / 35.0, 0.24012317860501271, 0.030757123967586497, 5.4826885597221878e-4};
#define N_NODES (sizeof(NODES) / sizeof(NODES[0]))

/* Of a yes or no with P(yes) = the normal distribution function of z, in nats. */
static double entropy(double z)
{
    double p = pl__normal_cdf(-fabs(z));

    return p > 0.0 ? -p * log(p) - (1.0 - p) * log1p(-p) : 0.0;
}

double pl__sign_information(double d, double v, double reduction)
{
    double before = entropy(d / sqrt(v));
    double spread = sqrt(reduction);
    double sd = sqrt(fmax(v - reduction, 1e-12 * v));
    double after = WEIGHTS[0] * entropy(d / sd);

    if (!(reduction > 0.0))
        return 0.0;
    for (size_t i = 1; i < N_NODES; i++)
        after += WEIGHTS[i] * (entropy((d + spread * NODES[i]) / sd) + entropy((d - spread * NODES[i]) / sd));
    return fmax(0.0, before - after);
}

typedef struct search {
    const pl_posterior *p;
    size_t n;           /* candidates */
    double *covariance; /* with what was chosen so far */
    uint32_t *left;
    double *count;
    double *column;  /* of one pair: the covariance of every theta with its difference */
    uint32_t *pairs; /* low * n + high, in the order in which they are looked at */
    double *worths;  /* by place in pairs: as last reckoned */
    bool *known;     /* by place in pairs: nothing was chosen since */
    size_t n_pairs;
    uint32_t judges[PL_DESIGN_MODELS_MAX]; /* in the order in which they are looked at */
} search;

static double slope_of(const search *s, uint32_t low, uint32_t high)
{
    double p = 1.0 / (1.0 + exp(s->p->theta[high] - s->p->theta[low]));

    return p * (1.0 - p);
}

/* The pair's next judge, or n_judges. */
static uint32_t judge_for(const search *s, uint32_t low, uint32_t high)
{
    uint32_t best = s->p->n_judges;
    double most = -1.0;

    for (uint32_t i = 0; i < s->p->n_judges; i++) {
        uint32_t r = s->judges[i];
        size_t at = pl__pair_place(s->p, r, low, high);
        double value = s->p->a[r] * s->p->a[r] / (1.0 + s->count[at]);

        if (s->left[at] > 0 && value > most) {
            most = value;
            best = r;
        }
    }
    return best;
}

/* Mean a_r^2 of those who can still judge the pair. */
static double discrimination(const search *s, uint32_t low, uint32_t high)
{
    double sum = 0.0;
    double judges = 0.0;

    for (uint32_t r = 0; r < s->p->n_judges; r++) {
        if (s->left[pl__pair_place(s->p, r, low, high)] == 0)
            continue;
        sum += s->p->a[r] * s->p->a[r];
        judges += 1.0;
    }
    return judges > 0.0 ? sum / judges : 0.0;
}

static void fill_column(search *s, uint32_t low, uint32_t high)
{
    for (size_t i = 0; i < s->n; i++)
        s->column[i] = s->covariance[i * s->n + low] - s->covariance[i * s->n + high];
}

/* What `times` comparisons of the pair are expected to tell about the order of all. */
static double worth(search *s, uint32_t low, uint32_t high, double times)
{
    double info = times * discrimination(s, low, high) * slope_of(s, low, high) / s->p->phi;
    const double *v = s->covariance;
    double sum = 0.0;
    double own = 0.0;

    fill_column(s, low, high);
    own = s->column[low] - s->column[high];
    for (size_t c = 0; c < s->n; c++) {
        for (size_t d = 0; d < c; d++) {
            double gap = s->p->theta[c] - s->p->theta[d];
            double variance = v[c * s->n + c] + v[d * s->n + d] - 2.0 * v[c * s->n + d];
            double shared = s->column[c] - s->column[d];

            if (variance > 0.0 && gap * gap < Z_CERTAIN * Z_CERTAIN * variance)
                sum += pl__sign_information(gap, variance, fmin(variance, shared * shared * info / (1.0 + info * own)));
        }
    }
    return sum;
}

/* The covariance after one comparison of the pair by the judge. */
static void take(search *s, uint32_t judge, uint32_t low, uint32_t high)
{
    double a = s->p->a[judge];
    double info = a * a * slope_of(s, low, high) / s->p->phi;
    size_t at = pl__pair_place(s->p, judge, low, high);
    double own = 0.0;

    fill_column(s, low, high);
    own = s->column[low] - s->column[high];
    for (size_t i = 0; i < s->n; i++) {
        for (size_t j = 0; j < s->n; j++)
            s->covariance[i * s->n + j] -= info * s->column[i] * s->column[j] / (1.0 + info * own);
    }
    s->left[at]--;
    s->count[at] += 1.0;
}

static double times_judged(const search *s, uint32_t low, uint32_t high)
{
    double sum = 0.0;

    for (uint32_t r = 0; r < s->p->n_judges; r++)
        sum += s->count[pl__pair_place(s->p, r, low, high)];
    return sum;
}

/* Of pairs that are worth the same (nothing, once all is clear) the one that was judged least. */
static bool is_better(double value, double judged, double most, double most_judged)
{
    double margin = fmax(WORTH_TIE * most, WORTH_NOTHING);

    return value > most + margin || (value > most - margin && judged < most_judged);
}

static uint32_t low_of(const search *s, size_t i)
{
    return s->pairs[i] / (uint32_t)s->n;
}

static uint32_t high_of(const search *s, size_t i)
{
    return s->pairs[i] % (uint32_t)s->n;
}

/* The place of the pair with the largest worth as last reckoned, or n_pairs if nobody is left to judge any. */
static size_t largest(const search *s)
{
    size_t best = s->n_pairs;
    double judged_best = 0.0;

    for (size_t i = 0; i < s->n_pairs; i++) {
        double judged = times_judged(s, low_of(s, i), high_of(s, i));

        if (judge_for(s, low_of(s, i), high_of(s, i)) == s->p->n_judges)
            continue;
        if (best == s->n_pairs || is_better(s->worths[i], judged, s->worths[best], judged_best)) {
            best = i;
            judged_best = judged;
        }
    }
    return best;
}

static void reckon(search *s, size_t i)
{
    s->worths[i] = worth(s, low_of(s, i), high_of(s, i), PL_NEXT_PAIRS_LOOKAHEAD);
    s->known[i] = true;
}

/* What is chosen takes from the worth of others, hardly ever adds to it: of many pairs most need not be looked at. */
static size_t best_pair(search *s)
{
    for (;;) {
        size_t best = 0;

        for (size_t i = 0; i < s->n_pairs && s->n <= EXACT_MAX; i++) {
            if (!s->known[i])
                reckon(s, i);
        }
        best = largest(s);
        if (best == s->n_pairs || s->known[best])
            return best;
        reckon(s, best);
    }
}

static void choose(search *s, size_t n, pl_next_pair *ret, size_t *ret_n)
{
    size_t at_once = n > CHOICES_MAX ? n / CHOICES_MAX : 1;

    for (size_t i = 0; i < s->n_pairs; i++)
        reckon(s, i);
    for (*ret_n = 0; *ret_n < n;) {
        size_t best = best_pair(s);
        uint32_t low = 0;
        uint32_t high = 0;

        if (best == s->n_pairs)
            return;
        low = low_of(s, best);
        high = high_of(s, best);
        for (size_t k = 0; k < at_once && *ret_n < n; k++) {
            uint32_t judge = judge_for(s, low, high);

            if (judge == s->p->n_judges)
                break;
            take(s, judge, low, high);
            ret[(*ret_n)++] = (pl_next_pair){.judge = judge, .low = low, .high = high};
        }
        memset(s->known, 0, s->n_pairs * sizeof(*s->known));
    }
}

pl_status pl__next_pairs(const pl_posterior *p, const uint32_t *left, size_t n, pl_rng *rng, pl_next_pair *ret,
                         size_t *ret_n, pl_error *reterr)
{
    size_t m = p->n_candidates;
    size_t cells = m * m * p->n_judges;
    pl_status rc = PL_OK;
    search s = {.p = p,
                .n = m,
                .covariance = pl__memdup(p->covariance, m * m * sizeof(double)),
                .left = pl__memdup(left, cells * sizeof(*left)),
                .count = pl__memdup(p->count, cells * sizeof(double)),
                .column = pl__calloc(m, sizeof(double)),
                .pairs = pl__calloc(m * m, sizeof(uint32_t)),
                .worths = pl__calloc(m * m, sizeof(double)),
                .known = pl__calloc(m * m, sizeof(bool))};

    if (!s.covariance || !s.left || !s.count || !s.column || !s.pairs || !s.worths || !s.known) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a choice among %zu pairs", m * (m - 1) / 2);
        goto out;
    }
    for (uint32_t low = 0; low < m; low++) {
        for (uint32_t high = low + 1; high < m; high++)
            s.pairs[s.n_pairs++] = low * (uint32_t)m + high;
    }
    for (uint32_t r = 0; r < p->n_judges; r++)
        s.judges[r] = r;
    pl__rng_shuffle(rng, s.pairs, s.n_pairs);
    pl__rng_shuffle(rng, s.judges, p->n_judges);
    choose(&s, n, ret, ret_n);
out:
    pl__free(s.covariance);
    pl__free(s.left);
    pl__free(s.count);
    pl__free(s.column);
    pl__free(s.pairs);
    pl__free(s.worths);
    pl__free(s.known);
    return rc;
}
