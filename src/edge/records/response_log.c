#include "response_log.h"

#include "alloc.h"
#include "error.h"
#include "option_answer.h"
#include "response_scan.h"
#include "sorted_names.h"

#include <string.h>

#define DATASET_END "\x1f" /* between a dataset's name and an item's */

void pl__response_log_free(pl_response_log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < PL_LOG_NAMES; i++) {
        pl__names_free(log->names[i]);
        pl__free(log->sorted[i]);
    }
    pl__names_free(log->texts);
    pl__spellings_clear(&log->spellings);
    pl__free(log->text_list);
    pl__map_free(log->lists);
    pl__str_clear(&log->key);
    pl__free(log->option_lists.ptr);
    pl__free(log->option_texts.ptr);
    pl__free(log->option_values.ptr);
    pl__free(log->tokens.ptr);
    pl__free(log->top_texts.ptr);
    pl__free(log->top_logprobs.ptr);
    pl__free(log->samples.ptr);
    pl__free(log->sample_options.ptr);
    pl__free(log->sample_meanings.ptr);
    pl__free(log->rows.ptr);
    pl__free(log->own_image.ptr);
    pl__response_line_clear(&log->line);
    pl__free(log);
}

pl_response_log *pl__response_log_start(void)
{
    pl_response_log *log = pl__calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    pl__str_init(&log->key, 4 * PL_RECORDS_LINE_BYTES_MAX);
    pl__response_line_init(&log->line);
    bool fine = true;
    for (size_t i = 0; i < PL_LOG_NAMES; i++) {
        log->names[i] = pl__names_new();
        fine = fine && log->names[i];
    }
    log->texts = pl__names_new();
    log->lists = pl__map_new();
    log->line.spellings = &log->spellings;
    if (pl__spellings_init(&log->spellings) || !fine || !log->texts || !log->lists) {
        pl__response_log_free(log);
        return NULL;
    }
    return log;
}

/* Makes room for n more places; rc is kept from before. */
#define RESERVE(rc, vec, n)                                                                                            \
    ((rc) == PL_OK ? pl__vec_reserve(&(vec).ptr, &(vec).cap, (vec).len + (n), sizeof(*(vec).ptr)) : (rc))

static pl_status number_name(pl_response_log *log, size_t which, pl_view name, uint32_t *ret)
{
    pl_last_name *last = &log->last[which];
    if (last->name.ptr && pl__view_eq(last->name, name)) {
        *ret = last->number;
        return PL_OK;
    }
    pl_status rc = pl__names_intern(log->names[which], name, ret);
    if (rc == PL_OK)
        *last = (pl_last_name){.name = pl__view_n(pl__names_get(log->names[which], *ret), name.len), .number = *ret};
    return rc;
}

pl_status pl__response_log_list(pl_response_log *log, const uint32_t *texts, size_t n, uint32_t *ret)
{
    uintptr_t found = 0;
    pl_status rc = PL_OK;

    if (pl__map_get(log->lists, texts, n * sizeof(*texts), &found)) {
        *ret = (uint32_t)found;
        return PL_OK;
    }
    rc = RESERVE(rc, log->option_lists, 1);
    rc = RESERVE(rc, log->option_texts, n);
    if (rc == PL_OK)
        rc = pl__map_put(log->lists, texts, n * sizeof(*texts), log->option_lists.len);
    if (rc != PL_OK)
        return rc;
    *ret = (uint32_t)log->option_lists.len;
    log->option_lists.ptr[log->option_lists.len++] = (pl_option_list){.first = log->option_texts.len, .n = (uint32_t)n};
    memcpy(log->option_texts.ptr + log->option_texts.len, texts, n * sizeof(*texts));
    log->option_texts.len += n;
    return PL_OK;
}

