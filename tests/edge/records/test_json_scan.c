/* Strings and skipped values against jansson: what is taken, it takes too, with the same meaning. */
#include "json.h"
#include "json_scan.h"
#include "kit.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 60000u
#define TEXT_BYTES 160u

typedef struct scanned {
    bool taken;
    size_t used;
    char *value; /* NUL-terminated */
    size_t len;
} scanned;

/* The text alone in its memory, and a room of the size that is promised. */
static scanned scan_string(const char *text, size_t n, bool copied)
{
    char *copy = malloc(n > 0 ? n : 1);
    char *room = malloc(n + 1);
    scanned r = {.taken = false};
    pl_view view = {0};
    const char *string = NULL;
    assert_non_null(copy);
    assert_non_null(room);
    memcpy(copy, text, n);
    pl_json_scan s = {.at = copy, .end = copy + n, .room = room};
    r.taken = pl__scan_take(&s, '"') && (copied ? pl__scan_string(&s, &string, &view.len) : pl__scan_text(&s, &view));
    if (r.taken) {
        if (copied) {
            view.ptr = string;
            assert_int_equal(string[view.len], '\0');
        }
        r.used = (size_t)(s.at - copy);
        r.len = view.len;
        r.value = malloc(view.len + 1);
        assert_non_null(r.value);
        memcpy(r.value, view.ptr, view.len);
        r.value[view.len] = '\0';
    }
    free(room);
    free(copy);
    return r;
}

static void check_string(const char *text, size_t n)
{
    char document[TEXT_BYTES * 2];
    json_t *doc = NULL;
    pl_error err = {0};
    document[0] = '[';
    memcpy(document + 1, text, n);
    document[n + 1] = ']';
    pl_status rc = pl__json_parse(pl__view_n(document, n + 2), &doc, &err);
    for (int copied = 0; copied < 2; copied++) {
        scanned r = scan_string(text, n, copied == 1);
        bool whole = r.taken && r.used == n;
        if (whole != (rc == PL_OK))
            fail_msg("%.*s: taken %d, but %s", (int)n, text, whole, err.msg);
        if (whole)
            assert_string_equal(r.value, json_string_value(json_array_get(doc, 0)));
        free(r.value);
    }
    json_decref(doc);
}

static void strings(void **state)
{
    static const char *const texts[] = {
        "\"\"",
        "\"a\"",
        "\"seven..\"",
        "\"eight...\"",
        "\"more than eight bytes\"",
        "\"\\\"\"",
        "\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
        "\"\\u0000\"",
        "\"\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\n\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\x\"",
        "\"\\",
        "\"\\u",
        "\"\xc3\xa9\"",
        "\"\xe2\x96\x81the\"",
        "\"\xf0\x9f\x98\x80\"",
        "\"\xc3\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\x80\"",
        "\"\xff\"",
        "\"\x7f\"",
        "\"tab\there\"",
        "\"no end",
        "\"0123456\x01\"",
        "\"01234567\xc3\xa9\\n0123456789\xc3\xa9\"",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check_string(texts[i], strlen(texts[i]));
}

static void random_strings(void **state)
{
    static const char *const pieces[] = {"a", "the", " long word here", "\\n", "\\u00e9", "\\ud83d\\ude00", "\xc3\xa9",
                                         "\xe2\x96\x81", "\xf0\x9f\x98\x80", "\\\"", "\\\\", "\x7f",
                                         /* rarely good */
                                         "\\u", "\\ud83d", "\xc3", "\x01", "\\u0000", "\""};
    size_t n_pieces = sizeof(pieces) / sizeof(pieces[0]);
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "strings", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char text[TEXT_BYTES];
        size_t n = 0;
        size_t kinds = i % 3 == 0 ? n_pieces : n_pieces - 6;
        text[n++] = '"';
        for (uint64_t left = pl__rng_below(&rng, 8); left > 0; left--) {
            pl_view piece = pl__view(pieces[pl__rng_below(&rng, kinds)]);
            memcpy(text + n, piece.ptr, piece.len);
            n += piece.len;
        }
        text[n++] = '"';
        check_string(text, n);
    }
}

static bool skip_one(pl_view text, size_t *ret_used)
{
    size_t n = text.len;
    char *copy = malloc(n > 0 ? n : 1);
    char *room = malloc(n + 1);
    pl_json_others others = {.n = 0};
    assert_non_null(copy);
    assert_non_null(room);
    memcpy(copy, text.ptr, n);
    pl_json_scan s = {.at = copy, .end = copy + n, .room = room};
    bool taken = pl__scan_other(&s, &others, pl__view("name"));
    *ret_used = (size_t)(s.at - copy);
    free(room);
    free(copy);
    return taken;
}

static void skipped_values(void **state)
{
    static const char *const good[] = {
        "1",
        "-2.5e3",
        "\"x\"",
        "null",
        "true",
        "false",
        "[]",
        "{}",
        "[1, \"a\", null]",
        "{\"a\":{\"b\":[[[1]]]},\"c\":2}",
        " [ ] ",
        "{ \"a\" : 1 }",
        "{\"\":1,\"a\":1}",
        "[[[[[[0]]]]]]",
    };
    static const char *const bad[] = {
        "",
        "x",
        "nul",
        "tru",
        "[1",
        "[1,]",
        "[,1]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,}",
        "{\"a\":1,\"\\u0061\":2}",
        "[01]",
        "[1.]",
        "-",
        "[[[[[[[[0]]]]]]]]",
        "{\"a\":1",
        "[\"\x01\"]",
        "{\"1\":1,\"2\":1,\"3\":1,\"4\":1,\"5\":1,\"6\":1,\"7\":1,\"8\":1,\"9\":1}",
    };
    size_t used = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (!skip_one(pl__view(good[i]), &used))
            fail_msg("%s is not taken", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (skip_one(pl__view(bad[i]), &used))
            fail_msg("%s is taken", bad[i]);
    }
}

static void names_come_once(void **state)
{
    pl_json_others others = {.n = 0};
    char room[2];
    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *text = "1";
        pl_json_scan s = {.at = text, .end = text + 1, .room = room};
        assert_int_equal(pl__scan_other(&s, &others, pl__view(i == 1 ? "b" : "a")), i < 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(random_strings),
        cmocka_unit_test(skipped_values),
        cmocka_unit_test(names_come_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
