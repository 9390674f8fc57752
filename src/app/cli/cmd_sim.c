#include "clock.h"
#include "commands.h"
#include "error.h"
#include "file.h"
#include "interrupts.h"
#include "out.h"
#include "sim.h"
#include <stdio.h>
#include <time.h>

#define POOL_FILE_BYTES_MAX ((size_t)1 << 20)
#define SCENES_MAX 1000000u

int pl__cmd_sim_scenes(const pl_args *args)
{
    uint64_t n = pl__arg_count(args, "number", 25);
    uint64_t first = pl__arg_count(args, "first", 0);
    const char *dir = pl__arg_text(args, "output", "scenes");
    pl_error err = {0};

    if (n < 1 || n > SCENES_MAX || first > SCENES_MAX)
        return pl__out_usage("-n is between 1 and %u", SCENES_MAX);
    if (pl__dir_make(dir, &err) != PL_OK ||
        pl__sim_write_scenes(dir, (uint32_t)n, (uint32_t)first, pl__arg_count(args, "seed", 1), &err) != PL_OK)
        return pl__out_error(&err);
    if (!args->quiet)
        pl__out_say("Drew %llu simulated scenes in %s; what is in them stands in %s/truth.jsonl", (unsigned long long)n,
                    dir, dir);
    return PL_EXIT_OK;
}

static pl_status open_pool(const pl_args *args, pl_sim_pool **ret, pl_error *reterr)
{
    const char *path = pl__arg_text(args, "pool", NULL);
    uint64_t n = pl__arg_count(args, "models", 6);
    pl_str text;
    pl_status rc = PL_OK;

    if (!path)
        return pl__sim_pool_default(n > UINT32_MAX ? UINT32_MAX : (uint32_t)n, pl__arg_count(args, "seed", 1), ret,
                                    reterr);
    pl__str_init(&text, POOL_FILE_BYTES_MAX);
    rc = pl__file_read(path, POOL_FILE_BYTES_MAX, &text, reterr);
    if (rc == PL_OK)
        rc = pl__sim_pool_parse(pl__view_n(pl__str_c(&text), text.len), ret, reterr);
    pl__str_clear(&text);
    return rc;
}

/* An option that may be given several times, each of them a specification. */
typedef struct spec_option {
    const char *name;
    pl_status (*add)(void *target, const char *spec, pl_error *reterr);
    void *target;
} spec_option;

static pl_status add_fault(void *pool, const char *spec, pl_error *reterr)
{
    return pl__sim_pool_add_fault(pool, spec, reterr);
}

static pl_status add_habit(void *pool, const char *spec, pl_error *reterr)
{
    return pl__sim_pool_add_habit(pool, spec, reterr);
}

static pl_status add_batch_fault(void *faults, const char *spec, pl_error *reterr)
{
    return pl__sim_batch_faults_add(faults, spec, reterr);
}

static pl_status add_specs(const pl_args *args, const spec_option *option, pl_error *reterr)
{
    size_t n = 0;
    const char *const *specs = pl__arg_list(args, option->name, &n);
    pl_status rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < n; i++) {
        rc = option->add(option->target, specs[i], reterr);
        if (rc != PL_OK)
            pl__error_prefix(reterr, "--%s %s", option->name, specs[i]);
    }
    return rc;
}

static pl_status keep_stats(const pl_args *args, const pl_sim_server *server, pl_error *reterr)
{
    const char *path = pl__arg_text(args, "stats", NULL);
    pl_str text;
    pl_status rc = PL_OK;

    if (!path)
        return PL_OK;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = pl__sim_server_stats(server, &text, reterr);
    if (rc == PL_OK)
        rc = pl__file_write(path, pl__view_n(pl__str_c(&text), text.len), reterr);
    pl__str_clear(&text);
    return rc;
}

static pl_status tell_port(const pl_args *args, uint16_t port, pl_error *reterr)
{
    const char *path = pl__arg_text(args, "port-file", NULL);
    char text[32];
    int n = snprintf(text, sizeof(text), "%u\n", (unsigned)port);

    if (!args->quiet)
        pl__out_say("Simulated models at http://127.0.0.1:%u/v1 (Ctrl-C ends)", (unsigned)port);
    return path ? pl__file_write(path, pl__view_n(text, (size_t)n), reterr) : PL_OK;
}

int pl__cmd_sim_serve(const pl_args *args)
{
    const atomic_int *interrupt = pl__interrupts_install();
    const struct timespec nap = {0, 50000000};
    uint64_t port = pl__arg_count(args, "port", 0);
    pl_sim_pool *pool = NULL;
    pl_sim_server *server = NULL;
    pl_sim_batch_faults batches = {0};
    pl_error err = {0};
    pl_status rc = PL_OK;

    if (port > UINT16_MAX)
        return pl__out_usage("--port is between 0 and 65535");
    rc = open_pool(args, &pool, &err);
    if (rc == PL_OK)
        rc = add_specs(args, &(spec_option){"faults", add_fault, pool}, &err);
    if (rc == PL_OK)
        rc = add_specs(args, &(spec_option){"abilities", add_habit, pool}, &err);
    if (rc == PL_OK)
        rc = add_specs(args, &(spec_option){"batches", add_batch_fault, &batches}, &err);
    if (rc == PL_OK) {
        pl_sim_server_opts opts = {.pool = pool,
                                   .batches = batches,
                                   .port = (uint16_t)port,
                                   .threads = pl__arg_threads(args),
                                   .request_log = pl__arg_text(args, "request-log", NULL)};

        rc = pl__sim_server_start(&opts, &server, &err);
    }
    if (rc == PL_OK)
        rc = tell_port(args, pl__sim_server_port(server), &err);
    while (rc == PL_OK && atomic_load(interrupt) == 0)
        (void)nanosleep(&nap, NULL);
    if (rc == PL_OK)
        rc = keep_stats(args, server, &err);
    if (rc == PL_OK && !args->quiet)
        pl__out_say("%llu requests answered", (unsigned long long)pl__sim_server_requests(server));
    pl__sim_server_stop(server);
    pl__sim_pool_free(pool);
    return rc == PL_OK ? PL_EXIT_OK : pl__out_error(&err);
}

int pl__cmd_sim_config(const pl_args *args)
{
    uint64_t port = pl__arg_count(args, "port", 0);
    pl_sim_pool *pool = NULL;
    pl_error err = {0};
    pl_str out;
    pl_status rc = PL_OK;
    int code = PL_EXIT_OK;

    if (port < 1 || port > UINT16_MAX)
        return pl__out_usage("--port names where sim serve listens, between 1 and 65535");
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = open_pool(args, &pool, &err);
    if (rc == PL_OK) {
        pl_sim_config_opts opts = {.port = (uint16_t)port,
                                   .images = pl__arg_text(args, "images", "scenes"),
                                   .store = pl__arg_text(args, "store", "run.db"),
                                   .seed = pl__arg_count(args, "seed", 1),
                                   .dialect = pl__arg_text(args, "dialect", NULL)};
        rc = pl__sim_config(pool, &opts, &out, &err);
    }
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__sim_pool_free(pool);
    pl__str_clear(&out);
    return code;
}
