#include "corrected.h"

#include "alloc.h"
#include "error.h"
#include "judged_units.h"
#include "map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MAX 4 /* models that a warning names */

/* A unit of the reference in the judged set's terms. */
typedef struct label {
    uint32_t item;
    uint32_t low;
    uint32_t high;
    double score; /* of low */
} label;

/* One pair from the point of view of one of its models. */
typedef struct view {
    uint32_t model;
    uint32_t image;
    bool labelled;
    double label;
    double prediction;
} view;

typedef struct job {
    pl_analysis *a;
    pl_corrected *out;
    pl_corrected_model *models;
    pl_judgment *rows; /* those that count */
    pl_judged_units machine;
    pl_judged_units people;
    label *labels;
    size_t n_labels;
    view *views;
    size_t n_views;
    double *y; /* per image of one model: labels, their predictions, the other predictions */
    double *f;
    double *rest;
} job;

static int compare_labels(const void *x, const void *y)
{
    const label *a = x;
    const label *b = y;

    if (a->item != b->item)
        return a->item < b->item ? -1 : 1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return (a->high > b->high) - (a->high < b->high);
}

/* Labels and predictions decide between views of one image, so that sums do not depend on the order of the input. */
static int compare_views(const void *x, const void *y)
{
    const view *a = x;
    const view *b = y;

    if (a->model != b->model)
        return a->model < b->model ? -1 : 1;
    if (a->image != b->image)
        return a->image < b->image ? -1 : 1;
    if (a->labelled != b->labelled)
        return a->labelled ? -1 : 1;
    if (a->label < b->label || a->label > b->label)
        return a->label < b->label ? -1 : 1;
    return (a->prediction > b->prediction) - (a->prediction < b->prediction);
}

