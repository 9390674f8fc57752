/* Reading by several threads.
 *
 * 1. A round takes one block of whole lines for each slot; the slots' blocks are read at the same time, each into a log
 *    of its own, while the next round's blocks are fetched. Then they are taken over in the order of the file.
 * 2. What could depend on other lines (families that contradict each other, limits) and all that fails is not decided
 *    here: such a block is read again line by line, as a log that one thread reads, and so says the same. */
#include "judgment_log.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 20)
#define SLOTS_MAX 64u

typedef struct block {
    pl_str text;
    uint64_t first_line;
} block;

typedef struct slot {
    block blocks[2]; /* one is read, one is fetched */
    pl_judgment_log *own;
    uint64_t bad_lines;
    bool again;                /* line by line, please */
    PL_VEC(uint32_t) taken[4]; /* models, items, images, criteria of own: their numbers in the whole, or PL_NAME_NONE */
} slot;

typedef struct bulk {
    pl_judgment_log *log;
    pl_line_reader *reader;
    const pl_records_opts *opts;
    slot slots[SLOTS_MAX];
    size_t n_slots;
    size_t current; /* which of each slot's two blocks is read */
    pl_status fetched;
    pl_error fetch_error;
} bulk;

static void fetch(bulk *b, size_t which)
{
    for (size_t i = 0; i < b->n_slots; i++)
        pl__str_reset(&b->slots[i].blocks[which].text);
    for (size_t i = 0; i < b->n_slots && b->fetched == PL_OK; i++) {
        block *to = &b->slots[i].blocks[which];
        b->fetched = pl__line_reader_block(b->reader, BLOCK_BYTES, &to->text, &to->first_line, &b->fetch_error);
        if (b->fetched != PL_OK)
            pl__str_reset(&to->text);
        if (to->text.len == 0)
            return;
    }
}

static void read_slot(slot *s, const block *from, const pl_records_opts *opts, bool log_has_families)
{
    const char *at = pl__str_c(&from->text);
    const char *end = at + from->text.len;
    s->own->rows.len = 0;
    s->bad_lines = 0;
    s->again = log_has_families; /* the next block will have some as well */
    for (uint64_t number = from->first_line; at < end && !s->again; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        pl_view line = pl__line_reader_clean(pl__view_n(at, (size_t)((stop ? stop : end) - at)), number);
        at = stop ? stop + 1 : end;
        if (line.len == 0)
            continue;
        pl_status rc = pl__judgment_log_add_text(s->own, line, opts->judge_instruction, NULL);
        if (rc == PL_E_PARSE && opts->skip_bad)
            s->bad_lines++;
        else if (rc != PL_OK)
            s->again = true;
    }
}

/* Index 0 fetches, the others read. */
static pl_status work(size_t index, void *user, pl_error *reterr)
{
    bulk *b = user;
    (void)reterr;
    if (index == 0)
        fetch(b, 1 - b->current);
    else
        read_slot(&b->slots[index - 1], &b->slots[index - 1].blocks[b->current], b->opts,
                  pl__names_count(b->log->families) > 0);
    return PL_OK;
}

/* ---- taking over ---- */

static pl_status make_room(slot *s)
{
    const pl_names *const tables[4] = {s->own->models, s->own->items, s->own->images, s->own->criteria};
    for (size_t i = 0; i < 4; i++) {
        size_t n = pl__names_count(tables[i]);
        if (pl__vec_reserve(&s->taken[i].ptr, &s->taken[i].cap, n, sizeof(*s->taken[i].ptr)))
            return PL_E_NOMEM;
        while (s->taken[i].len < n)
            s->taken[i].ptr[s->taken[i].len++] = PL_NAME_NONE;
    }
    return PL_OK;
}

static pl_status take_name(const pl_names *from, uint32_t index, pl_names *to, uint32_t *taken)
{
    if (taken[index] != PL_NAME_NONE)
        return PL_OK;
    return pl__names_intern(to, pl__view(pl__names_get(from, index)), &taken[index]);
}

/* The number of the model in the whole. */
static pl_status take_model(pl_judgment_log *log, slot *s, uint32_t *model)
{
    uint32_t *taken = s->taken[0].ptr;
    if (taken[*model] == PL_NAME_NONE) {
        pl_status rc = take_name(s->own->models, *model, log->models, taken);
        size_t n = pl__names_count(log->models);
        if (rc == PL_OK)
            rc = pl__vec_reserve(&log->family_of.ptr, &log->family_of.cap, n, sizeof(*log->family_of.ptr));
        if (rc != PL_OK)
            return rc;
        while (log->family_of.len < n)
            log->family_of.ptr[log->family_of.len++] = PL_NAME_NONE;
    }
    *model = taken[*model];
    return PL_OK;
}

