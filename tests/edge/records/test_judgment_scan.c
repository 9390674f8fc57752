/* What the scanner takes is what jansson reads; how lines before were spelt does not show; and what our own export and
 * most others write is taken. */
#include "judgment_scan.h"

#include "kit.h"
#include "line_reader.h"
#include "rng.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS 20000u
#define LINE_BYTES 2048u
#define HEAD "{\"item\":\"q1\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\""
#define INSTRUCTION "Say [[A]] if the first answer is the better one, [[B]] if the second is."

static bool same_text(pl_view x, pl_view y)
{
    return !x.ptr == !y.ptr && pl__view_eq(x, y);
}

static bool same_line(const pl_judgment_line *x, const pl_judgment_line *y)
{
    return same_text(x->item, y->item) && same_text(x->image, y->image) && same_text(x->judge, y->judge) &&
           same_text(x->a, y->a) && same_text(x->b, y->b) && same_text(x->criterion, y->criterion) &&
           same_text(x->judge_family, y->judge_family) && same_text(x->a_family, y->a_family) &&
           same_text(x->b_family, y->b_family) && x->row.verdict == y->row.verdict &&
           x->row.missing == y->row.missing && x->row.a_length == y->row.a_length &&
           x->row.b_length == y->row.b_length && !(x->row.weight < y->row.weight) && !(x->row.weight > y->row.weight);
}

/* Whether s takes the line. What it takes is held against jansson and against a scanner that has seen nothing. */
static bool takes(pl_judgment_scanner *s, const char *line)
{
    pl_judgment_scanner *fresh = pl__judgment_scanner_new();
    pl_view text = pl__view(line);
    pl_judgment_line x = {0};
    pl_judgment_line y = {0};
    pl_judgment_line careful = {0};
    json_t *doc = NULL;
    pl_error err = {0};
    size_t used = 0;
    size_t used_fresh = 0;
    assert_non_null(fresh);
    bool taken = pl__judgment_scan(s, text, pl__view(INSTRUCTION), &x, &used);
    assert_int_equal(pl__judgment_scan(fresh, text, pl__view(INSTRUCTION), &y, &used_fresh), taken);
    if (taken) {
        const char *stop = strchr(line, '\n');
        size_t len = stop ? (size_t)(stop - line) + 1 : text.len;
        assert_int_equal(used, len);
        assert_int_equal(used_fresh, len);
        PL_KIT_OK(pl__line_parse(pl__line_reader_clean(pl__view_n(line, len), 2), &doc, &err), &err);
        PL_KIT_OK(pl__judgment_line_read(doc, pl__view(INSTRUCTION), &careful, &err), &err);
        if (!same_line(&x, &careful) || !same_line(&y, &careful))
            fail_msg("jansson reads another line: %s", line);
        json_decref(doc);
    }
    pl__judgment_scanner_free(fresh);
    return taken;
}

static void taken(void **state)
{
    static const char escaped[] = "{\"item\":\"q\\u00fc\\ud83d\\ude00\\/"
                                  "\\t\",\"judge\":\"日本語\",\"a\":\"a\\\\\",\"b\":\"a\\\"\",\"verdict\":\"a\"}";
    static const char *const lines[] = {
        (HEAD ",\"verdict\":\"a\"}"),
        (HEAD ",\"verdict\":\"tie\"}\n"),
        (HEAD ",\"verdict\":\"b\"}\r\n"),
        (HEAD ", \"verdict\": \"a\"}\nand what follows is not its own"),
        "  { \"item\" : \"q\" , \"judge\" : \"j\",\t\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\" } \t\r\n",
        (HEAD ",\"verdict\":null}"),
        (HEAD ",\"verdict\":null,\"missing\":\"cut off\"}"),
        (HEAD ",\"verdict\":null,\"missing\":null}"),
        (HEAD
         ",\"verdict\":\"a\",\"image\":\"i\",\"criterion\":\"visual\",\"a_words\":12,\"b_words\":0,\"a_tokens\":3}"),
        (HEAD ",\"verdict\":\"a\",\"image\":null,\"criterion\":null,\"a_words\":null,\"b_tokens\":999999999}"),
        (HEAD ",\"verdict\":\"a\",\"judge_family\":\"f\",\"a_family\":\"\",\"b_family\":null}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":0.1000000000000001}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":2.5e-1}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":123456789012345678}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":7 }"),
        (HEAD ",\"verdict\":\"a\",\"id\":-5,\"at\":1.5e9,\"ok\":true,\"no\":false,\"none\":null,\"who\":\"me\"}"),
        (HEAD ",\"verdict\":\"b\",\"raw\":\"Well,\\n\\\"this\\\" one.\\n\\n[[A]]\",\"finish\":\"stop\"}"),
        (HEAD ",\"raw\":\"[[A]] if the first answer is the better one. So be it\"}"),
        (HEAD ",\"raw\":\"I think [[B]] because\",\"finish\":\"length\"}"),
        (HEAD ",\"raw\":\"\",\"finish\":\"content_filter\",\"verdict\":null}"),
        (HEAD ",\"raw\":null,\"verdict\":\"tie\"}"),

    };
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    (void)state;
    assert_non_null(s);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!takes(s, lines[i]) || !takes(s, lines[i]))
            fail_msg("not taken: %s", lines[i]);
    }
    assert_true(takes(s, escaped));
    pl__judgment_scanner_free(s);
}

