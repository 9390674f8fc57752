#include "alloc.h"
#include "error.h"
#include "line_reader.h"
#include "option_answer.h"
#include "response_line.h"
#include "sorted_names.h"
#include "vec.h"

#include <math.h>
#include <string.h>

enum { MODELS, ITEMS, IMAGES, DATASETS, N_SORTED };
#define DATASET_END "\x1f" /* between a dataset's name and an item's */

struct pl_response_log {
    pl_response_set set;       /* its names live in the tables below */
    pl_names *names[N_SORTED]; /* in the order of the enum */
    const char **sorted[N_SORTED];
    pl_names *texts;
    const char **text_list;
    pl_map *lists; /* the bytes of a list's text indices -> its index */
    pl_str key;
    PL_VEC(pl_option_list) option_lists;
    PL_VEC(uint32_t) option_texts;
    PL_VEC(double) option_values;
    PL_VEC(pl_response_token) tokens;
    PL_VEC(uint32_t) top_texts;
    PL_VEC(double) top_logprobs;
    PL_VEC(uint32_t) samples;
    PL_VEC(uint32_t) sample_options;
    PL_VEC(pl_response) rows;
    uint64_t bad_lines;
};

void pl__response_log_free(pl_response_log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < N_SORTED; i++) {
        pl__names_free(log->names[i]);
        pl__free(log->sorted[i]);
    }
    pl__names_free(log->texts);
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
    pl__free(log->rows.ptr);
    pl__free(log);
}

static pl_response_log *log_new(void)
{
    pl_response_log *log = pl__calloc(1, sizeof(*log));
    bool fine = log != NULL;
    for (size_t i = 0; i < N_SORTED && fine; i++) {
        log->names[i] = pl__names_new();
        fine = log->names[i] != NULL;
    }
    if (fine) {
        log->texts = pl__names_new();
        log->lists = pl__map_new();
        pl__str_init(&log->key, 4 * PL_RECORDS_LINE_BYTES_MAX);
        fine = log->texts && log->lists;
    }
    if (!fine) {
        pl__response_log_free(log);
        return NULL;
    }
    return log;
}

/* Makes room for n more places; rc is kept from before. */
#define RESERVE(rc, vec, n)                                                                                            \
    ((rc) == PL_OK ? pl__vec_reserve(&(vec).ptr, &(vec).cap, (vec).len + (n), sizeof(*(vec).ptr)) : (rc))

static pl_status intern(pl_names *names, const char *text, uint32_t *ret)
{
    return pl__names_intern(names, pl__view(text), ret);
}

static pl_status add_options(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    uint32_t texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n = line->n_options;
    uintptr_t found = 0;
    pl_status rc = PL_OK;

    row->options = PL_RESPONSE_NONE;
    if (n == 0)
        return PL_OK;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = intern(log->texts, line->options[i], &texts[i]);
    if (rc == PL_OK && pl__map_get(log->lists, texts, n * sizeof(*texts), &found)) {
        row->options = (uint32_t)found;
        return PL_OK;
    }
    rc = RESERVE(rc, log->option_lists, 1);
    rc = RESERVE(rc, log->option_texts, n);
    if (rc == PL_OK)
        rc = pl__map_put(log->lists, texts, n * sizeof(*texts), log->option_lists.len);
    if (rc != PL_OK)
        return rc;
    row->options = (uint32_t)log->option_lists.len;
    log->option_lists.ptr[log->option_lists.len++] = (pl_option_list){.first = log->option_texts.len, .n = (uint32_t)n};
    memcpy(log->option_texts.ptr + log->option_texts.len, texts, n * sizeof(*texts));
    log->option_texts.len += n;
    return PL_OK;
}

static pl_status add_values(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    size_t n = line->values ? line->n_options : 0;
    pl_status rc = RESERVE(PL_OK, log->option_values, n);
    if (rc != PL_OK)
        return rc;
    row->first_value = log->option_values.len;
    for (size_t i = 0; i < n; i++)
        log->option_values.ptr[log->option_values.len++] = pl__response_line_value(line, i);
    return PL_OK;
}

static double logprob_of(const json_t *value)
{
    double x = json_is_number(value) ? json_number_value(value) : (double)NAN;
    return x > 0.0 ? 0.0 : x;
}

