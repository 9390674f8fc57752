#include "battles.h"

#include "alloc.h"
#include "tally.h"

#include <string.h>

typedef struct sums {
    double weight;
    double a;
    double b;
    double share; /* of all gamma, by the criteria present */
} sums;

static bool same_battle(const pl_ballot *x, const pl_ballot *y)
{
    return x->item == y->item && x->a == y->a && x->b == y->b && x->judge == y->judge;
}

static bool counts(const pl_ballot *v, const pl_rank_input *in, bool by_criterion)
{
    return v->weight > 0.0 && (!by_criterion || pl__ballot_counts(v, in->opts));
}

/* Ballots of one criterion stand together within a battle. */
static sums sum_up(const pl_rank_input *in, bool by_criterion, const pl_ballot *ballots, size_t n)
{
    const double *shares = pl_peer_table_criterion_shares(in->table, NULL);
    sums s = {0};
    bool any = false;
    uint32_t criterion = 0;
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *v = &ballots[i];
        if (!counts(v, in, by_criterion))
            continue;
        s.weight += v->weight;
        s.a += v->weight * v->a_score;
        s.b += v->weight * (1.0 - v->a_score);
        if (!any || v->criterion != criterion)
            s.share += shares[v->criterion];
        criterion = v->criterion;
        any = true;
    }
    return s;
}

static void scale(pl_battle *battles, size_t n)
{
    double largest = 0.0;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        largest = battles[i].weight > largest ? battles[i].weight : largest;
    for (size_t i = 0; i < n; i++)
        sum += battles[i].weight / largest;
    for (size_t i = 0; i < n; i++)
        battles[i].weight = battles[i].weight / largest / (sum / (double)n);
}

pl_status pl__battles_new(const pl_rank_input *in, bool by_criterion, pl_battle **ret, size_t *ret_n)
{
    size_t n_ballots = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(in->table, &n_ballots);
    size_t n = 0;
    size_t end = 0;
    pl_battle *battles = pl__calloc(n_ballots, sizeof(*battles));
    if (!battles)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n_ballots; i = end) {
        for (end = i + 1; end < n_ballots && same_battle(&ballots[end], &ballots[i]); end++)
            ;
        sums s = sum_up(in, by_criterion, &ballots[i], end - i);
        if (!(s.weight > 0.0))
            continue;
        battles[n++] = (pl_battle){.judge = ballots[i].judge,
                                   .a = ballots[i].a,
                                   .b = ballots[i].b,
                                   .a_score = s.a / s.weight,
                                   .b_score = s.b / s.weight,
                                   .weight = s.weight / s.share};
    }
    scale(battles, n);
    *ret = battles;
    *ret_n = n;
    return PL_OK;
}
