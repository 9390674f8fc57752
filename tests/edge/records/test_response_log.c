#include "kit.h"
#include "records.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define LINE(item, model, rest) "{\"item\":\"" item "\",\"model\":\"" model "\"" rest "}\n"
#define OPTIONS ",\"options\":[\"A\",\"B\"]"

static pl_response_log *accept(const char *text)
{
    pl_response_log *log = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(text), false, &log, &err), &err);
    PL_KIT_OK(pl_response_set_check(pl__response_log_set(log), &err), &err);
    return log;
}

static void refuse(const char *text, const char *message)
{
    pl_response_log *log = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl__records_parse_responses("log", pl__view(text), false, &log, &err), PL_E_PARSE, &err);
    assert_null(log);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
    err = (pl_error){0};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(text), true, &log, &err), &err);
    assert_int_equal(pl__response_log_bad_lines(log), 1);
    assert_int_equal(pl__response_log_set(log)->n_models, 0); /* a bad line leaves no names behind */
    assert_int_equal(pl__response_log_set(log)->n_texts, 0);
    pl__response_log_free(log);
}

static void fields(void **state)
{
    (void)state;
    pl_response_log *log =
        accept(LINE("2", "b", OPTIONS ",\"option_logprobs\":[-0.5,null],\"label\":\"B\",\"unknown\":[1],\"text\":\"A\"")
                   LINE("1", "b", OPTIONS ",\"option_logits\":[1,2],\"labels\":[\"A\",\"b\"],\"image\":\"i\"")
                       LINE("2", "a",
                            OPTIONS ",\"prediction\":\"none of these\",\"text\":\"A\",\"vocab_size\":7,\"tokens\":"
                                    "[{\"t\":\"A\",\"lp\":-1,\"top\":[[\"A\",-1],[\"C\",-2]]},{\"t\":\"x\"}],"
                                    "\"samples\":[\"B\",\"hm\"]")
                           LINE("3", "a", ",\"samples\":[\"x\",\"y\",\"z\"],\"meanings\":[0,1,0]"));
    const pl_response_set *set = pl__response_log_set(log);
    assert_int_equal(set->n_rows, 4);
    assert_string_equal(set->models[0], "a");
    assert_string_equal(set->items[0], "1");
    assert_string_equal(set->images[2], "i");
    assert_string_equal(set->datasets[0], "");
    assert_int_equal(set->n_option_lists, 1); /* shared */
    const pl_response *r = &set->rows[0];
    assert_int_equal(r->item, 1);
    assert_int_equal(r->model, 1);
    assert_int_equal(r->labels, 2);
    assert_int_equal(r->prediction, 0); /* read out of the text */
    assert_int_equal(r->value_kind, PL_OPTION_VALUES_LOGPROB);
    PL_KIT_CLOSE(set->option_values[r->first_value], -0.5, 0.0);
    assert_true(isnan(set->option_values[r->first_value + 1]));
    r = &set->rows[1];
    assert_int_equal(r->labels, 3);
    assert_int_equal(r->value_kind, PL_OPTION_VALUES_LOGIT);
    assert_int_equal(r->prediction, PL_RESPONSE_NONE);
    r = &set->rows[2];
    assert_int_equal(r->prediction, PL_RESPONSE_NONE); /* given, and no option: the text is not asked */
    assert_int_equal(r->vocabulary, 7);
    assert_int_equal(r->n_tokens, 2);
    assert_true(isnan(set->tokens[r->first_token + 1].logprob));
    assert_int_equal(set->tokens[r->first_token].n_top, 2);
    assert_string_equal(set->texts[set->top_texts[1]], "C");
    assert_int_equal(r->n_samples, 2);
    assert_int_equal(set->sample_options[0], 1);
    assert_int_equal(set->sample_options[1], PL_RESPONSE_NONE);
    assert_int_equal(set->sample_meanings[0], PL_RESPONSE_NONE); /* nobody compared them */
    assert_int_equal(set->sample_meanings[1], PL_RESPONSE_NONE);
    r = &set->rows[3];
    assert_int_equal(r->first_sample, 2);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(set->sample_meanings[r->first_sample + i], i % 2);
    pl__response_log_free(log);
}

static void open_questions(void **state)
{
    (void)state;
    pl_response_log *log =
        accept(LINE("1", "a", ",\"text\":\"paris.\",\"label\":\"Paris\"")
                   LINE("1", "b", ",\"text\":\"Rome\",\"label\":\"Paris\"") LINE("1", "c", ",\"label\":\"Paris\"")
                       LINE("1", "d", ",\"text\":\"x\",\"labels\":[\"y\",\"x\"]"));
    const pl_response_set *set = pl__response_log_set(log);
    const int wanted[4] = {1, 0, -1, 1};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(set->rows[i].matches, wanted[i]);
    pl__response_log_free(log);
}

/* Values of no options are none: the set must stand its own check. */
static void empty_values(void **state)
{
    (void)state;
    pl_response_log *log = accept(LINE("1", "a", ",\"option_logits\":[]") LINE("2", "a", ",\"option_logprobs\":[]"));
    const pl_response_set *set = pl__response_log_set(log);
    assert_int_equal(set->rows[0].value_kind, PL_OPTION_VALUES_NONE);
    assert_int_equal(set->rows[1].value_kind, PL_OPTION_VALUES_NONE);
    pl__response_log_free(log);
}

