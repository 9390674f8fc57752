/* From responses to scores: the registry of votes, and which models have answered enough to be ranked. */
#include "answer_rank.h"

#include "alloc.h"
#include "error.h"
#include "num.h"
#include "str.h"

#include <math.h>
#include <string.h>

#define SENTENCES_MAX 16u /* models that are explained one by one */
#define RFW "Ranked from Within (Tu et al. 2025)"

typedef struct vote_row {
    pl_answer_fn *run;
    bool has_weights;
    bool with_p;
} vote_row;

typedef struct proxy_row {
    pl_proxy_fn *run;
    bool sure;
} proxy_row;

/* One row per method: name, description, source, function, has it weights, does it need probabilities. */
#define METHODS(ROW)                                                                                                   \
    ROW("within", "agreement with a minimum-variance pool of the models, each held against the pool without itself",   \
        "ours", pl__answer_within, true, true)                                                                         \
    ROW("majority", "agreement with the option that most models choose", "ours", pl__answer_majority, false, false)    \
    ROW("soft-vote", "agreement with the option of the largest mean probability", "ours", pl__answer_soft_vote, false, \
        true)                                                                                                          \
    ROW("weighted-vote", "agreement with the plurality of votes that weigh as their voters agree with the others",     \
        "Nitzan & Paroush 1982; weights without labels (ours)", pl__answer_weighted_vote, true, false)                 \
    ROW("dawid-skene-one-coin", "accuracy, if every model errs by chance and evenly", "Dawid & Skene 1979",            \
        pl__answer_one_coin, false, false)                                                                             \
    ROW("dawid-skene", "accuracy, if every model errs by chance, by a confusion of its own", "Dawid & Skene 1979",     \
        pl__answer_dawid_skene, false, false)

/* The same for proxies: name, description, source, function, does it look at confidences. */
#define PROXIES(ROW)                                                                                                   \
    ROW("aol", "accuracy on other, labelled items (--source), as if it were on the line", RFW "; Miller et al. 2021",  \
        pl__proxy_aol, false)                                                                                          \
    ROW("aol.rank", "minus the mean rank by accuracy over the data sets of the labelled source", RFW,                  \
        pl__proxy_aol_rank, false)                                                                                     \
    ROW("atc", "share of confidences above a threshold that meets the accuracy on the labelled source",                \
        RFW "; Garg et al. 2022", pl__proxy_atc, true)                                                                 \
    ROW("doc", "accuracy on the labelled source less the difference of mean confidences",                              \
        RFW "; Guillory et al. 2021", pl__proxy_doc, true)

#define INFO(name, description, source, ...) {name, description, source},
static const pl_rank_method infos[] = {METHODS(INFO) PROXIES(INFO)};
#undef INFO
#define VOTE(name, description, source, run, weights, with_p) {run, weights, with_p},
static const vote_row rows[] = {METHODS(VOTE)};
#undef VOTE
#define PROXY(name, description, source, run, sure) {run, sure},
static const proxy_row proxies[] = {PROXIES(PROXY)};
#undef PROXY
#define N_METHODS (sizeof(infos) / sizeof(infos[0]))
#define N_VOTES (sizeof(rows) / sizeof(rows[0]))

const pl_rank_method *pl_answer_methods(size_t *ret_n)
{
    if (ret_n)
        *ret_n = N_METHODS;
    return infos;
}

bool pl_answer_method_is_proxy(const char *name)
{
    for (size_t k = N_VOTES; name && k < N_METHODS; k++) {
        if (strcmp(infos[k].name, name) == 0)
            return true;
    }
    return false;
}

void pl__answer_plan_clear(pl_answer_plan *plan)
{
    pl__proxy_free(plan->proxy);
    pl__ballot_box_clear(&plan->box);
    pl__free(plan->ranked);
    pl__free(plan->sums);
    pl__free(plan->counts);
    pl__free(plan->absent);
    memset(plan, 0, sizeof(*plan));
}

