/* What a judge's own verdicts say about the judge: missing ones, position habits, agreement with itself when the two
 * answers change places. */
#include <peerless/signal.h>

#include "alloc.h"
#include "binomial.h"
#include "contingency.h"
#include "error.h"
#include "row_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIN_DECISIVE 10 /* verdicts before the first-shown share is judged */
#define MIN_SWAP_PAIRS 10
#define SHARE_LOW 0.1
#define SHARE_HIGH 0.9
#define INTERVAL_LEVEL 0.95
#define TEST_LEVEL 0.05
#define DENSE_MODELS_MAX 128u /* up to here a table of judges and pairs of models is small */

/* What the report does not keep, for one judge. */
typedef struct habit {
    uint64_t both_first; /* swap pairs in which the answer shown first won both times */
    uint64_t both_second;
    bool both_ways; /* was any pair of models shown in either order? */
} habit;

/* The verdict of the rows [0, n): repeats that agree count once, and repeats that differ are no verdict. */
static pl_verdict common_verdict(const pl_row_key *keys, size_t n, unsigned swapped)
{
    pl_verdict found = PL_VERDICT_MISSING;
    for (size_t i = 0; i < n; i++) {
        if (pl__row_swapped(&keys[i]) != swapped)
            continue;
        pl_verdict v = pl__row_verdict(&keys[i]);
        if (found != PL_VERDICT_MISSING && found != v)
            return PL_VERDICT_MISSING;
        found = v;
    }
    return found;
}

static void add_swap_pair(const pl_row_key *keys, size_t n, pl_judge_report *report, habit *h)
{
    pl_verdict straight = common_verdict(keys, n, 0);
    pl_verdict swapped = common_verdict(keys, n, 1);
    if (straight == PL_VERDICT_MISSING || swapped == PL_VERDICT_MISSING)
        return;
    report->swap_pairs++;
    if (straight == PL_VERDICT_TIE || swapped == PL_VERDICT_TIE) {
        report->swap_consistent += straight == swapped;
        return;
    }
    report->swap_consistent += straight != swapped;
    h->both_first += straight == PL_VERDICT_A && swapped == PL_VERDICT_A;
    h->both_second += straight == PL_VERDICT_B && swapped == PL_VERDICT_B;
}

static void add_swap_pairs(const pl_judgment_set *set, const pl_row_key *keys, size_t n, pl_judge_report *reports,
                           habit *habits)
{
    size_t end = 0;
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1;
             end < n && keys[end].pair == keys[i].pair && pl__row_case(&keys[end]) == pl__row_case(&keys[i]); end++)
            ;
        if (end == i + 1)
            continue; /* one verdict alone */
        uint32_t judge = set->rows[keys[i].row].judge;
        add_swap_pair(&keys[i], end - i, &reports[judge], &habits[judge]);
    }
}

static int compare_u64(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x;
    uint64_t b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* With a place for each judge and pair: bit 0 for one order, bit 1 for the other. */
static pl_status mark_both_ways(const pl_judgment_set *set, habit *habits)
{
    size_t m = set->n_models;
    uint8_t *seen = pl__calloc(m * m * m, sizeof(*seen));
    if (!seen)
        return PL_E_NOMEM;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *row = &set->rows[i];
        if (row->verdict == PL_VERDICT_MISSING)
            continue;
        size_t low = row->a < row->b ? row->a : row->b;
        size_t high = row->a < row->b ? row->b : row->a;
        uint8_t *orders = &seen[(row->judge * m + low) * m + high];
        *orders |= row->a < row->b ? 1 : 2;
        if (*orders == 3)
            habits[row->judge].both_ways = true;
    }
    pl__free(seen);
    return PL_OK;
}

/* Marks the judges that saw some pair of models in either order, on whatever items: with one order a question that
 * is how drawing it differs from fixing it. */
static pl_status find_both_ways(const pl_judgment_set *set, const pl_row_key *keys, size_t n, habit *habits)
{
    if (set->n_models <= DENSE_MODELS_MAX)
        return mark_both_ways(set, habits);
    uint64_t *seen = pl__calloc(n, sizeof(*seen));
    if (!seen)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &set->rows[keys[i].row];
        uint64_t low = row->a < row->b ? row->a : row->b;
        uint64_t high = row->a < row->b ? row->b : row->a;
        seen[i] = (uint64_t)row->judge << 33 | low << 17 | high << 1 | (row->a > row->b);
    }
    if (n > 0)
        qsort(seen, n, sizeof(*seen), compare_u64);
    for (size_t i = 1; i < n; i++) {
        if (seen[i - 1] + 1 == seen[i] && (seen[i] & 1))
            habits[seen[i] >> 33].both_ways = true;
    }
    pl__free(seen);
    return PL_OK;
}

