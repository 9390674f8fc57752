/* design: adaptive against the simulated pool: what it saves, that it can be killed and resumed, and that nothing but
 * the verdicts decides what is asked. */
#include "cli_kit.h"
#include "rng.h"
#include "stored_calls.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KILLS 5
#define MODELS_MAX 16

/* The pool's config with other words in it, as another file. */
static void write_config(const char *dir, const char *name, const char *from, const char *to)
{
    char *path = pl__kit_path(dir, "peerless.yaml");
    char *config = pl__kit_read(path, NULL);
    size_t room = strlen(config) * 2 + 64 * (strlen(to) + 1);
    char *other = calloc(room, 1);
    size_t n = 0;
    size_t found = 0;

    assert_non_null(other);
    for (const char *at = config; *at;) {
        const char *next = strstr(at, from);
        size_t up_to = next ? (size_t)(next - at) : strlen(at);
        int k = snprintf(other + n, room - n, "%.*s%s", (int)up_to, at, next ? to : "");

        assert_true(k >= 0 && (size_t)k < room - n);
        n += (size_t)k;
        at += up_to + (next ? strlen(from) : 0);
        found += next != NULL;
    }
    assert_true(found > 0);
    free(pl__kit_write_text(dir, name, other));
    free(other);
    free(config);
    free(path);
}

/* What the run says at its end. */
static char *run(const char *dir, const char *config, const char *store)
{
    pl_kit_result result = {0};
    char *said = NULL;

    cli_run(dir, &result, CLI_WORDS("run", "-c", config, "--store", store, "--no-rank"));
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    said = strdup(result.err);
    pl__kit_result_clear(&result);
    assert_non_null(said);
    return said;
}

typedef struct ranked {
    size_t n;
    char names[MODELS_MAX][32];
    double scores[MODELS_MAX];
    json_int_t judgments;
} ranked;

static ranked rank_by_judge_bt(const char *dir, const char *store)
{
    char *text = cli_output(dir, CLI_WORDS("rank", "--store", store, "--format", "json", "--methods", "judge-bt"));
    json_t *doc = json_loads(text, 0, NULL);
    json_t *scores = json_object_get(json_object_get(json_object_get(doc, "methods"), "judge-bt"), "scores");
    ranked r = {.judgments = json_integer_value(json_object_get(doc, "n_judgments"))};
    const char *name = NULL;
    json_t *value = NULL;

    assert_non_null(scores);
    json_object_foreach(scores, name, value)
    {
        assert_true(r.n < MODELS_MAX);
        (void)snprintf(r.names[r.n], sizeof(r.names[0]), "%s", name);
        r.scores[r.n++] = json_number_value(value);
    }
    json_decref(doc);
    free(text);
    return r;
}

static size_t rank_in(const ranked *r, const char *name)
{
    size_t rank = 0;

    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->names[i], name) != 0)
            continue;
        for (size_t k = 0; k < r->n; k++)
            rank += r->scores[k] > r->scores[i];
        return rank;
    }
    fail_msg("%s is not ranked", name);
    return 0;
}

static double spearman(const ranked *x, const ranked *y)
{
    double sum = 0.0;
    double n = (double)x->n;

    assert_int_equal(x->n, y->n);
    for (size_t i = 0; i < x->n; i++) {
        double d = (double)rank_in(x, x->names[i]) - (double)rank_in(y, x->names[i]);

        sum += d * d;
    }
    return 1.0 - 6.0 * sum / (n * (n * n - 1.0));
}

static void half_the_judgments_give_the_same_ranking(void **state)
{
    cli_pool pool;
    ranked full;
    ranked part;
    char *said = NULL;
    size_t calls = 0;

    (void)state;
    cli_pool_start(&pool, "30", "6", "5");
    write_config(pool.dir, "adaptive.yaml", "design: full", "design: adaptive");
    said = run(pool.dir, "adaptive.yaml", "part.db");
    calls = cli_count_lines(pool.log);
    assert_non_null(strstr(said, "adaptive: "));
    free(said);
    free(run(pool.dir, "peerless.yaml", "full.db"));
    part = rank_by_judge_bt(pool.dir, "part.db");
    full = rank_by_judge_bt(pool.dir, "full.db");
    print_message("%lld of %lld judgments, %zu calls against %zu, spearman %.3f\n", (long long)part.judgments,
                  (long long)full.judgments, calls, cli_count_lines(pool.log) - calls, spearman(&part, &full));
    assert_true(part.judgments * 2 <= full.judgments);
    assert_true(spearman(&part, &full) >= 0.9);
    cli_pool_stop(&pool);
}

/* Kills a run once so many of its requests were answered: in one of its rounds. */
static void run_and_kill(const cli_pool *pool, size_t requests)
{
    const char *argv[] = {pl__kit_peerless(), "run", "-c", "adaptive.yaml", "--store", "killed.db", "-q",
                          "--no-rank",        NULL};
    const struct timespec blink = {0, 2000000};
    size_t before = cli_count_lines(pool->log);
    pl_kit_how how = {.dir = pool->dir};
    pl_kit_result result = {0};
    pl_kit_process *process = pl__kit_start(argv, &how);

    for (int i = 0; i < 15000 && cli_count_lines(pool->log) < before + requests; i++)
        (void)nanosleep(&blink, NULL);
    pl__kit_signal(process, 9);
    pl__kit_wait(process, &result);
    pl__kit_result_clear(&result);
}

