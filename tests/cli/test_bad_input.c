/* Degenerate and hostile logs through rank and diagnose: a message, a stated reason or a finite answer, in every
 * format, with every method; never a NaN, never a crash. */
#include "cli_kit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHODS                                                                                                        \
    "upme,upme-ema,upme-sum,pico,peer-review,majority-vote,rating-vote,elo,prd,bt,bt-davidson,judge-bt,dawid-skene,"   \
    "dawid-skene-one-coin"
#define ROW(item, a, b, verdict)                                                                                       \
    "{\"item\":\"" item "\",\"judge\":\"j\",\"a\":\"" a "\",\"b\":\"" b "\",\"verdict\":" verdict "}\n"
#define WEIGHED(weight)                                                                                                \
    "{\"item\":\"q\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",\"verdict\":\"a\",\"weight\":" weight "}\n"

/* The word nan or inf, alone, in any case. */
static bool has_no_number(const char *text)
{
    static const char *const words[] = {"nan", "inf", "infinity"};

    for (const char *p = text; *p; p++) {
        if (p > text && isalpha((unsigned char)p[-1]))
            continue;
        for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
            size_t n = strlen(words[w]);
            size_t k = 0;

            while (k < n && tolower((unsigned char)p[k]) == words[w][k])
                k++;
            if (k == n && !isalpha((unsigned char)p[n]))
                return true;
        }
    }
    return false;
}

typedef struct expected {
    int code;         /* of rank and diagnose alike */
    const char *rank; /* in rank's table, or its message; NULL: anything */
} expected;

static void check(const char *dir, const char *const *words, const expected *e, bool is_text)
{
    pl_kit_result r = {0};

    cli_run(dir, &r, words);
    if (r.code != e->code || has_no_number(r.out))
        fail_msg("%s %s %s: exit %d, wanted %d\nout: %.900s\nerr: %.400s", words[0], words[2], words[4], r.code,
                 e->code, r.out, r.err);
    if (is_text && e->rank && !strstr(e->code == 0 ? r.out : r.err, e->rank))
        fail_msg("%s %s: wanted %s\nout: %.900s\nerr: %.400s", words[0], words[2], e->rank, r.out, r.err);
    if (e->code != 0) {
        assert_int_equal(r.out_bytes, 0);
        assert_true(strncmp(r.err, "peerless: ", 10) == 0);
    }
    pl__kit_result_clear(&r);
}

static void check_log(const char *dir, const char *file, expected e)
{
    static const char *const formats[] = {"table", "json", "csv"};
    expected any = {e.code, NULL};

    for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
        check(dir, CLI_WORDS("rank", "--judgments", file, "--format", formats[f], "-m", METHODS), &e, f == 0);
        check(dir, CLI_WORDS("rank", "--judgments", file, "--format", formats[f], "-m", METHODS, "--bt-ridge", "0"),
              &any, false);
        check(dir,
              CLI_WORDS("rank", "--judgments", file, "--format", formats[f], "-m", "upme,bt,majority-vote",
                        "--bootstrap", "20", "--consensus"),
              &any, false);
        check(dir,
              CLI_WORDS("rank", "--judgments", file, "--format", formats[f], "-m", "upme,bt", "--bootstrap", "20",
                        "--interval", "bca"),
              &any, false);
        check(dir, CLI_WORDS("diagnose", "--judgments", file, "--format", formats[f]), &any, false);
        check(
            dir,
            CLI_WORDS("rank", "--judgments", file, "--format", formats[f], "-m", "ppi", "--reference", "people.jsonl"),
            &any, false);
    }
}

/* Thirty items with three verdicts each: "x y a" is x shown first, y second, for x. */
static void write_rows(const char *dir, const char *file, const char *const verdicts[3][3])
{
    char text[16384];
    size_t n = 0;

    for (int i = 0; i < 90; i++) {
        const char *const *v = verdicts[i % 3];
        int wrote = snprintf(text + n, sizeof(text) - n,
                             "{\"item\":\"q%d\",\"judge\":\"j\",\"a\":\"%s\",\"b\":\"%s\",\"verdict\":%s}\n", i / 3,
                             v[0], v[1], v[2]);

        assert_true(wrote > 0 && (size_t)wrote < sizeof(text) - n);
        n += (size_t)wrote;
    }
    free(pl__kit_write_text(dir, file, text));
}

