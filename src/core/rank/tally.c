#include "tally.h"

#include "alloc.h"

#include <math.h>

bool pl__ballot_counts(const pl_ballot *ballot, const pl_rank_opts *opts)
{
    return ballot->weight > 0.0 && (opts->criterion == UINT32_MAX || ballot->criterion == opts->criterion);
}

double pl__ballot_weight(const pl_ballot *ballot, const pl_rank_input *in)
{
    if (in->opts->criterion == UINT32_MAX)
        return ballot->weight;
    return ballot->weight / pl_peer_table_criterion_shares(in->table, NULL)[ballot->criterion];
}

const pl_vote *pl__counting_votes(const pl_rank_input *in, size_t *ret_n, double *ret_weight)
{
    if (in->opts->criterion != UINT32_MAX && in->opts->criterion != 0) /* theirs is the only one */
        return NULL;
    return pl_peer_table_votes(in->table, ret_n, ret_weight);
}

pl_status pl__tally_init(pl_tally *tally, const pl_rank_input *in)
{
    size_t m = in->n_models;
    tally->won = pl__calloc(m * m, sizeof(*tally->won));
    tally->count = pl__calloc(m * m, sizeof(*tally->count));
    if (!tally->won || !tally->count) {
        pl__tally_clear(tally);
        return PL_E_NOMEM;
    }
    size_t n = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(in->table, &n);
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *v = &ballots[i];
        if (!pl__ballot_counts(v, in->opts))
            continue;
        size_t a = v->a * m + v->judge;
        size_t b = v->b * m + v->judge;
        tally->won[a] += v->weight * v->a_score;
        tally->won[b] += v->weight * (1.0 - v->a_score);
        tally->count[a] += v->weight;
        tally->count[b] += v->weight;
    }
    return PL_OK;
}

void pl__tally_clear(pl_tally *tally)
{
    pl__free(tally->won);
    pl__free(tally->count);
    *tally = (pl_tally){0};
}

double pl__weighted_mean(const pl_rank_input *in, uint32_t candidate, const double *w)
{
    const double *mean = pl_peer_table_mean(in->table) + (size_t)candidate * in->n_models;
    const double *count = pl_peer_table_count(in->table) + (size_t)candidate * in->n_models;
    double sum = 0.0;
    double total = 0.0;
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t judge = in->order[i];
        if (!(count[judge] > 0.0))
            continue;
        double weight = w ? w[judge] * count[judge] : count[judge];
        sum += weight * mean[judge];
        total += weight;
    }
    return total > 0.0 ? sum / total : (double)NAN;
}