static uint32_t without_probabilities(const pl_answer_table *t, uint32_t m)
{
    const uint32_t *missing = pl_answer_table_missing(t, m);
    return pl_answer_table_n_choice_items(t) - missing[PL_ANSWER_THERE];
}

static uint32_t without_choice(const pl_answer_table *t, uint32_t m)
{
    const size_t *options = pl_answer_table_options(t);
    const uint8_t *choices = pl_answer_table_choices(t, m);
    uint32_t n = 0;
    for (uint32_t i = 0; i < pl_answer_table_n_items(t); i++)
        n += options[i + 1] > options[i] && choices[i] == PL_ANSWER_NO_CHOICE ? 1 : 0;
    return n;
}

/* Is the signal about items with options only? */
static bool needs_options(const char *name)
{
    const char *dot = strrchr(name, '.');
    return strcmp(name, "mass") == 0 || (dot && strcmp(dot, ".answer") == 0);
}

static void sum_signal(pl_answer_plan *plan, const double *values)
{
    const pl_answer_table *t = plan->table;
    const size_t *options = pl_answer_table_options(t);
    const uint32_t *images = pl_answer_table_images(t);
    uint32_t n_images = pl_answer_table_n_images(t);
    uint32_t n_items = pl_answer_table_n_items(t);
    bool only_options = needs_options(plan->method);
    plan->n_applicable = only_options ? pl_answer_table_n_choice_items(t) : n_items;
    for (uint32_t m = 0; m < pl_answer_table_n_models(t); m++) {
        for (uint32_t i = 0; i < n_items; i++) {
            double x = values[(size_t)m * n_items + i];
            size_t at = (size_t)m * n_images + images[i];
            if (only_options && options[i + 1] == options[i])
                continue;
            if (isnan(x)) {
                plan->absent[m]++;
                continue;
            }
            plan->sums[at] += x;
            plan->counts[at]++;
        }
        plan->ranked[m] = !pl__too_few(plan->absent[m], plan->n_applicable);
    }
}

/* Means over the items that have a value. */
static void mean_bounds(const pl_answer_plan *plan, const double *values, const double *bounds)
{
    size_t n_items = pl_answer_table_n_items(plan->table);
    for (uint32_t m = 0; m < pl_answer_table_n_models(plan->table); m++) {
        double sum = 0.0;
        size_t n = 0;
        for (size_t i = m * n_items; i < (m + 1) * n_items; i++) {
            if (isnan(values[i]))
                continue;
            sum += bounds[i]; /* NaN stays */
            n++;
        }
        plan->upper[m] = n > 0 ? sum / (double)n : (double)NAN;
    }
}

static pl_status init_signal(pl_answer_plan *plan, pl_error *reterr)
{
    const pl_answer_table *t = plan->table;
    size_t n_models = pl_answer_table_n_models(t);
    size_t n_images = pl_answer_table_n_images(t);
    size_t n_items = pl_answer_table_n_items(t);
    double *values = pl__calloc(n_models, n_items * sizeof(*values));
    double *bounds = plan->upper ? pl__calloc(n_models, n_items * sizeof(*bounds)) : NULL;
    pl_status rc = PL_OK;
    plan->sums = pl__calloc(n_models, n_images * sizeof(*plan->sums));
    plan->counts = pl__calloc(n_models, n_images * sizeof(*plan->counts));
    if (!values || (plan->upper && !bounds) || !plan->sums || !plan->counts) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s of %zu models", plan->method, n_models);
        goto out;
    }
    rc = pl_answer_signal_values(t, plan->method, values, bounds, reterr);
    if (rc == PL_OK)
        sum_signal(plan, values);
    if (rc == PL_OK && plan->upper)
        mean_bounds(plan, values, bounds);
out:
    pl__free(values);
    pl__free(bounds);
    return rc;
}

