/* The whole job on the simulated pool. The order is the point: the ranking is made and fixed first; only then is the
 * truth measured, on other scenes, and held against it. */
#include "agreement.h"
#include "commands.h"
#include "error.h"
#include "file.h"
#include "image.h"
#include "num.h"
#include "out.h"
#include "sim.h"
#include <stdio.h>

#define TRUTH_SCENES 500u
#define TRUTH_FIRST 1000000u /* far beyond any scene that was judged */
#define IMAGES_MAX 100000u

typedef struct demo {
    const pl_args *args;
    const char *dir;
    uint32_t images;
    uint64_t seed;
    pl_sim_pool *pool;
    pl_sim_server *server;
    pl_config *config;
    pl_setup *setup;
    pl_store *store;
} demo;

static pl_status path_in(const demo *d, const char *name, pl_str *out)
{
    pl__str_reset(out);
    return pl__str_appendf(out, "%s/%s", d->dir, name);
}

static pl_status draw_scenes(const demo *d, pl_error *reterr)
{
    pl_str path;
    pl_status rc = PL_OK;

    pl__str_init(&path, 4096);
    rc = path_in(d, "scenes", &path);
    if (rc == PL_OK)
        rc = pl__dir_make(pl__str_c(&path), reterr);
    if (rc == PL_OK)
        rc = pl__sim_write_scenes(pl__str_c(&path), d->images, 0, d->seed, reterr);
    pl__str_clear(&path);
    return rc;
}

static pl_status serve(demo *d, pl_error *reterr)
{
    pl_sim_server_opts opts = {.threads = 2};
    pl_status rc = pl__sim_pool_default((uint32_t)pl__arg_count(d->args, "models", 6), d->seed, &d->pool, reterr);

    opts.pool = d->pool;
    return rc == PL_OK ? pl__sim_server_start(&opts, &d->server, reterr) : rc;
}

/* Writes DIR/peerless.yaml, so that a person can go on from there, and reads it back. */
static pl_status configure(demo *d, pl_error *reterr)
{
    pl_str text;
    pl_str path;
    pl_str store;
    pl_str problems;
    pl_status rc = PL_OK;

    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&path, 4096);
    pl__str_init(&store, 4096);
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    rc = path_in(d, "run.db", &store);
    if (rc == PL_OK) {
        pl_sim_config_opts opts = {
            .port = pl__sim_server_port(d->server), .images = "scenes", .store = pl__str_c(&store), .seed = d->seed};
        rc = pl__sim_config(d->pool, &opts, &text, reterr);
    }
    if (rc == PL_OK)
        rc = path_in(d, PL_CONFIG_DEFAULT, &path);
    if (rc == PL_OK)
        rc = pl__file_write(pl__str_c(&path), pl__view_n(text.ptr, text.len), reterr);
    if (rc == PL_OK)
        rc = pl__config_load(pl__str_c(&path), &d->config, &problems, reterr);
    if (rc == PL_OK)
        rc = pl__setup_new(d->config, &d->setup, reterr);
    if (rc == PL_OK)
        rc = pl__store_open_sqlite(pl__str_c(&store), PL_STORE_CREATE, &d->store, reterr);
    pl__str_clear(&problems);
    pl__str_clear(&store);
    pl__str_clear(&path);
    pl__str_clear(&text);
    return rc;
}

static pl_status measure_truth(const demo *d, double *scores, pl_error *reterr)
{
    if (!d->args->quiet)
        pl__out_say("Ranking done. Now measuring each simulated model's accuracy on %u further scenes, to compare.",
                    TRUTH_SCENES);
    return pl__sim_measure_truth(d->pool, TRUTH_SCENES, TRUTH_FIRST, d->seed, pl__arg_threads(d->args), scores, reterr);
}

