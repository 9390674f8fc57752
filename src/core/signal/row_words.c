/* 1. Rows are looked at twice: once to check and count them, once to deal them to their items.
 * 2. Each thread takes a stretch of rows and knows beforehand where its rows of every item go, so that the words stand
 *    in the same order whatever the number of threads.
 * 3. An item's words, few enough for the cache, are sorted by digits; equal codes stay in the order of their rows. */
#include "row_words.h"

#include "alloc.h"
#include "error.h"
#include "judgment_check.h"
#include "name_order.h"
#include "thread.h"

#include <float.h>
#include <string.h>

#define BLOCK_ROWS 256u /* looked at together, in the cache */
#define STRETCHES_MAX 64u
#define INSERTION_MAX 32u /* words that are sorted without counting */
#define LARGE_ITEM 768u   /* words from which on larger digits pay */
#define SMALL_DIGIT_BITS 8u
#define LARGE_DIGIT_BITS 11u
#define DIGITS_MAX (1u << LARGE_DIGIT_BITS)

/* What one stretch of rows says of an item. */
typedef struct item_note {
    uint32_t n;     /* usable rows; then the place of the next one */
    uint32_t image; /* of the latest */
} item_note;

typedef struct stretch {
    size_t from; /* rows [from, to) */
    size_t to;
    item_note *notes;
    bool *candidate;
    bool *judge;
    double lightest;
    double heaviest;
    bool one_image;
    bool without_lengths;
} stretch;

typedef struct maker {
    const pl_judgment_set *set;
    const pl_row_rules *rules;
    stretch stretches[STRETCHES_MAX];
    size_t n_stretches;
    pl_row_words *out;
} maker;

void pl__row_words_clear(pl_row_words *w)
{
    pl__free(w->words);
    pl__free(w->first);
    pl__free(w->items);
    pl__free(w->models);
    pl__free(w->criteria);
    pl__free(w->images);
    pl__free(w->model_ranks);
    pl__free(w->criterion_ranks);
    pl__free(w->image_ranks);
    pl__free(w->image_of);
    pl__free(w->candidate);
    pl__free(w->judge);
    *w = (pl_row_words){0};
}

/* ret_order[rank] is a name, ret_ranks[name] its place in byte order. */
static pl_status rank_names(const char *const *names, uint32_t n, uint32_t **ret_order, uint32_t **ret_ranks)
{
    if (pl__name_order(names, n, ret_order))
        return PL_E_NOMEM;
    if (!ret_ranks)
        return PL_OK;
    uint32_t *ranks = pl__calloc(n, sizeof(*ranks));
    if (!ranks)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        ranks[(*ret_order)[i]] = i;
    *ret_ranks = ranks;
    return PL_OK;
}

