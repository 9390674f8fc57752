#include "json.h"
#include "kit.h"
#include "records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ROW(item, judge, a, b, rest)                                                                                   \
    "{\"item\":\"" item "\",\"judge\":\"" judge "\",\"a\":\"" a "\",\"b\":\"" b "\"," rest "}\n"
#define GOOD ROW("q1", "j", "x", "y", "\"verdict\":\"a\"")

static pl_judgment_log *accept(const char *text)
{
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_judgments("log", pl__view(text), NULL, &log, &err), &err);
    PL_KIT_OK(pl_judgment_set_check(pl__judgment_log_set(log), &err), &err);
    return log;
}

static void refuse(const char *text, const char *message)
{
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    PL_KIT_STATUS(pl__records_parse_judgments("log", pl__view(text), NULL, &log, &err), PL_E_PARSE, &err);
    assert_null(log);
    if (!strstr(err.msg, message))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, message);
}

static void fields(void **state)
{
    (void)state;
    pl_judgment_log *log = accept(ROW("q2", "m2", "m3", "m1", "\"verdict\":\"b\",\"unknown\":{\"x\":1}") ROW(
        "q1", "m1", "m2", "m3",
        "\"verdict\":\"tie\",\"criterion\":\"visual\",\"image\":\"i9\",\"a_words\":3,\"b_tokens\":4,\"weight\":0.25,"
        "\"judge_family\":\"f\",\"b_family\":\"f\"") ROW("q1", "m1", "m2", "m3", "\"verdict\":null")
                                      ROW("q1", "m1", "m2", "m3", "\"verdict\":null,\"missing\":\"cut off\"")
                                          ROW("q1", "m1", "m2", "m3",
                                              "\"verdict\":null,\"missing\":\"for a reason of its own\""));
    const pl_judgment_set *set = pl__judgment_log_set(log);
    assert_int_equal(set->n_rows, 5);
    assert_int_equal(set->n_models, 3);
    assert_string_equal(set->models[0], "m1");
    assert_string_equal(set->models[2], "m3");
    assert_int_equal(set->n_items, 2);
    assert_string_equal(set->items[0], "q1");
    assert_int_equal(set->n_images, 3);
    assert_string_equal(set->images[0], "i9"); /* images stand for items where none are given */
    assert_string_equal(set->images[2], "q2");
    assert_int_equal(set->n_criteria, 2);
    assert_string_equal(set->criteria[0], "overall");
    assert_string_equal(set->families[0], "f");
    assert_string_equal(set->families[1], "m2"); /* none given: its own */
    assert_string_equal(set->families[2], "f");
    const pl_judgment *r = &set->rows[0]; /* rows keep the order of lines */
    assert_int_equal(r->item, 1);
    assert_int_equal(r->image, 2);
    assert_int_equal(r->judge, 1);
    assert_int_equal(r->a, 2);
    assert_int_equal(r->b, 0);
    assert_int_equal(r->verdict, PL_VERDICT_B);
    assert_int_equal(r->missing, PL_MISSING_NOT);
    PL_KIT_CLOSE(r->weight, 1.0, 0.0);
    r = &set->rows[1];
    assert_int_equal(r->verdict, PL_VERDICT_TIE);
    assert_int_equal(r->criterion, 1);
    assert_int_equal(r->a_length, 3);
    assert_int_equal(r->b_length, 4);
    PL_KIT_CLOSE(r->weight, 0.25, 0.0);
    assert_int_equal(set->rows[2].missing, PL_MISSING_UNSPECIFIED);
    assert_int_equal(set->rows[3].missing, PL_MISSING_CUT_OFF);
    assert_int_equal(set->rows[4].missing, PL_MISSING_UNSPECIFIED);
    pl__judgment_log_free(log);
}

static void raw_wins(void **state)
{
    (void)state;
    pl_judgment_log *log =
        accept(ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"raw\":\"Well.\\n[[B]]\"")
                   ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"raw\":\"no idea\"")
                       ROW("q", "j", "x", "y", "\"raw\":\"I lean to [[B]], since\",\"finish\":\"length\"")
                           ROW("q", "j", "x", "y", "\"raw\":\"\",\"finish\":\"content_filter\"")
                               ROW("q", "j", "x", "y", "\"raw\":null,\"verdict\":\"a\""));
    const pl_judgment_set *set = pl__judgment_log_set(log);
    assert_int_equal(set->rows[0].verdict, PL_VERDICT_B);
    assert_int_equal(set->rows[1].verdict, PL_VERDICT_MISSING);
    assert_int_equal(set->rows[1].missing, PL_MISSING_NO_MARK);
    assert_int_equal(set->rows[2].missing, PL_MISSING_CUT_OFF);
    assert_int_equal(set->rows[3].missing, PL_MISSING_REFUSED);
    assert_int_equal(set->rows[4].verdict, PL_VERDICT_A);
    pl__judgment_log_free(log);
}

