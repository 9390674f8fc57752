/* One run against a pool where each endpoint fails in its own way, in all three dialects at once: it ends complete,
 * each reply that is no answer is counted as what it is, and what the run says is what the server counted. */
#include "cli_kit.h"
#include "stored_calls.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_MAX 10
#define SCENES "12"
#define CALLS_LEAST 2000

/* Models take turns with the dialects: two of each. */
static const char pool_json[] =
    "{\"seed\": 7, \"models\": [\n"
    "{\"name\": \"limiting\", \"resolution\": 20, \"faults\": [\"rate-limit=0.01:100ms\", \"rate-ms=0.05:20ms\",\n"
    "  \"rate-reset=0.05:20ms\", \"rate-info=0.05:20ms\", \"rate-bare=0.02\"]},\n"
    "{\"name\": \"breaking\", \"resolution\": 28, \"faults\": [\"server-error=0.1\", \"overloaded=0.04\",\n"
    "  \"bad-gateway=0.06\"]},\n"
    "{\"name\": \"cutting\", \"resolution\": 36, \"faults\": [\"cut=0.07\", \"no-reply=0.07\", "
    "\"length-long=0.05\"]},\n"
    "{\"name\": \"garbling\", \"resolution\": 48, \"faults\": [\"html=0.03\", \"malformed=0.04\", \"utf8=0.04\",\n"
    "  \"length-short=0.03\", \"empty-body=0.03\"]},\n"
    "{\"name\": \"stalling\", \"resolution\": 64, \"faults\": [\"stall=0.012\", \"stall-body=0.012\",\n"
    "  \"latency=pareto:1ms:1.5\"]},\n"
    "{\"name\": \"declining\", \"resolution\": 96, \"faults\": [\"refusal=0.05\", \"empty=0.04\", \"drip=0.05:60ms\",\n"
    "  \"latency=lognormal:5ms:0.8\"]}]}\n";

static const struct {
    const char *name;
    int number; /* as it is stored */
} outcomes[] = {{"answered", 1},      {"cut off", 2},      {"refused", 3},    {"empty", 4},         {"bad request", 16},
                {"auth", 32},         {"quota", 33},       {"not found", 34}, {"rate limited", 35}, {"timed out", 36},
                {"server error", 37}, {"unreachable", 38}, {"garbled", 39}};
#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

static json_int_t count(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key)); /* 0 where there is none */
}

static json_t *parse(char *text)
{
    json_t *doc = text ? json_loads(text, 0, NULL) : NULL;

    assert_non_null(doc);
    free(text);
    return doc;
}

/* Each request is either the last one of its call or one that was sent again, and has one outcome: the sums of both
 * sides are equal for each outcome. Returns the most attempts at a call. */
static json_int_t compare(const char *dir, const json_t *summary, const json_t *stats)
{
    const json_t *served = json_object_get(stats, "outcomes");
    const char *name = NULL;
    json_t *model = NULL;
    json_int_t most = 0;

    for (size_t i = 0; i < OUTCOMES; i++) {
        json_int_t n = (json_int_t)stored_outcomes(dir, "run.db", outcomes[i].number);

        json_object_foreach(json_object_get(summary, "models"), name, model)
        {
            n += count(json_object_get(model, "retries"), outcomes[i].name);
        }
        print_message("%-14s client %4d, server %4d\n", outcomes[i].name, (int)n, (int)count(served, outcomes[i].name));
        assert_int_equal(n, count(served, outcomes[i].name));
    }
    json_object_foreach(json_object_get(summary, "models"), name, model)
    {
        most = count(model, "attempts_most") > most ? count(model, "attempts_most") : most;
    }
    print_message("%d calls, %d requests, at most %d for a call, %d ms\n", (int)count(summary, "calls"),
                  (int)count(summary, "attempts"), (int)most, (int)count(summary, "elapsed_ms"));
    assert_int_equal(count(summary, "attempts"), count(stats, "requests"));
    assert_true(most >=
                count(stats, "attempts_max")); /* a request that was put otherwise is another one to the server */
    assert_true(most > 1 && most <= ATTEMPTS_MAX);
    assert_int_equal(count(stats, "early"), 0); /* no wait was cut short */
    return most;
}

/* Every task of the plan has ended in some state of its own, and the failing endpoints have failed as they should. */
static void check_states(const json_t *summary)
{
    static const struct {
        const char *model;
        const char *kind; /* of member "retries", or of "outcomes" */
        const char *outcome;
    } expected[] = {{"limiting", "retries", "rate limited"}, {"breaking", "retries", "server error"},
                    {"cutting", "retries", "unreachable"},   {"garbling", "retries", "garbled"},
                    {"stalling", "retries", "timed out"},    {"declining", "outcomes", "refused"},
                    {"declining", "outcomes", "empty"}};
    const char *name = NULL;
    const char *outcome = NULL;
    json_t *model = NULL;
    json_t *n = NULL;
    json_int_t ended = 0;

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        model = json_object_get(json_object_get(summary, "models"), expected[i].model);
        if (count(json_object_get(model, expected[i].kind), expected[i].outcome) == 0)
            fail_msg("%s has no %s of %s", expected[i].model, expected[i].kind, expected[i].outcome);
    }
    json_object_foreach(json_object_get(summary, "models"), name, model)
    {
        json_object_foreach(json_object_get(model, "outcomes"), outcome, n) ended += json_integer_value(n);
        ended += count(model, "void");
        assert_int_equal(count(model, "blocked"), 0);
        assert_int_equal(count(model, "not_asked"), 0);
    }
    assert_int_equal(ended, count(summary, "tasks"));
}

