/* A log that several threads read in blocks is the log that is read line by line, faults included. */
#include "kit.h"
#include "records.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LINES 24000u /* several blocks */
#define LINE_BYTES 300u

typedef enum families {
    NO_FAMILIES,
    SOME_FAMILIES,  /* one for all, on a few lines */
    OWN_FAMILIES,   /* on all lines, as export writes them */
    MIXED_FAMILIES, /* now and then another one */
} families;

typedef struct made {
    char *text;
    size_t n;
} made;

static void write_families(char *ret, size_t size, families kind, uint32_t judge, uint32_t a, uint32_t b, pl_rng *rng)
{
    ret[0] = '\0';
    if (kind == OWN_FAMILIES)
        (void)snprintf(ret, size, ",\"judge_family\":\"f%u\",\"a_family\":\"f%u\",\"b_family\":\"f%u\"", judge / 3,
                       a / 3, b / 3);
    else if (kind == SOME_FAMILIES && pl__rng_below(rng, 50) == 0)
        (void)snprintf(ret, size, ",\"a_family\":\"f\"");
    else if (kind == MIXED_FAMILIES && pl__rng_below(rng, 2000) == 0)
        (void)snprintf(ret, size, ",\"a_family\":\"%c\"", pl__rng_below(rng, 3) == 0 ? 'g' : 'f');
}

/* What may stand behind a line's verdict. */
static const char *const extras[] = {
    "",
    ",\"image\":\"i\\u00e9\"",
    ",\"a_words\":12,\"b_tokens\":7,\"note\":\"x\"",
    ",\"weight\":0.5,\"criterion\":\"style\"",
    ", \"weight\" : 3 ",
    ",\"raw\":\"so\\n[[B]]\"",
};

/* plain: leaves a row that can be packed. */
static void write_extra(char *ret, size_t size, bool plain, uint32_t item, pl_rng *rng)
{
    static const char *const plain_extras[] = {"", ",\"weight\":1.0", ",\"note\":\"x\""};
    size_t kind = pl__rng_below(rng, 4);
    if (!plain)
        (void)snprintf(ret, size, "%s", extras[pl__rng_below(rng, 6)]);
    else if (kind == 3)
        (void)snprintf(ret, size, ",\"image\":\"q%u\"", item);
    else
        (void)snprintf(ret, size, "%s", plain_extras[kind]);
}

/* Lines are plain before the one of number `odd_from`. */
static made make_odd_from(uint32_t odd_from, uint64_t index, families kind, uint32_t bad_every)
{
    made m = {.text = malloc((size_t)LINES * LINE_BYTES)};
    pl_rng rng;
    assert_non_null(m.text);
    pl__rng_init(&rng, pl__kit_seed(), "bulk", index);
    for (uint32_t i = 0; i < LINES; i++) {
        static const char *const verdicts[] = {"\"a\"", "\"b\"", "\"tie\"", "null"};
        uint32_t judge = (uint32_t)pl__rng_below(&rng, 9);
        uint32_t a = (uint32_t)pl__rng_below(&rng, 9);
        uint32_t b = (a + 1 + (uint32_t)pl__rng_below(&rng, 8)) % 9;
        uint32_t item = (uint32_t)pl__rng_below(&rng, 5000);
        char family[80];
        char extra[80];
        write_families(family, sizeof(family), kind, judge, a, b, &rng);
        write_extra(extra, sizeof(extra), i < odd_from, item, &rng);
        if (bad_every > 0 && i % bad_every == bad_every - 1) {
            m.n += (size_t)snprintf(m.text + m.n, LINE_BYTES, "{\"item\":\"q\",\"judge\":\"%u\"}\n", i);
            continue;
        }
        m.n += (size_t)snprintf(
            m.text + m.n, LINE_BYTES,
            "%s{\"item\":\"q%u\",\"judge\":\"m%u\",\"a\":\"m%u\",\"b\":\"m%u\",\"verdict\":%s%s%s}%s\n",
            i == 0 ? "\xef\xbb\xbf" : "", item, judge, a, b, verdicts[pl__rng_below(&rng, 4)], extra, family,
            pl__rng_below(&rng, 10) == 0 ? "\r\n" : "");
    }
    return m;
}

