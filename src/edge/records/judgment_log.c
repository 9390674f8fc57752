#include "alloc.h"
#include "error.h"
#include "judgment_line.h"
#include "line_reader.h"
#include "sorted_names.h"
#include "vec.h"

#include <string.h>

struct pl_judgment_log {
    pl_judgment_set set; /* its names live in the tables below */
    pl_names *models;
    pl_names *families;
    pl_names *items;
    pl_names *images;
    pl_names *criteria;
    PL_VEC(uint32_t) family_of; /* by model as first seen: an index into families, or PL_NAME_NONE */
    PL_VEC(pl_judgment) rows;
    const char **sorted[5]; /* models, families, items, images, criteria: what the set points at */
    uint64_t bad_lines;
};

void pl__judgment_log_free(pl_judgment_log *log)
{
    if (!log)
        return;
    pl__names_free(log->models);
    pl__names_free(log->families);
    pl__names_free(log->items);
    pl__names_free(log->images);
    pl__names_free(log->criteria);
    pl__free(log->family_of.ptr);
    pl__free(log->rows.ptr);
    for (size_t i = 0; i < sizeof(log->sorted) / sizeof(log->sorted[0]); i++)
        pl__free(log->sorted[i]);
    pl__free(log);
}

static pl_judgment_log *log_new(void)
{
    pl_judgment_log *log = pl__calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    log->models = pl__names_new();
    log->families = pl__names_new();
    log->items = pl__names_new();
    log->images = pl__names_new();
    log->criteria = pl__names_new();
    if (!log->models || !log->families || !log->items || !log->images || !log->criteria) {
        pl__judgment_log_free(log);
        return NULL;
    }
    return log;
}

/* ---- one line ---- */
static pl_status set_family(pl_judgment_log *log, uint32_t model, const char *family, pl_error *reterr)
{
    uint32_t found = PL_NAME_NONE;
    if (!family)
        return PL_OK;
    pl_status rc = pl__names_intern(log->families, pl__view(family), &found);
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "no memory");
    log->family_of.ptr[model] = found;
    return PL_OK;
}

/* Before anything is kept: a line that is refused must leave no names behind. */
static pl_status check_families(const pl_judgment_log *log, const pl_judgment_line *line, pl_error *reterr)
{
    const char *const models[3] = {line->judge, line->a, line->b};
    const char *const families[3] = {line->judge_family, line->a_family, line->b_family};
    for (size_t i = 0; i < 3; i++) {
        uint32_t model = pl__names_find(log->models, pl__view(models[i]));
        uint32_t family = model == PL_NAME_NONE ? PL_NAME_NONE : log->family_of.ptr[model];
        const char *before = family == PL_NAME_NONE ? NULL : pl__names_get(log->families, family);
        for (size_t k = 0; k < i && !before; k++) {
            if (strcmp(models[k], models[i]) == 0)
                before = families[k];
        }
        if (families[i] && before && strcmp(families[i], before) != 0)
            return pl__fail(reterr, PL_E_PARSE, "the family of \"%.100s\" is \"%.100s\" here and \"%.100s\" before",
                            models[i], families[i], before);
    }
    return PL_OK;
}

static pl_status intern_model(pl_judgment_log *log, const char *name, const char *family, uint32_t *ret,
                              pl_error *reterr)
{
    pl_status rc = pl__names_intern(log->models, pl__view(name), ret);
    size_t n = pl__names_count(log->models);
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->family_of.ptr, &log->family_of.cap, n, sizeof(*log->family_of.ptr));
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "no memory");
    while (log->family_of.len < n)
        log->family_of.ptr[log->family_of.len++] = PL_NAME_NONE;
    return set_family(log, *ret, family, reterr);
}

static pl_status add_line(pl_judgment_log *log, const pl_judgment_line *line, pl_error *reterr)
{
    pl_judgment row = line->row;
    pl_status rc = check_families(log, line, reterr);
    if (rc == PL_OK)
        rc = intern_model(log, line->judge, line->judge_family, &row.judge, reterr);
    if (rc == PL_OK)
        rc = intern_model(log, line->a, line->a_family, &row.a, reterr);
    if (rc == PL_OK)
        rc = intern_model(log, line->b, line->b_family, &row.b, reterr);
    if (rc != PL_OK)
        return rc;
    if (log->rows.len >= PL_RECORDS_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %zu judgments", PL_RECORDS_ROWS_MAX);
    rc = pl__names_intern(log->items, pl__view(line->item), &row.item);
    if (rc == PL_OK)
        rc = pl__names_intern(log->images, pl__view(line->image), &row.image);
    if (rc == PL_OK)
        rc = pl__names_intern(log->criteria, pl__view(line->criterion), &row.criterion);
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->rows.ptr, &log->rows.cap, log->rows.len + 1, sizeof(*log->rows.ptr));
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "no memory");
    log->rows.ptr[log->rows.len++] = row;
    return PL_OK;
}

