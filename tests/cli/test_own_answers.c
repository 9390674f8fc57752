/* Models ranked by their own answers, from the items to the table: what is asked, what is kept, what is shown. */
#include "cli_kit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCENES "6"
#define MODELS 4

/* The pool's models asked about the scenes' multiple-choice questions; `evaluations` is the value of that key. */
static void write_config(const cli_pool *pool, const char *evaluations)
{
    char *path = pl__kit_path(pool->dir, "peerless.yaml");
    char *config = pl__kit_read(path, NULL);
    char *models = strstr(config, "models:");
    char *end = strstr(config, "evaluations:");
    size_t size = strlen(config) + strlen(evaluations) + 256;
    char *all = calloc(size, 1);

    assert_non_null(models);
    assert_non_null(end);
    assert_non_null(all);
    (void)snprintf(all, size, "version: 1\ndata: {items: scenes/choices.jsonl}\n%.*sevaluations: %s\n",
                   (int)(end - models), models, evaluations);
    free(path);
    free(pl__kit_write_text(pool->dir, "own.yaml", all));
    free(config);
    free(all);
}

static size_t count(const char *text, const char *piece)
{
    size_t n = 0;

    for (const char *at = strstr(text, piece); at; at = strstr(at + 1, piece))
        n++;
    return n;
}

static size_t items_of(const cli_pool *pool)
{
    char *path = pl__kit_path(pool->dir, "scenes/choices.jsonl");
    size_t n = cli_count_lines(path);

    free(path);
    return n;
}

static void start(cli_pool *pool, const char *evaluations)
{
    char models[8];

    (void)snprintf(models, sizeof(models), "%d", MODELS);
    cli_pool_start(pool, SCENES, models, "1");
    write_config(pool, evaluations);
}

/* Another server takes the place of the first, with endpoints that lack something. */
static void serve_with(cli_pool *pool, const char *abilities, const char *evaluations)
{
    pl_kit_result result = {0};
    char *port = NULL;
    char *config = NULL;

    pl__kit_signal(pool->server, SIGTERM);
    pl__kit_wait(pool->server, &result);
    pl__kit_result_clear(&result);
    pool->server = cli_serve(
        pool->dir, CLI_WORDS("--models", "4", "--seed", "1", "--request-log", "requests.log", "--abilities", abilities),
        &port);
    config = cli_output(
        pool->dir, CLI_WORDS("sim", "config", "--port", port, "--models", "4", "--seed", "1", "--images", "scenes"));
    free(pl__kit_write_text(pool->dir, "peerless.yaml", config));
    free(config);
    free(pool->port);
    pool->port = port;
    write_config(pool, evaluations);
}

static void run_rank_and_run_again(void **state)
{
    cli_pool pool = {0};

    (void)state;
    start(&pool, "{uncertainty: {}}");
    size_t items = items_of(&pool);
    char *first = cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "-q"));
    size_t calls = cli_count_lines(pool.log);
    assert_int_equal(calls, items * MODELS);
    assert_non_null(strstr(first, "within"));
    char *second = cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "-q"));
    assert_int_equal(cli_count_lines(pool.log), calls);
    assert_string_equal(first, second);
    char *ranked = cli_output(pool.dir, CLI_WORDS("rank"));
    assert_string_equal(first, ranked);
    free(ranked);

    /* What is exported is what is ranked, to the byte. */
    free(cli_output(pool.dir, CLI_WORDS("export", "--what", "responses", "-o", "r.jsonl.gz")));
    static const char *const methods = "within,margin,majority,nll,entropy.answer,max_prob,mass,nll.byte";
    for (int k = 0; k < 2; k++) {
        const char *format = k == 0 ? "table" : "json";
        char *stored = cli_output(pool.dir, CLI_WORDS("rank", "-m", methods, "--format", format, "--bootstrap", "50"));
        char *logged = cli_output(pool.dir, CLI_WORDS("rank", "--responses", "r.jsonl.gz", "-m", methods, "--format",
                                                      format, "--bootstrap", "50"));
        assert_string_equal(stored, logged);
        free(stored);
        free(logged);
    }

    /* Labels are in no ranking, and in a diagnosis when they are given. */
    char *lines = cli_output(pool.dir, CLI_WORDS("export", "--what", "responses"));
    assert_int_equal(count(lines, "\n"), items * MODELS);
    assert_int_equal(count(lines, "label"), 0);
    free(lines);
    lines = cli_output(pool.dir, CLI_WORDS("export", "--what", "responses", "--labels", "scenes/choices.jsonl"));
    assert_int_equal(count(lines, "\"labels\":["), items * MODELS);
    free(lines);
    char *without = cli_output(pool.dir, CLI_WORDS("diagnose", "--format", "csv"));
    char *with = cli_output(pool.dir, CLI_WORDS("diagnose", "--labels", "scenes/choices.jsonl", "--format", "csv"));
    assert_string_not_equal(without, with);
    free(without);
    free(with);
    free(first);
    free(second);
    cli_pool_stop(&pool);
}

