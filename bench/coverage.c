/* How often do the intervals hold what they promise? Draws data sets from a known process, ranks each, and counts how
 * often the interval of a score contains the score that infinitely many images would give.
 *
 *   coverage [DATASETS [REPLICATES [SEED [THREADS [percentile|bca [METHOD…]]]]]]
 *
 * That score is exact: a table is built from the probability of every verdict, averaged over images by quadrature, and
 * ranked by the same method. An image moves all answers of a model to it up or down, for every judge at once: votes on
 * one image are not independent, which is why images are resampled and not votes. */
#include <peerless/uncertainty.h>

#include "alloc.h"
#include "num.h"
#include "rng.h"
#include "thread.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODELS_MAX 8u
#define IMAGES_MAX 60u
#define ITEMS_MAX 5u /* of one image */
#define ROWS_MAX 16384u
#define METHODS_MAX 8u
#define QUADRATURE 800 /* steps; even */
#define NAME_BYTES 8

typedef enum who { WHO_ALL, WHO_AUTHOR, WHO_ANY } who;

typedef struct design {
    const char *name;
    uint32_t n_models;
    uint32_t n_images;
    who judges;
    bool both_orders;
    double image_sd; /* of a model's luck on an image, on the scale of strengths */
    double missing;  /* share of the verdicts */
    bool equal;      /* all models are equally strong: every separation is wrong */
} design;

/* ALL: one question an image, every pair judged by every other model. AUTHOR: one question an image and author, judged
 * by the author. ANY: one to five questions an image, with six random comparisons each. */
static const design designs[] = {
    {"all judge, both orders", 6, 25, WHO_ALL, true, 0.7, 0.0, false},
    {"authors judge, one order, 10 % missing", 5, 40, WHO_AUTHOR, false, 1.0, 0.1, false},
    {"uneven images, strong image effects", 8, 60, WHO_ANY, true, 1.5, 0.05, false},
    {"no differences", 6, 25, WHO_ALL, true, 0.7, 0.0, true},
};
#define N_DESIGNS (sizeof(designs) / sizeof(designs[0]))

typedef struct world {
    const design *d;
    double strength[MODELS_MAX];
    double sharpness[MODELS_MAX]; /* of judges: better models judge better */
    double lean[MODELS_MAX];      /* towards the answer shown first */
    char names[MODELS_MAX][NAME_BYTES];
    const char *models[MODELS_MAX];
    char image_names[IMAGES_MAX][NAME_BYTES];
    const char *images[IMAGES_MAX];
    char item_names[IMAGES_MAX * ITEMS_MAX][NAME_BYTES];
    const char *items[IMAGES_MAX * ITEMS_MAX];
    double truth[METHODS_MAX][MODELS_MAX];
} world;

typedef struct sample {
    pl_judgment_set set;
    pl_judgment rows[ROWS_MAX];
} sample;

static const char *const criteria[] = {"overall"};

static void make_world(world *w, const design *d)
{
    *w = (world){.d = d};
    for (uint32_t m = 0; m < d->n_models; m++) {
        double place = 2.0 * m / (d->n_models - 1.0) - 1.0; /* -1 … 1 */
        w->strength[m] = d->equal ? 0.0 : 1.3 * place * fabs(place) + 0.4 * place;
        w->sharpness[m] = 1.0 + 0.4 * place;
        w->lean[m] = m % 2 == 0 ? 0.5 : -0.2;
        (void)snprintf(w->names[m], NAME_BYTES, "m%u", m);
        w->models[m] = w->names[m];
    }
    for (uint32_t i = 0; i < IMAGES_MAX; i++) {
        (void)snprintf(w->image_names[i], NAME_BYTES, "p%03u", i);
        w->images[i] = w->image_names[i];
    }
    for (uint32_t i = 0; i < IMAGES_MAX * ITEMS_MAX; i++) {
        (void)snprintf(w->item_names[i], NAME_BYTES, "i%04u", i);
        w->items[i] = w->item_names[i];
    }
}

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* P(first) and P(second) when the first-shown answer is `gap` better; the rest is a tie. */
static void chances(const world *w, uint32_t judge, double gap, double ret[2])
{
    static const double tie_width = 0.4;
    double eta = w->sharpness[judge] * gap + w->lean[judge];
    ret[0] = logistic(eta - tie_width);
    ret[1] = logistic(-eta - tie_width);
}

