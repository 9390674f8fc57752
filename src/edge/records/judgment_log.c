#include "judgment_log.h"

#include "alloc.h"
#include "error.h"

#include <string.h>

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
    pl__free(log->own_image.ptr);
    pl__free(log->family_news.ptr);
    pl__free(log->rows.ptr);
    pl__row_pack_clear(&log->pack);
    pl__free(log->item_images);
    pl__judgment_scanner_free(log->scanner);
    for (size_t i = 0; i < sizeof(log->sorted) / sizeof(log->sorted[0]); i++)
        pl__free(log->sorted[i]);
    pl__free(log);
}

pl_judgment_log *pl__judgment_log_new(void)
{
    pl_judgment_log *log = pl__calloc(1, sizeof(*log));
    if (!log)
        return NULL;
    log->default_criterion = PL_NAME_NONE;
    log->models = pl__names_new();
    log->families = pl__names_new();
    log->items = pl__names_new();
    log->images = pl__names_new();
    log->criteria = pl__names_new();
    log->scanner = pl__judgment_scanner_new();
    if (!log->scanner || !log->models || !log->families || !log->items || !log->images || !log->criteria) {
        pl__judgment_log_free(log);
        return NULL;
    }
    return log;
}

/* ---- one line ---- */
static pl_status set_family(pl_judgment_log *log, uint32_t model, pl_view family)
{
    uint32_t found = PL_NAME_NONE;
    if (!family.ptr)
        return PL_OK;
    pl_status rc = pl__names_intern(log->families, family, &found);
    if (rc != PL_OK || log->family_of.ptr[model] == found)
        return rc;
    rc = pl__vec_reserve(&log->family_news.ptr, &log->family_news.cap, log->family_news.len + 1,
                         sizeof(*log->family_news.ptr));
    if (rc != PL_OK)
        return rc;
    log->family_news.ptr[log->family_news.len++] = model;
    log->family_of.ptr[model] = found;
    return PL_OK;
}

static pl_view family_of(const pl_judgment_log *log, uint32_t model)
{
    uint32_t family = model == PL_NAME_NONE ? PL_NAME_NONE : log->family_of.ptr[model];
    return pl__names_view(log->families, family);
}

#define SHOWN_BYTES_MAX 100u

static int shown(pl_view text)
{
    return (int)(text.len < SHOWN_BYTES_MAX ? text.len : SHOWN_BYTES_MAX);
}

/* Before anything is kept: a line that is refused must leave no names behind. */
static pl_status check_families(const pl_judgment_log *log, const pl_judgment_line *line, pl_error *reterr)
{
    const pl_view models[3] = {line->judge, line->a, line->b};
    const pl_view families[3] = {line->judge_family, line->a_family, line->b_family};
    for (size_t i = 0; i < 3; i++) {
        if (!families[i].ptr)
            continue;
        pl_view before = family_of(log, pl__names_find(log->models, models[i]));
        for (size_t k = 0; k < i && !before.ptr; k++) {
            if (pl__view_eq(models[k], models[i]))
                before = families[k];
        }
        if (before.ptr && !pl__view_eq(families[i], before))
            return pl__fail(reterr, PL_E_PARSE, "the family of \"%.*s\" is \"%.*s\" here and \"%.*s\" before",
                            shown(models[i]), models[i].ptr, shown(families[i]), families[i].ptr, shown(before),
                            before.ptr);
    }
    return PL_OK;
}

pl_status pl__judgment_log_take_model(pl_judgment_log *log, pl_view name, uint32_t *ret)
{
    pl_status rc = pl__names_intern(log->models, name, ret);
    size_t n = pl__names_count(log->models);
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->family_of.ptr, &log->family_of.cap, n, sizeof(*log->family_of.ptr));
    while (rc == PL_OK && log->family_of.len < n)
        log->family_of.ptr[log->family_of.len++] = PL_NAME_NONE;
    return rc;
}

static pl_status intern_model(pl_judgment_log *log, pl_view name, pl_view family, uint32_t *ret)
{
    pl_status rc = pl__judgment_log_take_model(log, name, ret);
    return rc == PL_OK ? set_family(log, *ret, family) : rc;
}

/* An item of which the line names no image is its own: that image is looked up once, however it is named first. */
static pl_status intern_item(pl_judgment_log *log, const pl_judgment_line *line, pl_judgment *row)
{
    pl_status rc = pl__names_intern(log->items, line->item, &row->item);
    size_t n = pl__names_count(log->items);
    if (rc == PL_OK)
        rc = pl__vec_reserve(&log->own_image.ptr, &log->own_image.cap, n, sizeof(*log->own_image.ptr));
    if (rc != PL_OK)
        return rc;
    while (log->own_image.len < n)
        log->own_image.ptr[log->own_image.len++] = PL_NAME_NONE;
    if (!pl__view_eq(line->image, line->item))
        return pl__names_intern(log->images, line->image, &row->image);
    uint32_t *own = &log->own_image.ptr[row->item];
    if (*own == PL_NAME_NONE)
        rc = pl__names_intern(log->images, line->image, own);
    row->image = *own;
    return rc;
}