static pl_status name_map(const char *const *names, uint32_t n, pl_map **ret)
{
    pl_map *map = pl__map_new();
    pl_status rc = map ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__map_put(map, names[i], strlen(names[i]), i);
    if (rc != PL_OK) {
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

/* Names sort alike in both sets, so that low stays low. */
static pl_status translate(job *j, const pl_judgment_set *reference)
{
    const pl_judgment_set *set = j->a->set;
    pl_map *models = NULL;
    pl_map *items = NULL;
    pl_status rc = name_map(set->models, set->n_models, &models);

    if (rc == PL_OK)
        rc = name_map(set->items, set->n_items, &items);
    for (size_t i = 0; i < j->people.n_units && rc == PL_OK; i++) {
        const pl_judged_unit *u = &j->people.units[i];
        label l = {.item = look_up(items, reference->items[u->item]),
                   .low = look_up(models, reference->models[u->low]),
                   .high = look_up(models, reference->models[u->high]),
                   .score = u->score};

        if (l.item != UINT32_MAX && l.low != UINT32_MAX && l.high != UINT32_MAX)
            j->labels[j->n_labels++] = l;
    }
    pl__map_free(models);
    pl__map_free(items);
    if (j->n_labels > 0)
        qsort(j->labels, j->n_labels, sizeof(*j->labels), compare_labels);
    return rc;
}

static void look_at_pairs(job *j)
{
    uint64_t matched = 0;

    for (size_t i = 0; i < j->machine.n_units; i++) {
        const pl_judged_unit *u = &j->machine.units[i];
        label wanted = {.item = u->item, .low = u->low, .high = u->high};
        const label *l = NULL;

        if (j->n_labels > 0)
            l = bsearch(&wanted, j->labels, j->n_labels, sizeof(*j->labels), compare_labels);
        matched += l != NULL;
        j->views[j->n_views++] = (view){u->low, u->image, l != NULL, l ? l->score : 0.0, u->score};
        j->views[j->n_views++] = (view){u->high, u->image, l != NULL, l ? 1.0 - l->score : 0.0, 1.0 - u->score};
    }
    j->out->pairs = j->people.n_units;
    j->out->unmatched = j->people.n_units - matched;
    if (j->n_views > 0)
        qsort(j->views, j->n_views, sizeof(*j->views), compare_views);
}

/* All views of one model on one image: over the labelled pairs if there are any. */
static void add_image(job *j, pl_corrected_model *m, const view *views, size_t n)
{
    double y = 0.0;
    double f = 0.0;
    size_t count = 0;
    bool labelled = views[0].labelled; /* those stand first */

    for (size_t i = 0; i < n && views[i].labelled == labelled; i++) {
        y += views[i].label;
        f += views[i].prediction;
        count++;
    }
    if (labelled) {
        j->y[m->n_labelled] = y / (double)count;
        j->f[m->n_labelled++] = f / (double)count;
    } else {
        j->rest[m->n_machine++] = f / (double)count;
    }
}

static double cut(double x)
{
    return isnan(x) ? x : fmin(fmax(x, 0.0), 1.0);
}

/* A win rate lies in [0, 1]: what reaches beyond holds nothing true. */
static void keep_inside(pl_ppi_mean_result *r)
{
    double *const places[] = {&r->estimate,          &r->low,          &r->high,
                              &r->labelled_estimate, &r->labelled_low, &r->labelled_high};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        *places[i] = cut(*places[i]);
}

static pl_status estimate(job *j, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t at = 0;

    for (uint32_t model = 0; model < j->a->set->n_models && rc == PL_OK; model++) {
        pl_corrected_model *m = &j->models[model];
        size_t end = 0;

        for (; at < j->n_views && j->views[at].model == model; at = end) {
            for (end = at;
                 end < j->n_views && j->views[end].model == model && j->views[end].image == j->views[at].image;)
                end++;
            add_image(j, m, &j->views[at], end - at);
        }
        rc = pl_ppi_mean(j->y, j->f, m->n_labelled, j->rest, m->n_machine, NULL, &m->win_rate, reterr);
        if (rc == PL_OK)
            keep_inside(&m->win_rate);
    }
    return rc;
}

/* The criterion of the same name; all if the reference lacks it. */
static const bool *reference_criteria(const job *j, const pl_judgment_set *reference, uint32_t criterion, bool *mask)
{
    bool any = false;

    for (uint32_t c = 0; c < reference->n_criteria && criterion != UINT32_MAX; c++) {
        mask[c] = strcmp(reference->criteria[c], j->a->set->criteria[criterion]) == 0;
        any = any || mask[c];
    }
    return any ? mask : NULL;
}

static pl_status gather(job *j, const pl_judgment_set *reference, const pl_peer_opts *peer, uint32_t criterion,
                        pl_error *reterr)
{
    pl_judgment_set counting = *j->a->set;
    bool *mask = pl__calloc(reference->n_criteria, sizeof(*mask));
    pl_status rc = PL_OK;

    j->rows = pl__calloc(counting.n_rows, sizeof(*j->rows));
    if (!mask || !j->rows) {
        pl__free(mask);
        return pl__fail(reterr, PL_E_NOMEM, "judgments");
    }
    counting.n_rows = 0;
    counting.rows = j->rows;
    for (size_t i = 0; i < j->a->set->n_rows; i++) {
        const pl_judgment *row = &j->a->set->rows[i];

        if ((criterion == UINT32_MAX || row->criterion == criterion) &&
            !(peer->drop_self_reviews && (row->judge == row->a || row->judge == row->b)) &&
            !(peer->exclude_judges && peer->exclude_judges[row->judge]))
            j->rows[counting.n_rows++] = *row;
    }
    rc = pl__judged_units_make(&counting, NULL, true, &j->machine, reterr);
    if (rc == PL_OK)
        rc = pl__judged_units_make(reference, reference_criteria(j, reference, criterion, mask), true, &j->people,
                                   reterr);
    pl__free(mask);
    return rc;
}

static pl_status work_out(job *j, const pl_judgment_set *reference, pl_error *reterr)
{
    size_t n = j->machine.n_units;

    j->labels = pl__calloc(j->people.n_units, sizeof(*j->labels));
    j->views = pl__calloc(n, 2 * sizeof(*j->views));
    j->y = pl__calloc(n, sizeof(*j->y));
    j->f = pl__calloc(n, sizeof(*j->f));
    j->rest = pl__calloc(n, sizeof(*j->rest));
    if (!j->labels || !j->views || !j->y || !j->f || !j->rest || translate(j, reference) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "labels of %zu pairs", j->people.n_units);
    look_at_pairs(j);
    return estimate(j, reterr);
}

/* "ash, birch and 3 more: <sentence>" for the models that it is true of; all of them need no names. */
static pl_status warn_of(job *j, pl_method_result *m, const bool *concerned, const char *sentence, pl_error *reterr)
{
    uint32_t n = 0;
    uint32_t n_all = 0;
    uint32_t named = 0;
    pl_str text;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < j->a->set->n_models; i++) {
        n += concerned[i];
        n_all += j->models[i].n_labelled + j->models[i].n_machine > 0;
    }
    if (n == 0)
        return PL_OK;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (uint32_t i = 0; i < j->a->set->n_models && n < n_all && rc == PL_OK; i++) {
        if (!concerned[i] || named == NAMED_MAX)
            continue;
        rc = pl__str_appendf(&text, "%s%s", named > 0 ? ", " : "", j->a->set->models[i]);
        named++;
    }
    if (rc == PL_OK && named > 0)
        rc = n > named ? pl__str_appendf(&text, " and %u more: ", n - named) : pl__str_append_c(&text, ": ");
    if (rc == PL_OK)
        rc = pl__str_append_c(&text, sentence);
    if (rc == PL_OK) {
        m->warnings[m->n_warnings] = pl__arena_strdup(&j->a->arena, pl__str_c(&text));
        rc = m->warnings[m->n_warnings] ? PL_OK : PL_E_NOMEM;
        m->n_warnings += rc == PL_OK;
    }
    pl__str_clear(&text);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "warnings");
}