/* Each for jansson to judge, after any line that was taken before. */
static void not_taken(void **state)
{
    static const char *const lines[] = {
        "",
        "\n",
        "{}",
        "[]",
        (HEAD "}"),
        (HEAD ",\"verdict\":\"A\"}"),
        (HEAD ",\"verdict\":1}"),
        (HEAD ",\"verdict\":\"a\""),
        (HEAD ",\"verdict\":\"a\"]"),
        (HEAD ",\"verdict\":\"a\"}}"),
        (HEAD ",\"verdict\":\"a\",}"),
        (HEAD ",\"verdict\":\"a\",\"verdict\":\"a\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":1,\"z\":2}"),
        (HEAD ",\"verdict\":\"a\",\"z\":{}}"),
        (HEAD ",\"verdict\":\"a\",\"z\":nulL}"),
        (HEAD ",\"verdict\":\"a\",\"z\":nullx}"),
        (HEAD ",\"verdict\":\"a\",\"z\":01}"),
        (HEAD ",\"verdict\":\"a\",\"z\":1.}"),
        (HEAD ",\"verdict\":\"a\",\"z\":12345678901234567890}"),
        (HEAD ",\"verdict\":\"a\",\"z\":-}"),
        (HEAD ",\"verdict\":\"a\",\"z\":12\",\"y\":\"b\"}"), /* spelt as after a text, but it is none */
        (HEAD ",\"verdict\":\"a\",\"a_words\":-1}"),
        (HEAD ",\"verdict\":\"a\",\"a_words\":1.5}"),
        (HEAD ",\"verdict\":\"a\",\"a_words\":true}"),
        (HEAD ",\"verdict\":\"a\",\"a_words\":\"1\"}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":0}"),
        (HEAD ",\"verdict\":\"a\",\"weight\":1e400}"),
        (HEAD ",\"verdict\":\"a\",\"image\":\"\"}"),
        (HEAD ",\"verdict\":\"a\",\"criterion\":\"\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\"\\x\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\"\\u0000\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\"\\udc00\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\"\xff\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\"\x01\"}"),
        (HEAD ",\"verdict\":\"a\",\"z\":\""),
        (HEAD ",\"verdict\":\"a\"\n}"),
        "{\"item\":null,\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}",
        "{\"item\":\"q\",\"judge\":\"j\",\"a\":\"xx\",\"b\":\"xx\",\"verdict\":\"a\"}",
        "{\"item\":\"q\",\"judge\":\"\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}",
    };
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    (void)state;
    assert_non_null(s);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_true(takes(s, HEAD ",\"verdict\":\"a\",\"z\":\"1\",\"y\":\"b\"}"));
        if (takes(s, lines[i]))
            fail_msg("taken: %s", lines[i]);
    }
    pl__judgment_scanner_free(s);
}

static void limits(void **state)
{
    static char line[8192 + LINE_BYTES];
    static char name[4200];
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    (void)state;
    assert_non_null(s);
    for (int n = 4090; n < 4100; n++) {
        memset(name, 'n', (size_t)n);
        name[n] = '\0';
        (void)snprintf(line, sizeof(line),
                       "{\"item\":\"%s\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}", name);
        assert_int_equal(takes(s, line), n <= 4096);
    }
    for (int n = 0; n < 40; n++) { /* members of other names: few; none ends the line by being one too many */
        int used = snprintf(line, sizeof(line), "%s", HEAD ",\"verdict\":\"a\"");
        for (int i = 0; i < n; i++)
            used += snprintf(line + used, sizeof(line) - (size_t)used, ",\"z%d\":%d", i, i);
        (void)snprintf(line + used, sizeof(line) - (size_t)used, "}");
        assert_int_equal(takes(s, line), n <= 8);
        line[used] = '\0';
        assert_false(takes(s, line));
    }
    pl__judgment_scanner_free(s);
}

