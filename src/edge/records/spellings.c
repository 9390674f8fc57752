#include "spellings.h"

#include "alloc.h"

#define LINE_BYTES 64u /* of a processor's cache */
#define BITS_MIN 6u    /* of the number of sets */
#define BITS_STEP 3u
#define BITS_MAX 14u /* more would leave the cache of a core */

/* Forgets what was there: it will be kept again. */
static pl_status make_sets(pl_spellings *s, unsigned bits)
{
    char *memory = pl__calloc(((size_t)1 << bits) + 1, sizeof(*s->sets));
    if (!memory)
        return PL_E_NOMEM;
    pl__free(s->memory);
    s->memory = memory;
    s->sets = (void *)(memory + (LINE_BYTES - (uintptr_t)memory % LINE_BYTES) % LINE_BYTES);
    s->bits = bits;
    s->n_kept = 0;
    return PL_OK;
}

pl_status pl__spellings_init(pl_spellings *s)
{
    *s = (pl_spellings){.sets = NULL};
    return make_sets(s, BITS_MIN);
}

void pl__spellings_clear(pl_spellings *s)
{
    pl__free(s->memory);
    *s = (pl_spellings){.sets = NULL};
}

/* The newest comes first and pushes the oldest out. */
pl_status pl__spellings_keep(pl_spellings *s, pl_view spelling, uint32_t number)
{
    char bytes[PL_SPELLING_BYTES] = {0};
    if (spelling.len >= PL_SPELLING_BYTES || number == UINT32_MAX)
        return PL_OK;
    if (s->bits < BITS_MAX && s->n_kept >= (size_t)1 << s->bits) {
        pl_status rc = make_sets(s, s->bits + BITS_STEP < BITS_MAX ? s->bits + BITS_STEP : BITS_MAX);
        if (rc != PL_OK)
            return rc;
    }
    memcpy(bytes, spelling.ptr, spelling.len);
    pl_spelling_set *set = pl__spelling_set_of(s, bytes);
    for (unsigned k = 0; k < PL_SPELLING_WAYS; k++) {
        if (set->numbers[k] > 0 && memcmp(set->bytes[k], bytes, sizeof(bytes)) == 0)
            return PL_OK;
    }
    for (unsigned k = PL_SPELLING_WAYS - 1; k > 0; k--) {
        memcpy(set->bytes[k], set->bytes[k - 1], sizeof(bytes));
        set->numbers[k] = set->numbers[k - 1];
    }
    memcpy(set->bytes[0], bytes, sizeof(bytes));
    set->numbers[0] = number + 1;
    s->n_kept++;
    return PL_OK;
}
