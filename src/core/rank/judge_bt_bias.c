#include "judge_bt_parts.h"

#include "alloc.h"
#include "num.h"

#include <math.h>

#define PERCENT 100.0
#define KNOWN_LENGTHS_ENOUGH 0.999 /* of the verdicts; below it a warning says so */

const char *pl_bias_reason_text(uint32_t reason)
{
    static const struct {
        uint32_t reason;
        const char *text;
    } texts[] = {
        {PL_BIAS_NO_VERDICTS, "the judge has no verdict that counts"},
        {PL_BIAS_AT_BOUND, "the judge's verdicts do not follow the strengths at all"},
        {PL_BIAS_ONE_ORDER, "nobody saw any pair of models in both orders"},
        {PL_BIAS_NO_LENGTHS, "no pair of answers has known and different lengths"},
        {PL_BIAS_CONSTANT_LENGTHS, "each model's answers all have one length"},
        {PL_BIAS_NO_OWN_PAIR, "no pair has exactly one answer from the judge's family"},
        {PL_BIAS_NO_OTHER_JUDGE, "no judge from another family saw the answers of the judge's family"},
        {PL_BIAS_NO_TIES, "no verdict is a tie"},
        {PL_BIAS_ONLY_TIES, "every verdict is a tie"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].reason == reason)
            return texts[i].text;
    }
    return "unknown reason";
}

/* What the cells can tell apart. */
typedef struct facts {
    bool both_orders;
    bool lengths_vary; /* does some model have answers of two lengths? */
    bool any_lengths;  /* is x other than 0 anywhere? */
    bool *own_pairs;   /* by judge */
    bool *by_others;   /* by family: did another family's judge see a pair with exactly one answer of it? */
} facts;

static void find_lengths(const pl_judge_data *d, uint32_t *lengths, facts *ret)
{
    for (size_t i = 0; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        const uint32_t sides[2] = {c->first, c->second};
        const uint32_t found[2] = {c->first_length, c->second_length};
        if (c->first_length == 0 || c->second_length == 0)
            continue;
        ret->any_lengths = ret->any_lengths || c->first_length != c->second_length;
        for (unsigned k = 0; k < 2; k++) {
            ret->lengths_vary = ret->lengths_vary || (lengths[sides[k]] != 0 && lengths[sides[k]] != found[k]);
            lengths[sides[k]] = found[k];
        }
    }
}

static void find_orders(const pl_judge_data *d, bool *seen, facts *ret)
{
    size_t n = d->matrix.n;
    for (size_t i = 0; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        seen[c->first * n + c->second] = true;
        ret->both_orders = ret->both_orders || seen[c->second * n + c->first];
    }
}

static void find_families(const pl_judge_data *d, const uint32_t *families, facts *ret)
{
    for (size_t i = 0; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        uint32_t own = families[d->judges[c->judge].model];
        uint32_t first = families[d->matrix.models[c->first]];
        uint32_t second = families[d->matrix.models[c->second]];
        if (first == second)
            continue;
        if (own == first || own == second)
            ret->own_pairs[c->judge] = true;
        if (own != first)
            ret->by_others[first] = true;
        if (own != second)
            ret->by_others[second] = true;
    }
}

static pl_bias_term term(const pl_judge_fit *f, size_t judge, size_t which, uint32_t reasons)
{
    size_t at = pl__judge_param(f, judge, which);
    const pl_judge_span *s = &f->data->judges[judge];
    return (pl_bias_term){
        .estimate = f->params[at], .error = f->errors[at], .reasons = reasons | (s->only_ties ? PL_BIAS_ONLY_TIES : 0)};
}

static pl_bias_term nu_term(const pl_judge_fit *f, size_t judge)
{
    const pl_judge_span *s = &f->data->judges[judge];
    size_t at = pl__judge_param(f, judge, PL_JUDGE_LN_NU);
    if (s->only_ties)
        return (pl_bias_term){(double)INFINITY, (double)NAN, PL_BIAS_ONLY_TIES};
    if (!s->has_nu)
        return (pl_bias_term){0.0, (double)NAN, PL_BIAS_NO_TIES};
    double nu = exp(f->params[at]);
    return (pl_bias_term){nu, nu * f->errors[at], 0};
}

