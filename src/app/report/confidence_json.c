/* What a bootstrap adds to the JSON of a ranking. */
#include "confidence_report.h"
#include "number_json.h"

#include <math.h>

/* {"model": [low, high], …} of ranks; [null, null] where undefined. */
static json_t *rank_ranges(const pl_analysis *a, const pl_method_uncertainty *x)
{
    json_t *doc = json_object();

    for (uint32_t i = 0; i < a->set->n_models && doc; i++) {
        json_t *pair = x->rank_low[i] == 0
                           ? json_pack("[n, n]")
                           : json_pack("[I, I]", (json_int_t)x->rank_low[i], (json_int_t)x->rank_high[i]);

        if (pl__json_set(doc, a->set->models[i], pair) != PL_OK) {
            json_decref(doc);
            doc = NULL;
        }
    }
    return doc;
}

static json_t *by_model(const pl_analysis *a, const double *x)
{
    return pl__numbers_by_name_json(a->set->models, x, a->set->n_models, 1);
}

static json_t *tied_groups(const pl_analysis *a, const pl_method_uncertainty *x)
{
    json_t *groups = json_array();

    for (uint32_t g = 1; g <= x->n_groups && groups; g++) {
        json_t *group = json_array();
        bool fine = group != NULL;

        for (uint32_t i = 0; i < x->n_ranked && fine; i++) {
            if (x->group[x->order[i]] == g)
                fine = json_array_append_new(group, json_string(a->set->models[x->order[i]])) == 0;
        }
        if (!fine || json_array_append_new(groups, group) != 0) {
            if (!fine)
                json_decref(group);
            json_decref(groups);
            groups = NULL;
        }
    }
    return groups;
}

static json_t *neighbours(const pl_analysis *a, const pl_method_uncertainty *x)
{
    json_t *list = json_array();

    for (uint32_t i = 0; x->neighbours && i + 1 < x->n_ranked && list; i++) {
        const pl_neighbours *n = &x->neighbours[i];
        json_t *row =
            json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "above", a->set->models[n->above], "below",
                      a->set->models[n->below], "difference", pl__number_json(n->difference), "se",
                      pl__number_json(n->se), "p", pl__number_json(n->p), "p_holm", pl__number_json(n->p_holm),
                      "images", pl__number_json(isnan(n->images) ? n->images : ceil(n->images)));

        if (json_array_append_new(list, row) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static pl_status set_fragility(const pl_analysis *a, const pl_method_uncertainty *x, json_t *doc)
{
    if (x->fragility == 0)
        return PL_OK;
    return pl__json_set(doc, "fragility",
                        json_pack("{s:I, s:I, s:s}", "judgments", (json_int_t)x->fragility, "of",
                                  (json_int_t)x->n_comparisons, "top", a->set->models[x->fragility_top]));
}

pl_status pl__confidence_json(const pl_analysis *a, const pl_method_result *m, json_t *doc)
{
    const pl_method_uncertainty *x = m->uncertainty;
    pl_status rc =
        pl__json_set(doc, "ci", pl__intervals_by_name_json(a->set->models, x->low, x->high, a->set->n_models));

    if (rc == PL_OK)
        rc = pl__json_set(doc, "rank_ci", rank_ranges(a, x));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "se", by_model(a, x->se));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "p_best", by_model(a, x->p_best));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "tied_groups", tied_groups(a, x));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "neighbours", neighbours(a, x));
    return rc == PL_OK ? set_fragility(a, x, doc) : rc;
}

json_t *pl__bootstrap_json(const pl_analysis *a)
{
    return json_pack("{s:I, s:I, s:o, s:s}", "replicates", (json_int_t)pl_uncertainty_n_replicates(a->uncertainty),
                     "images", (json_int_t)pl_uncertainty_n_images(a->uncertainty), "level",
                     pl__number_json(pl_uncertainty_level(a->uncertainty)), "interval",
                     a->interval == PL_INTERVAL_BCA ? "bca" : "percentile");
}
