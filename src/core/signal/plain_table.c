#include "plain_table.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define WORKERS_MAX 64u
#define PIECES 64u       /* of the ballots, when they are made */
#define MANTISSA_BITS 20 /* of a weight whose sums over 2^32 rows, in halves, are exact */
#define EXPONENT_MAX 900 /* so that they stay finite, and normal */

/* Sums of one model's scores under one judge: n << 32 | twice the wins and once the ties. */
typedef uint64_t cell;
#define ROWS_MAX INT32_MAX /* no cell overflows, then */

typedef struct worker {
    uint32_t from; /* ranks of items: [from, to) */
    uint32_t to;
    size_t n_runs; /* written behind the first word of `from` */
} worker;

typedef struct filler {
    pl_peer_table *table;
    pl_row_words *words;
    pl_vote_run *runs;
    worker workers[WORKERS_MAX];
    cell *cells; /* n_workers times n_models squared */
    size_t n_workers;
} filler;

bool pl__plain_rows(const pl_row_words *w, bool pair_orders)
{
    int exponent = 0;
    double mantissa = ldexp(frexp(w->weight, &exponent), MANTISSA_BITS);
    bool exact = !(floor(mantissa) < mantissa) && exponent > -EXPONENT_MAX && exponent < EXPONENT_MAX;
    return w->words && w->n <= ROWS_MAX && w->set->n_criteria == 1 && w->one_weight && w->one_image && exact &&
           !pair_orders;
}

/* [high shown first][verdict]: what low gets, in halves of a win. */
static const uint8_t low_halves[2][4] = {{0, 2, 0, 1}, {0, 0, 2, 1}};

/* A vote takes the place of its word. */
static inline pl_vote vote_of(const pl_row_words *w, size_t m, uint64_t code, cell *restrict cells)
{
    pl_code_ranks r = pl__code_ranks(w, code);
    unsigned swapped = pl__code_swapped(code);
    uint32_t low = w->models[r.low];
    uint32_t high = w->models[r.high];
    uint32_t judge = w->models[r.judge];
    uint8_t halves = low_halves[swapped][pl__code_verdict(code)];
    bool low_is_a = low < high;
    cells[low * m + judge] += UINT64_C(1) << 32 | halves;
    cells[high * m + judge] += UINT64_C(1) << 32 | (2u - halves);
    return (pl_vote){.a = (uint16_t)(low_is_a ? low : high),
                     .b = (uint16_t)(low_is_a ? high : low),
                     .judge = (uint16_t)judge,
                     .a_halves = low_is_a ? halves : (uint8_t)(2 - halves),
                     .a_first = low_is_a == (swapped == 0)};
}

/* Rows lie far apart: with nothing else in the loop, many are on their way at the same time. */
static void take_lengths(const pl_row_words *w, size_t from, size_t to, pl_vote_lengths *restrict ret)
{
    const pl_judgment *rows = w->set->rows;
    uint64_t mask = (UINT64_C(1) << w->row_bits) - 1;
    for (size_t i = from; i < to; i++) {
        const pl_judgment *row = &rows[w->words[i] & mask];
        ret[i] = (pl_vote_lengths){row->a_length, row->b_length};
    }
}

/* From the order in which the answers were shown to that of a and b. */
static void turn_lengths(const pl_row_words *w, size_t from, size_t to, pl_vote_lengths *lengths)
{
    for (size_t i = from; i < to; i++) {
        pl_vote vote;
        memcpy(&vote, &w->words[i], sizeof(vote));
        if (!vote.a_first)
            lengths[i] = (pl_vote_lengths){lengths[i].b, lengths[i].a};
    }
}

