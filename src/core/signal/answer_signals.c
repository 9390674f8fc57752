/* The registry of signals, and the values of each. */
#include "answer_table.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define CELLS_AT_ONCE 256u /* of a thread */
#define RFW "Ranked from Within (Tu et al. 2025)"

/* What one signal sees: one model's answer to one item. */
typedef struct place {
    const pl_answer_table *t;
    const pl_response *row; /* never NULL */
    uint32_t list;          /* PL_RESPONSE_NONE: an open question */
    const double *p;        /* the n options, NaN if missing */
    size_t n;
} place;

/* Fills *ret, and *ret_upper where there is a bound; both are NaN before. PL_OK or PL_E_NOMEM. */
typedef pl_status signal_fn(const place *at, double *ret, double *ret_upper);

/* ---- tokens ---- */
/* The token itself counts if it is not among its alternatives; most often it is the first of them. */
static bool is_alone(const pl_response_set *set, const pl_response_token *token)
{
    for (uint32_t i = 0; i < token->n_top; i++) {
        if (set->top_texts[token->first_top + i] == token->text)
            return false;
    }
    return true;
}

static bool is_usable(double logprob)
{
    return logprob > PL_RESPONSE_MASKED;
}

typedef struct distribution {
    double left;
    double entropy;
    uint32_t n;
} distribution;

static void add_entropy(distribution *d, double logprob)
{
    if (!is_usable(logprob))
        return;
    double p = exp(logprob);
    d->left -= p;
    d->entropy -= p * logprob;
    d->n++;
}

bool pl__token_entropy(const pl_response_set *set, const pl_response_token *token, uint32_t vocabulary, double *ret,
                       double *ret_upper)
{
    distribution d = {.left = 1.0};
    for (uint32_t i = 0; i < token->n_top; i++)
        add_entropy(&d, set->top_logprobs[token->first_top + i]);
    if (is_alone(set, token))
        add_entropy(&d, token->logprob);
    if (d.n == 0)
        return false;
    d.left = d.left > 0.0 ? d.left : 0.0;
    *ret = d.entropy + (d.left > 0.0 ? -d.left * log(d.left) : 0.0);
    *ret_upper = (double)NAN;
    if (vocabulary > 0)
        *ret_upper = *ret + (vocabulary > d.n ? d.left * log((double)vocabulary - d.n) : 0.0);
    return true;
}

typedef struct two {
    double first; /* logarithms */
    double second;
} two;

static void add_largest(two *x, double logprob)
{
    if (!is_usable(logprob))
        return;
    x->second = logprob > x->first ? x->first : (logprob > x->second ? logprob : x->second);
    x->first = logprob > x->first ? logprob : x->first;
}

bool pl__token_largest(const pl_response_set *set, const pl_response_token *token, double *ret, double *ret_margin)
{
    two x = {.first = (double)-INFINITY, .second = (double)-INFINITY};
    for (uint32_t i = 0; i < token->n_top; i++)
        add_largest(&x, set->top_logprobs[token->first_top + i]);
    if (is_alone(set, token))
        add_largest(&x, token->logprob);
    *ret = exp(x.first);
    *ret_margin = exp(x.first) - exp(x.second);
    return is_usable(x.first);
}

typedef struct logprob_sums {
    double logprob; /* of those that have one */
    uint64_t n;
    uint64_t bytes; /* only where they are wanted */
} logprob_sums;

static logprob_sums sum_logprobs(const place *at, bool with_bytes)
{
    logprob_sums sums = {.logprob = 0.0};
    uint32_t n = 0;
    const pl_response_token *tokens = pl__answer_tokens(at->t, at->row, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (!(tokens[i].logprob > PL_RESPONSE_MASKED))
            continue;
        sums.logprob += tokens[i].logprob;
        sums.n++;
        sums.bytes += with_bytes ? strlen(at->t->set->texts[tokens[i].text]) : 0;
    }
    return sums;
}

/* Of two numbers of each token's distribution. */
typedef struct spread_sums {
    double x[2];
    uint64_t n;
} spread_sums;

static spread_sums sum_spreads(const place *at, bool of_entropy)
{
    spread_sums sums = {.n = 0};
    uint32_t n = 0;
    const pl_response_token *tokens = pl__answer_tokens(at->t, at->row, &n);
    for (uint32_t i = 0; i < n; i++) {
        double x[2] = {0.0, 0.0};
        if (tokens[i].n_top == 0)
            continue;
        if (of_entropy ? !pl__token_entropy(at->t->set, &tokens[i], at->row->vocabulary, &x[0], &x[1])
                       : !pl__token_largest(at->t->set, &tokens[i], &x[0], &x[1]))
            continue;
        sums.x[0] += x[0];
        sums.x[1] += x[1];
        sums.n++;
    }
    return sums;
}

