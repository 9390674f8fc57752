#include "kit.h"
#include "python_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void json_with_nan(void **state)
{
    (void)state;
    pl_error err = {0};
    json_t *doc = NULL;
    const char *text = "{\"a\":NaN,\"b\":[-Infinity,Infinity,-1.5],\"c\":\"NaN \\\" Infinity \\\\\",\"d\":NaN}";
    PL_KIT_OK(pl__python_json_parse(pl__view(text), &doc, &err), &err);
    assert_true(json_is_null(json_object_get(doc, "a")));
    assert_true(json_is_null(json_array_get(json_object_get(doc, "b"), 0)));
    assert_true(json_is_null(json_array_get(json_object_get(doc, "b"), 1)));
    PL_KIT_CLOSE(json_real_value(json_array_get(json_object_get(doc, "b"), 2)), -1.5, 0.0);
    assert_string_equal(json_string_value(json_object_get(doc, "c")), "NaN \" Infinity \\");
    assert_true(json_is_null(json_object_get(doc, "d")));
    json_decref(doc);
    doc = NULL;
    PL_KIT_OK(pl__python_json_parse(pl__view("[1]"), &doc, &err), &err);
    json_decref(doc);
    doc = NULL;
    PL_KIT_STATUS(pl__python_json_parse(pl__view("[NaN"), &doc, &err), PL_E_PARSE, &err);
    assert_null(doc);
}

/* The items of the list, a bar behind each; "" where it is none. */
static char *items(const char *text)
{
    pl_error err = {0};
    json_t *list = NULL;
    char *out = calloc(1, 256);
    PL_KIT_OK(pl__python_list_parse(pl__view(text), &list, &err), &err);
    for (size_t i = 0; i < json_array_size(list); i++) {
        strncat(out, json_string_value(json_array_get(list, i)), 100);
        strncat(out, "|", 2);
    }
    json_decref(list);
    return out;
}

static void lists(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"['a', \"it's\"]", "a|it's|"},
        {" [ 'x' ] ", "x|"},
        {"['a\\'b\\\\', 'c\\nd']", "a'b\\|c\nd|"},
        {"['\xc3\xbc']", "\xc3\xbc|"},
        {"[]", ""},
        {"[1, 2]", ""},
        {"['a'", ""},
        {"['a',]", ""},
        {"['a'] b", ""},
        {"['a' 'b']", ""},
        {"['\\x41']", ""},
        {"['a\\", ""},
        {"a", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *got = items(cases[i][0]);
        assert_string_equal(got, cases[i][1]);
        free(got);
    }
}

static pl_status both(void *user, pl_error *err)
{
    json_t *doc = NULL;
    json_t *list = NULL;
    (void)user;
    pl_status rc = pl__python_json_parse(pl__view("[NaN,\"a\"]"), &doc, err);
    if (rc == PL_OK)
        rc = pl__python_list_parse(pl__view("['a', 'b']"), &list, err);
    json_decref(doc);
    json_decref(list);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    pl__kit_fault_loop("python_text", both, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_with_nan),
        cmocka_unit_test(lists),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
