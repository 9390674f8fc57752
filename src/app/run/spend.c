#include "alloc.h"
#include "run.h"
#include <string.h>

#define KEY_SET_CAP_MIN 1024u

const char *pl__stage_name(size_t stage)
{
    static const char *const names[PL_STAGES] = {"questions", "answers", "judgments"};

    return stage < PL_STAGES ? names[stage] : "unknown";
}

void pl__spend_sum(pl_spend *sum, const pl_spend *more)
{
    sum->calls += more->calls;
    sum->usage.input_tokens += more->usage.input_tokens;
    sum->usage.output_tokens += more->usage.output_tokens;
    sum->usage.cached_tokens += more->usage.cached_tokens;
    sum->usage.reasoning_tokens += more->usage.reasoning_tokens;
    sum->usage.cache_written_tokens += more->usage.cache_written_tokens;
    sum->nano_usd = pl__money_add(sum->nano_usd, more->nano_usd);
    sum->estimated += more->estimated;
    sum->unreported += more->unreported;
}

/* The first bits of a SHA-256 are as good as any hash; 0 marks an empty slot. */
static uint64_t slot_of(const pl_digest *key)
{
    uint64_t bits = 0;

    memcpy(&bits, key->bytes, sizeof(bits));
    return bits ? bits : 1;
}

static bool place(uint64_t *slots, size_t cap, uint64_t bits)
{
    size_t at = (size_t)bits & (cap - 1);

    while (slots[at] != 0 && slots[at] != bits)
        at = (at + 1) & (cap - 1);
    if (slots[at] == bits)
        return false;
    slots[at] = bits;
    return true;
}

pl_status pl__key_set_put(pl_key_set *set, const pl_digest *key, bool *ret_new)
{
    if (set->n * 4 >= set->cap * 3) {
        size_t cap = set->cap ? set->cap * 2 : KEY_SET_CAP_MIN;
        uint64_t *slots = pl__calloc(cap, sizeof(*slots));

        if (!slots)
            return PL_E_NOMEM;
        for (size_t i = 0; i < set->cap; i++) {
            if (set->slots[i] != 0)
                (void)place(slots, cap, set->slots[i]);
        }
        pl__free(set->slots);
        set->slots = slots;
        set->cap = cap;
    }
    *ret_new = place(set->slots, set->cap, slot_of(key));
    set->n += *ret_new;
    return PL_OK;
}

pl_status pl__spend_stored(pl_spend *sum, const pl_price *price, pl_key_set *counted, const pl_store_call *call)
{
    pl_spend one = {.usage = call->usage};
    bool any = call->usage.input_tokens > 0 || call->usage.output_tokens > 0;
    bool is_new = false;

    if (!any && !pl__outcome_is_response(call->outcome))
        return PL_OK; /* a failure */
    if (pl__key_set_put(counted, &call->key, &is_new) != PL_OK)
        return PL_E_NOMEM;
    if (!is_new)
        return PL_OK;
    one.calls = any;
    one.unreported = !any;
    one.nano_usd = pl__cost_of(price, &call->usage);
    pl__spend_sum(sum, &one);
    return PL_OK;
}

bool pl__key_set_has(const pl_key_set *set, const pl_digest *key)
{
    uint64_t bits = slot_of(key);
    size_t at = (size_t)bits & (set->cap - 1);

    while (set->cap > 0 && set->slots[at] != 0 && set->slots[at] != bits)
        at = (at + 1) & (set->cap - 1);
    return set->cap > 0 && set->slots[at] == bits;
}

void pl__key_set_clear(pl_key_set *set)
{
    pl__free(set->slots);
    *set = (pl_key_set){0};
}