static const pl_response_token *first_token(const place *at)
{
    uint32_t n = 0;
    const pl_response_token *tokens = pl__answer_tokens(at->t, at->row, &n);
    return n > 0 ? tokens : NULL;
}

static const pl_response_token *letter_token(const place *at)
{
    return at->list == PL_RESPONSE_NONE ? NULL : pl__letter_token(at->t, at->row, at->list);
}

static void take_logprob(const pl_response_token *token, double *ret)
{
    if (token && token->logprob > PL_RESPONSE_MASKED)
        *ret = token->logprob;
}

static void take_entropy(const place *at, const pl_response_token *token, double *ret, double *ret_upper)
{
    double low = 0.0;
    double high = 0.0;
    if (!token || token->n_top == 0 || !pl__token_entropy(at->t->set, token, at->row->vocabulary, &low, &high))
        return;
    *ret = -low;
    *ret_upper = -high;
}

static pl_status nll_first(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    take_logprob(first_token(at), ret);
    return PL_OK;
}

static pl_status nll_answer(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    take_logprob(letter_token(at), ret);
    return PL_OK;
}

static pl_status nll_sum(const place *at, double *ret, double *ret_upper)
{
    logprob_sums s = sum_logprobs(at, false);
    (void)ret_upper;
    if (s.n > 0)
        *ret = s.logprob;
    return PL_OK;
}

static pl_status nll_mean(const place *at, double *ret, double *ret_upper)
{
    logprob_sums s = sum_logprobs(at, false);
    (void)ret_upper;
    if (s.n > 0)
        *ret = s.logprob / (double)s.n;
    return PL_OK;
}

static pl_status nll_byte(const place *at, double *ret, double *ret_upper)
{
    logprob_sums s = sum_logprobs(at, true);
    (void)ret_upper;
    if (s.bytes > 0)
        *ret = s.logprob / (double)s.bytes;
    return PL_OK;
}

static pl_status entropy_first(const place *at, double *ret, double *ret_upper)
{
    take_entropy(at, first_token(at), ret, ret_upper);
    return PL_OK;
}

static pl_status entropy_answer(const place *at, double *ret, double *ret_upper)
{
    take_entropy(at, letter_token(at), ret, ret_upper);
    return PL_OK;
}

static pl_status entropy_mean(const place *at, double *ret, double *ret_upper)
{
    spread_sums s = sum_spreads(at, true);
    if (s.n > 0) {
        *ret = -s.x[0] / (double)s.n;
        *ret_upper = -s.x[1] / (double)s.n;
    }
    return PL_OK;
}

/* ---- options ---- */
static double largest(const place *at)
{
    double best = at->p[0];
    for (size_t k = 1; k < at->n; k++)
        best = at->p[k] > best ? at->p[k] : best;
    return best;
}

static pl_status nll(const place *at, double *ret, double *ret_upper)
{
    if (at->list == PL_RESPONSE_NONE)
        return nll_mean(at, ret, ret_upper);
    *ret = isnan(at->p[0]) ? (double)NAN : log(largest(at));
    return PL_OK;
}

static pl_status entropy(const place *at, double *ret, double *ret_upper)
{
    double sum = 0.0;
    if (at->list == PL_RESPONSE_NONE)
        return entropy_mean(at, ret, ret_upper);
    for (size_t k = 0; k < at->n; k++)
        sum += at->p[k] > 0.0 ? at->p[k] * log(at->p[k]) : at->p[k]; /* NaN stays */
    *ret = sum;
    *ret_upper = sum;
    return PL_OK;
}

static pl_status max_prob(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    if (at->list != PL_RESPONSE_NONE) {
        *ret = largest(at);
        return PL_OK;
    }
    spread_sums s = sum_spreads(at, false);
    if (s.n > 0)
        *ret = s.x[0] / (double)s.n;
    return PL_OK;
}

static pl_status margin(const place *at, double *ret, double *ret_upper)
{
    double first = 0.0;
    double second = 0.0;
    (void)ret_upper;
    if (at->list == PL_RESPONSE_NONE) {
        spread_sums s = sum_spreads(at, false);
        if (s.n > 0)
            *ret = s.x[1] / (double)s.n;
        return PL_OK;
    }
    for (size_t k = 0; k < at->n; k++) {
        double p = at->p[k];
        second = p > first ? first : (p > second ? p : second);
        first = p > first ? p : first;
    }
    *ret = isnan(at->p[0]) ? (double)NAN : first - second;
    return PL_OK;
}

