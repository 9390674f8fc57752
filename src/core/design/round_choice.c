#include "round_choice.h"

#include "alloc.h"
#include "error.h"
#include "next_pairs.h"

/* The offers of each place (see pl__pair_place), shuffled; those that are left stand first. */
typedef struct shelf {
    uint32_t *order; /* of all offers, by place */
    size_t *first;   /* places + 1 */
    uint32_t *left;  /* by place */
    uint32_t *load;  /* by question: offers of it that were taken */
    size_t places;
} shelf;

static void clear_shelf(shelf *s)
{
    pl__free(s->order);
    pl__free(s->first);
    pl__free(s->left);
    pl__free(s->load);
}

static pl_status check(const pl_posterior *p, const pl_offer *offers, size_t n, pl_error *reterr)
{
    if (n > UINT32_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%zu comparisons in one round", n);
    for (size_t i = 0; i < n; i++) {
        const pl_offer *o = &offers[i];

        if (o->judge >= p->n_judges || o->low >= o->high || o->high >= p->n_candidates || o->question == UINT32_MAX)
            return pl__fail(reterr, PL_E_RANGE, "comparison %zu of a round", i);
    }
    return PL_OK;
}

static pl_status fill_shelf(const pl_posterior *p, const pl_offer *offers, size_t n, pl_rng *rng, shelf *s,
                            pl_error *reterr)
{
    uint32_t n_questions = 0;
    uint32_t *shuffled = pl__calloc(n, sizeof(*shuffled));
    pl_status rc = PL_OK;

    for (size_t i = 0; i < n; i++)
        n_questions = offers[i].question >= n_questions ? offers[i].question + 1 : n_questions;
    s->places = (size_t)p->n_judges * p->n_candidates * p->n_candidates;
    s->order = pl__calloc(n, sizeof(*s->order));
    s->first = pl__calloc(s->places + 1, sizeof(*s->first));
    s->left = pl__calloc(s->places, sizeof(*s->left));
    s->load = pl__calloc(n_questions, sizeof(*s->load));
    if (!shuffled || !s->order || !s->first || !s->left || !s->load) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a round of %zu comparisons", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        shuffled[i] = (uint32_t)i;
        s->first[pl__pair_place(p, offers[i].judge, offers[i].low, offers[i].high) + 1]++;
    }
    pl__rng_shuffle(rng, shuffled, n);
    for (size_t i = 0; i < s->places; i++)
        s->first[i + 1] += s->first[i];
    for (size_t i = 0; i < n; i++) {
        const pl_offer *o = &offers[shuffled[i]];
        size_t at = pl__pair_place(p, o->judge, o->low, o->high);

        s->order[s->first[at] + s->left[at]++] = shuffled[i];
    }
out:
    pl__free(shuffled);
    return rc;
}

/* Takes the place's offer of the question that has the fewest so far. */
static void take_one(const pl_offer *offers, shelf *s, size_t place, uint8_t *ret)
{
    uint32_t *list = s->order + s->first[place];
    uint32_t best = 0;
    uint32_t taken = 0;

    for (uint32_t i = 1; i < s->left[place]; i++) {
        if (s->load[offers[list[i]].question] < s->load[offers[list[best]].question])
            best = i;
    }
    taken = list[best];
    list[best] = list[--s->left[place]];
    list[s->left[place]] = taken;
    s->load[offers[taken].question]++;
    ret[taken] = 1;
}

/* ---- evenly ---- */

typedef struct evenly {
    uint32_t *pairs;   /* low * n_candidates + high, in the order in which they are looked at */
    uint32_t *times;   /* by place in pairs; UINT32_MAX: nobody is left to judge it */
    uint32_t *judges;  /* in the order in which they are looked at */
    uint32_t *on_pair; /* by pair and judge: comparisons of the pair by the judge */
    uint32_t *busy;    /* by judge: all comparisons */
    size_t n_pairs;
} evenly;

static void clear_evenly(evenly *e)
{
    pl__free(e->pairs);
    pl__free(e->times);
    pl__free(e->judges);
    pl__free(e->on_pair);
    pl__free(e->busy);
}

