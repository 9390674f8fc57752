#include "key_set.h"
#include "alloc.h"
#include <stdlib.h>
#include <string.h>

/* Millions of keys at eight bytes each: a sorted array, and a small table of the newest that is merged into it from
 * time to time. A hash table alone would take two to four times as much, which peak memory of a large run would show.
 */
#define RECENT_CAP_MIN 1024u
#define RECENT_SHARE 16u /* the table grows with the array, so that all merges together stay linear */

/* The first bits of a SHA-256 are as good as any hash; 0 marks an empty slot. */
static uint64_t bits_of(const pl_digest *key)
{
    uint64_t bits = 0;

    memcpy(&bits, key->bytes, sizeof(bits));
    return bits ? bits : 1;
}

static bool is_sorted_in(const pl_key_set *set, uint64_t bits)
{
    size_t from = 0;
    size_t to = set->n_sorted;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (set->sorted[middle] == bits)
            return true;
        if (set->sorted[middle] < bits)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

/* Where the key stands in the table of the newest, or would. */
static size_t slot_of(const pl_key_set *set, uint64_t bits)
{
    size_t at = (size_t)bits & (set->recent_cap - 1);

    while (set->recent[at] != 0 && set->recent[at] != bits)
        at = (at + 1) & (set->recent_cap - 1);
    return at;
}

static int compare(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x;
    uint64_t b = *(const uint64_t *)y;

    return (a > b) - (a < b);
}

/* Moves the newest into the array, from its end, so that nothing is copied twice. */
static pl_status merge(pl_key_set *set)
{
    size_t n = 0;
    size_t left = set->n_sorted;
    size_t to = set->n_sorted + set->n_recent;
    uint64_t *sorted = pl__realloc(set->sorted, to * sizeof(*sorted));

    if (!sorted)
        return PL_E_NOMEM;
    set->sorted = sorted;
    for (size_t i = 0; i < set->recent_cap; i++) {
        if (set->recent[i] != 0)
            set->recent[n++] = set->recent[i];
    }
    qsort(set->recent, n, sizeof(*set->recent), compare);
    set->n_sorted = to;
    while (n > 0) {
        bool old = left > 0 && sorted[left - 1] > set->recent[n - 1];

        sorted[--to] = old ? sorted[--left] : set->recent[--n];
    }
    memset(set->recent, 0, set->recent_cap * sizeof(*set->recent));
    set->n_recent = 0;
    return PL_OK;
}

static pl_status make_room(pl_key_set *set)
{
    size_t cap = set->recent_cap ? set->recent_cap : RECENT_CAP_MIN;

    if (set->n_recent > 0 && merge(set) != PL_OK)
        return PL_E_NOMEM;
    while (cap < set->n_sorted / RECENT_SHARE)
        cap *= 2;
    if (cap != set->recent_cap) {
        uint64_t *recent = pl__calloc(cap, sizeof(*recent));

        if (!recent)
            return PL_E_NOMEM;
        pl__free(set->recent);
        set->recent = recent;
        set->recent_cap = cap;
    }
    return PL_OK;
}

static bool has_bits(const pl_key_set *set, uint64_t bits)
{
    return is_sorted_in(set, bits) || (set->recent_cap > 0 && set->recent[slot_of(set, bits)] == bits);
}

bool pl__key_set_has(const pl_key_set *set, const pl_digest *key)
{
    return has_bits(set, bits_of(key));
}

pl_status pl__key_set_put(pl_key_set *set, const pl_digest *key, bool *ret_new)
{
    uint64_t bits = bits_of(key);
    bool is_new = !has_bits(set, bits);

    if (is_new && set->n_recent * 2 >= set->recent_cap && make_room(set) != PL_OK)
        return PL_E_NOMEM;
    if (is_new) {
        set->recent[slot_of(set, bits)] = bits;
        set->n_recent++;
    }
    *ret_new = is_new;
    return PL_OK;
}

size_t pl__key_set_count(const pl_key_set *set)
{
    return set->n_sorted + set->n_recent;
}

void pl__key_set_clear(pl_key_set *set)
{
    pl__free(set->sorted);
    pl__free(set->recent);
    *set = (pl_key_set){0};
}
