/** @file
 * From judgments to tables: who judged whom how (R[j][r]), ballots, and what is odd about a judge.
 */
#ifndef PEERLESS_SIGNAL_H
#define PEERLESS_SIGNAL_H

#include <peerless/judgments.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How pl_peer_table_build() counts; start from PL_PEER_OPTS_INIT. */
typedef struct pl_peer_opts {
    uint32_t size_bytes; /**< sizeof this struct, as the _INIT macro sets it */
    /** gamma per criterion, n_criteria long, >= 0, at least one > 0; NULL: equal. Rescaled to sum 1 (UPME eq. 9). */
    const double *criterion_weights;
    /** Average the two orders of a pair first and drop a pair whose other order is missing (own runs with both orders);
     *  otherwise every usable row stands as it is (imported logs). */
    bool pair_orders;
    /** Leave out rows in which the judge is one of the two candidates. */
    bool drop_self_reviews;
    /** Judges to leave out, n_models long, or NULL. */
    const bool *exclude_judges;
    uint32_t threads; /**< to use at most; 0 is 1. Nothing in the table depends on it */
} pl_peer_opts;
/** The defaults of pl_peer_opts. */
#define PL_PEER_OPTS_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(pl_peer_opts), NULL, false, false, NULL, 0                                                              \
    }

/** One vote on an unordered pair, a < b: a usable (criterion, order) verdict. Weight gamma_c over the sum of all gamma,
 *  halved with pair_orders (where a verdict without its other order is no ballot), times the row's weight. */
typedef struct pl_ballot {
    uint32_t item;      /**< index into items; in a resampled table each copy has its own */
    uint32_t image;     /**< index into images */
    uint32_t judge;     /**< index into models */
    uint32_t a;         /**< index into models */
    uint32_t b;         /**< the other one; index into models */
    uint32_t criterion; /**< index into criteria */
    bool a_first;       /**< was a the answer shown first? */
    double a_score;     /**< 1 win, 0.5 tie, 0 loss */
    double weight;      /**< see above */
    uint32_t a_length;  /**< of the row; 0 if unknown. Ballots that differ in their lengths alone stand in any order */
    uint32_t b_length;  /**< the same for b */
} pl_ballot;

/** A ballot in eight bytes, in a table whose ballots differ in nothing else but lengths: see pl_peer_table_votes(). */
typedef struct pl_vote {
    uint16_t a;       /**< index into models, below b */
    uint16_t b;       /**< index into models */
    uint16_t judge;   /**< index into models */
    uint8_t a_halves; /**< twice a_score: 2 win, 1 tie, 0 loss */
    bool a_first;     /**< was a the answer shown first? */
} pl_vote;

/** The votes on one item: they stand together. */
typedef struct pl_vote_block {
    uint32_t item;  /**< index into items */
    uint32_t image; /**< index into images */
    size_t first;   /**< place of its first vote */
    size_t n;       /**< how many they are; at least 1 */
} pl_vote_block;

/** Immutable once built. Everything in it is sums over canonically sorted rows: input order cannot change a bit. */
typedef struct pl_peer_table pl_peer_table;

/**
 * @param set  borrowed during the call only; at most 65,535 models and criteria
 * @param opts NULL: the defaults
 * @return PL_OK, PL_E_INVALID, PL_E_RANGE (also for a gamma that is negative or no number) or PL_E_NOMEM. A set
 *         with no usable row gives a table of zeros.
 */
PL_API PL_NODISCARD pl_status pl_peer_table_build(const pl_judgment_set *set, const pl_peer_opts *opts,
                                                  pl_peer_table **ret, pl_error *reterr);
PL_API void pl_peer_table_free(pl_peer_table *table); /**< NULL is a no-op */
/** As many as the set has, judges or candidates or neither. */
PL_API uint32_t pl_peer_table_n_models(const pl_peer_table *table);
/** R, row-major [candidate * n_models + judge]: mean of S_VL (0..1); 0 where nothing was judged. Borrowed. */
PL_API const double *pl_peer_table_mean(const pl_peer_table *table);
/** n, the same shape: how many pairs (weighted) stand behind each mean; 0 means undefined. Borrowed. */
PL_API const double *pl_peer_table_count(const pl_peer_table *table);
/** Is the model compared anywhere (was it ever in a pair, usable or not)? */
PL_API bool pl_peer_table_is_candidate(const pl_peer_table *table, uint32_t model);
/** Does the model judge anywhere, after exclusions? */
PL_API bool pl_peer_table_is_judge(const pl_peer_table *table, uint32_t model);
/** The ballots, sorted by (item, pair, judge, criterion, order) in byte order of names and ids, so that a pair's
 *  ballots stand together. Borrowed. */
