/* 1. Clusters are cut into parts whose copies fit the cache. In a part, the clusters that add to a cell stand together,
 *    so that the sums of all lanes stay in registers while they are gone through.
 * 2. Counts are added bit by bit: a span lists the clusters whose count has one certain bit. Eight lanes share one
 *    number of 64 bits. A byte never overflows: it is moved on before it could.
 * 3. Other amounts are multiplied and added as doubles, over clusters in their order. */
#include "cluster_sums.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"
#include "vec.h"

#include <string.h>

#define LANE_WORDS (PL_LANES / 8)
#define PART_CLUSTERS 2048u      /* whose copies fit the second cache, with room for the rest */
#define PART_CLUSTERS_MAX 65536u /* places in a part have 16 bits */
#define SPAN_WANTED 64u          /* clusters that a span should have, to be worth its beginning and end */
#define BYTE_PAIRS UINT64_C(0x00ff00ff00ff00ff)

/* Clusters of one part that add to one cell. */
typedef struct span {
    uint32_t cell;
    uint32_t shift; /* each adds 1 << shift times its copies */
    size_t first;
    size_t n;
} span;

typedef struct part {
    uint32_t from; /* clusters [from, to) */
    uint32_t to;
    PL_VEC(span) spans;
    uint16_t *places; /* clusters, counted from `from` */
    double *amounts;  /* by place; NULL if counted */
} part;

struct pl_cluster_sums {
    uint32_t n_clusters;
    uint32_t n_cells;
    bool counted;
    part *parts;
    uint32_t n_parts;
};

void pl__cluster_sums_free(pl_cluster_sums *s)
{
    if (!s)
        return;
    for (uint32_t p = 0; p < s->n_parts; p++) {
        pl__free(s->parts[p].spans.ptr);
        pl__free(s->parts[p].places);
        pl__free(s->parts[p].amounts);
    }
    pl__free(s->parts);
    pl__free(s);
}

/* ---- making ---- */

typedef struct maker {
    const pl_addition_list *list;
    pl_cluster_sums *sums;
} maker;

/* What one part is made with. */
typedef struct bench {
    uint32_t *cells;  /* as the clusters list them, */
    double *amounts;  /* likewise, or NULL */
    uint32_t *ends;   /* by cluster: the end of its additions */
    uint32_t *begins; /* by cell, and one more: where its places are */
    uint32_t *counts; /* by cluster: how often it adds to the cell that is looked at */
    uint16_t *once;   /* clusters that add to that cell, without repetition */
} bench;

static pl_status open_bench(const maker *m, part *p, bench *ret)
{
    size_t room = 0;
    bool counted = m->list->counted;
    for (uint32_t c = p->from; c < p->to; c++)
        room += m->list->room(m->list->user, c);
    if (room > UINT32_MAX)
        return PL_E_LIMIT;
    size_t n_clusters = p->to - p->from;
    *ret = (bench){.cells = pl__malloc(room * sizeof(*ret->cells)),
                   .amounts = counted ? NULL : pl__malloc(room * sizeof(*ret->amounts)),
                   .ends = pl__calloc(n_clusters, sizeof(*ret->ends)),
                   .begins = pl__calloc((size_t)m->list->n_cells + 1, sizeof(*ret->begins)),
                   .counts = pl__calloc(n_clusters, sizeof(*ret->counts)),
                   .once = pl__calloc(n_clusters, sizeof(*ret->once))};
    p->places = pl__malloc(room * sizeof(*p->places));
    p->amounts = counted ? NULL : pl__malloc(room * sizeof(*p->amounts));
    bool ok = ret->cells && (counted || ret->amounts) && ret->ends && ret->begins && ret->counts && ret->once;
    return ok && p->places && (counted || p->amounts) ? PL_OK : PL_E_NOMEM;
}

static void close_bench(bench *b)
{
    pl__free(b->cells);
    pl__free(b->amounts);
    pl__free(b->ends);
    pl__free(b->begins);
    pl__free(b->counts);
    pl__free(b->once);
}

/* The part's places by cell, and by cluster within it. */
static void sort_part(const maker *m, part *p, bench *b)
{
    uint32_t n = 0;
    uint32_t sum = 0;
    for (uint32_t c = p->from; c < p->to; c++) {
        uint32_t more = (uint32_t)m->list->list(m->list->user, c, b->cells + n, b->amounts ? b->amounts + n : NULL);
        for (uint32_t i = n; i < n + more; i++)
            b->begins[b->cells[i]]++;
        n += more;
        b->ends[c - p->from] = n;
    }
    for (uint32_t k = 0; k <= m->list->n_cells; k++) {
        uint32_t here = b->begins[k];
        b->begins[k] = sum;
        sum += here;
    }
    n = 0;
    for (uint32_t c = 0; c < p->to - p->from; c++) {
        for (; n < b->ends[c]; n++) {
            uint32_t at = b->begins[b->cells[n]]++;
            p->places[at] = (uint16_t)c;
            if (p->amounts && b->amounts)
                p->amounts[at] = b->amounts[n];
        }
    }
    for (size_t k = m->list->n_cells; k > 0; k--)
        b->begins[k] = b->begins[k - 1];
    b->begins[0] = 0;
}