static pl_status open_evenly(const pl_posterior *p, pl_rng *rng, evenly *e, pl_error *reterr)
{
    uint32_t m = p->n_candidates;

    e->n_pairs = (size_t)m * (m - 1) / 2;
    e->pairs = pl__calloc(e->n_pairs, sizeof(*e->pairs));
    e->times = pl__calloc(e->n_pairs, sizeof(*e->times));
    e->judges = pl__calloc(p->n_judges, sizeof(*e->judges));
    e->on_pair = pl__calloc(e->n_pairs * p->n_judges, sizeof(*e->on_pair));
    e->busy = pl__calloc(p->n_judges, sizeof(*e->busy));
    if (!e->pairs || !e->times || !e->judges || !e->on_pair || !e->busy)
        return pl__fail(reterr, PL_E_NOMEM, "a choice among %zu pairs", e->n_pairs);
    for (uint32_t low = 0, i = 0; low < m; low++) {
        for (uint32_t high = low + 1; high < m; high++)
            e->pairs[i++] = low * m + high;
    }
    for (uint32_t r = 0; r < p->n_judges; r++)
        e->judges[r] = r;
    pl__rng_shuffle(rng, e->pairs, e->n_pairs);
    pl__rng_shuffle(rng, e->judges, p->n_judges);
    return PL_OK;
}

/* Who has judged the pair least, and of these all pairs least; n_judges if nobody can. */
static uint32_t least_busy(const pl_posterior *p, const shelf *s, const evenly *e, size_t pair)
{
    uint32_t best = p->n_judges;

    for (uint32_t i = 0; i < p->n_judges; i++) {
        uint32_t r = e->judges[i];
        const uint32_t *on_pair = e->on_pair + pair * p->n_judges;
        size_t at = pl__pair_place(p, r, e->pairs[pair] / p->n_candidates, e->pairs[pair] % p->n_candidates);

        if (s->left[at] == 0)
            continue;
        if (best == p->n_judges || on_pair[r] < on_pair[best] ||
            (on_pair[r] == on_pair[best] && e->busy[r] < e->busy[best]))
            best = r;
    }
    return best;
}

static pl_status choose_evenly(const pl_posterior *p, const pl_offer *offers, size_t wanted, pl_rng *rng, shelf *s,
                               uint8_t *ret, pl_error *reterr)
{
    evenly e = {0};
    pl_status rc = open_evenly(p, rng, &e, reterr);
    size_t done = 0;

    while (rc == PL_OK && done < wanted) {
        size_t pair = 0;
        uint32_t judge = 0;

        for (size_t i = 1; i < e.n_pairs; i++)
            pair = e.times[i] < e.times[pair] ? i : pair;
        if (e.times[pair] == UINT32_MAX)
            break;
        judge = least_busy(p, s, &e, pair);
        if (judge == p->n_judges) {
            e.times[pair] = UINT32_MAX;
            continue;
        }
        take_one(offers, s, pl__pair_place(p, judge, e.pairs[pair] / p->n_candidates, e.pairs[pair] % p->n_candidates),
                 ret);
        e.times[pair]++;
        e.on_pair[pair * p->n_judges + judge]++;
        e.busy[judge]++;
        done++;
    }
    clear_evenly(&e);
    return rc;
}

/* ---- by what is known ---- */

static pl_status choose_by_worth(const pl_posterior *p, const pl_offer *offers, size_t wanted, pl_rng *rng, shelf *s,
                                 uint8_t *ret, pl_error *reterr)
{
    size_t n_next = 0;
    pl_next_pair *next = pl__calloc(wanted, sizeof(*next));
    pl_status rc = PL_OK;

    if (!next)
        return pl__fail(reterr, PL_E_NOMEM, "a round of %zu comparisons", wanted);
    rc = pl__next_pairs(p, s->left, wanted, rng, next, &n_next, reterr);
    for (size_t i = 0; i < n_next && rc == PL_OK; i++)
        take_one(offers, s, pl__pair_place(p, next[i].judge, next[i].low, next[i].high), ret);
    pl__free(next);
    return rc;
}

pl_status pl__choose_round(const pl_posterior *p, const pl_offer *offers, size_t n, size_t wanted, pl_rng *rng,
                           uint8_t *ret, pl_error *reterr)
{
    shelf s = {0};
    uint8_t *chosen = NULL;
    pl_status rc = check(p, offers, n, reterr);

    if (rc != PL_OK)
        return rc;
    chosen = pl__calloc(n, sizeof(*chosen));
    if (!chosen)
        return pl__fail(reterr, PL_E_NOMEM, "a round of %zu comparisons", n);
    wanted = wanted < n ? wanted : n;
    rc = fill_shelf(p, offers, n, rng, &s, reterr);
    if (rc == PL_OK)
        rc = p->n_pairs == 0 ? choose_evenly(p, offers, wanted, rng, &s, chosen, reterr)
                             : choose_by_worth(p, offers, wanted, rng, &s, chosen, reterr);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        ret[i] = chosen[i];
    clear_shelf(&s);
    pl__free(chosen);
    return rc;
}