static void a_killed_run_asks_what_an_undisturbed_one_asks(void **state)
{
    cli_pool pool;
    char *undisturbed = NULL;
    char *resumed = NULL;
    char *said = NULL;
    size_t calls = 0;
    size_t before = 0;
    size_t stored = 0;
    size_t midway = 0;
    pl_rng rng;

    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "kill", 0);
    cli_pool_start(&pool, "20", "6", "5");
    write_config(pool.dir, "adaptive.yaml", "design: full", "design: adaptive");
    free(run(pool.dir, "adaptive.yaml", "whole.db"));
    undisturbed = cli_rank(pool.dir, "whole.db");
    calls = cli_count_lines(pool.log);
    for (size_t i = 0; i < KILLS; i++) {
        size_t now = 0;

        run_and_kill(&pool, 1 + (size_t)pl__rng_below(&rng, calls / KILLS));
        now = stored_calls(pool.dir, "killed.db");
        assert_true(now >= stored);
        midway += now > stored && now < calls;
        stored = now;
    }
    before = cli_settled_lines(pool.log);
    free(run(pool.dir, "adaptive.yaml", "killed.db"));
    print_message("%zu kills midway, %zu of %zu calls stored by then\n", midway, stored, calls);
    assert_true(midway > 0);
    /* what is stored is not asked again, and nothing else is asked than without the kills */
    assert_int_equal(cli_count_lines(pool.log) - before, calls - stored);
    assert_int_equal(stored_calls(pool.dir, "killed.db"), calls);
    resumed = cli_rank(pool.dir, "killed.db");
    assert_string_equal(resumed, undisturbed);
    /* once more: nothing is left to ask */
    before = cli_count_lines(pool.log);
    said = run(pool.dir, "adaptive.yaml", "killed.db");
    assert_int_equal(cli_count_lines(pool.log), before);
    assert_non_null(strstr(said, " 0 calls now"));
    free(said);
    free(resumed);
    free(undisturbed);
    cli_pool_stop(&pool);
}

/* How many calls are under way at once decides in which order they come back, and nothing else. */
static void the_order_of_replies_does_not_matter(void **state)
{
    cli_pool pool;
    char *many = NULL;
    char *one = NULL;

    (void)state;
    cli_pool_start(&pool, "15", "5", "3");
    write_config(pool.dir, "peerless.yaml", "design: full", "design: adaptive");
    write_config(pool.dir, "one.yaml", "concurrency: 16", "concurrency: 1");
    free(run(pool.dir, "peerless.yaml", "many.db"));
    free(run(pool.dir, "one.yaml", "one.db"));
    many = cli_rank(pool.dir, "many.db");
    one = cli_rank(pool.dir, "one.db");
    assert_string_equal(one, many);
    free(one);
    free(many);
    cli_pool_stop(&pool);
}

static size_t images_of(const char *said, const char *end)
{
    const char *at = strstr(said, "comparisons (");

    assert_non_null(strstr(said, end));
    assert_non_null(at);
    return (size_t)strtoul(at + strlen("comparisons ("), NULL, 10);
}

static void it_stops_when_the_ranking_is_separated(void **state)
{
    cli_pool pool;
    char *said = NULL;
    size_t images = 0;
    size_t more = 0;
    size_t before = 0;

    (void)state;
    cli_pool_start(&pool, "60", "4", "1");
    write_config(pool.dir, "adaptive.yaml", "design: full", "design: adaptive, confidence: 0.9");
    write_config(pool.dir, "surer.yaml", "design: full", "design: adaptive, confidence: 0.9999");
    said = run(pool.dir, "adaptive.yaml", "run.db");
    images = images_of(said, "adaptive: separated at 90 % after");
    assert_true(images < 60);
    free(said);
    /* a higher confidence goes on with the same run */
    before = cli_count_lines(pool.log);
    said = run(pool.dir, "surer.yaml", "run.db");
    assert_non_null(strstr(said, "run 1 "));
    more = images_of(said, "separated at 99.99 % after");
    assert_true(more > images);
    assert_true(cli_count_lines(pool.log) > before);
    free(said);
    /* and the lower one is content with it */
    before = cli_count_lines(pool.log);
    said = run(pool.dir, "adaptive.yaml", "run.db");
    assert_int_equal(images_of(said, "adaptive: separated at 90 % after"), more);
    assert_int_equal(cli_count_lines(pool.log), before);
    free(said);
    cli_pool_stop(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_the_judgments_give_the_same_ranking),
        cmocka_unit_test(a_killed_run_asks_what_an_undisturbed_one_asks),
        cmocka_unit_test(the_order_of_replies_does_not_matter),
        cmocka_unit_test(it_stops_when_the_ranking_is_separated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
