/* Tables that keep votes against the same ones that do not: a second criterion that nobody uses makes the difference.
 */
#include "judgment_maker.h"
#include "kit.h"

#include <peerless/signal.h>

#include "alloc.h"
#include "cluster_sums.h"
#include "judge_report.h"
#include "peer_table.h"
#include "thread.h"

#include <stdlib.h>
#include <string.h>

#define MODELS 6u
#define ITEMS 23u
#define ROWS 3000u
#define DRAWS (PL_LANES + 7u)

typedef struct twins {
    pl_maker *plain;
    pl_maker *other;
    bool excluded[MODELS];
} twins;

static void open_twins(twins *w, size_t n_rows, double weight, uint64_t index)
{
    pl_rng rng;
    pl__rng_init(&rng, pl__kit_seed(), "twins", index);
    *w = (twins){.plain = pl__maker_new(MODELS, ITEMS, 2)};
    pl__maker_random(w->plain, &rng, n_rows, false);
    for (size_t i = 0; i < n_rows; i++) {
        w->plain->rows[i].weight = weight;
        w->plain->rows[i].criterion = 0;
        w->plain->rows[i].a_length = index % 2 == 0 ? 0 : (uint32_t)pl__rng_below(&rng, 9);
        w->plain->rows[i].b_length = index % 2 == 0 ? 0 : (uint32_t)pl__rng_below(&rng, 9);
        w->plain->rows[i].image = w->plain->rows[i].item * 7 % 11; /* several items an image, in another order */
    }
    w->other = pl__maker_copy(w->plain);
    w->plain->set.n_criteria = 1;
    for (uint32_t m = 0; m < MODELS; m++)
        w->excluded[m] = index % 3 == 2 && pl__rng_below(&rng, 3) == 0;
}

static void close_twins(twins *w)
{
    pl__maker_free(w->plain);
    pl__maker_free(w->other);
}

static pl_peer_table *build(const pl_maker *k, const twins *w, bool drop_self, uint32_t threads)
{
    static const double all_on_one[2] = {1.0, 0.0};
    pl_peer_table *t = NULL;
    pl_error err = {0};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.drop_self_reviews = drop_self;
    opts.exclude_judges = w->excluded;
    opts.threads = threads;
    opts.criterion_weights = k->set.n_criteria > 1 ? all_on_one : NULL;
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &t, &err), &err);
    return t;
}

static void same_sums(const pl_peer_table *t, const pl_peer_table *u)
{
    size_t bytes = (size_t)MODELS * MODELS * sizeof(double);
    assert_memory_equal(pl_peer_table_mean(t), pl_peer_table_mean(u), bytes);
    assert_memory_equal(pl_peer_table_count(t), pl_peer_table_count(u), bytes);
}

static void same_ballots(const pl_peer_table *t, const pl_peer_table *u)
{
    size_t n = 0;
    size_t n_u = 0;
    const pl_ballot *x = pl_peer_table_ballots(t, &n);
    const pl_ballot *y = pl_peer_table_ballots(u, &n_u);
    assert_int_equal(n, n_u);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(x[i].item, y[i].item);
        assert_int_equal(x[i].image, y[i].image);
        assert_int_equal(x[i].judge, y[i].judge);
        assert_int_equal(x[i].a, y[i].a);
        assert_int_equal(x[i].b, y[i].b);
        assert_int_equal(x[i].criterion, y[i].criterion);
        assert_int_equal(x[i].a_first, y[i].a_first);
        PL_KIT_CLOSE(x[i].a_score, y[i].a_score, 0);
        PL_KIT_CLOSE(x[i].weight, y[i].weight, 0);
        assert_int_equal(x[i].a_length, y[i].a_length);
        assert_int_equal(x[i].b_length, y[i].b_length);
    }
}