static pl_status init_vote(pl_answer_plan *plan, const vote_row *row, pl_error *reterr)
{
    const pl_answer_table *t = plan->table;
    plan->run = row->run;
    plan->has_weights = row->has_weights;
    plan->n_applicable = pl_answer_table_n_choice_items(t);
    for (uint32_t m = 0; m < pl_answer_table_n_models(t); m++) {
        plan->absent[m] = row->with_p ? without_probabilities(t, m) : without_choice(t, m);
        plan->ranked[m] = !pl__too_few(plan->absent[m], plan->n_applicable);
    }
    if (pl__ballot_box_init(&plan->box, t, plan->ranked, row->with_p))
        return pl__fail(reterr, PL_E_NOMEM, "votes of %u models", pl_answer_table_n_models(t));
    return PL_OK;
}

static pl_status count_confidences(pl_answer_plan *plan, pl_error *reterr)
{
    const pl_answer_table *t = plan->table;
    uint32_t n_models = pl_answer_table_n_models(t);
    size_t n_items = pl_answer_table_n_items(t);
    double *values = pl__calloc(n_models, n_items * sizeof(*values));
    if (!values)
        return pl__fail(reterr, PL_E_NOMEM, "%s of %u models", plan->method, n_models);
    pl_status rc = pl_answer_signal_values(t, "max_prob", values, NULL, reterr);
    for (uint32_t m = 0; m < n_models && rc == PL_OK; m++) {
        for (size_t i = 0; i < n_items; i++)
            plan->absent[m] += isnan(values[m * n_items + i]) ? 1 : 0;
        plan->ranked[m] = !pl__too_few(plan->absent[m], plan->n_applicable);
    }
    if (rc == PL_OK && pl__proxy_look_here(plan->proxy, t, values) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "%s of %u models", plan->method, n_models);
    pl__free(values);
    return rc;
}

static pl_status init_proxy(pl_answer_plan *plan, const proxy_row *row, pl_error *reterr)
{
    const pl_answer_source *source = pl_answer_table_source(plan->table);
    uint32_t n_models = pl_answer_table_n_models(plan->table);
    pl_status rc = PL_OK;
    if (!source)
        return pl__fail(reterr, PL_E_UNSUPPORTED, "%s needs a source: labelled answers to other items", plan->method);
    if (pl__proxy_new(plan->table, row->sure, plan->ranked, &plan->proxy) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s of %u models", plan->method, n_models);
    plan->predict = row->run;
    plan->looks_here = row->sure;
    plan->n_applicable = pl_answer_table_n_items(plan->table);
    for (uint32_t m = 0; m < n_models; m++)
        plan->ranked[m] = true;
    if (row->sure)
        rc = count_confidences(plan, reterr);
    for (uint32_t m = 0; m < n_models && rc == PL_OK; m++) {
        for (uint32_t d = 0; d < pl_answer_source_n_datasets(source); d++) {
            if (pl__too_few(pl__proxy_absent(plan->proxy, d, m), pl_answer_source_n_labelled(source, d)))
                plan->ranked[m] = false;
        }
    }
    return rc;
}

static pl_status no_such_method(const char *method, pl_error *reterr)
{
    size_t n = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n);
    pl_str list;
    pl_status rc = PL_OK;
    if (strstr(method, "embedding") || strstr(method, "bertscore"))
        return pl__fail(
            reterr, PL_E_UNSUPPORTED,
            "%.100s: there is no encoder yet; samples mean the same by option or exact text (semantic_entropy, "
            "consistency.exact) or as a judge says (semantic_entropy.judge)",
            method);
    pl__str_init(&list, PL_ERROR_MSG_BYTES);
    for (size_t k = 0; k < N_METHODS && rc == PL_OK; k++)
        rc = pl__str_appendf(&list, "%s%s", k > 0 ? ", " : "", infos[k].name);
    for (size_t k = 0; k < n && rc == PL_OK; k++)
        rc = pl__str_appendf(&list, ", %s", signals[k].name);
    rc = pl__fail(reterr, PL_E_NOT_FOUND, "no method \"%.100s\" on responses; there are: %s", method, pl__str_c(&list));
    pl__str_clear(&list);
    return rc;
}

