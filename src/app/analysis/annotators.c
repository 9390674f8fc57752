#include "annotators.h"

#include "alloc.h"
#include "error.h"

/* Rows of one annotator to the front, the others' behind them. Returns how many the one has. */
static size_t split(const pl_judgment_set *reference, uint32_t judge, pl_judgment *rows)
{
    size_t n = 0;
    size_t end = reference->n_rows;

    for (size_t i = 0; i < reference->n_rows; i++) {
        if (reference->rows[i].judge == judge)
            rows[n++] = reference->rows[i];
        else
            rows[--end] = reference->rows[i];
    }
    return n;
}

static pl_status compare(const pl_judgment_set *reference, uint32_t judge, pl_judgment *rows, pl_annotator *ret,
                         pl_error *reterr)
{
    pl_judgment_set own = *reference;
    pl_judgment_set others = *reference;
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    pl_diagnostics *d = NULL;
    pl_status rc = PL_OK;

    own.rows = rows;
    own.n_rows = split(reference, judge, rows);
    others.rows = rows + own.n_rows;
    others.n_rows = reference->n_rows - own.n_rows;
    opts.reference = &others;
    rc = pl_diagnostics_run(&own, &opts, &d, reterr);
    if (rc != PL_OK)
        return rc;
    ret->pairs = pl_diagnostics_judges(d)[judge].reference_pairs;
    ret->same = pl_diagnostics_judges(d)[judge].reference_agreed;
    pl_diagnostics_free(d);
    return PL_OK;
}

static pl_status find_alpha(const pl_judgment_set *reference, pl_annotators *ret, pl_error *reterr)
{
    pl_diagnostics *d = NULL;
    pl_status rc = pl_diagnostics_run(reference, NULL, &d, reterr);

    if (rc != PL_OK)
        return rc;
    ret->alpha = pl_diagnostics_alpha(d, &ret->n_units);
    pl_diagnostics_free(d);
    return PL_OK;
}

static pl_annotator *list_annotators(const pl_judgment_set *reference, pl_arena *arena, uint32_t *judges,
                                     pl_annotators *ret)
{
    pl_annotator *all = NULL;
    uint64_t *usable = pl__arena_calloc(arena, reference->n_models, sizeof(*usable));
    bool *seen = pl__arena_calloc(arena, reference->n_models, sizeof(*seen));
    bool fine = true;

    if (!usable || !seen)
        return NULL;
    for (size_t i = 0; i < reference->n_rows; i++) {
        const pl_judgment *row = &reference->rows[i];

        ret->n += !seen[row->judge];
        seen[row->judge] = true;
        usable[row->judge] += row->verdict != PL_VERDICT_MISSING;
        ret->n_usable += row->verdict != PL_VERDICT_MISSING;
    }
    all = pl__arena_calloc(arena, ret->n > 0 ? ret->n : 1, sizeof(*all));
    for (uint32_t m = 0, k = 0; all && m < reference->n_models; m++) {
        if (!seen[m])
            continue;
        judges[k] = m;
        all[k].name = pl__arena_strdup(arena, reference->models[m]);
        fine = fine && all[k].name;
        all[k++].usable = usable[m];
    }
    return fine ? all : NULL;
}

pl_status pl__annotators(const pl_judgment_set *reference, pl_arena *arena, pl_annotators *ret, pl_error *reterr)
{
    pl_annotators found = {0};
    pl_annotator *all = NULL;
    pl_status rc = pl_judgment_set_check(reference, reterr);
    uint32_t *judges = pl__calloc(reference->n_models, sizeof(*judges));
    pl_judgment *rows = pl__calloc(reference->n_rows, sizeof(*rows));

    if (rc != PL_OK)
        goto out;
    if (judges && rows)
        all = list_annotators(reference, arena, judges, &found);
    if (!all) {
        rc = pl__fail(reterr, PL_E_NOMEM, "annotators");
        goto out;
    }
    rc = find_alpha(reference, &found, reterr);
    found.compared = found.n > 1 && found.n <= PL_ANNOTATORS_MAX;
    for (uint32_t k = 0; k < found.n && found.compared && rc == PL_OK; k++)
        rc = compare(reference, judges[k], rows, &all[k], reterr);
    found.all = all;
    if (rc == PL_OK)
        *ret = found;
out:
    pl__free(judges);
    pl__free(rows);
    return rc;
}