static void take_item(const filler *f, worker *own, cell *cells, uint32_t rank, uint64_t *scratch)
{
    const pl_row_words w = *f->words; /* a copy of its own, which nothing written here can change */
    unsigned unit_shift = w.row_bits + PL_CODE_CASE_SHIFT; /* there is one criterion */
    size_t end = w.first[rank + 1];
    size_t n_runs = own->n_runs;
    pl_vote_run *restrict runs = f->runs + w.first[own->from];
    pl_vote_lengths *lengths = f->table->plain->lengths;
    uint64_t before = 0;
    pl__row_words_sort(f->words, rank, scratch);
    if (lengths)
        take_lengths(f->words, w.first[rank], end, lengths);
    for (size_t i = w.first[rank]; i < end; i++) {
        uint64_t word = w.words[i];
        uint64_t unit = word >> unit_shift;
        runs[n_runs] = (pl_vote_run){.first = (uint32_t)i, .item = w.items[rank]};
        n_runs += i == w.first[rank] || unit != before;
        before = unit;
        pl_vote vote = vote_of(&w, f->table->n_models, word >> w.row_bits, cells);
        memcpy(&w.words[i], &vote, sizeof(vote));
    }
    if (lengths)
        turn_lengths(f->words, w.first[rank], end, lengths);
    own->n_runs = n_runs;
}

static pl_status work(size_t index, void *user, pl_error *reterr)
{
    filler *f = user;
    worker *own = &f->workers[index];
    cell *cells = f->cells + index * f->table->n_models * f->table->n_models;
    uint64_t *scratch = pl__malloc(f->words->largest * sizeof(*scratch));
    if (!scratch)
        return pl__fail(reterr, PL_E_NOMEM, "a table of %zu judgments", f->words->n);
    for (uint32_t rank = own->from; rank < own->to; rank++)
        take_item(f, own, cells, rank, scratch);
    pl__free(scratch);
    return PL_OK;
}

/* Runs come to stand together, and the words' order of items becomes blocks. */
static void close_up(filler *f)
{
    pl_peer_table *t = f->table;
    const pl_row_words *w = f->words;
    pl_plain *p = t->plain;
    for (size_t i = 0; i < f->n_workers; i++) {
        const worker *own = &f->workers[i];
        size_t from = w->first[own->from];
        if (own->n_runs > 0 && from != t->n_units)
            memmove(f->runs + t->n_units, f->runs + from, own->n_runs * sizeof(*f->runs));
        t->n_units += own->n_runs;
    }
    f->runs[t->n_units] = (pl_vote_run){.first = (uint32_t)w->n, .item = 0};
    for (uint32_t rank = 0; rank < w->set->n_items; rank++) {
        uint32_t item = w->items[rank];
        if (w->first[rank + 1] > w->first[rank])
            p->blocks[p->n_blocks++] = (pl_vote_block){.item = item,
                                                       .image = w->image_of[item],
                                                       .first = w->first[rank],
                                                       .n = w->first[rank + 1] - w->first[rank]};
    }
}

static void add_cells(const filler *f)
{
    pl_peer_table *t = f->table;
    size_t n_cells = (size_t)t->n_models * t->n_models;
    for (size_t c = 0; c < n_cells; c++) {
        cell sum = 0;
        for (size_t i = 0; i < f->n_workers; i++)
            sum += f->cells[i * n_cells + c];
        t->mean[c] = 0.5 * t->plain->weight * (double)(sum & UINT32_MAX);
        t->count[c] = t->plain->weight * (double)(sum >> 32);
    }
}

/* As many workers as there are threads, unless their sums together would be larger than the rows. */
static size_t n_workers_for(const pl_row_words *w)
{
    size_t n = w->rules.threads < WORKERS_MAX ? w->rules.threads : WORKERS_MAX;
    size_t most = w->n / ((size_t)w->set->n_models * w->set->n_models + 1);
    n = n < most ? n : most;
    return n > 1 ? n : 1;
}

