#include "import_parts.h"
#include "kit.h"

#include <math.h>
#include <string.h>

#define PROMPT "\"input\":\"Example\\nA. no\\nB. nor\\nQ?\\nA. a dog\\nB. a cat\\nAnswer:\""

typedef struct read_in {
    pl_import_run run;
} read_in;

#define SET(in) pl__response_log_set((in).run.log)

static const pl_import_file FILE_HERE = {.path = "m/samples_t.jsonl", .model = "m", .dataset = "t"};

static pl_status try_lines(const char *text, bool skip_bad, read_in *ret, pl_error *err)
{
    pl_line_reader *reader = NULL;
    *ret = (read_in){.run = {.skip_bad = skip_bad}};
    pl_status rc = pl__line_reader_from_memory("m/samples_t.jsonl", pl__view(text), &reader, err);
    if (rc == PL_OK)
        rc = pl__response_log_new(&ret->run.log, err);
    if (rc == PL_OK)
        rc = pl__lmms_add(reader, &FILE_HERE, &ret->run, err);
    if (rc == PL_OK)
        rc = pl__response_log_finish(ret->run.log, err);
    pl__line_reader_free(reader);
    return rc;
}

static void accept(const char *text, read_in *ret)
{
    pl_error err = {0};
    PL_KIT_OK(try_lines(text, false, ret, &err), &err);
    PL_KIT_OK(pl_response_set_check(SET(*ret), &err), &err);
}

static void refuse(const char *text, const char *message)
{
    read_in in;
    pl_error err = {0};
    PL_KIT_STATUS(try_lines(text, false, &in, &err), PL_E_PARSE, &err);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
    pl__response_log_free(in.run.log);
    err = (pl_error){0};
    PL_KIT_OK(try_lines(text, true, &in, &err), &err);
    assert_int_equal(in.run.n_bad, 1);
    pl__response_log_free(in.run.log);
}

/* Option k of a row, or "" behind the last. */
static const char *option(const pl_response_set *set, size_t row, size_t k)
{
    const pl_option_list *list = &set->option_lists[set->rows[row].options];
    return k < list->n ? set->texts[set->option_texts[list->first + k]] : "";
}

static void texts(void **state)
{
    (void)state;
    read_in in;
    accept("{\"doc_id\":0,\"target\":\"B\",\"acc\":NaN," PROMPT ",\"filtered_resps\":[\"B\"]}\n"
           "{\"doc_id\":1,\"target\":\"A\"," PROMPT
           ",\"resps\":[[\"<think>B</think> A\"]],\"filtered_resps\":[\"B\"]}\n"
           "{\"doc_id\":2,\"target\":\"a cat\"," PROMPT ",\"resps\":[\"B\",\"A\",\"A.\"],\"filtered_resps\":\"B\"}\n"
           "{\"doc_id\":\"x\",\"target\":\"['red', 'blue']\",\"filtered_resps\":\"Red\"}\n"
           "{\"doc_id\":3,\"target\":\"\",\"filtered_resps\":[[\"a\",\"b\"]]}\n",
           &in);
    const pl_response_set *set = SET(in);
    assert_int_equal(set->n_rows, 5);
    assert_string_equal(set->models[0], "m");
    assert_string_equal(set->datasets[0], "t");
    assert_string_equal(option(set, 0, 0), "a dog"); /* of the question, not of the example */
    assert_string_equal(option(set, 0, 1), "a cat");
    assert_string_equal(option(set, 0, 2), "");
    assert_int_equal(set->rows[0].prediction, 1);
    assert_int_equal(set->rows[0].labels, 2);
    assert_int_equal(set->rows[1].prediction, 0); /* what the model said, not what a filter made of it */
    assert_int_equal(set->rows[2].labels, 2);
    assert_int_equal(set->rows[2].n_samples, 3);
    assert_int_equal(set->sample_options[2], 0);
    assert_int_equal(set->rows[3].options, PL_RESPONSE_NONE);
    assert_int_equal(set->rows[3].matches, 1);
    assert_int_equal(set->rows[4].n_samples, 2);
    assert_int_equal(set->rows[4].matches, -1);
    pl__response_log_free(in.run.log);
}

