#include "alloc.h"
#include "error.h"
#include "ranks.h"

#include <math.h>
#include <peerless/stats.h>
#include <stdlib.h>
#include <string.h>

typedef struct place {
    double value;
    size_t index;
} place;

static int compare_places(const void *left, const void *right)
{
    const place *a = left;
    const place *b = right;
    bool a_nan = isnan(a->value);
    bool b_nan = isnan(b->value);
    if (a_nan != b_nan)
        return a_nan ? 1 : -1;
    if (!a_nan && (a->value < b->value || a->value > b->value))
        return a->value > b->value ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

pl_status pl__order_descending(const double *x, size_t n, size_t *ret)
{
    place *places = pl__calloc(n, sizeof(*places));
    if (!places)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        places[i] = (place){x[i], i};
    qsort(places, n, sizeof(*places), compare_places);
    for (size_t i = 0; i < n; i++)
        ret[i] = places[i].index;
    pl__free(places);
    return PL_OK;
}

/* Bottom-up merge sort; an element of the right half that overtakes k of the left is k inversions. */
uint64_t pl__sort_counting(double *x, double *scratch, size_t n)
{
    uint64_t inversions = 0;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t mid = low + width < n ? low + width : n;
            size_t high = mid + width < n ? mid + width : n;
            size_t left = low;
            size_t right = mid;
            for (size_t k = low; k < high; k++) {
                bool take_right = left >= mid || (right < high && x[right] < x[left]);
                if (take_right)
                    inversions += mid - left;
                scratch[k] = take_right ? x[right++] : x[left++];
            }
        }
        memcpy(x, scratch, n * sizeof(*x));
    }
    return inversions;
}

static bool tied(double a, double b)
{
    return isnan(a) ? isnan(b) : !isnan(b) && !(a < b) && !(a > b);
}

pl_status pl_stats_ranks_descending(const double *x, size_t n, double *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    size_t *order = NULL;

    if (n > 0 && (!x || !ret))
        return pl__fail(reterr, PL_E_INVALID, "ranks: null argument");
    order = pl__calloc(n, sizeof(*order));
    if (!order || pl__order_descending(x, n, order) != PL_OK) {
        rc = pl__fail(reterr, PL_E_NOMEM, "ranks of %zu values", n);
        goto out;
    }
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && tied(x[order[from]], x[order[to]]); to++)
            continue;
        double shared = ((double)from + (double)to + 1) / 2; /* mean of from+1 .. to */
        for (size_t i = from; i < to; i++)
            ret[order[i]] = shared;
    }
out:
    pl__free(order);
    return rc;
}

bool pl_stats_top1(const double *x, const double *y, size_t n)
{
    size_t best = SIZE_MAX;
    double largest = -HUGE_VAL;
    if (!x || !y)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i]) && (best == SIZE_MAX || x[i] > x[best]))
            best = i;
        if (y[i] > largest)
            largest = y[i];
    }
    return best != SIZE_MAX && y[best] >= largest;
}

/* "True rank of the model predicted best, second best, …" as numbers 0..n-1, each once. */
static pl_status true_ranks(const double *predicted, const double *truth, size_t n, double *ret)
{
    pl_status rc = PL_E_NOMEM;
    size_t *by_prediction = pl__calloc(n, sizeof(*by_prediction));
    size_t *by_truth = pl__calloc(n, sizeof(*by_truth));
    double *rank = pl__calloc(n, sizeof(*rank));

    if (!by_prediction || !by_truth || !rank)
        goto out;
    if (pl__order_descending(predicted, n, by_prediction) != PL_OK || pl__order_descending(truth, n, by_truth) != PL_OK)
        goto out;
    for (size_t i = 0; i < n; i++)
        rank[by_truth[i]] = (double)i;
    for (size_t i = 0; i < n; i++)
        ret[i] = rank[by_prediction[i]];
    rc = PL_OK;
out:
    pl__free(by_prediction);
    pl__free(by_truth);
    pl__free(rank);
    return rc;
}

/* Bandt and Pompe (2002), order 3: the six ways in which three neighbours can be ordered. */
static double entropy_of_windows(const double *s, size_t n)
{
    size_t counts[8] = {0};
    double entropy = 0;
    for (size_t i = 0; i + 2 < n; i++) {
        unsigned pattern = (s[i] < s[i + 1] ? 1u : 0u) | (s[i + 1] < s[i + 2] ? 2u : 0u) | (s[i] < s[i + 2] ? 4u : 0u);
        counts[pattern]++;
    }
    for (size_t i = 0; i < 8; i++) {
        double share = (double)counts[i] / (double)(n - 2);
        if (counts[i] > 0)
            entropy -= share * log(share);
    }
    return fmax(entropy, 0); /* no -0 */
}

pl_status pl_stats_permutation_entropy(const double *predicted, const double *truth, size_t n, double *ret,
                                       pl_error *reterr)
{
    pl_status rc = PL_OK;
    double *sequence = NULL;

    if (!ret || (n > 0 && (!predicted || !truth)))
        return pl__fail(reterr, PL_E_INVALID, "permutation entropy: null argument");
    if (n < 3) {
        *ret = nan("");
        return PL_OK;
    }
    sequence = pl__calloc(n, sizeof(*sequence));
    if (!sequence || true_ranks(predicted, truth, n, sequence) != PL_OK) {
        rc = pl__fail(reterr, PL_E_NOMEM, "permutation entropy of %zu values", n);
        goto out;
    }
    *ret = entropy_of_windows(sequence, n);
out:
    pl__free(sequence);
    return rc;
}

/* Patience sorting: tails[k] is the smallest end of an increasing subsequence of length k + 1. */
static size_t longest_increasing(const double *s, size_t n, double *tails)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        size_t low = 0;
        size_t high = length;
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (tails[mid] < s[i])
                low = mid + 1;
            else
                high = mid;
        }
        tails[low] = s[i];
        if (low == length)
            length++;
    }
    return length;
}

pl_status pl_stats_order(const double *predicted, const double *truth, size_t n, uint64_t *ret_inversions,
                         uint64_t *ret_lis, pl_error *reterr)
{
    pl_status rc = PL_OK;
    double *sequence = NULL;
    double *scratch = NULL;

    if (!ret_inversions || !ret_lis || (n > 0 && (!predicted || !truth)))
        return pl__fail(reterr, PL_E_INVALID, "order: null argument");
    sequence = pl__calloc(n, sizeof(*sequence));
    scratch = pl__calloc(n, sizeof(*scratch));
    if (!sequence || !scratch || true_ranks(predicted, truth, n, sequence) != PL_OK) {
        rc = pl__fail(reterr, PL_E_NOMEM, "order of %zu values", n);
        goto out;
    }
    *ret_lis = longest_increasing(sequence, n, scratch);
    *ret_inversions = pl__sort_counting(sequence, scratch, n);
out:
    pl__free(sequence);
    pl__free(scratch);
    return rc;
}