static pl_status open_plain(filler *f)
{
    const pl_row_words *w = f->words;
    size_t n_cells = (size_t)w->set->n_models * w->set->n_models;
    pl_plain *p = pl__calloc(1, sizeof(*p));
    if (!p)
        return PL_E_NOMEM;
    f->table->plain = p;
    p->weight = w->weight;
    p->threads = w->rules.threads;
    p->once = pl__once_new();
    p->ballots = pl__malloc(w->n * sizeof(*p->ballots)); /* takes no room until they are made */
    p->blocks = pl__calloc(w->set->n_items, sizeof(*p->blocks));
    p->runs = f->runs = pl__malloc((w->n + 1) * sizeof(*p->runs));
    p->lengths = w->without_lengths ? NULL : pl__malloc(w->n * sizeof(*p->lengths));
    f->n_workers = n_workers_for(w);
    f->cells = pl__calloc(f->n_workers * n_cells, sizeof(*f->cells));
    if (!p->once || !p->ballots || !p->blocks || !p->runs || !f->cells || (!w->without_lengths && !p->lengths))
        return PL_E_NOMEM;
    for (size_t i = 0; i < f->n_workers; i++) {
        f->workers[i].from = pl__row_words_bound(w, i, f->n_workers);
        f->workers[i].to = pl__row_words_bound(w, i + 1, f->n_workers);
    }
    return PL_OK;
}

pl_status pl__plain_fill(pl_peer_table *table, pl_row_words *words, pl_error *reterr)
{
    filler f = {.table = table, .words = words};
    pl_status rc = open_plain(&f);
    if (!rc)
        rc = pl__parallel_for(f.n_workers, words->rules.threads, work, &f, reterr);
    if (rc) {
        rc = pl__fail(reterr, rc, "a table of %zu judgments", words->n);
        goto out;
    }
    close_up(&f);
    add_cells(&f);
    table->plain->votes = (void *)words->words;
    words->words = NULL;
    table->n_ballots = words->n;
out:
    pl__free(f.cells);
    return rc;
}

void pl__plain_free(pl_plain *p)
{
    if (!p)
        return;
    pl__free(p->ballots);
    pl__free(p->votes);
    pl__free(p->lengths);
    pl__free(p->runs);
    pl__free(p->blocks);
    pl__once_free(p->once);
    pl__free(p);
}

pl_unit pl__plain_unit(const pl_peer_table *t, size_t index)
{
    const pl_plain *p = t->plain;
    uint32_t first = p->runs[index].first;
    uint32_t end = p->runs[index + 1].first;
    uint64_t halves = 0;
    for (uint32_t i = first; i < end; i++)
        halves += p->votes[i].a_halves;
    uint64_t n = end - first;
    pl_comparison_sum sum = {.low = 0.5 * p->weight * (double)halves,
                             .high = 0.5 * p->weight * (double)(2 * n - halves),
                             .weight = p->weight * (double)n,
                             .first_ballot = first,
                             .n_ballots = (uint32_t)n,
                             .low_is_a = true}; /* which comes first matters only where sums are rounded */
    return (pl_unit){.sum = sum,
                     .item = p->runs[index].item,
                     .judge = p->votes[first].judge,
                     .a = p->votes[first].a,
                     .b = p->votes[first].b};
}

static pl_status make_piece(size_t piece, void *user, pl_error *reterr)
{
    const pl_plain *p = user;
    size_t end = p->n_blocks * (piece + 1) / PIECES;
    (void)reterr;
    for (size_t b = p->n_blocks * piece / PIECES; b < end; b++) {
        const pl_vote_block *of = &p->blocks[b];
        for (size_t i = of->first; i < of->first + of->n; i++) {
            const pl_vote *v = &p->votes[i];
            p->ballots[i] = (pl_ballot){.item = of->item,
                                        .image = of->image,
                                        .judge = v->judge,
                                        .a = v->a,
                                        .b = v->b,
                                        .a_first = v->a_first,
                                        .a_score = 0.5 * v->a_halves,
                                        .weight = p->weight,
                                        .a_length = p->lengths ? p->lengths[i].a : 0,
                                        .b_length = p->lengths ? p->lengths[i].b : 0};
        }
    }
    return PL_OK;
}

static void make_ballots(void *user)
{
    const pl_plain *p = user;
    pl_status rc = pl__parallel_for(PIECES, p->threads, make_piece, user, NULL);
    (void)rc; /* nothing in it can fail */
}

const pl_ballot *pl__plain_ballots(const pl_peer_table *t)
{
    pl__once_run(t->plain->once, make_ballots, t->plain);
    return t->plain->ballots;
}
