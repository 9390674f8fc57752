/* Open addressing with linear probing over tables whose size is a power of two.
 * 1. A table is never full: at most three quarters of the slots are used (of names a half), so that every probe ends.
 * 2. There are no tombstones: removal moves the later entries of a run back, so that from the home slot of an entry
 *    to the entry no slot is ever empty. */
#include "map.h"

#include "alloc.h"
#include "arena.h"
#include "hash.h"
#include "vec.h"

#include <string.h>

#ifdef __SSE2__
#include <x86intrin.h>
#endif

#define SLOTS_MIN ((size_t)16)

static bool too_full(size_t n_used, size_t n_slots)
{
    return n_used > n_slots / 4 * 3;
}

typedef struct name {
    const char *bytes; /* in the arena, NUL-terminated */
    size_t len;
    uint64_t hash;
} name;

/* ---- bytes of names ----
 * Most names are short: up to 16 bytes are two words that overlap, and with the length these two say it all. So they
 * stand in the slots, and a name that is known costs one look into memory. */
#define SHORT_BYTES_MAX ((size_t)16)
#define NAME_ROOM 2u  /* slots for each: few are found behind others, */
#define SMALL_ROOM 8u /* and in a table that the nearest cache can hold, nearly none */
#define SMALL_SLOTS ((size_t)2048)
#define LONG_LENGTH 31u /* in place of a longer name's length */

typedef struct ends {
    uint64_t head;
    uint64_t tail;
} ends;

typedef struct name_slot {
    ends ends;
    uint32_t tag;   /* length, and the hash but for its lowest bits */
    uint32_t index; /* or PL_NAME_NONE */
} name_slot;

struct pl_names {
    pl_arena arena;
    PL_VEC(name) names;
    name_slot *slots;
    size_t n_slots;
};

static uint64_t word_at(const char *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof(x));
    return x;
}

static uint32_t half_word_at(const char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof(x));
    return x;
}

static inline ends ends_of(const char *p, size_t len)
{
    if (len >= 8)
        return (ends){word_at(p), word_at(p + len - 8)};
    if (len >= 4)
        return (ends){half_word_at(p), half_word_at(p + len - 4)};
    if (len == 0)
        return (ends){0, 0};
    return (ends){(unsigned char)p[0], (uint64_t)(unsigned char)p[len / 2] << 8 | (unsigned char)p[len - 1]};
}

static inline uint64_t hash_of(pl_view bytes)
{
    if (bytes.len > SHORT_BYTES_MAX)
        return pl__hash64(bytes.ptr, bytes.len, 0);
    const ends e = ends_of(bytes.ptr, bytes.len);
    uint64_t h = (e.head + bytes.len) * UINT64_C(0x9e3779b97f4a7c15); /* odd constants of splitmix64 */
    h = ((h ^ h >> 32) + e.tail) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 29) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 32;
}

static inline uint32_t tag_of(size_t len, uint64_t hash)
{
    uint32_t length = len <= SHORT_BYTES_MAX ? (uint32_t)len : LONG_LENGTH;
    return ((uint32_t)(hash >> 32) & ~LONG_LENGTH) | length;
}

static name_slot slot_for(const name *n, uint32_t index)
{
    return (name_slot){.ends = ends_of(n->bytes, n->len), .tag = tag_of(n->len, n->hash), .index = index};
}

pl_names *pl__names_new(void)
{
    pl_names *names = pl__calloc(1, sizeof(*names));
    if (names)
        pl__arena_init(&names->arena);
    return names;
}

void pl__names_free(pl_names *names)
{
    if (!names)
        return;
    pl__arena_clear(&names->arena);
    pl__free(names->names.ptr);
    pl__free(names->slots);
    pl__free(names);
}

static const name_slot *long_slot_of(const pl_names *names, pl_view bytes, uint64_t hash)
{
    const uint32_t tag = tag_of(bytes.len, hash);
    const size_t mask = names->n_slots - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        const name_slot *slot = &names->slots[at];
        if (slot->index == PL_NAME_NONE || (slot->tag == tag && pl__view_eq(pl__names_view(names, slot->index), bytes)))
            return slot;
    }
}

