/* What a judge's own verdicts say about the judge: missing ones, position habits, agreement with itself when the two
 * answers change places. */
#include "judge_report.h"

#include "alloc.h"
#include "binomial.h"
#include "contingency.h"
#include "error.h"
#include "judgment_check.h"
#include "row_order.h"
#include "thread.h"

#include <math.h>
#include <stdatomic.h>
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

/* What one worker has found: whole numbers, to be added up. */
typedef struct worker {
    pl_judge_report *reports;
    habit *habits;
} worker;

typedef struct job {
    const pl_judgment_set *set;
    pl_row_words words;
    size_t n_workers; /* as many as there are stretches of rows */
    worker *workers;
    atomic_uchar *seen; /* [judge][low][high]: bit 0 for one order, bit 1 for the other; NULL if that were too large */
} job;

/* The verdict of the words [0, n): repeats that agree count once, and repeats that differ are no verdict. */
static pl_verdict common_verdict(const uint64_t *words, size_t n, unsigned row_bits, unsigned swapped)
{
    pl_verdict found = PL_VERDICT_MISSING;
    for (size_t i = 0; i < n; i++) {
        uint64_t code = words[i] >> row_bits;
        if (pl__code_swapped(code) != swapped)
            continue;
        pl_verdict v = pl__code_verdict(code);
        if (found != PL_VERDICT_MISSING && found != v)
            return PL_VERDICT_MISSING;
        found = v;
    }
    return found;
}

