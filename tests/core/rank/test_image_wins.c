/* Lanes of win matrices against wins that are added up row by row. */
#include "image_wins.h"

#include "alloc.h"
#include "kit.h"
#include "name_order.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

#define MODELS 5u
#define IMAGES 6u
#define ROWS_MAX 4000u
#define LANES PL_LANES

static const char *const models[MODELS] = {"d", "b", "a", "e", "c"};
static const char *const images[IMAGES] = {"i3", "i1", "i2", "i5", "i4", "i0"};
static const uint32_t image_place[IMAGES] = {3, 1, 2, 5, 4, 0}; /* in byte order */
static const char *const criteria[1] = {"overall"};

typedef struct fixture {
    pl_judgment rows[ROWS_MAX];
    pl_judgment_set set;
    pl_peer_table *table;
    pl_rank_opts opts;
    pl_rank_input in;
    uint32_t *order;
} fixture;

static void setup(fixture *f, size_t n_rows, bool weighted, uint64_t index)
{
    pl_rng rng;
    pl_error err = {0};
    memset(f, 0, sizeof(*f));
    pl__rng_init(&rng, pl__kit_seed(), "image wins", index);
    for (size_t i = 0; i < n_rows; i++) {
        uint32_t image = i < n_rows / 2 ? 2 : (uint32_t)pl__rng_below(&rng, IMAGES); /* many on one image */
        if (i < IMAGES) /* none is unused: that would move the places of others */
            image = (uint32_t)i;
        uint32_t a = (uint32_t)pl__rng_below(&rng, MODELS - 1); /* the last model met nobody */
        uint32_t b = (a + 1 + (uint32_t)pl__rng_below(&rng, MODELS - 2)) % (MODELS - 1);
        uint8_t verdict = (uint8_t)(1 + pl__rng_below(&rng, 3));
        if (i < n_rows / 4) { /* and many alike */
            a = 0;
            b = 1;
            verdict = PL_VERDICT_A;
        }
        f->rows[i] = (pl_judgment){.item = image,
                                   .image = image,
                                   .judge = MODELS - 1,
                                   .a = a,
                                   .b = b,
                                   .verdict = verdict,
                                   .weight = weighted ? 0.5 + pl__rng_uniform(&rng) : 0.25};
    }
    f->set = (pl_judgment_set){.models = models,
                               .n_models = MODELS,
                               .items = images,
                               .n_items = IMAGES,
                               .images = images,
                               .n_images = IMAGES,
                               .criteria = criteria,
                               .n_criteria = 1,
                               .rows = f->rows,
                               .n_rows = n_rows};
    PL_KIT_OK(pl_peer_table_build(&f->set, NULL, &f->table, &err), &err);
    assert_int_equal(pl__name_order(models, MODELS, &f->order), PL_OK);
    f->opts = (pl_rank_opts)PL_RANK_OPTS_INIT;
    f->in =
        (pl_rank_input){.table = f->table, .models = models, .n_models = MODELS, .order = f->order, .opts = &f->opts};
}

static void teardown(fixture *f)
{
    pl_peer_table_free(f->table);
    pl__free(f->order);
}

/* win[x][y], tie[x][y] by model. */
static void add_rows(const fixture *f, const pl_lanes *lanes, uint32_t lane, double win[MODELS][MODELS],
                     double tie[MODELS][MODELS])
{
    memset(win, 0, sizeof(double[MODELS][MODELS]));
    memset(tie, 0, sizeof(double[MODELS][MODELS]));
    for (size_t i = 0; i < f->set.n_rows; i++) {
        const pl_judgment *row = &f->rows[i];
        double w = row->weight * pl__lanes_copies(lanes, image_place[row->image], lane);
        if (row->verdict == PL_VERDICT_TIE) {
            tie[row->a][row->b] += w;
            tie[row->b][row->a] += w;
        } else if (row->verdict == PL_VERDICT_A) {
            win[row->a][row->b] += w;
        } else {
            win[row->b][row->a] += w;
        }
    }
}

