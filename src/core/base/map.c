/* Open addressing with linear probing over tables whose size is a power of two.
 * 1. A table is never full: at most three quarters of the slots are used, so that every probe ends.
 * 2. There are no tombstones: removal moves the later entries of a run back, so that from the home slot of an entry
 *    to the entry no slot is ever empty. */
#include "map.h"

#include "alloc.h"
#include "arena.h"
#include "hash.h"
#include "vec.h"

#include <string.h>

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

struct pl_names {
    pl_arena arena;
    PL_VEC(name) names;
    uint32_t *slots; /* an index, or PL_NAME_NONE */
    size_t n_slots;
};

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

/* The slot of the name, or the empty one where it belongs. */
static size_t names_slot(const pl_names *names, pl_view name_bytes, uint64_t hash)
{
    size_t mask = names->n_slots - 1;
    size_t at = (size_t)hash & mask;
    for (;; at = (at + 1) & mask) {
        uint32_t index = names->slots[at];
        if (index == PL_NAME_NONE)
            return at;
        const name *have = &names->names.ptr[index];
        if (have->hash == hash && pl__view_eq(pl__view_n(have->bytes, have->len), name_bytes))
            return at;
    }
}

static pl_status names_grow(pl_names *names)
{
    size_t n_slots = names->n_slots ? names->n_slots * 2 : SLOTS_MIN;
    uint32_t *slots = pl__reallocarray(NULL, n_slots, sizeof(*slots));
    if (!slots)
        return PL_E_NOMEM;
    memset(slots, 0xff, n_slots * sizeof(*slots)); /* PL_NAME_NONE */
    for (size_t i = 0; i < names->names.len; i++) {
        size_t at = (size_t)names->names.ptr[i].hash & (n_slots - 1);
        while (slots[at] != PL_NAME_NONE)
            at = (at + 1) & (n_slots - 1);
        slots[at] = (uint32_t)i;
    }
    pl__free(names->slots);
    names->slots = slots;
    names->n_slots = n_slots;
    return PL_OK;
}

pl_status pl__names_intern(pl_names *names, pl_view name_bytes, uint32_t *ret_index)
{
    uint64_t hash = pl__hash64(name_bytes.ptr, name_bytes.len, 0);
    if (names->n_slots > 0) {
        uint32_t found = names->slots[names_slot(names, name_bytes, hash)];
        if (found != PL_NAME_NONE) {
            *ret_index = found;
            return PL_OK;
        }
    }
    size_t count = names->names.len;
    if (count >= PL_NAME_NONE)
        return PL_E_LIMIT;
    if (too_full(count + 1, names->n_slots) && names_grow(names) != PL_OK)
        return PL_E_NOMEM;
    if (pl__vec_reserve(&names->names.ptr, &names->names.cap, count + 1, sizeof(name)) != PL_OK)
        return PL_E_NOMEM;
    const char *copy = pl__arena_strndup(&names->arena, name_bytes.ptr, name_bytes.len);
    if (!copy)
        return PL_E_NOMEM;
    names->slots[names_slot(names, name_bytes, hash)] = (uint32_t)count;
    names->names.ptr[count] = (name){.bytes = copy, .len = name_bytes.len, .hash = hash};
    names->names.len++;
    *ret_index = (uint32_t)count;
    return PL_OK;
}

uint32_t pl__names_find(const pl_names *names, pl_view name_bytes)
{
    if (names->n_slots == 0)
        return PL_NAME_NONE;
    return names->slots[names_slot(names, name_bytes, pl__hash64(name_bytes.ptr, name_bytes.len, 0))];
}

const char *pl__names_get(const pl_names *names, uint32_t index)
{
    return index < names->names.len ? names->names.ptr[index].bytes : NULL;
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