static pl_status init_plan(pl_answer_plan *plan, const char *method, const pl_answer_table *table, double *upper,
                           pl_error *reterr)
{
    size_t n_signals = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n_signals);
    uint32_t n_models = pl_answer_table_n_models(table);
    memset(plan, 0, sizeof(*plan));
    plan->table = table;
    plan->method = method;
    plan->upper = upper;
    plan->ranked = pl__calloc(n_models, sizeof(*plan->ranked));
    plan->absent = pl__calloc(n_models, sizeof(*plan->absent));
    if (!plan->ranked || !plan->absent)
        return pl__fail(reterr, PL_E_NOMEM, "%u models", n_models);
    for (size_t k = 0; k < N_METHODS; k++) {
        if (strcmp(infos[k].name, method) == 0)
            return k < N_VOTES ? init_vote(plan, &rows[k], reterr) : init_proxy(plan, &proxies[k - N_VOTES], reterr);
    }
    for (size_t k = 0; k < n_signals; k++) {
        if (strcmp(signals[k].name, method) == 0)
            return init_signal(plan, reterr);
    }
    return no_such_method(method, reterr);
}

pl_status pl__answer_plan_init(pl_answer_plan *plan, const char *method, const pl_answer_table *table, pl_error *reterr)
{
    return init_plan(plan, method, table, NULL, reterr);
}

static void score_signal(const pl_answer_plan *plan, const uint32_t *copies, double *scores)
{
    uint32_t n_images = pl_answer_table_n_images(plan->table);
    for (uint32_t m = 0; m < pl_answer_table_n_models(plan->table); m++) {
        double sum = 0.0;
        double n = 0.0;
        for (size_t i = 0, at = (size_t)m * n_images; i < n_images && plan->sums && plan->ranked[m]; i++, at++) {
            sum += copies[i] * plan->sums[at];
            n += (double)copies[i] * plan->counts[at];
        }
        scores[m] = n > 0.0 ? sum / n : (double)NAN;
    }
}

pl_status pl__answer_plan_score(const pl_answer_plan *plan, const uint32_t *copies, const uint32_t *learnt,
                                double *scores, double *weights, pl_ranking *r)
{
    const pl_proxy_draw draw = {.here = copies, .learnt = learnt};
    if (plan->predict)
        return plan->predict(plan->proxy, &draw, scores);
    if (plan->run)
        return plan->run(&plan->box, copies, scores, weights, r);
    score_signal(plan, copies, scores);
    return PL_OK;
}

/* ---- what is not ranked, and why ---- */
static pl_status add_reasons(const pl_answer_plan *plan, uint32_t m, pl_str *out)
{
    const uint32_t *missing = pl_answer_table_missing(plan->table, m);
    pl_status rc = PL_OK;
    bool first = true;
    for (int why = PL_ANSWER_NO_RESPONSE; why < PL_ANSWER_MISSING_COUNT && rc == PL_OK; why++) {
        if (missing[why] == 0)
            continue;
        rc = pl__str_appendf(out, "%s%s %u", first ? ": " : ", ", pl_answer_missing_text((pl_answer_missing)why),
                             missing[why]);
        first = false;
    }
    return rc;
}

/* Do the option signals' reasons explain why the method misses something? */
static bool is_about_options(const pl_answer_plan *plan)
{
    static const char *const names[] = {"nll", "entropy", "max_prob", "margin"};
    bool among = plan->looks_here;
    if (plan->run)
        return plan->box.p != NULL;
    for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
        among = among || strcmp(plan->method, names[k]) == 0;
    return among && pl_answer_table_n_choice_items(plan->table) == pl_answer_table_n_items(plan->table);
}