static uint32_t length_reasons(const pl_judge_data *d, const pl_judge_span *s, const facts *k)
{
    bool any = false;
    for (size_t i = s->first; i < s->end && !any; i++)
        any = d->cells[i].x > 0.0 || d->cells[i].x < 0.0;
    if (!any)
        return PL_BIAS_NO_LENGTHS;
    return k->lengths_vary ? 0 : PL_BIAS_CONSTANT_LENGTHS;
}

static const pl_bias_term none = {(double)NAN, (double)NAN, PL_BIAS_NO_VERDICTS};

static void fill_judges(const pl_judge_fit *f, const uint32_t *families, const facts *k, uint32_t n_models,
                        pl_judge_bias *biases)
{
    for (uint32_t m = 0; m < n_models; m++)
        biases[m] = (pl_judge_bias){none, none, none, none, none, 0.0};
    for (uint32_t j = 0; j < f->data->n_judges; j++) {
        const pl_judge_span *s = &f->data->judges[j];
        uint32_t s_reasons = k->own_pairs[j] ? 0 : PL_BIAS_NO_OWN_PAIR;
        if (k->own_pairs[j] && !k->by_others[families[s->model]])
            s_reasons = PL_BIAS_NO_OTHER_JUDGE;
        bool at_bound = f->held[pl__judge_param(f, j, PL_JUDGE_A)];
        biases[s->model] = (pl_judge_bias){
            .a = term(f, j, PL_JUDGE_A, at_bound ? PL_BIAS_AT_BOUND : 0),
            .delta = term(f, j, PL_JUDGE_DELTA, k->both_orders ? 0 : PL_BIAS_ONE_ORDER),
            .beta = term(f, j, PL_JUDGE_BETA, length_reasons(f->data, s, k)),
            .s = term(f, j, PL_JUDGE_S, s_reasons),
            .nu = nu_term(f, j),
            .weight = s->weight,
        };
    }
}

/* The common beta and s: identified if they are for any judge. */
static void fill_common(const pl_judge_fit *f, const facts *k, pl_bias_report *bias)
{
    size_t n = f->n_common;
    uint32_t s_reasons = PL_BIAS_NO_OWN_PAIR;
    for (uint32_t j = 0; j < f->data->n_judges; j++) {
        uint32_t reasons = bias->judges[f->data->judges[j].model].s.reasons;
        if (reasons == 0 || (s_reasons != 0 && reasons == PL_BIAS_NO_OTHER_JUDGE))
            s_reasons = reasons;
    }
    uint32_t beta_reasons = k->lengths_vary ? 0 : PL_BIAS_CONSTANT_LENGTHS;
    if (!k->any_lengths)
        beta_reasons = PL_BIAS_NO_LENGTHS;
    bias->beta = (pl_bias_term){f->params[n - 2], f->errors[n - 2], beta_reasons};
    bias->s = (pl_bias_term){f->params[n - 1], f->errors[n - 1], s_reasons};
    bias->length_sd = f->data->length_sd;
    bias->known_lengths = f->data->known_lengths;
}

static const pl_bias_term *term_of(const pl_judge_bias *b, size_t which)
{
    const pl_bias_term *const terms[PL_JUDGE_PARAMS] = {&b->a, &b->delta, &b->beta, &b->s, &b->nu};
    return terms[which];
}

/* Names the judges for which the reason holds. */
static pl_status warn_judges(const pl_judge_fit *f, const pl_rank_input *in, pl_ranking *r, size_t which,
                             uint32_t reason, const char *sentence)
{
    uint32_t n = 0;
    uint32_t *list = pl__calloc(f->data->n_judges, sizeof(*list));
    if (!list)
        return PL_E_NOMEM;
    for (uint32_t j = 0; j < f->data->n_judges; j++) {
        uint32_t m = f->data->judges[j].model;
        if (term_of(&r->biases[m], which)->reasons & reason)
            list[n++] = m;
    }
    pl_status rc = n > 0 ? pl__ranking_warn_models(r, in->models, list, n, sentence) : PL_OK;
    pl__free(list);
    return rc;
}

