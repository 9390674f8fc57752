#include "score_table.h"

#include "alloc.h"
#include "csv_reader.h"
#include "error.h"
#include "file.h"
#include "map.h"
#include "num.h"
#include "vec.h"

#include <math.h>
#include <string.h>

#define BYTES_MAX ((size_t)64 << 20)
#define FIELD_BYTES_MAX 4096u

typedef struct builder {
    pl_csv in;
    PL_VEC(char *) datasets;
    PL_VEC(char *) models;
    PL_VEC(double) scores;
    pl_names *names; /* of the data sets, then of the models */
} builder;

static void free_words(char **words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pl__free(words[i]);
    pl__free(words);
}

static void builder_clear(builder *b)
{
    free_words(b->datasets.ptr, b->datasets.len);
    free_words(b->models.ptr, b->models.len);
    pl__free(b->scores.ptr);
    pl__names_free(b->names);
    pl__csv_clear(&b->in);
}

void pl__score_table_clear(pl_score_table *table)
{
    free_words(table->models, table->n_models);
    free_words(table->datasets, table->n_datasets);
    pl__free(table->scores);
    *table = (pl_score_table){0};
}

/* The field as a name that is new among the names; into *ret, for the caller to keep. */
static pl_status new_name(builder *b, const char *what, char **ret)
{
    uint32_t index = 0;
    pl_view field = pl__csv_field(&b->in);
    size_t n = pl__names_count(b->names);

    if (field.len == 0)
        return pl__fail(b->in.err, PL_E_PARSE, "%s:%llu: a %s without a name", b->in.name,
                        (unsigned long long)b->in.line, what);
    char *name = pl__strndup(field.ptr, field.len);
    pl_status rc = name ? pl__names_intern(b->names, field, &index) : PL_E_NOMEM;
    if (rc == PL_OK && index < n) {
        rc = pl__fail(b->in.err, PL_E_PARSE, "%s:%llu: the %s \"%.200s\" is there twice", b->in.name,
                      (unsigned long long)b->in.line, what, name);
        pl__free(name);
        return rc;
    }
    if (rc != PL_OK) {
        pl__free(name);
        return pl__csv_fail(&b->in, rc, "no memory");
    }
    *ret = name;
    return PL_OK;
}

static pl_status read_header(builder *b)
{
    bool more = pl__csv_begin_record(&b->in);
    pl_status rc = PL_OK;

    for (size_t i = 0; more && rc == PL_OK; i++) {
        rc = pl__csv_read_field(&b->in);
        if (rc != PL_OK)
            return rc;
        more = !b->in.last_of_record;
        if (i == 0 && !pl__view_eq_str(pl__csv_field(&b->in), "model"))
            break;
        if (i == 0)
            continue;
        if (i > PL_SCORE_TABLE_DATASETS_MAX)
            return pl__csv_fail(&b->in, PL_E_LIMIT, "more than 1000 data sets");
        if (pl__vec_reserve(&b->datasets.ptr, &b->datasets.cap, i, sizeof(*b->datasets.ptr)) != PL_OK)
            return pl__csv_fail(&b->in, PL_E_NOMEM, "no memory");
        rc = new_name(b, "data set", &b->datasets.ptr[i - 1]);
        b->datasets.len += rc == PL_OK ? 1 : 0;
    }
    if (rc == PL_OK && b->datasets.len == 0)
        return pl__csv_fail(&b->in, PL_E_PARSE, "the first line must be a header: model, then the names of data sets");
    return rc;
}

static pl_status take_cell(builder *b, size_t model, size_t dataset)
{
    pl_view field = pl__csv_field(&b->in);
    double *cell = &b->scores.ptr[model * b->datasets.len + dataset];

    *cell = (double)NAN;
    if (field.len > 0 && pl__num_parse(field, cell) != PL_OK)
        return pl__fail(b->in.err, PL_E_PARSE, "%s:%llu: the score on \"%.200s\" is no number", b->in.name,
                        (unsigned long long)b->in.line, b->datasets.ptr[dataset]);
    return PL_OK;
}

static pl_status read_row(builder *b)
{
    size_t model = b->models.len;
    size_t n_fields = 0;
    pl_status rc = PL_OK;

    if (model >= PL_SCORE_TABLE_MODELS_MAX || (model + 1) * b->datasets.len > PL_SCORE_TABLE_CELLS_MAX)
        return pl__csv_fail(&b->in, PL_E_LIMIT, "more models than can be held");
    if (pl__vec_reserve(&b->models.ptr, &b->models.cap, model + 1, sizeof(*b->models.ptr)) != PL_OK ||
        pl__vec_reserve(&b->scores.ptr, &b->scores.cap, (model + 1) * b->datasets.len, sizeof(*b->scores.ptr)) != PL_OK)
        return pl__csv_fail(&b->in, PL_E_NOMEM, "no memory");
    do {
        rc = pl__csv_read_field(&b->in);
        if (rc != PL_OK)
            return rc;
        if (n_fields == 0) {
            rc = new_name(b, "model", &b->models.ptr[model]);
            b->models.len += rc == PL_OK ? 1 : 0;
        } else if (n_fields <= b->datasets.len) {
            rc = take_cell(b, model, n_fields - 1);
        }
        n_fields++;
    } while (rc == PL_OK && !b->in.last_of_record);
    if (rc == PL_OK && n_fields != b->datasets.len + 1)
        rc = pl__csv_fail(&b->in, PL_E_PARSE, "not as many fields as the header has");
    return rc;
}

pl_status pl__score_table_parse(const char *name, pl_view text, pl_score_table *ret, pl_error *reterr)
{
    builder b = {.names = NULL};
    pl_status rc = PL_OK;

    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl__csv_init(&b.in, name, text, FIELD_BYTES_MAX, reterr);
    b.names = pl__names_new();
    rc = b.names ? read_header(&b) : pl__csv_fail(&b.in, PL_E_NOMEM, "no memory");
    pl__names_free(b.names);
    b.names = NULL;
    if (rc == PL_OK && !(b.names = pl__names_new()))
        rc = pl__csv_fail(&b.in, PL_E_NOMEM, "no memory");
    while (rc == PL_OK && pl__csv_begin_record(&b.in))
        rc = read_row(&b);
    if (rc == PL_OK) {
        *ret = (pl_score_table){.models = b.models.ptr,
                                .n_models = b.models.len,
                                .datasets = b.datasets.ptr,
                                .n_datasets = b.datasets.len,
                                .scores = b.scores.ptr};
        b.models.ptr = NULL;
        b.models.len = 0;
        b.datasets.ptr = NULL;
        b.datasets.len = 0;
        b.scores.ptr = NULL;
    }
    builder_clear(&b);
    return rc;
}

pl_status pl__score_table_read(const char *path, pl_score_table *ret, pl_error *reterr)
{
    pl_str text;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = pl__file_read(path, BYTES_MAX, &text, reterr);
    if (rc != PL_OK)
        return rc;
    rc = pl__score_table_parse(path, pl__view_n(pl__str_c(&text), text.len), ret, reterr);
    pl__str_clear(&text);
    return rc;
}