/* The slot of the name, or the empty one where it belongs. */
static inline const name_slot *slot_of(const pl_names *names, pl_view bytes, uint64_t hash)
{
    if (bytes.len > SHORT_BYTES_MAX)
        return long_slot_of(names, bytes, hash);
    const ends e = ends_of(bytes.ptr, bytes.len);
    const uint32_t tag = tag_of(bytes.len, hash);
    const size_t mask = names->n_slots - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        const name_slot *slot = &names->slots[at];
        if (((slot->ends.head ^ e.head) | (slot->ends.tail ^ e.tail) | (slot->tag ^ tag)) == 0 ||
            slot->index == PL_NAME_NONE)
            return slot;
    }
}

static pl_status names_grow(pl_names *names)
{
    size_t n_slots = names->n_slots ? names->n_slots * 2 : SLOTS_MIN;
    name_slot *slots = pl__reallocarray(NULL, n_slots, sizeof(*slots));
    if (!slots)
        return PL_E_NOMEM;
    memset(slots, 0xff, n_slots * sizeof(*slots)); /* PL_NAME_NONE */
    for (size_t i = 0; i < names->names.len; i++) {
        const name *n = &names->names.ptr[i];
        size_t at = (size_t)n->hash & (n_slots - 1);
        while (slots[at].index != PL_NAME_NONE)
            at = (at + 1) & (n_slots - 1);
        slots[at] = slot_for(n, (uint32_t)i);
    }
    pl__free(names->slots);
    names->slots = slots;
    names->n_slots = n_slots;
    return PL_OK;
}

pl_status pl__names_intern(pl_names *names, pl_view bytes, uint32_t *ret_index)
{
    uint64_t hash = hash_of(bytes);
    uint32_t found = pl__names_find_hashed(names, bytes, hash);
    if (found != PL_NAME_NONE) {
        *ret_index = found;
        return PL_OK;
    }
    size_t count = names->names.len;
    if (count >= PL_NAME_NONE)
        return PL_E_LIMIT;
    size_t room = names->n_slots <= SMALL_SLOTS ? SMALL_ROOM : NAME_ROOM;
    if (count + 1 > names->n_slots / room && names_grow(names) != PL_OK)
        return PL_E_NOMEM;
    if (pl__vec_reserve(&names->names.ptr, &names->names.cap, count + 1, sizeof(name)) != PL_OK)
        return PL_E_NOMEM;
    const char *copy = pl__arena_strndup(&names->arena, bytes.ptr, bytes.len);
    if (!copy)
        return PL_E_NOMEM;
    names->names.ptr[count] = (name){.bytes = copy, .len = bytes.len, .hash = hash};
    names->slots[slot_of(names, bytes, hash) - names->slots] = slot_for(&names->names.ptr[count], (uint32_t)count);
    names->names.len++;
    *ret_index = (uint32_t)count;
    return PL_OK;
}

uint32_t pl__names_find(const pl_names *names, pl_view bytes)
{
    return names->n_slots == 0 ? PL_NAME_NONE : slot_of(names, bytes, hash_of(bytes))->index;
}

uint64_t pl__names_hash(const pl_names *names, pl_view bytes)
{
    uint64_t hash = hash_of(bytes);
#ifdef __SSE2__
    if (names->n_slots > 0)
        _mm_prefetch((const char *)&names->slots[(size_t)hash & (names->n_slots - 1)], _MM_HINT_T0);
#endif
    (void)names;
    return hash;
}

uint32_t pl__names_find_hashed(const pl_names *names, pl_view bytes, uint64_t hash)
{
    return names->n_slots == 0 ? PL_NAME_NONE : slot_of(names, bytes, hash)->index;
}

const char *pl__names_get(const pl_names *names, uint32_t index)
{
    return index < names->names.len ? names->names.ptr[index].bytes : NULL;
}

pl_view pl__names_view(const pl_names *names, uint32_t index)
{
    const name *n = index < names->names.len ? &names->names.ptr[index] : NULL;
    return n ? pl__view_n(n->bytes, n->len) : (pl_view){0};
}

size_t pl__names_count(const pl_names *names)
{
    return names->names.len;
}

typedef struct entry {
    void *key; /* NULL: the slot is empty */
    size_t key_bytes;
    uint64_t hash;
    uintptr_t value;
} entry;

