#include "embedding_log.h"
#include "json.h"
#include "kit.h"

#include <stdlib.h>
#include <string.h>

#define TWO                                                                                                            \
    "{\"dataset\":\"b\",\"item\":\"q\",\"vector\":[1,-2.5]}\n"                                                         \
    "{\"vector\":[3,4],\"item\":\"q\",\"dataset\":\"a\",\"more\":{}}\n\n"                                              \
    "{\"dataset\":\"b\",\"item\":\"p\",\"vector\":[5e-3,6]}\n"

static pl_embedding_log *parse(const char *text)
{
    pl_embedding_log *log = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__embeddings_parse("e", pl__view(text), &log, &err), &err);
    return log;
}

/* By data set and item, whatever the order of the lines. */
static void reads(void **state)
{
    (void)state;
    pl_embedding_log *log = parse(TWO);
    const pl_embedding_set *set = pl__embedding_log_set(log);
    assert_int_equal(set->n, 3);
    assert_int_equal(set->dims, 2);
    assert_int_equal(set->n_datasets, 2);
    assert_string_equal(set->names[0], "a");
    assert_string_equal(set->names[1], "b");
    assert_string_equal(set->items[1], "p");
    assert_int_equal(set->datasets[0], 0);
    assert_int_equal(set->datasets[1], 1);
    PL_KIT_CLOSE(set->vectors[0][1], 4.0, 0.0);
    PL_KIT_CLOSE(set->vectors[1][0], 5e-3, 0.0);
    PL_KIT_CLOSE(set->vectors[2][1], -2.5, 0.0);
    pl__embedding_log_free(log);
    log = parse("");
    assert_int_equal(pl__embedding_log_set(log)->n, 0);
    pl__embedding_log_free(log);
    pl__embedding_log_free(NULL);
}

static void refuses(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"{\"item\":\"q\",\"vector\":[1]}", "e:1: \"dataset\""},
        {"{\"dataset\":\"a\",\"vector\":[1]}", "e:1: \"item\""},
        {"{\"dataset\":\"a\",\"item\":\"q\"}", "e:1: \"vector\" must be an array"},
        {"{\"dataset\":\"a\",\"item\":\"q\",\"vector\":[]}", "e:1: \"vector\" must be an array"},
        {"{\"dataset\":\"a\",\"item\":\"q\",\"vector\":{}}", "e:1: \"vector\" must be an array"},
        {"{\"dataset\":\"a\",\"item\":\"q\",\"vector\":[1,null]}", "e:1: \"vector\" must hold numbers"},
        {"{\"dataset\":\"a\",\"item\":\"q\",\"vector\":[2e100]}", "e:1: \"vector\" must hold numbers"},
        {TWO "{\"dataset\":\"a\",\"item\":\"r\",\"vector\":[1]}", "e:5: \"vector\" has 1 numbers, and the first one"},
        {TWO "{\"dataset\":\"b\",\"item\":\"p\",\"vector\":[1,2]}", "e:5: \"item\" is in its data set twice"},
        {"[1]", "e:1: "},
        {"nonsense", "e:1: "},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pl_embedding_log *log = NULL;
        pl_error err = {0};
        PL_KIT_STATUS(pl__embeddings_parse("e", pl__view(bad[i][0]), &log, &err), PL_E_PARSE, &err);
        assert_non_null(strstr(err.msg, bad[i][1]));
        assert_null(log);
    }
}

static void of_files(void **state)
{
    const char *dir = *state;
    pl_embedding_log *log = NULL;
    pl_error err = {0};
    char *one = pl__kit_write_text(dir, "one.jsonl", TWO);
    char *two = pl__kit_write_text(dir, "two.jsonl", "{\"dataset\":\"c\",\"item\":\"q\",\"vector\":[0,0]}\n");
    const char *paths[] = {two, one};
    PL_KIT_OK(pl__embeddings_read(paths, 2, &log, &err), &err);
    assert_int_equal(pl__embedding_log_set(log)->n, 4);
    assert_string_equal(pl__embedding_log_set(log)->names[2], "c");
    pl__embedding_log_free(log);
    log = NULL;
    paths[1] = two;
    PL_KIT_STATUS(pl__embeddings_read(paths, 2, &log, &err), PL_E_PARSE, &err); /* twice */
    paths[0] = "no-such-file.jsonl";
    PL_KIT_STATUS(pl__embeddings_read(paths, 1, &log, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(pl__embeddings_read(NULL, 1, &log, &err), PL_E_INVALID, &err);
    free(one);
    free(two);
}

static pl_status once(void *user, pl_error *err)
{
    pl_embedding_log *log = NULL;
    (void)user;
    pl_status rc = pl__embeddings_parse("e", pl__view(TWO), &log, err);
    pl__embedding_log_free(log);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("embeddings", once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(refuses),
        cmocka_unit_test_setup_teardown(of_files, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(refused_memory),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
