/* A drawn table against the table of a set in which the rows really were repeated or left out. */
#include <peerless/signal.h>

#include "alloc.h"
#include "judgment_maker.h"
#include "kit.h"

#define CASES 80
#define ITEMS_PER_IMAGE 2u

static const double gamma_weights[3] = {0.4, 0.3, 0.2};

static pl_peer_table *build(const pl_maker *k, bool pair_orders)
{
    pl_error err = {0};
    pl_peer_table *t = NULL;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.criterion_weights = gamma_weights;
    opts.pair_orders = pair_orders;
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
    return t;
}

static pl_resampler *resampler_of(const pl_peer_table *t)
{
    pl_error err = {0};
    pl_resampler *r = NULL;
    PL_KIT_OK(pl_resampler_new(t, &r, &err), &err);
    return r;
}

static pl_maker *random_case(pl_rng *rng, uint64_t i)
{
    pl__rng_init(rng, pl__kit_seed(), "resample", i);
    uint32_t m = 2 + (uint32_t)pl__rng_below(rng, 5);
    uint32_t n_criteria = 1 + (uint32_t)pl__rng_below(rng, 3);
    pl_maker *k = pl__maker_new(m, 2 + (uint32_t)pl__rng_below(rng, 20), n_criteria);
    pl__maker_random(k, rng, pl__rng_below(rng, 400), i % 3 == 0);
    for (size_t j = 0; j < k->set.n_rows; j++)
        k->rows[j].image = k->rows[j].item / ITEMS_PER_IMAGE;
    return k;
}

/* copies[image] of every row, each copy of an item under a name of its own. */
static pl_maker *repeated(const pl_maker *k, const uint32_t *copies)
{
    uint32_t n_items = 0;
    uint32_t first[PL_MAKER_NAMES_MAX];
    for (uint32_t i = 0; i < k->set.n_items; i++) {
        first[i] = n_items;
        n_items += copies[i / ITEMS_PER_IMAGE];
    }
    pl_maker *r = pl__maker_new(k->set.n_models, n_items, k->set.n_criteria);
    for (size_t j = 0; j < k->set.n_rows; j++) {
        for (uint32_t c = 0; c < copies[k->rows[j].image]; c++) {
            pl_judgment row = k->rows[j];
            row.item = row.image = first[row.item] + c;
            assert_true(r->set.n_rows < PL_MAKER_ROWS_MAX);
            r->rows[r->set.n_rows++] = row;
        }
    }
    return r;
}

/* Which images have a usable row, in byte order of their names, which is also the order of their indices here. */
static uint32_t used_images(const pl_maker *k, uint32_t *images)
{
    bool used[PL_MAKER_NAMES_MAX] = {false};
    uint32_t n = 0;
    for (size_t j = 0; j < k->set.n_rows; j++) {
        if (k->rows[j].verdict != PL_VERDICT_MISSING)
            used[k->rows[j].image] = true;
    }
    for (uint32_t i = 0; i < PL_MAKER_NAMES_MAX; i++) {
        if (used[i])
            images[n++] = i;
    }
    return n;
}

static void close_tables(const pl_peer_table *t, const pl_peer_table *u)
{
    uint32_t m = pl_peer_table_n_models(t);
    assert_int_equal(m, pl_peer_table_n_models(u));
    for (size_t c = 0; c < (size_t)m * m; c++) {
        PL_KIT_CLOSE(pl_peer_table_mean(t)[c], pl_peer_table_mean(u)[c], 1e-12);
        PL_KIT_CLOSE(pl_peer_table_count(t)[c], pl_peer_table_count(u)[c], 1e-10);
    }
}

/* The same ballots block by block; item indices are names only. */
static void same_list(const pl_ballot *x, size_t n, const pl_ballot *y, size_t n_u)
{
    assert_int_equal(n, n_u);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(x[i].judge, y[i].judge);
        assert_int_equal(x[i].a, y[i].a);
        assert_int_equal(x[i].b, y[i].b);
        assert_int_equal(x[i].criterion, y[i].criterion);
        assert_int_equal(x[i].a_first, y[i].a_first);
        PL_KIT_CLOSE(x[i].a_score, y[i].a_score, 0);
        PL_KIT_CLOSE(x[i].weight, y[i].weight, 0);
        if (i > 0)
            assert_int_equal(x[i].item == x[i - 1].item, y[i].item == y[i - 1].item);
    }
}

static void same_ballots(const pl_peer_table *t, const pl_peer_table *u)
{
    size_t n = 0;
    size_t n_u = 0;
    const pl_ballot *x = pl_peer_table_ballots(t, &n);
    const pl_ballot *y = pl_peer_table_ballots(u, &n_u);
    same_list(x, n, y, n_u);
}