static pl_status warn_lengths(pl_ranking *r)
{
    const pl_bias_report *b = &r->bias;
    if (b->beta.reasons != 0)
        return pl__ranking_warn(r, "verbosity (beta) is not identified: %s", pl_bias_reason_text(b->beta.reasons));
    if (b->known_lengths < KNOWN_LENGTHS_ENOUGH) {
        char percent[PL_NUM_BYTES];
        pl__num_format_fixed(PERCENT * (1.0 - b->known_lengths), 1, percent);
        return pl__ranking_warn(r, "%s %% of the verdicts lack an answer's length; their answers count as equally long",
                                percent);
    }
    return PL_OK;
}

static pl_status warn(const pl_judge_fit *f, const pl_rank_input *in, pl_ranking *r)
{
    pl_status rc = PL_OK;
    if (f->data->n_judges == 0)
        return PL_OK;
    rc = warn_judges(f, in, r, PL_JUDGE_LN_NU, PL_BIAS_ONLY_TIES,
                     "every verdict is a tie, so that nothing is learnt from the judge");
    if (rc == PL_OK)
        rc = warn_judges(f, in, r, PL_JUDGE_A, PL_BIAS_AT_BOUND,
                         "the verdicts do not follow the strengths at all (a is 0), so that the judge has no weight");
    if (rc == PL_OK && (r->biases[f->data->judges[0].model].delta.reasons & PL_BIAS_ONE_ORDER))
        rc = pl__ranking_warn(r, "position (delta) rests on the model's form: %s",
                              pl_bias_reason_text(PL_BIAS_ONE_ORDER));
    if (rc == PL_OK)
        rc = warn_lengths(r);
    if (rc == PL_OK && r->bias.s.reasons != 0)
        return pl__ranking_warn(r, "self-preference (s) is not identified for any judge: %s",
                                pl_bias_reason_text(r->bias.s.reasons));
    if (rc == PL_OK)
        rc = warn_judges(f, in, r, PL_JUDGE_S, PL_BIAS_NO_OWN_PAIR,
                         "self-preference (s) is not identified, for want of pairs with one answer of the own family");
    if (rc == PL_OK)
        rc = warn_judges(f, in, r, PL_JUDGE_S, PL_BIAS_NO_OTHER_JUDGE,
                         "self-preference (s) is not identified, since no judge of another family saw the own family");
    return rc;
}

pl_status pl__judge_biases(const pl_judge_fit *fit, const pl_rank_input *in, pl_ranking *r)
{
    const pl_judge_data *d = fit->data;
    const uint32_t *families = pl_peer_table_families(in->table);
    pl_status rc = PL_E_NOMEM;
    facts k = {.own_pairs = pl__calloc(d->n_judges, sizeof(*k.own_pairs)),
               .by_others = pl__calloc(in->n_models, sizeof(*k.by_others))};
    uint32_t *lengths = pl__calloc(d->matrix.n, sizeof(*lengths));
    bool *seen = pl__calloc((size_t)d->matrix.n * d->matrix.n, sizeof(*seen));

    if (!k.own_pairs || !k.by_others || !lengths || !seen)
        goto out;
    find_lengths(d, lengths, &k);
    find_orders(d, seen, &k);
    find_families(d, families, &k);
    fill_judges(fit, families, &k, in->n_models, r->biases);
    r->bias.judges = r->biases;
    r->bias.beta = r->bias.s = none;
    if (d->n_judges > 0)
        fill_common(fit, &k, &r->bias);
    rc = warn(fit, in, r);
out:
    pl__free(k.own_pairs);
    pl__free(k.by_others);
    pl__free(lengths);
    pl__free(seen);
    return rc;
}
