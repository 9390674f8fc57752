/* Does a judge favour its own answers, or its family's, more than their quality explains?
 *
 * y = a_r u_p on the pairs p that are not judge r's own, by alternating least squares weighted by counts: a_r is how
 * sharply r tells models apart, u_p how far the pair's first model is ahead (1/2: always). Neither is known by itself
 * (twice the a, half the u), but their product is, as long as judges and pairs hang together.
 *
 * A judge's verdicts on lopsided pairs are near certain, and u bends with those of the sharp judges: a dull one would
 * seem to know its own pairs better than others where they are the lopsided ones. So what is held against its own pairs
 * is y = b_r u_p + c_r u_p^3 (a preference turned round turns the sign: no even powers), fitted to its other pairs. */
#include "alloc.h"
#include "diagnosis.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SWEEPS_MAX 500u
#define SWEEPS_MAX_WITHOUT 100u /* starts from the solution */
#define CHANGE_MIN 1e-12
#define CHANGE_MIN_WITHOUT 1e-8
#define BEND_PAIRS_MIN 10u   /* pairs with others in common, below which c_r is 0: five for each of b_r and c_r */
#define BEND_SPREAD_MIN 1e-6 /* of the determinant, below which the |u| are too much alike to tell b_r from c_r */

/* Sums over a judge's pairs that are not its own, and the curve from them. */
typedef struct curve {
    double u2;
    double u4;
    double u6;
    double yu;
    double yu3;
    double b;
    double c;
} curve;

/* All verdicts of one judge on one pair of models. */
typedef struct cell {
    uint32_t judge; /* place among the judges, see fit */
    uint32_t pair;  /* place among the pairs of models */
    int32_t own;    /* 1 low is the judge's own, -1 high, 0 none or both */
    double n;
    double sum; /* of low's scores less 1/2 */
} cell;

typedef struct entry {
    uint32_t judge_rank;
    uint32_t judge; /* model index; UINT32_MAX is the reference */
    uint32_t models;
    uint32_t item;
    uint32_t image; /* then its group */
    int32_t own;
    double y;
    uint32_t cell;
} entry;

typedef struct fit {
    entry *entries;
    size_t n_entries;
    uint32_t *by_group;
    uint32_t starts[PL_BIAS_GROUPS_MAX + 1];
    uint32_t n_groups;
    cell *cells; /* by pair, then judge */
    cell *less;
    size_t n_cells;
    uint32_t n_judges;
    uint32_t n_pairs;
    uint32_t *models; /* by judge: its model index */
    double *a;        /* by judge */
    double *a_start;
    curve *curves; /* by judge */
    double *u;     /* by pair; NaN unknown */
    double *top;
    double *bottom;
    double *without; /* [judge * PL_BIAS_GROUPS_MAX + group] */
    double *whole;
    uint32_t *link; /* union-find over judges, then pairs */
    uint32_t *shared;
    uint32_t *sources; /* by pair: judges that u comes from */
    uint32_t *images;
} fit;

static const char *family_of(const pl_judgment_set *set, uint32_t model)
{
    return set->families ? set->families[model] : set->models[model];
}

static int side_of(const pl_judgment_set *set, const pl_judged_unit *unit)
{
    const char *family = family_of(set, unit->judge);
    return (strcmp(family, family_of(set, unit->low)) == 0) - (strcmp(family, family_of(set, unit->high)) == 0);
}

static pl_taste *self_preference_of(pl_judge_diagnosis *judge)
{
    return &judge->self_preference;
}