static pl_status add_options(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    uint32_t texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n = line->n_options;
    pl_status rc = PL_OK;

    row->options = PL_RESPONSE_NONE;
    row->first_value = log->option_values.len;
    if (n == 0)
        return PL_OK;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__names_intern(log->texts, line->option_texts[i], &texts[i]);
    if (rc == PL_OK)
        rc = pl__response_log_list(log, texts, n, &row->options);
    if (row->value_kind == PL_OPTION_VALUES_NONE)
        return rc;
    rc = RESERVE(rc, log->option_values, n);
    if (rc != PL_OK)
        return rc;
    memcpy(log->option_values.ptr + log->option_values.len, line->values, n * sizeof(*line->values));
    log->option_values.len += n;
    return PL_OK;
}

/* The number of a text that is new to the line, by its spelling too from now on. */
static pl_status number_new(pl_response_log *log, pl_view text, pl_view spelling, uint32_t *ret)
{
    pl_status rc = pl__names_intern(log->texts, text, ret);
    return rc == PL_OK && spelling.ptr ? pl__spellings_keep(&log->spellings, spelling, *ret) : rc;
}

static pl_status add_tokens(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    const pl_line_tops *tops = &line->tops;
    size_t first = log->top_texts.len;
    size_t at = 0; /* among the new ones */
    pl_status rc = RESERVE(PL_OK, log->tokens, line->tokens.len);
    rc = RESERVE(rc, log->top_texts, tops->len);
    rc = RESERVE(rc, log->top_logprobs, tops->len);
    row->first_token = log->tokens.len;
    if (rc != PL_OK || line->tokens.len == 0)
        return rc;
    if (tops->len > 0) {
        memcpy(log->top_texts.ptr + first, tops->texts, tops->len * sizeof(*tops->texts));
        memcpy(log->top_logprobs.ptr + first, tops->logprobs, tops->len * sizeof(*tops->logprobs));
    }
    for (size_t i = 0, n = 0; i < line->tokens.len && rc == PL_OK; i++) {
        const pl_line_token *from = &line->tokens.ptr[i];
        pl_response_token *to = &log->tokens.ptr[log->tokens.len++];
        *to = (pl_response_token){
            .text = from->number, .n_top = from->n_top, .first_top = first + n, .logprob = from->logprob};
        if (from->number == PL_LINE_TEXT_NEW)
            rc = number_new(log, from->text, from->spelling, &to->text);
        n += from->n_top;
        for (; at < line->new_tops.len && line->new_tops.ptr[at].at < n && rc == PL_OK; at++) {
            const pl_line_new *top = &line->new_tops.ptr[at];
            rc = number_new(log, top->text, top->spelling, &log->top_texts.ptr[first + top->at]);
        }
    }
    log->top_texts.len += tops->len;
    log->top_logprobs.len += tops->len;
    return rc;
}

static pl_status add_samples(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    size_t n = line->samples.len;
    pl_status rc = RESERVE(PL_OK, log->samples, n);
    rc = RESERVE(rc, log->sample_options, n);
    rc = RESERVE(rc, log->sample_meanings, n);
    row->first_sample = log->samples.len;
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        pl_view text = line->samples.ptr[i];
        size_t option = pl__option_answer(text, line->options, line->n_options);
        rc = pl__names_intern(log->texts, text, &log->samples.ptr[log->samples.len++]);
        log->sample_options.ptr[log->sample_options.len++] =
            option == PL_OPTION_ANSWER_NONE ? PL_RESPONSE_NONE : (uint32_t)option;
        log->sample_meanings.ptr[log->sample_meanings.len++] =
            line->meanings.len > 0 ? line->meanings.ptr[i] : PL_RESPONSE_NONE;
    }
    return rc;
}

/* Ids are unique within a dataset only. *ret is `id` or stands in the log's key. */
static pl_status full_name(pl_response_log *log, const pl_response_line *line, pl_view id, pl_view *ret)
{
    *ret = id;
    if (!line->dataset.ptr)
        return PL_OK;
    pl__str_reset(&log->key);
    pl_status rc = pl__str_append_view(&log->key, line->dataset);
    if (rc == PL_OK)
        rc = pl__str_append_c(&log->key, DATASET_END);
    if (rc == PL_OK)
        rc = pl__str_append_view(&log->key, id);
    *ret = pl__view_n(pl__str_c(&log->key), log->key.len);
    return rc;
}