static pl_status push_span(part *p, uint32_t cell, uint32_t shift, size_t first, size_t n)
{
    if (pl__vec_reserve(&p->spans.ptr, &p->spans.cap, p->spans.len + 1, sizeof(*p->spans.ptr)))
        return PL_E_NOMEM;
    p->spans.ptr[p->spans.len++] = (span){.cell = cell, .shift = shift, .first = first, .n = n};
    return PL_OK;
}

/* Amounts of the same cluster become one. */
static pl_status add_amounts(part *p, uint32_t cell, size_t first, size_t n)
{
    size_t kept = first;
    for (size_t i = first; i < first + n; i++) {
        if (kept > first && p->places[kept - 1] == p->places[i]) {
            p->amounts[kept - 1] += p->amounts[i];
            continue;
        }
        p->places[kept] = p->places[i];
        p->amounts[kept++] = p->amounts[i];
    }
    return push_span(p, cell, 0, first, kept - first);
}

/* Replaces n places, some of them repeated, by those of each bit of their counts: these are fewer, so that the one
 * place that is written in vain is still theirs. */
static pl_status add_bits(part *p, bench *b, uint32_t cell, size_t first, size_t n)
{
    size_t n_once = 0;
    uint32_t any = 0;
    for (size_t i = first; i < first + n; i++) {
        uint16_t c = p->places[i];
        if (b->counts[c]++ == 0)
            b->once[n_once++] = c;
    }
    for (size_t i = 0; i < n_once; i++)
        any |= b->counts[b->once[i]];
    for (uint32_t bit = 0; bit < 32 && any >> bit > 0; bit++) {
        size_t end = first;
        for (size_t i = 0; i < n_once; i++) {
            p->places[end] = b->once[i];
            end += b->counts[b->once[i]] >> bit & 1;
        }
        if (end > first && push_span(p, cell, bit, first, end - first))
            return PL_E_NOMEM;
        first = end;
    }
    for (size_t i = 0; i < n_once; i++)
        b->counts[b->once[i]] = 0;
    return PL_OK;
}

static bool is_repeated(const uint16_t *places, size_t n)
{
    uint32_t repeated = 0;
    for (size_t i = 1; i < n; i++)
        repeated |= places[i - 1] == places[i];
    return repeated != 0;
}

static pl_status make_part(size_t index, void *user, pl_error *reterr)
{
    const maker *m = user;
    part *p = &m->sums->parts[index];
    bench b = {0};
    pl_status rc = open_bench(m, p, &b);
    if (!rc)
        sort_part(m, p, &b);
    for (uint32_t cell = 0; cell < m->list->n_cells && !rc; cell++) {
        size_t first = b.begins[cell];
        size_t n = b.begins[cell + 1] - first;
        if (n == 0)
            continue;
        if (!m->list->counted)
            rc = add_amounts(p, cell, first, n);
        else if (is_repeated(p->places + first, n))
            rc = add_bits(p, &b, cell, first, n);
        else
            rc = push_span(p, cell, 0, first, n);
    }
    close_bench(&b);
    return rc ? pl__fail(reterr, rc, "sums of %u clusters", m->list->n_clusters) : PL_OK;
}

/* More clusters a part where each adds little, so that a span is worth its while. */
static uint32_t part_size(const pl_addition_list *list)
{
    double all = 0.0;
    for (uint32_t c = 0; c < list->n_clusters; c++)
        all += (double)list->room(list->user, c);
    double wanted = all > 0.0 ? (double)SPAN_WANTED * list->n_cells * list->n_clusters / all : PART_CLUSTERS;
    if (wanted > PART_CLUSTERS_MAX)
        return PART_CLUSTERS_MAX;
    return wanted > PART_CLUSTERS ? (uint32_t)wanted : PART_CLUSTERS;
}

pl_status pl__cluster_sums_new(const pl_addition_list *list, uint32_t threads, pl_cluster_sums **ret, pl_error *reterr)
{
    uint32_t size = part_size(list);
    pl_status rc = PL_E_NOMEM;
    pl_cluster_sums *s = pl__calloc(1, sizeof(*s));
    if (!s)
        goto out;
    *s = (pl_cluster_sums){.n_clusters = list->n_clusters, .n_cells = list->n_cells, .counted = list->counted};
    uint32_t n_parts = (uint32_t)(((uint64_t)list->n_clusters + size - 1) / size);
    s->parts = pl__calloc(n_parts, sizeof(*s->parts));
    if (!s->parts)
        goto out;
    s->n_parts = n_parts;
    for (uint32_t p = 0; p < n_parts; p++) {
        s->parts[p].from = p * size;
        s->parts[p].to = p + 1 < n_parts ? (p + 1) * size : list->n_clusters;
    }
    maker m = {.list = list, .sums = s};
    rc = pl__parallel_for(n_parts, threads, make_part, &m, reterr);
    if (rc)
        goto out;
    *ret = s;
    s = NULL;
out:
    pl__cluster_sums_free(s);
    return rc ? pl__fail(reterr, rc, "sums of %u clusters", list->n_clusters) : PL_OK;
}