static int compare_entries(const void *x, const void *y)
{
    const entry *a = x;
    const entry *b = y;
    if (a->models != b->models)
        return a->models < b->models ? -1 : 1;
    if (a->judge_rank != b->judge_rank)
        return a->judge_rank < b->judge_rank ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

static uint32_t find(uint32_t *link, uint32_t x)
{
    while (link[x] != x)
        x = link[x] = link[link[x]];
    return x;
}

/* Places of judges by rank, so that sums do not depend on how models are numbered. */
static pl_status collect(const pl_diagnosis *d, fit *f)
{
    const pl_judged_units *units = pl__tested_units(d);
    uint32_t *places = pl__calloc((size_t)PL_ROW_NAMES_MAX + 1, sizeof(*places)); /* by rank, the reference last */
    if (!places)
        return PL_E_NOMEM;
    for (size_t i = 0; i < units->n_units; i++) {
        const pl_judged_unit *u = &units->units[i];
        if (d->has_reference && !d->views[i].found)
            continue;
        entry e = {.judge_rank = u->judge_rank,
                   .judge = u->judge,
                   .models = pl__unit_models(u),
                   .item = (uint32_t)(u->pair >> 32),
                   .image = u->image,
                   .own = side_of(d->set, u),
                   .y = u->score - 0.5};
        places[u->judge_rank] = 1;
        f->entries[f->n_entries++] = e;
        if (!d->has_reference || (i > 0 && units->units[i - 1].pair == u->pair))
            continue;
        e.judge_rank = PL_ROW_NAMES_MAX;
        e.judge = UINT32_MAX;
        e.own = 0;
        e.y = d->views[i].score - 0.5;
        places[PL_ROW_NAMES_MAX] = 1;
        f->entries[f->n_entries++] = e;
    }
    for (uint32_t r = 0; r <= PL_ROW_NAMES_MAX; r++) {
        bool used = places[r] != 0;
        places[r] = f->n_judges;
        f->n_judges += used;
    }
    if (f->n_entries > 0)
        qsort(f->entries, f->n_entries, sizeof(*f->entries), compare_entries);
    for (size_t i = 0; i < f->n_entries; i++) {
        entry *e = &f->entries[i];
        const entry *before = i > 0 ? e - 1 : NULL;
        f->n_pairs += !before || before->models != e->models;
        if (!before || before->models != e->models || before->judge_rank != e->judge_rank)
            f->cells[f->n_cells++] = (cell){places[e->judge_rank], f->n_pairs - 1, e->own, 0.0, 0.0};
        cell *c = &f->cells[f->n_cells - 1];
        c->n += 1.0;
        c->sum += e->y;
        e->cell = (uint32_t)(f->n_cells - 1);
    }
    pl__free(places);
    return PL_OK;
}

static pl_status group_entries(fit *f)
{
    uint32_t *groups = pl__calloc(f->n_entries, sizeof(*groups));
    uint32_t next[PL_BIAS_GROUPS_MAX] = {0};
    uint32_t n_images = 0;
    if (!groups)
        return PL_E_NOMEM;
    for (size_t i = 0; i < f->n_entries; i++)
        groups[i] = f->entries[i].image;
    if (pl__bias_groups(groups, f->n_entries, &f->n_groups, &n_images)) {
        pl__free(groups);
        return PL_E_NOMEM;
    }
    for (size_t i = 0; i < f->n_entries; i++)
        f->starts[groups[i] + 1]++;
    for (uint32_t g = 0; g < PL_BIAS_GROUPS_MAX; g++) {
        f->starts[g + 1] += f->starts[g];
        next[g] = f->starts[g];
    }
    for (size_t i = 0; i < f->n_entries; i++)
        f->by_group[next[groups[i]]++] = (uint32_t)i;
    pl__free(groups);
    return PL_OK;
}

/* What hangs together, and how many judges each pair's u comes from. */
static void link_up(fit *f)
{
    for (uint32_t i = 0; i < f->n_judges + f->n_pairs; i++)
        f->link[i] = i;
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &f->cells[i];
        f->sources[c->pair] += c->own == 0;
        if (c->own == 0)
            f->link[find(f->link, c->judge)] = find(f->link, f->n_judges + c->pair);
    }
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &f->cells[i];
        f->shared[c->judge] += c->own == 0 && f->sources[c->pair] > 1;
        f->models[c->judge] = UINT32_MAX;
    }
    for (size_t i = 0; i < f->n_entries; i++)
        f->models[f->cells[f->entries[i].cell].judge] = f->entries[i].judge;
}

static void sweep_pairs(fit *f, const cell *cells)
{
    memset(f->top, 0, f->n_pairs * sizeof(*f->top));
    memset(f->bottom, 0, f->n_pairs * sizeof(*f->bottom));
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &cells[i];
        if (c->own != 0)
            continue;
        f->top[c->pair] += f->a[c->judge] * c->sum;
        f->bottom[c->pair] += f->a[c->judge] * f->a[c->judge] * c->n;
    }
    for (uint32_t p = 0; p < f->n_pairs; p++)
        f->u[p] = f->bottom[p] > 0.0 ? f->top[p] / f->bottom[p] : (double)NAN;
}