static void samples_in_one_reply_or_one_by_one(void **state)
{
    static const char *const evaluations = "{uncertainty: {samples: 3}}";
    cli_pool pool = {0};

    (void)state;
    start(&pool, evaluations);
    size_t items = items_of(&pool);
    /* No probe has said that the endpoints give several: each is asked for. */
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "-q", "--no-rank")));
    assert_int_equal(cli_count_lines(pool.log), items * MODELS * 4);
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "own.yaml", "--store", "n.db", "-q")));
    size_t before = cli_count_lines(pool.log);
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "n.db", "-q", "--no-rank")));
    assert_int_equal(cli_count_lines(pool.log) - before, items * MODELS * 2);
    static const char *const stores[] = {"run.db", "n.db"};
    for (size_t k = 0; k < 2; k++) {
        char *lines = cli_output(pool.dir, CLI_WORDS("export", "--store", stores[k], "--what", "responses"));
        size_t n = 0;

        for (const char *at = strstr(lines, "\"samples\":["); at; at = strstr(at + 1, "\"samples\":["))
            n += at[11 + 3] == ',' && at[11 + 7] == ',' && at[11 + 11] == ']'; /* "A","B","C"] */
        assert_int_equal(n, items * MODELS);
        free(lines);
    }

    /* A server that gave several when it was probed, and does not any more. */
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "own.yaml", "--store", "less.db", "-q")));
    serve_with(&pool, "one-sample", evaluations);
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "less.db", "-q", "--no-rank")));
    char *lines = cli_output(pool.dir, CLI_WORDS("export", "--store", "less.db", "--what", "texts"));
    assert_int_equal(count(lines, "\"outcome\":\"answered\""), items * MODELS * 4);
    free(lines);
    before = cli_count_lines(pool.log);
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "less.db", "-q", "--no-rank")));
    assert_int_equal(cli_count_lines(pool.log), before);
    cli_pool_stop(&pool);

    start(&pool, evaluations);
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "own.yaml", "--store", "none.db", "-q")));
    serve_with(&pool, "no-n", evaluations);
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "none.db", "-q", "--no-rank")));
    lines = cli_output(pool.dir, CLI_WORDS("export", "--store", "none.db", "--what", "texts"));
    assert_int_equal(count(lines, "\"outcome\":\"answered\""), items * MODELS * 4);
    free(lines);
    cli_pool_stop(&pool);
}

static void endpoints_without_logprobs(void **state)
{
    static const char *const abilities[] = {"no-logprobs", "top-logprobs=5", "silent-logprobs"};
    cli_pool pool = {0};

    (void)state;
    start(&pool, "{uncertainty: {}}");
    size_t items = items_of(&pool);
    for (size_t k = 0; k < 3; k++) {
        char store[16];

        (void)snprintf(store, sizeof(store), "%zu.db", k);
        serve_with(&pool, abilities[k], "{uncertainty: {}}");
        free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", store, "-q", "--no-rank")));
        char *lines = cli_output(pool.dir, CLI_WORDS("export", "--store", store, "--what", "responses"));
        assert_int_equal(count(lines, "\n"), items * MODELS);
        assert_int_equal(count(lines, "\"tokens\":["), k == 1 ? items * MODELS : 0);
        free(lines);
        char *csv = cli_output(pool.dir, CLI_WORDS("rank", "--store", store, "--format", "csv"));
        assert_non_null(strstr(csv, "majority"));
        free(csv);
        size_t before = cli_count_lines(pool.log);
        free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", store, "-q", "--no-rank")));
        assert_int_equal(cli_count_lines(pool.log), before);
    }
    cli_pool_stop(&pool);
}