static void same_votes(const pl_peer_table *t)
{
    size_t n = 0;
    size_t n_votes = 0;
    size_t n_blocks = 0;
    size_t seen = 0;
    double weight = 0.0;
    const pl_ballot *ballots = pl_peer_table_ballots(t, &n);
    const pl_vote *votes = pl_peer_table_votes(t, &n_votes, &weight);
    const pl_vote_block *blocks = pl_peer_table_vote_blocks(t, &n_blocks);
    assert_int_equal(n, n_votes);
    for (size_t k = 0; k < n_blocks; k++) {
        assert_int_equal(blocks[k].first, seen);
        assert_true(blocks[k].n > 0);
        for (size_t i = seen; i < seen + blocks[k].n; i++) {
            assert_int_equal(blocks[k].item, ballots[i].item);
            assert_int_equal(blocks[k].image, ballots[i].image);
            assert_int_equal(votes[i].a, ballots[i].a);
            assert_int_equal(votes[i].b, ballots[i].b);
            assert_int_equal(votes[i].judge, ballots[i].judge);
            assert_int_equal(votes[i].a_first, ballots[i].a_first);
            PL_KIT_CLOSE(votes[i].a_halves, 2.0 * ballots[i].a_score, 0);
            PL_KIT_CLOSE(weight, ballots[i].weight, 0);
        }
        seen += blocks[k].n;
    }
    assert_int_equal(seen, n);
}

static void same_comparisons(const pl_peer_table *t, const pl_peer_table *u)
{
    size_t n = pl_peer_table_n_comparisons(t);
    assert_int_equal(n, pl_peer_table_n_comparisons(u));
    for (size_t i = 0; i < n; i++) {
        pl_comparison x = pl_peer_table_comparison(t, i);
        pl_comparison y = pl_peer_table_comparison(u, i);
        assert_int_equal(x.item, y.item);
        assert_int_equal(x.judge, y.judge);
        assert_int_equal(x.a, y.a);
        assert_int_equal(x.b, y.b);
        PL_KIT_CLOSE(x.a_score, y.a_score, 0);
        PL_KIT_CLOSE(x.b_score, y.b_score, 0);
        PL_KIT_CLOSE(x.weight, y.weight, 0);
    }
}

static void same_rest(const pl_peer_table *t, const pl_peer_table *u)
{
    uint32_t n = 0;
    assert_int_equal(pl_peer_table_n_images(t), pl_peer_table_n_images(u));
    assert_memory_equal(pl_peer_table_item_images(t, &n), pl_peer_table_item_images(u, NULL), ITEMS * sizeof(uint32_t));
    assert_int_equal(n, ITEMS);
    assert_int_equal(pl_peer_table_split_items(t), 0);
    assert_int_equal(pl_peer_table_split_items(u), 0);
    assert_int_equal(pl_peer_table_dropped_pairs(t), pl_peer_table_dropped_pairs(u));
    assert_int_equal(pl_peer_table_rescaled_pairs(t), pl_peer_table_rescaled_pairs(u));
    for (uint32_t m = 0; m < MODELS; m++) {
        assert_int_equal(pl_peer_table_is_candidate(t, m), pl_peer_table_is_candidate(u, m));
        assert_int_equal(pl_peer_table_is_judge(t, m), pl_peer_table_is_judge(u, m));
    }
}

static void the_same_table(void **state)
{
    static const size_t rows[] = {0, 1, 40, ROWS};
    static const uint32_t threads[] = {0, 1, 2, 5};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) * 3; i++) {
        twins w;
        open_twins(&w, rows[i / 3], i % 2 == 0 ? 1.0 : 0.375, i);
        pl_peer_table *u = build(w.other, &w, i % 2 == 1, 2);
        for (size_t k = 0; k < sizeof(threads) / sizeof(threads[0]); k++) {
            pl_peer_table *t = build(w.plain, &w, i % 2 == 1, threads[k]);
            assert_non_null(pl_peer_table_votes(t, NULL, NULL));
            same_sums(t, u);
            same_comparisons(t, u);
            same_ballots(t, u);
            same_votes(t);
            same_rest(t, u);
            pl_peer_table_free(t);
        }
        pl_peer_table_free(u);
        close_twins(&w);
    }
}

static bool keeps_votes(const pl_maker *k, const pl_peer_opts *opts)
{
    pl_peer_table *t = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl_peer_table_build(&k->set, opts, &t, &err), &err);
    bool kept = pl_peer_table_votes(t, NULL, NULL) != NULL;
    assert_int_equal(kept, pl_peer_table_vote_blocks(t, NULL) != NULL);
    pl_peer_table_free(t);
    return kept;
}

