/** @file
 * What is odd about a judge: a taste for long answers, for its own or its family's, contradictions with itself, and
 * how far judges agree with each other and with a reference.
 */
#ifndef PEERLESS_DIAGNOSTICS_H
#define PEERLESS_DIAGNOSTICS_H

#include <peerless/judgments.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Judges between whom kappa is worked out, at most; with more there is no matrix. */
#define PL_KAPPA_JUDGES_MAX 512u
/** Images before a bias test is made. */
#define PL_BIAS_IMAGES_MIN 10u
/** Pairs of models not of its own that a judge must share with others before its self-preference is tested. */
#define PL_BIAS_SHARED_PAIRS_MIN 3u

/** Options of pl_diagnostics_run(); start from PL_DIAGNOSTICS_OPTS_INIT. */
typedef struct pl_diagnostics_opts {
    uint32_t size_bytes; /**< sizeof this struct, as the _INIT macro sets it */
    /** Judgments by people or by a judge to be trusted, or NULL. All its rows together are one reference, whoever gave
     *  them: the majority decides. Items, models and criteria are matched by name; if the sets share no criterion, all
     *  of them count together. Borrowed during the call only. */
    const pl_judgment_set *reference;
} pl_diagnostics_opts;
/** The defaults of pl_diagnostics_opts. */
#define PL_DIAGNOSTICS_OPTS_INIT                                                                                       \
    {                                                                                                                  \
        sizeof(pl_diagnostics_opts), NULL                                                                              \
    }

/** Why there is no bias test. */
typedef enum pl_untested {
    PL_UNTESTED_NOT = 0, /**< there is one */
    PL_UNTESTED_NO_PAIR =
        1, /**< no pair with answers of known, unequal length; or with exactly one answer of its own */
    PL_UNTESTED_FEW_IMAGES = 2,   /**< fewer than PL_BIAS_IMAGES_MIN images */
    PL_UNTESTED_ONE_LENGTH = 3,   /**< the same model is the longer one in every pair: confounded with its quality */
    PL_UNTESTED_NO_COMPARISON = 4 /**< too few pairs shared with other judges (or the reference): confounded too */
} pl_untested;

/** The reason as a sentence part. Never NULL; static storage. */
PL_API const char *pl_untested_text(pl_untested reason);

/**
 * One judge's taste for one kind of answer: the longer one, or its own (its family's) against another's. A unit is one
 * pair of answers to one item: all orders and criteria together, decided by the net of the judge's usable verdicts
 * (each criterion counts once: the sign of its two orders), so that the two verdicts on a swapped pair count once.
 *
 * The counts, the table and share_p describe; they take units for independent, and where quality goes with length or
 * with the judge, they show that too. The bias test is `effect` with `p`: clustered by image (delete-a-group jackknife
 * of at most 100 groups, pseudo-values, Student's t; Tukey 1958, Wu 1986), and free of the models' own quality:
 * - verbosity: how much more often an answer wins where it is the longer one than where it is the shorter, within
 *   pairs of models (Mantel-Haenszel risk difference over pairs of models, a tie is half a win); with a reference,
 *   the judge's difference minus the reference's on the same units;
 * - self-preference: mean of y - b_r u - c_r u^3 over pairs with exactly one own answer; y is the judge's score of its
 *   own minus 1/2, u_jk what the other judges' (and the reference's) verdicts on the pair say, b_r how sharply judge r
 *   tells models apart, c_r whether more or less so where they differ much, both from the pairs that are not its own:
 *   u by least squares for y = a_r u_jk, then b and c; below ten such pairs of models c is 0 and b is a (ours). A noisy
 *   judge of strong models is thus not taken for a modest one.
 */
