#include "judged_units.h"

#include "alloc.h"
#include "error.h"

#include <stdlib.h>

static int sign_of(double x)
{
    return (x > 0.0) - (x < 0.0);
}

/* One criterion in the making. */
typedef struct order_votes {
    int64_t votes[2]; /* for low minus for high, by order */
    uint64_t rows[2];
} order_votes;

/* Of low minus 1/2, in (-1/2 .. 1/2): the orders present count alike. */
static double margin_of(const order_votes *v)
{
    double sum = 0.0;
    unsigned present = 0;
    for (size_t o = 0; o < 2; o++) {
        if (v->rows[o] == 0)
            continue;
        sum += 0.5 * (double)v->votes[o] / (double)v->rows[o];
        present++;
    }
    return sum / present;
}

/* Each order by its majority, so that repeats do not outvote the other order. */
static int net_of(const order_votes *v)
{
    return sign_of(sign_of((double)v->votes[0]) + sign_of((double)v->votes[1]));
}

static void add_row(order_votes *v, const pl_row_key *key)
{
    unsigned swapped = pl__row_swapped(key);
    pl_verdict verdict = pl__row_verdict(key);
    v->rows[swapped]++;
    if (verdict != PL_VERDICT_TIE)
        v->votes[swapped] += (verdict == PL_VERDICT_A) == (swapped == 0) ? 1 : -1;
}

typedef struct maker {
    const pl_judgment_set *set;
    const bool *criteria;
    bool pooled;
    pl_judged_units *out;
} maker;

/* keys[0..n) are one judge's rows on one pair and item (any judge's if pooled), criteria apart. */
static void add_unit(const maker *m, const pl_row_key *keys, size_t n)
{
    const pl_judgment *first = &m->set->rows[keys[0].row];
    bool swapped = pl__row_swapped(&keys[0]) == 1;
    pl_judged_unit unit = {.pair = keys[0].pair,
                           .judge_rank = m->pooled ? 0 : (uint32_t)pl__row_unit(&keys[0]),
                           .item = first->item,
                           .image = keys[0].image,
                           .judge = m->pooled ? 0 : first->judge,
                           .low = swapped ? first->b : first->a,
                           .high = swapped ? first->a : first->b};
    double margin = 0.0;
    double length = 0.0;
    int net = 0;
    unsigned n_criteria = 0;
    size_t end = 0;
    for (size_t i = 0; i < n; i = end) {
        order_votes votes = {{0}, {0}};
        uint32_t criterion = m->set->rows[keys[i].row].criterion;
        for (end = i; end < n && m->set->rows[keys[end].row].criterion == criterion; end++) {
            const pl_judgment *row = &m->set->rows[keys[end].row];
            double difference = (double)row->a_length - (double)row->b_length;
            add_row(&votes, &keys[end]);
            if (row->a_length > 0 && row->b_length > 0)
                length += pl__row_swapped(&keys[end]) ? -difference : difference;
        }
        int code = net_of(&votes);
        margin += margin_of(&votes);
        net += code;
        n_criteria++;
        m->out->codes[m->out->n_codes++] = (pl_judged_code){.pair = keys[0].pair,
                                                            .criterion = (uint32_t)(keys[i].rest >> 16 & UINT16_MAX),
                                                            .judge = unit.judge,
                                                            .value = (uint32_t)(1 - code)};
    }
    unit.net = sign_of(net);
    unit.longer = sign_of(length);
    unit.score = 0.5 + margin / n_criteria;
    m->out->units[m->out->n_units++] = unit;
}

/* In a pooled set the judges of one criterion stand apart: bring them together. */
static int compare_pooled(const void *x, const void *y)
{
    const pl_row_key *a = x;
    const pl_row_key *b = y;
    uint64_t ka = a->rest & UINT32_MAX;
    uint64_t kb = b->rest & UINT32_MAX;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    return (ka > kb) - (ka < kb);
}

static bool same_unit(const maker *m, const pl_row_key *a, const pl_row_key *b)
{
    return a->pair == b->pair && (m->pooled || pl__row_unit(a) == pl__row_unit(b));
}

pl_status pl__judged_units_make(const pl_judgment_set *set, const bool *criteria, bool pooled, pl_judged_units *ret,
                                pl_error *reterr)
{
    maker m = {set, criteria, pooled, ret};
    pl_row_key *keys = NULL;
    size_t n = 0;
    size_t kept = 0;
    size_t end = 0;
    pl_status rc = pl__row_order(set, false, NULL, &keys, &n, reterr);

    *ret = (pl_judged_units){0};
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        if (!criteria || criteria[set->rows[keys[i].row].criterion])
            keys[kept++] = keys[i];
    }
    if (pooled && kept > 0)
        qsort(keys, kept, sizeof(*keys), compare_pooled);
    ret->units = pl__calloc(kept, sizeof(*ret->units));
    ret->codes = pl__calloc(kept, sizeof(*ret->codes));
    if (!ret->units || !ret->codes) {
        rc = pl__fail(reterr, PL_E_NOMEM, "units of %zu judgments", kept);
        goto out;
    }
    for (size_t i = 0; i < kept; i = end) {
        for (end = i + 1; end < kept && same_unit(&m, &keys[i], &keys[end]); end++)
            ;
        add_unit(&m, &keys[i], end - i);
    }
out:
    pl__free(keys);
    return rc;
}

void pl__judged_units_clear(pl_judged_units *units)
{
    pl__free(units->units);
    pl__free(units->codes);
    *units = (pl_judged_units){0};
}
