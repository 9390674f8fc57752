#include "design_replay.h"

#include "alloc.h"
#include "error.h"
#include "name_order.h"
#include "next_pairs.h"
#include "rng.h"

#include <math.h>
#include <string.h>

#define NOBODY UINT32_MAX

void pl__design_clear(pl_design *d)
{
    pl__free(d->pairs);
    pl__free(d->judgments);
    pl__free(d->item);
    *d = (pl_design){0};
}

/* Numbers by name of those who judge and of those who are compared. */
static pl_status number_models(const pl_peer_table *table, const char *const *models, uint32_t *judge,
                               uint32_t *candidate, pl_design *d, pl_error *reterr)
{
    uint32_t n = pl_peer_table_n_models(table);
    uint32_t *order = NULL;
    size_t n_comparisons = pl_peer_table_n_comparisons(table);

    for (uint32_t i = 0; i < n; i++)
        judge[i] = candidate[i] = NOBODY;
    for (size_t i = 0; i < n_comparisons; i++) {
        pl_comparison c = pl_peer_table_comparison(table, i);

        judge[c.judge] = candidate[c.a] = candidate[c.b] = 0;
    }
    if (pl__name_order(models, n, &order) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "a design of %u models", n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t m = order[i];

        judge[m] = judge[m] == NOBODY ? NOBODY : d->n_judges++;
        candidate[m] = candidate[m] == NOBODY ? NOBODY : d->n_candidates++;
    }
    pl__free(order);
    return PL_OK;
}

/* The ballots of one comparison stand together, in the order of the comparisons. */
static void count_ballots(const pl_peer_table *table, pl_design *d)
{
    size_t n_ballots = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(table, &n_ballots);
    size_t at = 0;

    for (size_t i = 0; i < d->n; i++) {
        pl_comparison c = pl_peer_table_comparison(table, i);

        for (; at < n_ballots && ballots[at].item == c.item && ballots[at].judge == c.judge && ballots[at].a == c.a &&
               ballots[at].b == c.b;
             at++) {
            d->pairs[i].cluster = ballots[at].image;
            d->judgments[i] += ballots[at].weight > 0.0; /* of a criterion that counts */
        }
        d->item[i] = c.item;
        d->n_judgments += d->judgments[i];
    }
}

pl_status pl__design_of(const pl_peer_table *table, const char *const *models, pl_design *ret, pl_error *reterr)
{
    uint32_t m = pl_peer_table_n_models(table);
    pl_design d = {.n = pl_peer_table_n_comparisons(table)};
    pl_status rc = PL_OK;
    uint32_t *judge = pl__calloc(m, sizeof(*judge));
    uint32_t *candidate = pl__calloc(m, sizeof(*candidate));

    d.pairs = pl__calloc(d.n, sizeof(*d.pairs));
    d.judgments = pl__calloc(d.n, sizeof(*d.judgments));
    d.item = pl__calloc(d.n, sizeof(*d.item));
    if (!judge || !candidate || !d.pairs || !d.judgments || !d.item) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a design of %zu comparisons", d.n);
        goto out;
    }
    if (d.n < 2 || d.n > UINT32_MAX) {
        rc = pl__fail(reterr, PL_E_INVALID, "%zu comparisons are no design to choose from", d.n);
        goto out;
    }
    rc = number_models(table, models, judge, candidate, &d, reterr);
    for (size_t i = 0; i < d.n && rc == PL_OK; i++) {
        pl_comparison c = pl_peer_table_comparison(table, i);
        double sum = c.a_score + c.b_score; /* 1, but for rounding and for comparisons that count for nothing */

        d.pairs[i] = (pl_scored_pair){.judge = judge[c.judge], .a = candidate[c.a], .b = candidate[c.b]};
        d.pairs[i].score = sum > 0.0 ? fmin(1.0, fmax(0.0, c.a_score / sum)) : 0.5;
    }
    if (rc != PL_OK)
        goto out;
    count_ballots(table, &d);
    *ret = d;
    d = (pl_design){0};
out:
    pl__free(judge);
    pl__free(candidate);
    pl__design_clear(&d);
    return rc;
}

pl_status pl__design_random(const pl_design *d, uint64_t seed, uint32_t *ret, pl_error *reterr)
{
    pl_rng rng;

    (void)reterr;
    for (size_t i = 0; i < d->n; i++)
        ret[i] = (uint32_t)i;
    pl__rng_init(&rng, seed, "random design", 0);
    pl__rng_shuffle(&rng, ret, d->n);
    return PL_OK;
}

/* ---- by expected information ---- */

/* The comparisons of each place (judge, low, high), drawn in a random order but for what `spread` prefers. */
typedef struct shelf {
    uint32_t *order;   /* of all comparisons, by place and within it at random */
    size_t *first;     /* places + 1 */
    uint32_t *left;    /* by place; the ones left stand first */
    uint32_t *on_item; /* comparisons made of an item so far, by index of the item */
    size_t places;
} shelf;

static size_t place_of(const pl_posterior *p, const pl_scored_pair *x)
{
    return pl__pair_place(p, x->judge, x->a < x->b ? x->a : x->b, x->a < x->b ? x->b : x->a);
}