typedef struct line_job {
    pl_judgment_log *log;
    const pl_records_opts *opts;
} line_job;

static pl_status read_line(const json_t *doc, void *user, pl_error *reterr)
{
    line_job *job = user;
    pl_judgment_line line;
    pl_status rc = pl__judgment_line_read(doc, job->opts->judge_instruction, &line, reterr);
    return rc == PL_OK ? add_line(job->log, &line, reterr) : rc;
}

static pl_status read_lines(pl_judgment_log *log, pl_line_reader *reader, const pl_records_opts *opts, pl_error *reterr)
{
    line_job job = {.log = log, .opts = opts};
    return pl__line_reader_each(reader, opts->skip_bad, read_line, &job, &log->bad_lines, reterr);
}

/* ---- the whole ---- */
/* A model that no line gives a family is a family of its own. */
static pl_status place_families(pl_judgment_log *log, const uint32_t *model_places)
{
    size_t n = pl__names_count(log->models);
    if (pl__names_count(log->families) == 0)
        return PL_OK;
    const char **families = pl__calloc(n, sizeof(*families));
    if (!families)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t family = log->family_of.ptr[i];
        families[model_places[i]] =
            family == PL_NAME_NONE ? pl__names_get(log->models, i) : pl__names_get(log->families, family);
    }
    log->sorted[1] = families;
    return PL_OK;
}

static void place_rows(pl_judgment_log *log, uint32_t *const places[5])
{
    for (size_t i = 0; i < log->rows.len; i++) {
        pl_judgment *row = &log->rows.ptr[i];
        row->judge = places[0][row->judge];
        row->a = places[0][row->a];
        row->b = places[0][row->b];
        row->item = places[2][row->item];
        row->image = places[3][row->image];
        row->criterion = places[4][row->criterion];
    }
}

static pl_status finish(pl_judgment_log *log, pl_error *reterr)
{
    uint32_t *places[5] = {NULL, NULL, NULL, NULL, NULL};
    pl_names *const tables[5] = {log->models, NULL, log->items, log->images, log->criteria};
    pl_status rc = PL_OK;

    if (pl__names_count(log->criteria) == 0) { /* a set has at least one criterion */
        uint32_t index = 0;
        rc = pl__names_intern(log->criteria, pl__view("overall"), &index);
    }
    for (size_t i = 0; i < 5 && rc == PL_OK; i++) {
        if (tables[i])
            rc = pl__sort_names(tables[i], &log->sorted[i], &places[i]);
    }
    if (rc == PL_OK)
        rc = place_families(log, places[0]);
    if (rc == PL_OK) {
        place_rows(log, places);
        log->set = (pl_judgment_set){.models = log->sorted[0],
                                     .n_models = (uint32_t)pl__names_count(log->models),
                                     .families = log->sorted[1],
                                     .items = log->sorted[2],
                                     .n_items = (uint32_t)pl__names_count(log->items),
                                     .images = log->sorted[3],
                                     .n_images = (uint32_t)pl__names_count(log->images),
                                     .criteria = log->sorted[4],
                                     .n_criteria = (uint32_t)pl__names_count(log->criteria),
                                     .rows = log->rows.ptr,
                                     .n_rows = log->rows.len};
    }
    for (size_t i = 0; i < 5; i++)
        pl__free(places[i]);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu judgments: no memory", log->rows.len);
}

static const pl_records_opts default_opts = {.skip_bad = false};

pl_status pl__records_read_judgments(const char *const *paths, size_t n_paths, const pl_records_opts *opts,
                                     pl_judgment_log **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_judgment_log *log = NULL;

    if (!ret || (!paths && n_paths > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "judgments: no memory");
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        pl_line_reader *reader = NULL;
        rc = pl__line_reader_open(paths[i], &reader, reterr);
        if (rc == PL_OK)
            rc = read_lines(log, reader, opts ? opts : &default_opts, reterr);
        pl__line_reader_free(reader);
    }
    if (rc == PL_OK)
        rc = finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__judgment_log_free(log);
    return rc;
}

pl_status pl__records_parse_judgments(const char *name, pl_view text, const pl_records_opts *opts,
                                      pl_judgment_log **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_judgment_log *log = NULL;
    pl_line_reader *reader = NULL;

    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    rc = pl__line_reader_from_memory(name, text, &reader, reterr);
    if (rc == PL_OK)
        rc = read_lines(log, reader, opts ? opts : &default_opts, reterr);
    if (rc == PL_OK)
        rc = finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__line_reader_free(reader);
    pl__judgment_log_free(log);
    return rc;
}

const pl_judgment_set *pl__judgment_log_set(const pl_judgment_log *log)
{
    return &log->set;
}

uint64_t pl__judgment_log_bad_lines(const pl_judgment_log *log)
{
    return log->bad_lines;
}