static pl_status take_row(pl_judgment_log *log, slot *s, pl_judgment *row)
{
    if (take_model(log, s, &row->judge) || take_model(log, s, &row->a) || take_model(log, s, &row->b) ||
        take_name(s->own->items, row->item, log->items, s->taken[1].ptr) ||
        take_name(s->own->images, row->image, log->images, s->taken[2].ptr) ||
        take_name(s->own->criteria, row->criterion, log->criteria, s->taken[3].ptr))
        return PL_E_NOMEM;
    row->item = s->taken[1].ptr[row->item];
    row->image = s->taken[2].ptr[row->image];
    row->criterion = s->taken[3].ptr[row->criterion];
    return PL_OK;
}

static pl_status take_rows(pl_judgment_log *log, slot *s)
{
    size_t n = log->rows.len;
    size_t more = s->own->rows.len;
    if (make_room(s) || pl__vec_reserve(&log->rows.ptr, &log->rows.cap, n + more, sizeof(*log->rows.ptr)))
        return PL_E_NOMEM;
    for (size_t i = 0; i < more; i++) {
        log->rows.ptr[n + i] = s->own->rows.ptr[i];
        pl_status rc = take_row(log, s, &log->rows.ptr[n + i]);
        if (rc)
            return rc;
    }
    log->rows.len = n + more;
    log->bad_lines += s->bad_lines;
    return PL_OK;
}

static pl_status forget(slot *s)
{
    pl__judgment_log_free(s->own);
    for (size_t i = 0; i < 4; i++)
        s->taken[i].len = 0;
    s->own = pl__judgment_log_new();
    return s->own ? PL_OK : PL_E_NOMEM;
}

static pl_status read_again(bulk *b, slot *s, pl_error *reterr)
{
    const block *from = &s->blocks[b->current];
    pl_line_reader *reader = NULL;
    pl_status rc =
        pl__line_reader_from_block(pl__line_reader_name(b->reader), pl__view_n(pl__str_c(&from->text), from->text.len),
                                   from->first_line, &reader, reterr);
    if (rc == PL_OK)
        rc = pl__judgment_log_read(b->log, reader, b->opts, reterr);
    pl__line_reader_free(reader);
    if (rc == PL_OK && forget(s))
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__line_reader_name(b->reader));
    return rc;
}

static pl_status take_over(bulk *b, pl_error *reterr)
{
    for (size_t i = 0; i < b->n_slots; i++) {
        slot *s = &b->slots[i];
        pl_status rc = PL_OK;
        bool too_many = s->own->rows.len > PL_RECORDS_ROWS_MAX - b->log->rows.len;
        if (s->again || too_many || pl__names_count(s->own->families) > 0)
            rc = read_again(b, s, reterr);
        else if (take_rows(b->log, s))
            rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__line_reader_name(b->reader));
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

static pl_status run(bulk *b, pl_error *reterr)
{
    uint32_t threads = (uint32_t)b->n_slots;
    fetch(b, b->current);
    while (b->slots[0].blocks[b->current].text.len > 0) {
        pl_status rc = pl__parallel_for(b->n_slots + 1, threads, work, b, reterr);
        if (rc == PL_OK)
            rc = take_over(b, reterr);
        if (rc != PL_OK)
            return rc;
        b->current = 1 - b->current;
    }
    if (b->fetched != PL_OK && reterr)
        *reterr = b->fetch_error;
    return b->fetched;
}

pl_status pl__judgment_log_read_blocks(pl_judgment_log *log, pl_line_reader *reader, const pl_records_opts *opts,
                                       pl_error *reterr)
{
    pl_status rc = PL_OK;
    bulk *b = pl__calloc(1, sizeof(*b));
    if (!b)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__line_reader_name(reader));
    b->log = log;
    b->reader = reader;
    b->opts = opts;
    b->n_slots = opts->threads < 2 ? 1 : opts->threads < SLOTS_MAX ? opts->threads : SLOTS_MAX;
    for (size_t i = 0; i < b->n_slots; i++) {
        slot *s = &b->slots[i];
        pl__str_init(&s->blocks[0].text, PL_STR_LIMIT_DEFAULT);
        pl__str_init(&s->blocks[1].text, PL_STR_LIMIT_DEFAULT);
        s->own = pl__judgment_log_new();
        if (!s->own)
            rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__line_reader_name(reader));
    }
    if (rc == PL_OK)
        rc = run(b, reterr);
    for (size_t i = 0; i < b->n_slots; i++) {
        slot *s = &b->slots[i];
        pl__str_clear(&s->blocks[0].text);
        pl__str_clear(&s->blocks[1].text);
        pl__judgment_log_free(s->own);
        for (size_t k = 0; k < 4; k++)
            pl__free(s->taken[k].ptr);
    }
    pl__free(b);
    return rc;
}
