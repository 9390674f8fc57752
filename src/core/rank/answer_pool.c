/* What the pool of within says to each item. */
#include "alloc.h"
#include "answer_rank.h"
#include "error.h"

#include <string.h>

pl_status pl_answer_pool_choices(const pl_answer_table *table, uint8_t *ret, pl_error *reterr)
{
    pl_answer_plan plan = {.table = NULL};
    uint32_t *ones = NULL;
    uint8_t *winners = NULL;
    if (!table || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = pl__answer_plan_init(&plan, "within", table, reterr);
    uint32_t n_images = pl_answer_table_n_images(table);
    if (rc != PL_OK)
        goto out;
    ones = pl__calloc(n_images, sizeof(*ones));
    winners = pl__calloc(plan.box.n_items, 1);
    for (uint32_t i = 0; i < n_images && ones; i++)
        ones[i] = 1;
    rc = ones && winners ? pl__within_winners(&plan.box, ones, winners) : PL_E_NOMEM;
    if (rc != PL_OK) {
        rc = pl__fail(reterr, rc, "a pool of %u models", pl_answer_table_n_models(table));
        goto out;
    }
    memset(ret, PL_ANSWER_NO_CHOICE, pl_answer_table_n_items(table));
    for (uint32_t i = 0; i < plan.box.n_items; i++)
        ret[plan.box.items[i]] = winners[i];
out:
    pl__free(ones);
    pl__free(winners);
    pl__answer_plan_clear(&plan);
    return rc;
}
