#include "kemeny.h"

#include "alloc.h"
#include "error.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define EQUAL_COSTS 1e-12
#define SWEEPS_MAX 1000 /* each one improves something; far fewer are needed */

/* What it costs to place `first` before all others of the set. */
static double cost_of_first(const double *against, uint32_t n, uint32_t set, uint32_t first)
{
    double cost = 0.0;
    for (uint32_t v = 0; v < n; v++) {
        if (v != first && (set & (1u << v)))
            cost += against[first * n + v];
    }
    return cost;
}

/* best[set]: the least cost of ordering the set (Held and Karp's recursion, from the top of the order). */
pl_status pl__kemeny_exact(const double *against, uint32_t n, uint32_t *ret_order)
{
    PL_ASSERT(n <= PL_KEMENY_EXACT_MAX);
    uint32_t n_sets = 1u << n;
    double *best = pl__calloc(n_sets, sizeof(*best));
    if (!best)
        return PL_E_NOMEM;
    for (uint32_t set = 1; set < n_sets; set++) {
        best[set] = (double)INFINITY;
        for (uint32_t v = 0; v < n; v++) {
            if (set & (1u << v))
                best[set] = fmin(best[set], cost_of_first(against, n, set, v) + best[set & ~(1u << v)]);
        }
    }
    uint32_t set = n_sets - 1;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t chosen = 0;
        while (!(set & (1u << chosen)) ||
               cost_of_first(against, n, set, chosen) + best[set & ~(1u << chosen)] > best[set] + EQUAL_COSTS)
            chosen++;
        ret_order[i] = chosen;
        set &= ~(1u << chosen);
    }
    pl__free(best);
    return PL_OK;
}

/* The best place for the model at `from`; moving it there gains *ret_gain. */
static uint32_t best_place(const double *against, uint32_t n, const uint32_t *order, uint32_t from, double *ret_gain)
{
    size_t v = order[from];
    uint32_t place = from;
    double best = 0.0;
    double gain = 0.0;
    for (uint32_t to = from; to-- > 0;) { /* upwards: v passes before order[to] */
        size_t u = order[to];
        gain += against[u * n + v] - against[v * n + u];
        if (gain > best + EQUAL_COSTS) {
            best = gain;
            place = to;
        }
    }
    gain = 0.0;
    for (uint32_t to = from + 1; to < n; to++) {
        size_t u = order[to];
        gain += against[v * n + u] - against[u * n + v];
        if (gain > best + EQUAL_COSTS) {
            best = gain;
            place = to;
        }
    }
    *ret_gain = best;
    return place;
}

static void move(uint32_t *order, uint32_t from, uint32_t to)
{
    uint32_t v = order[from];
    if (to < from)
        memmove(&order[to + 1], &order[to], (from - to) * sizeof(*order));
    else
        memmove(&order[from], &order[from + 1], (to - from) * sizeof(*order));
    order[to] = v;
}

void pl__kemeny_search(const double *against, uint32_t n, uint32_t *order)
{
    bool better = true;
    for (int sweep = 0; sweep < SWEEPS_MAX && better; sweep++) {
        better = false;
        for (uint32_t from = 0; from < n; from++) {
            double gain = 0.0;
            uint32_t to = best_place(against, n, order, from, &gain);
            if (to == from)
                continue;
            move(order, from, to);
            better = true;
        }
    }
}

double pl__kemeny_cost(const double *against, uint32_t n, const uint32_t *order)
{
    double cost = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = i + 1; k < n; k++)
            cost += against[(size_t)order[i] * n + order[k]];
    }
    return cost;
}
