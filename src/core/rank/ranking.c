#include "ranking.h"

#include "alloc.h"
#include "error.h"
#include "str.h"
#include "vec.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define NAMES_MAX 16 /* models that one sentence lists */
#define SENTENCE_BYTES 100000

pl_ranking *pl__ranking_new(uint32_t n_models, bool with_weights)
{
    pl_ranking *r = pl__calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->n_models = n_models;
    r->scores = pl__calloc(n_models, sizeof(*r->scores));
    if (with_weights)
        r->weights = pl__calloc(n_models, sizeof(*r->weights));
    if (!r->scores || (with_weights && !r->weights)) {
        pl_ranking_free(r);
        return NULL;
    }
    for (uint32_t m = 0; m < n_models; m++) {
        r->scores[m] = (double)NAN;
        if (with_weights)
            r->weights[m] = (double)NAN;
    }
    return r;
}

void pl_ranking_free(pl_ranking *ranking)
{
    if (!ranking)
        return;
    for (size_t i = 0; i < ranking->n_warnings; i++)
        pl__free(ranking->warnings[i]);
    pl__free(ranking->warnings);
    pl__free(ranking->explained);
    pl__free(ranking->errors);
    pl__free(ranking->biases);
    pl__free(ranking->loss);
    pl__free(ranking->weights);
    pl__free(ranking->scores);
    pl__free(ranking);
}

pl_status pl__ranking_warn(pl_ranking *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    pl_status rc = pl__vec_reserve(&r->warnings, &r->cap_warnings, r->n_warnings + 1, sizeof(*r->warnings));
    if (rc || length < 0)
        return PL_E_NOMEM;
    char *text = pl__malloc((size_t)length + 1);
    if (!text)
        return PL_E_NOMEM;
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)length + 1, fmt, args);
    va_end(args);
    pl__one_line(text);
    r->warnings[r->n_warnings++] = text;
    return PL_OK;
}

pl_status pl__ranking_warn_models(pl_ranking *r, const char *const *names, const uint32_t *models, uint32_t n,
                                  const char *sentence)
{
    pl_status rc = PL_OK;
    pl_str list;
    pl__str_init(&list, SENTENCE_BYTES);
    for (uint32_t i = 0; i < n && i < NAMES_MAX && rc == PL_OK; i++)
        rc = pl__str_appendf(&list, "%s%s", i > 0 ? ", " : "", names[models[i]]);
    if (n > NAMES_MAX && rc == PL_OK)
        rc = pl__str_appendf(&list, " and %u more", n - NAMES_MAX);
    if (rc != PL_E_NOMEM)
        rc = pl__ranking_warn(r, "%s: %s", sentence, pl__str_c(&list));
    pl__str_clear(&list);
    return rc;
}

const double *pl_ranking_scores(const pl_ranking *ranking)
{
    return ranking->scores;
}

const double *pl_ranking_weights(const pl_ranking *ranking)
{
    return ranking->weights;
}

const double *pl_ranking_loss(const pl_ranking *ranking, size_t *ret_n)
{
    if (ret_n)
        *ret_n = ranking->n_loss;
    return ranking->loss;
}

const char *const *pl_ranking_warnings(const pl_ranking *ranking, size_t *ret_n)
{
    if (ret_n)
        *ret_n = ranking->n_warnings;
    return (const char *const *)ranking->warnings;
}

const pl_fit_report *pl_ranking_fit(const pl_ranking *ranking)
{
    return ranking->has_fit ? &ranking->fit : NULL;
}

const double *pl_ranking_errors(const pl_ranking *ranking)
{
    return ranking->errors;
}

const pl_bias_report *pl_ranking_bias(const pl_ranking *ranking)
{
    return ranking->biases ? &ranking->bias : NULL;
}