static const char *pick(pl_rng *rng, const char *const *list, size_t n)
{
    return list[pl__rng_below(rng, n)];
}
#define PICK(rng, list) pick(rng, list, sizeof(list) / sizeof((list)[0]))

/* Members in any order, spelt in any way, some lines alike and some not, many of them wrong. */
static void draw_line(pl_rng *rng, char *line)
{
    static const char *const keys[] = {"item",     "item",   "judge",    "judge",        "a",         "a",
                                       "b",        "b",      "verdict",  "verdict",      "verdict",   "image",
                                       "weight",   "raw",    "a_family", "judge_family", "a_words",   "b_words",
                                       "b_tokens", "finish", "missing",  "note",         "criterion", "n"};
    static const char *const values[] = {
        "\"x\"", "\"y\"", "\"model-1\"", "\"a\"", "\"b\"",     "\"tie\"",       "null", "12",     "0.5", "7",
        "\"é\"", "true",  "\"\\n\"",     "\"\"",  "\"[[A]]\"", "\"two [[B]]\"", "-1",   "\"q1\"", "{}",  "1e2"};
    static const char *const gaps[] = {"", "", "", "", "", " ", "  ", "\t"};
    uint32_t order = (uint32_t)pl__rng_below(rng, 3);
    size_t n = order == 0 ? (size_t)pl__rng_below(rng, 12) : 5 + (size_t)pl__rng_below(rng, 4);
    static const size_t usual[] = {0, 2, 4, 6, 8, 11, 12, 16, 21};
    int used = snprintf(line, LINE_BYTES, "{");
    for (size_t i = 0; i < n; i++) {
        const char *key = order == 0 ? PICK(rng, keys) : keys[usual[i]];
        char own[16];
        const char *value = PICK(rng, values);
        if (order > 0 && i < 4) { /* so that many lines are whole */
            (void)snprintf(own, sizeof(own), "\"%s%u\"", key, (unsigned)pl__rng_below(rng, 300));
            value = own;
        }
        used += snprintf(line + used, LINE_BYTES - (size_t)used, "%s%s\"%s\"%s:%s%s%s", i > 0 ? "," : "",
                         PICK(rng, gaps), key, PICK(rng, gaps), PICK(rng, gaps), value, PICK(rng, gaps));
    }
    (void)snprintf(line + used, LINE_BYTES - (size_t)used, "%s", pl__rng_below(rng, 20) == 0 ? "" : "}");
}

static void any_lines(void **state)
{
    static char line[LINE_BYTES];
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    size_t n_taken = 0;
    pl_rng rng;
    (void)state;
    assert_non_null(s);
    pl__rng_init(&rng, pl__kit_seed(), "judgment lines", 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        draw_line(&rng, line);
        n_taken += takes(s, line);
        if (pl__rng_below(&rng, 4) == 0)
            n_taken += takes(s, line);
    }
    if (n_taken < ROUNDS / 20)
        fail_msg("%zu lines taken: this tests nothing", n_taken);
    pl__judgment_scanner_free(s);
}

/* Texts with escapes are there until the next call but one. */
static void views_stay(void **state)
{
    static const char *const lines[] = {
        "{\"item\":\"q\\n1\",\"judge\":\"j\\n1\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}",
        "{\"item\":\"q\\n2222\",\"judge\":\"j\\n2\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\"}",
    };
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    pl_judgment_line one = {0};
    pl_judgment_line two = {0};
    size_t used = 0;
    (void)state;
    assert_non_null(s);
    assert_true(pl__judgment_scan(s, pl__view(lines[0]), (pl_view){0}, &one, &used));
    assert_true(pl__judgment_scan(s, pl__view(lines[1]), (pl_view){0}, &two, &used));
    assert_true(pl__view_eq_str(one.item, "q\n1"));
    assert_true(pl__view_eq_str(one.judge, "j\n1"));
    assert_true(pl__view_eq_str(two.item, "q\n2222"));
    pl__judgment_scanner_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken),     cmocka_unit_test(not_taken),  cmocka_unit_test(limits),
        cmocka_unit_test(any_lines), cmocka_unit_test(views_stay),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
