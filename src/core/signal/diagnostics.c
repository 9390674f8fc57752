#include "alloc.h"
#include "diagnosis.h"
#include "error.h"

struct pl_diagnostics {
    pl_diagnosis d;
};

const char *pl_untested_text(pl_untested reason)
{
    static const char *const texts[] = {
        "tested",
        "no pair to see it in",
        "fewer than 10 images",
        "in every pair of models the same one is longer: confounded with quality",
        "too few pairs shared with other judges: confounded with quality",
    };
    return (size_t)reason < sizeof(texts) / sizeof(texts[0]) ? texts[reason] : "unknown";
}

static pl_status diagnose(pl_diagnosis *d, const pl_judgment_set *reference, pl_error *reterr)
{
    pl_status rc = pl__judged_units_make(d->set, NULL, false, &d->all, reterr);
    if (!rc && reference)
        rc = pl__match_reference(d, reference, reterr);
    if (!rc)
        rc = pl__verbosity(d, reterr);
    if (!rc)
        rc = pl__self_preference(d, reterr);
    if (!rc)
        rc = pl__coherence(d, reterr);
    if (!rc)
        rc = pl__judge_agreement(d, reterr);
    return rc;
}

pl_status pl_diagnostics_run(const pl_judgment_set *set, const pl_diagnostics_opts *opts, pl_diagnostics **ret,
                             pl_error *reterr)
{
    static const pl_diagnostics_opts defaults = PL_DIAGNOSTICS_OPTS_INIT;
    pl_diagnostics *out = NULL;
    pl_status rc = PL_OK;

    if (!opts)
        opts = &defaults;
    if (!set || !ret || opts->size_bytes < sizeof(*opts))
        return pl__fail(reterr, PL_E_INVALID, "diagnostics: null argument or options of another version");
    rc = pl_judgment_set_check(set, reterr);
    if (!rc && opts->reference) {
        rc = pl_judgment_set_check(opts->reference, reterr);
        if (rc)
            pl__error_prefix(reterr, "reference");
    }
    if (rc)
        return rc;
    out = pl__calloc(1, sizeof(*out));
    if (out)
        out->d.judges = pl__calloc(set->n_models, sizeof(*out->d.judges));
    if (!out || !out->d.judges) {
        rc = pl__fail(reterr, PL_E_NOMEM, "diagnosis of %u models", set->n_models);
        goto out;
    }
    out->d.set = set;
    rc = diagnose(&out->d, opts->reference, reterr);
    if (rc)
        goto out;
    pl__judged_units_clear(&out->d.all);
    pl__judged_units_clear(&out->d.shared);
    out->d.set = NULL;
    *ret = out;
    out = NULL;
out:
    pl_diagnostics_free(out);
    return rc;
}

void pl_diagnostics_free(pl_diagnostics *diagnostics)
{
    if (!diagnostics)
        return;
    pl__judged_units_clear(&diagnostics->d.all);
    pl__judged_units_clear(&diagnostics->d.shared);
    pl__free(diagnostics->d.views);
    pl__free(diagnostics->d.judges);
    pl__free(diagnostics->d.kappa);
    pl__free(diagnostics->d.kappa_units);
    pl__free(diagnostics);
}

const pl_judge_diagnosis *pl_diagnostics_judges(const pl_diagnostics *diagnostics)
{
    return diagnostics->d.judges;
}

double pl_diagnostics_alpha(const pl_diagnostics *diagnostics, uint64_t *ret_units)
{
    if (ret_units)
        *ret_units = diagnostics->d.alpha_units;
    return diagnostics->d.alpha;
}

const double *pl_diagnostics_kappa(const pl_diagnostics *diagnostics)
{
    return diagnostics->d.kappa;
}

const uint64_t *pl_diagnostics_kappa_units(const pl_diagnostics *diagnostics)
{
    return diagnostics->d.kappa_units;
}
