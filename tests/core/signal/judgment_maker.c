#include "judgment_maker.h"

#include "alloc.h"
#include "kit.h"

#include <stdio.h>
#include <string.h>

static void point(pl_maker *k)
{
    for (uint32_t i = 0; i < PL_MAKER_NAMES_MAX; i++) {
        k->models[i] = k->model_names[i];
        k->items[i] = k->item_names[i];
        k->criteria[i] = k->criterion_names[i];
    }
    k->set.models = k->models;
    k->set.items = k->items;
    k->set.images = k->items;
    k->set.criteria = k->criteria;
    k->set.rows = k->rows;
}

pl_maker *pl__maker_new(uint32_t n_models, uint32_t n_items, uint32_t n_criteria)
{
    assert_true(n_models <= PL_MAKER_NAMES_MAX && n_items <= PL_MAKER_NAMES_MAX && n_criteria <= PL_MAKER_NAMES_MAX);
    pl_maker *k = pl__calloc(1, sizeof(*k));
    assert_non_null(k);
    for (unsigned i = 0; i < PL_MAKER_NAMES_MAX; i++) {
        (void)snprintf(k->model_names[i], PL_MAKER_NAME_BYTES, "m%03u", i);
        (void)snprintf(k->item_names[i], PL_MAKER_NAME_BYTES, "i%03u", i);
        (void)snprintf(k->criterion_names[i], PL_MAKER_NAME_BYTES, "c%03u", i);
    }
    k->set.n_models = n_models;
    k->set.n_items = k->set.n_images = n_items;
    k->set.n_criteria = n_criteria;
    point(k);
    return k;
}

void pl__maker_free(pl_maker *k)
{
    pl__free(k);
}

pl_maker *pl__maker_copy(const pl_maker *k)
{
    pl_maker *copy = pl__memdup(k, sizeof(*k));
    assert_non_null(copy);
    point(copy);
    return copy;
}

pl_judgment *pl__maker_add(pl_maker *k, uint32_t item, uint32_t judge, uint32_t a, uint32_t b, uint32_t criterion,
                           pl_verdict verdict)
{
    assert_true(k->set.n_rows < PL_MAKER_ROWS_MAX);
    pl_judgment *row = &k->rows[k->set.n_rows++];
    *row = (pl_judgment){.item = item,
                         .image = item,
                         .judge = judge,
                         .a = a,
                         .b = b,
                         .criterion = criterion,
                         .verdict = (uint8_t)verdict,
                         .missing = verdict == PL_VERDICT_MISSING ? PL_MISSING_NO_MARK : PL_MISSING_NOT,
                         .weight = 1.0};
    return row;
}

static uint32_t below(pl_rng *rng, uint32_t n)
{
    return (uint32_t)pl__rng_below(rng, n);
}

void pl__maker_random(pl_maker *k, pl_rng *rng, size_t n, bool weighted)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t a = below(rng, k->set.n_models);
        uint32_t b = (a + 1 + below(rng, k->set.n_models - 1)) % k->set.n_models;
        pl_verdict v = below(rng, 10) == 0 ? PL_VERDICT_MISSING : (pl_verdict)(1 + below(rng, 3));
        pl_judgment *row = pl__maker_add(k, below(rng, k->set.n_items), below(rng, k->set.n_models), a, b,
                                         below(rng, k->set.n_criteria), v);
        if (weighted)
            row->weight = 0.1 + 0.3 * below(rng, 5);
    }
}

static void permute(pl_rng *rng, uint32_t *ret, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        ret[i] = i;
    pl__rng_shuffle(rng, ret, n);
}

pl_maker *pl__maker_shuffled(const pl_maker *k, pl_rng *rng, uint32_t *new_model, uint32_t *new_criterion)
{
    uint32_t new_item[PL_MAKER_NAMES_MAX];
    uint32_t new_row[PL_MAKER_ROWS_MAX];
    pl_maker *s = pl__maker_copy(k);
    permute(rng, new_model, k->set.n_models);
    permute(rng, new_criterion, k->set.n_criteria);
    permute(rng, new_item, k->set.n_items);
    permute(rng, new_row, (uint32_t)k->set.n_rows);
    for (uint32_t i = 0; i < k->set.n_models; i++)
        memcpy(s->model_names[new_model[i]], k->model_names[i], PL_MAKER_NAME_BYTES);
    for (uint32_t i = 0; i < k->set.n_criteria; i++)
        memcpy(s->criterion_names[new_criterion[i]], k->criterion_names[i], PL_MAKER_NAME_BYTES);
    for (uint32_t i = 0; i < k->set.n_items; i++)
        memcpy(s->item_names[new_item[i]], k->item_names[i], PL_MAKER_NAME_BYTES);
    for (size_t i = 0; i < k->set.n_rows; i++) {
        pl_judgment row = k->rows[i];
        row.item = new_item[row.item];
        row.image = new_item[row.image];
        row.judge = new_model[row.judge];
        row.a = new_model[row.a];
        row.b = new_model[row.b];
        row.criterion = new_criterion[row.criterion];
        s->rows[new_row[i]] = row;
    }
    return s;
}
