#ifndef PL_PEER_TABLE_H
#define PL_PEER_TABLE_H

#include "row_words.h"
#include <peerless/signal.h>

/* What a table keeps of one comparison: everything one judge said about one pair of answers to one item. */
typedef struct pl_comparison_sum {
    double low;  /* weighted sums of the scores of the candidate whose name sorts first, */
    double high; /* and of the other */
    double weight;
    uint32_t first_ballot;
    uint32_t n_ballots;
    bool low_is_a; /* of the ballots */
} pl_comparison_sum;

/* The same with what its ballots say of it. */
typedef struct pl_unit {
    pl_comparison_sum sum;
    uint32_t item;
    uint32_t judge;
    uint32_t a;
    uint32_t b;
} pl_unit;

typedef struct pl_plain pl_plain;

#define PL_NO_CLUSTER UINT32_MAX

/* What a resampled table still has to do when its ballots are asked for: most methods never ask. */
typedef struct pl_deferred {
    const pl_peer_table *base;
    uint32_t *copies;     /* by image of the base; or NULL: */
    const bool *left_out; /* by comparison of the base */
    bool filled;
    pl_ballot *ballots; /* room for cap_ballots */
    size_t cap_ballots;
    size_t n_ballots; /* to be filled in */
    pl_ballot *lone;  /* the same for these */
    size_t cap_lone;
    size_t n_lone;
    bool lone_filled;
} pl_deferred;

struct pl_peer_table {
    uint32_t n_models;
    double *mean;  /* [candidate * n_models + judge]; sums of scores while the table is built */
    double *count; /* the same shape */
    bool *candidate;
    bool *judge;
    pl_ballot *ballots; /* NULL in a resampled table, which has `deferred`, and where there is `plain`: ask
                           pl_peer_table_ballots() */
    size_t n_ballots;
    pl_ballot *lone; /* the same */
    size_t n_lone;
    double *criterion_shares; /* n_criteria; a resampled table leaves these to its base, and the next ones too */
    uint32_t n_criteria;
    uint32_t *families;       /* n_models */
    pl_comparison_sum *units; /* NULL likewise: ask pl__unit() */
    size_t n_units;
    uint32_t n_items;
    uint32_t *clusters; /* n_items: place of the item's image among the n_clusters, in byte order of ids */
    uint32_t n_clusters;
    uint32_t split_items;
    uint64_t dropped_pairs;
    uint64_t rescaled_pairs;
    pl_deferred *deferred;
    pl_plain *plain; /* plain_table.h, or NULL */
};

/* The table that pl_peer_table_build() makes, of words that leave nothing out; where the options do, they are made
 * again. They need not be sorted; they may be taken, and are to be cleared in any case. */
PL_NODISCARD pl_status pl__peer_table_from_words(pl_row_words *words, const pl_peer_opts *opts, pl_peer_table **ret,
                                                 pl_error *reterr);

/* Its ballots and one comparison of a table that was built. */
const pl_ballot *pl__built_ballots(const pl_peer_table *table);
pl_unit pl__unit(const pl_peer_table *table, size_t index);

/* Sums of scores become means. */
void pl__peer_table_divide(pl_peer_table *table);
/* The ballots of a resampled table. */
const pl_ballot *pl__deferred_ballots(pl_deferred *deferred);
const pl_ballot *pl__deferred_lone_ballots(pl_deferred *deferred);
void pl__deferred_free(pl_deferred *deferred);

#endif