static void bad_lines(void **state)
{
    (void)state;
    refuse("[1]\n", "log:1: is no JSON object");
    refuse("{\"item\":\"1\"}\n", "log:1: \"model\" is missing");
    refuse("{\"model\":\"1\",\"item\":\"\"}\n", "\"item\" is empty");
    refuse(LINE("1", "a", ",\"options\":[]"), "\"options\" is empty");
    refuse(LINE("1", "a", ",\"options\":[1]"), "\"options\" holds something that is no string");
    refuse(LINE("1", "a", OPTIONS ",\"option_logits\":[1]"), "is not as long as \"options\"");
    refuse(LINE("1", "a", ",\"option_logits\":[1]"), "is not as long as \"options\"");
    refuse(LINE("1", "a", OPTIONS ",\"option_logits\":[1,null]"), "no number");
    refuse(LINE("1", "a", OPTIONS ",\"option_logprobs\":[-1,0.5]"), "no log-probability");
    refuse(LINE("1", "a", OPTIONS ",\"label\":\"C\""), "\"label\" is none of the options");
    refuse(LINE("1", "a", OPTIONS ",\"label\":2"), "\"label\" is no string");
    refuse(LINE("1", "a", ",\"tokens\":[{\"lp\":1}]"), "without the text");
    refuse(LINE("1", "a", ",\"tokens\":[{\"t\":\"x\",\"lp\":1}]"), "\"lp\" that is no log-probability");
    refuse(LINE("1", "a", ",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\"]]}]"), "\"top\" that is no list of");
    refuse(LINE("1", "a", ",\"tokens\":{}"), "\"tokens\" is no list");
    refuse(LINE("1", "a", ",\"samples\":[3]"), "\"samples\" holds");
    refuse(LINE("1", "a", ",\"samples\":[\"x\"],\"meanings\":0"), "\"meanings\" is no list");
    refuse(LINE("1", "a", ",\"samples\":[\"x\"],\"meanings\":[-1]"), "\"meanings\" holds");
    refuse(LINE("1", "a", ",\"samples\":[\"x\"],\"meanings\":[4096]"), "\"meanings\" holds");
    refuse(LINE("1", "a", ",\"samples\":[\"x\"],\"meanings\":[0,0]"), "\"meanings\" does not number");
    refuse(LINE("1", "a", ",\"samples\":[\"x\",\"y\"],\"meanings\":[1,0]"), "\"meanings\" does not number");
    refuse(LINE("1", "a", ",\"vocab_size\":-1"), "\"vocab_size\" is no count");
    refuse("{\"item\":\n", "log:1: ");
}

static void compressed(void **state)
{
    char *dir = *state;
    const char *text = LINE("1", "a", OPTIONS) LINE("2", "a", OPTIONS);
    char packed[512];
    size_t n = ZSTD_compress(packed, sizeof(packed), text, strlen(text), 3);
    pl_response_log *log = NULL;
    pl_error err = {0};
    assert_false(ZSTD_isError(n));
    char *path = pl__kit_write(dir, "log.jsonl.zst", packed, n);
    const char *paths[2] = {path, path};
    PL_KIT_OK(pl__records_read_responses(paths, 1, NULL, &log, &err), &err);
    assert_int_equal(pl__response_log_set(log)->n_rows, 2);
    pl__response_log_free(log);
    log = NULL;
    PL_KIT_OK(pl__records_read_responses(paths, 2, NULL, &log, &err), &err); /* several files, one set */
    assert_int_equal(pl__response_log_set(log)->n_rows, 4);
    PL_KIT_STATUS(pl_response_set_check(pl__response_log_set(log), &err), PL_E_CONFLICT, &err);
    pl__response_log_free(log);
    log = NULL;
    err = (pl_error){0};
    char *cut = pl__kit_write(dir, "cut.zst", packed, n - 3);
    const char *cut_path = cut;
    PL_KIT_STATUS(pl__records_read_responses(&cut_path, 1, NULL, &log, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "damaged zstd file"));
    char *plain = pl__kit_write_text(dir, "plain.zst", text);
    const char *plain_path = plain;
    PL_KIT_STATUS(pl__records_read_responses(&plain_path, 1, NULL, &log, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "is no zstd file"));
    assert_null(log);
    free(path);
    free(cut);
    free(plain);
}

static pl_status run_once(void *user, pl_error *err)
{
    pl_response_log *log = NULL;
    pl_status rc = pl__records_parse_responses("log", pl__view(user), false, &log, err);
    pl__response_log_free(log);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    char text[] = LINE("1", "a",
                       OPTIONS ",\"dataset\":\"d\",\"text\":\"A\",\"tokens\":[{\"t\":\"A\",\"lp\":-1,\"top\":"
                               "[[\"A\",-1]]}],\"samples\":[\"B\"],\"meanings\":[0]") LINE("2", "b", OPTIONS);
    pl__kit_fault_loop("response log", run_once, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(open_questions),
        cmocka_unit_test(empty_values),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test_setup_teardown(compressed, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