static void same_lone_ballots(const pl_peer_table *t, const pl_peer_table *u)
{
    size_t n = 0;
    size_t n_u = 0;
    const pl_ballot *x = pl_peer_table_lone_ballots(t, &n);
    const pl_ballot *y = pl_peer_table_lone_ballots(u, &n_u);
    same_list(x, n, y, n_u);
}

static void a_draw_is_the_table_of_repeated_rows(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_error err = {0};
        uint32_t images[PL_MAKER_NAMES_MAX];
        uint32_t drawn[PL_MAKER_NAMES_MAX] = {0};
        pl_maker *k = random_case(&rng, i);
        pl_peer_table *base = build(k, i % 2 == 0);
        pl_resampler *r = resampler_of(base);
        pl_peer_table *t = NULL;
        uint32_t n = used_images(k, images);
        assert_int_equal(pl_peer_table_n_images(base), n);
        for (int round = 0; round < 3; round++) { /* the second and third use the first one's memory */
            uint32_t copies[PL_MAKER_NAMES_MAX] = {0};
            for (uint32_t c = 0; c < n; c++)
                drawn[c] = copies[images[c]] = (uint32_t)pl__rng_below(&rng, 4);
            pl_maker *many = repeated(k, copies);
            pl_peer_table *u = build(many, i % 2 == 0);
            PL_KIT_OK(pl_resampler_draw(r, drawn, &t, &err), &err);
            close_tables(t, u);
            same_ballots(t, u);
            same_lone_ballots(t, u);
            assert_memory_equal(pl_peer_table_families(t), pl_peer_table_families(base),
                                k->set.n_models * sizeof(uint32_t));
            for (uint32_t m = 0; m < k->set.n_models; m++) {
                assert_int_equal(pl_peer_table_is_candidate(t, m), pl_peer_table_is_candidate(base, m));
                assert_int_equal(pl_peer_table_is_judge(t, m), pl_peer_table_is_judge(base, m));
            }
            pl_peer_table_free(u);
            pl__maker_free(many);
        }
        pl_peer_table_free(t);
        pl_resampler_free(r);
        pl_peer_table_free(base);
        pl__maker_free(k);
    }
}

static bool belongs(const pl_judgment *row, const pl_comparison *c)
{
    uint32_t a = row->a < row->b ? row->a : row->b;
    uint32_t b = row->a < row->b ? row->b : row->a;
    return row->item == c->item && row->judge == c->judge && a == c->a && b == c->b;
}

static void leaving_out_is_the_table_without_the_rows(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_error err = {0};
        bool left_out[PL_MAKER_ROWS_MAX] = {false};
        pl_maker *k = random_case(&rng, i);
        pl_peer_table *base = build(k, i % 2 == 0);
        pl_resampler *r = resampler_of(base);
        pl_peer_table *t = NULL;
        size_t n = pl_peer_table_n_comparisons(base);
        pl_maker *fewer = pl__maker_copy(k);
        for (size_t c = 0; c < n; c++)
            left_out[c] = pl__rng_below(&rng, 3) == 0;
        fewer->set.n_rows = 0;
        for (size_t j = 0; j < k->set.n_rows; j++) {
            bool gone = false;
            for (size_t c = 0; c < n && !gone; c++) {
                pl_comparison comparison = pl_peer_table_comparison(base, c);
                gone = left_out[c] && belongs(&k->rows[j], &comparison);
            }
            if (!gone)
                fewer->rows[fewer->set.n_rows++] = k->rows[j];
        }
        pl_peer_table *u = build(fewer, i % 2 == 0);
        PL_KIT_OK(pl_resampler_leave_out(r, left_out, &t, &err), &err);
        close_tables(t, u);
        same_ballots(t, u);
        same_lone_ballots(t, base);
        pl_peer_table_free(u);
        pl_peer_table_free(t);
        pl_resampler_free(r);
        pl_peer_table_free(base);
        pl__maker_free(fewer);
        pl__maker_free(k);
    }
}

