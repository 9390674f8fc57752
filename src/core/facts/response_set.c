#include "response_check.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define TOPS_AT_ONCE ((size_t)1 << 16) /* alternatives, of a thread */

static pl_status check_names(const char *what, const char *const *names, uint32_t n, pl_error *reterr)
{
    if (n > 0 && !names)
        return pl__fail(reterr, PL_E_INVALID, "response set: %s is NULL", what);
    for (uint32_t i = 0; i < n; i++)
        if (!names[i])
            return pl__fail(reterr, PL_E_INVALID, "response set: %s[%lu] is NULL", what, (unsigned long)i);
    return PL_OK;
}

static pl_status check_arrays(const pl_response_set *set, pl_error *reterr)
{
    const struct {
        const char *what;
        const void *ptr;
        size_t n;
    } arrays[] = {
        {"option_lists", set->option_lists, set->n_option_lists},
        {"option_texts", set->option_texts, set->n_option_texts},
        {"option_values", set->option_values, set->n_option_values},
        {"tokens", set->tokens, set->n_tokens},
        {"top_texts", set->top_texts, set->n_tops},
        {"top_logprobs", set->top_logprobs, set->n_tops},
        {"samples", set->samples, set->n_samples},
        {"rows", set->rows, set->n_rows},
    };
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        if (arrays[i].n > 0 && !arrays[i].ptr)
            return pl__fail(reterr, PL_E_INVALID, "response set: %s is NULL", arrays[i].what);
    }
    if (set->n_datasets == 0)
        return pl__fail(reterr, PL_E_INVALID, "response set: no dataset");
    if (set->n_models > PL_RESPONSE_MODELS_MAX || set->n_items > PL_RESPONSE_ITEMS_MAX ||
        (uint64_t)set->n_models * set->n_items > PL_RESPONSE_CELLS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "response set: %lu models and %lu items are more than can be ranked",
                        (unsigned long)set->n_models, (unsigned long)set->n_items);
    return PL_OK;
}

/* Are all below `limit`? No early way out, so that compilers look at many at a time: nearly always they are. */
static bool all_below(const uint32_t *x, size_t n, uint32_t limit)
{
    uint32_t above = 0;
    for (size_t i = 0; i < n; i++)
        above |= x[i] >= limit;
    return above == 0;
}

static bool is_text(const pl_response_set *set, const uint32_t *texts, size_t first, size_t n, size_t n_all)
{
    return first <= n_all && n <= n_all - first && (n == 0 || all_below(texts + first, n, set->n_texts));
}

/* The same of log-probabilities at most 0. */
static bool all_logprobs(const double *x, size_t n)
{
    uint64_t above = 0;
    for (size_t i = 0; i < n; i++)
        above |= !(x[i] <= 0.0);
    return above == 0;
}

static pl_status check_some_tops(size_t index, void *user, pl_error *reterr)
{
    const pl_response_set *set = *(const pl_response_set *const *)user;
    size_t first = index * TOPS_AT_ONCE;
    size_t n = set->n_tops - first < TOPS_AT_ONCE ? set->n_tops - first : TOPS_AT_ONCE;
    (void)reterr;
    return all_below(set->top_texts + first, n, set->n_texts) && all_logprobs(set->top_logprobs + first, n)
               ? PL_OK
               : PL_E_RANGE;
}

/* Is there nothing wrong with any? Nearly always: then it need not be found. */
static bool tops_are_fine(const pl_response_set *set, uint32_t threads)
{
    size_t n = set->n_tops / TOPS_AT_ONCE + (set->n_tops % TOPS_AT_ONCE > 0);
    return pl__parallel_for(n, threads, check_some_tops, &set, NULL) == PL_OK;
}

