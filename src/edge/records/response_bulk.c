/* Reading by several threads.
 *
 * 1. A round reads some blocks of whole lines while the next round's are fetched. A thread takes the blocks that come
 *    next and reads them into a log of its own, which lives on: tokens are the same in all blocks.
 * 2. After a round its blocks are taken over in the order of the file: first the names that a block has seen first in
 *    its own log, in the order of its lines, so that the whole numbers them as one thread would. A name that the log
 *    knew before came with an earlier block, since a thread takes blocks in order. Then room is made, and with the next
 *    round the threads copy what they read to its place.
 * 3. Whatever fails is not decided here: such a block is read again, line by line, into the whole. */
#include "response_bulk.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <stdatomic.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 18)
#define BLOCKS_PER_THREAD 8u /* small ones: at the end of a round threads wait for the last */
#define THREADS_MAX 64u
#define OWN_TEXTS_MAX ((size_t)1 << 17) /* beyond it a thread's own log begins anew, so that it stays small */

/* How far a log has come. */
typedef struct mark {
    size_t names[PL_LOG_NAMES];
    size_t texts;
    size_t lists;
    size_t values;
    size_t tokens;
    size_t tops;
    size_t samples;
    size_t rows;
} mark;

typedef struct block {
    pl_str text;
    uint64_t first_line;
} block;

/* What became of a block. */
typedef struct part {
    size_t thread;
    mark from; /* in the thread's log */
    mark to;
    mark place; /* in the whole */
    uint64_t bad_lines;
    bool again; /* line by line, please */
    bool taken; /* to be copied */
} part;

typedef PL_VEC(uint32_t) numbers;

typedef struct reading_thread {
    pl_response_log *own;
    numbers names[PL_LOG_NAMES]; /* of own: their numbers in the whole */
    numbers texts;
    numbers lists;
} reading_thread;

typedef struct bulk {
    pl_response_log *log;
    pl_line_reader *reader;
    bool skip_bad;
    reading_thread threads[THREADS_MAX];
    size_t n_threads;
    block *blocks[2]; /* n_blocks each: one half is read, one is fetched */
    part *parts[2];   /* the same: one half is written to, one is copied */
    size_t n_blocks;
    size_t current;
    atomic_size_t next;
    pl_status fetched;
    pl_error fetch_error;
} bulk;

static mark mark_of(const pl_response_log *log)
{
    mark m = {.texts = pl__names_count(log->texts),
              .lists = log->option_lists.len,
              .values = log->option_values.len,
              .tokens = log->tokens.len,
              .tops = log->top_texts.len,
              .samples = log->samples.len,
              .rows = log->rows.len};
    for (size_t i = 0; i < PL_LOG_NAMES; i++)
        m.names[i] = pl__names_count(log->names[i]);
    return m;
}

/* ---- reading ---- */

static void fetch(bulk *b, size_t half)
{
    block *blocks = b->blocks[half];
    for (size_t i = 0; i < b->n_blocks; i++)
        pl__str_reset(&blocks[i].text);
    for (size_t i = 0; i < b->n_blocks && b->fetched == PL_OK; i++) {
        b->fetched =
            pl__line_reader_block(b->reader, BLOCK_BYTES, &blocks[i].text, &blocks[i].first_line, &b->fetch_error);
        if (b->fetched != PL_OK)
            pl__str_reset(&blocks[i].text);
        if (blocks[i].text.len == 0)
            return;
    }
}

static void read_block(const bulk *b, reading_thread *t, const block *from, part *ret)
{
    const char *at = pl__str_c(&from->text);
    const char *end = at + from->text.len;
    ret->thread = (size_t)(t - b->threads);
    ret->bad_lines = 0;
    ret->again = !t->own;
    if (!t->own)
        return;
    ret->from = mark_of(t->own);
    for (uint64_t number = from->first_line; at < end && !ret->again; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        pl_view line = pl__line_reader_clean(pl__view_n(at, (size_t)((stop ? stop : end) - at)), number);
        at = stop ? stop + 1 : end;
        if (line.len == 0)
            continue;
        pl_status rc = pl__response_log_add_text(t->own, line, NULL);
        if (rc == PL_E_PARSE && b->skip_bad)
            ret->bad_lines++;
        else if (rc != PL_OK)
            ret->again = true;
    }
    ret->to = mark_of(t->own);
}

/* ---- taking over: what must be done in order ---- */