typedef struct pl_taste {
    uint64_t chosen;  /**< units in which the longer (own) answer was chosen */
    uint64_t against; /**< the other one */
    double share_p;   /**< exact binomial test of chosen against 1/2; NaN without units */
    /** Without a reference, verdicts: rows first-shown is longer (own) / is not, columns it won / lost. With one,
     *  units on which both decided: rows judge / reference, columns longer / shorter (own / other). */
    uint64_t table[2][2];
    double chi2;           /**< Pearson's, no correction; NaN if a row or column is empty */
    double chi2_yates;     /**< with Yates's correction */
    double chi2_p;         /**< of chi2, 1 degree of freedom */
    double phi;            /**< sqrt(chi2 / N) */
    uint64_t pairs;        /**< units on which judge and reference decided; 0 without a reference, as the next two */
    uint64_t judge_only;   /**< b: the judge chose the longer (own), the reference the other */
    uint64_t other_only;   /**< c: the reverse */
    double mcnemar_p;      /**< exact (McNemar 1947); NaN without a reference */
    double mcnemar_p_mid;  /**< mid-p (Fagerland, Lydersen & Laake 2013) */
    double mcnemar_effect; /**< (b - c) / pairs */
    double effect;         /**< see above; NaN if there is no test */
    double error;          /**< its standard error */
    double p;              /**< two-sided; never below 2^(1 - images), what flipping signs could reach */
    uint32_t images;       /**< behind the test */
    pl_untested untested;  /**< why effect and p are NaN, if they are */
} pl_taste;

/** One judge, whole. */
typedef struct pl_judge_diagnosis {
    pl_taste verbosity;        /**< for the longer answer */
    pl_taste self_preference;  /**< for its own and its family's */
    uint64_t triads;           /**< three answers to one item with every pair of them decided */
    uint64_t cyclic_triads;    /**< of these, a beats b beats c beats a; a judge without taste has 1 in 4 */
    uint64_t reference_pairs;  /**< units that judge and reference both gave a verdict on, ties included */
    uint64_t reference_agreed; /**< of these, the same: consistency is their share */
} pl_judge_diagnosis;

/** Immutable once built. */
typedef struct pl_diagnostics pl_diagnostics;

/**
 * Diagnoses every judge of the set. Every order of rows, models and items gives the same numbers.
 * @param set  borrowed during the call only; at most 65,535 models and criteria
 * @param opts NULL: the defaults
 * @param ret  set on success; release with pl_diagnostics_free()
 * @return PL_OK, PL_E_INVALID (NULL), PL_E_RANGE (a row of the set or of the reference) or PL_E_NOMEM
 */
PL_API PL_NODISCARD pl_status pl_diagnostics_run(const pl_judgment_set *set, const pl_diagnostics_opts *opts,
                                                 pl_diagnostics **ret, pl_error *reterr);
PL_API void pl_diagnostics_free(pl_diagnostics *diagnostics); /**< NULL is a no-op */
/** One per model, n_models; a model that never judges has counts of 0. Borrowed. */
PL_API const pl_judge_diagnosis *pl_diagnostics_judges(const pl_diagnostics *diagnostics);
/** Krippendorff's alpha, nominal, with missing values (Krippendorff 2011): units are (item, pair, criterion), values
 *  first, tie or second of the pair, both orders together. NaN: no unit has two judges, or nobody ever differs from a
 *  single value. *ret_units: units with two judges or more; may be NULL. */
PL_API double pl_diagnostics_alpha(const pl_diagnostics *diagnostics, uint64_t *ret_units);
/** Cohen's kappa (1960) of each two judges on the same values, [r * n_models + q]; NaN where undefined and on the
 *  diagonal. NULL with more than PL_KAPPA_JUDGES_MAX judges. Borrowed. */
PL_API const double *pl_diagnostics_kappa(const pl_diagnostics *diagnostics);
/** How many units stand behind each kappa, the same shape; NULL likewise. Borrowed. */
PL_API const uint64_t *pl_diagnostics_kappa_units(const pl_diagnostics *diagnostics);

#ifdef __cplusplus
}
#endif
#endif
