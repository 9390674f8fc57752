/* What a table keeps, in either of its forms, unless it was drawn from another. */
#include "peer_table.h"
#include "plain_table.h"

const pl_ballot *pl__built_ballots(const pl_peer_table *table)
{
    return table->plain ? pl__plain_ballots(table) : table->ballots;
}

pl_unit pl__unit(const pl_peer_table *table, size_t index)
{
    if (table->plain)
        return pl__plain_unit(table, index);
    const pl_comparison_sum *sum = &table->units[index];
    const pl_ballot *v = &table->ballots[sum->first_ballot];
    return (pl_unit){.sum = *sum, .item = v->item, .judge = v->judge, .a = v->a, .b = v->b};
}