static void both_evaluations_in_one_run(void **state)
{
    static const char *const evaluations = "{uncertainty: {}, peer_review: {criteria: [correctness], design: random, "
                                           "iterations: 40}}";
    cli_pool pool = {0};

    (void)state;
    start(&pool, "{uncertainty: {}}");
    char *alone = cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "alone.db", "-q"));
    write_config(&pool, evaluations);
    char *out = cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "-q"));
    assert_non_null(strstr(out, "upme"));
    assert_non_null(strstr(out, alone));
    char *ranked = cli_output(pool.dir, CLI_WORDS("rank", "--evaluation", "uncertainty"));
    assert_string_equal(ranked, alone);
    free(ranked);
    ranked = cli_output(pool.dir, CLI_WORDS("rank", "--format", "json"));
    assert_non_null(strstr(ranked, "\"upme\""));
    assert_non_null(strstr(ranked, "--evaluation uncertainty"));
    free(ranked);
    char *lines = cli_output(pool.dir, CLI_WORDS("export", "--what", "judgments"));
    assert_int_equal(count(lines, "\n"), 40 * 2);
    free(lines);

    /* What a run did not evaluate is said to be missing. */
    static const char *const refused[][6] = {{"rank", "--store", "alone.db", "--evaluation", "peer_review", NULL},
                                             {"export", "--store", "alone.db", NULL},
                                             {"rank", "--evaluation", "taste", NULL},
                                             {"rank", "--labels", "scenes/choices.jsonl", NULL}};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        pl_kit_result result = {0};

        cli_run(pool.dir, &result, refused[i]);
        assert_int_equal(result.code, 2);
        pl__kit_result_clear(&result);
    }
    free(alone);
    free(out);
    cli_pool_stop(&pool);
}

static void a_killed_run_goes_on(void **state)
{
    const struct timespec nap = {0, 4000000};
    cli_pool pool = {0};

    (void)state;
    start(&pool, "{uncertainty: {samples: 2}}");
    size_t items = items_of(&pool);
    for (int k = 0; k < 3; k++) {
        const char *argv[] = {pl__kit_peerless(), "run", "-c", "own.yaml", "-q", "--no-rank", NULL};
        pl_kit_how how = {.dir = pool.dir};
        pl_kit_result result = {0};
        size_t before = cli_count_lines(pool.log);
        pl_kit_process *process = pl__kit_start(argv, &how);

        for (int i = 0; i < 2000 && cli_count_lines(pool.log) < before + 20; i++)
            (void)nanosleep(&nap, NULL);
        pl__kit_signal(process, SIGKILL);
        pl__kit_wait(process, &result);
        pl__kit_result_clear(&result);
    }
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "-q", "--no-rank")));
    assert_true(cli_count_lines(pool.log) <= (items * 3 + 48) * MODELS); /* those in flight at each kill */
    char *killed = cli_output(pool.dir, CLI_WORDS("rank", "--format", "json"));
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "own.yaml", "--store", "calm.db", "-q", "--no-rank")));
    char *calm = cli_output(pool.dir, CLI_WORDS("rank", "--store", "calm.db", "--format", "json"));
    assert_string_equal(killed, calm);
    free(killed);
    free(calm);
    cli_pool_stop(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_rank_and_run_again),     cmocka_unit_test(samples_in_one_reply_or_one_by_one),
        cmocka_unit_test(endpoints_without_logprobs), cmocka_unit_test(both_evaluations_in_one_run),
        cmocka_unit_test(a_killed_run_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