const char *pl__response_item_id(const pl_response_set *set, const pl_response *row)
{
    const char *name = set->items[row->item];
    const char *dataset = set->datasets[row->dataset];
    size_t n = strlen(dataset);
    bool is_full = strncmp(name, dataset, n) == 0 && strncmp(name + n, DATASET_END, strlen(DATASET_END)) == 0;
    return is_full ? name + n + strlen(DATASET_END) : name;
}

/* An item of which the line names no image is its own: that image is looked up once. */
static pl_status add_item(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    pl_view name = {0};
    pl_status rc = full_name(log, line, line->item, &name);
    if (rc == PL_OK)
        rc = number_name(log, PL_LOG_ITEMS, name, &row->item);
    size_t n = pl__names_count(log->names[PL_LOG_ITEMS]);
    rc = RESERVE(rc, log->own_image, n - log->own_image.len);
    if (rc != PL_OK)
        return rc;
    while (log->own_image.len < n)
        log->own_image.ptr[log->own_image.len++] = PL_NAME_NONE;
    uint32_t *own = &log->own_image.ptr[row->item];
    if (line->image.ptr) {
        rc = full_name(log, line, line->image, &name);
        return rc == PL_OK ? number_name(log, PL_LOG_IMAGES, name, &row->image) : rc;
    }
    if (*own == PL_NAME_NONE)
        rc = number_name(log, PL_LOG_IMAGES, name, own);
    row->image = *own;
    return rc;
}

static pl_status add_line(pl_response_log *log, const pl_response_line *line, pl_error *reterr)
{
    pl_response row = line->row;

    if (log->rows.len >= PL_RECORDS_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %zu responses", PL_RECORDS_ROWS_MAX);
    row.text = PL_RESPONSE_NONE;
    pl_status rc = number_name(log, PL_LOG_MODELS, line->model, &row.model);
    if (rc == PL_OK)
        rc = add_item(log, line, &row);
    if (rc == PL_OK)
        rc = number_name(log, PL_LOG_DATASETS, line->dataset.ptr ? line->dataset : pl__view(""), &row.dataset);
    if (rc == PL_OK && line->text.ptr)
        rc = pl__names_intern(log->texts, line->text, &row.text);
    if (rc == PL_OK)
        rc = add_options(log, line, &row);
    if (rc == PL_OK)
        rc = add_tokens(log, line, &row);
    if (rc == PL_OK)
        rc = add_samples(log, line, &row);
    rc = RESERVE(rc, log->rows, 1);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, rc == PL_E_LIMIT ? "too many names" : "no memory");
    log->rows.ptr[log->rows.len++] = row;
    return PL_OK;
}

pl_status pl__response_log_add(pl_response_log *log, const json_t *doc, pl_error *reterr)
{
    pl_status rc = pl__response_line_read(doc, &log->line, reterr);
    return rc == PL_OK ? add_line(log, &log->line, reterr) : rc;
}

pl_status pl__response_log_add_text(pl_response_log *log, pl_view text, pl_error *reterr)
{
    json_t *doc = NULL;
    bool taken = false;
    pl_status rc = pl__response_scan(text, &log->line, &taken);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "no memory");
    if (taken)
        return add_line(log, &log->line, reterr);
    rc = pl__line_parse(text, &doc, reterr);
    if (rc == PL_OK)
        rc = pl__response_log_add(log, doc, reterr);
    json_decref(doc);
    return rc;
}

pl_status pl__response_log_read(pl_response_log *log, pl_line_reader *reader, bool skip_bad, pl_error *reterr)
{
    for (;;) {
        pl_view text = {0};
        bool end = false;
        pl_error err = {0};
        pl_status rc = pl__line_reader_next(reader, &text, &end, reterr);
        if (rc != PL_OK || end)
            return rc;
        rc = pl__response_log_add_text(log, text, &err);
        if (rc == PL_E_PARSE && skip_bad)
            log->bad_lines++;
        else if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s:%llu: %s", pl__line_reader_name(reader),
                            (unsigned long long)pl__line_reader_line(reader), err.msg);
    }
}

