#ifndef PL_SPELLINGS_H
#define PL_SPELLINGS_H

#include "line_bytes.h"
#include "little_endian.h"
#include "str.h"

/* What short JSON strings mean, by their bytes between the quotes: most tokens are spelt as one before was, and need
 * neither be looked at byte by byte nor be looked up among all. It is a memory and no table: what it has forgotten is
 * kept again. Zeros fill a spelling up; none has one, since only what was read as a string is kept. */
#define PL_SPELLING_BYTES 16u /* with the quote behind it */
#define PL_SPELLING_WAYS 3u   /* so that they share a line of a processor's cache with their numbers */

typedef struct pl_spelling_set {
    char bytes[PL_SPELLING_WAYS][PL_SPELLING_BYTES];
    uint32_t numbers[PL_SPELLING_WAYS]; /* and 1; 0: nothing is here */
    uint32_t unused;
} pl_spelling_set;

typedef struct pl_spellings {
    pl_spelling_set *sets;
    void *memory;
    unsigned bits;
    size_t n_kept; /* since there are as many sets */
} pl_spellings;

PL_NODISCARD pl_status pl__spellings_init(pl_spellings *s); /* PL_OK or PL_E_NOMEM; a cleared one may be cleared */
void pl__spellings_clear(pl_spellings *s);
/* Keeps what a string means, unless it is long. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__spellings_keep(pl_spellings *s, pl_view spelling, uint32_t number);

/* A spelling and where it is kept, if it is. */
typedef struct pl_spelling {
    char bytes[PL_SPELLING_BYTES];
    const pl_spelling_set *set;
} pl_spelling;

static inline pl_spelling_set *pl__spelling_set_of(const pl_spellings *s, const char *bytes)
{
    uint64_t mixed = pl__load8(bytes) ^ pl__load8(bytes + 8) * 0xc2b2ae3d27d4eb4fu; /* odd, bits evenly spread */
    return &s->sets[mixed * 0x9e3779b97f4a7c15u >> (64 - s->bits)];
}

/* 16 bytes from p on can be read, and a string begins there. Its bytes before the quote are how many? 16: it is too
 * long. *ret is asked about later: by then the memory that it is to be found in has come. */
static inline size_t pl__spelling_at_portable(const pl_spellings *s, const char *p, pl_spelling *ret)
{
    size_t n = 0;
    memset(ret->bytes, 0, sizeof(ret->bytes));
    for (; n < PL_SPELLING_BYTES && p[n] != '"'; n++) {
        ret->bytes[n] = p[n];
        if (p[n] == '\\' && n + 1 < PL_SPELLING_BYTES) { /* what is behind is no quote that ends it */
            n++;
            ret->bytes[n] = p[n];
        }
    }
    if (n < PL_SPELLING_BYTES)
        ret->set = pl__spelling_set_of(s, ret->bytes);
    return n;
}

/* What it means, and 1; 0 if that is not known. */
static inline uint32_t pl__spelling_number_portable(const pl_spelling *x)
{
    uint32_t found = 0;
    for (unsigned k = 0; k < PL_SPELLING_WAYS; k++)
        found |= memcmp(x->set->bytes[k], x->bytes, PL_SPELLING_BYTES) == 0 ? x->set->numbers[k] : 0;
    return found;
}

#ifdef __SSE2__
/* Of the quotes, those that no backslash is before. */
static inline unsigned pl__bare_quotes(unsigned quotes, unsigned backslashes)
{
    while (backslashes != 0) {
        unsigned lowest = backslashes & (0u - backslashes);
        quotes &= ~(lowest << 1);
        backslashes &= ~(lowest | lowest << 1); /* a backslash that one is before is none */
    }
    return quotes;
}

static inline size_t pl__spelling_at_sse2(const pl_spellings *s, const char *p, pl_spelling *ret)
{
    static const unsigned char masks[2 * PL_SPELLING_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                               255, 255, 255, 255, 255, 255, 255, 255};
    __m128i v = pl__load16(p);
    unsigned quotes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
    unsigned backslashes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
    if (backslashes != 0)
        quotes = pl__bare_quotes(quotes, backslashes) & 0xffffu;
    if (quotes == 0)
        return PL_SPELLING_BYTES;
    size_t n = (size_t)_bit_scan_forward((int)quotes);
    v = _mm_and_si128(v, pl__load16((const char *)masks + PL_SPELLING_BYTES - n));
    _mm_storeu_si128((__m128i *)(void *)ret->bytes, v);
    ret->set = pl__spelling_set_of(s, ret->bytes);
    _mm_prefetch((const char *)ret->set, _MM_HINT_T0);
    return n;
}

static inline uint32_t pl__spelling_way(const pl_spelling_set *set, __m128i bytes, unsigned k)
{
    bool same = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, pl__load16(set->bytes[k]))) == 0xffff;
    return set->numbers[k] & (0u - (uint32_t)same);
}

static inline uint32_t pl__spelling_number_sse2(const pl_spelling *x)
{
    __m128i v = pl__load16(x->bytes);
    return pl__spelling_way(x->set, v, 0) | pl__spelling_way(x->set, v, 1) | pl__spelling_way(x->set, v, 2);
}
#define pl__spelling_at pl__spelling_at_sse2
#define pl__spelling_number pl__spelling_number_sse2
#else
#define pl__spelling_at pl__spelling_at_portable
#define pl__spelling_number pl__spelling_number_portable
#endif

#endif