static void check_values(const pl_response_set *set, size_t row, pl_option_values kind, double a, double b)
{
    assert_int_equal(set->rows[row].value_kind, kind);
    PL_KIT_CLOSE(set->option_values[set->rows[row].first_value], a, 0.0);
    PL_KIT_CLOSE(set->option_values[set->rows[row].first_value + 1], b, 0.0);
}

static void scored(void **state)
{
    (void)state;
    read_in in;
    accept("{\"doc_id\":0,\"target\":\"1\"," PROMPT ",\"filtered_resps\":[[\"0.5\",\"False\"],[\"2.25\",\"True\"]]}\n"
           "{\"doc_id\":1,\"target\":1,\"resps\":[[[-0.5,false]],[[-3,true]]],\"filtered_resps\":[],\"arguments\":"
           "{\"gen_args_0\":{\"arg_0\":\"q\",\"arg_1\":\" 1\"},\"gen_args_1\":{\"arg_0\":\"q\",\"arg_1\":\" 0\"}}}\n"
           "{\"doc_id\":2,\"target\":\"dog\",\"resps\":[[[\"1\",\"False\"]],[[\"inf\",\"False\"]],[[\"0\",\"False\"]]],"
           "\"arguments\":[\"q\",\" cat\",2,\"t\",\"test\",\"q\",\" dog\",2,\"t\",\"test\",\"q\",\" cow\",2,\"t\","
           "\"test\"]}\n"
           "{\"doc_id\":3,\"target\":\"1\",\"resps\":[[[1,false]],[[2,false]]],\"doc\":{\"options\":\"['x', 'y']\"}}\n"
           "{\"doc_id\":4,\"target\":\"1\",\"resps\":[[[1,false]],[[2,false]]],\"doc\":{\"choices\":{\"text\":[\"x\","
           "\"z\"]}}}\n"
           "{\"doc_id\":5,\"target\":\"7\",\"resps\":[[[1,false]],[[2,false]]],\"doc\":{\"A\":\"u\",\"B\":\"v\"}}\n"
           "{\"doc_id\":6,\"target\":\"0\",\"resps\":[[[1,false]],[[NaN,false]]]}\n",
           &in);
    const pl_response_set *set = SET(in);
    assert_int_equal(set->n_rows, 7);
    check_values(set, 0, PL_OPTION_VALUES_LOGIT, -0.5, -2.25); /* losses */
    assert_string_equal(option(set, 0, 1), "a cat");
    assert_int_equal(set->rows[0].labels, 2);
    check_values(set, 1, PL_OPTION_VALUES_LOGIT, -0.5, -3.0); /* log-probabilities */
    assert_string_equal(option(set, 1, 0), "1");
    assert_int_equal(set->rows[1].labels, 2);                         /* a number is a place, whatever the texts */
    assert_int_equal(set->rows[2].value_kind, PL_OPTION_VALUES_NONE); /* one is not known */
    assert_string_equal(option(set, 2, 2), "cow");
    assert_int_equal(set->rows[2].labels, 2);
    assert_string_equal(option(set, 3, 1), "y");
    assert_string_equal(option(set, 4, 1), "z");
    assert_string_equal(option(set, 5, 1), "v");
    assert_int_equal(set->rows[5].labels, 0);
    assert_int_equal(in.run.n_unlabelled, 1);
    assert_string_equal(option(set, 6, 1), "B");
    assert_int_equal(set->rows[6].value_kind, PL_OPTION_VALUES_NONE);
    pl__response_log_free(in.run.log);
}

/* Letters are single tokens: their probabilities are among all tokens'. */
static void letters(void **state)
{
    (void)state;
    read_in in;
    accept("{\"doc_id\":0,\"target\":1,\"resps\":[[[2.5,false]],[[\"inf\",false]]],\"arguments\":[\"q\",\"A\",\"q\",\" "
           "B\"],"
           "\"doc\":{\"choices\":[\"a dog\",\"a cat\"]}}\n"
           "{\"doc_id\":1,\"target\":1,\"resps\":[[[-2,false]],[[-1,false]]],\"arguments\":[[\"q\",\"A\"],[\"q\",\"B\"]"
           "]}\n",
           &in);
    assert_int_equal(SET(in)->rows[0].value_kind, PL_OPTION_VALUES_LOGPROB);
    PL_KIT_CLOSE(SET(in)->option_values[SET(in)->rows[0].first_value], -2.5, 0.0);
    assert_true(isnan(SET(in)->option_values[SET(in)->rows[0].first_value + 1]));
    assert_string_equal(option(SET(in), 0, 1), "a cat");
    check_values(SET(in), 1, PL_OPTION_VALUES_LOGPROB, -2.0, -1.0);
    assert_string_equal(option(SET(in), 1, 1), "B");
    pl__response_log_free(in.run.log);
}

