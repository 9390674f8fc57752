/* A line that is scanned means what its document means: the same set, or the same words about what is wrong. */
#include "kit.h"
#include "line_reader.h"
#include "response_lines.h"
#include "response_log.h"
#include "response_scan.h"
#include "response_sets.h"

#include <stdlib.h>
#include <string.h>

#define LINES 20000u
#define LINE(rest) "{\"item\":\"i\",\"model\":\"m\"" rest "}"

static bool taken(const char *text)
{
    pl_response_line line;
    bool ret = false;
    pl__response_line_init(&line);
    assert_int_equal(pl__response_scan(pl__view(text), &line, &ret), PL_OK);
    pl__response_line_clear(&line);
    return ret;
}

/* What is plain goes the fast way: else nobody would notice that nothing does. */
static void taken_lines(void **state)
{
    static const char *const lines[] = {
        LINE(""),
        LINE(",\"image\":null,\"dataset\":null,\"text\":null,\"tokens\":null,\"options\":null,\"label\":null"),
        LINE(",\"text\":\"caf\\u00e9 \xe2\x96\x81\""),
        LINE(",\"options\":[\"x\",\"y\"],\"option_logprobs\":[-0.25,null],\"label\":\"y\""),
        LINE(",\"options\":[\"x\",\"y\"],\"option_logits\":[1,-2.5e-3]"),
        LINE(",\"tokens\":[{\"t\":\"a\",\"lp\":-1,\"top\":[[\"a\",-1.5],[\"\\u0120b\",-1e-05]]},{\"t\":\"\"}]"),
        LINE(",\"tokens\":[{\"id\":5,\"top\":null,\"lp\":null,\"t\":\"a\",\"bytes\":[1,2]}]"),
        LINE(",\"tokens\":[],\"samples\":[\"a\",\"b\"],\"labels\":[\"a\"],\"prediction\":\"a\",\"vocab_size\":32000"),
        LINE(",\"samples\":[\"a\",\"b\",\"a\"],\"meanings\":[0,1,0]"),
        LINE(",\"meanings\":[],\"samples\":[]"),
        LINE(",\"usage\":{\"total\":{\"tokens\":[1,2]}},\"finish\":\"stop\",\"ok\":true"),
        "{ \"model\" : \"m\" , \"item\" : \"i\" } ",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (!taken(lines[i]))
            fail_msg("%s is not taken", lines[i]);
    }
}

static void lines_for_the_careful(void **state)
{
    static const char *const lines[] = {
        "",
        "{}",
        "[]",
        "{\"item\":\"i\"}",
        "{\"item\":\"\",\"model\":\"m\"}",
        "{\"item\":null,\"model\":\"m\"}",
        LINE("") "x",
        LINE(",\"model\":\"n\""),
        LINE(",\"image\":\"\""),
        LINE(",\"options\":[]"),
        LINE(",\"option_logprobs\":[]"),
        LINE(",\"options\":[\"x\"],\"option_logprobs\":[]"),
        LINE(",\"options\":[\"x\"],\"option_logprobs\":[],\"option_logits\":[1]"),
        LINE(",\"options\":[\"x\"],\"option_logprobs\":[0.1]"),
        LINE(",\"options\":[\"x\"],\"option_logits\":[null]"),
        LINE(",\"options\":[\"x\"],\"label\":\"z\""),
        LINE(",\"options\":[\"x\"],\"labels\":[\"x\",\"z\"]"),
        LINE(",\"options\":\"x\""),
        LINE(",\"tokens\":[[]]"),
        LINE(",\"tokens\":[{}]"),
        LINE(",\"tokens\":[{\"t\":null}]"),
        LINE(",\"tokens\":[{\"t\":\"x\",\"lp\":-1,\"lp\":-1}]"),
        LINE(",\"tokens\":[{\"t\":\"x\",\"top\":[],\"top\":[]}]"),
        LINE(",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\",0.1]]}]"),
        LINE(",\"tokens\":[{\"t\":\"x\",\"top\":[\"x\"]}]"),
        LINE(",\"vocab_size\":1000000000"),
        LINE(",\"vocab_size\":0.5"),
        LINE(",\"x\":1,\"x\":1"),
        LINE(",\"meanings\":[0]"),
        LINE(",\"samples\":[\"a\"],\"meanings\":[]"),
        LINE(",\"samples\":[\"a\",\"b\"],\"meanings\":[0,2]"),
        LINE(",\"samples\":[\"a\",\"b\"],\"meanings\":[1,0]"),
        LINE(",\"samples\":[\"a\",\"b\"],\"meanings\":[0,\"0\"]"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (taken(lines[i]))
            fail_msg("%s is taken", lines[i]);
    }
}

static void names_too_long(void **state)
{
    static const char *const keys[] = {"item", "model", "image", "dataset"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t len = 4096; len <= 4097; len++) {
            pl_str line;
            pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
            assert_int_equal(pl__str_appendf(&line, "{\"%s\":\"%0*d\"", keys[i], (int)len, 0), PL_OK);
            for (size_t k = 0; k < 2; k++) {
                if (k != i)
                    assert_int_equal(pl__str_appendf(&line, ",\"%s\":\"x\"", keys[k]), PL_OK);
            }
            assert_int_equal(pl__str_append_c(&line, "}"), PL_OK);
            assert_int_equal(taken(line.ptr), len == 4096);
            pl__str_clear(&line);
        }
    }
}

