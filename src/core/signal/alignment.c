/* What the reference says to the judges' units: items, models and criteria are found by name. */
#include "alloc.h"
#include "diagnosis.h"
#include "error.h"
#include "map.h"

#include <stdlib.h>
#include <string.h>

/* A unit of the reference in the judged set's terms. */
typedef struct answer {
    uint32_t item;
    uint32_t low; /* model indices of the judged set; low's name sorts first in either set */
    uint32_t high;
    int32_t net;
    double score;
} answer;

static int compare_answers(const void *x, const void *y)
{
    const answer *a = x;
    const answer *b = y;
    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return (a->high > b->high) - (a->high < b->high);
}

static pl_status name_map(const char *const *names, uint32_t n, pl_map **ret)
{
    pl_map *map = pl__map_new();
    pl_status rc = map ? PL_OK : PL_E_NOMEM;
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = pl__map_put(map, names[i], strlen(names[i]), i);
    if (rc) {
        pl__map_free(map);
        return rc;
    }
    *ret = map;
    return PL_OK;
}

static uint32_t look_up(const pl_map *map, const char *name)
{
    uintptr_t index = 0;
    return pl__map_get(map, name, strlen(name), &index) ? (uint32_t)index : UINT32_MAX;
}

/* Which criteria of either set the other has too; all if none is shared. */
static bool share_criteria(const pl_judgment_set *set, const pl_judgment_set *reference, bool *of_set,
                           bool *of_reference)
{
    bool any = false;
    for (uint32_t c = 0; c < set->n_criteria; c++) {
        for (uint32_t k = 0; k < reference->n_criteria; k++) {
            if (strcmp(set->criteria[c], reference->criteria[k]) == 0)
                any = of_set[c] = of_reference[k] = true;
        }
    }
    return any;
}

static pl_status translate(const pl_judgment_set *set, const pl_judgment_set *reference, const pl_judged_units *units,
                           answer *ret, size_t *ret_n)
{
    pl_map *models = NULL;
    pl_map *items = NULL;
    size_t n = 0;
    pl_status rc = name_map(set->models, set->n_models, &models);
    if (!rc)
        rc = name_map(set->items, set->n_items, &items);
    for (size_t i = 0; i < units->n_units && !rc; i++) {
        const pl_judged_unit *u = &units->units[i];
        answer a = {.item = look_up(items, reference->items[u->item]),
                    .low = look_up(models, reference->models[u->low]),
                    .high = look_up(models, reference->models[u->high]),
                    .net = u->net,
                    .score = u->score};
        if (a.item != UINT32_MAX && a.low != UINT32_MAX && a.high != UINT32_MAX)
            ret[n++] = a;
    }
    pl__map_free(models);
    pl__map_free(items);
    *ret_n = n;
    if (n > 0)
        qsort(ret, n, sizeof(*ret), compare_answers);
    return rc;
}

static void match(pl_diagnosis *d, const answer *answers, size_t n)
{
    for (size_t i = 0; i < d->shared.n_units && n > 0; i++) {
        const pl_judged_unit *u = &d->shared.units[i];
        pl_judge_diagnosis *judge = &d->judges[u->judge];
        answer wanted = {.item = u->item, .low = u->low, .high = u->high};
        const answer *a = bsearch(&wanted, answers, n, sizeof(*answers), compare_answers);
        if (!a)
            continue;
        d->views[i] = (pl_view_of_reference){true, a->net, a->score};
        judge->reference_pairs++;
        judge->reference_agreed += u->net == a->net;
    }
}

pl_status pl__match_reference(pl_diagnosis *d, const pl_judgment_set *reference, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_judged_units units = {0};
    answer *answers = NULL;
    size_t n = 0;
    bool *of_set = pl__calloc(d->set->n_criteria, sizeof(*of_set));
    bool *of_reference = pl__calloc(reference->n_criteria, sizeof(*of_reference));

    if (!of_set || !of_reference) {
        rc = pl__fail(reterr, PL_E_NOMEM, "reference");
        goto out;
    }
    bool share = share_criteria(d->set, reference, of_set, of_reference);
    rc = pl__judged_units_make(reference, share ? of_reference : NULL, true, &units, reterr);
    if (!rc)
        rc = pl__judged_units_make(d->set, share ? of_set : NULL, false, &d->shared, reterr);
    if (rc)
        goto out;
    answers = pl__calloc(units.n_units, sizeof(*answers));
    d->views = pl__calloc(d->shared.n_units, sizeof(*d->views));
    if (!answers || !d->views || translate(d->set, reference, &units, answers, &n)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "reference of %zu pairs", units.n_units);
        goto out;
    }
    match(d, answers, n);
    d->has_reference = true;
out:
    pl__judged_units_clear(&units);
    pl__free(answers);
    pl__free(of_set);
    pl__free(of_reference);
    return rc;
}
