/* Reading by several threads.
 *
 * 1. Each thread fetches the next block of whole lines, reads it into a log of its own, waits for its turn (the order
 * of the file) and hands its rows over. Names keep the numbers of that log: after the last file all are brought
 * together.
 * 2. Rows are kept packed if the caller likes, until the first block that cannot be.
 * 3. What depends on other lines (families that contradict each other, limits) and all that fails is not decided by the
 *    thread: in its turn such a block is read again into the whole log, and so says what reading line by line says. */
#include "judgment_bulk.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <pthread.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 16) /* of text; with its rows it fits into a core's cache */
#define WORKERS_MAX 64u
#define N_KINDS 4u /* of names that rows have: models, items, images, criteria */

/* Where in places[] they are. */
static const size_t kind_places[N_KINDS] = {0, 2, 3, 4};

/* A log whose numbers some of the rows have. */
typedef struct numbering {
    pl_judgment_log *log;
    uint32_t *numbers[N_KINDS]; /* in the whole, then in the set; NULL before uniting */
} numbering;

typedef struct segment {
    size_t first_row;
    size_t numbering; /* WHOLE: the numbers of the whole log */
} segment;
#define WHOLE SIZE_MAX

typedef struct worker {
    pl_str text;
    pl_judgment_log *own; /* the last of its numberings */
    size_t numbering;
    bool packs;              /* its rows are to be packed */
    pl_packed_block *packed; /* the rows of this turn, or NULL */
} worker;

struct pl_judgment_bulk {
    pl_judgment_log *log;
    const pl_records_opts *opts;
    uint32_t n_workers; /* 0: the log is read into at once */
    worker *workers;
    pl_str text; /* where there are no workers */
    PL_VEC(numbering) numberings;
    PL_VEC(segment) segments;
    uint32_t *const *places; /* of placing */
    bool packing;            /* all rows so far are in the log's pack */

    pl_line_reader *reader;
    pthread_mutex_t fetching; /* guards the reader, and the next four */
    uint64_t n_fetched;
    bool at_end;
    pl_status fetched;
    pl_error fetch_error;
    pthread_mutex_t turns; /* guards the log, the two lists, packing, and the next three */
    pthread_cond_t turned;
    uint64_t n_taken;
    pl_status taken;
    pl_error taken_error;
};

/* ---- making and ending ---- */

static void clear_numbering(numbering *n)
{
    pl__judgment_log_free(n->log);
    for (size_t k = 0; k < N_KINDS; k++)
        pl__free(n->numbers[k]);
}

void pl__judgment_bulk_free(pl_judgment_bulk *bulk)
{
    if (!bulk)
        return;
    for (size_t i = 0; i < bulk->n_workers && bulk->workers; i++) {
        pl__str_clear(&bulk->workers[i].text);
        pl__free(bulk->workers[i].packed);
    }
    for (size_t i = 0; i < bulk->numberings.len; i++)
        clear_numbering(&bulk->numberings.ptr[i]);
    pl__free(bulk->workers);
    pl__free(bulk->numberings.ptr);
    pl__free(bulk->segments.ptr);
    pl__str_clear(&bulk->text);
    (void)pthread_mutex_destroy(&bulk->fetching);
    (void)pthread_mutex_destroy(&bulk->turns);
    (void)pthread_cond_destroy(&bulk->turned);
    pl__free(bulk);
}

/* The worker starts with no names. */
static pl_status renew(pl_judgment_bulk *b, worker *w)
{
    if (pl__vec_reserve(&b->numberings.ptr, &b->numberings.cap, b->numberings.len + 1, sizeof(*b->numberings.ptr)) !=
        PL_OK)
        return PL_E_NOMEM;
    pl_judgment_log *own = pl__judgment_log_new();
    if (!own)
        return PL_E_NOMEM;
    w->own = own;
    w->numbering = b->numberings.len;
    b->numberings.ptr[b->numberings.len++] = (numbering){.log = own};
    return PL_OK;
}

