/* What a table tells of itself, whether it was built, plain or drawn from another. */
#include "peer_table.h"
#include "plain_table.h"

uint32_t pl_peer_table_n_models(const pl_peer_table *table)
{
    return table->n_models;
}

const double *pl_peer_table_mean(const pl_peer_table *table)
{
    return table->mean;
}

const double *pl_peer_table_count(const pl_peer_table *table)
{
    return table->count;
}

bool pl_peer_table_is_candidate(const pl_peer_table *table, uint32_t model)
{
    return model < table->n_models && table->candidate[model];
}

bool pl_peer_table_is_judge(const pl_peer_table *table, uint32_t model)
{
    return model < table->n_models && table->judge[model];
}

const pl_ballot *pl_peer_table_ballots(const pl_peer_table *table, size_t *ret_n)
{
    if (ret_n)
        *ret_n = table->deferred ? table->deferred->n_ballots : table->n_ballots;
    if (table->deferred)
        return pl__deferred_ballots(table->deferred);
    return pl__built_ballots(table);
}

const pl_vote *pl_peer_table_votes(const pl_peer_table *table, size_t *ret_n, double *ret_weight)
{
    if (!table->plain)
        return NULL;
    if (ret_n)
        *ret_n = table->n_ballots;
    if (ret_weight)
        *ret_weight = table->plain->weight;
    return table->plain->votes;
}

const pl_vote_block *pl_peer_table_vote_blocks(const pl_peer_table *table, size_t *ret_n)
{
    if (ret_n)
        *ret_n = table->plain ? table->plain->n_blocks : 0;
    return table->plain ? table->plain->blocks : NULL;
}

const pl_ballot *pl_peer_table_lone_ballots(const pl_peer_table *table, size_t *ret_n)
{
    if (ret_n)
        *ret_n = table->deferred ? table->deferred->n_lone : table->n_lone;
    return table->deferred ? pl__deferred_lone_ballots(table->deferred) : table->lone;
}

const double *pl_peer_table_criterion_shares(const pl_peer_table *table, uint32_t *ret_n_criteria)
{
    const pl_peer_table *base = table->deferred ? table->deferred->base : table;
    if (ret_n_criteria)
        *ret_n_criteria = base->n_criteria;
    return base->criterion_shares;
}

const uint32_t *pl_peer_table_families(const pl_peer_table *table)
{
    return table->deferred ? table->deferred->base->families : table->families;
}

uint64_t pl_peer_table_dropped_pairs(const pl_peer_table *table)
{
    return table->dropped_pairs;
}

uint64_t pl_peer_table_rescaled_pairs(const pl_peer_table *table)
{
    return table->rescaled_pairs;
}

uint32_t pl_peer_table_n_images(const pl_peer_table *table)
{
    return table->n_clusters;
}

const uint32_t *pl_peer_table_item_images(const pl_peer_table *table, uint32_t *ret_n_items)
{
    if (ret_n_items)
        *ret_n_items = table->n_items;
    return table->clusters;
}

uint32_t pl_peer_table_split_items(const pl_peer_table *table)
{
    return table->split_items;
}

size_t pl_peer_table_n_comparisons(const pl_peer_table *table)
{
    return table->n_units;
}

pl_comparison pl_peer_table_comparison(const pl_peer_table *table, size_t index)
{
    pl_unit u = pl__unit(table, index);
    double weight = u.sum.weight;
    return (pl_comparison){.item = u.item,
                           .judge = u.judge,
                           .a = u.a,
                           .b = u.b,
                           .a_score = weight > 0.0 ? (u.sum.low_is_a ? u.sum.low : u.sum.high) / weight : 0.0,
                           .b_score = weight > 0.0 ? (u.sum.low_is_a ? u.sum.high : u.sum.low) / weight : 0.0,
                           .weight = weight};
}