#define A "\"a\""
#define B "\"b\""
#define TIE "\"tie\""
#define ROWS(...) ((const char *const[3][3]){__VA_ARGS__})

static char *new_dir(void)
{
    char *dir = pl__kit_temp_new();

    write_rows(dir, "people.jsonl", ROWS({"x", "y", A}, {"y", "z", B}, {"x", "z", TIE}));
    return dir;
}

static void nothing_to_rank_is_said(void **state)
{
    char *dir = new_dir();

    (void)state;
    free(pl__kit_write_text(dir, "empty.jsonl", ""));
    check_log(dir, "empty.jsonl", (expected){0, "there are no judgments"});
    free(pl__kit_write_text(dir, "blank.jsonl", "\n\n"));
    check_log(dir, "blank.jsonl", (expected){0, "there are no judgments"});
    write_rows(dir, "missing.jsonl", ROWS({"x", "y", "null"}, {"y", "z", "null"}, {"x", "z", "null"}));
    check_log(dir, "missing.jsonl", (expected){0, "no judgment is usable"});
    pl__kit_temp_free(dir);
}

static void a_pool_of_one_is_refused(void **state)
{
    char *dir = new_dir();

    (void)state;
    free(pl__kit_write_text(dir, "one_model.jsonl", ROW("q", "x", "x", "\"a\"")));
    check_log(dir, "one_model.jsonl", (expected){2, "one_model.jsonl:1: \"b\" is the same model as \"a\""});
    pl__kit_temp_free(dir);
}

static void thin_evidence_ranks_and_says_so(void **state)
{
    char *dir = new_dir();

    (void)state;
    write_rows(dir, "one_judge.jsonl", ROWS({"x", "y", A}, {"y", "z", B}, {"x", "z", TIE}));
    check_log(dir, "one_judge.jsonl", (expected){0, "every question has one judge"});
    free(pl__kit_write_text(dir, "one_row.jsonl", ROW("q", "x", "y", "\"a\"")));
    check_log(dir, "one_row.jsonl", (expected){0, "bt: never lost a point"});
    free(pl__kit_write_text(dir, "twice.jsonl", ROW("q", "x", "y", "\"a\"") ROW("q", "x", "y", "\"a\"")));
    check_log(dir, "twice.jsonl", (expected){0, "2 judgments of 1 questions"});
    write_rows(dir, "ties.jsonl", ROWS({"x", "y", TIE}, {"y", "z", TIE}, {"x", "z", TIE}));
    check_log(dir, "ties.jsonl", (expected){0, "0.5000"});
    write_rows(dir, "undefeated.jsonl", ROWS({"x", "y", A}, {"y", "z", B}, {"x", "z", A}));
    check_log(dir, "undefeated.jsonl", (expected){0, "never lost a point, so that only the penalty"});
    pl__kit_temp_free(dir);
}

static void groups_that_never_met_are_told_apart(void **state)
{
    char *dir = new_dir();

    (void)state;
    write_rows(dir, "groups.jsonl", ROWS({"x", "y", A}, {"u", "v", B}, {"y", "x", A}));
    check_log(dir, "groups.jsonl", (expected){0, "the models fall into 2 groups that were never compared"});
    pl__kit_temp_free(dir);
}

static void weights_are_finite_and_positive(void **state)
{
    static const struct {
        const char *file;
        const char *text;
        const char *message;
    } bad[] = {
        {"nan.jsonl", WEIGHED("NaN"), "nan.jsonl:1:"},
        {"inf.jsonl", WEIGHED("1e999"), "a number that is too large"},
        {"zero.jsonl", WEIGHED("0"), "\"weight\" is not above 0"},
        {"negative.jsonl", WEIGHED("-1"), "\"weight\" is not above 0"},
        {"text.jsonl", WEIGHED("\"much\""), "text.jsonl:1:"},
        {"sum.jsonl", WEIGHED("1e308") WEIGHED("1e308"), "too large to add up"},
    };
    char *dir = new_dir();

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        free(pl__kit_write_text(dir, bad[i].file, bad[i].text));
        check(dir, CLI_WORDS("rank", "--judgments", bad[i].file, "--format", "table"), &(expected){2, bad[i].message},
              true);
        check(dir, CLI_WORDS("rank", "--judgments", bad[i].file, "--format", "json"), &(expected){2, NULL}, false);
    }
    free(pl__kit_write_text(dir, "apart.jsonl", WEIGHED("1e300") WEIGHED("1e-300")));
    check_log(dir, "apart.jsonl", (expected){0, NULL});
    free(pl__kit_write_text(dir, "tiny.jsonl", WEIGHED("1e-308") WEIGHED("1e-308")));
    check_log(dir, "tiny.jsonl", (expected){0, NULL});
    pl__kit_temp_free(dir);
}