PL_API const pl_ballot *pl_peer_table_ballots(const pl_peer_table *table, size_t *ret_n);
/** The ballots in brief: as many, and in the same order. There are some if the table was built, without pair_orders,
 * from rows of one criterion, all of one weight (of at most 20 significant bits), and each item's of
 * one image; then the ballots themselves are made, once, when they are first asked for. NULL otherwise, and in a
 * resampled table. Borrowed.
 *  @param ret_n      how many, or NULL
 *  @param ret_weight what each weighs, or NULL */
PL_API const pl_vote *pl_peer_table_votes(const pl_peer_table *table, size_t *ret_n, double *ret_weight);
/** The items of the votes, in byte order of their ids; NULL where there are no votes. Borrowed. */
PL_API const pl_vote_block *pl_peer_table_vote_blocks(const pl_peer_table *table, size_t *ret_n);
/** Usable verdicts whose other order is missing, in the same order; only with pair_orders are there any. They are no
 *  ballots, and stand here for methods that model the position. Their weight is not halved. In a resampled table they
 *  follow their images, under item indices of their own, but no comparison takes them along when it is left out.
 *  Borrowed. */
PL_API const pl_ballot *pl_peer_table_lone_ballots(const pl_peer_table *table, size_t *ret_n);
/** Each criterion's gamma over the sum of all gamma: the share of it in a ballot's weight. Borrowed. */
PL_API const double *pl_peer_table_criterion_shares(const pl_peer_table *table, uint32_t *ret_n_criteria);
/** n_models numbers: models of one family, and only they, have the same. Borrowed. */
PL_API const uint32_t *pl_peer_table_families(const pl_peer_table *table);
/** Pairs (one judge, one item) that were dropped because one order is missing. */
PL_API uint64_t pl_peer_table_dropped_pairs(const pl_peer_table *table);
/** Pairs for which gamma was rescaled because one criterion is missing. */
PL_API uint64_t pl_peer_table_rescaled_pairs(const pl_peer_table *table);

/** One comparison: all that one judge said about one pair of answers to one item, its orders and criteria together. */
typedef struct pl_comparison {
    uint32_t item;  /**< index into items */
    uint32_t judge; /**< index into models */
    uint32_t a;     /**< a < b */
    uint32_t b;     /**< index into models */
    double a_score; /**< S_VL of a, 0..1; 0 if no criterion with a gamma above 0 is behind it */
    double b_score; /**< S_VL of b, likewise */
    double weight;  /**< 1 for a full pair of weight-1 rows; 0 as said */
} pl_comparison;

/** How many comparisons the table is made of, in the order of its ballots. 0 in a resampled table. */
PL_API size_t pl_peer_table_n_comparisons(const pl_peer_table *table);
/** @param index below the number of comparisons */
PL_API pl_comparison pl_peer_table_comparison(const pl_peer_table *table, size_t index);
/** Images with at least one usable row: the clusters for resampling. 0 in a resampled table. An item whose rows name
 *  several images belongs to that of its first row in canonical order. */
PL_API uint32_t pl_peer_table_n_images(const pl_peer_table *table);
/** By item: the place of its image among the pl_peer_table_n_images(), in byte order of their ids, or UINT32_MAX for an
 *  item without a usable row. n_items long; borrowed. NULL for a resampled table. */
PL_API const uint32_t *pl_peer_table_item_images(const pl_peer_table *table, uint32_t *ret_n_items);
/** Items whose usable rows name several images. */
PL_API uint32_t pl_peer_table_split_items(const pl_peer_table *table);

/** What is needed to draw tables from a table again and again, quickly. Immutable once built: threads may share it. */
typedef struct pl_resampler pl_resampler;

