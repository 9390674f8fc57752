#include "kit.h"

#include "chat.h"
#include "error_words.h"

#include <string.h>

static pl_error_words words_of(const char *body, json_t **ret_doc)
{
    pl_error err = {0};
    *ret_doc = NULL;
    if (body[0] == '{' || body[0] == '[')
        PL_KIT_OK(pl__json_parse(pl__view(body), ret_doc, &err), &err);
    return pl__error_words(*ret_doc, pl__view(body));
}

static void words_stand_in_many_places(void **state)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"M\",\"type\":\"T\",\"code\":\"C\",\"param\":\"P\"}}",
        "{\"message\":\"M\",\"type\":\"T\",\"code\":\"C\",\"param\":\"P\"}",
        "[{\"error\":{\"message\":\"M\",\"status\":\"T\",\"code\":\"C\",\"param\":\"P\"}}]",
        "{\"code\":\"C\",\"detail\":[{\"msg\":\"M\",\"type\":\"T\",\"loc\":[\"body\",\"P\"]}]}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        json_t *doc = NULL;
        pl_error_words w = words_of(bodies[i], &doc);
        assert_true(pl__view_eq_str(w.message, "M"));
        assert_true(pl__view_eq_str(w.type, "T"));
        assert_true(pl__view_eq_str(w.code, "C"));
        assert_true(pl__view_eq_str(w.param, "P"));
        assert_false(w.per_day);
        json_decref(doc);
    }
}

static void messages_alone(void **state)
{
    static const char *const bodies[] = {"{\"error\":\"M\"}", "{\"detail\":\"M\"}", "{\"error\":{\"message\":\"M\"}}",
                                         "M"};
    json_t *doc = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        pl_error_words w = words_of(bodies[i], &doc);
        assert_true(pl__view_eq_str(w.message, "M"));
        json_decref(doc);
    }
    assert_int_equal(words_of("<html>M</html>", &doc).message.len, 0);
}

static uint32_t refused(const char *message, const char *param)
{
    const pl_error_words w = {.message = pl__view(message), .param = pl__view(param)};
    return pl__refused_params(&w);
}

/* A parameter is meant where it is named as a word of its own, in an error that says it is not taken. */
static void parameters_are_named(void **state)
{
    (void)state;
    assert_int_equal(refused("temperature is not supported", NULL), PL_PARAM_TEMPERATURE);
    assert_int_equal(refused("Temperature and top_p are not supported", NULL), PL_PARAM_TEMPERATURE | PL_PARAM_TOP_P);
    assert_int_equal(refused("temperatures are not supported", NULL), 0);
    assert_int_equal(refused("temperature must be positive", NULL), 0);
    assert_int_equal(refused("'max_completion_tokens' is not supported", NULL), 0);
    assert_int_equal(refused("is not supported", "max_tokens"), PL_PARAM_MAX_TOKENS);
    assert_int_equal(refused("seed is not supported here", "top_k"), 0); /* the server says which */
    assert_int_equal(refused("n is not a supported n-gram", NULL), 0);
    assert_int_equal(refused("'n' is not supported", NULL), PL_PARAM_N);
    assert_int_equal(refused("Only one completion choice is allowed", NULL), PL_PARAM_N);
    assert_int_equal(refused("seed", NULL), 0);
    assert_int_equal(refused("", NULL), 0);
}

static void only_the_beginning_is_read(void **state)
{
    static const char needle[] = {'n', 'e', 'e', 'd', 'l', 'e'};
    static char text[PL_ERROR_WORDS_BYTES_MAX + 64];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    memcpy(text + PL_ERROR_WORDS_BYTES_MAX - 6, needle, sizeof(needle));
    assert_true(pl__words_have(pl__view(text), "needle"));
    text[PL_ERROR_WORDS_BYTES_MAX - 6] = 'x';
    memcpy(text + PL_ERROR_WORDS_BYTES_MAX - 5, needle, sizeof(needle));
    assert_false(pl__words_have(pl__view(text), "needle"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stand_in_many_places),
        cmocka_unit_test(messages_alone),
        cmocka_unit_test(parameters_are_named),
        cmocka_unit_test(only_the_beginning_is_read),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
