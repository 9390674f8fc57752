/* A log that several threads read in blocks is the log that is read line by line, faults included. */
#include "kit.h"
#include "records.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 24000u /* several blocks */
#define LINE_BYTES 300u

typedef struct made {
    char *text;
    size_t n;
} made;

static made make(uint64_t index, bool families, uint32_t bad_every)
{
    made m = {.text = malloc((size_t)LINES * LINE_BYTES)};
    pl_rng rng;
    assert_non_null(m.text);
    pl__rng_init(&rng, pl__kit_seed(), "bulk", index);
    for (uint32_t i = 0; i < LINES; i++) {
        static const char *const verdicts[] = {"\"a\"", "\"b\"", "\"tie\"", "null"};
        static const char *const extras[] = {
            "",
            ",\"image\":\"i\\u00e9\"",
            ",\"a_words\":12,\"b_tokens\":7,\"note\":\"x\"",
            ",\"weight\":0.5,\"criterion\":\"style\"",
            ", \"weight\" : 3 ",
            ",\"raw\":\"so [[B]]\"",
        };
        uint32_t a = (uint32_t)pl__rng_below(&rng, 9);
        const char *family = families && pl__rng_below(&rng, 50) == 0 ? ",\"a_family\":\"f\"" : "";
        if (bad_every > 0 && i % bad_every == bad_every - 1) {
            m.n += (size_t)snprintf(m.text + m.n, LINE_BYTES, "{\"item\":\"q\",\"judge\":\"%u\"}\n", i);
            continue;
        }
        m.n += (size_t)snprintf(
            m.text + m.n, LINE_BYTES,
            "%s{\"item\":\"q%u\",\"judge\":\"m%u\",\"a\":\"m%u\",\"b\":\"m%u\",\"verdict\":%s%s%s}%s\n",
            i == 0 ? "\xef\xbb\xbf" : "", (unsigned)pl__rng_below(&rng, 5000), (unsigned)pl__rng_below(&rng, 9), a,
            (a + 1 + (unsigned)pl__rng_below(&rng, 8)) % 9, verdicts[pl__rng_below(&rng, 4)],
            extras[pl__rng_below(&rng, 6)], family, pl__rng_below(&rng, 10) == 0 ? "\r\n" : "");
    }
    return m;
}

static void check_names(const char *const *x, const char *const *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        assert_string_equal(x[i], y[i]);
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
    for (size_t i = 0; i < x->n_rows; i++) {
        const pl_judgment *a = &x->rows[i];
        const pl_judgment *b = &y->rows[i];
        bool same = a->item == b->item && a->image == b->image && a->judge == b->judge && a->a == b->a &&
                    a->b == b->b && a->criterion == b->criterion && a->verdict == b->verdict &&
                    a->missing == b->missing && a->a_length == b->a_length && a->b_length == b->b_length &&
                    !(a->weight < b->weight) && !(a->weight > b->weight);
        if (!same)
            fail_msg("row %zu differs", i);
    }
}

static void check(const made *m, bool skip_bad)
{
    static const uint32_t threads[] = {0, 3};
    char *dir = pl__kit_temp_new();
    char *path = pl__kit_write(dir, "log.jsonl", m->text, m->n);
    const char *const paths[] = {path};
    pl_records_opts opts = {.skip_bad = skip_bad};
    pl_error by_line = {0};
    pl_judgment_log *one = NULL;
    pl_status wanted = pl__records_parse_judgments(path, pl__view_n(m->text, m->n), &opts, &one, &by_line);
    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        pl_judgment_log *log = NULL;
        pl_error err = {0};
        opts.threads = threads[i];
        pl_status rc = pl__records_read_judgments(paths, 1, &opts, &log, &err);
        assert_int_equal(rc, wanted);
        assert_string_equal(err.msg, by_line.msg);
        if (rc == PL_OK) {
            check_same(pl__judgment_log_set(log), pl__judgment_log_set(one));
            assert_int_equal(pl__judgment_log_bad_lines(log), pl__judgment_log_bad_lines(one));
        }
        pl__judgment_log_free(log);
    }
    pl__judgment_log_free(one);
    free(path);
    pl__kit_temp_free(dir);
}

static void blocks_are_lines(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        made m = make(i, i == 1, 0);
        check(&m, false);
        free(m.text);
    }
}

static void bad_lines(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        made m = make(10 + i, i == 1, 20001);
        check(&m, false);
        check(&m, true);
        free(m.text);
    }
}

/* A model whose family changes late, and then once more within the block. */
static void families_that_change(void **state)
{
    static const char late[] =
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"f\"}\n"
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"g\"}\n"
        "{\"item\":\"q\",\"judge\":\"m1\",\"a\":\"m2\",\"b\":\"m3\",\"verdict\":\"a\",\"a_family\":\"f\"}";
    (void)state;
    made m = make(20, false, 0);
    memcpy(m.text + m.n, late, sizeof(late) - 1);
    m.n += sizeof(late) - 1;
    check(&m, false);
    check(&m, true);
    free(m.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_lines),
        cmocka_unit_test(bad_lines),
        cmocka_unit_test(families_that_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