/**
 * @param base borrowed until the resampler and all tables drawn with it are freed; not itself a resampled table
 * @return PL_OK, PL_E_INVALID or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_resampler_new(const pl_peer_table *base, pl_resampler **ret, pl_error *reterr);
PL_API void pl_resampler_free(pl_resampler *resampler); /**< NULL is a no-op */

/**
 * The table in which image i was seen copies[i] times. Every method may rank it. It knows the candidates and judges of
 * the base, even where nothing of theirs was drawn; each copy of an item has an item index of its own; the ballots are
 * made when they are first asked for, so that a drawn table belongs to one thread.
 * @param copies pl_peer_table_n_images() numbers, by the byte order of the images' ids
 * @param table  in: NULL, or a table drawn before with this resampler, whose memory is used again; out: the table
 * @return PL_OK, PL_E_INVALID, PL_E_LIMIT (more than 2^32 - 1 ballots or items) or PL_E_NOMEM; on failure *table is
 *         NULL or as good for another draw as before, and nothing else
 */
PL_API PL_NODISCARD pl_status pl_resampler_draw(const pl_resampler *resampler, const uint32_t *copies,
                                                pl_peer_table **table, pl_error *reterr);

/**
 * Several draws at once, each as pl_resampler_draw() makes it; of a table with votes much faster than one by one.
 * @param copies n times as many, one draw after the other
 * @param tables n, each as for one draw
 * @return as for one draw; on failure each table is NULL or as good for another draw as before
 */
PL_API PL_NODISCARD pl_status pl_resampler_draw_many(const pl_resampler *resampler, const uint32_t *copies, size_t n,
                                                     pl_peer_table **tables, pl_error *reterr);

/**
 * The same with comparisons left out instead.
 * @param left_out pl_peer_table_n_comparisons() places; borrowed until the table is freed or drawn again
 */
PL_API PL_NODISCARD pl_status pl_resampler_leave_out(const pl_resampler *resampler, const bool *left_out,
                                                     pl_peer_table **table, pl_error *reterr);

/** Reasons to distrust a judge; flags combine. Rows for which nothing was asked or no reply came (PL_MISSING_ANSWER,
 *  PL_MISSING_CALL) are no verdicts of the judge: they cannot make it unusable. */
#define PL_FLAG_UNUSABLE (1u << 0) /**< fewer than half of its verdicts are usable */
#define PL_FLAG_POSITION                                                                                               \
    (1u << 1) /**< first-shown share's 95 % interval lies outside [.1, .9] (>= 10 decisive); never                     \
               where position_p is undefined, as in one fixed order */
#define PL_FLAG_INCONSISTENT (1u << 2) /**< swap consistency is not above chance (>= 10 swap pairs, one-sided .05) */

/** One judge's habits, over all its rows. */
typedef struct pl_judge_report {
    uint64_t asked;                     /**< rows, the missing ones included */
    uint64_t usable;                    /**< rows with a verdict */
    uint64_t missing[PL_MISSING_COUNT]; /**< by reason */
    uint64_t first;                     /**< verdicts for the answer shown first */
    uint64_t second;                    /**< for the other one */
    uint64_t tie;                       /**< for neither */
    uint64_t swap_pairs;      /**< pairs judged in both orders, both usable and neither contradicting a repeat */
    uint64_t swap_consistent; /**< of these, the same winner (or tie) both times */
    double position_p;        /**< swap pairs are half of the verdicts or more: sign test of (first, first) against
                                   (second, second) pairs; else, if any two models were shown both ways: binomial over
                                   decisive verdicts; else NaN, since one fixed order is confounded with quality */
    uint32_t flags;           /**< PL_FLAG_* */
    double position_p_mid;    /**< position_p as a mid-p value: nearer to its nominal level in small samples */
} pl_judge_report;

/**
 * Screening and position diagnostics of every model as a judge.
 * @param ret n_models reports, filled on success; a model that never judges is all zeros
 * @return PL_OK, PL_E_INVALID, PL_E_RANGE or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_judge_reports(const pl_judgment_set *set, pl_judge_report *ret, pl_error *reterr);

#ifdef __cplusplus
}
#endif
#endif
