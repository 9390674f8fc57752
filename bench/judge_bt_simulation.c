/* Does judge-bt find what judges are like, and does its ranking gain by it? Draws judges with known position bias,
 * taste for long answers and preference for their own family, lets them judge, and fits.
 *
 *   judge_bt_simulation [DATASETS [SEED [THREADS]]]
 *
 * First table: how often the interval estimate -+ 1.96 error holds the true coefficient. "drawn": strengths and
 * judges come from the very distributions that judge-bt's penalties stand for, so that 95 % is what must come out.
 * "set": milder strengths, and the same nine judges in every data set, who know nothing of those penalties.
 * Second table: mean Spearman correlation with the true strengths. "quality" only: judges differ in discrimination
 * and ties, and are not biased. */
#include <peerless/rank.h>
#include <peerless/stats.h>

#include "alloc.h"
#include "num.h"
#include "rng.h"
#include "thread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 9u
#define FAMILIES 3u
#define IMAGES_MAX 100u
#define ROWS_MAX (IMAGES_MAX * MODELS * MODELS * MODELS)
#define NAME_BYTES 8
#define Z95 1.959963984540054
#define LENGTH_SD 0.45 /* of ln length within a model */
#define STYLE_SD 0.35  /* of a model's mean ln length */

enum { A, DELTA, BETA, S, NU, THETA, TERMS };
static const char *const term_names[TERMS] = {"a", "delta", "beta", "s", "ln nu", "theta"};

typedef enum biases { DRAWN, SET, QUALITY } biases;

typedef struct world {
    const char *name;
    biases biases;
    uint32_t n_images;
    bool author_judges; /* one judge an image instead of all */
    bool both_orders;
    bool pair_orders; /* as in own runs: the two orders of a pair count half each */
} world;

static const world worlds[] = {
    {"drawn, one order at random", DRAWN, 25, false, false, false},
    {"drawn, both orders, every row counts 1", DRAWN, 25, false, true, false},
    {"drawn, both orders, half each (own runs)", DRAWN, 25, false, true, true},
    {"drawn, one judge an image", DRAWN, 90, true, false, false},
    {"set, one order at random", SET, 25, false, false, false},
    {"set, one order at random, 100 images", SET, 100, false, false, false},
    {"set, both orders, half each (own runs)", SET, 25, false, true, true},
    {"set, one judge an image, both orders", SET, 45, true, true, true},
    {"quality only, one order at random", QUALITY, 25, false, false, false},
    {"quality only, both orders, half each", QUALITY, 25, false, true, true},
    {"quality only, one judge an image, both orders", QUALITY, 45, true, true, true},
};
#define N_WORLDS (sizeof(worlds) / sizeof(worlds[0]))

static const char *const methods[] = {"judge-bt", "bt", "bt-davidson", "upme", "peer-review"};
#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

typedef struct truth {
    double terms[MODELS][TERMS];
    double style[MODELS]; /* mean ln length */
    double beta;          /* by length_sd */
} truth;

typedef struct data {
    truth t;
    char names[MODELS][NAME_BYTES];
    char images[IMAGES_MAX][NAME_BYTES];
    const char *models[MODELS];
    const char *families[MODELS];
    const char *items[IMAGES_MAX];
    pl_judgment_set set;
    pl_judgment rows[ROWS_MAX];
} data;

/* What one data set came to. */
typedef struct outcome {
    unsigned inside[TERMS];
    unsigned asked[TERMS];
    double spearman[N_METHODS];
    bool converged;
    unsigned at_bound;
} outcome;

typedef struct study {
    const world *w;
    uint64_t seed;
    outcome *outcomes;
} study;

static void draw_judges(truth *t, pl_rng *rng)
{
    double beta = 0.5 * pl__rng_normal(rng);
    double s = 0.5 * pl__rng_normal(rng);
    t->beta = beta;
    for (uint32_t m = 0; m < MODELS; m++) {
        double *x = t->terms[m];
        do
            x[A] = 1.0 + 0.5 * pl__rng_normal(rng);
        while (x[A] < 0.0);
        x[DELTA] = pl__rng_normal(rng);
        x[BETA] = beta + 0.5 * pl__rng_normal(rng);
        x[S] = s + 0.5 * pl__rng_normal(rng);
        x[NU] = -0.5 + 0.7 * pl__rng_normal(rng);
        x[THETA] = 3.0 * pl__rng_normal(rng);
    }
}

