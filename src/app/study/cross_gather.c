/* Accuracies by model and data set, from as many sets of labelled responses as there are. */
#include "cross_study.h"

#include "alloc.h"
#include "error.h"
#include "map.h"
#include "name_order.h"
#include "vec.h"
#include <peerless/answers.h>

#include <math.h>
#include <string.h>

typedef struct tally {
    uint32_t dataset;
    uint32_t model;
    uint64_t right;
    uint64_t known;
    uint64_t labelled;
} tally;

struct pl_cross_gather {
    pl_names *datasets;
    pl_names *models;
    PL_VEC(tally) tallies;
};

void pl__cross_gather_free(pl_cross_gather *g)
{
    if (!g)
        return;
    pl__names_free(g->datasets);
    pl__names_free(g->models);
    pl__free(g->tallies.ptr);
    pl__free(g);
}

pl_cross_gather *pl__cross_gather_new(void)
{
    pl_cross_gather *g = pl__calloc(1, sizeof(*g));

    if (!g)
        return NULL;
    g->datasets = pl__names_new();
    g->models = pl__names_new();
    if (g->datasets && g->models)
        return g;
    pl__cross_gather_free(g);
    return NULL;
}

static bool has_labels(const pl_response_set *set)
{
    for (size_t i = 0; i < set->n_rows; i++) {
        if (set->rows[i].labels != 0 || (set->rows[i].options == PL_RESPONSE_NONE && set->rows[i].matches >= 0))
            return true;
    }
    return false;
}

static pl_status add_tally(pl_cross_gather *g, const pl_answer_source *source, uint32_t part, const char *dataset,
                           const char *model)
{
    size_t n = 0;
    uint32_t at = pl_answer_source_model(source, model);
    tally t = {.labelled = pl_answer_source_n_labelled(source, part)};
    const pl_answer_source_item *items = pl_answer_source_items(source, part, at, &n);
    pl_status rc = pl__vec_reserve(&g->tallies.ptr, &g->tallies.cap, g->tallies.len + 1, sizeof(*g->tallies.ptr));

    if (n == 0) /* nothing there: another file may have it */
        return PL_OK;
    t.known = n;
    for (size_t i = 0; i < n; i++)
        t.right += items[i].right ? 1 : 0;
    if (rc == PL_OK)
        rc = pl__names_intern(g->datasets, pl__view(dataset), &t.dataset);
    if (rc == PL_OK)
        rc = pl__names_intern(g->models, pl__view(model), &t.model);
    if (rc == PL_OK)
        g->tallies.ptr[g->tallies.len++] = t;
    return rc;
}

pl_status pl__cross_gather_add(pl_cross_gather *g, const pl_response_set *set, const char *name, pl_error *reterr)
{
    pl_answer_source *source = NULL;

    if (!has_labels(set))
        return pl__fail(reterr, PL_E_INVALID,
                        "%.200s: no response has a label: the study needs labelled responses, or --scores", name);
    pl_status rc = pl_answer_source_build(set, NULL, NULL, 0, &source, reterr);
    if (rc != PL_OK)
        return rc;
    for (uint32_t d = 0; d < pl_answer_source_n_datasets(source) && rc == PL_OK; d++) {
        const char *given = pl_answer_source_dataset(source, d);

        for (uint32_t m = 0; m < set->n_models && rc == PL_OK; m++)
            rc = add_tally(g, source, d, given[0] != '\0' ? given : name, set->models[m]);
    }
    pl_answer_source_free(source);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "scores of %.200s", name);
}

/* Copies of the names in byte order; places[index] is where it went. */
static pl_status sort_names(const pl_names *names, char ***ret, uint32_t *places)
{
    uint32_t n = (uint32_t)pl__names_count(names);
    uint32_t *order = NULL;
    const char **list = pl__calloc(n, sizeof(*list));
    char **copies = pl__calloc(n, sizeof(*copies));
    pl_status rc = list && copies ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < n && rc == PL_OK; i++)
        list[i] = pl__names_get(names, i);
    if (rc == PL_OK)
        rc = pl__name_order(list, n, &order);
    *ret = copies; /* the caller's, in any case */
    for (uint32_t i = 0; i < n && rc == PL_OK; i++) {
        places[order[i]] = i;
        copies[i] = pl__strdup(list[order[i]]);
        rc = copies[i] ? PL_OK : PL_E_NOMEM;
    }
    pl__free(order);
    pl__free(list);
    return rc;
}

/* Sums of what the files hold of a cell; places are those of the sorted names. */
static size_t fill(const pl_cross_gather *g, const uint32_t *dataset_at, const uint32_t *model_at, tally *sums,
                   pl_score_table *t)
{
    size_t sparse = 0;

    for (size_t i = 0; i < g->tallies.len; i++) {
        const tally *own = &g->tallies.ptr[i];
        tally *sum = &sums[model_at[own->model] * t->n_datasets + dataset_at[own->dataset]];

        sum->right += own->right;
        sum->known += own->known;
        sum->labelled += own->labelled;
    }
    for (size_t i = 0; i < t->n_models * t->n_datasets; i++) {
        double absent = (double)(sums[i].labelled - sums[i].known);
        bool few = absent > PL_ANSWER_MISSING_MAX * (double)sums[i].labelled;

        sparse += sums[i].known > 0 && few ? 1 : 0;
        t->scores[i] = sums[i].known > 0 && !few ? (double)sums[i].right / (double)sums[i].known : (double)NAN;
    }
    return sparse;
}

pl_status pl__cross_gather_finish(const pl_cross_gather *g, pl_score_table *ret, size_t *ret_sparse, pl_error *reterr)
{
    pl_score_table t = {.n_models = pl__names_count(g->models), .n_datasets = pl__names_count(g->datasets)};
    size_t n_cells = t.n_models * t.n_datasets;
    pl_status rc = PL_OK;

    if (t.n_models > PL_SCORE_TABLE_MODELS_MAX || n_cells > PL_SCORE_TABLE_CELLS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%zu models and %zu data sets are too many", t.n_models, t.n_datasets);
    uint32_t *dataset_at = pl__calloc(t.n_datasets, sizeof(*dataset_at));
    uint32_t *model_at = pl__calloc(t.n_models, sizeof(*model_at));
    tally *sums = pl__calloc(n_cells, sizeof(*sums));
    t.scores = pl__calloc(n_cells, sizeof(*t.scores));
    if (!dataset_at || !model_at || !sums || !t.scores)
        rc = PL_E_NOMEM;
    if (rc == PL_OK)
        rc = sort_names(g->datasets, &t.datasets, dataset_at);
    if (rc == PL_OK)
        rc = sort_names(g->models, &t.models, model_at);
    if (rc == PL_OK) {
        *ret_sparse = fill(g, dataset_at, model_at, sums, &t);
        *ret = t;
    } else {
        t.n_models = t.models ? t.n_models : 0;
        t.n_datasets = t.datasets ? t.n_datasets : 0;
        pl__score_table_clear(&t);
        rc = pl__fail(reterr, rc, "scores of %zu models", pl__names_count(g->models));
    }
    pl__free(dataset_at);
    pl__free(model_at);
    pl__free(sums);
    return rc;
}
