/* Logs of judgments from files and from memory: read, then put in order and numbered for good. */
#include "alloc.h"
#include "error.h"
#include "judgment_bulk.h"
#include "sorted_names.h"
#include "thread.h"

#define PIECES 64u /* of rows that are unpacked */

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

/* ---- packed rows ---- */
static void read_packed(const void *user, size_t from, size_t n, pl_judgment *ret)
{
    const pl_judgment_log *log = user;
    pl__unpack_rows(&log->pack, from, n, log->item_images, ret);
}

static pl_status unpack_piece(size_t piece, void *user, pl_error *reterr)
{
    pl_judgment_log *log = user;
    size_t from = log->pack.n_rows / PIECES * piece;
    size_t to = piece + 1 < PIECES ? log->pack.n_rows / PIECES * (piece + 1) : log->pack.n_rows;
    (void)reterr;
    read_packed(log, from, to - from, log->rows.ptr + from);
    return PL_OK;
}

static pl_status expand(void *user, pl_error *reterr)
{
    pl_judgment_log *log = user;
    size_t n = log->pack.n_rows;
    if (log->set.rows)
        return PL_OK;
    if (pl__vec_reserve(&log->rows.ptr, &log->rows.cap, n, sizeof(*log->rows.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%zu judgments: no memory", n);
    pl_status rc = pl__parallel_for(PIECES, log->threads, unpack_piece, log, reterr);
    if (rc != PL_OK)
        return rc;
    log->rows.len = n;
    log->set.rows = log->rows.ptr;
    pl__row_pack_clear(&log->pack);
    return PL_OK;
}

/* `bulk`: what read the rows; NULL if the log did so itself. */
static pl_status finish(pl_judgment_log *log, pl_judgment_bulk *bulk, pl_error *reterr)
{
    uint32_t *places[5] = {NULL, NULL, NULL, NULL, NULL};
    pl_names *const tables[5] = {log->models, NULL, log->items, log->images, log->criteria};
    pl_status rc = bulk ? pl__judgment_bulk_unite(bulk) : PL_OK;

    if (rc == PL_OK && pl__names_count(log->criteria) == 0) { /* a set has at least one criterion */
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
        pl__judgment_bulk_place(bulk, log, places);
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
                                     .n_rows = log->rows.len + log->pack.n_rows};
        log->source = (pl_row_source){.read = read_packed, .expand = expand, .user = log};
    }
    for (size_t i = 0; i < 5; i++)
        pl__free(places[i]);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu judgments: no memory", log->rows.len + log->pack.n_rows);
}

static const pl_records_opts default_opts = {.skip_bad = false};

pl_status pl__records_read_judgments(const char *const *paths, size_t n_paths, const pl_records_opts *opts,
                                     pl_judgment_log **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_judgment_log *log = NULL;
    pl_judgment_bulk *bulk = NULL;

    if (!ret || (!paths && n_paths > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = pl__judgment_log_new();
    bulk = log ? pl__judgment_bulk_new(log, opts ? opts : &default_opts) : NULL;
    if (!bulk)
        rc = pl__fail(reterr, PL_E_NOMEM, "judgments: no memory");
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        pl_line_reader *reader = NULL;
        rc = pl__line_reader_open(paths[i], &reader, reterr);
        if (rc == PL_OK)
            rc = pl__judgment_bulk_read(bulk, reader, reterr);
        pl__line_reader_free(reader);
    }
    if (rc == PL_OK)
        rc = finish(log, bulk, reterr);
    pl__judgment_bulk_free(bulk);
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
    log = pl__judgment_log_new();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    rc = pl__line_reader_from_memory(name, text, &reader, reterr);
    if (rc == PL_OK)
        rc = pl__judgment_log_read_lines(log, reader, opts ? opts : &default_opts, reterr);
    if (rc == PL_OK)
        rc = finish(log, NULL, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__line_reader_free(reader);
    pl__judgment_log_free(log);
    return rc;
}
