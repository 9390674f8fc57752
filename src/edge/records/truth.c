#include "records.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "map.h"
#include "num.h"
#include "vec.h"

#define TRUTH_BYTES_MAX ((size_t)16 << 20)
#define TRUTH_MODELS_MAX ((size_t)100000)
#define COLUMN_NONE SIZE_MAX

/* RFC 4180: fields may stand in quotes, quotes inside are doubled, and may then hold commas and line ends. */
typedef struct csv {
    const char *name;
    const char *column; /* of the numbers: "score" or "weight" */
    pl_view rest;
    uint64_t line; /* of the record being read */
    uint64_t next_line;
    pl_str field;
    bool last_of_record;
    pl_error *err;
} csv;

static pl_status fail_at(csv *c, pl_status rc, const char *what)
{
    return pl__fail(c->err, rc, "%s:%llu: %s", c->name, (unsigned long long)c->line, what);
}

static pl_status add(csv *c, char byte)
{
    pl_status rc = pl__str_append_char(&c->field, byte);
    return rc == PL_OK ? PL_OK : fail_at(c, rc, rc == PL_E_LIMIT ? "a field that is too long" : "no memory");
}

static char take(csv *c)
{
    char byte = c->rest.ptr[0];
    c->rest = pl__view_n(c->rest.ptr + 1, c->rest.len - 1);
    if (byte == '\n')
        c->next_line++;
    return byte;
}

static bool peek(const csv *c, char byte)
{
    return c->rest.len > 0 && c->rest.ptr[0] == byte;
}

static pl_status read_quoted(csv *c)
{
    (void)take(c);
    for (;;) {
        if (c->rest.len == 0)
            return fail_at(c, PL_E_PARSE, "a quote that is not closed");
        char byte = take(c);
        if (byte == '"' && !peek(c, '"'))
            return PL_OK;
        if (byte == '"')
            (void)take(c);
        pl_status rc = add(c, byte);
        if (rc != PL_OK)
            return rc;
    }
}

/* Into c->field; sets last_of_record and steps over what follows the field. */
static pl_status read_field(csv *c)
{
    pl_status rc = PL_OK;
    pl__str_reset(&c->field);
    if (peek(c, '"')) {
        rc = read_quoted(c);
    } else {
        while (rc == PL_OK && c->rest.len > 0 && !peek(c, ',') && !peek(c, '\n') && !peek(c, '\r')) {
            if (peek(c, '"'))
                return fail_at(c, PL_E_PARSE, "a quote inside a field that does not begin with one");
            rc = add(c, take(c));
        }
    }
    if (rc != PL_OK)
        return rc;
    c->last_of_record = !peek(c, ',');
    if (!c->last_of_record) {
        (void)take(c);
        return PL_OK;
    }
    if (peek(c, '\r'))
        (void)take(c);
    if (c->rest.len > 0 && !peek(c, '\n'))
        return fail_at(c, PL_E_PARSE, "text behind a closing quote, or a stray carriage return");
    if (c->rest.len > 0)
        (void)take(c);
    return PL_OK;
}

static bool begin_record(csv *c)
{
    while (c->rest.len > 0 && (peek(c, '\n') || peek(c, '\r')))
        (void)take(c);
    c->line = c->next_line;
    return c->rest.len > 0;
}

typedef struct columns {
    size_t model;
    size_t score;
} columns;

static pl_status read_header(csv *c, columns *ret)
{
    *ret = (columns){.model = COLUMN_NONE, .score = COLUMN_NONE};
    if (pl__view_starts_with(c->rest, "\xef\xbb\xbf"))
        c->rest = pl__view_n(c->rest.ptr + 3, c->rest.len - 3);
    bool more = begin_record(c);
    for (size_t i = 0; more; i++) {
        pl_status rc = read_field(c);
        if (rc != PL_OK)
            return rc;
        pl_view field = pl__view_trim(pl__view_n(pl__str_c(&c->field), c->field.len));
        size_t *place = pl__view_eq_str(field, "model") ? &ret->model : NULL;
        if (pl__view_eq_str(field, c->column))
            place = &ret->score;
        if (place && *place != COLUMN_NONE)
            return fail_at(c, PL_E_PARSE, "the header names a column twice");
        if (place)
            *place = i;
        more = !c->last_of_record;
    }
    if (ret->model == COLUMN_NONE || ret->score == COLUMN_NONE)
        return pl__fail(c->err, PL_E_PARSE, "%s:%llu: the first line must be a header with the columns model,%s",
                        c->name, (unsigned long long)c->line, c->column);
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
        rc = pl__fail(c->err, PL_E_PARSE, "%s:%llu: the model \"%.200s\" has a %s at line %llu already", c->name,
                      (unsigned long long)c->line, model, c->column, (unsigned long long)list->lines.ptr[index]);
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
        return fail_at(c, rc, "no memory");
    }
    list->models.ptr[n] = model;
    list->scores.ptr[n] = score;
    list->lines.ptr[n] = c->line;
    list->models.len = need;
    return PL_OK;
}

static pl_status read_row(csv *c, const columns *at, rows *list)
{
    char *model = NULL;
    double score = 0.0;
    bool has_score = false;
    pl_status rc = PL_OK;
    c->last_of_record = false;
    for (size_t i = 0; !c->last_of_record; i++) {
        rc = read_field(c);
        if (rc != PL_OK)
            goto out;
        pl_view field = pl__view_trim(pl__view_n(pl__str_c(&c->field), c->field.len));
        if (i == at->model && field.len > 0) {
            model = pl__strndup(field.ptr, field.len);
            if (!model) {
                rc = fail_at(c, PL_E_NOMEM, "no memory");
                goto out;
            }
        } else if (i == at->score) {
            has_score = pl__num_parse(field, &score) == PL_OK;
        }
    }
    if (!model || !has_score) {
        rc = model ? pl__fail(c->err, PL_E_PARSE, "%s:%llu: the %s is no number", c->name, (unsigned long long)c->line,
                              c->column)
                   : fail_at(c, PL_E_PARSE, "there is no model");
        goto out;
    }
    if (list->models.len >= TRUTH_MODELS_MAX) {
        rc = fail_at(c, PL_E_LIMIT, "more than 100000 models");
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
    csv c = {.name = name, .column = column, .rest = text, .line = 1, .next_line = 1, .err = reterr};

    pl__str_init(&c.field, TRUTH_BYTES_MAX);
    list.names = pl__names_new();
    if (!list.names) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
        goto out;
    }
    rc = read_header(&c, &at);
    while (rc == PL_OK && begin_record(&c))
        rc = read_row(&c, &at, &list);
    if (rc != PL_OK)
        goto out;
    *ret = (pl_truth){.models = list.models.ptr, .scores = list.scores.ptr, .n = list.models.len};
    list.models.ptr = NULL;
    list.models.len = 0;
    list.scores.ptr = NULL;
out:
    rows_clear(&list);
    pl__str_clear(&c.field);
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
