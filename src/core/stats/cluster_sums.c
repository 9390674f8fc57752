/* 1. Clusters are cut into parts whose copies fit the cache. In a part, the clusters that add to a cell stand together,
 *    so that the sums of all lanes stay in registers while they are gone through.
 * 2. Whole numbers are added bit by bit: a span lists the clusters whose amount has one certain bit. Eight lanes share
 *    one number of 64 bits. A byte never overflows: it is moved on before it could.
 * 3. Amounts that are no whole numbers are multiplied and added as doubles, over clusters in their order. */
#include "cluster_sums.h"

#include "alloc.h"
#include "error.h"
#include "thread.h"
#include "vec.h"

#include <string.h>

#define LANE_WORDS (PL_LANES / 8)
#define PART_CLUSTERS 512u       /* whose copies fit the innermost cache */
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
    PL_VEC(uint16_t) places; /* clusters, counted from `from` */
    PL_VEC(double) amounts;  /* by place; only if they are no whole numbers */
} part;

struct pl_cluster_sums {
    uint32_t n_clusters;
    uint32_t n_cells;
    bool whole;
    part *parts;
    uint32_t n_parts;
};

void pl__cluster_sums_free(pl_cluster_sums *s)
{
    if (!s)
        return;
    for (uint32_t p = 0; p < s->n_parts; p++) {
        pl__free(s->parts[p].spans.ptr);
        pl__free(s->parts[p].places.ptr);
        pl__free(s->parts[p].amounts.ptr);
    }
    pl__free(s->parts);
    pl__free(s);
}

/* ---- making ---- */

typedef struct placed {
    double amount;
    uint32_t place;
} placed;

typedef struct maker {
    const pl_addition_list *list;
    pl_cluster_sums *sums;
} maker;

/* What one part is made with. */
typedef struct bench {
    pl_addition *added; /* as the clusters list them */
    size_t *ends;       /* by cluster: the end of its additions */
    size_t *begins;     /* by cell, and one more */
    placed *sorted;     /* by cell, then cluster */
} bench;

static pl_status open_bench(const maker *m, const part *p, bench *ret)
{
    size_t room = 0;
    for (uint32_t c = p->from; c < p->to; c++)
        room += m->list->room(m->list->user, c);
    *ret = (bench){.added = pl__malloc(room * sizeof(*ret->added)),
                   .ends = pl__calloc(p->to - p->from, sizeof(*ret->ends)),
                   .begins = pl__calloc((size_t)m->list->n_cells + 1, sizeof(*ret->begins)),
                   .sorted = pl__malloc(room * sizeof(*ret->sorted))};
    return ret->added && ret->ends && ret->begins && ret->sorted ? PL_OK : PL_E_NOMEM;
}

static void close_bench(bench *b)
{
    pl__free(b->added);
    pl__free(b->ends);
    pl__free(b->begins);
    pl__free(b->sorted);
}

static void sort_part(const maker *m, const part *p, bench *b)
{
    size_t n = 0;
    size_t sum = 0;
    for (uint32_t c = p->from; c < p->to; c++) {
        size_t more = m->list->list(m->list->user, c, b->added + n);
        for (size_t i = n; i < n + more; i++)
            b->begins[b->added[i].cell]++;
        n += more;
        b->ends[c - p->from] = n;
    }
    for (uint32_t k = 0; k <= m->list->n_cells; k++) {
        size_t here = b->begins[k];
        b->begins[k] = sum;
        sum += here;
    }
    n = 0;
    for (uint32_t c = p->from; c < p->to; c++) {
        for (; n < b->ends[c - p->from]; n++) {
            const pl_addition *a = &b->added[n];
            b->sorted[b->begins[a->cell]++] = (placed){.amount = a->amount, .place = c - p->from};
        }
    }
    for (size_t k = m->list->n_cells; k > 0; k--)
        b->begins[k] = b->begins[k - 1];
    b->begins[0] = 0;
}

/* Amounts of the same cluster become one. Returns how many are left. */
static size_t merge(placed *x, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && x[kept - 1].place == x[i].place)
            x[kept - 1].amount += x[i].amount;
        else
            x[kept++] = x[i];
    }
    return kept;
}

static pl_status push_span(part *p, uint32_t cell, uint32_t shift, size_t n, bool with_amounts)
{
    if (pl__vec_reserve(&p->spans.ptr, &p->spans.cap, p->spans.len + 1, sizeof(*p->spans.ptr)) ||
        pl__vec_reserve(&p->places.ptr, &p->places.cap, p->places.len + n, sizeof(*p->places.ptr)))
        return PL_E_NOMEM;
    if (with_amounts && pl__vec_reserve(&p->amounts.ptr, &p->amounts.cap, p->amounts.len + n, sizeof(*p->amounts.ptr)))
        return PL_E_NOMEM;
    p->spans.ptr[p->spans.len++] = (span){.cell = cell, .shift = shift, .first = p->places.len, .n = n};
    return PL_OK;
}

static pl_status add_amounts(part *p, uint32_t cell, const placed *x, size_t n)
{
    if (push_span(p, cell, 0, n, true))
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        p->places.ptr[p->places.len++] = (uint16_t)x[i].place;
        p->amounts.ptr[p->amounts.len++] = x[i].amount;
    }
    return PL_OK;
}

static pl_status add_bits(part *p, uint32_t cell, const placed *x, size_t n)
{
    uint64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= (uint64_t)x[i].amount;
    for (uint32_t bit = 0; any >> bit > 0; bit++) {
        size_t with = 0;
        for (size_t i = 0; i < n; i++)
            with += (uint64_t)x[i].amount >> bit & 1;
        if (with == 0)
            continue;
        if (push_span(p, cell, bit, with, false))
            return PL_E_NOMEM;
        for (size_t i = 0; i < n; i++) {
            if ((uint64_t)x[i].amount >> bit & 1)
                p->places.ptr[p->places.len++] = (uint16_t)x[i].place;
        }
    }
    return PL_OK;
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
        placed *x = b.sorted + b.begins[cell];
        size_t n = merge(x, b.begins[cell + 1] - b.begins[cell]);
        if (n > 0)
            rc = m->list->whole ? add_bits(p, cell, x, n) : add_amounts(p, cell, x, n);
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
    *s = (pl_cluster_sums){.n_clusters = list->n_clusters, .n_cells = list->n_cells, .whole = list->whole};
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
    const uint16_t *places = p->places.ptr + s->first;
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
        const uint64_t *copies = lanes->copies + ((size_t)p->from + p->places.ptr[i]) * LANE_WORDS;
        double amount = p->amounts.ptr[i];
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
            if (s->whole)
                add_span(lanes, p, &p->spans.ptr[i]);
            else
                add_products(lanes, p, &p->spans.ptr[i]);
        }
    }
}