static void set_judges(truth *t, bool biased, pl_rng *rng)
{
    static const double position[MODELS] = {0.8, -0.4, 0.2, 1.2, 0.0, 0.5, -0.8, 0.3, 0.6};
    static const double verbosity[MODELS] = {0.6, 0.2, 0.0, 0.8, 0.4, -0.2, 0.5, 0.3, 0.7};
    static const double family[MODELS] = {0.8, 0.5, 0.3, 0.0, 0.4, 0.2, 1.2, 0.9, 0.6};
    for (uint32_t m = 0; m < MODELS; m++) {
        double *x = t->terms[m];
        x[A] = 0.6 + 0.1 * m;
        x[DELTA] = biased ? position[m] : 0.0;
        x[BETA] = biased ? verbosity[m] : 0.0;
        x[S] = biased ? family[m] : 0.0;
        x[NU] = -1.0 + 0.2 * m;
        x[THETA] = 0.6 * pl__rng_normal(rng);
    }
}

static void draw_truth(truth *t, const world *w, pl_rng *rng)
{
    double mean = 0.0;
    if (w->biases == DRAWN)
        draw_judges(t, rng);
    else
        set_judges(t, w->biases == SET, rng);
    for (uint32_t m = 0; m < MODELS; m++) {
        t->style[m] = 4.5 + STYLE_SD * pl__rng_normal(rng);
        mean += t->terms[m][THETA] / MODELS;
    }
    for (uint32_t m = 0; m < MODELS; m++)
        t->terms[m][THETA] -= mean;
}

static void set_names(data *d, const world *w)
{
    static const char *const names[FAMILIES] = {"x", "y", "z"};
    static const char *const criteria[] = {"overall"};
    for (uint32_t m = 0; m < MODELS; m++) {
        (void)snprintf(d->names[m], NAME_BYTES, "m%u", m);
        d->models[m] = d->names[m];
        d->families[m] = names[m % FAMILIES];
    }
    for (uint32_t i = 0; i < w->n_images; i++) {
        (void)snprintf(d->images[i], NAME_BYTES, "i%03u", i);
        d->items[i] = d->images[i];
    }
    d->set = (pl_judgment_set){.models = d->models,
                               .n_models = MODELS,
                               .families = d->families,
                               .items = d->items,
                               .n_items = w->n_images,
                               .images = d->items,
                               .n_images = w->n_images,
                               .criteria = criteria,
                               .n_criteria = 1,
                               .rows = d->rows};
}

/* beta acts on ln of the ratio in units of its standard deviation in the data, as judge-bt has it. */
static void judge(data *d, pl_rng *rng, uint32_t item, uint32_t r, uint32_t a, uint32_t b, const uint32_t *lengths,
                  double length_sd)
{
    const double *x = d->t.terms[r];
    double own = (double)(a % FAMILIES == r % FAMILIES) - (double)(b % FAMILIES == r % FAMILIES);
    double ratio = log((double)lengths[a] / (double)lengths[b]) / length_sd;
    double half =
        0.5 * (x[A] * (d->t.terms[a][THETA] - d->t.terms[b][THETA]) + x[DELTA] + x[BETA] * ratio + x[S] * own);
    double first = exp(half);
    double second = exp(-half);
    double u = pl__rng_uniform(rng) * (first + second + exp(x[NU]));
    d->rows[d->set.n_rows++] = (pl_judgment){
        .item = item,
        .image = item,
        .judge = r,
        .a = a,
        .b = b,
        .verdict = u < first            ? PL_VERDICT_A
                   : u < first + second ? PL_VERDICT_B
                                        : PL_VERDICT_TIE,
        .a_length = lengths[a],
        .b_length = lengths[b],
        .weight = 1.0,
    };
}

