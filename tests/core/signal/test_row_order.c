/* The order of rows against one that is found by comparing. */
#include "kit.h"
#include "row_order.h"

#include "alloc.h"
#include "rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 80u
#define NAME_BYTES 12
#define ROWS_MAX 6000u

typedef struct drawn {
    pl_judgment_set set;
    char text[4][NAMES_MAX][NAME_BYTES];
    const char *names[4][NAMES_MAX]; /* models, items, images, criteria; in no order */
    pl_judgment rows[ROWS_MAX];
} drawn;

static void draw_names(drawn *d, size_t list, uint32_t n, pl_rng *rng)
{
    uint32_t numbers[NAMES_MAX];
    for (uint32_t i = 0; i < n; i++)
        numbers[i] = i;
    pl__rng_shuffle(rng, numbers, n);
    for (uint32_t i = 0; i < n; i++) {
        (void)snprintf(d->text[list][i], NAME_BYTES, "n%u", numbers[i]);
        d->names[list][i] = d->text[list][i];
    }
}

static void draw(drawn *d, uint32_t n_models, uint32_t n_items, size_t n_rows, pl_rng *rng)
{
    const uint32_t n[4] = {n_models, n_items, 7, 3};
    bool weighted = pl__rng_below(rng, 2) == 1;
    for (size_t i = 0; i < 4; i++)
        draw_names(d, i, n[i], rng);
    for (size_t i = 0; i < n_rows; i++) {
        uint32_t a = (uint32_t)pl__rng_below(rng, n_models);
        d->rows[i] = (pl_judgment){.item = (uint32_t)pl__rng_below(rng, n_items),
                                   .image = (uint32_t)pl__rng_below(rng, 7),
                                   .judge = (uint32_t)pl__rng_below(rng, n_models),
                                   .a = a,
                                   .b = (a + 1 + (uint32_t)pl__rng_below(rng, n_models - 1)) % n_models,
                                   .criterion = (uint32_t)pl__rng_below(rng, 3),
                                   .verdict = (uint8_t)pl__rng_below(rng, 4),
                                   .weight = weighted ? 1.0 + (double)pl__rng_below(rng, 3) : 2.0};
        d->rows[i].missing = d->rows[i].verdict == PL_VERDICT_MISSING ? PL_MISSING_NO_MARK : PL_MISSING_NOT;
    }
    d->set = (pl_judgment_set){.models = d->names[0],
                               .n_models = n_models,
                               .items = d->names[1],
                               .n_items = n_items,
                               .images = d->names[2],
                               .n_images = 7,
                               .criteria = d->names[3],
                               .n_criteria = 3,
                               .rows = d->rows,
                               .n_rows = n_rows};
}

static int compare_numbers(double x, double y)
{
    return (x > y) - (x < y);
}

/* By the names themselves. */
static int compare_rows(const pl_judgment_set *set, const pl_judgment *x, const pl_judgment *y)
{
    const char *x_names[2] = {set->models[x->a], set->models[x->b]};
    const char *y_names[2] = {set->models[y->a], set->models[y->b]};
    int x_swapped = strcmp(x_names[0], x_names[1]) > 0;
    int y_swapped = strcmp(y_names[0], y_names[1]) > 0;
    int c = strcmp(set->items[x->item], set->items[y->item]);
    c = c ? c : strcmp(x_names[x_swapped], y_names[y_swapped]);
    c = c ? c : strcmp(x_names[!x_swapped], y_names[!y_swapped]);
    c = c ? c : strcmp(set->models[x->judge], set->models[y->judge]);
    c = c ? c : strcmp(set->criteria[x->criterion], set->criteria[y->criterion]);
    c = c ? c : x_swapped - y_swapped;
    c = c ? c : (int)x->verdict - (int)y->verdict;
    c = c ? c : strcmp(set->images[x->image], set->images[y->image]);
    return c ? c : compare_numbers(x->weight, y->weight);
}

static void check_keys(const drawn *d, const pl_row_key *keys, size_t n)
{
    static bool seen[ROWS_MAX];
    size_t usable = 0;
    memset(seen, 0, sizeof(seen));
    for (size_t i = 0; i < d->set.n_rows; i++)
        usable += d->rows[i].verdict != PL_VERDICT_MISSING;
    assert_int_equal(n, usable);
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &d->rows[keys[i].row];
        bool swapped = strcmp(d->set.models[row->a], d->set.models[row->b]) > 0;
        assert_false(seen[keys[i].row]);
        seen[keys[i].row] = true;
        assert_int_equal(pl__row_verdict(&keys[i]), row->verdict);
        assert_int_equal(pl__row_swapped(&keys[i]), swapped);
        PL_KIT_CLOSE(keys[i].weight, row->weight, 0.0);
        if (i == 0)
            continue;
        int c = compare_rows(&d->set, &d->rows[keys[i - 1].row], row);
        assert_true(c < 0 || (c == 0 && keys[i - 1].row < keys[i].row));
        assert_true(keys[i - 1].pair <= keys[i].pair);
    }
}