/* The instruction that the caller passes tells an echo. */
static void echoes(void **state)
{
    (void)state;
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    pl_records_opts opts = {.judge_instruction = pl__view("Write [[A]] if the first answer is the better one.")};
    const char *text = ROW("q", "j", "x", "y", "\"raw\":\"[[A]] if the first answer is the better one. So it is.\"");
    PL_KIT_OK(pl__records_parse_judgments("log", pl__view(text), &opts, &log, &err), &err);
    assert_int_equal(pl__judgment_log_set(log)->rows[0].missing, PL_MISSING_ECHO);
    pl__judgment_log_free(log);
}

static void forms(void **state)
{
    (void)state;
    pl_judgment_log *log =
        accept("\xef\xbb\xbf\r\n" GOOD "\r\n  \n\t\r\n{\"item\":\"q2\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\","
               "\"verdict\":\"b\"}");
    assert_int_equal(pl__judgment_log_set(log)->n_rows, 2);
    pl__judgment_log_free(log);
    static const char *const empty[] = {"", "\n", "\xef\xbb\xbf", "  \r\n \n"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        log = accept(empty[i]);
        assert_int_equal(pl__judgment_log_set(log)->n_rows, 0);
        assert_int_equal(pl__judgment_log_set(log)->n_models, 0);
        pl__judgment_log_free(log);
    }
}

static void bad_lines(void **state)
{
    (void)state;
    refuse(GOOD "{bad\n", "log:2: JSON line 1, column");
    refuse(GOOD "\n\n[1]\n", "log:4: is no JSON object");
    refuse("{}\n", "log:1: \"item\" is missing");
    refuse(ROW("", "j", "x", "y", "\"verdict\":\"a\""), "log:1: \"item\" is empty");
    refuse("{\"item\":1}", "log:1: \"item\" is not a string");
    refuse(ROW("q", "j", "x", "x", "\"verdict\":\"a\""), "log:1: \"b\" is the same model as \"a\"");
    refuse(ROW("q", "j", "x", "y", "\"k\":1"), "log:1: \"verdict\" is missing, and there is no \"raw\"");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":\"A\""), "log:1: \"verdict\" is none of");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":1"), "log:1: \"verdict\" is none of");
    refuse(ROW("q", "j", "x", "y", "\"raw\":1"), "log:1: \"raw\" is not a string");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"weight\":0"), "log:1: \"weight\" is not above 0");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"a_words\":-1"), "log:1: \"a_words\" is no count");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"verdict\":\"b\""), "log:1: JSON line 1");
    refuse(ROW("q", "j\xff", "x", "y", "\"verdict\":\"a\""), "invalid UTF-8");
    refuse(ROW("q", "j\\u0000", "x", "y", "\"verdict\":\"a\""), "NUL");
    refuse(ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"a_family\":\"f\"")
               ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"a_family\":\"g\""),
           "log:2: the family of \"x\" is \"g\" here and \"f\" before");
    refuse(ROW("q", "x", "x", "y", "\"verdict\":\"a\",\"judge_family\":\"f\",\"a_family\":\"g\""),
           "log:1: the family of");
}

static void skip_bad(void **state)
{
    (void)state;
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    pl_records_opts opts = {.skip_bad = true};
    const char *text = ROW("q", "j", "x", "y", "\"verdict\":\"a\",\"a_family\":\"f\"") "{bad\n" ROW(
        "q9", "new1", "new2", "x", "\"verdict\":\"a\",\"b_family\":\"g\"") "[]\n";
    PL_KIT_OK(pl__records_parse_judgments("log", pl__view(text), &opts, &log, &err), &err);
    assert_int_equal(pl__judgment_log_bad_lines(log), 3);
    assert_int_equal(pl__judgment_log_set(log)->n_rows, 1);
    assert_int_equal(pl__judgment_log_set(log)->n_models, 3); /* a refused line leaves no name behind */
    assert_int_equal(pl__judgment_log_set(log)->n_items, 1);
    pl__judgment_log_free(log);
}

