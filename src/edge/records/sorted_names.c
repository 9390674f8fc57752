#include "sorted_names.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

#define KEY_BYTES 8u

/* Most names are told apart by a few bytes behind what all begin with: these are compared without a look at the name.
 */
typedef struct ranked {
    uint64_t key; /* the next KEY_BYTES, the first on top; zeros behind the end */
    const char *name;
    uint32_t index;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a;
    const ranked *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Bytes that all names begin with. */
static size_t common_bytes(const ranked *list, size_t n)
{
    size_t common = n > 0 ? strlen(list[0].name) : 0;
    for (size_t i = 1; i < n && common > 0; i++) {
        size_t same = 0;
        while (same < common && list[i].name[same] == list[0].name[same])
            same++;
        common = same;
    }
    return common;
}

static uint64_t key_of(const char *rest)
{
    uint64_t key = 0;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        key = key << 8 | (unsigned char)*rest;
        rest += *rest != '\0' ? 1 : 0;
    }
    return key;
}

/* Names often come in order. */
static bool in_order(const ranked *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (compare_ranked(&list[i - 1], &list[i]) > 0)
            return false;
    }
    return true;
}

pl_status pl__sort_names(const pl_names *names, const char ***ret_sorted, uint32_t **ret_places)
{
    pl_status rc = PL_E_NOMEM;
    size_t n = pl__names_count(names);
    ranked *list = pl__calloc(n, sizeof(*list));
    const char **sorted = pl__calloc(n, sizeof(*sorted));
    uint32_t *places = pl__calloc(n, sizeof(*places));
    if (!list || !sorted || !places)
        goto out;
    for (uint32_t i = 0; i < n; i++)
        list[i] = (ranked){.name = pl__names_get(names, i), .index = i};
    size_t common = common_bytes(list, n);
    for (size_t i = 0; i < n; i++)
        list[i].key = key_of(list[i].name + common);
    if (!in_order(list, n))
        qsort(list, n, sizeof(*list), compare_ranked);
    for (uint32_t i = 0; i < n; i++) {
        sorted[i] = list[i].name;
        places[list[i].index] = i;
    }
    *ret_sorted = sorted;
    *ret_places = places;
    sorted = NULL;
    places = NULL;
    rc = PL_OK;
out:
    pl__free(list);
    pl__free(sorted);
    pl__free(places);
    return rc;
}