static void only_plain_rows_are_votes(void **state)
{
    (void)state;
    twins w;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    open_twins(&w, 50, 1.0, 0);
    pl_maker *k = w.plain;
    pl_judgment *row = k->rows;
    while (row->verdict == PL_VERDICT_MISSING)
        row++;
    pl_judgment kept = *row;
    assert_true(keeps_votes(k, &opts));
    row->weight = 2.0;
    assert_false(keeps_votes(k, &opts));
    *row = kept;
    row->b_length = 3;
    assert_true(keeps_votes(k, &opts));
    *row = kept;
    opts.pair_orders = true;
    assert_false(keeps_votes(k, &opts));
    opts.pair_orders = false;
    pl_judgment *more = pl__maker_add(k, row->item, row->judge, row->a, row->b, 0, PL_VERDICT_TIE);
    more->image = row->image;
    assert_true(keeps_votes(k, &opts));
    more->image = (row->image + 1) % ITEMS;
    assert_false(keeps_votes(k, &opts));
    more->image = row->image;
    for (size_t i = 0; i < k->set.n_rows; i++)
        k->rows[i].weight = 0.1; /* sums of it are rounded */
    assert_false(keeps_votes(k, &opts));
    close_twins(&w);
    pl_maker *two = pl__maker_new(3, 2, 2);
    (void)pl__maker_add(two, 0, 0, 1, 2, 0, PL_VERDICT_A);
    assert_false(keeps_votes(two, &opts));
    pl__maker_free(two);
}

typedef struct asked {
    pl_peer_table *table;
    const pl_ballot *found[8];
} asked;

static pl_status ask(size_t index, void *user, pl_error *reterr)
{
    asked *a = user;
    size_t n = 0;
    (void)reterr;
    a->found[index] = pl_peer_table_ballots(a->table, &n);
    return n > 0 && a->found[index][n - 1].weight > 0.0 ? PL_OK : PL_E_INVALID;
}

static void threads_may_ask_for_ballots(void **state)
{
    (void)state;
    twins w;
    open_twins(&w, ROWS, 1.0, 0);
    asked a = {.table = build(w.plain, &w, false, 3)};
    PL_KIT_OK(pl__parallel_for(8, 4, ask, &a, NULL), NULL);
    for (size_t i = 1; i < 8; i++)
        assert_ptr_equal(a.found[i], a.found[0]);
    pl_peer_table *t = build(w.plain, &w, false, 1);
    same_ballots(a.table, t);
    pl_peer_table_free(t);
    pl_peer_table_free(a.table);
    close_twins(&w);
}

static void draw_copies(uint32_t *copies, uint32_t n_images, size_t n, uint32_t most, pl_rng *rng)
{
    for (size_t i = 0; i < n * n_images; i++)
        copies[i] = (uint32_t)pl__rng_below(rng, most + 1);
}

/* One by one, many at once, and from the other table. */
static void the_same_draws(void **state)
{
    static const uint32_t most[] = {1, 3, PL_LANE_COPIES_MAX, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
        twins w;
        pl_rng rng;
        pl_error err = {0};
        pl_peer_table *many[DRAWS] = {NULL};
        pl_peer_table *one = NULL;
        pl_peer_table *other = NULL;
        pl_resampler *r = NULL;
        pl_resampler *s = NULL;
        open_twins(&w, most[i] > 3 ? 60 : ROWS, 0.5, i);
        pl__rng_init(&rng, pl__kit_seed(), "draws", i);
        pl_peer_table *t = build(w.plain, &w, false, 2);
        pl_peer_table *u = build(w.other, &w, false, 1);
        uint32_t n_images = pl_peer_table_n_images(t);
        uint32_t *copies = pl__calloc((size_t)DRAWS * n_images, sizeof(*copies));
        assert_non_null(copies);
        PL_KIT_OK(pl_resampler_new(t, &r, &err), &err);
        PL_KIT_OK(pl_resampler_new(u, &s, &err), &err);
        for (size_t round = 0; round < 2; round++) { /* the same memory twice */
            draw_copies(copies, n_images, DRAWS, most[i], &rng);
            PL_KIT_OK(pl_resampler_draw_many(r, copies, DRAWS, many, &err), &err);
            for (size_t k = 0; k < DRAWS; k++) {
                PL_KIT_OK(pl_resampler_draw(r, copies + k * n_images, &one, &err), &err);
                PL_KIT_OK(pl_resampler_draw(s, copies + k * n_images, &other, &err), &err);
                same_sums(many[k], one);
                same_sums(many[k], other);
                if (k % 16 == 0)
                    same_ballots(many[k], other);
            }
        }
        for (size_t k = 0; k < DRAWS; k++)
            pl_peer_table_free(many[k]);
        pl_peer_table_free(one);
        pl_peer_table_free(other);
        pl_resampler_free(r);
        pl_resampler_free(s);
        pl_peer_table_free(t);
        pl_peer_table_free(u);
        pl__free(copies);
        close_twins(&w);
    }
}

