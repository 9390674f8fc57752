/* Do judges agree with each other? */
#include "alloc.h"
#include "contingency.h"
#include "diagnosis.h"
#include "error.h"

#include <math.h>
#include <stdlib.h>

#define N_VALUES 3u

static int compare_codes(const void *x, const void *y)
{
    const pl_judged_code *a = x;
    const pl_judged_code *b = y;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    if (a->criterion != b->criterion)
        return a->criterion < b->criterion ? -1 : 1;
    return (a->judge > b->judge) - (a->judge < b->judge);
}

typedef struct tables {
    uint32_t *places; /* by model: place among the judges */
    uint32_t n_judges;
    uint64_t *counts; /* [(r * n_judges + q) * 9 + value of r * 3 + value of q], r's place below q's */
} tables;

static void add_pairs(tables *t, const pl_judged_code *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            size_t cell = (size_t)t->places[codes[i].judge] * t->n_judges + t->places[codes[k].judge];
            t->counts[(cell * N_VALUES + codes[i].value) * N_VALUES + codes[k].value]++;
        }
    }
}

static void fill_kappa(pl_diagnosis *d, const tables *t, const uint32_t *judges)
{
    size_t m = d->set->n_models;
    for (size_t i = 0; i < m * m; i++)
        d->kappa[i] = (double)NAN;
    for (size_t r = 0; r < t->n_judges; r++) {
        for (size_t q = r + 1; q < t->n_judges; q++) {
            const uint64_t *table = &t->counts[(r * t->n_judges + q) * N_VALUES * N_VALUES];
            uint64_t units = 0;
            for (size_t v = 0; v < (size_t)N_VALUES * N_VALUES; v++)
                units += table[v];
            double kappa = pl__kappa(table, N_VALUES);
            d->kappa[judges[r] * m + judges[q]] = d->kappa[judges[q] * m + judges[r]] = kappa;
            d->kappa_units[judges[r] * m + judges[q]] = d->kappa_units[judges[q] * m + judges[r]] = units;
        }
    }
}

static void add_codes(pl_diagnosis *d, tables *t)
{
    const pl_judged_code *codes = d->all.codes;
    size_t n = d->all.n_codes;
    size_t end = 0;
    pl_alpha alpha = {{0.0}, 0.0, 0};
    for (size_t i = 0; i < n; i = end) {
        uint32_t counts[N_VALUES] = {0};
        for (end = i; end < n && codes[end].pair == codes[i].pair && codes[end].criterion == codes[i].criterion; end++)
            counts[codes[end].value]++;
        pl__alpha_add(&alpha, counts, N_VALUES);
        if (t->counts)
            add_pairs(t, &codes[i], end - i);
    }
    d->alpha = pl__alpha_value(&alpha);
    d->alpha_units = alpha.units;
}

pl_status pl__judge_agreement(pl_diagnosis *d, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t m = d->set->n_models;
    tables t = {0};
    uint32_t *judges = pl__calloc(m, sizeof(*judges));

    t.places = pl__calloc(m, sizeof(*t.places));
    if (!judges || !t.places)
        goto refused;
    if (d->all.n_codes > 0)
        qsort(d->all.codes, d->all.n_codes, sizeof(*d->all.codes), compare_codes);
    for (size_t i = 0; i < d->all.n_codes; i++)
        t.places[d->all.codes[i].judge] = 1;
    for (uint32_t i = 0; i < m; i++) {
        if (t.places[i] == 0)
            continue;
        t.places[i] = t.n_judges;
        judges[t.n_judges++] = i;
    }
    if (t.n_judges <= PL_KAPPA_JUDGES_MAX) {
        t.counts = pl__calloc((size_t)t.n_judges * t.n_judges, (size_t)N_VALUES * N_VALUES * sizeof(*t.counts));
        d->kappa = pl__calloc(m * m, sizeof(*d->kappa));
        d->kappa_units = pl__calloc(m * m, sizeof(*d->kappa_units));
        if (!t.counts || !d->kappa || !d->kappa_units)
            goto refused;
    }
    add_codes(d, &t);
    if (t.counts)
        fill_kappa(d, &t, judges);
    goto out;
refused:
    rc = pl__fail(reterr, PL_E_NOMEM, "agreement of %zu judges", m);
out:
    pl__free(judges);
    pl__free(t.places);
    pl__free(t.counts);
    return rc;
}
