#include "text_table.h"

#include "alloc.h"
#include "little_endian.h"

#define RECENT_BITS 15
#define SHORT_BYTES 16u

/* All of a short text: its first and its last eight bytes, which overlap. Of one under eight bytes, all are in `head`.
 */
typedef struct recent {
    uint64_t head;
    uint64_t tail;
    uint32_t len;
    uint32_t number; /* and 1; 0: nothing is here */
} recent;

struct pl_text_table {
    pl_names *names;
    recent recent[(size_t)1 << RECENT_BITS];
};

pl_text_table *pl__text_table_new(void)
{
    pl_text_table *table = pl__calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    table->names = pl__names_new();
    if (!table->names) {
        pl__free(table);
        return NULL;
    }
    return table;
}

void pl__text_table_free(pl_text_table *table)
{
    if (!table)
        return;
    pl__names_free(table->names);
    pl__free(table);
}

static recent key_of(pl_view text)
{
    const char *p = text.ptr;
    size_t n = text.len;
    recent key = {.head = 0, .tail = 0, .len = (uint32_t)n, .number = 0};
    if (n >= 8) {
        key.head = pl__load8(p);
        key.tail = pl__load8(p + n - 8);
    } else if (n >= 4) {
        key.head = pl__load4(p) | (uint64_t)pl__load4(p + n - 4) << 32;
    } else if (n > 0) {
        key.head = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
                   (uint64_t)(unsigned char)p[n - 1] << 16;
    }
    return key;
}

static size_t place_of(const recent *key)
{
    uint64_t x = (key->head ^ key->len) * 0x9e3779b97f4a7c15 ^ key->tail * 0xc2b2ae3d27d4eb4f;
    x ^= x >> 29;
    return (size_t)(x * 0x9e3779b97f4a7c15 >> (64 - RECENT_BITS));
}

pl_status pl__text_table_number(pl_text_table *table, pl_view text, uint32_t *ret)
{
    if (text.len > SHORT_BYTES)
        return pl__names_intern(table->names, text, ret);
    recent key = key_of(text);
    recent *place = &table->recent[place_of(&key)];
    if (place->head == key.head && place->tail == key.tail && place->len == key.len && place->number > 0) {
        *ret = place->number - 1;
        return PL_OK;
    }
    pl_status rc = pl__names_intern(table->names, text, ret);
    if (rc != PL_OK)
        return rc;
    *place = key;
    place->number = *ret + 1; /* PL_NAME_NONE is no number */
    return PL_OK;
}

const char *pl__text_table_get(const pl_text_table *table, uint32_t number)
{
    return pl__names_get(table->names, number);
}

size_t pl__text_table_count(const pl_text_table *table)
{
    return pl__names_count(table->names);
}