/* Returns the largest change. */
static double sweep_judges(fit *f, const cell *cells)
{
    double change = 0.0;
    memset(f->top, 0, f->n_judges * sizeof(*f->top));
    memset(f->bottom, 0, f->n_judges * sizeof(*f->bottom));
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &cells[i];
        if (c->own != 0 || isnan(f->u[c->pair]))
            continue;
        f->top[c->judge] += f->u[c->pair] * c->sum;
        f->bottom[c->judge] += f->u[c->pair] * f->u[c->pair] * c->n;
    }
    for (uint32_t j = 0; j < f->n_judges; j++) {
        double a = f->bottom[j] > 0.0 ? f->top[j] / f->bottom[j] : 0.0;
        change = fmax(change, fabs(a - f->a[j]));
        f->a[j] = a;
    }
    return change;
}

static void bend(fit *f, const cell *cells)
{
    memset(f->curves, 0, f->n_judges * sizeof(*f->curves));
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &cells[i];
        double u = f->u[c->pair];
        curve *k = &f->curves[c->judge];
        if (c->own != 0 || isnan(u))
            continue;
        k->u2 += c->n * u * u;
        k->u4 += c->n * u * u * u * u;
        k->u6 += c->n * u * u * u * u * u * u;
        k->yu += c->sum * u;
        k->yu3 += c->sum * u * u * u;
    }
    for (uint32_t j = 0; j < f->n_judges; j++) {
        curve *k = &f->curves[j];
        double determinant = k->u2 * k->u6 - k->u4 * k->u4;
        bool told = f->shared[j] >= BEND_PAIRS_MIN && determinant > BEND_SPREAD_MIN * k->u2 * k->u6;
        k->b = told ? (k->yu * k->u6 - k->yu3 * k->u4) / determinant : f->a[j];
        k->c = told ? (k->yu3 * k->u2 - k->yu * k->u4) / determinant : 0.0;
    }
}

/* ret_s[judge * stride]: mean of y - b u - c u^3 over the judge's own pairs; NaN if there are none. */
static void solve(fit *f, const cell *cells, unsigned sweeps_max, double change_min, double *ret_s, size_t stride)
{
    for (unsigned i = 0; i < sweeps_max; i++) {
        sweep_pairs(f, cells);
        if (sweep_judges(f, cells) <= change_min)
            break;
    }
    sweep_pairs(f, cells);
    bend(f, cells);
    memset(f->top, 0, f->n_judges * sizeof(*f->top));
    memset(f->bottom, 0, f->n_judges * sizeof(*f->bottom));
    for (size_t i = 0; i < f->n_cells; i++) {
        const cell *c = &cells[i];
        const curve *k = &f->curves[c->judge];
        double u = f->u[c->pair];
        if (c->own == 0 || isnan(u) || find(f->link, c->judge) != find(f->link, f->n_judges + c->pair))
            continue;
        f->top[c->judge] += c->own * (c->sum - c->n * (k->b * u + k->c * u * u * u));
        f->bottom[c->judge] += c->n;
    }
    for (uint32_t j = 0; j < f->n_judges; j++)
        ret_s[j * stride] = f->bottom[j] > 0.0 ? f->top[j] / f->bottom[j] : (double)NAN;
}

static void solve_without(fit *f, uint32_t group)
{
    memcpy(f->less, f->cells, f->n_cells * sizeof(*f->less));
    for (uint32_t k = f->starts[group]; k < f->starts[group + 1]; k++) {
        const entry *e = &f->entries[f->by_group[k]];
        cell *c = &f->less[e->cell];
        c->n -= 1.0;
        c->sum = c->n > 0.5 ? c->sum - e->y : 0.0;
    }
    memcpy(f->a, f->a_start, f->n_judges * sizeof(*f->a));
    solve(f, f->less, SWEEPS_MAX_WITHOUT, CHANGE_MIN_WITHOUT, f->without + group, PL_BIAS_GROUPS_MAX);
}

/* Images on which the judge has pairs with exactly one own answer. */
static pl_status count_images(fit *f)
{
    uint32_t *images = pl__calloc(f->n_entries, sizeof(*images));
    if (!images)
        return PL_E_NOMEM;
    for (uint32_t j = 0; j < f->n_judges; j++) {
        size_t n = 0;
        uint32_t n_groups = 0;
        for (size_t i = 0; i < f->n_cells; i++)
            f->images[j] += f->cells[i].judge == j && f->cells[i].own != 0;
        if (f->images[j] == 0)
            continue;
        for (size_t i = 0; i < f->n_entries; i++) {
            if (f->cells[f->entries[i].cell].judge == j && f->entries[i].own != 0)
                images[n++] = f->entries[i].image;
        }
        if (pl__bias_groups(images, n, &n_groups, &f->images[j])) {
            pl__free(images);
            return PL_E_NOMEM;
        }
    }
    pl__free(images);
    return PL_OK;
}

