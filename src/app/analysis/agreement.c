#include "agreement.h"

#include "alloc.h"
#include "error.h"
#include <math.h>
#include <peerless/stats.h>
#include <string.h>

static size_t truth_of(const pl_truth *truth, const char *model)
{
    for (size_t i = 0; i < truth->n; i++) {
        if (strcmp(truth->models[i], model) == 0)
            return i;
    }
    return SIZE_MAX;
}

static pl_status agree(const double *x, const double *y, size_t n, pl_agreement *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;

    *ret = (pl_agreement){.n = n, .pearson = pl_stats_pearson(x, y, n), .top1 = pl_stats_top1(x, y, n)};
    rc = pl_stats_spearman(x, y, n, &ret->spearman, reterr);
    if (rc == PL_OK)
        rc = pl_stats_kendall(x, y, n, &ret->kendall, reterr);
    if (rc == PL_OK)
        rc = pl_stats_permutation_entropy(x, y, n, &ret->permutation_entropy, reterr);
    if (rc == PL_OK)
        rc = pl_stats_order(x, y, n, &ret->inversions, &ret->lis, reterr);
    return rc;
}

static bool is_own_judge(const pl_method_result *m, const char *model)
{
    return strncmp(m->name, "single:", 7) == 0 && strcmp(m->name + 7, model) == 0;
}

static pl_status compare_method(pl_analysis *a, pl_method_result *m, const pl_truth *truth, double *x, double *y,
                                pl_error *reterr)
{
    size_t n = 0;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK; i++) {
        size_t t = truth_of(truth, a->set->models[i]);

        /* A judge without a score of its own stands outside its own comparison (the paper's Table 1 does the same). */
        if (isnan(m->scores[i])) {
            if (t != SIZE_MAX)
                rc = pl__notes_add(&a->notes, &a->arena, reterr,
                                   "%s: %s has no score%s and is left out of the agreement", m->name, a->set->models[i],
                                   is_own_judge(m, a->set->models[i]) ? " by itself" : "");
            continue;
        }
        if (t == SIZE_MAX) {
            rc = pl__notes_add(&a->notes, &a->arena, reterr,
                               "%s: the truth has no %s, which is left out of the agreement", m->name,
                               a->set->models[i]);
            continue;
        }
        x[n] = m->scores[i];
        y[n] = truth->scores[t];
        n++;
    }
    if (rc == PL_OK)
        rc = agree(x, y, n, &m->agreement, reterr);
    m->has_agreement = rc == PL_OK;
    return rc;
}

static pl_status note_unknown(pl_analysis *a, const pl_truth *truth, pl_error *reterr)
{
    for (size_t t = 0; t < truth->n; t++) {
        bool known = false;

        for (uint32_t i = 0; i < a->set->n_models && !known; i++)
            known = strcmp(a->set->models[i], truth->models[t]) == 0;
        if (!known) {
            pl_status rc = pl__notes_add(&a->notes, &a->arena, reterr,
                                         "the truth names %s, which is not among the models", truth->models[t]);

            if (rc != PL_OK)
                return rc;
        }
    }
    return PL_OK;
}

pl_status pl__analysis_compare(pl_analysis *a, const pl_truth *truth, pl_error *reterr)
{
    double *x = pl__calloc(a->set->n_models, sizeof(*x));
    double *y = pl__calloc(a->set->n_models, sizeof(*y));
    pl_status rc = PL_OK;

    if (!x || !y) {
        rc = pl__fail(reterr, PL_E_NOMEM, "agreement");
        goto out;
    }
    rc = note_unknown(a, truth, reterr);
    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++)
        rc = compare_method(a, &a->methods[k], truth, x, y, reterr);
out:
    pl__free(x);
    pl__free(y);
    return rc;
}
