#ifndef PL_MAP_H
#define PL_MAP_H

#include "str.h"

/* Interned names: each distinct byte string gets the next index, from 0, in the order of first use. */
typedef struct pl_names pl_names;
#define PL_NAME_NONE UINT32_MAX
pl_names *pl__names_new(void); /* NULL on refusal */
void pl__names_free(pl_names *names);
/* PL_OK, PL_E_NOMEM, or PL_E_LIMIT beyond UINT32_MAX - 1 names. */
PL_NODISCARD pl_status pl__names_intern(pl_names *names, pl_view name, uint32_t *ret_index);
uint32_t pl__names_find(const pl_names *names, pl_view name); /* PL_NAME_NONE if absent */
/* The same in two steps, so that other work can stand between them: the first sends for the memory that the second
 * looks at. */
uint64_t pl__names_hash(const pl_names *names, pl_view name);
uint32_t pl__names_find_hashed(const pl_names *names, pl_view name, uint64_t hash);
const char *pl__names_get(const pl_names *names, uint32_t index); /* NUL-terminated; valid until pl__names_free */
pl_view pl__names_view(const pl_names *names, uint32_t index);    /* the same with its length; NULL and 0 beyond */
size_t pl__names_count(const pl_names *names);

/* A hash map from byte strings (copied) to a pointer-sized value. Iteration order is unspecified: never let it
 * reach an output. */
typedef struct pl_map pl_map;
pl_map *pl__map_new(void);
void pl__map_free(pl_map *map); /* the values are not freed */
size_t pl__map_count(const pl_map *map);
PL_NODISCARD pl_status pl__map_put(pl_map *map, const void *key, size_t key_bytes, uintptr_t value); /* replaces */
bool pl__map_get(const pl_map *map, const void *key, size_t key_bytes, uintptr_t *ret_value);
bool pl__map_remove(pl_map *map, const void *key, size_t key_bytes, uintptr_t *ret_value); /* ret may be NULL */
/* Calls fn for each entry; fn must not change the map. */
void pl__map_each(const pl_map *map, void (*fn)(const void *key, size_t key_bytes, uintptr_t value, void *user),
                  void *user);

#endif