static pl_status check_lists(const pl_response_set *set, uint32_t threads, pl_error *reterr)
{
    const bool fine = tops_are_fine(set, threads);
    for (uint32_t i = 0; i < set->n_option_lists; i++) {
        const pl_option_list *list = &set->option_lists[i];
        if (list->n == 0 || list->n > PL_RESPONSE_OPTIONS_MAX ||
            !is_text(set, set->option_texts, list->first, list->n, set->n_option_texts))
            return pl__fail(reterr, PL_E_RANGE, "option list %lu: out of range", (unsigned long)i);
    }
    for (size_t i = 0; i < set->n_tokens; i++) {
        const pl_response_token *t = &set->tokens[i];
        if (t->text >= set->n_texts || t->n_top > PL_RESPONSE_TOP_MAX || t->first_top > set->n_tops ||
            t->n_top > set->n_tops - t->first_top ||
            (!fine && !is_text(set, set->top_texts, t->first_top, t->n_top, set->n_tops)))
            return pl__fail(reterr, PL_E_RANGE, "token %zu: out of range", i);
        if (t->logprob > 0.0)
            return pl__fail(reterr, PL_E_RANGE, "token %zu: a log-probability above 0", i);
    }
    for (size_t i = 0; i < set->n_tops && !fine; i++) {
        if (!(set->top_logprobs[i] <= 0.0))
            return pl__fail(reterr, PL_E_RANGE, "alternative %zu: is no log-probability", i);
    }
    return PL_OK;
}

static const char *value_fault(const pl_response_set *set, const pl_response *row)
{
    if (row->value_kind == PL_OPTION_VALUES_NONE)
        return NULL;
    if (row->value_kind > PL_OPTION_VALUES_LOGPROB)
        return "unknown kind of option values";
    if (row->options == PL_RESPONSE_NONE)
        return "option values without options";
    uint32_t n = set->option_lists[row->options].n;
    if (row->first_value > set->n_option_values || n > set->n_option_values - row->first_value)
        return "option values out of range";
    for (uint32_t k = 0; k < n; k++) {
        double x = set->option_values[row->first_value + k];
        if (row->value_kind == PL_OPTION_VALUES_LOGIT ? !isfinite(x) : x > 0.0)
            return row->value_kind == PL_OPTION_VALUES_LOGIT ? "a logit is not finite" : "a log-probability above 0";
    }
    return NULL;
}

static const char *index_fault(const pl_response_set *set, const pl_response *row)
{
    if (row->item >= set->n_items)
        return "item out of range";
    if (row->model >= set->n_models)
        return "model out of range";
    if (row->image >= set->n_images)
        return "image out of range";
    if (row->dataset >= set->n_datasets)
        return "dataset out of range";
    if (row->options != PL_RESPONSE_NONE && row->options >= set->n_option_lists)
        return "options out of range";
    if (row->text != PL_RESPONSE_NONE && row->text >= set->n_texts)
        return "text out of range";
    if (row->first_token > set->n_tokens || row->n_tokens > set->n_tokens - row->first_token)
        return "tokens out of range";
    if (!is_text(set, set->samples, row->first_sample, row->n_samples, set->n_samples))
        return "samples out of range";
    return NULL;
}

/* All samples of a row have a meaning or none has; a new one is the next number. */
static bool is_grouped(const uint32_t *meanings, uint32_t n)
{
    bool compared = n > 0 && meanings[0] != PL_RESPONSE_NONE;
    uint32_t n_meanings = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (compared ? meanings[i] > n_meanings : meanings[i] != PL_RESPONSE_NONE)
            return false;
        n_meanings += meanings[i] == n_meanings;
    }
    return true;
}

/* What is wrong with the row, or NULL. */
static const char *row_fault(const pl_response_set *set, const pl_response *row)
{
    const char *fault = index_fault(set, row);
    if (fault)
        return fault;
    uint32_t n_options = row->options == PL_RESPONSE_NONE ? 0 : set->option_lists[row->options].n;
    if (row->prediction != PL_RESPONSE_NONE && row->prediction >= n_options)
        return "the prediction is no option";
    if (n_options < 64 && row->labels >> n_options)
        return "a label is no option";
    for (uint32_t i = 0; i < row->n_samples && set->sample_options; i++) {
        uint32_t option = set->sample_options[row->first_sample + i];
        if (option != PL_RESPONSE_NONE && option >= n_options)
            return "a sample names no option";
    }
    if (set->sample_meanings && !is_grouped(set->sample_meanings + row->first_sample, row->n_samples))
        return "meanings of samples are not numbered in order";
    return value_fault(set, row);
}