static void comparisons_add_up_to_the_table(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < CASES; i++) {
        pl_rng rng;
        pl_maker *k = random_case(&rng, i);
        pl_peer_table *t = build(k, i % 2 == 0);
        size_t m = k->set.n_models;
        double *sum = pl__calloc(m * m, sizeof(*sum));
        double *weight = pl__calloc(m * m, sizeof(*weight));
        assert_true(sum && weight);
        for (size_t c = 0; c < pl_peer_table_n_comparisons(t); c++) {
            pl_comparison x = pl_peer_table_comparison(t, c);
            assert_true(x.a < x.b);
            if (x.weight > 0)
                PL_KIT_CLOSE(x.a_score + x.b_score, 1, 1e-12);
            sum[x.a * m + x.judge] += x.weight * x.a_score;
            sum[x.b * m + x.judge] += x.weight * x.b_score;
            weight[x.a * m + x.judge] += x.weight;
            weight[x.b * m + x.judge] += x.weight;
        }
        for (size_t c = 0; c < m * m; c++) {
            PL_KIT_CLOSE(pl_peer_table_count(t)[c], weight[c], 1e-10);
            PL_KIT_CLOSE(pl_peer_table_mean(t)[c] * weight[c], sum[c], 1e-10);
        }
        pl__free(sum);
        pl__free(weight);
        pl_peer_table_free(t);
        pl__maker_free(k);
    }
}

static void an_item_on_two_images_goes_with_the_first(void **state)
{
    pl_error err = {0};
    pl_maker *k = pl__maker_new(3, 3, 1);
    pl_peer_table *t = NULL;
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        pl__maker_add(k, i, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A)->image = 2;
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_TIE)->image = 1;
    PL_KIT_OK(pl_peer_table_build(&k->set, NULL, &t, &err), &err);
    assert_int_equal(pl_peer_table_n_images(t), 3);
    assert_int_equal(pl_peer_table_split_items(t), 1);
    pl_peer_table_free(t);
    pl__maker_free(k);
}

static void misuse_is_refused(void **state)
{
    pl_error err = {0};
    uint32_t copies[4] = {1, 1, 1, 1};
    pl_maker *k = pl__maker_new(3, 2, 1);
    pl_peer_table *t = NULL;
    pl_resampler *nested = NULL;
    (void)state;
    pl__maker_add(k, 0, 2, 0, 1, 0, PL_VERDICT_A);
    pl__maker_add(k, 1, 2, 0, 1, 0, PL_VERDICT_B);
    pl_peer_table *base = build(k, false);
    pl_resampler *r = resampler_of(base);
    PL_KIT_STATUS(pl_resampler_new(NULL, &nested, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_resampler_draw(r, NULL, &t, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_resampler_draw(r, copies, &base, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_resampler_leave_out(r, NULL, &t, &err), PL_E_INVALID, &err);
    copies[0] = copies[1] = UINT32_MAX;
    PL_KIT_STATUS(pl_resampler_draw(r, copies, &t, &err), PL_E_LIMIT, &err);
    assert_null(t);
    copies[0] = copies[1] = 0;
    err = (pl_error){0};
    PL_KIT_OK(pl_resampler_draw(r, copies, &t, &err), &err);
    PL_KIT_STATUS(pl_resampler_new(t, &nested, &err), PL_E_INVALID, &err);
    assert_int_equal(pl_peer_table_n_comparisons(t), 0);
    assert_int_equal(pl_peer_table_n_images(t), 0);
    pl_resampler_free(NULL);
    pl_peer_table_free(t);
    pl_resampler_free(r);
    pl_peer_table_free(base);
    pl__maker_free(k);
}

static pl_status draw_all(void *user, pl_error *err)
{
    const pl_maker *k = user;
    uint32_t copies[PL_MAKER_NAMES_MAX];
    bool left_out[PL_MAKER_ROWS_MAX] = {false};
    pl_peer_table *base = NULL;
    pl_peer_table *t = NULL;
    pl_resampler *r = NULL;
    for (uint32_t i = 0; i < PL_MAKER_NAMES_MAX; i++)
        copies[i] = i % 3;
    pl_status rc = pl_peer_table_build(&k->set, NULL, &base, err);
    if (!rc)
        rc = pl_resampler_new(base, &r, err);
    if (!rc)
        rc = pl_resampler_draw(r, copies, &t, err);
    if (!rc)
        rc = pl_resampler_leave_out(r, left_out, &t, err);
    pl_peer_table_free(t);
    pl_resampler_free(r);
    pl_peer_table_free(base);
    return rc;
}

static void test_faults(void **state)
{
    pl_rng rng;
    pl_maker *k = random_case(&rng, 7);
    (void)state;
    pl__kit_fault_loop("resample", draw_all, k);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_is_the_table_of_repeated_rows),
        cmocka_unit_test(leaving_out_is_the_table_without_the_rows),
        cmocka_unit_test(comparisons_add_up_to_the_table),
        cmocka_unit_test(an_item_on_two_images_goes_with_the_first),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
