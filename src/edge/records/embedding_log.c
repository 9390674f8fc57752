#include "embedding_log.h"

#include "alloc.h"
#include "error.h"
#include "line_fields.h"
#include "line_reader.h"
#include "map.h"
#include "vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 10000000u
#define NAME_END "\x1f" /* between a data set's name and an item's */

typedef struct place {
    const char *dataset;
    const char *item;
    size_t row;
} place;

struct pl_embedding_log {
    pl_embedding_set set; /* its arrays are the last four below */
    pl_names *keys;       /* data set, NAME_END, item: by row */
    pl_names *items;
    pl_names *datasets;
    pl_str key;
    PL_VEC(uint32_t) item_of; /* by row */
    PL_VEC(uint32_t) dataset_of;
    PL_VEC(double) values;
    const double **vectors;
    const char **sorted_items;
    uint32_t *sorted_datasets;
    const char **names;
};

void pl__embedding_log_free(pl_embedding_log *log)
{
    if (!log)
        return;
    pl__names_free(log->keys);
    pl__names_free(log->items);
    pl__names_free(log->datasets);
    pl__str_clear(&log->key);
    pl__free(log->item_of.ptr);
    pl__free(log->dataset_of.ptr);
    pl__free(log->values.ptr);
    pl__free(log->vectors);
    pl__free(log->sorted_items);
    pl__free(log->sorted_datasets);
    pl__free(log->names);
    pl__free(log);
}

const pl_embedding_set *pl__embedding_log_set(const pl_embedding_log *log)
{
    return &log->set;
}

static pl_status add_vector(pl_embedding_log *log, const json_t *vector, pl_error *reterr)
{
    size_t n = json_array_size(vector);
    size_t used = log->values.len;

    if (!json_is_array(vector) || n == 0)
        return pl__fail(reterr, PL_E_PARSE, "\"vector\" must be an array of numbers");
    if (n > PL_EMBEDDING_DIMS_MAX)
        return pl__fail(reterr, PL_E_PARSE, "\"vector\" has more than %u numbers", PL_EMBEDDING_DIMS_MAX);
    if (log->set.dims > 0 && n != log->set.dims)
        return pl__fail(reterr, PL_E_PARSE, "\"vector\" has %zu numbers, and the first one has %zu", n, log->set.dims);
    if (n > PL_EMBEDDING_VALUES_MAX - used || log->set.n >= ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more vectors than can be held");
    if (pl__vec_reserve(&log->values.ptr, &log->values.cap, used + n, sizeof(*log->values.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "vectors");
    for (size_t i = 0; i < n; i++) {
        const json_t *x = json_array_get(vector, i);

        if (!json_is_number(x) || !(fabs(json_number_value(x)) <= PL_EMBEDDING_ABS_MAX))
            return pl__fail(reterr, PL_E_PARSE, "\"vector\" must hold numbers of at most 1e100");
        log->values.ptr[used + i] = json_number_value(x);
    }
    log->values.len = used + n;
    log->set.dims = n;
    return PL_OK;
}

static pl_status intern_row(pl_embedding_log *log, const char *dataset, const char *item, pl_error *reterr)
{
    size_t row = log->set.n;
    uint32_t key = 0;

    pl__str_reset(&log->key);
    pl_status rc = pl__str_appendf(&log->key, "%s" NAME_END "%s", dataset, item);
    if (rc == PL_OK)
        rc = pl__names_intern(log->keys, pl__view_n(pl__str_c(&log->key), log->key.len), &key);
    if (rc == PL_OK && key < row)
        return pl__fail(reterr, PL_E_PARSE, "\"item\" is in its data set twice");
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->item_of.ptr, &log->item_of.cap, row + 1, sizeof(*log->item_of.ptr));
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->dataset_of.ptr, &log->dataset_of.cap, row + 1, sizeof(*log->dataset_of.ptr));
    if (rc == PL_OK)
        rc = pl__names_intern(log->items, pl__view(item), &log->item_of.ptr[row]);
    if (rc == PL_OK)
        rc = pl__names_intern(log->datasets, pl__view(dataset), &log->dataset_of.ptr[row]);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "vectors");
}