static pl_status add_token(pl_response_log *log, const json_t *doc)
{
    const json_t *top = json_object_get(doc, "top");
    size_t n = json_array_size(top);
    pl_response_token token = {.n_top = (uint32_t)n, .first_top = log->top_texts.len};
    pl_status rc = intern(log->texts, json_string_value(json_object_get(doc, "t")), &token.text);

    rc = RESERVE(rc, log->tokens, 1);
    rc = RESERVE(rc, log->top_texts, n);
    rc = RESERVE(rc, log->top_logprobs, n);
    token.logprob = logprob_of(json_object_get(doc, "lp"));
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        const json_t *pair = json_array_get(top, i);
        rc = intern(log->texts, json_string_value(json_array_get(pair, 0)), &log->top_texts.ptr[log->top_texts.len]);
        if (rc != PL_OK)
            break;
        log->top_texts.len++;
        log->top_logprobs.ptr[log->top_logprobs.len++] = logprob_of(json_array_get(pair, 1));
    }
    if (rc == PL_OK)
        log->tokens.ptr[log->tokens.len++] = token;
    return rc;
}

static pl_status add_samples(pl_response_log *log, const pl_response_line *line, pl_response *row)
{
    size_t n = json_array_size(line->samples);
    pl_status rc = RESERVE(PL_OK, log->samples, n);
    rc = RESERVE(rc, log->sample_options, n);
    row->first_sample = log->samples.len;
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        const char *text = json_string_value(json_array_get(line->samples, i));
        size_t option = pl__option_answer(pl__view(text), line->options, line->n_options);
        rc = intern(log->texts, text, &log->samples.ptr[log->samples.len]);
        if (rc != PL_OK)
            break;
        log->samples.len++;
        log->sample_options.ptr[log->sample_options.len++] =
            option == PL_OPTION_ANSWER_NONE ? PL_RESPONSE_NONE : (uint32_t)option;
    }
    return rc;
}

/* Ids are unique within a dataset only. */
static pl_status intern_item(pl_response_log *log, pl_names *names, const char *dataset, const char *id, uint32_t *ret)
{
    pl_status rc = PL_OK;
    pl__str_reset(&log->key);
    if (dataset)
        rc = pl__str_appendf(&log->key, "%s" DATASET_END, dataset);
    if (rc == PL_OK)
        rc = pl__str_append_c(&log->key, id);
    return rc == PL_OK ? intern(names, pl__str_c(&log->key), ret) : rc;
}

static pl_status add_line(pl_response_log *log, const pl_response_line *line, pl_error *reterr)
{
    pl_response row = line->row;
    pl_status rc = PL_OK;

    if (log->rows.len >= PL_RECORDS_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %zu responses", PL_RECORDS_ROWS_MAX);
    row.text = PL_RESPONSE_NONE;
    rc = intern(log->names[MODELS], line->model, &row.model);
    if (rc == PL_OK)
        rc = intern_item(log, log->names[ITEMS], line->dataset, line->item, &row.item);
    if (rc == PL_OK)
        rc = intern_item(log, log->names[IMAGES], line->dataset, line->image, &row.image);
    if (rc == PL_OK)
        rc = intern(log->names[DATASETS], line->dataset ? line->dataset : "", &row.dataset);
    if (rc == PL_OK && line->text)
        rc = intern(log->texts, line->text, &row.text);
    if (rc == PL_OK)
        rc = add_options(log, line, &row);
    if (rc == PL_OK)
        rc = add_values(log, line, &row);
    row.first_token = log->tokens.len;
    for (size_t i = 0; i < json_array_size(line->tokens) && rc == PL_OK; i++)
        rc = add_token(log, json_array_get(line->tokens, i));
    if (rc == PL_OK)
        rc = add_samples(log, line, &row);
    rc = RESERVE(rc, log->rows, 1);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, rc == PL_E_LIMIT ? "too many names" : "no memory");
    log->rows.ptr[log->rows.len++] = row;
    return PL_OK;
}

static pl_status read_line(const json_t *doc, void *user, pl_error *reterr)
{
    pl_response_line line;
    pl_status rc = pl__response_line_read(doc, &line, reterr);
    return rc == PL_OK ? add_line(user, &line, reterr) : rc;
}