static made make(uint64_t index, families kind, uint32_t bad_every)
{
    return make_odd_from(0, index, kind, bad_every);
}

static void check_names(const char *const *x, const char *const *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(x[i], y[i]);
}

static void check_row(const pl_judgment *a, const pl_judgment *b, size_t i)
{
    bool same = a->item == b->item && a->image == b->image && a->judge == b->judge && a->a == b->a && a->b == b->b &&
                a->criterion == b->criterion && a->verdict == b->verdict && a->missing == b->missing &&
                a->a_length == b->a_length && a->b_length == b->b_length && !(a->weight < b->weight) &&
                !(a->weight > b->weight);
    if (!same)
        fail_msg("row %zu differs", i);
}

static void check_same(const pl_judgment_set *x, const pl_judgment_set *y)
{
    assert_int_equal(x->n_rows, y->n_rows);
    assert_int_equal(x->n_models, y->n_models);
    assert_int_equal(x->n_items, y->n_items);
    assert_int_equal(x->n_images, y->n_images);
    assert_int_equal(x->n_criteria, y->n_criteria);
    assert_int_equal(!x->families, !y->families);
    check_names(x->models, y->models, x->n_models);
    if (x->families)
        check_names(x->families, y->families, x->n_models);
    check_names(x->items, y->items, x->n_items);
    check_names(x->images, y->images, x->n_images);
    check_names(x->criteria, y->criteria, x->n_criteria);
    for (size_t i = 0; i < x->n_rows; i++)
        check_row(&x->rows[i], &y->rows[i], i);
}

/* The same rows from where a packed log has them, in pieces, and then out of its set. */
static bool check_packed(const pl_judgment_log *log, const pl_judgment_set *wanted)
{
    const pl_judgment_set *set = pl__judgment_log_set(log);
    const pl_row_source *source = pl__judgment_log_rows(log);
    pl_judgment rows[700];
    pl_error err = {0};
    pl_rng rng;
    if (!source)
        return false;
    assert_null(set->rows);
    assert_int_equal(set->n_rows, wanted->n_rows);
    pl__rng_init(&rng, pl__kit_seed(), "packed", 0);
    for (size_t from = 0, n = 0; from < set->n_rows; from += n) {
        n = 1 + pl__rng_below(&rng, 700);
        n = n < set->n_rows - from ? n : set->n_rows - from;
        source->read(source->user, from, n, rows);
        for (size_t i = 0; i < n; i++)
            check_row(&rows[i], &wanted->rows[from + i], from + i);
    }
    PL_KIT_OK(pl__rows_expand(set, source, &err), &err);
    PL_KIT_OK(pl__rows_expand(set, source, &err), &err);
    assert_null(pl__judgment_log_rows(log));
    return true;
}

/* A log of this name, which is what zlib and we both go by. */
static char *write_log(const char *dir, const char *name, const made *m, bool pack)
{
    if (!pack)
        return pl__kit_write(dir, name, m->text, m->n);
    char *path = pl__kit_path(dir, name);
    gzFile file = gzopen(path, "wb1");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, m->text, (unsigned)m->n), (int)m->n);
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

/* Is a log that may be packed? */
typedef enum packs { NEVER, PERHAPS, ALWAYS } packs;

static void check_read(const pl_records_opts *opts, const char *path, packs packing, const pl_judgment_log *one,
                       pl_status wanted, const pl_error *by_line)
{
    pl_judgment_log *log = NULL;
    pl_error err = {0};
    pl_status rc = pl__records_read_judgments(&path, 1, opts, &log, &err);
    assert_int_equal(rc, wanted);
    assert_string_equal(err.msg, by_line->msg);
    if (rc == PL_OK) {
        bool packed = check_packed(log, pl__judgment_log_set(one));
        assert_true(packing == PERHAPS || packed == (packing == ALWAYS && opts->packed));
        check_same(pl__judgment_log_set(log), pl__judgment_log_set(one));
        assert_int_equal(pl__judgment_log_bad_lines(log), pl__judgment_log_bad_lines(one));
    }
    pl__judgment_log_free(log);
}