/* For later comparisons: the folder's truth.csv. */
static pl_status keep_truth(const demo *d, const pl_truth *truth, pl_error *reterr)
{
    char score[PL_NUM_BYTES];
    pl_str path;
    pl_str text;
    pl_status rc = PL_OK;

    pl__str_init(&path, 4096);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = pl__str_append_c(&text, "model,score\n");
    for (size_t i = 0; i < truth->n && rc == PL_OK; i++) {
        pl__num_format(truth->scores[i], score);
        rc = pl__str_appendf(&text, "%s,%s\n", truth->models[i], score);
    }
    if (rc == PL_OK)
        rc = path_in(d, "truth.csv", &path);
    rc = rc == PL_OK ? pl__file_write(pl__str_c(&path), pl__view_n(pl__str_c(&text), text.len), reterr)
                     : pl__fail(reterr, rc, "truth.csv");
    pl__str_clear(&path);
    pl__str_clear(&text);
    return rc;
}

static pl_status compare(const demo *d, pl_analysis *analysis, pl_error *reterr)
{
    char *names[PL_SIM_MODELS_MAX];
    double scores[PL_SIM_MODELS_MAX];
    pl_truth truth = {.models = names, .scores = scores, .n = pl__sim_pool_count(d->pool)};
    pl_status rc = measure_truth(d, scores, reterr);

    for (uint32_t i = 0; i < truth.n && rc == PL_OK; i++) {
        names[i] = pl__arena_strdup(&analysis->arena, pl__sim_pool_name(d->pool, i));
        if (!names[i])
            rc = PL_E_NOMEM;
    }
    if (rc == PL_OK)
        rc = keep_truth(d, &truth, reterr);
    return rc == PL_OK ? pl__analysis_compare(analysis, &truth, reterr) : rc;
}

static int rank_and_compare(const demo *d, int64_t run_id)
{
    pl_ranking_input in = {0};
    pl_analysis *analysis = NULL;
    pl_error err = {0};
    pl_status rc = pl__ranking_input_from_store(d->store, run_id, &in, &err);
    int code = PL_EXIT_OK;

    if (rc == PL_OK)
        rc = pl__ranking_by_default(&in, &analysis, &err);
    if (rc == PL_OK)
        rc = pl__notes_add(&analysis->notes, &analysis->arena, &err,
                           "all models are simulated; the truth was measured on %u other scenes after "
                           "the ranking was made",
                           TRUTH_SCENES);
    if (rc == PL_OK)
        rc = compare(d, analysis, &err);
    code = rc == PL_OK ? pl__cli_show_rank(d->args, analysis) : pl__out_error(&err);
    pl__analysis_free(analysis);
    pl__ranking_input_clear(&in);
    return code;
}

static int run_demo(demo *d)
{
    pl_run_wishes wishes = {0};
    pl_error err = {0};
    int64_t run_id = 0;
    int code = PL_EXIT_OK;
    pl_status rc = draw_scenes(d, &err);

    if (rc == PL_OK)
        rc = serve(d, &err);
    if (rc == PL_OK)
        rc = configure(d, &err);
    if (rc != PL_OK)
        return pl__out_error(&err);
    if (!d->args->quiet)
        pl__out_say("Running %u simulated models on %u simulated scenes in %s", pl__sim_pool_count(d->pool), d->images,
                    d->dir);
    code = pl__cli_run(d->args, d->setup, d->store, &wishes, &run_id);
    return code == PL_EXIT_OK ? rank_and_compare(d, run_id) : code;
}

int pl__cmd_demo(const pl_args *args)
{
    uint64_t images = pl__arg_count(args, "images", 25);
    uint64_t models = pl__arg_count(args, "models", 6);
    demo d = {.args = args, .dir = pl__arg_text(args, "out", "peerless-demo"), .seed = pl__arg_count(args, "seed", 1)};
    int code = PL_EXIT_OK;

    if (images < 1 || images > IMAGES_MAX)
        return pl__out_usage("--images is between 1 and %u", IMAGES_MAX);
    if (models < 3 || models > PL_SIM_MODELS_MAX)
        return pl__out_usage("--models is between 3 and %d", PL_SIM_MODELS_MAX);
    d.images = (uint32_t)images;
    pl__image_warm_up();
    code = run_demo(&d);
    pl__image_warm_up_end();
    pl__sim_server_stop(d.server);
    pl__sim_pool_free(d.pool);
    pl__store_close(d.store);
    pl__setup_free(d.setup);
    pl__config_free(d.config);
    return code;
}
