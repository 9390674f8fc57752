/* Does a judge contradict itself? Triangles among the pairs of answers to one item. */
#include "alloc.h"
#include "diagnosis.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u
#define TRIAD_MODELS_MAX                                                                                               \
    8192u /* answers to one item that one judge compared; items with more have no triads counted                       \
           */

/* A judge's decided pairs on one item as a directed graph, in bits. */
typedef struct graph {
    uint64_t *beats;
    uint64_t *loses;
    uint32_t *models; /* sorted; place = node */
    uint32_t n_models;
    uint32_t n_words;
} graph;

static int compare_u32(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x;
    uint32_t b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

static int compare_units(const void *x, const void *y)
{
    const pl_judged_unit *a = x;
    const pl_judged_unit *b = y;
    if (a->judge_rank != b->judge_rank)
        return a->judge_rank < b->judge_rank ? -1 : 1;
    return (a->pair > b->pair) - (a->pair < b->pair);
}

static unsigned bits_of(uint64_t x)
{
    unsigned n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

static size_t node_of(const graph *g, uint32_t model)
{
    const uint32_t *place = bsearch(&model, g->models, g->n_models, sizeof(*g->models), compare_u32);
    return (size_t)(place - g->models);
}

static void set_bit(uint64_t *rows, const graph *g, size_t from, size_t to)
{
    rows[from * g->n_words + to / WORD_BITS] |= (uint64_t)1 << (to % WORD_BITS);
}

/* The distinct models of the units. */
static void name_nodes(graph *g, const pl_judged_unit *units, size_t n)
{
    size_t n_names = 0;
    uint32_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (units[i].net == 0)
            continue;
        g->models[n_names++] = units[i].low;
        g->models[n_names++] = units[i].high;
    }
    if (n_names > 0)
        qsort(g->models, n_names, sizeof(*g->models), compare_u32);
    for (size_t i = 0; i < n_names; i++) {
        if (i == 0 || g->models[i] != g->models[i - 1])
            g->models[kept++] = g->models[i];
    }
    g->n_models = kept;
    g->n_words = (kept + WORD_BITS - 1) / WORD_BITS;
}

/* Each edge from winner to loser: third models that meet both, and those that close a cycle. Every triangle is seen
 * from three edges. */
static void count_triangles(const graph *g, const pl_judged_unit *units, size_t n, pl_judge_diagnosis *judge)
{
    uint64_t all = 0;
    uint64_t cyclic = 0;
    for (size_t i = 0; i < n; i++) {
        if (units[i].net == 0)
            continue;
        size_t winner = node_of(g, units[i].net > 0 ? units[i].low : units[i].high) * g->n_words;
        size_t loser = node_of(g, units[i].net > 0 ? units[i].high : units[i].low) * g->n_words;
        for (size_t w = 0; w < g->n_words; w++) {
            uint64_t meets_winner = g->beats[winner + w] | g->loses[winner + w];
            all += bits_of(meets_winner & (g->beats[loser + w] | g->loses[loser + w]));
            cyclic += bits_of(g->beats[loser + w] & g->loses[winner + w]);
        }
    }
    judge->triads += all / 3;
    judge->cyclic_triads += cyclic / 3;
}

static pl_status add_item(pl_diagnosis *d, graph *g, const pl_judged_unit *units, size_t n)
{
    name_nodes(g, units, n);
    if (g->n_models < 3 || g->n_models > TRIAD_MODELS_MAX)
        return PL_OK;
    size_t words = (size_t)g->n_models * g->n_words;
    uint64_t *bits = pl__calloc(2 * words, sizeof(*bits));
    if (!bits)
        return PL_E_NOMEM;
    g->beats = bits;
    g->loses = bits + words;
    for (size_t i = 0; i < n; i++) {
        if (units[i].net == 0)
            continue;
        size_t winner = node_of(g, units[i].net > 0 ? units[i].low : units[i].high);
        size_t loser = node_of(g, units[i].net > 0 ? units[i].high : units[i].low);
        set_bit(g->beats, g, winner, loser);
        set_bit(g->loses, g, loser, winner);
    }
    count_triangles(g, units, n, &d->judges[units[0].judge]);
    pl__free(bits);
    return PL_OK;
}

pl_status pl__coherence(pl_diagnosis *d, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t n = d->all.n_units;
    size_t end = 0;
    graph g = {0};
    pl_judged_unit *units = pl__calloc(n, sizeof(*units));

    g.models = pl__calloc(n, 2 * sizeof(*g.models));
    if (!units || !g.models) {
        rc = PL_E_NOMEM;
        goto out;
    }
    if (n > 0) {
        memcpy(units, d->all.units, n * sizeof(*units));
        qsort(units, n, sizeof(*units), compare_units);
    }
    for (size_t i = 0; i < n && !rc; i = end) {
        for (end = i + 1; end < n && units[end].judge_rank == units[i].judge_rank && units[end].item == units[i].item;
             end++)
            ;
        rc = add_item(d, &g, &units[i], end - i);
    }
out:
    pl__free(units);
    pl__free(g.models);
    return rc ? pl__fail(reterr, rc, "triads of %zu pairs", n) : PL_OK;
}