/* The names of a set do not show the order of lines or of files. */
static void order_does_not_show(void **state)
{
    (void)state;
    const char *one = ROW("q2", "c", "b", "a", "\"verdict\":\"a\"");
    const char *two = ROW("q1", "a", "c", "b", "\"verdict\":\"b\",\"criterion\":\"visual\"");
    char forward[512];
    char backward[512];
    (void)snprintf(forward, sizeof(forward), "%s%s", one, two);
    (void)snprintf(backward, sizeof(backward), "%s%s", two, one);
    pl_judgment_log *x = accept(forward);
    pl_judgment_log *y = accept(backward);
    const pl_judgment_set *s = pl__judgment_log_set(x);
    const pl_judgment_set *t = pl__judgment_log_set(y);
    for (uint32_t i = 0; i < 3; i++)
        assert_string_equal(s->models[i], t->models[i]);
    assert_memory_equal(&s->rows[0].item, &t->rows[1].item, 6 * sizeof(uint32_t));
    assert_memory_equal(&s->rows[1].item, &t->rows[0].item, 6 * sizeof(uint32_t));
    pl__judgment_log_free(x);
    pl__judgment_log_free(y);
}

static void round_trip(void **state)
{
    (void)state;
    pl_str out;
    pl_str again;
    pl_error err = {0};
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&again, PL_STR_LIMIT_DEFAULT);
    pl_judgment_log *log =
        accept(ROW("q\\n\\\"1", "j", "x", "y", "\"verdict\":\"a\",\"weight\":0.1,\"a_words\":7,\"image\":\"i\"")
                   ROW("q2", "j", "x", "y", "\"verdict\":null,\"missing\":\"echo\",\"a_family\":\"f\"") GOOD);
    for (size_t i = 0; i < 3; i++)
        PL_KIT_OK(pl__records_write_judgment(pl__judgment_log_set(log), i, NULL, NULL, &out, &err), &err);
    pl_judgment_log *back = accept(pl__str_c(&out));
    for (size_t i = 0; i < 3; i++)
        PL_KIT_OK(pl__records_write_judgment(pl__judgment_log_set(back), i, NULL, NULL, &again, &err), &err);
    assert_string_equal(pl__str_c(&out), pl__str_c(&again));
    assert_non_null(strstr(pl__str_c(&out), "\"verdict\":null,\"missing\":\"echo\""));
    assert_non_null(strstr(pl__str_c(&out), "\"weight\":0.1000000000000000"));
    pl__str_reset(&out);
    PL_KIT_OK(pl__records_write_judgment(pl__judgment_log_set(log), 2, "text\n[[B]]", "stop", &out, &err), &err);
    assert_non_null(strstr(pl__str_c(&out), "\"raw\":\"text\\n[[B]]\",\"finish\":\"stop\"}\n"));
    PL_KIT_STATUS(pl__records_write_judgment(pl__judgment_log_set(log), 3, NULL, NULL, &out, &err), PL_E_INVALID, &err);
    pl__str_clear(&out);
    pl__str_clear(&again);
    pl__judgment_log_free(log);
    pl__judgment_log_free(back);
}

/* ---- files ---- */
static pl_status read_paths(const char *first, const char *second, pl_judgment_log **ret, pl_error *err)
{
    const char *const paths[2] = {first, second};
    return pl__records_read_judgments(paths, second ? 2 : 1, NULL, ret, err);
}

static void files(void **state)
{
    const char *dir = *state;
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    char *one = pl__kit_write_text(dir, "one.jsonl", GOOD);
    char *two = pl__kit_write_text(dir, "two.jsonl", ROW("q2", "k", "x", "y", "\"verdict\":\"b\""));
    PL_KIT_OK(read_paths(one, two, &log, &err), &err);
    assert_int_equal(pl__judgment_log_set(log)->n_rows, 2);
    assert_int_equal(pl__judgment_log_set(log)->n_models, 4);
    pl__judgment_log_free(log);
    log = NULL;
    assert_non_null(freopen(two, "r", stdin));
    PL_KIT_OK(read_paths("-", NULL, &log, &err), &err);
    assert_string_equal(pl__judgment_log_set(log)->items[0], "q2");
    pl__judgment_log_free(log);
    log = NULL;
    char *absent = pl__kit_path(dir, "absent");
    PL_KIT_STATUS(read_paths(one, absent, &log, &err), PL_E_NOT_FOUND, &err);
    PL_KIT_STATUS(read_paths(dir, NULL, &log, &err), PL_E_IO, &err);
    assert_null(log);
    free(one);
    free(two);
    free(absent);
}