struct pl_map {
    entry *slots;
    size_t n_slots;
    size_t count;
};

pl_map *pl__map_new(void)
{
    return pl__calloc(1, sizeof(pl_map));
}

void pl__map_free(pl_map *map)
{
    if (!map)
        return;
    for (size_t i = 0; i < map->n_slots; i++)
        pl__free(map->slots[i].key);
    pl__free(map->slots);
    pl__free(map);
}

size_t pl__map_count(const pl_map *map)
{
    return map->count;
}

/* The index of the key's entry, or of the empty slot where it belongs. There must be a table. */
static size_t map_slot(const pl_map *map, const void *key, size_t key_bytes, uint64_t hash)
{
    size_t mask = map->n_slots - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        const entry *e = &map->slots[at];
        bool same = e->hash == hash && e->key_bytes == key_bytes;
        if (!e->key || (same && (key_bytes == 0 || memcmp(e->key, key, key_bytes) == 0)))
            return at;
    }
}

static entry *map_find(const pl_map *map, const void *key, size_t key_bytes, uint64_t hash)
{
    if (map->n_slots == 0)
        return NULL;
    entry *e = &map->slots[map_slot(map, key, key_bytes, hash)];
    return e->key ? e : NULL;
}

static pl_status map_grow(pl_map *map)
{
    size_t n_slots = map->n_slots ? map->n_slots * 2 : SLOTS_MIN;
    entry *slots = pl__calloc(n_slots, sizeof(*slots));
    if (!slots)
        return PL_E_NOMEM;
    for (size_t i = 0; i < map->n_slots; i++) {
        const entry *e = &map->slots[i];
        if (!e->key)
            continue;
        size_t at = (size_t)e->hash & (n_slots - 1);
        while (slots[at].key)
            at = (at + 1) & (n_slots - 1);
        slots[at] = *e;
    }
    pl__free(map->slots);
    map->slots = slots;
    map->n_slots = n_slots;
    return PL_OK;
}

pl_status pl__map_put(pl_map *map, const void *key, size_t key_bytes, uintptr_t value)
{
    uint64_t hash = pl__hash64(key, key_bytes, 0);
    entry *e = map_find(map, key, key_bytes, hash);
    if (e) {
        e->value = value;
        return PL_OK;
    }
    void *copy = pl__memdup(key, key_bytes);
    if (!copy)
        return PL_E_NOMEM;
    if (too_full(map->count + 1, map->n_slots) && map_grow(map) != PL_OK) {
        pl__free(copy);
        return PL_E_NOMEM;
    }
    map->slots[map_slot(map, key, key_bytes, hash)] =
        (entry){.key = copy, .key_bytes = key_bytes, .hash = hash, .value = value};
    map->count++;
    return PL_OK;
}

bool pl__map_get(const pl_map *map, const void *key, size_t key_bytes, uintptr_t *ret_value)
{
    const entry *e = map_find(map, key, key_bytes, pl__hash64(key, key_bytes, 0));
    if (!e)
        return false;
    if (ret_value)
        *ret_value = e->value;
    return true;
}

bool pl__map_remove(pl_map *map, const void *key, size_t key_bytes, uintptr_t *ret_value)
{
    entry *e = map_find(map, key, key_bytes, pl__hash64(key, key_bytes, 0));
    if (!e)
        return false;
    if (ret_value)
        *ret_value = e->value;
    pl__free(e->key);
    map->count--;

    size_t mask = map->n_slots - 1;
    size_t hole = (size_t)(e - map->slots);
    for (size_t at = (hole + 1) & mask; map->slots[at].key; at = (at + 1) & mask) {
        size_t home = (size_t)map->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* its home lies behind the hole: it may not move in front of it */
        map->slots[hole] = map->slots[at];
        hole = at;
    }
    map->slots[hole] = (entry){0};
    return true;
}

void pl__map_each(const pl_map *map, void (*fn)(const void *key, size_t key_bytes, uintptr_t value, void *user),
                  void *user)
{
    for (size_t i = 0; i < map->n_slots; i++) {
        const entry *e = &map->slots[i];
        if (e->key)
            fn(e->key, e->key_bytes, e->value, user);
    }
}