static void check_path(const made *m, char *path, bool skip_bad, packs packing)
{
    static const uint32_t threads[] = {0, 2, 3};
    pl_records_opts opts = {.skip_bad = skip_bad};
    pl_error by_line = {0};
    pl_judgment_log *one = NULL;
    pl_status wanted = pl__records_parse_judgments(path, pl__view_n(m->text, m->n), &opts, &one, &by_line);
    for (size_t i = 0; i < 2 * sizeof(threads) / sizeof(threads[0]); i++) {
        opts.threads = threads[i / 2];
        opts.packed = i % 2 == 1;
        check_read(&opts, path, packing, one, wanted, &by_line);
    }
    pl__judgment_log_free(one);
    free(path);
}

static void check_packing(const made *m, bool skip_bad, packs packing)
{
    char *dir = pl__kit_temp_new();
    check_path(m, write_log(dir, "log.jsonl", m, false), skip_bad, packing);
    pl__kit_temp_free(dir);
}

static void check(const made *m, bool skip_bad)
{
    char *dir = pl__kit_temp_new();
    check_packing(m, skip_bad, NEVER);
    check_path(m, write_log(dir, "log.jsonl.gz", m, true), skip_bad, NEVER);
    pl__kit_temp_free(dir);
}

/* All rows can be packed, or all up to somewhere; bad lines and families do not matter. */
static void plain_rows_are_packed(void **state)
{
    (void)state;
    for (families kind = NO_FAMILIES; kind <= OWN_FAMILIES; kind++) {
        made m = make_odd_from(UINT32_MAX, 50 + (uint64_t)kind, kind, kind == SOME_FAMILIES ? 5001 : 0);
        check_packing(&m, true, ALWAYS);
        free(m.text);
        m = make_odd_from(LINES - 30, 60 + (uint64_t)kind, kind, 0);
        check_packing(&m, false, NEVER);
        free(m.text);
    }
}

/* A second criterion in a block that is packed, or families that contradict each other: rows are unpacked late. */
static void rows_are_unpacked_late(void **state)
{
    static const char late[] =
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"criterion\":\"style\"}\n";
    (void)state;
    made m = make_odd_from(UINT32_MAX, 70, NO_FAMILIES, 0);
    memcpy(m.text + m.n, late, sizeof(late) - 1);
    m.n += sizeof(late) - 1;
    check_packing(&m, false, NEVER);
    free(m.text);
    m = make_odd_from(UINT32_MAX, 71, MIXED_FAMILIES, 0);
    check_packing(&m, true, PERHAPS);
    free(m.text);
}

/* Each file's rows are under its own criterion, the first of whoever reads them. */
static void criteria_of_files(void **state)
{
    static const char one[] = "{\"item\":\"q1\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\"}\n";
    static const char other[] = "{\"item\":\"q2\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"b\","
                                "\"criterion\":\"style\"}\n";
    char *dir = pl__kit_temp_new();
    char *paths[2] = {pl__kit_write_text(dir, "a.jsonl", one), pl__kit_write_text(dir, "b.jsonl", other)};
    const char *const names[2] = {paths[0], paths[1]};
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads++) {
        pl_records_opts opts = {.packed = true, .threads = threads};
        pl_judgment_log *log = NULL;
        pl_error err = {0};
        PL_KIT_OK(pl__records_read_judgments(names, 2, &opts, &log, &err), &err);
        const pl_judgment_set *set = pl__judgment_log_set(log);
        assert_null(pl__judgment_log_rows(log));
        assert_int_equal(set->n_rows, 2);
        for (size_t i = 0; i < 2; i++)
            assert_string_equal(set->criteria[set->rows[i].criterion], i == 0 ? "overall" : "style");
        pl__judgment_log_free(log);
    }
    free(paths[0]);
    free(paths[1]);
    pl__kit_temp_free(dir);
}

static void blocks_are_lines(void **state)
{
    (void)state;
    for (families kind = NO_FAMILIES; kind <= OWN_FAMILIES; kind++) {
        made m = make(kind, kind, 0);
        check(&m, false);
        free(m.text);
    }
}

static void bad_lines(void **state)
{
    (void)state;
    for (families kind = NO_FAMILIES; kind <= OWN_FAMILIES; kind++) {
        made m = make(10 + (uint64_t)kind, kind, 20001);
        check(&m, false);
        check(&m, true);
        free(m.text);
    }
}