static void too_many_models_are_counted(void **state)
{
    enum { MODELS = 100000 };
    char *dir = new_dir();
    char *path = pl__kit_path(dir, "many.jsonl");
    FILE *f = fopen(path, "w");

    (void)state;
    assert_non_null(f);
    for (int i = 0; i + 1 < MODELS; i++)
        assert_true(fprintf(f, "{\"item\":\"q\",\"judge\":\"m0\",\"a\":\"m%d\",\"b\":\"m%d\",\"verdict\":\"a\"}\n", i,
                            i + 1) > 0);
    assert_int_equal(fclose(f), 0);
    check(dir, CLI_WORDS("rank", "--judgments", "many.jsonl", "--format", "table"),
          &(expected){2, "100000 models and judges; at most 16384"}, true);
    check(dir, CLI_WORDS("diagnose", "--judgments", "many.jsonl", "--format", "json"), &(expected){2, "100000 models"},
          true);
    free(path);
    pl__kit_temp_free(dir);
}

static void damaged_files_are_named(void **state)
{
    static const unsigned char cut_gzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab,
                                             0x56, 0xca, 0x2c, 0x49, 0xcd, 0x55, 0xb2, 0x52, 0x2a, 0x34, 0x54,
                                             0xd2, 0x51, 0xca, 0x2a, 0x4d, 0x49, 0x4f, 0x05, 0x72, 0xb2, 0x80,
                                             0xec, 0x44, 0x20, 0x5d, 0x01, 0xa4, 0x93, 0x80, 0x74, 0x25};
    char *dir = new_dir();

    (void)state;
    free(pl__kit_write(dir, "cut.jsonl.gz", cut_gzip, sizeof(cut_gzip)));
    check_log(dir, "cut.jsonl.gz", (expected){2, "cut.jsonl.gz: damaged gzip file: the file ends too early"});
    free(pl__kit_write(dir, "none.jsonl.gz", "", 0));
    check_log(dir, "none.jsonl.gz", (expected){2, "none.jsonl.gz: is no gzip file"});
    free(pl__kit_write(dir, "bytes.jsonl", "\0\1\2\377", 4));
    check_log(dir, "bytes.jsonl", (expected){2, "bytes.jsonl:1:"});
    pl__kit_temp_free(dir);
}

static void a_truth_is_held_against_the_models_there_are(void **state)
{
    static const struct {
        const char *file;
        const char *text;
        expected e;
    } cases[] = {
        {"other.csv",
         "model,score\nnobody,1\nx,2\ny,1\n",
         {0, "the truth names nobody, which is not among the models"}},
        {"strangers.csv", "model,score\nfoo,1\nbar,2\n", {0, "the truth has no x"}},
        {"nan.csv", "model,score\nx,nan\ny,1\n", {2, "nan.csv:2:"}},
        {"twice.csv", "model,score\nx,1\nx,2\n", {2, "twice.csv:3:"}},
        {"empty.csv", "", {2, "empty.csv"}},
        {"bare.csv", "model,score\n", {0, "the truth has no x"}},
    };
    char *dir = new_dir();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        free(pl__kit_write_text(dir, cases[i].file, cases[i].text));
        check(dir, CLI_WORDS("rank", "--judgments", "people.jsonl", "--format", "table", "--truth", cases[i].file),
              &cases[i].e, true);
        check(dir, CLI_WORDS("rank", "--judgments", "people.jsonl", "--format", "json", "--truth", cases[i].file),
              &(expected){cases[i].e.code, NULL}, false);
    }
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_to_rank_is_said),
        cmocka_unit_test(a_pool_of_one_is_refused),
        cmocka_unit_test(thin_evidence_ranks_and_says_so),
        cmocka_unit_test(groups_that_never_met_are_told_apart),
        cmocka_unit_test(weights_are_finite_and_positive),
        cmocka_unit_test(too_many_models_are_counted),
        cmocka_unit_test(damaged_files_are_named),
        cmocka_unit_test(a_truth_is_held_against_the_models_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