static void set_rows(const world *w, sample *data)
{
    data->set = (pl_judgment_set){.models = w->models,
                                  .n_models = w->d->n_models,
                                  .items = w->items,
                                  .n_items = IMAGES_MAX * ITEMS_MAX,
                                  .images = w->images,
                                  .n_images = w->d->n_images,
                                  .criteria = criteria,
                                  .n_criteria = 1,
                                  .rows = data->rows,
                                  .n_rows = 0};
}

static pl_judgment *add_row(sample *data, uint32_t item, uint32_t image, uint32_t judge, uint32_t a, uint32_t b)
{
    pl_judgment *row = &data->rows[data->set.n_rows++];
    *row = (pl_judgment){
        .item = item, .image = image, .judge = judge, .a = a, .b = b, .verdict = PL_VERDICT_TIE, .weight = 1.0};
    return row;
}

/* The mean chances over images, whose luck differs by N(0, 2 image_sd^2) between two models: Simpson's rule. */
static void mean_chances(const world *w, uint32_t judge, uint32_t a, uint32_t b, double ret[2])
{
    double sd = sqrt(2.0) * w->d->image_sd;
    double total = 0.0;
    ret[0] = ret[1] = 0.0;
    for (int i = 0; i <= QUADRATURE; i++) {
        double z = -9.0 + 18.0 * i / QUADRATURE;
        double weight = (i == 0 || i == QUADRATURE ? 1.0 : i % 2 == 1 ? 4.0 : 2.0) * exp(-z * z / 2.0);
        double p[2];
        chances(w, judge, w->strength[a] - w->strength[b] + sd * z, p);
        ret[0] += weight * p[0];
        ret[1] += weight * p[1];
        total += weight;
    }
    ret[0] /= total;
    ret[1] /= total;
}

/* How many comparisons of one judge, pair and order a data set has on average, or how many of them whose other order is
 * missing: penalties depend on the amount. */
static double expected_count(const design *d, bool lone)
{
    double m = d->n_models;
    double kept = 1.0 - d->missing;
    if (d->both_orders)
        kept *= lone ? d->missing : 1.0 - d->missing;
    else
        kept *= lone ? 0.0 : 0.5;
    double cells = m * (m - 1.0) * (m - 2.0) / 2.0;
    double per_image = d->judges == WHO_ANY ? 3.0 * 6.0 / cells : 1.0;
    return d->n_images * per_image * kept;
}

static pl_status rank_data(const world *w, const sample *data, const char *const *methods, size_t n, double (*ret)[8])
{
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_peer_table *t = NULL;
    peer.pair_orders = w->d->both_orders;
    pl_status rc = pl_peer_table_build(&data->set, &peer, &t, NULL);
    for (size_t k = 0; k < n && !rc; k++) {
        pl_ranking *r = NULL;
        rc = pl_rank_run(methods[k], t, w->models, NULL, &r, NULL);
        if (!rc)
            memcpy(ret[k], pl_ranking_scores(r), w->d->n_models * sizeof(double));
        pl_ranking_free(r);
    }
    pl_peer_table_free(t);
    return rc;
}

static void add_expected(sample *data, uint32_t item, uint32_t judge, uint32_t a, uint32_t b, const double *weights,
                         double count)
{
    for (unsigned v = 0; v < 3; v++) {
        pl_judgment *row = add_row(data, item, 0, judge, a, b);
        row->verdict = (uint8_t)(PL_VERDICT_A + v);
        row->weight = count * weights[v];
    }
}

static pl_status find_truth(world *w, sample *data, const char *const *methods, size_t n)
{
    uint32_t m = w->d->n_models;
    const double counts[2] = {expected_count(w->d, false), expected_count(w->d, true)};
    set_rows(w, data);
    for (uint32_t judge = 0; judge < m; judge++) {
        for (uint32_t a = 0; a < m; a++) {
            for (uint32_t b = 0; b < m; b++) {
                double p[2];
                if (a == b || a == judge || b == judge)
                    continue;
                mean_chances(w, judge, a, b, p);
                const double weights[3] = {p[0], p[1], 1.0 - p[0] - p[1]};
                add_expected(data, 0, judge, a, b, weights, counts[0]);
                if (counts[1] > 0.0) /* another item for each order, so that it stands alone */
                    add_expected(data, a < b ? 1 : 2, judge, a, b, weights, counts[1]);
            }
        }
    }
    return rank_data(w, data, methods, n, w->truth);
}

