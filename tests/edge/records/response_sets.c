#include "response_sets.h"

#include "kit.h"

#include <math.h>
#include <string.h>

static void check_names(const char *what, const char *const *x, uint32_t n_x, const char *const *y, uint32_t n_y)
{
    if (n_x != n_y)
        fail_msg("%u %s, and %u", n_x, what, n_y);
    for (uint32_t i = 0; i < n_x; i++) {
        if (strcmp(x[i], y[i]) != 0)
            fail_msg("%s[%u]: \"%s\" and \"%s\"", what, i, x[i], y[i]);
    }
}

/* To the bit, but for what is not known. */
static bool same_number(double x, double y)
{
    uint64_t bits[2] = {0, 0};
    memcpy(&bits[0], &x, sizeof(x));
    memcpy(&bits[1], &y, sizeof(y));
    return bits[0] == bits[1] || (isnan(x) && isnan(y));
}

static void check_numbers(const char *what, const double *x, size_t n_x, const double *y, size_t n_y)
{
    if (n_x != n_y)
        fail_msg("%zu %s, and %zu", n_x, what, n_y);
    for (size_t i = 0; i < n_x; i++) {
        if (!same_number(x[i], y[i]))
            fail_msg("%s[%zu]: %.17g and %.17g", what, i, x[i], y[i]);
    }
}

static void check_indices(const char *what, const uint32_t *x, size_t n_x, const uint32_t *y, size_t n_y)
{
    if (n_x != n_y)
        fail_msg("%zu %s, and %zu", n_x, what, n_y);
    for (size_t i = 0; i < n_x; i++) {
        if (x[i] != y[i])
            fail_msg("%s[%zu]: %u and %u", what, i, x[i], y[i]);
    }
}

static void check_rows(const pl_response_set *x, const pl_response_set *y)
{
    if (x->n_rows != y->n_rows)
        fail_msg("%zu rows, and %zu", x->n_rows, y->n_rows);
    for (size_t i = 0; i < x->n_rows; i++) {
        const pl_response *a = &x->rows[i];
        const pl_response *b = &y->rows[i];
        bool same = a->item == b->item && a->model == b->model && a->image == b->image && a->dataset == b->dataset &&
                    a->options == b->options && a->text == b->text && a->prediction == b->prediction &&
                    a->vocabulary == b->vocabulary && a->n_tokens == b->n_tokens && a->n_samples == b->n_samples &&
                    a->first_token == b->first_token && a->first_sample == b->first_sample &&
                    a->first_value == b->first_value && a->labels == b->labels && a->value_kind == b->value_kind &&
                    a->matches == b->matches;
        if (!same)
            fail_msg("row %zu differs", i);
    }
}

static void check_tokens(const pl_response_set *x, const pl_response_set *y)
{
    if (x->n_tokens != y->n_tokens || x->n_option_lists != y->n_option_lists)
        fail_msg("tokens or lists are not as many");
    for (size_t i = 0; i < x->n_tokens; i++) {
        const pl_response_token *a = &x->tokens[i];
        const pl_response_token *b = &y->tokens[i];
        if (a->text != b->text || a->n_top != b->n_top || a->first_top != b->first_top ||
            !same_number(a->logprob, b->logprob))
            fail_msg("token %zu differs", i);
    }
    for (size_t i = 0; i < x->n_option_lists; i++) {
        if (x->option_lists[i].first != y->option_lists[i].first || x->option_lists[i].n != y->option_lists[i].n)
            fail_msg("list %zu differs", i);
    }
}

void check_same_responses(const pl_response_set *x, const pl_response_set *y)
{
    check_names("models", x->models, x->n_models, y->models, y->n_models);
    check_names("items", x->items, x->n_items, y->items, y->n_items);
    check_names("images", x->images, x->n_images, y->images, y->n_images);
    check_names("datasets", x->datasets, x->n_datasets, y->datasets, y->n_datasets);
    check_names("texts", x->texts, x->n_texts, y->texts, y->n_texts);
    check_rows(x, y);
    check_tokens(x, y);
    check_indices("option texts", x->option_texts, x->n_option_texts, y->option_texts, y->n_option_texts);
    check_numbers("option values", x->option_values, x->n_option_values, y->option_values, y->n_option_values);
    check_indices("alternatives", x->top_texts, x->n_tops, y->top_texts, y->n_tops);
    check_numbers("log-probabilities", x->top_logprobs, x->n_tops, y->top_logprobs, y->n_tops);
    check_indices("samples", x->samples, x->n_samples, y->samples, y->n_samples);
    check_indices("sample options", x->sample_options, x->n_samples, y->sample_options, y->n_samples);
    check_indices("sample meanings", x->sample_meanings, x->n_samples, y->sample_meanings, y->n_samples);
}
