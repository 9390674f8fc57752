/* The ballots of tables that were drawn from a table. They are copied, not weighted: a method may count polls, voters
 * or games, and an image that was drawn twice must then count twice. */
#include "alloc.h"
#include "error.h"
#include "peer_table.h"

#include <string.h>

static void fill_left_out(pl_deferred *d)
{
    const pl_ballot *from = pl__built_ballots(d->base);
    size_t n = 0;
    for (size_t i = 0; i < d->base->n_units; i++) {
        if (d->left_out[i])
            continue;
        pl_comparison_sum u = pl__unit(d->base, i).sum;
        memcpy(&d->ballots[n], &from[u.first_ballot], u.n_ballots * sizeof(*d->ballots));
        n += u.n_ballots;
    }
    PL_ASSERT(n == d->n_ballots);
}

/* Returns how many were made. */
static size_t fill_copies(const pl_deferred *d, const pl_ballot *from, size_t n_from, pl_ballot *ret)
{
    uint32_t item = 0;
    size_t n = 0;
    size_t end = 0;
    for (size_t i = 0; i < n_from; i = end) {
        for (end = i + 1; end < n_from && from[end].item == from[i].item; end++)
            ;
        uint32_t copies = d->copies[d->base->clusters[from[i].item]];
        for (uint32_t c = 0; c < copies; c++, item++) {
            memcpy(&ret[n], &from[i], (end - i) * sizeof(*from));
            for (size_t k = n; k < n + (end - i); k++)
                ret[k].item = item;
            n += end - i;
        }
    }
    return n;
}

const pl_ballot *pl__deferred_ballots(pl_deferred *d)
{
    if (!d->filled && d->n_ballots > 0) {
        if (d->left_out) {
            fill_left_out(d);
        } else {
            size_t n = fill_copies(d, pl__built_ballots(d->base), d->base->n_ballots, d->ballots);
            PL_ASSERT(n == d->n_ballots);
            (void)n;
        }
    }
    d->filled = true;
    return d->ballots;
}

const pl_ballot *pl__deferred_lone_ballots(pl_deferred *d)
{
    if (d->left_out)
        return d->base->lone;
    if (!d->lone_filled && d->n_lone > 0) {
        size_t n = fill_copies(d, d->base->lone, d->base->n_lone, d->lone);
        PL_ASSERT(n == d->n_lone);
        (void)n;
    }
    d->lone_filled = true;
    return d->lone;
}

void pl__deferred_free(pl_deferred *d)
{
    if (!d)
        return;
    pl__free(d->copies);
    pl__free(d->ballots);
    pl__free(d->lone);
    pl__free(d);
}