static void count_rows(const pl_judgment_set *set, pl_judge_report *reports)
{
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_judgment *row = &set->rows[i];
        pl_judge_report *r = &reports[row->judge];
        r->asked++;
        if (row->verdict == PL_VERDICT_MISSING) {
            r->missing[row->missing == PL_MISSING_NOT ? PL_MISSING_UNSPECIFIED : row->missing]++;
            continue;
        }
        r->usable++;
        r->first += row->verdict == PL_VERDICT_A;
        r->second += row->verdict == PL_VERDICT_B;
        r->tie += row->verdict == PL_VERDICT_TIE;
    }
}

/* Sign test over swap pairs where they make up at least half of the verdicts, since two verdicts on one pair depend
 * on each other; else all verdicts, provided that the order was drawn and not fixed. */
static double position_p(const pl_judge_report *r, const habit *h, double (*test)(uint64_t k, uint64_t n))
{
    if (r->usable == 0)
        return (double)NAN;
    if (r->swap_pairs > 0 && 4 * r->swap_pairs >= r->usable)
        return test(h->both_first, h->both_first + h->both_second);
    if (h->both_ways)
        return test(r->first, r->first + r->second);
    return (double)NAN;
}

static bool position_flag(const pl_judge_report *r)
{
    uint64_t decisive = r->first + r->second;
    if (decisive < MIN_DECISIVE)
        return false;
    double low = 0.0;
    double high = 1.0;
    pl__binomial_interval(r->first, decisive, INTERVAL_LEVEL, &low, &high);
    return high < SHARE_LOW || low > SHARE_HIGH;
}

/* Chance is what a judge with these shares of first, second and tie reaches without looking at the answers. */
static bool inconsistent_flag(const pl_judge_report *r)
{
    if (r->swap_pairs < MIN_SWAP_PAIRS)
        return false;
    double n = (double)r->usable;
    double first = (double)r->first / n;
    double second = (double)r->second / n;
    double tie = (double)r->tie / n;
    double chance = fmin(2.0 * first * second + tie * tie, 1.0);
    if (r->swap_consistent == 0 || chance >= 1.0)
        return true;
    return pl__binomial_tail(r->swap_consistent, r->swap_pairs, chance) > TEST_LEVEL;
}

static void conclude(pl_judge_report *r, const habit *h)
{
    /* Where nothing was asked or no reply came there is no verdict that could be unusable. */
    uint64_t given = r->asked - r->missing[PL_MISSING_CALL] - r->missing[PL_MISSING_ANSWER];
    r->position_p = position_p(r, h, pl__binomial_sign_test);
    r->position_p_mid = position_p(r, h, pl__sign_test_mid);
    if (r->usable < given - r->usable)
        r->flags |= PL_FLAG_UNUSABLE;
    /* Shown in one fixed order, the first-shown share tells the models' quality as much as the judge's habit. */
    if (!isnan(r->position_p) && position_flag(r))
        r->flags |= PL_FLAG_POSITION;
    if (inconsistent_flag(r))
        r->flags |= PL_FLAG_INCONSISTENT;
}

pl_status pl_judge_reports(const pl_judgment_set *set, pl_judge_report *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_judge_report *reports = NULL;
    habit *habits = NULL;
    pl_row_key *keys = NULL;
    size_t n_keys = 0;

    if (!set || (!ret && set->n_models > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    rc = pl_judgment_set_check(set, reterr);
    if (rc)
        return rc;
    rc = pl__row_order(set, false, NULL, &keys, &n_keys, reterr);
    if (rc)
        return rc;
    reports = pl__calloc(set->n_models, sizeof(*reports));
    habits = pl__calloc(set->n_models, sizeof(*habits));
    if (!reports || !habits || find_both_ways(set, keys, n_keys, habits)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "reports on %u judges", set->n_models);
        goto out;
    }
    count_rows(set, reports);
    add_swap_pairs(set, keys, n_keys, reports, habits);
    for (uint32_t m = 0; m < set->n_models; m++) {
        if (reports[m].asked > 0)
            conclude(&reports[m], &habits[m]);
    }
    if (set->n_models > 0)
        memcpy(ret, reports, set->n_models * sizeof(*ret));
out:
    pl__free(reports);
    pl__free(habits);
    pl__free(keys);
    return rc;
}