/* The one option signal that is there where the options have no mass: it says so. */
static pl_status mass(const place *at, double *ret, double *ret_upper)
{
    double logs[PL_RESPONSE_OPTIONS_MAX];
    (void)ret_upper;
    if (at->list != PL_RESPONSE_NONE)
        (void)pl__option_logprobs(at->t, at->row, at->list, logs, ret);
    return PL_OK;
}

/* ---- samples ---- */
typedef pl_status similarity_fn(const char *sample, const char *answer, double *ret);

static pl_status exact(const char *sample, const char *answer, double *ret)
{
    *ret = pl__similarity_exact(sample, answer);
    return PL_OK;
}

static pl_status mean_similarity(const place *at, similarity_fn *similar, double *ret)
{
    const pl_response_set *set = at->t->set;
    const pl_response *row = at->row;
    double sum = 0.0;
    if (row->n_samples == 0 || row->text == PL_RESPONSE_NONE)
        return PL_OK;
    for (uint32_t i = 0; i < row->n_samples; i++) {
        double x = 0.0;
        pl_status rc = similar(set->texts[set->samples[row->first_sample + i]], set->texts[row->text], &x);
        if (rc != PL_OK)
            return rc;
        sum += x;
    }
    *ret = sum / row->n_samples;
    return PL_OK;
}

static pl_status consistency_exact(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    return mean_similarity(at, exact, ret);
}

static pl_status consistency_bleu(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    return mean_similarity(at, pl__similarity_bleu, ret);
}

static pl_status consistency_rouge(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    return mean_similarity(at, pl__similarity_rouge, ret);
}

static pl_status semantic_entropy(const place *at, double *ret, double *ret_upper)
{
    (void)ret_upper;
    if (at->row->n_samples == 0)
        return PL_OK;
    pl_status rc = pl__semantic_entropy(at->t->set, at->row, ret);
    *ret = rc == PL_OK ? -*ret : *ret;
    return rc;
}

/* Items with options need no judge. */
static pl_status judged_entropy(const place *at, double *ret, double *ret_upper)
{
    const pl_response_set *set = at->t->set;
    if (at->list != PL_RESPONSE_NONE)
        return semantic_entropy(at, ret, ret_upper);
    if (at->row->n_samples == 0 || !set->sample_meanings ||
        set->sample_meanings[at->row->first_sample] == PL_RESPONSE_NONE)
        return PL_OK;
    pl_status rc = pl__meaning_entropy(set->sample_meanings + at->row->first_sample, at->row->n_samples, ret);
    *ret = rc == PL_OK ? -*ret : *ret;
    return rc;
}

/* ---- the table ---- */
/* One row per signal: name, description, source, function. */
#define SIGNALS(ROW)                                                                                                   \
    ROW("nll", "log-probability of the most probable option (open questions: mean over the tokens)", RFW, nll)         \
    ROW("entropy", "minus the entropy of the options (open questions: mean over the tokens)", RFW, entropy)            \
    ROW("max_prob", "probability of the most probable option (open questions: mean over the tokens)", RFW, max_prob)   \
    ROW("margin", "the most probable option's probability less the next one's (open questions: the same of tokens)",   \
        RFW, margin)                                                                                                   \
    ROW("mass", "probability that the options have together, before they are renormalised", "ours", mass)              \
    ROW("nll.first", "log-probability of the answer's first token", RFW, nll_first)                                    \
    ROW("nll.sum", "log-probability of the whole answer", RFW, nll_sum)                                                \
    ROW("nll.mean", "mean log-probability of the answer's tokens", RFW, nll_mean)                                      \
    ROW("nll.byte", "log-probability of the answer for each of its UTF-8 bytes: comparable across tokenizers", "ours", \
        nll_byte)                                                                                                      \
    ROW("nll.answer", "log-probability of the token that is an option's letter", RFW, nll_answer)                      \
    ROW("entropy.first", "minus the entropy of the answer's first token (lower bound)", RFW, entropy_first)            \
    ROW("entropy.mean", "minus the mean entropy of the answer's tokens (lower bounds)", RFW, entropy_mean)             \
    ROW("entropy.answer", "minus the entropy of the token that is an option's letter (lower bound)", RFW,              \
        entropy_answer)                                                                                                \
    ROW("consistency.exact", "share of the samples that are the same text as the answer", RFW, consistency_exact)      \
    ROW("consistency.bleu", "mean BLEU-4 of the samples against the answer, 1 added to 2- to 4-grams",                 \
        RFW "; Papineni et al. 2002; Lin & Och 2004", consistency_bleu)                                                \
    ROW("consistency.rouge", "mean ROUGE-L of the samples against the answer", RFW "; Lin 2004", consistency_rouge)    \
    ROW("consistency.embedding",                                                                                       \
        "mean cosine of the samples and the answer; needs an encoder, which is still to come", RFW, NULL)              \
    ROW("semantic_entropy", "minus the entropy of the samples' meanings: the same option, else the same text",         \
        "Kuhn, Gal & Farquhar 2023; exact equivalence (ours)", semantic_entropy)                                       \
    ROW("semantic_entropy.judge",                                                                                      \
        "minus the entropy of the samples' meanings: the same option, else as a judge model grouped them",             \
        "Kuhn, Gal & Farquhar 2023; a judge's equivalence (ours)", judged_entropy)                                     \
    ROW("semantic_entropy.embedding",                                                                                  \
        "minus the entropy of the samples' meanings by embedding; needs an encoder, which is still to come",           \
        "Kuhn, Gal & Farquhar 2023", NULL)