static pl_status intern_criterion(pl_judgment_log *log, pl_view name, uint32_t *ret)
{
    if (name.ptr != pl__judgment_criterion_default().ptr)
        return pl__names_intern(log->criteria, name, ret);
    pl_status rc = PL_OK;
    if (log->default_criterion == PL_NAME_NONE)
        rc = pl__names_intern(log->criteria, name, &log->default_criterion);
    *ret = log->default_criterion;
    return rc;
}

/* ---- a line that says nothing new: all its names are known, and their families ---- */
static bool find_model(const pl_judgment_log *log, pl_view name, pl_view family, uint32_t *ret)
{
    *ret = pl__names_find(log->models, name);
    return *ret != PL_NAME_NONE && (!family.ptr || pl__view_eq(family_of(log, *ret), family));
}

static bool find_item(const pl_judgment_log *log, const pl_judgment_line *line, uint64_t hash, pl_judgment *row)
{
    row->item = pl__names_find_hashed(log->items, line->item, hash);
    if (row->item == PL_NAME_NONE)
        return false;
    row->image =
        line->image.ptr == line->item.ptr ? log->own_image.ptr[row->item] : pl__names_find(log->images, line->image);
    return row->image != PL_NAME_NONE;
}

static bool find_criterion(const pl_judgment_log *log, pl_view name, uint32_t *ret)
{
    *ret =
        name.ptr == pl__judgment_criterion_default().ptr ? log->default_criterion : pl__names_find(log->criteria, name);
    return *ret != PL_NAME_NONE;
}

static bool find_all(const pl_judgment_log *log, const pl_judgment_line *line, uint64_t item_hash, pl_judgment *row)
{
    return find_model(log, line->judge, line->judge_family, &row->judge) &&
           find_model(log, line->a, line->a_family, &row->a) && find_model(log, line->b, line->b_family, &row->b) &&
           find_item(log, line, item_hash, row) && find_criterion(log, line->criterion, &row->criterion);
}

/* A refused line leaves no name behind; one that memory is short for may. */
static pl_status intern_all(pl_judgment_log *log, const pl_judgment_line *line, pl_judgment *row, pl_error *reterr)
{
    pl_status rc = check_families(log, line, reterr);
    if (rc != PL_OK)
        return rc;
    rc = intern_model(log, line->judge, line->judge_family, &row->judge);
    if (rc == PL_OK)
        rc = intern_model(log, line->a, line->a_family, &row->a);
    if (rc == PL_OK)
        rc = intern_model(log, line->b, line->b_family, &row->b);
    if (rc == PL_OK)
        rc = intern_item(log, line, row);
    if (rc == PL_OK)
        rc = intern_criterion(log, line->criterion, &row->criterion);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}

