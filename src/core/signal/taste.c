/* What the tastes for long and for own answers have in common. */
#include "diagnosis.h"

#include "alloc.h"
#include "binomial.h"
#include "contingency.h"
#include "jackknife.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units that show a taste, and which way: 1 for the longer (own) answer, -1 against it, 0 undecided. */
static int towards(int side, int net)
{
    return side * net;
}

static void count_units(pl_diagnosis *d, pl_side_fn side, pl_taste *(*taste_of)(pl_judge_diagnosis *judge))
{
    for (size_t i = 0; i < d->all.n_units; i++) {
        const pl_judged_unit *u = &d->all.units[i];
        pl_taste *t = taste_of(&d->judges[u->judge]);
        int way = towards(side(d->set, u), u->net);
        t->chosen += way > 0;
        t->against += way < 0;
    }
}

static void count_verdicts(pl_diagnosis *d, pl_side_fn side, pl_taste *(*taste_of)(pl_judge_diagnosis *judge))
{
    for (size_t i = 0; i < d->set->n_rows; i++) {
        const pl_judgment *row = &d->set->rows[i];
        pl_judged_unit as_shown = {.judge = row->judge, .low = row->a, .high = row->b};
        if (row->verdict != PL_VERDICT_A && row->verdict != PL_VERDICT_B)
            continue;
        if (row->a_length > 0 && row->b_length > 0)
            as_shown.longer = (row->a_length > row->b_length) - (row->a_length < row->b_length);
        int way = side(d->set, &as_shown);
        if (way != 0)
            taste_of(&d->judges[row->judge])->table[way < 0][row->verdict == PL_VERDICT_B]++;
    }
}

static void count_matched(pl_diagnosis *d, pl_side_fn side, pl_taste *(*taste_of)(pl_judge_diagnosis *judge))
{
    for (size_t i = 0; i < d->shared.n_units; i++) {
        const pl_judged_unit *u = &d->shared.units[i];
        pl_taste *t = taste_of(&d->judges[u->judge]);
        int which = side(d->set, u);
        int way = towards(which, u->net);
        int other = d->views[i].found ? towards(which, d->views[i].net) : 0;
        if (way == 0 || other == 0)
            continue;
        t->pairs++;
        t->table[0][way < 0]++;
        t->table[1][other < 0]++;
        t->judge_only += way > other;
        t->other_only += way < other;
    }
}

void pl__taste_counts(pl_diagnosis *d, pl_side_fn side, pl_taste *(*taste_of)(pl_judge_diagnosis *judge))
{
    count_units(d, side, taste_of);
    if (d->has_reference)
        count_matched(d, side, taste_of);
    else
        count_verdicts(d, side, taste_of);
    for (uint32_t m = 0; m < d->set->n_models; m++) {
        pl_taste *t = taste_of(&d->judges[m]);
        uint64_t units = t->chosen + t->against;
        double total = (double)(t->table[0][0] + t->table[0][1] + t->table[1][0] + t->table[1][1]);
        t->share_p = units > 0 ? pl__binomial_sign_test(t->chosen, units) : (double)NAN;
        t->chi2 = pl__chi2_table((const uint64_t(*)[2])t->table, 0);
        t->chi2_yates = pl__chi2_table((const uint64_t(*)[2])t->table, 1);
        t->chi2_p = pl__chi2_p(t->chi2);
        t->phi = sqrt(t->chi2 / total);
        t->mcnemar_p = t->mcnemar_p_mid = t->mcnemar_effect = (double)NAN;
        t->effect = t->error = t->p = (double)NAN;
        t->untested = PL_UNTESTED_NO_PAIR;
        if (t->pairs == 0)
            continue;
        t->mcnemar_p = pl__binomial_sign_test(t->judge_only, t->judge_only + t->other_only);
        t->mcnemar_p_mid = pl__sign_test_mid(t->judge_only, t->judge_only + t->other_only);
        t->mcnemar_effect = ((double)t->judge_only - (double)t->other_only) / (double)t->pairs;
    }
}

static int compare_u32(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x;
    uint32_t b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

pl_status pl__bias_groups(uint32_t *images, size_t n, uint32_t *ret_n_groups, uint32_t *ret_n_images)
{
    uint32_t *sorted = pl__calloc(n, sizeof(*sorted));
    uint32_t n_images = 0;
    if (!sorted)
        return PL_E_NOMEM;
    if (n > 0) {
        memcpy(sorted, images, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), compare_u32);
    }
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1])
            sorted[n_images++] = sorted[i];
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t *place = bsearch(&images[i], sorted, n_images, sizeof(*sorted), compare_u32);
        images[i] = (uint32_t)(place - sorted) % PL_BIAS_GROUPS_MAX;
    }
    pl__free(sorted);
    *ret_n_images = n_images;
    *ret_n_groups = n_images < PL_BIAS_GROUPS_MAX ? n_images : PL_BIAS_GROUPS_MAX;
    return PL_OK;
}

bool pl__taste_test(pl_taste *t, double whole, const double *without, uint32_t n_groups, uint32_t n_images)
{
    t->images = n_images;
    if (n_images < PL_BIAS_IMAGES_MIN) {
        t->untested = PL_UNTESTED_FEW_IMAGES;
        return true;
    }
    uint32_t clusters = n_images < n_groups ? n_images : n_groups;
    pl_jackknife j = pl__jackknife(whole, without, n_groups, (double)clusters - 1.0);
    if (isnan(j.p))
        return false;
    t->effect = j.estimate;
    t->error = j.error;
    t->p = fmax(j.p, ldexp(1.0, n_images < 1000 ? 1 - (int)n_images : -999));
    t->untested = PL_UNTESTED_NOT;
    return true;
}
