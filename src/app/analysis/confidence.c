#include "confidence.h"

#include "error.h"

pl_status pl__add_uncertainty_warnings(pl_analysis *a, pl_method_result *m, pl_error *reterr)
{
    const pl_method_uncertainty *x = m->uncertainty;
    const char **all = NULL;

    if (x->n_warnings == 0)
        return PL_OK;
    all = pl__arena_calloc(&a->arena, m->n_warnings + x->n_warnings, sizeof(*all));
    if (!all)
        return pl__fail(reterr, PL_E_NOMEM, "warnings");
    for (size_t i = 0; i < m->n_warnings; i++)
        all[i] = m->warnings[i];
    for (size_t i = 0; i < x->n_warnings; i++)
        all[m->n_warnings + i] = x->warnings[i]; /* the uncertainty lives as long as the analysis */
    m->warnings = all;
    m->n_warnings += x->n_warnings;
    return PL_OK;
}

pl_status pl__confidence(pl_analysis *a, const char *const *methods, const pl_peer_table *table,
                         const pl_rank_opts *rank, const pl_uncertainty_opts *opts, pl_error *reterr)
{
    const char *const *notes = NULL;
    size_t n_notes = 0;
    pl_status rc =
        pl_uncertainty_run(methods, a->n_methods, table, a->set->models, rank, opts, &a->uncertainty, reterr);

    if (rc != PL_OK)
        return rc;
    notes = pl_uncertainty_warnings(a->uncertainty, &n_notes);
    for (size_t i = 0; i < n_notes && rc == PL_OK; i++)
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "%s", notes[i]);
    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        a->methods[k].uncertainty = pl_uncertainty_method(a->uncertainty, k);
        rc = pl__add_uncertainty_warnings(a, &a->methods[k], reterr);
    }
    return rc;
}