static bool judges(const world *w, uint32_t image, uint32_t r)
{
    return !w->author_judges || image % MODELS == r;
}

/* Root mean square of ln of the ratio over what will be judged. */
static double find_length_sd(const world *w, uint32_t lengths[IMAGES_MAX][MODELS])
{
    double squares = 0.0;
    double n = 0.0;
    for (uint32_t i = 0; i < w->n_images; i++) {
        for (uint32_t r = 0; r < MODELS; r++) {
            for (uint32_t a = 0; a < MODELS && judges(w, i, r); a++) {
                for (uint32_t b = 0; b < a; b++) {
                    double x = log((double)lengths[i][a] / (double)lengths[i][b]);
                    if (a == r || b == r)
                        continue;
                    squares += x * x;
                    n += 1.0;
                }
            }
        }
    }
    return sqrt(squares / n);
}

static void draw_data(data *d, const world *w, pl_rng *rng)
{
    uint32_t lengths[IMAGES_MAX][MODELS];
    draw_truth(&d->t, w, rng);
    set_names(d, w);
    for (uint32_t i = 0; i < w->n_images; i++) {
        for (uint32_t m = 0; m < MODELS; m++)
            lengths[i][m] = 1 + (uint32_t)exp(d->t.style[m] + LENGTH_SD * pl__rng_normal(rng));
    }
    double length_sd = find_length_sd(w, lengths);
    for (uint32_t i = 0; i < w->n_images; i++) {
        for (uint32_t r = 0; r < MODELS; r++) {
            for (uint32_t a = 0; a < MODELS && judges(w, i, r); a++) {
                for (uint32_t b = 0; b < a; b++) {
                    if (a == r || b == r)
                        continue;
                    bool swapped = pl__rng_below(rng, 2) == 1;
                    judge(d, rng, i, r, swapped ? b : a, swapped ? a : b, lengths[i], length_sd);
                    if (w->both_orders)
                        judge(d, rng, i, r, swapped ? a : b, swapped ? b : a, lengths[i], length_sd);
                }
            }
        }
    }
}

static void check(outcome *o, unsigned which, double estimate, double error, double wanted)
{
    if (isnan(error))
        return;
    o->asked[which]++;
    o->inside[which] += fabs(estimate - wanted) <= Z95 * error;
}

static void check_fit(const data *d, const pl_ranking *r, outcome *o)
{
    const pl_bias_report *b = pl_ranking_bias(r);
    o->converged = pl_ranking_fit(r)->state == PL_FIT_CONVERGED;
    for (uint32_t m = 0; m < MODELS; m++) {
        const pl_judge_bias *x = &b->judges[m];
        const double *t = d->t.terms[m];
        o->at_bound += (x->a.reasons & PL_BIAS_AT_BOUND) != 0;
        check(o, A, x->a.estimate, x->a.error, t[A]);
        check(o, DELTA, x->delta.estimate, x->delta.error, t[DELTA]);
        check(o, BETA, x->beta.estimate, x->beta.error, t[BETA]);
        check(o, S, x->s.estimate, x->s.error, t[S]);
        check(o, NU, log(x->nu.estimate), x->nu.error / x->nu.estimate, t[NU]);
        check(o, THETA, pl_ranking_scores(r)[m], pl_ranking_errors(r)[m], t[THETA]);
    }
}

static pl_status study_one(size_t index, void *user, pl_error *reterr)
{
    const study *s = user;
    outcome *o = &s->outcomes[index];
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_peer_table *t = NULL;
    pl_rng rng;
    double strengths[MODELS];
    data *d = pl__calloc(1, sizeof(*d));
    if (!d)
        return PL_E_NOMEM;
    pl__rng_init(&rng, s->seed, s->w->name, index);
    draw_data(d, s->w, &rng);
    for (uint32_t m = 0; m < MODELS; m++)
        strengths[m] = d->t.terms[m][THETA];
    peer.pair_orders = s->w->pair_orders;
    pl_status rc = pl_peer_table_build(&d->set, &peer, &t, reterr);
    for (size_t k = 0; k < N_METHODS && !rc; k++) {
        pl_ranking *r = NULL;
        rc = pl_rank_run(methods[k], t, d->models, NULL, &r, reterr);
        if (!rc)
            rc = pl_stats_spearman(pl_ranking_scores(r), strengths, MODELS, &o->spearman[k], reterr);
        if (!rc && k == 0)
            check_fit(d, r, o);
        pl_ranking_free(r);
    }
    pl_peer_table_free(t);
    pl__free(d);
    return rc;
}