pl_judgment_bulk *pl__judgment_bulk_new(pl_judgment_log *log, const pl_records_opts *opts)
{
    pl_status rc = PL_OK;
    pl_judgment_bulk *b = pl__calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    *b = (pl_judgment_bulk){.log = log,
                            .opts = opts,
                            .n_workers = opts->threads > 1 ? opts->threads
                                         : opts->packed    ? 1
                                                           : 0,
                            .packing = opts->packed,
                            .fetching = PTHREAD_MUTEX_INITIALIZER,
                            .turns = PTHREAD_MUTEX_INITIALIZER,
                            .turned = PTHREAD_COND_INITIALIZER};
    if (b->n_workers > WORKERS_MAX)
        b->n_workers = WORKERS_MAX;
    log->threads = b->n_workers;
    pl__str_init(&b->text, PL_STR_LIMIT_DEFAULT);
    b->workers = pl__calloc(b->n_workers, sizeof(*b->workers));
    if (!b->workers)
        rc = PL_E_NOMEM;
    for (size_t i = 0; i < b->n_workers && rc == PL_OK; i++) {
        pl__str_init(&b->workers[i].text, PL_STR_LIMIT_DEFAULT);
        b->workers[i].packs = b->packing;
        rc = renew(b, &b->workers[i]);
    }
    if (rc == PL_OK)
        return b;
    pl__judgment_bulk_free(b);
    return NULL;
}

/* ---- reading ---- */

/* From now on rows have these numbers. */
static pl_status begin_segment(pl_judgment_bulk *b, size_t whose)
{
    if (b->segments.len > 0 && b->segments.ptr[b->segments.len - 1].numbering == whose)
        return PL_OK;
    if (pl__vec_reserve(&b->segments.ptr, &b->segments.cap, b->segments.len + 1, sizeof(*b->segments.ptr)) != PL_OK)
        return PL_E_NOMEM;
    b->segments.ptr[b->segments.len++] = (segment){.first_row = b->log->rows.len, .numbering = whose};
    return PL_OK;
}

static pl_status no_memory(const pl_judgment_bulk *b, pl_error *reterr)
{
    return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__line_reader_name(b->reader));
}

/* Makes room for more rows, which have these numbers. */
static pl_status reserve_rows(pl_judgment_bulk *b, size_t whose, size_t more)
{
    pl_judgment_log *log = b->log;
    if (begin_segment(b, whose) != PL_OK)
        return PL_E_NOMEM;
    return pl__vec_reserve(&log->rows.ptr, &log->rows.cap, log->rows.len + more, sizeof(*log->rows.ptr));
}

static pl_status stop_packing(pl_judgment_bulk *b)
{
    pl_judgment_log *log = b->log;
    for (size_t i = 0; i < log->pack.blocks.len; i++) {
        const pl_packed_block *block = log->pack.blocks.ptr[i];
        const pl_judgment_log *own = b->numberings.ptr[block->numbering].log;
        if (reserve_rows(b, block->numbering, block->n) != PL_OK)
            return PL_E_NOMEM;
        pl__unpack_block(block, 0, block->n, own->own_image.ptr, log->rows.ptr + log->rows.len);
        log->rows.len += block->n;
    }
    pl__row_pack_clear(&log->pack);
    b->packing = false;
    return PL_OK;
}

static pl_status read_into_whole(pl_judgment_bulk *b, const pl_str *text, uint64_t first_line, pl_error *reterr)
{
    if (stop_packing(b) != PL_OK || begin_segment(b, WHOLE) != PL_OK)
        return no_memory(b, reterr);
    return pl__judgment_log_read(b->log, pl__view_n(pl__str_c(text), text->len), pl__line_reader_name(b->reader),
                                 first_line, b->opts, reterr);
}

static pl_status append_rows(pl_judgment_bulk *b, worker *w)
{
    pl_judgment_log *log = b->log;
    size_t more = w->own->rows.len;
    if (more == 0)
        return PL_OK;
    if (b->packing && w->packed) {
        w->packed->numbering = w->numbering;
        pl_status rc = pl__row_pack_add(&log->pack, w->packed);
        if (rc == PL_OK)
            w->packed = NULL;
        return rc;
    }
    if (b->packing && stop_packing(b) != PL_OK)
        return PL_E_NOMEM;
    if (reserve_rows(b, w->numbering, more) != PL_OK)
        return PL_E_NOMEM;
    memcpy(log->rows.ptr + log->rows.len, w->own->rows.ptr, more * sizeof(*log->rows.ptr));
    log->rows.len += more;
    return PL_OK;
}

static size_t n_rows(const pl_judgment_log *log)
{
    return log->rows.len + log->pack.n_rows;
}

/* `read`: how it went. In its turn. */
static pl_status take_over(pl_judgment_bulk *b, worker *w, pl_status read, uint64_t first_line, pl_error *reterr)
{
    bool agrees = false;
    pl_status rc = PL_OK;
    if (read == PL_OK && w->own->rows.len <= PL_RECORDS_ROWS_MAX - n_rows(b->log))
        rc = pl__judgment_log_take_families(b->log, w->own, &agrees);
    if (rc == PL_OK && agrees) {
        rc = append_rows(b, w);
        b->log->bad_lines += w->own->bad_lines;
    }
    if (rc != PL_OK)
        return no_memory(b, reterr);
    if (agrees)
        return PL_OK;
    rc = read_into_whole(b, &w->text, first_line, reterr);
    if (rc == PL_OK && renew(b, w) != PL_OK)
        rc = no_memory(b, reterr);
    return rc;
}