static void judge_once(const world *w, pl_rng *rng, sample *data, uint32_t item, uint32_t image, uint32_t judge,
                       uint32_t a, uint32_t b, const double *luck)
{
    double p[2];
    chances(w, judge, w->strength[a] + luck[a] - w->strength[b] - luck[b], p);
    double u = pl__rng_uniform(rng);
    pl_judgment *row = add_row(data, item, image, judge, a, b);
    row->verdict = u < p[0] ? PL_VERDICT_A : u < p[0] + p[1] ? PL_VERDICT_B : PL_VERDICT_TIE;
    if (pl__rng_uniform(rng) < w->d->missing) {
        row->verdict = PL_VERDICT_MISSING;
        row->missing = PL_MISSING_NO_MARK;
    }
}

static void compare(const world *w, pl_rng *rng, sample *data, uint32_t item, uint32_t image, uint32_t judge,
                    uint32_t a, uint32_t b, const double *luck)
{
    bool swapped = !w->d->both_orders && pl__rng_below(rng, 2) == 1;
    judge_once(w, rng, data, item, image, judge, swapped ? b : a, swapped ? a : b, luck);
    if (w->d->both_orders)
        judge_once(w, rng, data, item, image, judge, b, a, luck);
}

static void draw_random_comparisons(const world *w, pl_rng *rng, sample *data, uint32_t image, const double *luck)
{
    uint32_t n_items = 1 + (uint32_t)pl__rng_below(rng, ITEMS_MAX);
    for (uint32_t i = 0; i < n_items; i++) {
        for (unsigned k = 0; k < 6; k++) {
            uint32_t three[MODELS_MAX];
            for (uint32_t m = 0; m < w->d->n_models; m++)
                three[m] = m;
            pl__rng_shuffle(rng, three, w->d->n_models);
            compare(w, rng, data, image * ITEMS_MAX + i, image, three[0], three[1], three[2], luck);
        }
    }
}

static void draw_data(const world *w, pl_rng *rng, sample *data)
{
    uint32_t m = w->d->n_models;
    set_rows(w, data);
    for (uint32_t image = 0; image < w->d->n_images; image++) {
        double luck[MODELS_MAX];
        for (uint32_t i = 0; i < m; i++)
            luck[i] = w->d->image_sd * pl__rng_normal(rng);
        if (w->d->judges == WHO_ANY) {
            draw_random_comparisons(w, rng, data, image, luck);
            continue;
        }
        for (uint32_t judge = 0; judge < m; judge++) {
            uint32_t item = image * ITEMS_MAX + (w->d->judges == WHO_AUTHOR ? judge : 0);
            for (uint32_t a = 0; a < m; a++) {
                for (uint32_t b = a + 1; b < m; b++) {
                    if (a != judge && b != judge)
                        compare(w, rng, data, item, image, judge, a, b, luck);
                }
            }
        }
    }
}

typedef struct study {
    const world *w;
    const char *const *methods;
    size_t n_methods;
    uint64_t seed;
    pl_uncertainty_opts opts;
    uint8_t *hits;  /* [data set][method][model]; 2 undefined */
    uint8_t *wrong; /* [data set][method]: was a model put below one that is no better? */
    double *widths; /* the same shape */
} study;

/* The first members of neighbouring groups differ, says the method. */
static bool separates_wrongly(const pl_method_uncertainty *x, const double *truth)
{
    uint32_t first = 0; /* place of the group's first member */
    for (uint32_t i = 1; i < x->n_ranked; i++) {
        uint32_t above = x->order[first];
        uint32_t below = x->order[i];
        if (x->group[below] == x->group[above])
            continue;
        if (!(truth[above] > truth[below] + 1e-9))
            return true;
        first = i;
    }
    return false;
}

static pl_status study_one(size_t index, void *user, pl_error *reterr)
{
    const study *s = user;
    pl_rng rng;
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_uncertainty_opts opts = s->opts;
    pl_peer_table *t = NULL;
    pl_uncertainty *u = NULL;
    sample *drawn = pl__calloc(1, sizeof(*drawn));
    if (!drawn)
        return PL_E_NOMEM;
    pl__rng_init(&rng, s->seed, s->w->d->name, index);
    draw_data(s->w, &rng, drawn);
    peer.pair_orders = s->w->d->both_orders;
    opts.seed = pl__rng_u64(&rng);
    pl_status rc = pl_peer_table_build(&drawn->set, &peer, &t, reterr);
    if (!rc)
        rc = pl_uncertainty_run(s->methods, s->n_methods, t, s->w->models, NULL, &opts, &u, reterr);
    for (size_t k = 0; k < s->n_methods && !rc; k++) {
        const pl_method_uncertainty *x = pl_uncertainty_method(u, k);
        s->wrong[index * s->n_methods + k] = separates_wrongly(x, s->w->truth[k]);
        for (uint32_t m = 0; m < s->w->d->n_models; m++) {
            size_t at = (index * s->n_methods + k) * MODELS_MAX + m;
            double truth = s->w->truth[k][m];
            s->hits[at] = x->low[m] <= truth && truth <= x->high[m];
            if (isnan(x->low[m]))
                s->hits[at] = 2;
            s->widths[at] = x->high[m] - x->low[m];
        }
    }
    pl_uncertainty_free(u);
    pl_peer_table_free(t);
    pl__free(drawn);
    return rc;
}