static void add_swap_pair(const uint64_t *words, size_t n, unsigned row_bits, pl_judge_report *report, habit *h)
{
    pl_verdict straight = common_verdict(words, n, row_bits, 0);
    pl_verdict swapped = common_verdict(words, n, row_bits, 1);
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

static void add_item(const pl_row_words *w, uint32_t rank, worker *own)
{
    const uint64_t *x = w->words;
    unsigned shift = w->row_bits + PL_CODE_CASE_SHIFT;
    size_t end = 0;
    for (size_t i = w->first[rank]; i < w->first[rank + 1]; i = end) {
        for (end = i + 1; end < w->first[rank + 1] && x[end] >> shift == x[i] >> shift; end++)
            ;
        if (end == i + 1)
            continue; /* one verdict alone */
        uint32_t judge = w->models[pl__code_ranks(w, x[i] >> w->row_bits).judge];
        add_swap_pair(&x[i], end - i, w->row_bits, &own->reports[judge], &own->habits[judge]);
    }
}

static pl_status add_items(size_t index, void *user, pl_error *reterr)
{
    job *j = user;
    const pl_row_words *w = &j->words;
    uint32_t end = pl__row_words_bound(w, index + 1, j->n_workers);
    uint64_t *scratch = pl__malloc(w->largest * sizeof(*scratch));
    if (!scratch)
        return pl__fail(reterr, PL_E_NOMEM, "reports on %u judges", j->set->n_models);
    for (uint32_t rank = pl__row_words_bound(w, index, j->n_workers); rank < end; rank++) {
        pl__row_words_sort(w, rank, scratch);
        add_item(w, rank, &j->workers[index]);
    }
    pl__free(scratch);
    return PL_OK;
}

/* Where a word does not hold a row: the same words, of one item and without their rows, made of each case's keys. */
static pl_status add_keys(job *j, pl_error *reterr)
{
    pl_row_key *keys = NULL;
    size_t end = 0;
    size_t n = j->words.n;
    pl_status rc = pl__row_keys(&j->words, &keys, reterr);
    uint64_t *words = rc ? NULL : pl__malloc(n * sizeof(*words));
    if (!rc && !words)
        rc = pl__fail(reterr, PL_E_NOMEM, "reports on %u judges", j->set->n_models);
    for (size_t i = 0; i < n && !rc && words; i = end) {
        size_t k = 0;
        uint32_t judge = j->words.models[pl__row_unit(&keys[i])];
        for (end = i; end < n && keys[end].pair == keys[i].pair && pl__row_case(&keys[end]) == pl__row_case(&keys[i]);
             end++)
            words[k++] = (uint64_t)pl__row_swapped(&keys[end]) << 2 | pl__row_verdict(&keys[end]);
        add_swap_pair(words, k, 0, &j->workers[0].reports[judge], &j->workers[0].habits[judge]);
    }
    pl__free(words);
    pl__free(keys);
    return rc;
}

static int compare_u64(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x;
    uint64_t b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* Nearly always it was seen before: then nothing is written. */
static void mark(atomic_uchar *seen, size_t m, const pl_judgment *row)
{
    size_t low = row->a < row->b ? row->a : row->b;
    size_t high = row->a < row->b ? row->b : row->a;
    unsigned char order = row->a < row->b ? 1 : 2;
    atomic_uchar *at = &seen[(row->judge * m + low) * m + high];
    if ((atomic_load_explicit(at, memory_order_relaxed) & order) == 0)
        (void)atomic_fetch_or_explicit(at, order, memory_order_relaxed);
}

static void count_rows(void *user, size_t stretch, const pl_judgment *rows, size_t n)
{
    job *j = user;
    worker *own = &j->workers[stretch];
    for (size_t i = 0; i < n; i++) {
        const pl_judgment *row = &rows[i];
        pl_judge_report *r = &own->reports[row->judge];
        r->asked++;
        if (row->verdict == PL_VERDICT_MISSING) {
            r->missing[row->missing == PL_MISSING_NOT ? PL_MISSING_UNSPECIFIED : row->missing]++;
            continue;
        }
        r->usable++;
        r->first += row->verdict == PL_VERDICT_A;
        r->second += row->verdict == PL_VERDICT_B;
        r->tie += row->verdict == PL_VERDICT_TIE;
        if (j->seen)
            mark(j->seen, j->set->n_models, row);
    }
}

/* Marks the judges that saw some pair of models in either order, on whatever items: with one order a question that
 * is how drawing it differs from fixing it. */
static pl_status find_both_ways(job *j)
{
    const pl_row_words *w = &j->words;
    habit *habits = j->workers[0].habits;
    size_t m = j->set->n_models;
    size_t n = 0;
    for (size_t k = 0; k < m * m * m && j->seen; k++) {
        if (j->seen[k] == 3)
            habits[k / m / m].both_ways = true;
    }
    if (j->seen)
        return PL_OK;
    uint64_t *seen = pl__calloc(w->n, sizeof(*seen));
    if (!seen)
        return PL_E_NOMEM;
    for (size_t i = 0; w->words && i < w->n; i++) {
        uint64_t code = w->words[i] >> w->row_bits;
        pl_code_ranks r = pl__code_ranks(w, code);
        seen[n++] =
            (uint64_t)w->models[r.judge] << 33 | (uint64_t)r.low << 17 | (uint64_t)r.high << 1 | pl__code_swapped(code);
    }
    for (size_t i = 0; !w->words && i < j->set->n_rows; i++) {
        const pl_judgment *row = &j->set->rows[i];
        uint64_t low = row->a < row->b ? row->a : row->b;
        uint64_t high = row->a < row->b ? row->b : row->a;
        if (row->verdict != PL_VERDICT_MISSING)
            seen[n++] = (uint64_t)row->judge << 33 | low << 17 | high << 1 | (row->a > row->b);
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

/* All that is found comes to the first worker. */
static void gather(job *j)
{
    for (size_t i = 1; i < j->n_workers; i++) {
        for (uint32_t m = 0; m < j->set->n_models; m++) {
            const pl_judge_report *from = &j->workers[i].reports[m];
            pl_judge_report *to = &j->workers[0].reports[m];
            to->asked += from->asked;
            to->usable += from->usable;
            to->first += from->first;
            to->second += from->second;
            to->tie += from->tie;
            to->swap_pairs += from->swap_pairs;
            to->swap_consistent += from->swap_consistent;
            for (size_t k = 0; k < PL_MISSING_COUNT; k++)
                to->missing[k] += from->missing[k];
            j->workers[0].habits[m].both_first += j->workers[i].habits[m].both_first;
            j->workers[0].habits[m].both_second += j->workers[i].habits[m].both_second;
        }
    }
}

static pl_status open_workers(job *j, uint32_t threads)
{
    size_t m = j->set->n_models;
    j->n_workers = pl__row_stretches(j->set, threads);
    j->workers = pl__calloc(j->n_workers, sizeof(*j->workers));
    j->seen = m <= DENSE_MODELS_MAX ? pl__calloc(m * m * m, sizeof(*j->seen)) : NULL;
    if (!j->workers || (m <= DENSE_MODELS_MAX && !j->seen))
        return PL_E_NOMEM;
    for (size_t i = 0; i < j->n_workers; i++) {
        worker *w = &j->workers[i];
        w->reports = pl__calloc(m, sizeof(*w->reports));
        w->habits = pl__calloc(m, sizeof(*w->habits));
        if (!w->reports || !w->habits)
            return PL_E_NOMEM;
    }
    return PL_OK;
}

static void close_job(job *j)
{
    for (size_t i = 0; i < j->n_workers && j->workers; i++) {
        pl__free(j->workers[i].reports);
        pl__free(j->workers[i].habits);
    }
    pl__free(j->workers);
    pl__free(j->seen);
    pl__row_words_clear(&j->words);
}

/* Counts the rows and compares those of an item. */
static pl_status survey(job *j, const pl_row_source *source, uint32_t threads, pl_error *reterr)
{
    const pl_row_watcher watcher = {.see = count_rows, .user = j};
    const pl_row_rules rules = {.check_rows = true, .threads = threads, .source = source, .watcher = &watcher};
    pl_status rc = pl__row_words_make(j->set, &rules, &j->words, reterr);
    if (rc)
        return rc;
    j->words.rules.watcher = NULL;
    if (j->words.words)
        return pl__parallel_for(j->n_workers, threads, add_items, j, reterr);
    rc = pl__rows_expand(j->set, source, reterr);
    return rc ? rc : add_keys(j, reterr);
}

pl_status pl__judge_reports(const pl_judgment_set *set, const pl_row_source *source, uint32_t threads,
                            pl_judge_report *ret, pl_row_words *ret_words, pl_error *reterr)
{
    if (!set || (!ret && set->n_models > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    job j = {.set = set};
    pl_status rc = pl__judgment_names_check(set, reterr);
    if (!rc && open_workers(&j, threads))
        rc = pl__fail(reterr, PL_E_NOMEM, "reports on %u judges", set->n_models);
    if (!rc)
        rc = survey(&j, source, threads, reterr);
    if (rc)
        goto out;
    gather(&j);
    if (find_both_ways(&j)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "reports on %u judges", set->n_models);
        goto out;
    }
    for (uint32_t m = 0; m < set->n_models; m++) {
        if (j.workers[0].reports[m].asked > 0)
            conclude(&j.workers[0].reports[m], &j.workers[0].habits[m]);
    }
    if (set->n_models > 0)
        memcpy(ret, j.workers[0].reports, set->n_models * sizeof(*ret));
    if (ret_words) {
        *ret_words = j.words;
        j.words = (pl_row_words){0};
    }
out:
    close_job(&j);
    return rc;
}

pl_status pl_judge_reports(const pl_judgment_set *set, pl_judge_report *ret, pl_error *reterr)
{
    return pl__judge_reports(set, NULL, 1, ret, NULL, reterr);
}