static pl_status fetch(pl_judgment_bulk *b, pl_str *text, uint64_t *ret_first_line, uint64_t *ret_number)
{
    pl_status rc = PL_OK;
    (void)pthread_mutex_lock(&b->fetching);
    pl__str_reset(text);
    if (!b->at_end) {
        rc = pl__line_reader_block(b->reader, BLOCK_BYTES, text, ret_first_line, &b->fetch_error);
        *ret_number = b->n_fetched++;
        b->at_end = rc != PL_OK || text->len == 0;
        b->fetched = rc;
    }
    (void)pthread_mutex_unlock(&b->fetching);
    return rc;
}

static void stop_fetching(pl_judgment_bulk *b)
{
    (void)pthread_mutex_lock(&b->fetching);
    b->at_end = true;
    (void)pthread_mutex_unlock(&b->fetching);
}

static pl_status read_block(const pl_judgment_bulk *b, worker *w, uint64_t first_line)
{
    pl_judgment_log *own = w->own;
    pl_view text = pl__view_n(pl__str_c(&w->text), w->text.len);
    own->rows.len = 0;
    own->bad_lines = 0;
    pl_status rc = pl__judgment_log_read(own, text, "", first_line, b->opts, NULL);
    if (rc == PL_OK && w->packs && own->rows.len > 0)
        rc = pl__pack_rows(own->rows.ptr, own->rows.len, own->own_image.ptr, &w->packed);
    return rc;
}

static pl_status work(size_t index, void *user, pl_error *reterr)
{
    pl_judgment_bulk *b = user;
    worker *w = &b->workers[index];
    uint64_t first_line = 0;
    uint64_t number = 0;
    (void)reterr;
    while (fetch(b, &w->text, &first_line, &number) == PL_OK && w->text.len > 0) {
        pl_status rc = read_block(b, w, first_line);
        (void)pthread_mutex_lock(&b->turns);
        while (b->n_taken != number)
            (void)pthread_cond_wait(&b->turned, &b->turns);
        if (b->taken == PL_OK)
            b->taken = take_over(b, w, rc, first_line, &b->taken_error);
        bool stop = b->taken != PL_OK;
        w->packs = b->packing;
        b->n_taken++;
        (void)pthread_cond_broadcast(&b->turned);
        (void)pthread_mutex_unlock(&b->turns);
        pl__free(w->packed);
        w->packed = NULL;
        if (stop)
            stop_fetching(b);
    }
    return PL_OK;
}

static pl_status read_alone(pl_judgment_bulk *b, pl_error *reterr)
{
    for (;;) {
        uint64_t first_line = 0;
        pl_status rc = pl__line_reader_block(b->reader, BLOCK_BYTES, &b->text, &first_line, reterr);
        if (rc == PL_OK && b->text.len == 0)
            return PL_OK;
        if (rc == PL_OK)
            rc = read_into_whole(b, &b->text, first_line, reterr);
        if (rc != PL_OK)
            return rc;
    }
}

pl_status pl__judgment_bulk_read(pl_judgment_bulk *b, pl_line_reader *reader, pl_error *reterr)
{
    b->reader = reader;
    if (b->n_workers == 0)
        return read_alone(b, reterr);
    b->n_fetched = 0;
    b->n_taken = 0;
    b->at_end = false;
    b->fetched = PL_OK;
    b->taken = PL_OK;
    pl_status rc = pl__parallel_for(b->n_workers, b->n_workers, work, b, reterr);
    if (rc != PL_OK)
        return rc;
    if (b->taken == PL_OK && b->fetched == PL_OK)
        return PL_OK;
    if (reterr)
        *reterr = b->taken != PL_OK ? b->taken_error : b->fetch_error;
    return b->taken != PL_OK ? b->taken : b->fetched;
}

/* ---- bringing together ---- */