/* One line for each filter of the task. */
static void repeated(void **state)
{
    (void)state;
    read_in in;
    accept("{\"doc_id\":0,\"target\":\"x\",\"resps\":[[\"x y\"]],\"filtered_resps\":[\"x\"],\"filter\":\"a\"}\n"
           "{\"doc_id\":0,\"target\":\"x\",\"resps\":[[\"x y\"]],\"filtered_resps\":[\"y\"],\"filter\":\"b\"}\n",
           &in);
    assert_int_equal(SET(in)->n_rows, 1);
    pl__response_log_free(in.run.log);
    refuse("{\"doc_id\":0,\"resps\":[[\"x\"]]}\n{\"doc_id\":0,\"resps\":[[\"y\"]]}\n",
           "m/samples_t.jsonl:2: \"doc_id\" 0 is there a second time, with other replies");
}

static void bad_lines(void **state)
{
    (void)state;
    refuse("{\"doc_id\":0}\n", "m/samples_t.jsonl:1: has no \"doc_id\" with \"resps\"");
    refuse("[1]\n", ":1: has no \"doc_id\"");
    refuse("\n{\"doc_id\":\n", ":2: ");
    refuse("{\"doc_id\":[],\"resps\":[\"x\"]}\n", "\"doc_id\" is no number and no text");
    refuse("{\"doc_id\":0,\"resps\":[]}\n", "\"resps\" is no list of replies");
    refuse("{\"doc_id\":0,\"resps\":7}\n", "\"resps\" is no list of replies");
    refuse("{\"doc_id\":0,\"resps\":[[7]]}\n", "\"resps\" holds a reply that is no text");
    refuse("{\"doc_id\":0,\"resps\":[[\"a\"],[\"b\"]]}\n", "\"resps\" has replies to several requests");
    refuse("{\"doc_id\":0,\"resps\":[[[1,false]],[[-2,false]]]}\n", "\"resps\" has values of both signs");
}

static void many_choices(void **state)
{
    (void)state;
    pl_str line;
    read_in in;
    pl_error err = {0};
    pl__str_init(&line, 100000);
    PL_KIT_OK(pl__str_append_c(&line, "{\"doc_id\":0,\"resps\":["), NULL);
    for (size_t i = 0; i < 70; i++)
        PL_KIT_OK(pl__str_appendf(&line, "%s[[1,false]]", i > 0 ? "," : ""), NULL);
    PL_KIT_OK(pl__str_append_c(&line, "]}\n"), NULL);
    PL_KIT_STATUS(try_lines(pl__str_c(&line), false, &in, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "has 70 choices"));
    pl__response_log_free(in.run.log);
    pl__str_clear(&line);
}

static pl_status read_once(void *user, pl_error *err)
{
    read_in in;
    (void)user;
    pl_status rc = try_lines("{\"doc_id\":0,\"target\":\"['B']\"," PROMPT ",\"resps\":[\"B\",\"A\"]}\n"
                             "{\"doc_id\":1,\"target\":\"1\",\"acc\":NaN,\"resps\":[[[1,false]],[[2,false]]],"
                             "\"doc\":{\"choices\":[\"x\",\"y\"]}}\n"
                             "{\"doc_id\":2,\"resps\":[[[1,false]],[[2,false]]]}\n",
                             false, &in, err);
    pl__response_log_free(in.run.log);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    pl__kit_fault_loop("lmms", read_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),    cmocka_unit_test(scored),    cmocka_unit_test(letters),
        cmocka_unit_test(repeated), cmocka_unit_test(bad_lines), cmocka_unit_test(many_choices),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
