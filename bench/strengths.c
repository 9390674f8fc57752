/* How long the fits take: bt, bt-davidson and judge-bt on judgments in memory, and the counting before them.
 *
 *   strengths [JUDGMENTS [MODELS [REPEATS]]]
 *
 * Prints the median of the repeats. The peer for bt is one pass over the ballots that only adds up their weights,
 * timed in the same run: no method that looks at every ballot can be faster. */
#include <peerless/rank.h>

#include "alloc.h"
#include "num.h"
#include "rng.h"
#include "strengths.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAME_BYTES 16
#define MODELS_MAX 4096u
#define REPEATS_MAX 101u
#define NS_PER_S 1e9
#define NS_PER_MS 1e6

typedef struct judgments {
    pl_judgment_set set;
    pl_judgment *rows;
    char (*names)[NAME_BYTES];
    const char **models;
} judgments;

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * NS_PER_S + (double)t.tv_nsec;
}

static int compare(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;
    return (a > b) - (a < b);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof(*x), compare);
    return x[n / 2];
}

static bool draw(judgments *j, size_t n, uint32_t m)
{
    static const char *const one[] = {"all"};
    pl_rng rng;
    pl__rng_init(&rng, 1, "strengths", 0);
    j->rows = pl__calloc(n, sizeof(*j->rows));
    j->names = pl__calloc(m, sizeof(*j->names));
    j->models = pl__calloc(m, sizeof(*j->models));
    if (!j->rows || !j->names || !j->models)
        return false;
    for (uint32_t i = 0; i < m; i++) {
        (void)snprintf(j->names[i], NAME_BYTES, "m%04u", i);
        j->models[i] = j->names[i];
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t a = (uint32_t)pl__rng_below(&rng, m);
        uint32_t b = (a + 1 + (uint32_t)pl__rng_below(&rng, m - 1)) % m;
        double gap = 3.0 * ((double)b - (double)a) / m;
        double first = 0.85 / (1.0 + exp(-gap));
        double u = pl__rng_uniform(&rng);
        pl_verdict v = u < first ? PL_VERDICT_A : u < 0.85 ? PL_VERDICT_B : PL_VERDICT_TIE;
        j->rows[i] = (pl_judgment){
            .judge = (uint32_t)pl__rng_below(&rng, m), .a = a, .b = b, .verdict = (uint8_t)v, .weight = 1.0};
    }
    j->set = (pl_judgment_set){.models = j->models,
                               .n_models = m,
                               .items = one,
                               .n_items = 1,
                               .images = one,
                               .n_images = 1,
                               .criteria = one,
                               .n_criteria = 1,
                               .rows = j->rows,
                               .n_rows = n};
    return true;
}

static double add_weights(const pl_peer_table *t)
{
    size_t n = 0;
    double sum = 0.0;
    const pl_ballot *ballots = pl_peer_table_ballots(t, &n);
    for (size_t i = 0; i < n; i++)
        sum += ballots[i].weight;
    return sum;
}

static pl_status time_parts(const pl_rank_input *in, size_t n, size_t repeats, pl_error *err)
{
    static const pl_strengths_model models[] = {{.ridge = 1e-3}, {.davidson = true, .ridge = 1e-3}};
    double pass[REPEATS_MAX];
    double count[REPEATS_MAX];
    double fit[2][REPEATS_MAX];
    double sum = 0.0;
    pl_fit_report report[2];
    pl_status rc = PL_OK;
    for (size_t k = 0; k < repeats && !rc; k++) {
        pl_win_matrix m = {0};
        pl_win_graph g = {0};
        double start = now_ns();
        sum += add_weights(in->table);
        pass[k] = now_ns() - start;
        start = now_ns();
        rc = pl__win_matrix_init(&m, in, false, err);
        count[k] = now_ns() - start;
        double *theta = pl__calloc(in->n_models, sizeof(*theta));
        if (!rc)
            rc = theta ? pl__win_graph_init(&g, &m) : PL_E_NOMEM;
        for (size_t i = 0; i < 2 && !rc; i++) {
            start = now_ns();
            rc = pl__strengths_fit(&m, &g, &models[i], theta, &report[i]);
            fit[i][k] = now_ns() - start;
        }
        pl__free(theta);
        pl__win_graph_clear(&g);
        pl__win_matrix_clear(&m);
    }
    if (rc)
        return rc;
    double passed = median(pass, repeats) / (double)n;
    double counted = median(count, repeats) / (double)n;
    printf("one pass over the ballots %.2f ns each (weight %.0f); counting wins %.2f ns each, ratio %.1f\n", passed,
           sum / (double)repeats, counted, counted / passed);
    for (size_t i = 0; i < 2; i++)
        printf("%s: %.3f ms, %u iterations\n", i == 0 ? "bt" : "bt-davidson", median(fit[i], repeats) / NS_PER_MS,
               report[i].iterations);
    return PL_OK;
}

static pl_status time_method(const char *method, const judgments *j, const pl_peer_table *t, pl_error *err)
{
    pl_ranking *r = NULL;
    double start = now_ns();
    pl_status rc = pl_rank_run(method, t, j->models, NULL, &r, err);
    if (!rc)
        printf("%s, all of it: %.1f ms, %u iterations\n", method, (now_ns() - start) / NS_PER_MS,
               pl_ranking_fit(r)->iterations);
    pl_ranking_free(r);
    return rc;
}

static uint64_t number_at(int argc, char **argv, int place, uint64_t otherwise, uint64_t most)
{
    uint64_t n = otherwise;
    if (argc > place && pl__num_parse_u64(pl__view(argv[place]), &n))
        n = otherwise;
    return n < most ? n : most;
}

int main(int argc, char **argv)
{
    static const char *const whole[] = {"bt", "judge-bt", "dawid-skene"};
    size_t n = (size_t)number_at(argc, argv, 1, 1000000, UINT32_MAX);
    uint32_t m = (uint32_t)number_at(argc, argv, 2, 60, MODELS_MAX);
    size_t repeats = (size_t)number_at(argc, argv, 3, 11, REPEATS_MAX);
    judgments j = {0};
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_status rc = PL_E_NOMEM;
    uint32_t *order = pl__calloc(m, sizeof(*order));
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    if (n > 0 && m > 1 && repeats > 0 && order && draw(&j, n, m))
        rc = pl_peer_table_build(&j.set, NULL, &t, &err);
    for (uint32_t i = 0; i < m && order; i++)
        order[i] = i; /* the names stand in order */
    pl_rank_input in = {.table = t, .models = j.models, .n_models = m, .order = order, .opts = &opts};
    printf("%zu judgments of %u models\n", n, m);
    if (!rc)
        rc = time_parts(&in, n, repeats, &err);
    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]) && !rc; i++)
        rc = time_method(whole[i], &j, t, &err);
    if (rc)
        (void)fprintf(stderr, "strengths: %s\n", err.msg[0] ? err.msg : pl_status_text(rc));
    pl_peer_table_free(t);
    pl__free(j.rows);
    pl__free(j.names);
    pl__free(j.models);
    pl__free(order);
    return rc ? 1 : 0;
}