/* ---- adding up ---- */

pl_status pl__lanes_init(pl_lanes *lanes, const pl_cluster_sums *s, pl_error *reterr)
{
    pl_lanes l = {.copies = pl__calloc((size_t)s->n_clusters * LANE_WORDS, sizeof(*l.copies)),
                  .sums = pl__calloc((size_t)s->n_cells * PL_LANES, sizeof(*l.sums))};
    if (!l.copies || !l.sums) {
        pl__lanes_clear(&l);
        return pl__fail(reterr, PL_E_NOMEM, "replicates of %u clusters", s->n_clusters);
    }
    *lanes = l;
    return PL_OK;
}

void pl__lanes_clear(pl_lanes *lanes)
{
    pl__free(lanes->copies);
    pl__free(lanes->sums);
    *lanes = (pl_lanes){0};
}

void pl__lanes_reset(pl_lanes *lanes, const pl_cluster_sums *s)
{
    memset(lanes->copies, 0, (size_t)s->n_clusters * LANE_WORDS * sizeof(*lanes->copies));
    lanes->most = 0;
}

/* Adds up to 255 / most clusters into bytes, and these into pairs of bytes. */
static void add_few(const uint64_t *copies, const uint16_t *places, size_t n, uint64_t even[LANE_WORDS],
                    uint64_t odd[LANE_WORDS])
{
    uint64_t sum[LANE_WORDS] = {0};
    for (size_t i = 0; i < n; i++) {
        const uint64_t *row = copies + (size_t)places[i] * LANE_WORDS;
        for (size_t w = 0; w < LANE_WORDS; w++)
            sum[w] += row[w];
    }
    for (size_t w = 0; w < LANE_WORDS; w++) {
        even[w] += sum[w] & BYTE_PAIRS;
        odd[w] += sum[w] >> 8 & BYTE_PAIRS;
    }
}

static void move_on(uint64_t even[LANE_WORDS], uint64_t odd[LANE_WORDS], double factor, double *to)
{
    for (size_t w = 0; w < LANE_WORDS; w++) {
        for (size_t k = 0; k < 4; k++) {
            to[8 * w + 2 * k] += factor * (double)(uint32_t)(even[w] >> 16 * k & 0xffff);
            to[8 * w + 2 * k + 1] += factor * (double)(uint32_t)(odd[w] >> 16 * k & 0xffff);
        }
        even[w] = odd[w] = 0;
    }
}

static void add_span(const pl_lanes *lanes, const part *p, const span *s)
{
    const uint64_t *copies = lanes->copies + (size_t)p->from * LANE_WORDS;
    const uint16_t *places = p->places + s->first;
    double *to = lanes->sums + (size_t)s->cell * PL_LANES;
    double factor = (double)(UINT64_C(1) << s->shift);
    size_t few = UINT8_MAX / lanes->most;
    size_t many = UINT16_MAX / UINT8_MAX * few; /* as many as two bytes hold */
    uint64_t even[LANE_WORDS] = {0};
    uint64_t odd[LANE_WORDS] = {0};
    for (size_t i = 0; i < s->n;) {
        size_t end = s->n - i < many ? s->n : i + many;
        for (; i < end; i += few)
            add_few(copies, places + i, end - i < few ? end - i : few, even, odd);
        i = end;
        move_on(even, odd, factor, to);
    }
}

static void add_products(const pl_lanes *lanes, const part *p, const span *s)
{
    double *to = lanes->sums + (size_t)s->cell * PL_LANES;
    for (size_t i = s->first; i < s->first + s->n; i++) {
        const uint64_t *copies = lanes->copies + ((size_t)p->from + p->places[i]) * LANE_WORDS;
        double amount = p->amounts[i];
        for (size_t l = 0; l < PL_LANES; l++)
            to[l] += amount * (double)(uint32_t)(copies[l / 8] >> l % 8 * 8 & 0xff);
    }
}

void pl__lanes_add(pl_lanes *lanes, const pl_cluster_sums *s)
{
    memset(lanes->sums, 0, (size_t)s->n_cells * PL_LANES * sizeof(*lanes->sums));
    if (lanes->most == 0)
        return;
    for (uint32_t k = 0; k < s->n_parts; k++) {
        const part *p = &s->parts[k];
        for (size_t i = 0; i < p->spans.len; i++) {
            if (s->counted)
                add_span(lanes, p, &p->spans.ptr[i]);
            else
                add_products(lanes, p, &p->spans.ptr[i]);
        }
    }
}