/* Lists as long as they may be, and one longer. */
static void list_limits(void **state)
{
    static const struct {
        const char *open;
        const char *one;
        const char *close;
        size_t max;
    } lists[] = {
        {",\"options\":[", "\"x\"", "]", PL_RESPONSE_OPTIONS_MAX},
        {",\"samples\":[", "\"x\"", "]", PL_RECORDS_SAMPLES_MAX},
        {",\"labels\":[", "\"x\"", "]", PL_RECORDS_SAMPLES_MAX},
        {",\"tokens\":[{\"t\":\"x\",\"top\":[", "[\"x\",-1]", "]}]", PL_RESPONSE_TOP_MAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t n = lists[i].max; n <= lists[i].max + 1; n++) {
            pl_str line;
            pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
            assert_int_equal(pl__str_appendf(&line, "{\"item\":\"i\",\"model\":\"m\"%s", lists[i].open), PL_OK);
            for (size_t k = 0; k < n; k++)
                assert_int_equal(pl__str_appendf(&line, "%s%s", k > 0 ? "," : "", lists[i].one), PL_OK);
            assert_int_equal(pl__str_appendf(&line, "%s}", lists[i].close), PL_OK);
            assert_int_equal(taken(line.ptr), n == lists[i].max);
            pl__str_clear(&line);
        }
    }
}

typedef struct outcome {
    pl_status rc;
    pl_error err;
} outcome;

static outcome add_careful(pl_response_log *log, pl_view text)
{
    outcome o = {.rc = PL_OK};
    json_t *doc = NULL;
    o.rc = pl__line_parse(text, &doc, &o.err);
    if (o.rc == PL_OK)
        o.rc = pl__response_log_add(log, doc, &o.err);
    json_decref(doc);
    return o;
}