static pl_status test_judges(pl_diagnosis *d, fit *f)
{
    if (group_entries(f) || count_images(f))
        return PL_E_NOMEM;
    link_up(f);
    for (uint32_t j = 0; j < f->n_judges; j++)
        f->a[j] = 1.0;
    solve(f, f->cells, SWEEPS_MAX, CHANGE_MIN, f->whole, 1);
    memcpy(f->a_start, f->a, f->n_judges * sizeof(*f->a));
    for (uint32_t g = 0; g < f->n_groups; g++)
        solve_without(f, g);
    for (uint32_t j = 0; j < f->n_judges; j++) {
        if (f->models[j] == UINT32_MAX || f->images[j] == 0)
            continue;
        pl_taste *t = &d->judges[f->models[j]].self_preference;
        if (f->shared[j] < PL_BIAS_SHARED_PAIRS_MIN ||
            !pl__taste_test(t, f->whole[j], f->without + (size_t)j * PL_BIAS_GROUPS_MAX, f->n_groups, f->images[j]))
            t->untested = PL_UNTESTED_NO_COMPARISON;
    }
    return PL_OK;
}

static void fit_free(fit *f)
{
    void *const parts[] = {f->entries, f->by_group, f->cells,  f->less,    f->models, f->a,
                           f->a_start, f->curves,   f->u,      f->top,     f->bottom, f->without,
                           f->whole,   f->link,     f->shared, f->sources, f->images};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        pl__free(parts[i]);
    pl__free(f);
}

static bool make_room(fit *f)
{
    size_t nodes = (size_t)f->n_judges + f->n_pairs;
    f->by_group = pl__calloc(f->n_entries, sizeof(*f->by_group));
    f->less = pl__calloc(f->n_cells, sizeof(*f->less));
    f->models = pl__calloc(f->n_judges, sizeof(*f->models));
    f->a = pl__calloc(f->n_judges, sizeof(*f->a));
    f->a_start = pl__calloc(f->n_judges, sizeof(*f->a_start));
    f->curves = pl__calloc(f->n_judges, sizeof(*f->curves));
    f->u = pl__calloc(f->n_pairs, sizeof(*f->u));
    f->top = pl__calloc(nodes, sizeof(*f->top));
    f->bottom = pl__calloc(nodes, sizeof(*f->bottom));
    f->without = pl__calloc((size_t)f->n_judges * PL_BIAS_GROUPS_MAX, sizeof(*f->without));
    f->whole = pl__calloc(f->n_judges, sizeof(*f->whole));
    f->link = pl__calloc(nodes, sizeof(*f->link));
    f->shared = pl__calloc(f->n_judges, sizeof(*f->shared));
    f->sources = pl__calloc(f->n_pairs, sizeof(*f->sources));
    f->images = pl__calloc(f->n_judges, sizeof(*f->images));
    return f->by_group && f->less && f->models && f->a && f->a_start && f->curves && f->u && f->top && f->bottom &&
           f->without && f->whole && f->link && f->shared && f->sources && f->images;
}

static bool any_own(const pl_diagnosis *d)
{
    const pl_judged_units *units = pl__tested_units(d);
    for (size_t i = 0; i < units->n_units; i++) {
        if (side_of(d->set, &units->units[i]) != 0)
            return true;
    }
    return false;
}

pl_status pl__self_preference(pl_diagnosis *d, pl_error *reterr)
{
    pl_status rc = PL_E_NOMEM;
    size_t cap = 2 * pl__tested_units(d)->n_units; /* the reference's besides the judges' */
    fit *f = NULL;

    pl__taste_counts(d, side_of, self_preference_of);
    if (!any_own(d))
        return PL_OK;
    f = pl__calloc(1, sizeof(*f));
    if (f) {
        f->entries = pl__calloc(cap, sizeof(*f->entries));
        f->cells = pl__calloc(cap, sizeof(*f->cells));
    }
    if (f && f->entries && f->cells && !collect(d, f) && make_room(f))
        rc = test_judges(d, f);
    if (f)
        fit_free(f);
    return rc ? pl__fail(reterr, rc, "self-preference over %zu pairs", cap) : PL_OK;
}