/* ---- the whole ---- */
static void place_rows(pl_response_log *log, uint32_t *const places[N_SORTED])
{
    for (size_t i = 0; i < log->rows.len; i++) {
        pl_response *row = &log->rows.ptr[i];
        row->model = places[MODELS][row->model];
        row->item = places[ITEMS][row->item];
        row->image = places[IMAGES][row->image];
        row->dataset = places[DATASETS][row->dataset];
    }
}

static void fill_set(pl_response_log *log)
{
    log->set = (pl_response_set){.models = log->sorted[MODELS],
                                 .n_models = (uint32_t)pl__names_count(log->names[MODELS]),
                                 .items = log->sorted[ITEMS],
                                 .n_items = (uint32_t)pl__names_count(log->names[ITEMS]),
                                 .images = log->sorted[IMAGES],
                                 .n_images = (uint32_t)pl__names_count(log->names[IMAGES]),
                                 .datasets = log->sorted[DATASETS],
                                 .n_datasets = (uint32_t)pl__names_count(log->names[DATASETS]),
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
                                 .n_samples = log->samples.len,
                                 .rows = log->rows.ptr,
                                 .n_rows = log->rows.len};
}

static pl_status finish(pl_response_log *log, pl_error *reterr)
{
    uint32_t *places[N_SORTED] = {NULL};
    uint32_t index = 0;
    size_t n_texts = pl__names_count(log->texts);
    pl_status rc = PL_OK;

    if (pl__names_count(log->names[DATASETS]) == 0) /* a set has at least one dataset */
        rc = intern(log->names[DATASETS], "", &index);
    log->text_list = pl__calloc(n_texts, sizeof(*log->text_list));
    if (!log->text_list)
        rc = PL_E_NOMEM;
    for (uint32_t i = 0; i < n_texts && rc == PL_OK; i++)
        log->text_list[i] = pl__names_get(log->texts, i);
    for (size_t i = 0; i < N_SORTED && rc == PL_OK; i++)
        rc = pl__sort_names(log->names[i], &log->sorted[i], &places[i]);
    if (rc == PL_OK) {
        place_rows(log, places);
        fill_set(log);
    }
    for (size_t i = 0; i < N_SORTED; i++)
        pl__free(places[i]);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu responses: no memory", log->rows.len);
}

pl_status pl__response_log_new(pl_response_log **ret, pl_error *reterr)
{
    pl_response_log *log = log_new();

    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    *ret = log;
    return PL_OK;
}

pl_status pl__response_log_add(pl_response_log *log, const json_t *doc, pl_error *reterr)
{
    return read_line(doc, log, reterr);
}

pl_status pl__response_log_finish(pl_response_log *log, pl_error *reterr)
{
    return finish(log, reterr);
}

pl_status pl__records_read_responses(const char *const *paths, size_t n_paths, bool skip_bad, pl_response_log **ret,
                                     pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_response_log *log = NULL;

    if (!ret || (!paths && n_paths > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        pl_line_reader *reader = NULL;
        rc = pl__line_reader_open(paths[i], &reader, reterr);
        if (rc == PL_OK)
            rc = pl__line_reader_each(reader, skip_bad, read_line, log, &log->bad_lines, reterr);
        pl__line_reader_free(reader);
    }
    if (rc == PL_OK)
        rc = finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__response_log_free(log);
    return rc;
}

pl_status pl__records_parse_responses(const char *name, pl_view text, bool skip_bad, pl_response_log **ret,
                                      pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_response_log *log = NULL;
    pl_line_reader *reader = NULL;

    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    rc = pl__line_reader_from_memory(name, text, &reader, reterr);
    if (rc == PL_OK)
        rc = pl__line_reader_each(reader, skip_bad, read_line, log, &log->bad_lines, reterr);
    if (rc == PL_OK)
        rc = finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__line_reader_free(reader);
    pl__response_log_free(log);
    return rc;
}

const pl_response_set *pl__response_log_set(const pl_response_log *log)
{
    return &log->set;
}

uint64_t pl__response_log_bad_lines(const pl_response_log *log)
{
    return log->bad_lines;
}