static void print_rows(const study *s, size_t n_sets)
{
    for (size_t k = 0; k < s->n_methods; k++) {
        double lowest = 1.0;
        double highest = 0.0;
        double width = 0.0;
        size_t hits = 0;
        size_t all = 0;
        size_t undefined = 0;
        size_t wrong = 0;
        for (size_t i = 0; i < n_sets; i++)
            wrong += s->wrong[i * s->n_methods + k];
        for (uint32_t m = 0; m < s->w->d->n_models; m++) {
            size_t own = 0;
            size_t own_all = 0;
            for (size_t i = 0; i < n_sets; i++) {
                size_t at = (i * s->n_methods + k) * MODELS_MAX + m;
                undefined += s->hits[at] == 2;
                if (s->hits[at] == 2)
                    continue;
                own += s->hits[at];
                own_all++;
                width += s->widths[at];
            }
            hits += own;
            all += own_all;
            lowest = fmin(lowest, (double)own / (double)own_all);
            highest = fmax(highest, (double)own / (double)own_all);
        }
        printf("| %s | %u | %s | %.2f %% | %.1f – %.1f %% | %.3f | %.1f %% | %zu |\n", s->w->d->name, s->w->d->n_images,
               s->methods[k], 100.0 * (double)hits / (double)all, 100.0 * lowest, 100.0 * highest, width / (double)all,
               100.0 * (double)wrong / (double)n_sets, undefined);
        (void)fflush(stdout);
    }
}

static pl_status run_design(const design *d, study *s, size_t n_sets, uint32_t threads, pl_error *err)
{
    world *w = pl__calloc(1, sizeof(*w));
    sample *exact = pl__calloc(1, sizeof(*exact));
    size_t n = n_sets * s->n_methods * MODELS_MAX;
    pl_status rc = PL_E_NOMEM;
    s->hits = pl__calloc(n, sizeof(*s->hits));
    s->widths = pl__calloc(n, sizeof(*s->widths));
    s->wrong = pl__calloc(n_sets * s->n_methods, sizeof(*s->wrong));
    if (w && exact && s->hits && s->widths && s->wrong) {
        make_world(w, d);
        s->w = w;
        rc = find_truth(w, exact, s->methods, s->n_methods);
    }
    if (!rc)
        rc = pl__parallel_for(n_sets, threads, study_one, s, err);
    if (!rc)
        print_rows(s, n_sets);
    pl__free(s->hits);
    pl__free(s->widths);
    pl__free(s->wrong);
    pl__free(exact);
    pl__free(w);
    return rc;
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
    static const char *const defaults[] = {"peer-review", "upme", "bt"};
    uint64_t n_sets = number_at(argc, argv, 1, 2000);
    study s = {.methods = defaults, .n_methods = 3, .seed = number_at(argc, argv, 3, 1)};
    pl_error err = {0};
    pl_status rc = PL_OK;
    s.opts = (pl_uncertainty_opts)PL_UNCERTAINTY_OPTS_INIT;
    s.opts.replicates = (uint32_t)number_at(argc, argv, 2, 1000);
    s.opts.interval = argc > 5 && strcmp(argv[5], "bca") == 0 ? PL_INTERVAL_BCA : PL_INTERVAL_PERCENTILE;
    s.opts.skip_fragility = true;
    if (argc > 6) {
        s.methods = (const char *const *)&argv[6];
        s.n_methods = (size_t)argc - 6 < METHODS_MAX ? (size_t)argc - 6 : METHODS_MAX;
    }
    printf("%llu data sets, %u replicates, %s\n\n", (unsigned long long)n_sets, s.opts.replicates,
           s.opts.interval == PL_INTERVAL_BCA ? "BCa" : "expanded percentile");
    printf("| design | images | method | covered | by model | mean width | wrongly separated | undefined "
           "|\n|---|--:|---|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < N_DESIGNS && !rc; i++)
        rc = run_design(&designs[i], &s, n_sets, (uint32_t)number_at(argc, argv, 4, 1), &err);
    if (rc)
        (void)fprintf(stderr, "coverage: %s\n", err.msg[0] ? err.msg : pl_status_text(rc));
    return rc ? 1 : 0;
}