static pl_status explain(const pl_answer_plan *plan, uint32_t m, pl_ranking *r)
{
    const char *name = pl_answer_table_set(plan->table)->models[m];
    pl_str text;
    bool done = false;
    pl_status rc = plan->proxy ? pl__proxy_explain(plan->proxy, m, name, r, &done) : PL_OK;
    if (rc != PL_OK || done)
        return rc;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = pl__str_appendf(&text, "%s is not ranked: it has nothing to go by at %u of %u items", name, plan->absent[m],
                         plan->n_applicable);
    if (rc == PL_OK && is_about_options(plan))
        rc = add_reasons(plan, m, &text);
    if (rc == PL_OK)
        rc = pl__ranking_warn(r, "%s", pl__str_c(&text));
    pl__str_clear(&text);
    return rc;
}

static pl_status explain_all(const pl_answer_plan *plan, pl_ranking *r)
{
    uint32_t n = 0;
    pl_status rc = PL_OK;
    if (plan->n_applicable == 0)
        return pl_answer_table_n_items(plan->table) > 0 ? pl__ranking_warn(r, "no item has options, which it is about")
                                                        : PL_OK;
    for (uint32_t m = 0; m < pl_answer_table_n_models(plan->table) && rc == PL_OK; m++) {
        if (!isnan(r->scores[m]) || (plan->ranked[m] && r->n_warnings > n))
            continue;
        n++;
        if (n <= SENTENCES_MAX)
            rc = explain(plan, m, r);
    }
    if (rc == PL_OK && n > SENTENCES_MAX)
        rc = pl__ranking_warn(r, "%u more models are not ranked", n - SENTENCES_MAX);
    return rc;
}

static pl_status rank(const char *method, const pl_answer_table *table, const uint32_t *weights, double *ret_upper,
                      pl_ranking **ret, pl_error *reterr)
{
    pl_answer_plan plan;
    pl_ranking *r = NULL;
    uint32_t *ones = NULL;
    uint32_t n_images = pl_answer_table_n_images(table);
    pl_status rc = init_plan(&plan, method, table, ret_upper, reterr);
    if (rc != PL_OK)
        goto out;
    r = pl__ranking_new(pl_answer_table_n_models(table), plan.has_weights);
    ones = pl__calloc(n_images, sizeof(*ones));
    rc = r && ones ? PL_OK : PL_E_NOMEM;
    for (uint32_t i = 0; i < n_images && rc == PL_OK; i++)
        ones[i] = 1;
    if (rc == PL_OK)
        rc = pl__answer_plan_score(&plan, weights ? weights : ones, NULL, r->scores, r->weights, r);
    if (rc == PL_OK)
        rc = explain_all(&plan, r);
    if (rc != PL_OK) {
        rc = pl__fail(reterr, rc, "%s of %u models", method, pl_answer_table_n_models(table));
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    pl__free(ones);
    pl__answer_plan_clear(&plan);
    pl_ranking_free(r);
    return rc;
}

pl_status pl_answer_rank_run(const char *method, const pl_answer_table *table, const uint32_t *weights,
                             pl_ranking **ret, pl_error *reterr)
{
    if (!method || !table || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    return rank(method, table, weights, NULL, ret, reterr);
}

pl_status pl__answer_rank_bounded(const char *method, const pl_answer_table *table, double *ret_upper, pl_ranking **ret,
                                  pl_error *reterr)
{
    uint32_t n = pl_answer_table_n_models(table);
    for (uint32_t m = 0; m < n; m++)
        ret_upper[m] = (double)NAN;
    pl_status rc = rank(method, table, NULL, ret_upper, ret, reterr);
    for (uint32_t m = 0; m < n && rc == PL_OK; m++)
        ret_upper[m] = isnan((*ret)->scores[m]) ? (double)NAN : ret_upper[m];
    return rc;
}