static void clear_shelf(shelf *s)
{
    pl__free(s->order);
    pl__free(s->first);
    pl__free(s->left);
    pl__free(s->on_item);
}

static pl_status fill_shelf(const pl_design *d, const pl_posterior *p, uint64_t seed, shelf *s, pl_error *reterr)
{
    uint32_t n_items = 0;
    pl_status rc = PL_OK;
    uint32_t *shuffled = pl__calloc(d->n, sizeof(*shuffled));

    for (size_t i = 0; i < d->n; i++)
        n_items = d->item[i] >= n_items ? d->item[i] + 1 : n_items;
    s->places = (size_t)p->n_judges * p->n_candidates * p->n_candidates;
    s->order = pl__calloc(d->n, sizeof(*s->order));
    s->first = pl__calloc(s->places + 1, sizeof(*s->first));
    s->left = pl__calloc(s->places, sizeof(*s->left));
    s->on_item = pl__calloc(n_items, sizeof(*s->on_item));
    if (!shuffled || !s->order || !s->first || !s->left || !s->on_item) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a design of %zu comparisons", d->n);
        goto out;
    }
    rc = pl__design_random(d, seed, shuffled, reterr);
    for (size_t i = 0; i < d->n; i++)
        s->first[place_of(p, &d->pairs[i]) + 1]++;
    for (size_t i = 0; i < s->places; i++)
        s->first[i + 1] += s->first[i];
    for (size_t i = 0; i < d->n; i++) {
        size_t at = place_of(p, &d->pairs[shuffled[i]]);

        s->order[s->first[at] + s->left[at]++] = shuffled[i];
    }
out:
    pl__free(shuffled);
    return rc;
}

/* Takes one of the place's comparisons: of the item that was used least, so that as many images as can be have a say.
 */
static uint32_t take_one(const pl_design *d, shelf *s, size_t place)
{
    uint32_t *list = s->order + s->first[place];
    uint32_t best = 0;
    uint32_t taken = 0;

    for (uint32_t i = 1; i < s->left[place]; i++) {
        if (s->on_item[d->item[list[i]]] < s->on_item[d->item[list[best]]])
            best = i;
    }
    taken = list[best];
    memmove(list + best, list + best + 1, (s->left[place] - best - 1) * sizeof(*list));
    s->left[place]--;
    s->on_item[d->item[taken]]++;
    return taken;
}

/* One batch; *done moves on. */
static pl_status step(const pl_design *d, pl_posterior *p, shelf *s, pl_rng *rng, size_t batch, pl_next_pair *next,
                      uint32_t *ret, size_t *done, pl_error *reterr)
{
    size_t n_next = 0;
    pl_status rc = pl__next_pairs(p, s->left, batch, rng, next, &n_next, reterr);

    for (size_t i = 0; i < n_next && rc == PL_OK; i++) {
        uint32_t taken = take_one(d, s, pl__pair_place(p, next[i].judge, next[i].low, next[i].high));

        ret[(*done)++] = taken;
        rc = pl__posterior_add(p, &d->pairs[taken], 1, reterr);
    }
    if (rc == PL_OK)
        pl__posterior_fit(p);
    return rc;
}

/* What is left stands behind, in random order. */
static void append_rest(const pl_design *d, const shelf *s, uint64_t seed, size_t done, uint32_t *ret)
{
    pl_rng rng;
    size_t n = done;

    for (size_t place = 0; place < s->places; place++) {
        for (uint32_t i = 0; i < s->left[place]; i++)
            ret[n++] = s->order[s->first[place] + i];
    }
    PL_ASSERT(n == d->n);
    pl__rng_init(&rng, seed, "rest of the design", 0);
    pl__rng_shuffle(&rng, ret + done, n - done);
}

pl_status pl__design_adaptive(const pl_design *d, uint64_t seed, size_t n, size_t batch, double confidence,
                              uint32_t *ret, size_t *ret_stop, pl_error *reterr)
{
    size_t done = 0;
    size_t stop = d->n;
    pl_rng rng;
    shelf s = {0};
    pl_posterior p = {0};
    pl_next_pair *next = pl__calloc(batch, sizeof(*next));
    pl_status rc = PL_OK;

    if (!next)
        return pl__fail(reterr, PL_E_NOMEM, "a batch of %zu comparisons", batch);
    rc = pl__posterior_open(&p, d->n_candidates, d->n_judges, reterr);
    pl__rng_init(&rng, seed, "adaptive design", 0);
    if (rc == PL_OK)
        rc = fill_shelf(d, &p, seed, &s, reterr);
    while (rc == PL_OK && done < n) {
        double doubt = 0.0;

        rc = step(d, &p, &s, &rng, n - done < batch ? n - done : batch, next, ret, &done, reterr);
        if (rc != PL_OK || stop < d->n)
            continue;
        doubt = pl__posterior_doubt(&p);
        if (isnan(doubt))
            rc = pl__fail(reterr, PL_E_NOMEM, "a design of %zu comparisons", d->n);
        else if (doubt <= 1.0 - confidence)
            stop = done;
    }
    if (rc == PL_OK) {
        append_rest(d, &s, seed, done, ret);
        *ret_stop = stop;
    }
    pl__free(next);
    clear_shelf(&s);
    pl__posterior_close(&p);
    return rc;
}
