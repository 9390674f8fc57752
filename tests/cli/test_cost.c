/* Plan, run and cap against the simulator, whose usage is known. */
#include "cli_kit.h"

#include "num.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRICED_BYTES 65536u
#define PRICE "    price: {input: 2.5, output: 10}\n"

/* Puts keys into each model of dir/peerless.yaml; the result is dir/NAME. */
static void write_config(const char *dir, const char *name, const char *keys)
{
    char *path = pl__kit_path(dir, "peerless.yaml");
    char *text = pl__kit_read(path, NULL);
    char *priced = calloc(1, PRICED_BYTES);
    size_t n = 0;

    assert_non_null(priced);
    for (const char *at = text; *at;) {
        size_t line = strcspn(at, "\n") + 1;

        assert_true(n + line + strlen(keys) < PRICED_BYTES);
        if (strncmp(at, "    family:", 11) == 0)
            n += (size_t)snprintf(priced + n, PRICED_BYTES - n, "%s", keys);
        memcpy(priced + n, at, line);
        n += line;
        at += line;
    }
    free(pl__kit_write_text(dir, name, priced));
    free(priced);
    free(text);
    free(path);
}

static json_t *plan(const char *dir, const char *config)
{
    pl_kit_result result = {0};
    json_error_t why;
    json_t *doc = NULL;

    cli_run(dir, &result, CLI_WORDS("plan", "-c", config, "--format", "json"));
    assert_int_equal(result.code, 0);
    doc = json_loads(result.out, 0, &why);
    assert_non_null(doc);
    pl__kit_result_clear(&result);
    return doc;
}

static double number(const json_t *doc, const char *key)
{
    const json_t *value = json_object_get(doc, key);

    assert_true(json_is_number(value));
    return json_number_value(value);
}

static uint64_t number_behind(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    uint64_t value = 0;

    assert_non_null(at);
    at += strlen(words);
    assert_int_equal(pl__num_parse_u64(pl__view_n(at, strspn(at, "0123456789")), &value), PL_OK);
    return value;
}

static double end_of(const json_t *doc, const char *key, size_t end)
{
    return json_number_value(json_array_get(json_object_get(doc, key), end));
}

static void what_is_spent_lies_in_the_plan_and_is_tokens_by_price(void **state)
{
    cli_pool pool;
    pl_kit_result result = {0};
    uint64_t input = 0;
    uint64_t output = 0;
    const char *words = NULL;
    (void)state;

    cli_pool_start(&pool, "3", "4", "5");
    write_config(pool.dir, "priced.yaml", PRICE);
    json_t *before = plan(pool.dir, "priced.yaml");
    assert_null(json_object_get(before, "tasks_in_store"));
    /* Without prices the run says the tokens, which are the simulator's. */
    cli_run(pool.dir, &result, CLI_WORDS("run", "--no-rank"));
    assert_int_equal(result.code, 0);
    words = strstr(result.err, "cost unknown, no model has a price: ");
    assert_non_null(words);
    input = number_behind(words, "price: ");
    output = number_behind(words, " and ");
    pl__kit_result_clear(&result);
    json_t *after = plan(pool.dir, "priced.yaml");
    double spent = number(after, "spent_in_store_usd");
    double exact = ((double)input * 2.5 + (double)output * 10.0) / 1e6;
    assert_true(spent - exact < 1e-9 && exact - spent < 1e-9);
    assert_true(spent >= end_of(before, "cost_usd", 0) && spent <= end_of(before, "cost_usd", 1));
    assert_true((double)input >= end_of(before, "input_tokens", 0) &&
                (double)input <= end_of(before, "input_tokens", 1));
    assert_true((double)output >= end_of(before, "output_tokens", 0) &&
                (double)output <= end_of(before, "output_tokens", 1));
    assert_int_equal((int)number(after, "to_make"), 0);
    assert_int_equal((int)number(after, "tasks_in_store"), (int)number(after, "calls"));
    json_decref(before);
    json_decref(after);
    cli_pool_stop(&pool);
}

static void a_cap_ends_with_3_and_the_next_command_goes_on(void **state)
{
    cli_pool pool;
    pl_kit_result result = {0};
    (void)state;

    cli_pool_start(&pool, "3", "4", "6");
    write_config(pool.dir, "priced.yaml", PRICE);
    cli_run(pool.dir, &result, CLI_WORDS("run", "--no-rank", "--max-cost", "1"));
    assert_int_equal(result.code, 2); /* no prices: refused, nothing sent */
    assert_non_null(strstr(result.err, "price: {input:"));
    assert_int_equal(cli_count_lines(pool.log), 0);
    pl__kit_result_clear(&result);
    cli_run(pool.dir, &result, CLI_WORDS("run", "-c", "priced.yaml", "--no-rank", "--max-cost", "0.05"));
    assert_int_equal(result.code, 3);
    assert_non_null(strstr(result.err, "the cap of $0.0500 is used up"));
    pl__kit_result_clear(&result);
    json_t *half = plan(pool.dir, "priced.yaml");
    assert_true(number(half, "spent_in_store_usd") > 0.0 && number(half, "spent_in_store_usd") <= 0.05);
    assert_true(number(half, "to_make") > 0.0);
    json_decref(half);
    cli_run(pool.dir, &result, CLI_WORDS("run", "-c", "priced.yaml", "--no-rank", "--max-cost", "5"));
    assert_int_equal(result.code, 0);
    assert_non_null(strstr(result.err, "in the store"));
    pl__kit_result_clear(&result);
    cli_pool_stop(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_spent_lies_in_the_plan_and_is_tokens_by_price),
        cmocka_unit_test(a_cap_ends_with_3_and_the_next_command_goes_on),
    };
    return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
