/* How long ranking takes once judgments are in memory: the table, the wins, a fit, and cluster bootstraps.
 *
 *   rank_bulk [JUDGMENTS [MODELS [IMAGES [REPLICATES [THREADS]]]]]
 *
 * Judgments are drawn as by judgment_log, so that bench/rank_bulk.py can give the same ones to others. Times are of one
 * run each; the ratio is to one pass over the rows that adds up their weights, in the same run. */
#include <peerless/rank.h>

#include "alloc.h"
#include "bootstrap.h"
#include "num.h"
#include "rng.h"
#include "strengths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAME_BYTES 16
#define LABEL_BYTES 64
#define MODELS_MAX 4096u
#define IMAGES_MAX 10000000u
#define REPLICATES_MAX 100000u
#define THREADS_MAX 256u
#define SPREAD 3.0
#define DECIDED 0.85
#define NS_PER_S 1e9

typedef struct world {
    pl_judgment_set set;
    pl_judgment *rows;
    char (*names)[NAME_BYTES]; /* models, then images */
    const char **pointers;
    uint32_t *order;
} world;

typedef struct sizes {
    size_t judgments;
    uint32_t models;
    uint32_t images;
    uint32_t replicates;
    uint32_t threads;
} sizes;

/* Wall time, and CPU time of all threads: the second says what the first would be on an idle machine. */
typedef struct moment {
    double wall_s;
    double cpu_s;
} moment;