static pl_status make_room(numbers *v, size_t n)
{
    return pl__vec_reserve(&v->ptr, &v->cap, n, sizeof(*v->ptr));
}

static pl_status take_names(pl_response_log *log, reading_thread *t, const part *p)
{
    for (size_t i = 0; i < PL_LOG_NAMES; i++) {
        numbers *v = &t->names[i];
        if (make_room(v, p->to.names[i]))
            return PL_E_NOMEM;
        for (; v->len < p->to.names[i]; v->len++) {
            pl_view name = pl__view(pl__names_get(t->own->names[i], (uint32_t)v->len));
            pl_status rc = pl__names_intern(log->names[i], name, &v->ptr[v->len]);
            if (rc != PL_OK)
                return rc;
        }
    }
    return PL_OK;
}

static pl_status take_texts(pl_response_log *log, reading_thread *t, const part *p)
{
    numbers *v = &t->texts;
    if (make_room(v, p->to.texts))
        return PL_E_NOMEM;
    for (; v->len < p->to.texts; v->len++) {
        pl_view text = pl__view(pl__names_get(t->own->texts, (uint32_t)v->len));
        pl_status rc = pl__names_intern(log->texts, text, &v->ptr[v->len]);
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

static pl_status take_lists(pl_response_log *log, reading_thread *t, const part *p)
{
    uint32_t texts[PL_RESPONSE_OPTIONS_MAX];
    numbers *v = &t->lists;
    if (make_room(v, p->to.lists))
        return PL_E_NOMEM;
    for (; v->len < p->to.lists; v->len++) {
        const pl_option_list *list = &t->own->option_lists.ptr[v->len];
        for (uint32_t k = 0; k < list->n; k++)
            texts[k] = t->texts.ptr[t->own->option_texts.ptr[list->first + k]];
        pl_status rc = pl__response_log_list(log, texts, list->n, &v->ptr[v->len]);
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

#define RESERVE(vec, n) pl__vec_reserve(&(vec).ptr, &(vec).cap, (vec).len + (n), sizeof(*(vec).ptr))

static pl_status take_place(pl_response_log *log, part *p)
{
    size_t n_values = p->to.values - p->from.values;
    size_t n_tokens = p->to.tokens - p->from.tokens;
    size_t n_tops = p->to.tops - p->from.tops;
    size_t n_samples = p->to.samples - p->from.samples;
    size_t n_rows = p->to.rows - p->from.rows;
    if (RESERVE(log->option_values, n_values) || RESERVE(log->tokens, n_tokens) || RESERVE(log->top_texts, n_tops) ||
        RESERVE(log->top_logprobs, n_tops) || RESERVE(log->samples, n_samples) ||
        RESERVE(log->sample_options, n_samples) || RESERVE(log->sample_meanings, n_samples) ||
        RESERVE(log->rows, n_rows))
        return PL_E_NOMEM;
    p->place = mark_of(log);
    log->option_values.len += n_values;
    log->tokens.len += n_tokens;
    log->top_texts.len += n_tops;
    log->top_logprobs.len += n_tops;
    log->samples.len += n_samples;
    log->sample_options.len += n_samples;
    log->sample_meanings.len += n_samples;
    log->rows.len += n_rows;
    log->bad_lines += p->bad_lines;
    p->taken = true;
    return PL_OK;
}

static pl_status read_again(const bulk *b, const block *from, pl_error *reterr)
{
    pl_line_reader *reader = NULL;
    pl_status rc =
        pl__line_reader_from_block(pl__line_reader_name(b->reader), pl__view_n(pl__str_c(&from->text), from->text.len),
                                   from->first_line, &reader, reterr);
    if (rc == PL_OK)
        rc = pl__response_log_read(b->log, reader, b->skip_bad, reterr);
    pl__line_reader_free(reader);
    return rc;
}

/* The names of a block that was read again are all known to the whole by then, and only looked up. */
static pl_status take_over(bulk *b, pl_error *reterr)
{
    for (size_t i = 0; i < b->n_blocks && b->blocks[b->current][i].text.len > 0; i++) {
        part *p = &b->parts[b->current][i];
        reading_thread *t = &b->threads[p->thread];
        pl_status rc = PL_OK;
        if (p->again || p->to.rows - p->from.rows > PL_RECORDS_ROWS_MAX - b->log->rows.len) {
            rc = read_again(b, &b->blocks[b->current][i], reterr);
            if (rc != PL_OK)
                return rc;
            p->again = true;
        }
        if (!t->own)
            continue;
        rc = take_names(b->log, t, p);
        if (rc == PL_OK)
            rc = take_texts(b->log, t, p);
        if (rc == PL_OK)
            rc = take_lists(b->log, t, p);
        if (rc == PL_OK && !p->again)
            rc = take_place(b->log, p);
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s: %s", pl__line_reader_name(b->reader),
                            rc == PL_E_LIMIT ? "too many names" : "no memory");
    }
    return PL_OK;
}

/* ---- copying: what any thread can do by itself ---- */

static void copy_numbers(uint32_t *to, const uint32_t *from, size_t n, const uint32_t *map)
{
    for (size_t i = 0; i < n; i++)
        to[i] = map[from[i]];
}

static void copy_tokens(pl_response_log *log, const reading_thread *t, const part *p)
{
    const pl_response_log *own = t->own;
    size_t n_tops = p->to.tops - p->from.tops;
    for (size_t i = p->from.tokens; i < p->to.tokens; i++) {
        pl_response_token token = own->tokens.ptr[i];
        token.text = t->texts.ptr[token.text];
        token.first_top = token.first_top - p->from.tops + p->place.tops;
        log->tokens.ptr[i - p->from.tokens + p->place.tokens] = token;
    }
    if (n_tops == 0)
        return;
    copy_numbers(log->top_texts.ptr + p->place.tops, own->top_texts.ptr + p->from.tops, n_tops, t->texts.ptr);
    memcpy(log->top_logprobs.ptr + p->place.tops, own->top_logprobs.ptr + p->from.tops,
           n_tops * sizeof(*own->top_logprobs.ptr));
}

static void copy_rows(pl_response_log *log, const reading_thread *t, const part *p)
{
    for (size_t i = p->from.rows; i < p->to.rows; i++) {
        pl_response row = t->own->rows.ptr[i];
        row.model = t->names[PL_LOG_MODELS].ptr[row.model];
        row.item = t->names[PL_LOG_ITEMS].ptr[row.item];
        row.image = t->names[PL_LOG_IMAGES].ptr[row.image];
        row.dataset = t->names[PL_LOG_DATASETS].ptr[row.dataset];
        row.options = row.options == PL_RESPONSE_NONE ? PL_RESPONSE_NONE : t->lists.ptr[row.options];
        row.text = row.text == PL_RESPONSE_NONE ? PL_RESPONSE_NONE : t->texts.ptr[row.text];
        row.first_value = row.first_value - p->from.values + p->place.values;
        row.first_token = row.first_token - p->from.tokens + p->place.tokens;
        row.first_sample = row.first_sample - p->from.samples + p->place.samples;
        log->rows.ptr[i - p->from.rows + p->place.rows] = row;
    }
}

static void copy_part(pl_response_log *log, const reading_thread *t, const part *p)
{
    const pl_response_log *own = t->own;
    size_t n_values = p->to.values - p->from.values;
    size_t n_samples = p->to.samples - p->from.samples;
    copy_rows(log, t, p);
    copy_tokens(log, t, p);
    if (n_values > 0)
        memcpy(log->option_values.ptr + p->place.values, own->option_values.ptr + p->from.values,
               n_values * sizeof(*own->option_values.ptr));
    if (n_samples == 0)
        return;
    copy_numbers(log->samples.ptr + p->place.samples, own->samples.ptr + p->from.samples, n_samples, t->texts.ptr);
    memcpy(log->sample_options.ptr + p->place.samples, own->sample_options.ptr + p->from.samples,
           n_samples * sizeof(*own->sample_options.ptr));
    memcpy(log->sample_meanings.ptr + p->place.samples, own->sample_meanings.ptr + p->from.samples,
           n_samples * sizeof(*own->sample_meanings.ptr));
}

static void copy_parts(bulk *b, size_t half, size_t thread)
{
    for (size_t i = 0; i < b->n_blocks; i++) {
        const part *p = &b->parts[half][i];
        if (p->taken && p->thread == thread)
            copy_part(b->log, &b->threads[thread], p);
    }
}

/* ---- rounds ---- */

static bool is_large(const pl_response_log *own)
{
    size_t n = pl__names_count(own->texts);
    for (size_t i = 0; i < PL_LOG_NAMES; i++)
        n += pl__names_count(own->names[i]);
    return n > OWN_TEXTS_MAX;
}

/* Makes room for the next round; what names mean is kept, unless they are too many. */
static void empty(reading_thread *t)
{
    pl_response_log *own = t->own;
    if (!own || is_large(own)) {
        pl__response_log_free(own);
        t->own = pl__response_log_start();
        for (size_t i = 0; i < PL_LOG_NAMES; i++)
            t->names[i].len = 0;
        t->texts.len = 0;
        t->lists.len = 0;
        return;
    }
    own->option_values.len = 0;
    own->tokens.len = 0;
    own->top_texts.len = 0;
    own->top_logprobs.len = 0;
    own->samples.len = 0;
    own->sample_options.len = 0;
    own->sample_meanings.len = 0;
    own->rows.len = 0;
}

/* One thread's part of a round; who comes first fetches the next one's blocks. */
static pl_status work(size_t index, void *user, pl_error *reterr)
{
    bulk *b = user;
    reading_thread *t = &b->threads[index];
    (void)reterr;
    copy_parts(b, 1 - b->current, index);
    empty(t);
    for (;;) {
        size_t i = atomic_fetch_add(&b->next, 1);
        if (i > b->n_blocks)
            return PL_OK;
        if (i == 0)
            fetch(b, 1 - b->current);
        else if (b->blocks[b->current][i - 1].text.len > 0)
            read_block(b, t, &b->blocks[b->current][i - 1], &b->parts[b->current][i - 1]);
    }
}

static pl_status run(bulk *b, pl_error *reterr)
{
    fetch(b, b->current);
    while (b->blocks[b->current][0].text.len > 0) {
        atomic_store(&b->next, 0);
        for (size_t i = 0; i < b->n_blocks; i++)
            b->parts[b->current][i].taken = false; /* and copied, in the round before */
        pl_status rc = pl__parallel_for(b->n_threads, (uint32_t)b->n_threads, work, b, reterr);
        if (rc == PL_OK)
            rc = take_over(b, reterr);
        if (rc != PL_OK)
            return rc;
        b->current = 1 - b->current;
    }
    for (size_t i = 0; i < b->n_threads; i++)
        copy_parts(b, 1 - b->current, i);
    if (b->fetched != PL_OK && reterr)
        *reterr = b->fetch_error;
    return b->fetched;
}

static void close_bulk(bulk *b)
{
    for (size_t half = 0; half < 2; half++) {
        for (size_t i = 0; i < b->n_blocks && b->blocks[half]; i++)
            pl__str_clear(&b->blocks[half][i].text);
        pl__free(b->blocks[half]);
        pl__free(b->parts[half]);
    }
    for (size_t i = 0; i < b->n_threads; i++) {
        reading_thread *t = &b->threads[i];
        pl__response_log_free(t->own);
        for (size_t k = 0; k < PL_LOG_NAMES; k++)
            pl__free(t->names[k].ptr);
        pl__free(t->texts.ptr);
        pl__free(t->lists.ptr);
    }
    pl__free(b);
}

static pl_status open_bulk(bulk *b)
{
    for (size_t half = 0; half < 2; half++) {
        b->blocks[half] = pl__calloc(b->n_blocks, sizeof(*b->blocks[half]));
        b->parts[half] = pl__calloc(b->n_blocks, sizeof(*b->parts[half]));
        if (!b->blocks[half] || !b->parts[half])
            return PL_E_NOMEM;
        for (size_t i = 0; i < b->n_blocks; i++)
            pl__str_init(&b->blocks[half][i].text, PL_STR_LIMIT_DEFAULT);
    }
    return PL_OK;
}

pl_status pl__response_log_read_blocks(pl_response_log *log, pl_line_reader *reader, bool skip_bad, uint32_t threads,
                                       pl_error *reterr)
{
    if (threads < 2)
        return pl__response_log_read(log, reader, skip_bad, reterr);
    pl_status rc = PL_E_NOMEM;
    bulk *b = pl__calloc(1, sizeof(*b));
    if (b) {
        b->log = log;
        b->reader = reader;
        b->skip_bad = skip_bad;
        b->n_threads = threads < THREADS_MAX ? threads : THREADS_MAX;
        b->n_blocks = b->n_threads * BLOCKS_PER_THREAD;
        atomic_init(&b->next, 0);
        rc = open_bulk(b);
    }
    rc = rc == PL_OK ? run(b, reterr) : pl__fail(reterr, rc, "%s: no memory", pl__line_reader_name(reader));
    if (b)
        close_bulk(b);
    return rc;
}