static void truncated_gzip(void **state)
{
    const char *dir = *state;
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    char *path = pl__kit_path(dir, "log.jsonl.gz");
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 50; i++)
        assert_true(gzprintf(file, ROW("q%d", "j", "x", "y", "\"verdict\":\"a\",\"a_words\":%d"), i, i * 7919 % 1000) >
                    0);
    assert_int_equal(gzclose(file), Z_OK);
    PL_KIT_OK(read_paths(path, NULL, &log, &err), &err);
    assert_int_equal(pl__judgment_log_set(log)->n_rows, 50);
    pl__judgment_log_free(log);
    log = NULL;

    size_t n = 0;
    char *bytes = pl__kit_read(path, &n);
    for (size_t keep = 0; keep < n; keep++) {
        free(pl__kit_write(dir, "cut.jsonl.gz", bytes, keep));
        char *cut = pl__kit_path(dir, "cut.jsonl.gz");
        err = (pl_error){0};
        pl_status rc = read_paths(cut, NULL, &log, &err);
        if (rc != PL_E_PARSE || log)
            fail_msg("%zu of %zu bytes: %s", keep, n, pl_status_text(rc));
        assert_non_null(strstr(err.msg, "cut.jsonl.gz"));
        free(cut);
    }
    bytes[n / 2] ^= 0x55;
    char *damaged = pl__kit_write(dir, "damaged.jsonl.gz", bytes, n);
    err = (pl_error){0};
    PL_KIT_STATUS(read_paths(damaged, NULL, &log, &err), PL_E_PARSE, &err);
    free(damaged);
    free(bytes);
    free(path);
}

/* Lines that span the reader's chunks, and one that is too long. */
static void long_lines(void **state)
{
    const char *dir = *state;
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    pl_str text;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    char *filler = malloc(200000);
    assert_non_null(filler);
    memset(filler, 'x', 199999);
    filler[199999] = '\0';
    for (int i = 0; i < 5; i++) {
        PL_KIT_OK(pl__str_appendf(
                      &text, "{\"item\":\"q%d\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\",\"z\":\"", i),
                  NULL);
        PL_KIT_OK(pl__str_append(&text, filler, (size_t)(65400 + i * 33)), NULL);
        PL_KIT_OK(pl__str_append_c(&text, "\"}\r\n"), NULL);
    }
    char *path = pl__kit_write(dir, "long", text.ptr, text.len);
    PL_KIT_OK(read_paths(path, NULL, &log, &err), &err);
    assert_int_equal(pl__judgment_log_set(log)->n_rows, 5);
    pl__judgment_log_free(log);
    log = NULL;
    free(path);
    pl__str_reset(&text);
    PL_KIT_OK(pl__str_append_c(&text, GOOD), NULL);
    while (text.len < PL_RECORDS_LINE_BYTES_MAX + 100)
        PL_KIT_OK(pl__str_append(&text, filler, 199999), NULL);
    PL_KIT_STATUS(pl__records_parse_judgments("log", pl__view_n(text.ptr, text.len), NULL, &log, &err), PL_E_LIMIT,
                  &err);
    assert_non_null(strstr(err.msg, "log:2: "));
    free(filler);
    pl__str_clear(&text);
}

static pl_status parse_once(void *user, pl_error *err)
{
    pl_judgment_log *log = NULL;
    pl_str out;
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__records_parse_judgments("log", pl__view(user), NULL, &log, err);
    if (rc == PL_OK)
        rc = pl__records_write_judgment(pl__judgment_log_set(log), 0, "raw", "stop", &out, err);
    pl__str_clear(&out);
    pl__judgment_log_free(log);
    return rc;
}

static pl_status read_once(void *user, pl_error *err)
{
    pl_judgment_log *log = NULL;
    pl_status rc = read_paths(user, NULL, &log, err);
    pl__judgment_log_free(log);
    return rc;
}

static void faults(void **state)
{
    char text[] = ROW("q1", "j", "x", "y", "\"verdict\":\"a\",\"a_family\":\"f\"")
        ROW("q2", "y", "x", "j", "\"raw\":\"[[A]]\",\"weight\":2");
    char *path = pl__kit_write_text(*state, "log", text);
    pl__kit_fault_loop("parse_judgments", parse_once, text);
    pl__kit_fault_loop("read_judgments", read_once, path);
    free(path);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, pl__kit_temp_setup, pl__kit_temp_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(raw_wins),
        cmocka_unit_test(echoes),
        cmocka_unit_test(forms),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(skip_bad),
        cmocka_unit_test(order_does_not_show),
        cmocka_unit_test(round_trip),
        IN_DIR(files),
        IN_DIR(truncated_gzip),
        IN_DIR(long_lines),
        IN_DIR(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
