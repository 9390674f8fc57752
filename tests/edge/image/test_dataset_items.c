#include "kit.h"

#include "dataset.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_dataset *parse(const char *name, const char *text)
{
    pl_dataset *dataset = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__dataset_parse_items(name, pl__view(text), &dataset, &err), &err);
    return dataset;
}

static void every_member_is_read(void **state)
{
    pl_dataset *dataset = parse(
        "data/items.jsonl",
        "\xef\xbb\xbf{\"id\":\"17\",\"image\":\"photos/17.jpg\"}\r\n"
        "\n"
        "{\"id\":\"02\",\"question\":\"How many?\",\"options\":[\"one\",\"two\"],\"label\":\"two\",\"dataset\":\"D\","
        "\"unknown\":{\"x\":[1]}}\n"
        "  {\"id\":\"1\\u00e9\",\"image\":\"/abs/x.png\",\"labels\":[\"a\",\"b\"],\"question\":null,\"options\":null}");
    pl_item item;

    (void)state;
    assert_int_equal(pl__dataset_count(dataset), 3);
    assert_int_equal(pl__dataset_skipped(dataset), 0);
    item = pl__dataset_item(dataset, 0);
    assert_string_equal(item.id, "02");
    assert_null(item.image_path);
    assert_string_equal(item.question, "How many?");
    assert_int_equal(item.n_options, 2);
    assert_string_equal(item.options[0], "one");
    assert_string_equal(item.options[1], "two");
    assert_int_equal(item.n_labels, 1);
    assert_string_equal(item.labels[0], "two");
    assert_string_equal(item.dataset, "D");
    item = pl__dataset_item(dataset, 1);
    assert_string_equal(item.id, "17");
    assert_string_equal(item.image_path, "data/photos/17.jpg");
    assert_null(item.question);
    assert_int_equal(item.n_options, 0);
    assert_null(item.dataset);
    item = pl__dataset_item(dataset, 2);
    assert_string_equal(item.id, "1\xc3\xa9");
    assert_string_equal(item.image_path, "/abs/x.png");
    assert_int_equal(item.n_labels, 2);
    pl__dataset_free(dataset);

    dataset = parse("items.jsonl", "{\"id\":\"a\",\"image\":\"x.jpg\"}"); /* a file without a folder */
    assert_string_equal(pl__dataset_item(dataset, 0).image_path, "x.jpg");
    pl__dataset_free(dataset);
}

static void the_order_of_lines_does_not_matter(void **state)
{
    pl_dataset *a = parse("x", "{\"id\":\"b\",\"question\":\"1\"}\n{\"id\":\"B\",\"question\":\"2\"}\n"
                               "{\"id\":\"a\",\"question\":\"3\"}");
    pl_dataset *b = parse("x", "{\"id\":\"a\",\"question\":\"3\"}\n{\"id\":\"b\",\"question\":\"1\"}\n"
                               "{\"id\":\"B\",\"question\":\"2\"}\n");
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(pl__dataset_item(a, i).id, pl__dataset_item(b, i).id);
        assert_string_equal(pl__dataset_item(a, i).question, pl__dataset_item(b, i).question);
    }
    assert_string_equal(pl__dataset_item(a, 0).id, "B");
    pl__dataset_free(a);
    pl__dataset_free(b);
}