/* PL_E_PARSE (families that contradict each other), PL_E_LIMIT, PL_E_NOMEM. */
static pl_status add_line(pl_judgment_log *log, const pl_judgment_line *line, uint64_t item_hash, pl_error *reterr)
{
    pl_judgment row = line->row;
    size_t n = log->rows.len;
    if (!find_all(log, line, item_hash, &row)) {
        pl_status rc = intern_all(log, line, &row, reterr);
        if (rc != PL_OK)
            return rc;
    }
    if (n >= PL_RECORDS_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %zu judgments", PL_RECORDS_ROWS_MAX);
    if (n == log->rows.cap && pl__vec_reserve(&log->rows.ptr, &log->rows.cap, n + 1, sizeof(*log->rows.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    log->rows.ptr[n] = row;
    log->rows.len = n + 1;
    return PL_OK;
}

static pl_status add_parsed(pl_judgment_log *log, pl_view text, pl_view instruction, pl_error *reterr)
{
    json_t *doc = NULL;
    pl_judgment_line line;
    pl_status rc = pl__line_parse(text, &doc, reterr);
    if (rc == PL_OK)
        rc = pl__judgment_line_read(doc, instruction, &line, reterr);
    if (rc == PL_OK)
        rc = add_line(log, &line, pl__names_hash(log->items, line.item), reterr);
    json_decref(doc);
    return rc;
}

/* Any line, one without its end. */
static pl_status add_text(pl_judgment_log *log, pl_view text, pl_view instruction, pl_error *reterr)
{
    pl_judgment_line line;
    size_t used = 0;
    if (pl__judgment_scan(log->scanner, text, instruction, &line, &used))
        return add_line(log, &line, pl__names_hash(log->items, line.item), reterr);
    return add_parsed(log, text, instruction, reterr);
}

/* The line that `text` begins with, which was not taken as it stands; *ret_used: its bytes, with its end. */
static pl_status add_other(pl_judgment_log *log, pl_view text, uint64_t number, pl_view instruction, size_t *ret_used,
                           pl_error *reterr)
{
    const char *stop = memchr(text.ptr, '\n', text.len);
    size_t len = stop ? (size_t)(stop - text.ptr) : text.len;
    *ret_used = stop ? len + 1 : len;
    pl_view clean = pl__line_reader_clean(pl__view_n(text.ptr, len), number);
    return clean.len > 0 ? add_text(log, clean, instruction, reterr) : PL_OK;
}

/* How adding line `number` went. */
static pl_status settle(pl_judgment_log *log, pl_status rc, bool skip_bad, const char *name, uint64_t number,
                        const pl_error *err, pl_error *reterr)
{
    if (rc == PL_E_PARSE && skip_bad) {
        log->bad_lines++;
        return PL_OK;
    }
    return pl__fail(reterr, rc, "%s:%llu: %s", name, (unsigned long long)number, err->msg);
}

/* Each line is added when the next one is scanned: by then the memory that its item needs has come. */
pl_status pl__judgment_log_read(pl_judgment_log *log, pl_view text, const char *name, uint64_t first_line,
                                const pl_records_opts *opts, pl_error *reterr)
{
    pl_error err = {0};
    pl_error *err_or_none = reterr ? &err : NULL;
    pl_judgment_line lines[2];
    uint64_t hashes[2] = {0, 0};
    bool waiting = false; /* lines[1 - which], the one before `number`, is to be added */
    size_t which = 0;
    size_t used = 0;
    uint64_t number = first_line;
    for (size_t at = 0; at < text.len || waiting; at += used, number++) {
        pl_view rest = pl__view_n(text.ptr + at, text.len - at);
        pl_status rc = PL_OK;
        bool taken =
            rest.len > 0 && pl__judgment_scan(log->scanner, rest, opts->judge_instruction, &lines[which], &used);
        if (taken)
            hashes[which] = pl__names_hash(log->items, lines[which].item);
        if (waiting)
            rc = add_line(log, &lines[1 - which], hashes[1 - which], err_or_none);
        if (rc != PL_OK)
            rc = settle(log, rc, opts->skip_bad, name, number - 1, &err, reterr);
        waiting = taken;
        which = 1 - which;
        if (rc == PL_OK && !taken && rest.len > 0) {
            rc = add_other(log, rest, number, opts->judge_instruction, &used, err_or_none);
            if (rc != PL_OK)
                rc = settle(log, rc, opts->skip_bad, name, number, &err, reterr);
        }
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

pl_status pl__judgment_log_read_lines(pl_judgment_log *log, pl_line_reader *reader, const pl_records_opts *opts,
                                      pl_error *reterr)
{
    for (;;) {
        pl_view text = {0};
        bool end = false;
        pl_error err = {0};
        pl_status rc = pl__line_reader_next(reader, &text, &end, reterr);
        if (rc != PL_OK || end)
            return rc;
        rc = add_text(log, text, opts->judge_instruction, &err);
        if (rc == PL_E_PARSE && opts->skip_bad)
            log->bad_lines++;
        else if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s:%llu: %s", pl__line_reader_name(reader),
                            (unsigned long long)pl__line_reader_line(reader), err.msg);
    }
}

pl_status pl__judgment_log_take_families(pl_judgment_log *log, pl_judgment_log *other, bool *ret_taken)
{
    pl_status rc = PL_OK;
    *ret_taken = false;
    for (size_t i = 0; i < other->family_news.len; i++) {
        uint32_t model = other->family_news.ptr[i];
        pl_view here = family_of(log, pl__names_find(log->models, pl__names_view(other->models, model)));
        if (here.ptr && !pl__view_eq(here, family_of(other, model)))
            return PL_OK;
    }
    for (size_t i = 0; i < other->family_news.len && rc == PL_OK; i++) {
        uint32_t here = 0;
        uint32_t model = other->family_news.ptr[i];
        rc = intern_model(log, pl__names_view(other->models, model), family_of(other, model), &here);
    }
    other->family_news.len = 0;
    *ret_taken = rc == PL_OK;
    return rc;
}

const pl_row_source *pl__judgment_log_rows(const pl_judgment_log *log)
{
    return log->pack.n_rows > 0 ? &log->source : NULL;
}

const pl_judgment_set *pl__judgment_log_set(const pl_judgment_log *log)
{
    return &log->set;
}

uint64_t pl__judgment_log_bad_lines(const pl_judgment_log *log)
{
    return log->bad_lines;
}