static void the_same_without_comparisons(void **state)
{
    (void)state;
    twins w;
    pl_rng rng;
    pl_error err = {0};
    pl_peer_table *x = NULL;
    pl_peer_table *y = NULL;
    pl_resampler *r = NULL;
    pl_resampler *s = NULL;
    open_twins(&w, ROWS, 1.0, 1);
    pl__rng_init(&rng, pl__kit_seed(), "left out", 0);
    pl_peer_table *t = build(w.plain, &w, false, 2);
    pl_peer_table *u = build(w.other, &w, false, 1);
    size_t n = pl_peer_table_n_comparisons(t);
    bool *left_out = pl__calloc(n, sizeof(*left_out));
    assert_non_null(left_out);
    for (size_t i = 0; i < n; i++)
        left_out[i] = pl__rng_below(&rng, 4) == 0;
    PL_KIT_OK(pl_resampler_new(t, &r, &err), &err);
    PL_KIT_OK(pl_resampler_new(u, &s, &err), &err);
    PL_KIT_OK(pl_resampler_leave_out(r, left_out, &x, &err), &err);
    PL_KIT_OK(pl_resampler_leave_out(s, left_out, &y, &err), &err);
    same_sums(x, y);
    same_ballots(x, y);
    pl_peer_table_free(x);
    pl_peer_table_free(y);
    pl_resampler_free(r);
    pl_resampler_free(s);
    pl_peer_table_free(t);
    pl_peer_table_free(u);
    pl__free(left_out);
    close_twins(&w);
}

static pl_status build_and_draw(void *user, pl_error *reterr)
{
    const twins *w = user;
    uint32_t copies[DRAWS * 11];
    pl_peer_table *many[DRAWS] = {NULL};
    pl_peer_table *t = NULL;
    pl_resampler *r = NULL;
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.threads = 2;
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
        copies[i] = 1;
    pl_status rc = pl_peer_table_build(&w->plain->set, &opts, &t, reterr);
    if (!rc)
        rc = pl_resampler_new(t, &r, reterr);
    if (!rc)
        rc = pl_resampler_draw_many(r, copies, 9, many, reterr);
    for (size_t k = 0; k < DRAWS; k++)
        pl_peer_table_free(many[k]);
    pl_resampler_free(r);
    pl_peer_table_free(t);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    twins w;
    open_twins(&w, 200, 1.0, 1); /* with lengths */
    pl__kit_fault_loop("pl_resampler_draw_many", build_and_draw, &w);
    close_twins(&w);
}

