#include "text_table.h"

#include "alloc.h"
#include "little_endian.h"

#define BITS_MIN 8u /* of the number of places for tiny texts; half as many are for brief ones */
#define BITS_STEP 3u
#define BITS_MAX 15u /* more would leave the cache of a processor */
#define TINY_BYTES 7u
#define BRIEF_BYTES 16u
#define MIX_A 0x9e3779b97f4a7c15u /* odd, bits evenly spread */
#define MIX_B 0xc2b2ae3d27d4eb4fu

/* All of a text of up to seven bytes, and its length. */
typedef struct tiny {
    uint64_t key;
    uint32_t number; /* and 1; 0: nothing is here */
} tiny;

/* All of one of 8 to 16: its first and its last eight, which may overlap. */
typedef struct brief {
    uint64_t head;
    uint64_t tail;
    uint32_t len;
    uint32_t number; /* the same */
} brief;

struct pl_text_table {
    pl_names *names;
    tiny *tiny;
    brief *brief;
    unsigned bits;
};

/* Forgets what was there: it will be asked for again. */
static pl_status make_places(pl_text_table *table, unsigned bits)
{
    tiny *tinies = pl__calloc((size_t)1 << bits, sizeof(*tinies));
    brief *briefs = pl__calloc((size_t)1 << (bits - 1), sizeof(*briefs));
    if (!tinies || !briefs) {
        pl__free(tinies);
        pl__free(briefs);
        return PL_E_NOMEM;
    }
    pl__free(table->tiny);
    pl__free(table->brief);
    table->tiny = tinies;
    table->brief = briefs;
    table->bits = bits;
    return PL_OK;
}

pl_text_table *pl__text_table_new(void)
{
    pl_text_table *table = pl__calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    table->names = pl__names_new();
    if (!table->names || make_places(table, BITS_MIN)) {
        pl__text_table_free(table);
        return NULL;
    }
    return table;
}

void pl__text_table_free(pl_text_table *table)
{
    if (!table)
        return;
    pl__names_free(table->names);
    pl__free(table->tiny);
    pl__free(table->brief);
    pl__free(table);
}

/* Numbers a text that has no place. There are more places once there are more texts. */
static pl_status number_name(pl_text_table *table, pl_view text, uint32_t *ret)
{
    pl_status rc = pl__names_intern(table->names, text, ret);
    if (rc == PL_OK && table->bits < BITS_MAX && pl__names_count(table->names) >> table->bits) {
        unsigned bits = table->bits + BITS_STEP;
        rc = make_places(table, bits < BITS_MAX ? bits : BITS_MAX);
    }
    return rc;
}

static uint64_t tiny_key(pl_view text)
{
    const char *p = text.ptr;
    size_t n = text.len;
    uint64_t key = (uint64_t)n << 56;
    if (n >= 4)
        return key | pl__load4(p) | (uint64_t)pl__load4(p + n - 4) << (8 * (n - 4));
    if (n > 0)
        key |= (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
               (uint64_t)(unsigned char)p[n - 1] << 16;
    return key;
}

static pl_status number_tiny(pl_text_table *table, pl_view text, uint32_t *ret)
{
    uint64_t key = tiny_key(text);
    uint64_t mixed = (key ^ key >> 31) * MIX_A;
    const tiny *place = &table->tiny[mixed >> (64 - table->bits)];
    if (place->key == key && place->number > 0) {
        *ret = place->number - 1;
        return PL_OK;
    }
    pl_status rc = number_name(table, text, ret);
    if (rc == PL_OK) /* PL_NAME_NONE is no number */
        table->tiny[mixed >> (64 - table->bits)] = (tiny){.key = key, .number = *ret + 1};
    return rc;
}

static pl_status number_brief(pl_text_table *table, pl_view text, uint32_t *ret)
{
    uint64_t head = pl__load8(text.ptr);
    uint64_t tail = pl__load8(text.ptr + text.len - 8);
    uint64_t mixed = (head * MIX_A ^ tail * MIX_B) + text.len;
    mixed = (mixed ^ mixed >> 29) * MIX_A;
    const brief *place = &table->brief[mixed >> (65 - table->bits)];
    if (place->head == head && place->tail == tail && place->len == text.len && place->number > 0) {
        *ret = place->number - 1;
        return PL_OK;
    }
    pl_status rc = number_name(table, text, ret);
    if (rc == PL_OK)
        table->brief[mixed >> (65 - table->bits)] =
            (brief){.head = head, .tail = tail, .len = (uint32_t)text.len, .number = *ret + 1};
    return rc;
}

pl_status pl__text_table_number(pl_text_table *table, pl_view text, uint32_t *ret)
{
    if (text.len <= TINY_BYTES)
        return number_tiny(table, text, ret);
    if (text.len <= BRIEF_BYTES)
        return number_brief(table, text, ret);
    return pl__names_intern(table->names, text, ret);
}

const char *pl__text_table_get(const pl_text_table *table, uint32_t number)
{
    return pl__names_get(table->names, number);
}

size_t pl__text_table_count(const pl_text_table *table)
{
    return pl__names_count(table->names);
}