static double read_s(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

static moment now(void)
{
    return (moment){read_s(CLOCK_MONOTONIC), read_s(CLOCK_PROCESS_CPUTIME_ID)};
}

static uint64_t number_at(int argc, char **argv, int place, uint64_t otherwise, uint64_t most)
{
    uint64_t n = otherwise;
    if (argc > place && pl__num_parse_u64(pl__view(argv[place]), &n))
        n = otherwise;
    return n < most ? n : most;
}

static pl_judgment draw_row(const sizes *n, pl_rng *rng)
{
    uint32_t a = (uint32_t)pl__rng_below(rng, n->models);
    uint32_t b = (a + 1 + (uint32_t)pl__rng_below(rng, n->models - 1)) % n->models;
    uint32_t judge = (uint32_t)pl__rng_below(rng, n->models);
    uint32_t image = (uint32_t)pl__rng_below(rng, n->images);
    double first = DECIDED / (1.0 + exp(SPREAD * ((double)b - (double)a) / n->models));
    double u = pl__rng_uniform(rng);
    pl_verdict v = u < first ? PL_VERDICT_A : u < DECIDED ? PL_VERDICT_B : PL_VERDICT_TIE;
    return (pl_judgment){
        .item = image, .image = image, .judge = judge, .a = a, .b = b, .verdict = (uint8_t)v, .weight = 1.0};
}

static bool make_world(world *w, const sizes *n)
{
    static const char *const one[] = {"overall"};
    size_t n_names = (size_t)n->models + n->images;
    pl_rng rng;
    pl__rng_init(&rng, 1, "judgment log", 0);
    w->rows = pl__calloc(n->judgments, sizeof(*w->rows));
    w->names = pl__calloc(n_names, sizeof(*w->names));
    w->pointers = pl__calloc(n_names, sizeof(*w->pointers));
    w->order = pl__calloc(n->models, sizeof(*w->order));
    if (!w->rows || !w->names || !w->pointers || !w->order)
        return false;
    for (size_t i = 0; i < n_names; i++) {
        bool is_model = i < n->models;
        (void)snprintf(w->names[i], NAME_BYTES, is_model ? "model-%02zu" : "q%06zu", is_model ? i : i - n->models);
        w->pointers[i] = w->names[i];
        if (is_model)
            w->order[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < n->judgments; i++)
        w->rows[i] = draw_row(n, &rng);
    w->set = (pl_judgment_set){.models = w->pointers,
                               .n_models = n->models,
                               .items = w->pointers + n->models,
                               .n_items = n->images,
                               .images = w->pointers + n->models,
                               .n_images = n->images,
                               .criteria = one,
                               .n_criteria = 1,
                               .rows = w->rows,
                               .n_rows = n->judgments};
    return true;
}

static void print_since(const char *what, moment start, size_t n)
{
    moment end = now();
    double wall = end.wall_s - start.wall_s;
    double cpu = end.cpu_s - start.cpu_s;
    printf("%-26s %8.3f s wall %8.3f s cpu %12.2f ns cpu each\n", what, wall, cpu, cpu * NS_PER_S / (double)n);
}

static pl_status time_fit(const pl_rank_input *in, const sizes *n, pl_error *err)
{
    static const pl_strengths_model model = {.ridge = 1e-3};
    pl_win_matrix m = {0};
    pl_win_graph g = {0};
    pl_fit_report report = {0};
    double *theta = pl__calloc(n->models, sizeof(*theta));
    moment start = now();
    pl_status rc = pl__win_matrix_init(&m, in, false, err);
    print_since("counting wins", start, n->judgments);
    if (!rc)
        rc = theta ? pl__win_graph_init(&g, &m) : PL_E_NOMEM;
    start = now();
    if (!rc)
        rc = pl__strengths_fit(&m, &g, &model, theta, &report);
    print_since("one fit of bt", start, 1);
    pl__free(theta);
    pl__win_graph_clear(&g);
    pl__win_matrix_clear(&m);
    return rc;
}

static pl_status time_bootstrap(const world *w, const pl_peer_table *t, const sizes *n, const char *method,
                                pl_error *err)
{
    const char *const methods[] = {method};
    char label[LABEL_BYTES];
    pl_resampler *resampler = NULL;
    pl_bootstrap b = {.methods = methods,
                      .n_methods = 1,
                      .models = w->set.models,
                      .n_models = n->models,
                      .n_images = pl_peer_table_n_images(t),
                      .rank = PL_RANK_OPTS_INIT,
                      .table = t,
                      .resampler = &resampler,
                      .seed = 1,
                      .threads = n->threads};
    double *scores = pl__calloc(n->replicates, n->models * sizeof(*scores));
    double *const places[] = {scores};
    moment start = now();
    pl_status rc = scores ? pl__bootstrap_draw(&b, n->replicates, places, err) : PL_E_NOMEM;
    (void)snprintf(label, sizeof(label), "cluster bootstrap of %s", method);
    print_since(label, start, n->replicates);
    pl_resampler_free(resampler);
    pl__free(scores);
    return rc;
}

static pl_status run(const world *w, const sizes *n, pl_error *err)
{
    pl_peer_table *t = NULL;
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    double sum = 0.0;
    moment start = now();
    for (size_t i = 0; i < n->judgments; i++)
        sum += w->rows[i].weight;
    print_since("one pass over the rows", start, n->judgments);
    start = now();
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    peer.threads = n->threads;
    pl_status rc = pl_peer_table_build(&w->set, &peer, &t, err);
    print_since("table", start, n->judgments);
    pl_rank_input in = {.table = t, .models = w->set.models, .n_models = n->models, .order = w->order, .opts = &opts};
    if (!rc)
        rc = time_fit(&in, n, err);
    if (!rc)
        rc = time_bootstrap(w, t, n, "bt", err);
    if (!rc)
        rc = time_bootstrap(w, t, n, "upme", err);
    pl_peer_table_free(t);
    return sum > 0.0 ? rc : PL_E_INVALID;
}

int main(int argc, char **argv)
{
    sizes n = {.judgments = (size_t)number_at(argc, argv, 1, 10000000, UINT32_MAX),
               .models = (uint32_t)number_at(argc, argv, 2, 60, MODELS_MAX),
               .images = (uint32_t)number_at(argc, argv, 3, 10000, IMAGES_MAX),
               .replicates = (uint32_t)number_at(argc, argv, 4, 1000, REPLICATES_MAX),
               .threads = (uint32_t)number_at(argc, argv, 5, 2, THREADS_MAX)};
    world w = {0};
    pl_error err = {0};
    pl_status rc = PL_E_NOMEM;
    if (n.models < 2 || n.images < 2 || n.replicates < 2 || n.judgments == 0)
        return 2;
    printf("%zu judgments, %u models, %u images, %u replicates, %u threads\n", n.judgments, n.models, n.images,
           n.replicates, n.threads);
    if (make_world(&w, &n))
        rc = run(&w, &n, &err);
    if (rc)
        (void)fprintf(stderr, "rank_bulk: %s\n", err.msg[0] ? err.msg : pl_status_text(rc));
    pl__free(w.rows);
    pl__free(w.names);
    pl__free(w.pointers);
    pl__free(w.order);
    return rc ? 1 : 0;
}