static void both_ways(void **state)
{
    pl_rng rng;
    pl_response_log *fast = pl__response_log_start();
    pl_response_log *careful = pl__response_log_start();
    pl_response_line line;
    pl_error err = {0};
    size_t n_taken = 0;
    size_t n_bad = 0;
    (void)state;
    assert_non_null(fast);
    assert_non_null(careful);
    pl__response_line_init(&line);
    pl__rng_init(&rng, pl__kit_seed(), "response lines", 0);
    for (uint32_t i = 0; i < LINES; i++) {
        pl_str text;
        bool is_taken = false;
        outcome a = {.rc = PL_OK};
        pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
        put_response_line(&rng, &text, 4);
        pl_view view = pl__view_trim(pl__view_n(text.ptr, text.len));
        if (i % 10 == 9) /* one byte of it is another */
            text.ptr[pl__rng_below(&rng, view.len)] = "\"\\,:[]{}0-.e \x80\x01"[pl__rng_below(&rng, 15)];
        assert_int_equal(pl__response_scan(view, &line, &is_taken), PL_OK);
        a.rc = pl__response_log_add_text(fast, view, &a.err);
        outcome b = add_careful(careful, view);
        if (a.rc != b.rc || strcmp(a.err.msg, b.err.msg) != 0)
            fail_msg("%.*s: \"%s\" and \"%s\"", (int)view.len, view.ptr, a.err.msg, b.err.msg);
        n_taken += is_taken;
        n_bad += a.rc != PL_OK;
        pl__str_clear(&text);
    }
    assert_true(n_taken > LINES / 2);
    assert_true(n_taken < LINES - LINES / 20);
    assert_true(n_bad > LINES / 20);
    PL_KIT_OK(pl__response_log_finish(fast, &err), &err);
    PL_KIT_OK(pl__response_log_finish(careful, &err), &err);
    check_same_responses(pl__response_log_set(fast), pl__response_log_set(careful));
    pl__response_line_clear(&line);
    pl__response_log_free(fast);
    pl__response_log_free(careful);
}

/* A text that is known by its spelling is not read; one that is not, and one that is long, is. */
static void known_texts(void **state)
{
    static const char text[] =
        LINE(",\"tokens\":[{\"t\":\"\\u0120a\",\"top\":[[\"\\u0120a\",-1.5], [\"b\", -0.25],[\"c\","
             "-2],[\"\",-1e-5],[\"0123456789abcdef\",-3.5],[\"b\",-4.5]]}]") "                    "
                                                                             "                        "
                                                                             "                  ";
    static const char *const kept[] = {"\\u0120a", "b", "c", ""};
    static const uint32_t wanted[] = {7, 8, 9, 10, PL_LINE_TEXT_NEW, 8};
    static const double logprobs[] = {-1.5, -0.25, -2.0, -1e-5, -3.5, -4.5};
    pl_spellings spellings;
    pl_response_line line;
    bool is_taken = false;
    (void)state;
    assert_int_equal(pl__spellings_init(&spellings), PL_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(pl__spellings_keep(&spellings, pl__view(kept[i]), 7 + i), PL_OK);
    pl__response_line_init(&line);
    line.spellings = &spellings;
    assert_int_equal(pl__response_scan(pl__view(text), &line, &is_taken), PL_OK);
    assert_true(is_taken);
    assert_int_equal(line.tokens.ptr[0].number, 7);
    assert_int_equal(line.tokens.ptr[0].n_top, 6);
    assert_int_equal(line.tops.len, 6);
    assert_memory_equal(line.tops.texts, wanted, sizeof(wanted));
    assert_memory_equal(line.tops.logprobs, logprobs, sizeof(logprobs));
    assert_int_equal(line.new_tops.len, 1);
    assert_int_equal(line.new_tops.ptr[0].at, 4);
    assert_true(pl__view_eq(line.new_tops.ptr[0].text, pl__view("0123456789abcdef")));
    pl__response_line_clear(&line);
    pl__spellings_clear(&spellings);
}

static pl_status scan_once(void *user, pl_error *err)
{
    pl_response_line line;
    bool is_taken = false;
    pl__response_line_init(&line);
    pl_status rc = pl__response_scan(pl__view(user), &line, &is_taken);
    if (rc == PL_OK)
        assert_true(is_taken);
    else
        assert_false(is_taken);
    pl__response_line_clear(&line);
    (void)err;
    return rc;
}

static void refused_memory(void **state)
{
    char text[] = LINE(",\"options\":[\"x\"],\"labels\":[\"x\"],\"tokens\":[{\"t\":\"a\",\"top\":[[\"b\",-1]]}],"
                       "\"samples\":[\"\\u00e9\"],\"meanings\":[0]");
    (void)state;
    pl__kit_fault_loop("response scan", scan_once, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_lines),    cmocka_unit_test(lines_for_the_careful),
        cmocka_unit_test(names_too_long), cmocka_unit_test(list_limits),
        cmocka_unit_test(both_ways),      cmocka_unit_test(refused_memory),
        cmocka_unit_test(known_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