static pl_status unite(pl_judgment_log *log, numbering *n)
{
    const pl_names *const from[N_KINDS] = {n->log->models, n->log->items, n->log->images, n->log->criteria};
    pl_names *const to[N_KINDS] = {log->models, log->items, log->images, log->criteria};
    for (size_t k = 0; k < N_KINDS; k++) {
        size_t count = pl__names_count(from[k]);
        n->numbers[k] = pl__calloc(count, sizeof(*n->numbers[k]));
        if (!n->numbers[k])
            return PL_E_NOMEM;
        for (uint32_t i = 0; i < count; i++) {
            pl_view name = pl__names_view(from[k], i);
            pl_status rc = k == 0 ? pl__judgment_log_take_model(log, name, &n->numbers[k][i])
                                  : pl__names_intern(to[k], name, &n->numbers[k][i]);
            if (rc != PL_OK)
                return rc;
        }
    }
    return PL_OK;
}

pl_status pl__judgment_bulk_unite(pl_judgment_bulk *b)
{
    pl_judgment_log *log = b->log;
    pl_status rc = PL_OK;
    for (size_t i = 0; i < b->numberings.len && rc == PL_OK; i++)
        rc = unite(log, &b->numberings.ptr[i]);
    if (rc != PL_OK || !b->packing)
        return rc;
    if (pl__names_count(log->criteria) > 1 || pl__names_count(log->models) > PL_PACKED_MODELS_MAX)
        return stop_packing(b);
    log->item_images = pl__calloc(pl__names_count(log->items), sizeof(*log->item_images));
    return log->item_images ? PL_OK : PL_E_NOMEM;
}

/* ---- placing ---- */

static void place(pl_judgment *rows, size_t n, const uint32_t *const to[N_KINDS])
{
    for (size_t i = 0; i < n; i++) {
        pl_judgment *row = &rows[i];
        row->judge = to[0][row->judge];
        row->a = to[0][row->a];
        row->b = to[0][row->b];
        row->item = to[1][row->item];
        row->image = to[2][row->image];
        row->criterion = to[3][row->criterion];
    }
}

static pl_status place_segment(size_t index, void *user, pl_error *reterr)
{
    pl_judgment_bulk *b = user;
    const segment *s = &b->segments.ptr[index];
    size_t end = index + 1 < b->segments.len ? s[1].first_row : b->log->rows.len;
    const uint32_t *to[N_KINDS];
    (void)reterr;
    for (size_t k = 0; k < N_KINDS; k++)
        to[k] = s->numbering == WHOLE ? b->places[kind_places[k]] : b->numberings.ptr[s->numbering].numbers[k];
    place(b->log->rows.ptr + s->first_row, end - s->first_row, to);
    return PL_OK;
}

static pl_status place_block(size_t index, void *user, pl_error *reterr)
{
    pl_judgment_bulk *b = user;
    pl_packed_block *block = b->log->pack.blocks.ptr[index];
    const uint32_t *models = b->numberings.ptr[block->numbering].numbers[0];
    const uint32_t *items = b->numberings.ptr[block->numbering].numbers[1];
    (void)reterr;
    for (size_t i = 0; i < block->n; i++) {
        pl_packed_row *row = &block->rows[i];
        row->judge = (uint16_t)models[row->judge];
        row->a = (uint16_t)models[row->a];
        row->b = (uint16_t)models[row->b];
        row->item = items[row->item];
    }
    return PL_OK;
}

/* Which image is each item's own. */
static void place_images(const pl_judgment_log *log, const numbering *n)
{
    for (size_t i = 0; i < n->log->own_image.len; i++) {
        uint32_t own = n->log->own_image.ptr[i];
        if (own != PL_NAME_NONE)
            log->item_images[n->numbers[1][i]] = n->numbers[2][own];
    }
}

void pl__judgment_bulk_place(pl_judgment_bulk *b, pl_judgment_log *log, uint32_t *const places[5])
{
    const uint32_t *whole[N_KINDS];
    if (!b) {
        for (size_t k = 0; k < N_KINDS; k++)
            whole[k] = places[kind_places[k]];
        place(log->rows.ptr, log->rows.len, whole);
        return;
    }
    for (size_t i = 0; i < b->numberings.len; i++) {
        numbering *n = &b->numberings.ptr[i];
        const pl_names *const names[N_KINDS] = {n->log->models, n->log->items, n->log->images, n->log->criteria};
        for (size_t k = 0; k < N_KINDS; k++) {
            for (size_t j = 0; j < pl__names_count(names[k]); j++)
                n->numbers[k][j] = places[kind_places[k]][n->numbers[k][j]];
        }
        if (b->packing)
            place_images(log, n);
    }
    b->places = places;
    pl_status rc = pl__parallel_for(b->segments.len, b->n_workers, place_segment, b, NULL);
    if (rc == PL_OK)
        rc = pl__parallel_for(log->pack.blocks.len, b->n_workers, place_block, b, NULL);
    (void)rc; /* neither fails */
}