static pl_status warn(job *j, pl_method_result *m, pl_error *reterr)
{
    static const uint32_t flags[] = {PL_PPI_FEW_LABELS, PL_PPI_FEW_CORRECTIONS, PL_PPI_NO_SPREAD, PL_PPI_NO_PREDICTIONS,
                                     PL_PPI_PREDICTIONS_IDLE};
    size_t n_flags = sizeof(flags) / sizeof(flags[0]);
    uint32_t n = j->a->set->n_models;
    bool *concerned = pl__calloc(n, sizeof(*concerned));
    pl_status rc = PL_OK;

    m->warnings = pl__arena_calloc(&j->a->arena, n_flags + 1, sizeof(*m->warnings));
    if (!concerned || !m->warnings) {
        pl__free(concerned);
        return pl__fail(reterr, PL_E_NOMEM, "warnings");
    }
    for (size_t k = 0; k <= n_flags && rc == PL_OK; k++) {
        for (uint32_t i = 0; i < n; i++) {
            const pl_corrected_model *c = &j->models[i];

            if (k == n_flags)
                concerned[i] = c->n_labelled == 0 && c->n_machine > 0;
            else
                concerned[i] = c->n_labelled > 0 && (c->win_rate.flags & flags[k]) != 0;
        }
        rc = warn_of(j, m, concerned, k < n_flags ? pl_ppi_flag_text(flags[k]) : "no pair that people decided on",
                     reterr);
    }
    pl__free(concerned);
    return rc;
}

static pl_status take(job *j, pl_error *reterr)
{
    pl_analysis *a = j->a;
    pl_method_result *m = &a->methods[a->n_methods];
    uint32_t n = a->set->n_models;
    double *scores = pl__arena_calloc(&a->arena, n > 0 ? n : 1, sizeof(*scores));
    pl_status rc = PL_OK;

    if (!scores)
        return pl__fail(reterr, PL_E_NOMEM, "scores");
    for (uint32_t i = 0; i < n; i++)
        scores[i] = j->models[i].win_rate.estimate;
    m->name = PL_CORRECTED_METHOD;
    m->scores = scores;
    rc = pl__rank_scores(a, m, reterr);
    if (rc == PL_OK)
        rc = warn(j, m, reterr);
    if (rc == PL_OK)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "ppi estimates the win rate (a tie is half a win), averaged over images, that the people "
                           "of the reference would give; it holds if the images they judged are a random part of "
                           "all");
    if (rc == PL_OK && j->out->unmatched > 0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "%llu of the %llu pairs in the reference have no usable verdict of a judge and are left "
                           "out of ppi",
                           (unsigned long long)j->out->unmatched, (unsigned long long)j->out->pairs);
    if (rc != PL_OK)
        return rc;
    a->corrected = j->out;
    a->n_methods++;
    return PL_OK;
}

pl_status pl__correct(pl_analysis *a, const pl_judgment_set *reference, const pl_peer_opts *peer, uint32_t criterion,
                      pl_error *reterr)
{
    job j = {.a = a};
    pl_status rc = pl_judgment_set_check(reference, reterr);

    if (rc != PL_OK) {
        pl__error_prefix(reterr, "reference");
        return rc;
    }
    j.out = pl__arena_calloc(&a->arena, 1, sizeof(*j.out));
    j.models = pl__arena_calloc(&a->arena, a->set->n_models > 0 ? a->set->n_models : 1, sizeof(*j.models));
    if (!j.out || !j.models)
        return pl__fail(reterr, PL_E_NOMEM, "corrected win rates");
    j.out->models = j.models;
    rc = gather(&j, reference, peer, criterion, reterr);
    if (rc == PL_OK)
        rc = work_out(&j, reference, reterr);
    if (rc == PL_OK)
        rc = take(&j, reterr);
    pl__judged_units_clear(&j.machine);
    pl__judged_units_clear(&j.people);
    pl__free(j.rows);
    pl__free(j.labels);
    pl__free(j.views);
    pl__free(j.y);
    pl__free(j.f);
    pl__free(j.rest);
    return rc;
}