#define INFO(name, description, source, run) {name, description, source},
static const pl_answer_signal infos[] = {SIGNALS(INFO)};
#undef INFO
#define FUNCTION(name, description, source, run) run,
static signal_fn *const functions[] = {SIGNALS(FUNCTION)};
#undef FUNCTION
#define N_SIGNALS (sizeof(infos) / sizeof(infos[0]))

const pl_answer_signal *pl_answer_signals(size_t *ret_n)
{
    if (ret_n)
        *ret_n = N_SIGNALS;
    return infos;
}

typedef struct filling {
    const pl_answer_table *t;
    signal_fn *run;
    double *ret;
    double *ret_upper;
} filling;

/* Some cells, [model * n_items + item]. */
static pl_status fill_some(size_t index, void *user, pl_error *reterr)
{
    const filling *f = user;
    const pl_answer_table *t = f->t;
    const size_t n_cells = (size_t)t->n_models * t->n_items;
    const size_t first = index * CELLS_AT_ONCE;
    const size_t end = n_cells - first < CELLS_AT_ONCE ? n_cells : first + CELLS_AT_ONCE;
    pl_status rc = PL_OK;
    (void)reterr;
    for (size_t cell = first; cell < end && rc == PL_OK; cell++) {
        uint32_t m = (uint32_t)(cell / t->n_items);
        uint32_t i = (uint32_t)(cell % t->n_items);
        double low = (double)NAN;
        double high = (double)NAN;
        place at = {.t = t,
                    .row = pl__answer_row(t, m, i),
                    .list = t->lists[i],
                    .p = pl_answer_table_probabilities(t, m) + t->options[i],
                    .n = t->options[i + 1] - t->options[i]};
        if (at.row)
            rc = f->run(&at, &low, &high);
        f->ret[cell] = low;
        if (f->ret_upper)
            f->ret_upper[cell] = high;
    }
    return rc;
}

static pl_status fill(filling *f, pl_error *reterr)
{
    size_t n_cells = (size_t)f->t->n_models * f->t->n_items;
    return pl__parallel_for((n_cells + CELLS_AT_ONCE - 1) / CELLS_AT_ONCE, pl__answer_threads(f->t), fill_some, f,
                            reterr);
}

pl_status pl_answer_signal_values(const pl_answer_table *table, const char *name, double *ret, double *ret_upper,
                                  pl_error *reterr)
{
    if (!table || !name || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    for (size_t k = 0; k < N_SIGNALS; k++) {
        if (strcmp(infos[k].name, name) != 0)
            continue;
        if (!functions[k])
            return pl__fail(reterr, PL_E_UNSUPPORTED, "%s: there is no encoder yet; use %s", name,
                            strncmp(name, "semantic", 8) == 0
                                ? "semantic_entropy or semantic_entropy.judge"
                                : "consistency.exact, consistency.bleu or consistency.rouge");
        filling f = {.t = table, .run = functions[k], .ret = ret, .ret_upper = ret_upper};
        pl_status rc = fill(&f, reterr);
        return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%s of %u models", name, table->n_models);
    }
    return pl__fail(reterr, PL_E_NOT_FOUND, "no signal \"%.100s\"", name);
}