static bool same_options(const pl_response_set *set, uint32_t x, uint32_t y)
{
    const pl_option_list *a = &set->option_lists[x];
    const pl_option_list *b = &set->option_lists[y];
    return x == y || (a->n == b->n && memcmp(set->option_texts + a->first, set->option_texts + b->first,
                                             a->n * sizeof(*set->option_texts)) == 0);
}

static const char *conflict(const pl_response_set *set, const pl_response *x, const pl_response *y)
{
    if (x->image != y->image)
        return "has another image";
    if (x->dataset != y->dataset)
        return "has another dataset";
    if (x->options != PL_RESPONSE_NONE && y->options != PL_RESPONSE_NONE && !same_options(set, x->options, y->options))
        return "has other options";
    if (x->labels && y->labels && x->labels != y->labels)
        return "has another label";
    return NULL;
}

/* One pass: the first row of each item with options or labels stands for the item; a bit for each model and item. */
static pl_status check_items(const pl_response_set *set, pl_error *reterr)
{
    pl_status rc = PL_OK;
    uint32_t n = set->n_items;
    pl_response *first = pl__calloc(n, sizeof(*first));
    uint8_t *seen = pl__calloc(((size_t)n * set->n_models + 7) / 8, 1);
    if (!first || !seen) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%lu items", (unsigned long)n);
        goto out;
    }
    for (uint32_t i = 0; i < n; i++)
        first[i].item = PL_RESPONSE_NONE;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_response *row = &set->rows[i];
        pl_response *own = &first[row->item];
        size_t cell = (size_t)row->model * n + row->item;
        const char *fault = NULL;
        if (seen[cell / 8] & (1u << cell % 8)) {
            rc = pl__fail(reterr, PL_E_CONFLICT, "two answers of %.200s to item %.200s", set->models[row->model],
                          set->items[row->item]);
            goto out;
        }
        seen[cell / 8] = (uint8_t)(seen[cell / 8] | 1u << cell % 8);
        if (own->item == PL_RESPONSE_NONE)
            *own = *row;
        fault = conflict(set, own, row);
        if (fault) {
            rc = pl__fail(reterr, PL_E_CONFLICT, "item %.200s %s in the answer of %.200s than in one before",
                          set->items[row->item], fault, set->models[row->model]);
            goto out;
        }
        own->options = own->options == PL_RESPONSE_NONE ? row->options : own->options;
        own->labels = own->labels ? own->labels : row->labels;
    }
out:
    pl__free(first);
    pl__free(seen);
    return rc;
}

pl_status pl__response_set_check(const pl_response_set *set, uint32_t threads, pl_error *reterr)
{
    if (!set)
        return pl__fail(reterr, PL_E_INVALID, "response set is NULL");
    const struct {
        const char *what;
        const char *const *names;
        uint32_t n;
    } lists[] = {
        {"models", set->models, set->n_models}, {"items", set->items, set->n_items},
        {"images", set->images, set->n_images}, {"datasets", set->datasets, set->n_datasets},
        {"texts", set->texts, set->n_texts},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        pl_status rc = check_names(lists[i].what, lists[i].names, lists[i].n, reterr);
        if (rc != PL_OK)
            return rc;
    }
    pl_status rc = check_arrays(set, reterr);
    if (rc == PL_OK)
        rc = check_lists(set, threads, reterr);
    for (size_t i = 0; i < set->n_rows && rc == PL_OK; i++) {
        const char *fault = row_fault(set, &set->rows[i]);
        if (fault)
            rc = pl__fail(reterr, PL_E_RANGE, "response %zu: %s", i, fault);
    }
    return rc == PL_OK ? check_items(set, reterr) : rc;
}

pl_status pl_response_set_check(const pl_response_set *set, pl_error *reterr)
{
    return pl__response_set_check(set, 1, reterr);
}