static void what_cannot_be_drawn(void **state)
{
    (void)state;
    twins w;
    pl_error err = {0};
    uint32_t copies[22] = {0};
    pl_peer_table *tables[2] = {NULL};
    pl_resampler *r = NULL;
    open_twins(&w, 200, 1.0, 0);
    pl_peer_table *t = build(w.plain, &w, false, 1);
    PL_KIT_OK(pl_resampler_new(t, &r, &err), &err);
    PL_KIT_STATUS(pl_resampler_draw_many(NULL, copies, 2, tables, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_resampler_draw_many(r, NULL, 2, tables, &err), PL_E_INVALID, &err);
    PL_KIT_STATUS(pl_resampler_draw_many(r, copies, 2, NULL, &err), PL_E_INVALID, &err);
    tables[1] = t; /* not drawn from itself */
    PL_KIT_STATUS(pl_resampler_draw_many(r, copies, 2, tables, &err), PL_E_INVALID, &err);
    assert_null(tables[0]);
    tables[1] = NULL;
    err = (pl_error){0};
    PL_KIT_OK(pl_resampler_draw_many(r, copies, 0, tables, &err), &err);
    copies[0] = UINT32_MAX;
    PL_KIT_STATUS(pl_resampler_draw_many(r, copies, 2, tables, &err), PL_E_LIMIT, &err);
    for (size_t i = 0; i < 2; i++)
        pl_peer_table_free(tables[i]);
    pl_resampler_free(r);
    pl_peer_table_free(t);
    close_twins(&w);
}

/* ---- rows that do not stand in the set ---- */

typedef struct elsewhere {
    const pl_judgment *rows;
    pl_judgment_set set;
    bool expanded;
} elsewhere;

static void read_elsewhere(const void *user, size_t from, size_t n, pl_judgment *ret)
{
    const elsewhere *e = user;
    memcpy(ret, e->rows + from, n * sizeof(*ret));
}

static pl_status expand_elsewhere(void *user, pl_error *reterr)
{
    elsewhere *e = user;
    (void)reterr;
    e->set.rows = e->rows;
    e->expanded = true;
    return PL_OK;
}

static void same_reports(const pl_maker *k, const pl_judge_report *reports)
{
    pl_judge_report wanted[MODELS] = {{0}};
    pl_error err = {0};
    PL_KIT_OK(pl_judge_reports(&k->set, wanted, &err), &err);
    for (size_t m = 0; m < MODELS; m++) {
        assert_int_equal(reports[m].asked, wanted[m].asked);
        assert_memory_equal(reports[m].missing, wanted[m].missing, sizeof(wanted[m].missing));
        assert_int_equal(reports[m].usable, wanted[m].usable);
        assert_int_equal(reports[m].first, wanted[m].first);
        assert_int_equal(reports[m].swap_pairs, wanted[m].swap_pairs);
        assert_int_equal(reports[m].flags, wanted[m].flags);
        PL_KIT_CLOSE(reports[m].position_p, wanted[m].position_p, 0);
    }
}

static void check_elsewhere(const pl_maker *k, const twins *w, bool drop_self, bool pair_orders, uint32_t threads)
{
    elsewhere e = {.rows = k->rows, .set = k->set};
    pl_row_source source = {.read = read_elsewhere, .expand = expand_elsewhere, .user = &e};
    pl_judge_report reports[MODELS] = {{0}};
    pl_row_words words = {0};
    pl_peer_table *t = NULL;
    pl_peer_table *u = NULL;
    pl_error err = {0};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    opts.drop_self_reviews = drop_self;
    opts.exclude_judges = w->excluded;
    opts.pair_orders = pair_orders;
    opts.threads = threads;
    e.set.rows = NULL;
    PL_KIT_OK(pl__judge_reports(&e.set, &source, threads, reports, &words, &err), &err);
    same_reports(k, reports);
    PL_KIT_OK(pl__peer_table_from_words(&words, &opts, &t, &err), &err);
    assert_int_equal(e.expanded, pair_orders || k->set.n_criteria > 1);
    PL_KIT_OK(pl_peer_table_build(&k->set, &opts, &u, &err), &err);
    same_sums(t, u);
    same_ballots(t, u);
    same_comparisons(t, u);
    same_rest(t, u);
    pl__row_words_clear(&words);
    pl_peer_table_free(t);
    pl_peer_table_free(u);
}

/* Packed rows know no lengths: where the words are votes and lengths are not known, rows are not needed. */
static void rows_elsewhere(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 12; i += 2) {
        twins w;
        open_twins(&w, ROWS, 1.0, i);
        for (uint32_t threads = 0; threads <= 3; threads++) {
            check_elsewhere(w.plain, &w, threads % 2 == 1, false, threads);
            check_elsewhere(w.plain, &w, threads % 2 == 0, true, threads);
            check_elsewhere(w.other, &w, false, false, threads);
        }
        close_twins(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_table),
        cmocka_unit_test(only_plain_rows_are_votes),
        cmocka_unit_test(threads_may_ask_for_ballots),
        cmocka_unit_test(the_same_draws),
        cmocka_unit_test(the_same_without_comparisons),
        cmocka_unit_test(what_cannot_be_drawn),
        cmocka_unit_test(refused_memory),
        cmocka_unit_test(rows_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
