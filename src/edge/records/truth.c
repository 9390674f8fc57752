#include "records.h"

#include "alloc.h"
#include "csv_reader.h"
#include "error.h"
#include "file.h"
#include "map.h"
#include "num.h"
#include "vec.h"

#define TRUTH_BYTES_MAX ((size_t)16 << 20)
#define TRUTH_MODELS_MAX ((size_t)100000)
#define COLUMN_NONE SIZE_MAX

typedef struct csv {
    pl_csv in;
    const char *column; /* of the numbers: "score" or "weight" */
} csv;

typedef struct columns {
    size_t model;
    size_t score;
} columns;

static pl_status read_header(csv *c, columns *ret)
{
    *ret = (columns){.model = COLUMN_NONE, .score = COLUMN_NONE};
    bool more = pl__csv_begin_record(&c->in);
    for (size_t i = 0; more; i++) {
        pl_status rc = pl__csv_read_field(&c->in);
        if (rc != PL_OK)
            return rc;
        pl_view field = pl__csv_field(&c->in);
        size_t *place = pl__view_eq_str(field, "model") ? &ret->model : NULL;
        if (pl__view_eq_str(field, c->column))
            place = &ret->score;
        if (place && *place != COLUMN_NONE)
            return pl__csv_fail(&c->in, PL_E_PARSE, "the header names a column twice");
        if (place)
            *place = i;
        more = !c->in.last_of_record;
    }
    if (ret->model == COLUMN_NONE || ret->score == COLUMN_NONE)
        return pl__fail(c->in.err, PL_E_PARSE, "%s:%llu: the first line must be a header with the columns model,%s",
                        c->in.name, (unsigned long long)c->in.line, c->column);
    return PL_OK;
}

typedef struct rows {
    PL_VEC(char *) models;
    PL_VEC(double) scores;
    PL_VEC(uint64_t) lines;
    pl_names *names; /* in the order of rows */
} rows;

static void rows_clear(rows *list)
{
    for (size_t i = 0; i < list->models.len; i++)
        pl__free(list->models.ptr[i]);
    pl__free(list->models.ptr);
    pl__free(list->scores.ptr);
    pl__free(list->lines.ptr);
    pl__names_free(list->names);
}

/* Takes over model (also on failure). */
static pl_status add_row(csv *c, rows *list, char *model, double score)
{
    uint32_t index = 0;
    size_t n = list->models.len;
    size_t need = n + 1;
    pl_status rc = pl__names_intern(list->names, pl__view(model), &index);
    if (rc == PL_OK && index < n) {
        rc = pl__fail(c->in.err, PL_E_PARSE, "%s:%llu: the model \"%.200s\" has a %s at line %llu already", c->in.name,
                      (unsigned long long)c->in.line, model, c->column, (unsigned long long)list->lines.ptr[index]);
        pl__free(model);
        return rc;
    }
    if (rc == PL_OK)
        rc = pl__vec_reserve(&list->models.ptr, &list->models.cap, need, sizeof(*list->models.ptr));
    if (rc == PL_OK)
        rc = pl__vec_reserve(&list->scores.ptr, &list->scores.cap, need, sizeof(*list->scores.ptr));
    if (rc == PL_OK)
        rc = pl__vec_reserve(&list->lines.ptr, &list->lines.cap, need, sizeof(*list->lines.ptr));
    if (rc != PL_OK) {
        pl__free(model);
        return pl__csv_fail(&c->in, rc, "no memory");
    }
    list->models.ptr[n] = model;
    list->scores.ptr[n] = score;
    list->lines.ptr[n] = c->in.line;
    list->models.len = need;
    return PL_OK;
}

static pl_status read_row(csv *c, const columns *at, rows *list)
{
    char *model = NULL;
    double score = 0.0;
    bool has_score = false;
    pl_status rc = PL_OK;
    c->in.last_of_record = false;
    for (size_t i = 0; !c->in.last_of_record; i++) {
        rc = pl__csv_read_field(&c->in);
        if (rc != PL_OK)
            goto out;
        pl_view field = pl__csv_field(&c->in);
        if (i == at->model && field.len > 0) {
            model = pl__strndup(field.ptr, field.len);
            if (!model) {
                rc = pl__csv_fail(&c->in, PL_E_NOMEM, "no memory");
                goto out;
            }
        } else if (i == at->score) {
            has_score = pl__num_parse(field, &score) == PL_OK;
        }
    }
    if (!model || !has_score) {
        rc = model ? pl__fail(c->in.err, PL_E_PARSE, "%s:%llu: the %s is no number", c->in.name,
                              (unsigned long long)c->in.line, c->column)
                   : pl__csv_fail(&c->in, PL_E_PARSE, "there is no model");
        goto out;
    }
    if (list->models.len >= TRUTH_MODELS_MAX) {
        rc = pl__csv_fail(&c->in, PL_E_LIMIT, "more than 100000 models");
        goto out;
    }
    return add_row(c, list, model, score);
out:
    pl__free(model);
    return rc;
}

static pl_status parse(const char *name, pl_view text, const char *column, pl_truth *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    columns at;
    rows list = {.names = NULL};
    csv c = {.column = column};

    pl__csv_init(&c.in, name, text, TRUTH_BYTES_MAX, reterr);
    list.names = pl__names_new();
    if (!list.names) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
        goto out;
    }
    rc = read_header(&c, &at);
    while (rc == PL_OK && pl__csv_begin_record(&c.in))
        rc = read_row(&c, &at, &list);
    if (rc != PL_OK)
        goto out;
    *ret = (pl_truth){.models = list.models.ptr, .scores = list.scores.ptr, .n = list.models.len};
    list.models.ptr = NULL;
    list.models.len = 0;
    list.scores.ptr = NULL;
out:
    rows_clear(&list);
    pl__csv_clear(&c.in);
    return rc;
}

pl_status pl__records_parse_truth(const char *name, pl_view text, pl_truth *ret, pl_error *reterr)
{
    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    return parse(name, text, "score", ret, reterr);
}

static pl_status read_numbers(const char *path, const char *column, pl_truth *ret, pl_error *reterr)
{
    pl_str text;
    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = pl__file_read(path, TRUTH_BYTES_MAX, &text, reterr);
    if (rc != PL_OK)
        return rc;
    rc = parse(path, pl__view_n(pl__str_c(&text), text.len), column, ret, reterr);
    pl__str_clear(&text);
    return rc;
}

pl_status pl__records_read_truth(const char *path, pl_truth *ret, pl_error *reterr)
{
    return read_numbers(path, "score", ret, reterr);
}

pl_status pl__records_read_weights(const char *path, pl_truth *ret, pl_error *reterr)
{
    return read_numbers(path, "weight", ret, reterr);
}

void pl__truth_clear(pl_truth *truth)
{
    if (!truth)
        return;
    for (size_t i = 0; i < truth->n; i++)
        pl__free(truth->models[i]);
    pl__free(truth->models);
    pl__free(truth->scores);
    *truth = (pl_truth){0};
}