/* A second line that is refused: the message begins with file and line and holds `words`. */
static void wrong_lines_are_named(void **state)
{
    static const struct {
        const char *line;
        pl_status status;
        const char *words;
    } cases[] = {
        {"not json", PL_E_PARSE, ""},
        {"{\"id\":\"x\",\"question\":\"q\"", PL_E_PARSE, ""},
        {"{\"id\":\"x\",\"id\":\"y\",\"question\":\"q\"}", PL_E_PARSE, ""},
        {"[1]", PL_E_PARSE, "JSON object"},
        {"{\"question\":\"q\"}", PL_E_PARSE, "id is missing"},
        {"{\"id\":null,\"question\":\"q\"}", PL_E_PARSE, "id is missing"},
        {"{\"id\":17,\"question\":\"q\"}", PL_E_PARSE, "id must be a string"},
        {"{\"id\":\"\",\"question\":\"q\"}", PL_E_PARSE, "id is empty"},
        {"{\"id\":\"x\"}", PL_E_PARSE, "needs an image or a question"},
        {"{\"id\":\"x\",\"question\":\"  \"}", PL_E_PARSE, "question is empty"},
        {"{\"id\":\"x\",\"question\":5}", PL_E_PARSE, "question must be a string"},
        {"{\"id\":\"x\",\"image\":[]}", PL_E_PARSE, "image must be a string"},
        {"{\"id\":\"x\",\"image\":\"\"}", PL_E_PARSE, "image is empty"},
        {"{\"id\":\"x\",\"image\":\"https://example.com/x.jpg\"}", PL_E_PARSE, "not an address"},
        {"{\"id\":\"x\",\"image\":\"data:image/png;base64,AA\"}", PL_E_PARSE, "not an address"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":\"a\"}", PL_E_PARSE, "options must be a list"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":[]}", PL_E_PARSE, "options is an empty list"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":[\"a\"]}", PL_E_PARSE, "no choice"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":[\"a\",2]}", PL_E_PARSE, "options must be a string"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":[\"a\",\"\"]}", PL_E_PARSE, "options is empty"},
        {"{\"id\":\"x\",\"question\":\"q\",\"options\":[\"a\",\"b\",\"a\"]}", PL_E_PARSE,
         "options 1 and 3 are the same"},
        {"{\"id\":\"x\",\"question\":\"q\",\"label\":3}", PL_E_PARSE, "label must be a string"},
        {"{\"id\":\"x\",\"question\":\"q\",\"label\":\"a\",\"labels\":[\"a\"]}", PL_E_PARSE, "both label and labels"},
        {"{\"id\":\"x\",\"question\":\"q\",\"dataset\":true}", PL_E_PARSE, "dataset must be a string"},
        {"{\"id\":\"x\\u0000y\",\"question\":\"q\"}", PL_E_PARSE, ""},
        {"{\"id\":\"\xff\",\"question\":\"q\"}", PL_E_PARSE, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        pl_dataset *dataset = NULL;
        pl_error err = {0};
        (void)snprintf(text, sizeof(text), "{\"id\":\"good\",\"question\":\"q\"}\n%s\n", cases[i].line);
        PL_KIT_STATUS(pl__dataset_parse_items("dir/items.jsonl", pl__view(text), &dataset, &err), cases[i].status,
                      &err);
        assert_null(dataset);
        if (strncmp(err.msg, "dir/items.jsonl:2: ", 19) != 0 || !strstr(err.msg, cases[i].words))
            fail_msg("%s -> %s", cases[i].line, err.msg);
    }
}

static void limits_are_kept(void **state)
{
    pl_dataset *dataset = NULL;
    pl_error err = {0};
    pl_str text;

    (void)state;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (int options = 26; options <= 27; options++) {
        pl__str_reset(&text);
        PL_KIT_OK(pl__str_append_c(&text, "{\"id\":\"x\",\"question\":\"q\",\"options\":[\"0\""), NULL);
        for (int i = 1; i < options; i++)
            PL_KIT_OK(pl__str_appendf(&text, ",\"%d\"", i), NULL);
        PL_KIT_OK(pl__str_append_c(&text, "]}"), NULL);
        pl_status rc = pl__dataset_parse_items("f", pl__view(text.ptr), &dataset, &err);
        PL_KIT_STATUS(rc, options == 26 ? PL_OK : PL_E_LIMIT, &err);
        pl__dataset_free(dataset);
        dataset = NULL;
    }
    static const struct {
        const char *key;
        size_t n_max;
    } longest[] = {{"id", PL_ITEM_ID_BYTES_MAX}, {"question", PL_ITEM_QUESTION_BYTES_MAX}, {"none", (size_t)1 << 20}};
    for (size_t k = 0; k < 3; k++) {
        for (size_t more = 0; more < 2; more++) {
            if (k == 2 && more == 0)
                continue;
            pl__str_reset(&text);
            PL_KIT_OK(pl__str_appendf(&text, "{\"%s\":\"", longest[k].key), NULL);
            for (size_t i = 0; i < longest[k].n_max + more; i++)
                PL_KIT_OK(pl__str_append_char(&text, 'x'), NULL);
            PL_KIT_OK(pl__str_appendf(&text, "\",\"%s\":\"y\"}", k == 0 ? "question" : "id"), NULL);
            err = (pl_error){0};
            pl_status rc = pl__dataset_parse_items("f", pl__view(text.ptr), &dataset, &err);
            PL_KIT_STATUS(rc, more == 0 ? PL_OK : PL_E_LIMIT, &err);
            assert_true(more == 0 || strncmp(err.msg, "f:1: ", 5) == 0);
            pl__dataset_free(dataset);
            dataset = NULL;
        }
    }
    pl__str_clear(&text);
}

static void two_items_of_one_id_are_both_named(void **state)
{
    pl_dataset *dataset = NULL;
    pl_error err = {0};
    (void)state;
    PL_KIT_STATUS(
        pl__dataset_parse_items("items.jsonl",
                                pl__view("{\"id\":\"b\",\"question\":\"q\"}\n{\"id\":\"a\",\"question\":\"q\"}\n\n"
                                         "{\"id\":\"b\",\"question\":\"r\"}\n{\"id\":\"a\",\"question\":\"s\"}\n"
                                         "{\"id\":\"b\",\"question\":\"t\"}\n"),
                                &dataset, &err),
        PL_E_CONFLICT, &err);
    assert_null(dataset);
    assert_string_equal(err.msg, "items.jsonl:4: the id of line 1 again: b");
}

static void no_items_at_all(void **state)
{
    static const char *const texts[] = {"", "\n", "  \r\n\n", "\xef\xbb\xbf"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        pl_dataset *dataset = NULL;
        pl_error err = {0};
        PL_KIT_STATUS(pl__dataset_parse_items("f", pl__view(texts[i]), &dataset, &err), PL_E_NOT_FOUND, &err);
    }
}

static void files_are_read(void **state)
{
    char *path = pl__kit_write_text(*state, "sub/items.jsonl", "{\"id\":\"1\",\"image\":\"a.jpg\"}\n");
    char *image = pl__kit_path(*state, "sub/a.jpg");
    char *absent = pl__kit_path(*state, "absent.jsonl");
    pl_dataset *dataset = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__dataset_from_items(path, &dataset, &err), &err);
    assert_string_equal(pl__dataset_item(dataset, 0).image_path, image);
    pl__dataset_free(dataset);
    dataset = NULL;
    PL_KIT_STATUS(pl__dataset_from_items(absent, &dataset, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, absent));
    PL_KIT_STATUS(pl__dataset_from_items(*state, &dataset, &err), PL_E_IO, &err);
    free(path);
    free(image);
    free(absent);
}

static pl_status load(void *user, pl_error *err)
{
    pl_dataset *dataset = NULL;
    pl_status rc = pl__dataset_from_items(user, &dataset, err);
    pl__dataset_free(dataset);
    return rc;
}

static void survives_refused_allocations(void **state)
{
    char *path = pl__kit_write_text(*state, "items.jsonl",
                                    "{\"id\":\"1\",\"image\":\"a.jpg\",\"label\":\"x\"}\n"
                                    "{\"id\":\"2\",\"question\":\"q\",\"options\":[\"a\",\"b\"],\"labels\":[\"a\"]}\n");
    pl__kit_fault_loop("items", load, path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(the_order_of_lines_does_not_matter),
        cmocka_unit_test(wrong_lines_are_named),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(two_items_of_one_id_are_both_named),
        cmocka_unit_test(no_items_at_all),
        cmocka_unit_test_setup_teardown(files_are_read, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(survives_refused_allocations, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