static void test_against_comparing(void **state)
{
    static drawn d;
    const struct {
        uint32_t models;
        uint32_t items;
        size_t rows;
    } shapes[] = {{2, 1, 0}, {2, 1, 5}, {3, 2, 40}, {5, 1, ROWS_MAX}, {60, 3, 5000}, {80, 80, ROWS_MAX}};
    uint64_t seed = pl__kit_seed();
    (void)state;
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        for (uint64_t round = 0; round < 4; round++) {
            pl_rng rng;
            pl_row_key *keys = NULL;
            size_t n = 0;
            pl_error err = {0};
            pl__rng_init(&rng, seed, "row order", 10 * s + round);
            draw(&d, shapes[s].models, shapes[s].items, shapes[s].rows, &rng);
            assert_int_equal(pl__row_order(&d.set, false, NULL, &keys, &n, &err), PL_OK);
            check_keys(&d, keys, n);
            pl__free(keys);
        }
    }
}

#define NAMES_BIG 60000u

/* A long list: the given names and, behind them in byte order too, names that no row uses. */
static const char **with_more(const char *const *names, uint32_t n)
{
    static char text[NAMES_BIG][NAME_BYTES];
    const char **all = pl__calloc(NAMES_BIG, sizeof(*all));
    assert_non_null(all);
    for (uint32_t i = 0; i < NAMES_BIG; i++) {
        (void)snprintf(text[i], NAME_BYTES, "z%05u", i);
        all[i] = i < n ? names[i] : text[i];
    }
    return all;
}

/* So many names and rows that a row does not fit into one number. */
static void test_rows_of_many_bits(void **state)
{
    static drawn d;
    pl_rng rng;
    pl_error err = {0};
    pl_row_key *keys = NULL;
    pl_row_key *more_keys = NULL;
    size_t n = 0;
    size_t more_n = 0;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "many bits", 0);
    draw(&d, 80, 20, ROWS_MAX, &rng);
    PL_KIT_OK(pl__row_order(&d.set, true, NULL, &keys, &n, &err), &err);
    const char **models = with_more(d.names[0], 80);
    const char **criteria = with_more(d.names[3], 3);
    d.set.models = models;
    d.set.n_models = NAMES_BIG;
    d.set.criteria = criteria;
    d.set.n_criteria = NAMES_BIG;
    PL_KIT_OK(pl__row_order(&d.set, true, NULL, &more_keys, &more_n, &err), &err);
    assert_int_equal(n, more_n);
    assert_memory_equal(keys, more_keys, n * sizeof(*keys));
    pl__free(keys);
    pl__free(more_keys);
    pl__free(models);
    pl__free(criteria);
}

static void test_threads_do_not_matter(void **state)
{
    static const uint32_t threads[] = {1, 2, 5};
    static drawn d;
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        pl_row_key *keys[3] = {NULL, NULL, NULL};
        size_t n = 0;
        pl_rng rng;
        pl_error err = {0};
        pl__rng_init(&rng, pl__kit_seed(), "threads", i);
        draw(&d, 60, i % 2 == 0 ? 3 : 80, ROWS_MAX, &rng);
        for (size_t t = 0; t < 3; t++) {
            pl_row_rules rules = {.check_rows = true, .threads = threads[t]};
            pl_row_words words = {0};
            PL_KIT_OK(pl__row_words_make(&d.set, &rules, &words, &err), &err);
            PL_KIT_OK(pl__row_keys(&words, &keys[t], &err), &err);
            n = words.n;
            pl__row_words_clear(&words);
            assert_memory_equal(keys[t], keys[0], n * sizeof(*keys[0]));
        }
        for (size_t t = 0; t < 3; t++)
            pl__free(keys[t]);
    }
}

/* The first bad row is named, whoever finds it. */
static void test_bad_rows(void **state)
{
    static drawn d;
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, pl__kit_seed(), "bad rows", 0);
    draw(&d, 5, 3, ROWS_MAX, &rng);
    d.rows[ROWS_MAX - 1].weight = 0.0;
    d.rows[ROWS_MAX / 3].a = 5;
    d.rows[ROWS_MAX / 2].verdict = 9;
    for (uint32_t threads = 1; threads < 5; threads++) {
        pl_row_rules rules = {.check_rows = true, .threads = threads};
        pl_row_words words = {0};
        pl_error err = {0};
        PL_KIT_STATUS(pl__row_words_make(&d.set, &rules, &words, &err), PL_E_RANGE, &err);
        assert_string_equal(err.msg, "judgment 2000: candidate out of range");
    }
}

static pl_status order_once(void *user, pl_error *reterr)
{
    drawn *d = user;
    pl_row_key *keys = NULL;
    size_t n = 0;
    pl_status rc = pl__row_order(&d->set, false, NULL, &keys, &n, reterr);
    pl__free(keys);
    return rc;
}

static void test_refused_memory(void **state)
{
    static drawn d;
    pl_rng rng;
    (void)state;
    pl__rng_init(&rng, 1, "row order", 0);
    draw(&d, 4, 3, 200, &rng);
    pl__kit_fault_loop("row order", order_once, &d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_comparing),     cmocka_unit_test(test_rows_of_many_bits),
        cmocka_unit_test(test_threads_do_not_matter), cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