/* ---- the whole ---- */
static void place_rows(pl_response_log *log, uint32_t *const places[PL_LOG_NAMES])
{
    for (size_t i = 0; i < log->rows.len; i++) {
        pl_response *row = &log->rows.ptr[i];
        row->model = places[PL_LOG_MODELS][row->model];
        row->item = places[PL_LOG_ITEMS][row->item];
        row->image = places[PL_LOG_IMAGES][row->image];
        row->dataset = places[PL_LOG_DATASETS][row->dataset];
    }
}

static void fill_set(pl_response_log *log)
{
    log->set = (pl_response_set){.models = log->sorted[PL_LOG_MODELS],
                                 .n_models = (uint32_t)pl__names_count(log->names[PL_LOG_MODELS]),
                                 .items = log->sorted[PL_LOG_ITEMS],
                                 .n_items = (uint32_t)pl__names_count(log->names[PL_LOG_ITEMS]),
                                 .images = log->sorted[PL_LOG_IMAGES],
                                 .n_images = (uint32_t)pl__names_count(log->names[PL_LOG_IMAGES]),
                                 .datasets = log->sorted[PL_LOG_DATASETS],
                                 .n_datasets = (uint32_t)pl__names_count(log->names[PL_LOG_DATASETS]),
                                 .texts = log->text_list,
                                 .n_texts = (uint32_t)pl__names_count(log->texts),
                                 .option_lists = log->option_lists.ptr,
                                 .n_option_lists = (uint32_t)log->option_lists.len,
                                 .option_texts = log->option_texts.ptr,
                                 .n_option_texts = log->option_texts.len,
                                 .option_values = log->option_values.ptr,
                                 .n_option_values = log->option_values.len,
                                 .tokens = log->tokens.ptr,
                                 .n_tokens = log->tokens.len,
                                 .top_texts = log->top_texts.ptr,
                                 .top_logprobs = log->top_logprobs.ptr,
                                 .n_tops = log->top_texts.len,
                                 .samples = log->samples.ptr,
                                 .sample_options = log->sample_options.ptr,
                                 .sample_meanings = log->sample_meanings.ptr,
                                 .n_samples = log->samples.len,
                                 .rows = log->rows.ptr,
                                 .n_rows = log->rows.len};
}

pl_status pl__response_log_finish(pl_response_log *log, pl_error *reterr)
{
    uint32_t *places[PL_LOG_NAMES] = {NULL};
    uint32_t index = 0;
    size_t n_texts = pl__names_count(log->texts);
    pl_status rc = PL_OK;

    if (pl__names_count(log->names[PL_LOG_DATASETS]) == 0) /* a set has at least one dataset */
        rc = pl__names_intern(log->names[PL_LOG_DATASETS], pl__view(""), &index);
    log->text_list = pl__calloc(n_texts, sizeof(*log->text_list));
    if (!log->text_list)
        rc = PL_E_NOMEM;
    for (uint32_t i = 0; i < n_texts && rc == PL_OK; i++)
        log->text_list[i] = pl__names_get(log->texts, i);
    for (size_t i = 0; i < PL_LOG_NAMES && rc == PL_OK; i++)
        rc = pl__sort_names(log->names[i], &log->sorted[i], &places[i]);
    if (rc == PL_OK) {
        place_rows(log, places);
        fill_set(log);
    }
    for (size_t i = 0; i < PL_LOG_NAMES; i++)
        pl__free(places[i]);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu responses: no memory", log->rows.len);
}

pl_status pl__response_log_new(pl_response_log **ret, pl_error *reterr)
{
    pl_response_log *log = pl__response_log_start();

    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    *ret = log;
    return PL_OK;
}

const pl_response_set *pl__response_log_set(const pl_response_log *log)
{
    return &log->set;
}

uint64_t pl__response_log_bad_lines(const pl_response_log *log)
{
    return log->bad_lines;
}