static void print_coverage(const study *s, size_t n)
{
    size_t stopped = 0;
    size_t at_bound = 0;
    printf("| %s | %u |", s->w->name, s->w->n_images);
    for (unsigned k = 0; k < TERMS; k++) {
        size_t inside = 0;
        size_t asked = 0;
        for (size_t i = 0; i < n; i++) {
            inside += s->outcomes[i].inside[k];
            asked += s->outcomes[i].asked[k];
        }
        printf(" %.1f |", 100.0 * (double)inside / (double)asked);
    }
    for (size_t i = 0; i < n; i++) {
        stopped += !s->outcomes[i].converged;
        at_bound += s->outcomes[i].at_bound;
    }
    printf(" %zu | %.2f %% |\n", stopped, 100.0 * (double)at_bound / (double)(n * MODELS));
    (void)fflush(stdout);
}

static void print_agreement(const study *s, size_t n)
{
    printf("| %s | %u |", s->w->name, s->w->n_images);
    for (size_t k = 0; k < N_METHODS; k++) {
        double sum = 0.0;
        for (size_t i = 0; i < n; i++)
            sum += s->outcomes[i].spearman[k];
        printf(" %.4f |", sum / (double)n);
    }
    for (size_t k = 1; k < N_METHODS; k++) { /* of the paired difference to judge-bt */
        double sum = 0.0;
        double squares = 0.0;
        for (size_t i = 0; i < n; i++) {
            double x = s->outcomes[i].spearman[0] - s->outcomes[i].spearman[k];
            sum += x;
            squares += x * x;
        }
        double mean = sum / (double)n;
        printf(" %+.4f ± %.4f |", mean, sqrt((squares / (double)n - mean * mean) / (double)n));
    }
    printf("\n");
}

static uint64_t number_at(int argc, char **argv, int place, uint64_t otherwise)
{
    uint64_t n = otherwise;
    if (argc > place && pl__num_parse_u64(pl__view(argv[place]), &n))
        n = otherwise;
    return n;
}

int main(int argc, char **argv)
{
    size_t n = (size_t)number_at(argc, argv, 1, 500);
    uint32_t threads = (uint32_t)number_at(argc, argv, 3, 1);
    pl_error err = {0};
    pl_status rc = PL_OK;
    outcome *outcomes = pl__calloc(N_WORLDS * n, sizeof(*outcomes));
    if (!outcomes)
        return 1;
    printf("%zu data sets each, %u models in %u families\n\n| world | images |", n, MODELS, FAMILIES);
    for (unsigned k = 0; k < TERMS; k++)
        printf(" %s %% |", term_names[k]);
    printf(" not converged | a at 0 |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < N_WORLDS && !rc; i++) {
        study s = {&worlds[i], number_at(argc, argv, 2, 1), outcomes + i * n};
        rc = pl__parallel_for(n, threads, study_one, &s, &err);
        if (!rc)
            print_coverage(&s, n);
    }
    printf("\n| world | images |");
    for (size_t k = 0; k < N_METHODS; k++)
        printf(" %s |", methods[k]);
    for (size_t k = 1; k < N_METHODS; k++)
        printf(" judge-bt − %s |", methods[k]);
    printf("\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < N_WORLDS && !rc; i++) {
        study s = {&worlds[i], 0, outcomes + i * n};
        print_agreement(&s, n);
    }
    pl__free(outcomes);
    if (rc)
        (void)fprintf(stderr, "judge_bt_simulation: %s\n", err.msg[0] ? err.msg : pl_status_text(rc));
    return rc ? 1 : 0;
}