typedef struct world {
    const char *dir;
    char *port;
    pl_kit_process *server;
} world;

static void open_world(world *w, const char *dir, const char *pool, const char *scenes, const char *dialect)
{
    static const char *const serve[] = {"--pool", "pool.json", "--stats", "stats.json", NULL};
    char *config = NULL;

    *w = (world){.dir = dir};
    (void)setenv("PEERLESS_SIM_KEY", "any", 1);
    free(pl__kit_write_text(dir, "pool.json", pool));
    free(cli_output(dir, CLI_WORDS("sim", "scenes", "-n", scenes, "-o", "scenes", "-q")));
    w->server = cli_serve(dir, serve, &w->port);
    config = cli_output(dir, CLI_WORDS("sim", "config", "--port", w->port, "--pool", "pool.json", "--images", "scenes",
                                       "--dialect", dialect));
    free(pl__kit_write_text(dir, "peerless.yaml", config));
    free(config);
    cli_more_limits(dir, "attempts: 10, timeout_first_byte: 6s, timeout_total: 8s");
}

/* Ends the server; what it counted. */
static json_t *close_world(world *w)
{
    char *path = pl__kit_path(w->dir, "stats.json");
    pl_kit_result result = {0};
    json_t *stats = NULL;

    pl__kit_signal(w->server, SIGTERM);
    pl__kit_wait(w->server, &result);
    assert_int_equal(result.code, 0);
    pl__kit_result_clear(&result);
    stats = parse(pl__kit_read(path, NULL));
    free(path);
    free(w->port);
    return stats;
}

static void a_hostile_pool_is_asked_to_the_end_and_counted_alike(void **state)
{
    const char *dir = *state;
    pl_kit_result result = {0};
    json_t *summary = NULL;
    json_t *again = NULL;
    json_t *stats = NULL;
    world w;

    open_world(&w, dir, pool_json, SCENES, "mixed");
    cli_run(dir, &result, CLI_WORDS("run", "--no-rank"));
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    assert_non_null(strstr(result.err, " complete"));
    assert_non_null(strstr(result.err, "requests sent again (")); /* by what happened, and how often at most */
    assert_non_null(strstr(result.err, "), at most "));
    pl__kit_result_clear(&result);
    summary = parse(stored_summary(dir, "run.db"));
    free(cli_output(dir, CLI_WORDS("run", "--no-rank", "-q")));
    again = parse(stored_summary(dir, "run.db"));
    assert_int_equal(count(again, "attempts"), 0); /* it found all there */
    stats = close_world(&w);
    assert_int_equal(compare(dir, summary, stats), count(stats, "attempts_max"));
    assert_int_equal(json_object_size(json_object_get(summary, "models")), 6);
    assert_true(count(summary, "calls") >= CALLS_LEAST);
    assert_int_equal(count(summary, "calls"), count(stats, "calls"));
    assert_int_equal(count(summary, "attempts"), count(stats, "attempts"));
    check_states(summary);
    json_decref(summary);
    json_decref(again);
    json_decref(stats);
}

/* How often a text stands in another. */
static size_t occurrences(const char *text, const char *words)
{
    size_t n = 0;

    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
        n++;
    return n;
}

/* Reasoning models: the run learns what they refuse, once for each model, and no call fails of it. */
static void refused_parameters_fail_no_call(void **state)
{
    static const char picky_json[] =
        "{\"seed\": 3, \"models\": [{\"name\": \"plain\", \"resolution\": 36},\n"
        "{\"name\": \"reasoning\", \"resolution\": 64, \"abilities\": [\"no-temperature\", \"no-max-tokens\"]},\n"
        "{\"name\": \"picky\", \"resolution\": 96, \"abilities\": [\"no-temperature\"], \"faults\": "
        "[\"cut=0.05\"]}]}\n";
    const char *dir = *state;
    pl_kit_result result = {0};
    json_t *summary = NULL;
    json_t *stats = NULL;
    world w;

    open_world(&w, dir, picky_json, "6", "openai");
    cli_run(dir, &result, CLI_WORDS("run", "--no-rank"));
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    assert_int_equal(occurrences(result.err, "from now on asked without"), 3);
    pl__kit_result_clear(&result);
    summary = parse(stored_summary(dir, "run.db"));
    stats = close_world(&w);
    (void)compare(dir, summary, stats);
    assert_true(count(json_object_get(stats, "outcomes"), "bad request") > 0);
    assert_int_equal(stored_outcomes(dir, "run.db", 16), 0);
    json_decref(summary);
    json_decref(stats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_hostile_pool_is_asked_to_the_end_and_counted_alike, pl__kit_temp_setup,
                                        pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(refused_parameters_fail_no_call, pl__kit_temp_setup, pl__kit_temp_teardown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
