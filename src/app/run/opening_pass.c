/* The order in which a run opens its items, in two passes. The first opens those with something to ask: what the store
 * says of its units' task counts is enough to tell, so that a run goes on within seconds, however much it has behind
 * it. Items that seem whole are put off. The second opens them like any other and counts what they have; if the counts
 * deceived, what is missing is asked then. */
#include "alloc.h"
#include "error.h"
#include "run_internal.h"
#include <string.h>

bool pl__run_has_next(const pl_runner *r)
{
    if (r->opening)
        return true;
    return r->adaptive ? pl__adaptive_peek(r) != NULL : r->next_item < pl__dataset_count(r->setup->dataset);
}

/* Unit and number of tasks in one key. */
static pl_digest with_count(const pl_digest *unit, uint64_t n_tasks)
{
    pl_digest key = *unit;
    uint64_t bits = 0;

    memcpy(&bits, key.bytes, sizeof(bits));
    bits ^= pl__hash64(&n_tasks, sizeof(n_tasks), 0);
    memcpy(key.bytes, &bits, sizeof(bits));
    return key;
}

static pl_status note_unit(const pl_digest *unit, uint64_t n_tasks, void *user, pl_error *reterr)
{
    pl_runner *r = user;
    pl_digest key = with_count(unit, n_tasks);
    bool is_new = false;

    if (pl__key_set_put(&r->opening_pass.counts, &key, &is_new) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "stored questions");
    return PL_OK;
}

pl_status pl__opening_pass_begin(pl_runner *r, pl_error *reterr)
{
    pl_outcome end = r->opts->retry_failed ? PL_OUTCOME_BAD_REQUEST : PL_OUTCOME_AUTH; /* what is asked again */

    r->opening_pass.put_off = pl__calloc(pl__dataset_count(r->setup->dataset) / 8 + 1, 1);
    if (!r->opening_pass.put_off)
        return pl__fail(reterr, PL_E_NOMEM, "items");
    if (r->adaptive)
        return PL_OK; /* has an order of its own */
    return r->store->ops->unit_counts(r->store, end, note_unit, r, reterr);
}

void pl__opening_pass_clear(pl_runner *r)
{
    pl__key_set_clear(&r->opening_pass.counts);
    pl__free(r->opening_pass.put_off);
    r->opening_pass.put_off = NULL;
}

static bool is_put_off(const pl_runner *r, size_t i)
{
    return r->opening_pass.put_off[i / 8] >> (i % 8) & 1u;
}

static void skip(pl_runner *r)
{
    while (r->opening_pass.second && r->next_item < pl__dataset_count(r->setup->dataset) &&
           !is_put_off(r, r->next_item))
        r->next_item++;
}

void pl__opening_pass_advance(pl_runner *r)
{
    r->next_item++;
    skip(r);
    if (r->next_item >= pl__dataset_count(r->setup->dataset))
        pl__opening_pass_second(r);
}

void pl__opening_pass_second(pl_runner *r)
{
    if (r->opening_pass.second)
        return;
    r->opening_pass.second = true;
    r->opening_pass.cut_short = pl__run_has_next(r);
    r->next_item = 0;
    pl__key_set_clear(&r->opening_pass.counts);
    skip(r);
}

pl_status pl__opening_pass_put_off(pl_runner *r, const pl_item *item, bool *ret_put_off, pl_error *reterr)
{
    uint32_t n_units = pl__eval_units_per_item(r->setup->eval);
    uint64_t n_tasks = 0;
    bool whole = !r->opening_pass.second && pl__key_set_count(&r->opening_pass.counts) > 0;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < n_units && whole && rc == PL_OK; i++) {
        pl_unit *unit = NULL;

        rc = pl__unit_new(r->setup->eval, item, i, &unit, reterr);
        if (rc == PL_OK) {
            pl_digest key = with_count(pl__unit_key(unit), pl__unit_count(unit));

            whole = pl__unit_count(unit) == 0 || pl__key_set_has(&r->opening_pass.counts, &key);
            n_tasks += pl__unit_count(unit);
        }
        pl__unit_free(unit);
    }
    *ret_put_off = whole && rc == PL_OK;
    if (*ret_put_off) {
        r->opening_pass.put_off[r->next_item / 8] |= (uint8_t)(1u << (r->next_item % 8));
        r->tasks_ended_any += n_tasks; /* taken back when it is opened */
    }
    return rc;
}