static pl_status add_line(const json_t *doc, void *user, pl_error *reterr)
{
    pl_embedding_log *log = user;
    pl_line_fields f = {.doc = doc, .rc = PL_OK, .err = reterr};
    const char *dataset = pl__line_name(&f, "dataset", NULL);
    const char *item = pl__line_name(&f, "item", NULL);
    pl_status rc = f.rc;

    if (rc == PL_OK)
        rc = intern_row(log, dataset, item, reterr);
    if (rc == PL_OK)
        rc = add_vector(log, json_object_get(doc, "vector"), reterr);
    log->set.n += rc == PL_OK ? 1 : 0;
    return rc;
}

static int compare_places(const void *x, const void *y)
{
    const place *a = x;
    const place *b = y;
    int c = strcmp(a->dataset, b->dataset);
    return c ? c : strcmp(a->item, b->item);
}

/* Sorts the rows and makes the set's arrays. */
static pl_status finish(pl_embedding_log *log, pl_error *reterr)
{
    size_t n = log->set.n;
    size_t n_names = pl__names_count(log->datasets);
    place *places = pl__calloc(n, sizeof(*places));

    log->vectors = pl__calloc(n, sizeof(*log->vectors));
    log->sorted_items = pl__calloc(n, sizeof(*log->sorted_items));
    log->sorted_datasets = pl__calloc(n, sizeof(*log->sorted_datasets));
    log->names = pl__calloc(n_names, sizeof(*log->names));
    if (!places || !log->vectors || !log->sorted_items || !log->sorted_datasets || !log->names) {
        pl__free(places);
        return pl__fail(reterr, PL_E_NOMEM, "%zu vectors", n);
    }
    for (size_t i = 0; i < n; i++)
        places[i] = (place){pl__names_get(log->datasets, log->dataset_of.ptr[i]),
                            pl__names_get(log->items, log->item_of.ptr[i]), i};
    if (n > 0)
        qsort(places, n, sizeof(*places), compare_places);
    for (size_t i = 0; i < n; i++) {
        bool is_new = i == 0 || strcmp(places[i].dataset, places[i - 1].dataset) != 0;

        if (is_new)
            log->names[log->set.n_datasets++] = places[i].dataset;
        log->vectors[i] = log->values.ptr + places[i].row * log->set.dims;
        log->sorted_items[i] = places[i].item;
        log->sorted_datasets[i] = log->set.n_datasets - 1;
    }
    log->set.vectors = log->vectors;
    log->set.items = log->sorted_items;
    log->set.datasets = log->sorted_datasets;
    log->set.names = log->names;
    pl__free(places);
    return PL_OK;
}

static pl_embedding_log *log_new(void)
{
    pl_embedding_log *log = pl__calloc(1, sizeof(*log));

    if (!log)
        return NULL;
    pl__str_init(&log->key, PL_RECORDS_LINE_BYTES_MAX);
    log->keys = pl__names_new();
    log->items = pl__names_new();
    log->datasets = pl__names_new();
    if (log->keys && log->items && log->datasets)
        return log;
    pl__embedding_log_free(log);
    return NULL;
}

/* Takes over the reader, which may be NULL if rc says why. */
static pl_status read_all(pl_embedding_log *log, pl_status rc, pl_line_reader *reader, pl_error *reterr)
{
    uint64_t bad = 0;

    if (rc == PL_OK)
        rc = pl__line_reader_each(reader, false, add_line, log, &bad, reterr);
    pl__line_reader_free(reader);
    return rc;
}

static pl_status hand_out(pl_embedding_log *log, pl_status rc, pl_embedding_log **ret, pl_error *reterr)
{
    if (rc == PL_OK)
        rc = finish(log, reterr);
    if (rc == PL_OK)
        *ret = log;
    else
        pl__embedding_log_free(log);
    return rc;
}

pl_status pl__embeddings_read(const char *const *paths, size_t n_paths, pl_embedding_log **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (!ret || (!paths && n_paths > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_embedding_log *log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "vectors");
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        pl_line_reader *reader = NULL;

        rc = pl__line_reader_open(paths[i], &reader, reterr);
        rc = read_all(log, rc, reader, reterr);
    }
    return hand_out(log, rc, ret, reterr);
}

pl_status pl__embeddings_parse(const char *name, pl_view text, pl_embedding_log **ret, pl_error *reterr)
{
    pl_line_reader *reader = NULL;

    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_embedding_log *log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "vectors");
    pl_status rc = pl__line_reader_from_memory(name, text, &reader, reterr);
    rc = read_all(log, rc, reader, reterr);
    return hand_out(log, rc, ret, reterr);
}
