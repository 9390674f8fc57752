#ifndef PL_JUDGMENT_MAKER_H
#define PL_JUDGMENT_MAKER_H

/* Sets of judgments for tests of tables and rankings. */
#include <peerless/judgments.h>

#include "rng.h"

#define PL_MAKER_NAMES_MAX 256u
#define PL_MAKER_ROWS_MAX 4096u
#define PL_MAKER_NAME_BYTES 8

typedef struct pl_maker {
    pl_judgment_set set; /* points into the members below; n_images equals n_items */
    char model_names[PL_MAKER_NAMES_MAX][PL_MAKER_NAME_BYTES];
    char item_names[PL_MAKER_NAMES_MAX][PL_MAKER_NAME_BYTES];
    char criterion_names[PL_MAKER_NAMES_MAX][PL_MAKER_NAME_BYTES];
    const char *models[PL_MAKER_NAMES_MAX];
    const char *items[PL_MAKER_NAMES_MAX];
    const char *criteria[PL_MAKER_NAMES_MAX];
    pl_judgment rows[PL_MAKER_ROWS_MAX];
} pl_maker;

/* An empty set of models m000, m001, …, items i000, … and criteria c000, …. */
pl_maker *pl__maker_new(uint32_t n_models, uint32_t n_items, uint32_t n_criteria); /* fails the test on refusal */
void pl__maker_free(pl_maker *k);
/* Appends a row of weight 1; a missing verdict gets PL_MISSING_NO_MARK. */
pl_judgment *pl__maker_add(pl_maker *k, uint32_t item, uint32_t judge, uint32_t a, uint32_t b, uint32_t criterion,
                           pl_verdict verdict);
/* Appends n random rows, a tenth of them missing, self-reviews and repeats among them. weighted: some weights differ
 * from 1, and are no sums of powers of 2. */
void pl__maker_random(pl_maker *k, pl_rng *rng, size_t n, bool weighted);
/* The same content: rows shuffled, and models, items, images and criteria given in another order. new_model[i] is
 * where model i went, new_criterion the same. */
pl_maker *pl__maker_shuffled(const pl_maker *k, pl_rng *rng, uint32_t *new_model, uint32_t *new_criterion);
pl_maker *pl__maker_copy(const pl_maker *k);

#endif