static unsigned bits_for(uint64_t n)
{
    unsigned bits = 0;
    while (bits < 64 && (UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

/* ---- the first look ---- */

/* A block of rows, in the set or in the room. */
static const pl_judgment *rows_at(const maker *m, size_t from, size_t n, pl_judgment room[BLOCK_ROWS])
{
    const pl_row_source *source = m->rules->source;
    if (m->set->rows || !source)
        return m->set->rows + from;
    source->read(source->user, from, n, room);
    return room;
}

/* What is counted stays in registers: nothing else is known not to alias. */
static void note_rows(const maker *m, stretch *s, const pl_judgment *rows, size_t n)
{
    bool drops_self = m->rules->drop_self_reviews;
    const bool *excluded = m->rules->exclude_judges;
    item_note *restrict notes = s->notes;
    bool *restrict candidate = s->candidate;
    bool *restrict judge = s->judge;
    double lightest = s->lightest;
    double heaviest = s->heaviest;
    uint32_t lengths = 0;
    uint32_t images = 0; /* bits in which two images of an item differ */
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &rows[i];
        candidate[row->a] = true;
        candidate[row->b] = true;
        if (pl__row_excluded(row, drops_self, excluded))
            continue;
        judge[row->judge] = true;
        if (row->verdict == PL_VERDICT_MISSING)
            continue;
        item_note *note = &notes[row->item];
        lightest = row->weight < lightest ? row->weight : lightest;
        heaviest = row->weight > heaviest ? row->weight : heaviest;
        lengths |= row->a_length | row->b_length;
        images |= note->n > 0 ? note->image ^ row->image : 0;
        note->image = row->image;
        note->n++;
    }
    s->lightest = lightest;
    s->heaviest = heaviest;
    s->without_lengths = s->without_lengths && lengths == 0;
    s->one_image = s->one_image && images == 0;
}

static pl_status look(size_t index, void *user, pl_error *reterr)
{
    maker *m = user;
    stretch *s = &m->stretches[index];
    const pl_row_watcher *watcher = m->rules->watcher;
    bool checks = m->rules->check_rows && (m->set->rows || !m->rules->source);
    pl_judgment room[BLOCK_ROWS];
    for (size_t from = s->from; from < s->to; from += BLOCK_ROWS) {
        size_t n = s->to - from < BLOCK_ROWS ? s->to - from : BLOCK_ROWS;
        pl_status rc = checks ? pl__judgment_rows_check(m->set, from, from + n, reterr) : PL_OK;
        if (rc)
            return rc;
        const pl_judgment *rows = rows_at(m, from, n, room);
        note_rows(m, s, rows, n);
        if (watcher)
            watcher->see(watcher->user, index, rows, n);
    }
    return PL_OK;
}

/* So many that their notes together are no larger than the rows. */
size_t pl__row_stretches(const pl_judgment_set *set, uint32_t threads)
{
    size_t most = set->n_rows / ((size_t)set->n_items + 1);
    size_t n = threads < STRETCHES_MAX ? threads : STRETCHES_MAX;
    n = n < most ? n : most;
    return n > 1 ? n : 1;
}

static pl_status open_stretches(maker *m)
{
    const pl_judgment_set *set = m->set;
    m->n_stretches = pl__row_stretches(set, m->rules->threads);
    for (size_t i = 0; i < m->n_stretches; i++) {
        stretch *s = &m->stretches[i];
        *s = (stretch){.from = set->n_rows / m->n_stretches * i,
                       .to = i + 1 < m->n_stretches ? set->n_rows / m->n_stretches * (i + 1) : set->n_rows,
                       .notes = pl__calloc(set->n_items, sizeof(*s->notes)),
                       .candidate = pl__calloc(set->n_models, sizeof(*s->candidate)),
                       .judge = pl__calloc(set->n_models, sizeof(*s->judge)),
                       .lightest = DBL_MAX,
                       .one_image = true,
                       .without_lengths = true};
        if (!s->notes || !s->candidate || !s->judge)
            return PL_E_NOMEM;
    }
    return PL_OK;
}

static void close_stretches(maker *m)
{
    for (size_t i = 0; i < m->n_stretches; i++) {
        pl__free(m->stretches[i].notes);
        pl__free(m->stretches[i].candidate);
        pl__free(m->stretches[i].judge);
    }
}

/* Where each item's words begin, and within them those of each stretch. */
static void place_items(maker *m)
{
    pl_row_words *w = m->out;
    size_t sum = 0;
    w->one_image = true;
    for (uint32_t rank = 0; rank < m->set->n_items; rank++) {
        uint32_t item = w->items[rank];
        w->first[rank] = sum;
        w->image_of[item] = PL_NO_IMAGE;
        for (size_t i = 0; i < m->n_stretches; i++) {
            item_note *note = &m->stretches[i].notes[item];
            uint32_t n = note->n;
            note->n = (uint32_t)sum;
            sum += n;
            if (n == 0)
                continue;
            if (w->image_of[item] != PL_NO_IMAGE && w->image_of[item] != note->image)
                w->one_image = false;
            w->image_of[item] = note->image;
        }
        size_t here = sum - w->first[rank];
        w->largest = here > w->largest ? here : w->largest;
    }
    w->first[m->set->n_items] = sum;
    w->n = sum;
}

static void gather(maker *m)
{
    pl_row_words *w = m->out;
    double lightest = DBL_MAX;
    double heaviest = 0.0;
    place_items(m);
    w->without_lengths = true;
    for (size_t i = 0; i < m->n_stretches; i++) {
        const stretch *s = &m->stretches[i];
        lightest = s->lightest < lightest ? s->lightest : lightest;
        heaviest = s->heaviest > heaviest ? s->heaviest : heaviest;
        w->one_image = w->one_image && s->one_image;
        w->without_lengths = w->without_lengths && s->without_lengths;
        for (uint32_t k = 0; k < m->set->n_models; k++) {
            w->candidate[k] = w->candidate[k] || s->candidate[k];
            w->judge[k] = w->judge[k] || s->judge[k];
        }
    }
    w->one_weight = !(lightest < heaviest);
    w->weight = w->n > 0 ? heaviest : 1.0;
}

/* ---- the second ---- */

/* How a code is put together. */
typedef struct coder {
    const uint32_t *models;
    const uint32_t *criteria;
    unsigned model_bits;
    unsigned criterion_bits;
} coder;

static inline uint64_t code_of(const coder *c, const pl_judgment *row)
{
    uint64_t first = c->models[row->a];
    uint64_t second = c->models[row->b];
    bool swapped = first > second;
    uint64_t low = swapped ? second : first;
    uint64_t high = swapped ? first : second;
    uint64_t code = (low << c->model_bits | high) << c->model_bits | c->models[row->judge];
    code = code << c->criterion_bits | c->criteria[row->criterion];
    return code << PL_CODE_CASE_SHIFT | (uint64_t)swapped << 2 | row->verdict;
}

static pl_status deal(size_t index, void *user, pl_error *reterr)
{
    const maker *m = user;
    const stretch *s = &m->stretches[index];
    const pl_row_words *w = m->out;
    const coder how = {w->model_ranks, w->criterion_ranks, w->model_bits, w->criterion_bits};
    unsigned row_bits = w->row_bits;
    bool drops_self = m->rules->drop_self_reviews;
    const bool *excluded = m->rules->exclude_judges;
    item_note *restrict notes = s->notes;
    uint64_t *restrict words = w->words;
    pl_judgment room[BLOCK_ROWS];
    (void)reterr;
    for (size_t from = s->from; from < s->to; from += BLOCK_ROWS) {
        size_t n = s->to - from < BLOCK_ROWS ? s->to - from : BLOCK_ROWS;
        const pl_judgment *rows = rows_at(m, from, n, room);
        for (size_t i = 0; i < n; i++) {
            const pl_judgment *row = &rows[i];
            if (row->verdict != PL_VERDICT_MISSING && !pl__row_excluded(row, drops_self, excluded))
                words[notes[row->item].n++] = code_of(&how, row) << row_bits | (from + i);
        }
    }
    return PL_OK;
}

static pl_status rank_all(maker *m)
{
    const pl_judgment_set *set = m->set;
    pl_row_words *w = m->out;
    w->model_bits = bits_for(set->n_models);
    w->criterion_bits = bits_for(set->n_criteria);
    w->row_bits = bits_for(set->n_rows);
    w->first = pl__calloc((size_t)set->n_items + 1, sizeof(*w->first));
    w->image_of = pl__calloc(set->n_items, sizeof(*w->image_of));
    w->candidate = pl__calloc(set->n_models, sizeof(*w->candidate));
    w->judge = pl__calloc(set->n_models, sizeof(*w->judge));
    if (!w->first || !w->image_of || !w->candidate || !w->judge ||
        rank_names(set->items, set->n_items, &w->items, NULL) ||
        rank_names(set->images, set->n_images, &w->images, &w->image_ranks) ||
        rank_names(set->models, set->n_models, &w->models, &w->model_ranks) ||
        rank_names(set->criteria, set->n_criteria, &w->criteria, &w->criterion_ranks))
        return PL_E_NOMEM;
    return PL_OK;
}

static pl_status make(maker *m, pl_error *reterr)
{
    pl_row_words *w = m->out;
    pl_status rc = rank_all(m);
    if (!rc)
        rc = open_stretches(m);
    if (rc)
        return rc;
    rc = pl__parallel_for(m->n_stretches, m->rules->threads, look, m, reterr);
    if (rc)
        return rc;
    gather(m);
    if (3 * w->model_bits + w->criterion_bits + PL_CODE_CASE_SHIFT + w->row_bits > 64)
        return PL_OK;
    w->words = pl__malloc(w->n * sizeof(*w->words));
    if (!w->words)
        return PL_E_NOMEM;
    return pl__parallel_for(m->n_stretches, m->rules->threads, deal, m, reterr);
}

pl_status pl__row_words_make(const pl_judgment_set *set, const pl_row_rules *rules, pl_row_words *ret, pl_error *reterr)
{
    pl_row_words w = {.set = set, .rules = *rules};
    maker m = {.set = set, .rules = rules, .out = &w};
    if (set->n_models > PL_ROW_NAMES_MAX || set->n_criteria > PL_ROW_NAMES_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u models or criteria", (unsigned)PL_ROW_NAMES_MAX);
    if (set->n_rows > UINT32_MAX)
        return pl__fail(reterr, PL_E_RANGE, "more than %u judgments", (unsigned)UINT32_MAX);
    pl_status rc = make(&m, reterr);
    close_stretches(&m);
    if (rc == PL_E_NOMEM)
        (void)pl__fail(reterr, rc, "an order for %zu judgments", set->n_rows);
    if (rc)
        pl__row_words_clear(&w);
    else
        *ret = w;
    return rc;
}

/* ---- sorting an item ---- */

static void insertion_sort(uint64_t *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t held = x[i];
        size_t k = i;
        for (; k > 0 && x[k - 1] > held; k--)
            x[k] = x[k - 1];
        x[k] = held;
    }
}

/* By the digits of the code that are not the same everywhere, the last first. Rows are in order already. */
static void digit_sort(uint64_t *x, uint64_t *scratch, size_t n, unsigned row_bits)
{
    unsigned digit_bits = n >= LARGE_ITEM ? LARGE_DIGIT_BITS : SMALL_DIGIT_BITS;
    uint64_t mask = (UINT64_C(1) << digit_bits) - 1;
    uint64_t differing = 0;
    uint64_t *from = x;
    uint64_t *to = scratch;
    for (size_t i = 1; i < n; i++)
        differing |= x[i] ^ x[0];
    for (unsigned shift = row_bits; shift < 64 && differing >> shift > 0; shift += digit_bits) {
        uint32_t place[DIGITS_MAX];
        if ((differing >> shift & mask) == 0)
            continue;
        memset(place, 0, ((size_t)mask + 1) * sizeof(*place));
        for (size_t i = 0; i < n; i++)
            place[from[i] >> shift & mask]++;
        uint32_t sum = 0;
        for (size_t d = 0; d <= mask; d++) {
            uint32_t count = place[d];
            place[d] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[place[from[i] >> shift & mask]++] = from[i];
        uint64_t *held = from;
        from = to;
        to = held;
    }
    if (from != x)
        memcpy(x, from, n * sizeof(*x));
}

void pl__row_words_sort(const pl_row_words *w, uint32_t item_rank, uint64_t *scratch)
{
    uint64_t *x = w->words + w->first[item_rank];
    size_t n = w->first[item_rank + 1] - w->first[item_rank];
    size_t sorted = 1;
    while (sorted < n && x[sorted - 1] < x[sorted])
        sorted++;
    if (sorted >= n)
        return;
    if (n <= INSERTION_MAX)
        insertion_sort(x, n);
    else
        digit_sort(x, scratch, n, w->row_bits);
}

uint32_t pl__row_words_bound(const pl_row_words *w, size_t piece, size_t n_pieces)
{
    uint32_t low = 0;
    uint32_t high = w->set->n_items;
    size_t wanted = (size_t)((double)w->n * ((double)piece / (double)n_pieces));
    if (piece >= n_pieces)
        return high;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (w->first[mid] < wanted)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}
