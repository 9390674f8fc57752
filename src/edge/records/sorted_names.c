#include "sorted_names.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct ranked {
    const char *name;
    uint32_t index;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    return strcmp(((const ranked *)a)->name, ((const ranked *)b)->name);
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
    if (n > 1)
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
