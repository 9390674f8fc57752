/* Where the time of ranking a log of responses goes: reading it, the table, each signal. CPU seconds of all threads.
 *
 *   response_parts LOG [THREADS [RUNS]]
 *
 * With RUNS it is read that often, and nothing else is done. */
#include "alloc.h"
#include "error.h"
#include "num.h"
#include "records.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define THREADS_DEFAULT 2u
#define THREADS_MAX 64u
#define RUNS_MAX 1000u

static double seconds(clockid_t clock)
{
    struct timespec t = {0};
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct timer {
    double wall;
    double cpu;
} timer;

static timer start(void)
{
    return (timer){.wall = seconds(CLOCK_MONOTONIC), .cpu = seconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static void show(const char *what, timer since, double megabytes)
{
    timer now = start();
    printf("%-28s %8.3f s wall %8.3f s CPU", what, now.wall - since.wall, now.cpu - since.cpu);
    if (megabytes > 0.0)
        printf(" %8.0f MB/s %8.0f MB per CPU second", megabytes / (now.wall - since.wall),
               megabytes / (now.cpu - since.cpu));
    printf("\n");
}

static pl_status show_signals(const pl_answer_table *table, pl_error *reterr)
{
    size_t n = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n);
    size_t cells = (size_t)pl_answer_table_n_models(table) * pl_answer_table_n_items(table);
    double *values = pl__calloc(cells, sizeof(*values));
    pl_status rc = values ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "values");
    for (size_t k = 0; k < n && rc == PL_OK; k++) {
        timer t = start();
        rc = pl_answer_signal_values(table, signals[k].name, values, NULL, reterr);
        if (rc == PL_E_UNSUPPORTED)
            rc = PL_OK;
        show(signals[k].name, t, 0.0);
    }
    pl__free(values);
    return rc;
}

static int read_often(const char *path, const pl_records_opts *opts, uint64_t runs, double megabytes)
{
    for (uint64_t i = 0; i < runs; i++) {
        pl_response_log *log = NULL;
        pl_error err = {0};
        timer t = start();
        pl_status rc = pl__records_read_responses(&path, 1, opts, &log, &err);
        show("reading", t, megabytes);
        pl__response_log_free(log);
        if (rc != PL_OK) {
            (void)fprintf(stderr, "%s\n", err.msg);
            return 1;
        }
    }
    return 0;
}

static double megabytes_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    long n = 0;
    if (file && fseek(file, 0, SEEK_END) == 0)
        n = ftell(file);
    if (file)
        (void)fclose(file);
    return (double)n / 1e6;
}

int main(int argc, char **argv)
{
    uint64_t threads = THREADS_DEFAULT;
    uint64_t runs = 0;
    pl_response_log *log = NULL;
    pl_answer_table *table = NULL;
    pl_error err = {0};
    if (argc < 2 || (argc > 2 && pl__num_parse_u64(pl__view(argv[2]), &threads)) ||
        (argc > 3 && pl__num_parse_u64(pl__view(argv[3]), &runs)))
        return 2;
    const char *const paths[] = {argv[1]};
    const pl_records_opts opts = {.threads = (uint32_t)(threads < THREADS_MAX ? threads : THREADS_MAX)};
    if (runs > 0)
        return read_often(argv[1], &opts, runs < RUNS_MAX ? runs : RUNS_MAX, megabytes_of(argv[1]));
    pl_answer_opts answers = PL_ANSWER_OPTS_INIT;
    answers.threads = opts.threads;
    timer t = start();
    pl_status rc = pl__records_read_responses(paths, 1, &opts, &log, &err);
    show("reading", t, megabytes_of(argv[1]));
    if (rc == PL_OK) {
        const pl_response_set *set = pl__response_log_set(log);
        printf("%zu responses, %zu tokens, %zu alternatives, %u texts\n", set->n_rows, set->n_tokens, set->n_tops,
               set->n_texts);
        t = start();
        rc = pl_response_set_check(set, &err);
        show("checking", t, 0.0);
        t = start();
        if (rc == PL_OK)
            rc = pl_answer_table_build(set, &answers, &table, &err);
        show("table, with checking", t, 0.0);
    }
    if (rc == PL_OK)
        rc = show_signals(table, &err);
    if (rc != PL_OK)
        (void)fprintf(stderr, "%s\n", err.msg);
    pl_answer_table_free(table);
    pl__response_log_free(log);
    return rc == PL_OK ? 0 : 1;
}