static void check_lane(const pl_win_matrix *m, double win[MODELS][MODELS], double tie[MODELS][MODELS], double slack)
{
    for (size_t x = 0; x < MODELS; x++) {
        double met = 0.0;
        for (size_t y = 0; y < MODELS; y++)
            met += win[x][y] + win[y][x] + tie[x][y];
        assert_int_equal(m->places[x] != PL_NO_PLACE, met > 0.0);
        for (size_t y = 0; y < MODELS && met > 0.0; y++) {
            if (m->places[y] == PL_NO_PLACE)
                continue;
            size_t cell = (size_t)m->places[x] * m->n + m->places[y];
            PL_KIT_CLOSE(m->wins[cell], win[x][y], slack * (1.0 + win[x][y]));
            PL_KIT_CLOSE(m->ties[cell], tie[x][y], slack * (1.0 + tie[x][y]));
        }
    }
}

static void check(size_t n_rows, bool weighted, uint64_t copies_max, uint64_t index)
{
    static fixture f;
    pl_error err = {0};
    pl_rng rng;
    pl_image_wins *wins = NULL;
    pl_lanes lanes = {0};
    pl_win_matrix m = {0};
    double win[MODELS][MODELS];
    double tie[MODELS][MODELS];
    setup(&f, n_rows, weighted, index);
    pl__rng_init(&rng, pl__kit_seed(), "copies", index);
    PL_KIT_OK(pl__image_wins_new(&f.in, 2, &wins, &err), &err);
    assert_non_null(wins);
    PL_KIT_OK(pl__lanes_init(&lanes, pl__image_wins_sums(wins), &err), &err);
    PL_KIT_OK(pl__win_matrix_open(&m, &f.in, &err), &err);
    for (size_t round = 0; round < 2; round++) { /* the same memory twice */
        pl__lanes_reset(&lanes, pl__image_wins_sums(wins));
        for (uint32_t i = 0; i < IMAGES * LANES; i++) {
            for (uint64_t k = pl__rng_below(&rng, copies_max + 1); k > 0; k--)
                assert_true(pl__lanes_draw(&lanes, i / LANES, i % LANES));
        }
        pl__lanes_add(&lanes, pl__image_wins_sums(wins));
        for (uint32_t lane = 0; lane < LANES; lane++) {
            add_rows(&f, &lanes, lane, win, tie);
            pl__image_wins_take(wins, &lanes, lane, &m);
            check_lane(&m, win, tie, weighted ? 1e-12 : 0.0);
        }
    }
    pl__win_matrix_clear(&m);
    pl__lanes_clear(&lanes);
    pl__image_wins_free(wins);
    teardown(&f);
}

static void few_and_many(void **state)
{
    static const size_t rows[] = {IMAGES, 40, ROWS_MAX};
    static const uint64_t copies[] = {1, 3, 40, PL_LANE_COPIES_MAX};
    (void)state;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (size_t c = 0; c < sizeof(copies) / sizeof(copies[0]); c++) {
            check(rows[r], false, copies[c], 10 * r + c);
            check(rows[r], true, copies[c], 100 + 10 * r + c);
        }
    }
}

static pl_status make_once(void *user, pl_error *reterr)
{
    fixture *f = user;
    pl_image_wins *wins = NULL;
    pl_lanes lanes = {0};
    pl_status rc = pl__image_wins_new(&f->in, 1, &wins, reterr);
    if (!rc)
        rc = pl__lanes_init(&lanes, pl__image_wins_sums(wins), reterr);
    pl__lanes_clear(&lanes);
    pl__image_wins_free(wins);
    return rc;
}

static void refused_memory(void **state)
{
    static fixture f;
    (void)state;
    setup(&f, 200, true, 1000);
    pl__kit_fault_loop("image wins", make_once, &f);
    teardown(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_and_many),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
