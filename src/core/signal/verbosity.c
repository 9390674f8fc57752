/* Does an answer win more often for being longer? */
#include "alloc.h"
#include "diagnosis.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    uint32_t judge_rank;
    uint32_t judge;
    uint32_t models; /* the pair's */
    uint32_t item;   /* rank: makes the order total */
    uint32_t group;
    bool low_longer;
    double y; /* low's score, less what the reference gave it */
} entry;

/* Sums over the units of one pair of models, low longer [1] or shorter [0]. */
typedef struct stratum {
    double n[2];
    double y[2];
} stratum;

static int side_of(const pl_judgment_set *set, const pl_judged_unit *unit)
{
    (void)set;
    return unit->longer;
}

static pl_taste *verbosity_of(pl_judge_diagnosis *judge)
{
    return &judge->verbosity;
}

static int compare_entries(const void *x, const void *y)
{
    const entry *a = x;
    const entry *b = y;
    if (a->judge_rank != b->judge_rank)
        return a->judge_rank < b->judge_rank ? -1 : 1;
    if (a->models != b->models)
        return a->models < b->models ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

/* Mantel & Haenszel's weights: what each pair of models tells counts by n1 n0 / (n1 + n0). */
static double risk_difference(const stratum *strata, size_t n)
{
    double sum = 0.0;
    double weight = 0.0;
    for (size_t i = 0; i < n; i++) {
        const stratum *s = &strata[i];
        if (!(s->n[0] > 0.5 && s->n[1] > 0.5))
            continue;
        double all = s->n[0] + s->n[1];
        sum += (s->y[1] * s->n[0] - s->y[0] * s->n[1]) / all;
        weight += s->n[0] * s->n[1] / all;
    }
    return weight > 0.0 ? sum / weight : (double)NAN;
}

/* Places for one judge's work. */
typedef struct room {
    uint32_t *groups;
    stratum *all;
    stratum *less;
    uint32_t *stratum_of; /* by entry */
    uint32_t *by_group;   /* entries in the order of their groups */
    double without[PL_BIAS_GROUPS_MAX];
    uint32_t starts[PL_BIAS_GROUPS_MAX + 1];
} room;

static uint32_t sum_strata(const entry *e, size_t n, room *r)
{
    uint32_t n_strata = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || e[i].models != e[i - 1].models)
            r->all[n_strata++] = (stratum){{0.0}, {0.0}};
        r->stratum_of[i] = n_strata - 1;
        r->all[n_strata - 1].n[e[i].low_longer] += 1.0;
        r->all[n_strata - 1].y[e[i].low_longer] += e[i].y;
    }
    return n_strata;
}

static void sort_by_group(const uint32_t *groups, size_t n, uint32_t n_groups, room *r)
{
    memset(r->starts, 0, sizeof(r->starts));
    for (size_t i = 0; i < n; i++)
        r->starts[groups[i] + 1]++;
    for (uint32_t g = 0; g < n_groups; g++)
        r->starts[g + 1] += r->starts[g];
    uint32_t next[PL_BIAS_GROUPS_MAX];
    memcpy(next, r->starts, sizeof(next));
    for (size_t i = 0; i < n; i++)
        r->by_group[next[groups[i]]++] = (uint32_t)i;
}

/* e[0..n) are one judge's. */
static pl_status test_judge(pl_diagnosis *d, const entry *e, size_t n, room *r)
{
    pl_taste *t = &d->judges[e[0].judge].verbosity;
    uint32_t n_groups = 0;
    uint32_t n_images = 0;
    for (size_t i = 0; i < n; i++)
        r->groups[i] = e[i].group;
    if (pl__bias_groups(r->groups, n, &n_groups, &n_images))
        return PL_E_NOMEM;
    uint32_t n_strata = sum_strata(e, n, r);
    sort_by_group(r->groups, n, n_groups, r);
    double whole = risk_difference(r->all, n_strata);
    for (uint32_t g = 0; g < n_groups; g++) {
        memcpy(r->less, r->all, n_strata * sizeof(*r->less));
        for (uint32_t k = r->starts[g]; k < r->starts[g + 1]; k++) {
            uint32_t i = r->by_group[k];
            r->less[r->stratum_of[i]].n[e[i].low_longer] -= 1.0;
            r->less[r->stratum_of[i]].y[e[i].low_longer] -= e[i].y;
        }
        r->without[g] = risk_difference(r->less, n_strata);
    }
    if (!pl__taste_test(t, whole, r->without, n_groups, n_images))
        t->untested = PL_UNTESTED_ONE_LENGTH;
    return PL_OK;
}

static size_t collect(const pl_diagnosis *d, entry *ret)
{
    const pl_judged_units *units = pl__tested_units(d);
    size_t n = 0;
    for (size_t i = 0; i < units->n_units; i++) {
        const pl_judged_unit *u = &units->units[i];
        if (u->longer == 0 || (d->has_reference && !d->views[i].found))
            continue;
        ret[n++] = (entry){.judge_rank = u->judge_rank,
                           .judge = u->judge,
                           .models = pl__unit_models(u),
                           .item = (uint32_t)(u->pair >> 32),
                           .group = u->image,
                           .low_longer = u->longer > 0,
                           .y = d->has_reference ? u->score - d->views[i].score : u->score - 0.5};
    }
    if (n > 0)
        qsort(ret, n, sizeof(*ret), compare_entries);
    return n;
}

pl_status pl__verbosity(pl_diagnosis *d, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t cap = pl__tested_units(d)->n_units;
    entry *entries = pl__calloc(cap, sizeof(*entries));
    room *r = pl__calloc(1, sizeof(*r));
    size_t end = 0;

    pl__taste_counts(d, side_of, verbosity_of);
    if (entries && r) {
        r->groups = pl__calloc(cap, sizeof(*r->groups));
        r->all = pl__calloc(cap, sizeof(*r->all));
        r->less = pl__calloc(cap, sizeof(*r->less));
        r->stratum_of = pl__calloc(cap, sizeof(*r->stratum_of));
        r->by_group = pl__calloc(cap, sizeof(*r->by_group));
    }
    if (!entries || !r || !r->groups || !r->all || !r->less || !r->stratum_of || !r->by_group) {
        rc = pl__fail(reterr, PL_E_NOMEM, "verbosity over %zu pairs", cap);
        goto out;
    }
    size_t n = collect(d, entries);
    for (size_t i = 0; i < n && !rc; i = end) {
        for (end = i + 1; end < n && entries[end].judge_rank == entries[i].judge_rank; end++)
            ;
        rc = test_judge(d, &entries[i], end - i, r);
    }
    if (rc)
        rc = pl__fail(reterr, rc, "verbosity over %zu pairs", cap);
out:
    if (r) {
        pl__free(r->groups);
        pl__free(r->all);
        pl__free(r->less);
        pl__free(r->stratum_of);
        pl__free(r->by_group);
    }
    pl__free(r);
    pl__free(entries);
    return rc;
}
