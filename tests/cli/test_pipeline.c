/* From scenes to a ranking, as a person would do it, and what must not change the result. */
#include "cli_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *json_of(const char *dir, const char *const *words)
{
    pl_kit_result result = {0};
    char *out = NULL;

    cli_run(dir, &result, words);
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    out = strdup(result.out);
    pl__kit_result_clear(&result);
    return out;
}

static void run_ok(const char *dir, const char *const *words)
{
    free(json_of(dir, words));
}

/* The pool's config with `items: items.jsonl` in place of its images. */
static void write_items_config(const char *dir)
{
    char *path = pl__kit_path(dir, "peerless.yaml");
    char *config = pl__kit_read(path, NULL);
    char *images = strstr(config, "images:");
    char *end = images ? images + strcspn(images, "}\n") : NULL;
    char *all = calloc(strlen(config) + 64, 1);

    assert_non_null(images);
    assert_non_null(all);
    (void)snprintf(all, strlen(config) + 64, "%.*sitems: items.jsonl%s", (int)(images - config), config, end);
    free(path);
    path = pl__kit_write_text(dir, "other.yaml", all);
    free(path);
    free(config);
    free(all);
}

static void same_bytes_on_any_threads_and_in_any_order_of_items(void **state)
{
    cli_pool pool = {0};
    char *one = NULL;
    char *two = NULL;
    char *other = NULL;
    char *path = NULL;

    (void)state;
    cli_pool_start(&pool, "4", "4", "3");
    run_ok(pool.dir, CLI_WORDS("run", "-q", "--no-rank"));
    one = json_of(pool.dir, CLI_WORDS("rank", "--format", "json", "--threads", "1"));
    two = json_of(pool.dir, CLI_WORDS("rank", "--format", "json", "--threads", "2"));
    assert_string_equal(one, two);
    free(one);
    free(two);
    one = json_of(pool.dir, CLI_WORDS("rank", "--format", "json", "--threads", "1", "--bootstrap", "60"));
    two = json_of(pool.dir, CLI_WORDS("rank", "--format", "json", "--threads", "3", "--bootstrap", "60"));
    assert_string_equal(one, two);
    assert_non_null(strstr(one, "\"rank_ci\""));
    free(one);
    one = json_of(pool.dir, CLI_WORDS("rank", "--format", "json"));
    path = pl__kit_write_text(pool.dir, "items.jsonl",
                              "{\"id\":\"z\",\"image\":\"scenes/scene-00004.png\"}\n"
                              "{\"id\":\"c\",\"image\":\"scenes/scene-00003.png\"}\n"
                              "{\"id\":\"y\",\"image\":\"scenes/scene-00001.png\"}\n"
                              "{\"id\":\"b\",\"image\":\"scenes/scene-00002.png\"}\n");
    write_items_config(pool.dir);
    run_ok(pool.dir, CLI_WORDS("run", "-c", "other.yaml", "--store", "other.db", "-q", "--no-rank"));
    other = json_of(pool.dir, CLI_WORDS("rank", "--store", "other.db", "--format", "json"));
    assert_string_equal(one, other);
    free(path);
    free(one);
    free(two);
    free(other);
    cli_pool_stop(&pool);
}

static void exported_judgments_can_be_ranked(void **state)
{
    cli_pool pool = {0};
    char *log = NULL;
    char *from_log = NULL;
    char *path = NULL;
    size_t lines = 0;

    (void)state;
    cli_pool_start(&pool, "3", "4", "2");
    run_ok(pool.dir, CLI_WORDS("run", "-q", "--no-rank"));
    run_ok(pool.dir, CLI_WORDS("export", "-o", "j.jsonl.gz"));
    log = json_of(pool.dir, CLI_WORDS("export"));
    path = pl__kit_path(pool.dir, "j.jsonl.gz");
    assert_true(pl__kit_exists(path));
    for (const char *c = log; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3 * 4 * 3 * 2 * 2); /* images, authors, pairs, criteria, orders */
    from_log = json_of(pool.dir, CLI_WORDS("rank", "--judgments", "j.jsonl.gz", "--format", "json"));
    assert_non_null(strstr(from_log, "\"n_judgments\":144"));
    free(path);
    free(log);
    free(from_log);
    cli_pool_stop(&pool);
}

static void the_demo_ranks_simulated_models(void **state)
{
    char *dir = pl__kit_temp_new();
    char *json = json_of(dir, CLI_WORDS("demo", "--images", "3", "--models", "3", "-q", "--format", "json"));

    (void)state;
    assert_non_null(strstr(json, "\"upme\""));
    assert_non_null(strstr(json, "\"peer-review\""));
    assert_non_null(strstr(json, "\"truth\""));
    assert_non_null(strstr(json, "simulated"));
    free(json);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_on_any_threads_and_in_any_order_of_items),
        cmocka_unit_test(exported_judgments_can_be_ranked),
        cmocka_unit_test(the_demo_ranks_simulated_models),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
