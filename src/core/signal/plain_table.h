#ifndef PL_PLAIN_TABLE_H
#define PL_PLAIN_TABLE_H

#include "peer_table.h"
#include "row_words.h"
#include "thread.h"

/* Tables of plain rows: one criterion, one weight, one image for each item, and orders that count by themselves, as in
 * most logs. Their sums are whole numbers times half the weight, and exact, so that parts of them may
 * be added up by several threads. Ballots are kept as votes of eight bytes; what else a ballot says follows. */

/* Of the two answers. */
typedef struct pl_vote_lengths {
    uint32_t a;
    uint32_t b;
} pl_vote_lengths;

/* Where a comparison's votes begin; they end where those of the next one begin. */
typedef struct pl_vote_run {
    uint32_t first;
    uint32_t item;
} pl_vote_run;

struct pl_plain {
    double weight; /* of every vote */
    uint32_t threads;
    pl_vote *votes;           /* in the order of ballots; as many */
    pl_vote_lengths *lengths; /* by vote; NULL if none is known */
    pl_vote_run *runs;        /* n_units + 1 */
    pl_vote_block *blocks;
    size_t n_blocks;
    pl_ballot *ballots; /* made when they are first asked for, */
    pl_once *once;      /* which this sees to */
};

bool pl__plain_rows(const pl_row_words *words, bool pair_orders);
/* Sums, votes and comparisons of a table that has none; takes the words' memory. Sums of scores are not yet means. */
PL_NODISCARD pl_status pl__plain_fill(pl_peer_table *table, pl_row_words *words, pl_error *reterr);
pl_unit pl__plain_unit(const pl_peer_table *table, size_t index);
/* Makes the ballots if nobody has yet. */
const pl_ballot *pl__plain_ballots(const pl_peer_table *table);
void pl__plain_free(pl_plain *plain);

#endif