/* Blocks that agree with themselves and not with those before. */
static void families_that_differ(void **state)
{
    (void)state;
    made m = make(30, MIXED_FAMILIES, 7001);
    check(&m, false);
    check(&m, true);
    free(m.text);
}

/* Of several files the names are brought together; a file may be empty. */
static void several_files(void **state)
{
    char *dir = pl__kit_temp_new();
    made m[2] = {make(40, OWN_FAMILIES, 0), make(41, SOME_FAMILIES, 0)};
    made both = {.text = malloc(m[0].n + m[1].n), .n = m[0].n + m[1].n - 3};
    pl_judgment_log *one = NULL;
    pl_records_opts opts = {.skip_bad = true};
    pl_error err = {0};
    (void)state;
    assert_non_null(both.text);
    memcpy(both.text, m[0].text, m[0].n);
    memcpy(both.text + m[0].n, m[1].text + 3, m[1].n - 3); /* without its byte order mark */
    char *paths[3] = {write_log(dir, "a.jsonl", &m[0], false), pl__kit_write_text(dir, "none.jsonl", ""),
                      write_log(dir, "b.jsonl.gz", &m[1], true)};
    const char *const names[3] = {paths[0], paths[1], paths[2]};
    PL_KIT_OK(pl__records_parse_judgments("both", pl__view_n(both.text, both.n), &opts, &one, &err), &err);
    assert_true(pl__judgment_log_bad_lines(one) > 0);
    for (opts.threads = 1; opts.threads <= 3; opts.threads++) {
        pl_judgment_log *log = NULL;
        PL_KIT_OK(pl__records_read_judgments(names, 3, &opts, &log, &err), &err);
        check_same(pl__judgment_log_set(log), pl__judgment_log_set(one));
        assert_int_equal(pl__judgment_log_bad_lines(log), pl__judgment_log_bad_lines(one));
        pl__judgment_log_free(log);
    }
    pl__judgment_log_free(one);
    free(both.text);
    for (size_t i = 0; i < 3; i++)
        free(paths[i]);
    free(m[0].text);
    free(m[1].text);
    pl__kit_temp_free(dir);
}

typedef struct reading {
    const char *path;
    pl_records_opts opts;
} reading;

static pl_status read_once(void *user, pl_error *err)
{
    const reading *r = user;
    pl_judgment_log *log = NULL;
    pl_status rc = pl__records_read_judgments(&r->path, 1, &r->opts, &log, err);
    if (rc == PL_OK)
        rc = pl__rows_expand(pl__judgment_log_set(log), pl__judgment_log_rows(log), err);
    pl__judgment_log_free(log);
    return rc;
}

static void faults(void **state)
{
    static const char text[] =
        "{\"item\":\"q\\n1\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"f\"}\n"
        "{\"item\":\"q2\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"g\"}\n"
        "{\"item\":\"q3\",\"judge\":\"m1\",\"a\":\"m4\",\"b\":\"m3\",\"verdict\":\"a\",\"z\":[]}\n";
    static const char plain[] = "{\"item\":\"q1\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\"}\n";
    char *dir = pl__kit_temp_new();
    char *paths[2] = {pl__kit_write_text(dir, "log", text), pl__kit_write_text(dir, "plain", plain)};
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        reading r = {.path = paths[i / 4], .opts = {.skip_bad = true, .threads = 1 + i % 2, .packed = i / 2 % 2 == 1}};
        pl__kit_fault_loop("read_judgments", read_once, &r);
    }
    free(paths[0]);
    free(paths[1]);
    pl__kit_temp_free(dir);
}

/* A model whose family changes late, and then once more within the block. */
static void families_that_change(void **state)
{
    static const char late[] =
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"f\"}\n"
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"g\"}\n"
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"f\"}";
    (void)state;
    made m = make(20, NO_FAMILIES, 0);
    memcpy(m.text + m.n, late, sizeof(late) - 1);
    m.n += sizeof(late) - 1;
    check(&m, false);
    check(&m, true);
    free(m.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_lines),      cmocka_unit_test(bad_lines),
        cmocka_unit_test(families_that_change),  cmocka_unit_test(families_that_differ),
        cmocka_unit_test(several_files),         cmocka_unit_test(faults),
        cmocka_unit_test(plain_rows_are_packed), cmocka_unit_test(rows_are_unpacked_late),
        cmocka_unit_test(criteria_of_files),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
