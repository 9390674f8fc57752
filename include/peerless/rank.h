/** @file
 * From tables to scores. Each method is one row of a registry; new ones are added by name.
 *
 * R[j][r] is the table's mean, n[j][r] its count, w the judges' weights. Scores lie in [0, 1] unless said otherwise.
 * - "peer-review": G_j = sum over r of n R / sum over r of n. "single:<judge>": the same for one r.
 * - "upme" (UPME, eqs. 5 and 10): G_j(w) = sum of w_r n R / sum of w_r n; each epoch w <- w - step (w - G(w)).
 *   A judge that is no candidate weighs as the candidates' mean; a candidate that does not judge has w = G.
 * - "upme-ema" (UPME, Algorithm 1): battles (all that one judge said about one pair of answers to one item) are drawn
 *   without replacement, upme_epochs times over. Each moves the G of both its candidates, from 1/2, to
 *   (1 - alpha) G + alpha S, alpha = min(1, 0.05 w_r / mean w), then w takes one step of upme's. Score: mean of G
 *   over the last pass. Loss: before each pass. Draws go by the order of names and ids.
 * - "upme-sum" (UPME, eq. 5 as printed), for comparison only: G_j = sum of w_r n R / sum of n, and w is rescaled to
 *   mean 1 after each of upme's steps. Scores are positive.
 * - "pico" (Ning et al. 2024): w = sigmoid(L x + b), x ~ N(0, 1) and L, b uniform within 1/sqrt(m) drawn once; 30
 *   epochs of gradient descent on 1 - Pearson(w, G), rate 0.1, a tenth of it after every 10; G_j = sum over battles of
 *   w_r times what j earns / battles; a win earns 1 + (rank of the winner - rank of the loser) / 200 with rank 0 for
 *   the largest w, a tie 1/2. Scores are about the win rate times the mean weight. Draws go by the order of names.
 * - "weights:<any name>": G(pl_rank_opts.weights), as in upme.
 * - "majority-vote", "prd": see their rows.
 * - "rating-vote" (Allahbakhsh & Ignjatovic 2012): option o of poll l (a pair of answers to an item; a, tie, b) has the
 *   credibility rho = S / |S_l|, S = sum of the trust of those who vote for it; trust T_r = sum of the credibility of
 *   r's votes. Iterated from T = 1 until no rho moves by 1e-10, at most 10,000 times. Score: mean of 1, 1/2, 0 weighted
 *   by rho; weights: T, of mean 1.
 * - "elo" (Elo 1978): from 1000, each verdict moves a by K (s - 1 / (1 + 10^((b - a) / 400))), K = 32 for a verdict of
 *   the mean weight. It depends on the order of the verdicts, which is the ballots': by item, pair, judge, criterion.
 */
#ifndef PEERLESS_RANK_H
#define PEERLESS_RANK_H

#include <peerless/signal.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Where UPME starts. */
typedef enum pl_upme_init { PL_UPME_INIT_ONES = 0, PL_UPME_INIT_RANDOM = 1 } pl_upme_init;

/** Options of the methods; start from PL_RANK_OPTS_INIT. */
typedef struct pl_rank_opts {
    uint32_t size_bytes;    /**< sizeof this struct, as the _INIT macro sets it */
    double upme_step;       /**< in (0, 1]; 0 means 0.5 */
    uint32_t upme_epochs;   /**< 0 means 30 */
    pl_upme_init upme_init; /**< where the one run starts */
    uint32_t upme_restarts; /**< 0: one run; else that many random starts, every distinct fixed point reported */
    uint32_t
        criterion;   /**< for methods that take no gamma (majority-vote, prd, single): index, or UINT32_MAX for all */
    uint64_t seed;   /**< of random starts and draws */
    double bt_ridge; /**< bt, bt-davidson: lambda of the penalty lambda/2 times the sum of squared strengths; >= 0 */
    /** For "weights:…": n_models judge weights, >= 0 and finite; NaN for models without one, which may not judge.
     *  Borrowed during the call. */
    const double *weights;
} pl_rank_opts;
/** The defaults of pl_rank_opts. */
#define PL_RANK_OPTS_INIT                                                                                              \
    {                                                                                                                  \
        sizeof(pl_rank_opts), 0.0, 0, PL_UPME_INIT_ONES, 0, UINT32_MAX, 1, 1e-3, NULL                                  \
    }

/** One row of the registry. */
typedef struct pl_rank_method {
    const char *name;        /**< as in --methods; "single:" stands for a family of methods */
    const char *description; /**< one line */
    const char *source;      /**< paper and equation, or "ours" */
} pl_rank_method;

/** All methods, static storage. */
PL_API const pl_rank_method *pl_rank_methods(size_t *ret_n);

/** Scores of one method; immutable. */
typedef struct pl_ranking pl_ranking;

/**
 * Methods that fit a model to the verdicts, in natural-log strengths theta of mean 0 (larger is better):
 * - "bt" (Bradley & Terry 1952): P(j before k) = 1 / (1 + exp(theta_k - theta_j)), a tie is half a win each; maximises
 *   sum of weight * ln P - bt_ridge / 2 * sum theta^2. Newton; stops at |gradient| <= 1e-12 (1 + sum of weights).
 * - "bt-davidson" (Davidson 1970): P(j) : P(tie) : P(k) = exp(d/2) : nu : exp(-d/2), d = theta_j - theta_k, the same
 *   penalty on theta, none on nu.
 *   With bt_ridge 0, models without a finite strength (never lost, never won, or beyond a one-way gap) get NaN and a
 *   warning, the largest class of the others is scored; where models never met, or no class is the largest, all are
 *   NaN. pl_ranking_fit() says which it was.
 * - "judge-bt" (ours): Davidson's probabilities per judge r with d = a_r (theta_j - theta_k) + delta_r + beta_r x +
 *   s_r f and nu_r; j is shown first, x = ln(length_j / length_k) / length_sd (0 where a length is unknown),
 *   f = [j is of r's family] - [k is of r's family]. Penalties: theta ~ N(0, 3^2), a_r ~ N(1, 1/4) on a_r >= 0,
 *   delta_r ~ N(0, 1), beta_r ~ N(beta, 1/4), s_r ~ N(s, 1/4), beta, s ~ N(0, 1/4). Lone orders count too. Weights of
 *   the ranking are a_r; see pl_ranking_bias() and pl_ranking_errors().
 *   For these three a ballot weighs as in the table, but for gamma: with one criterion gamma has no part in it.
 * - "dawid-skene" (Dawid & Skene 1979): each (item, pair, order, criterion) has a true outcome (first, tie, second, as
 *   shown) with prior probabilities pi; judge r labels outcome t as l with probability C_r[t][l]. EM from the shares
 *   of the votes until no probability changes by more than 1e-10 (or 10,000 steps, or 2e9 votes looked at).
 *   "dawid-skene-one-coin": C_r[t][t] = p_r, the other two (1 - p_r) / 2. Score: mean posterior P(win) + P(tie) / 2;
 *   weights: sum over t of pi[t] C_r[t][t].
 *
 * @param method       a registry name; "single:<judge>" takes the judge's name, "weights:<any name>" the weights of
 * opts
 * @param models       the names of the set that the table was built from, n_models of the table
 * @return PL_OK, PL_E_NOT_FOUND (method or judge; msg lists what there is), PL_E_INVALID (also a judge without a
 *         weight), PL_E_LIMIT (strengths of more than 4,096 models) or PL_E_NOMEM. A candidate without any weight
 * behind it has the score NaN (undefined) and a warning.
 */
PL_API PL_NODISCARD pl_status pl_rank_run(const char *method, const pl_peer_table *table, const char *const *models,
                                          const pl_rank_opts *opts, pl_ranking **ret, pl_error *reterr);
PL_API void pl_ranking_free(pl_ranking *ranking); /**< NULL is a no-op */
/** n_models scores, larger is better; NaN is undefined (also for judges that are no candidates). Borrowed. */
PL_API const double *pl_ranking_scores(const pl_ranking *ranking);
/** n_models judge weights, or NULL if the method has none. Borrowed. */
PL_API const double *pl_ranking_weights(const pl_ranking *ranking);
/** Loss of each epoch, taken before its step (UPME eq. 10; pico: 1 - correlation); *ret_n 0 if the method has none.
 * Borrowed. */
PL_API const double *pl_ranking_loss(const pl_ranking *ranking, size_t *ret_n);
/** Sentences a user must read beside the scores. Borrowed. */
PL_API const char *const *pl_ranking_warnings(const pl_ranking *ranking, size_t *ret_n);

/** How an iterative fit ended. */
typedef enum pl_fit_state {
    PL_FIT_NOTHING = 0,   /**< no judgment that counts: there was nothing to fit */
    PL_FIT_CONVERGED = 1, /**< the gradient (EM: the last change) is within the tolerance */
    PL_FIT_STOPPED = 2,   /**< the limit of iterations came first, or rounding; a warning says so */
    PL_FIT_PARTIAL = 3,   /**< converged, but some models have no finite strength (NaN); only without a penalty */
    PL_FIT_NO_MAXIMUM = 4 /**< the likelihood has no finite maximum: every score is NaN; only without a penalty */
} pl_fit_state;

/** What an iterative fit says of itself. */
typedef struct pl_fit_report {
    pl_fit_state state;    /**< how it ended */
    uint32_t iterations;   /**< steps taken */
    double gradient;       /**< its largest element at the end, those pushing against a bound apart; EM: last change */
    double tolerance;      /**< what it was held against */
    double log_likelihood; /**< natural logarithm, penalties not included */
    double nu;             /**< bt-davidson: the tie parameter (infinite if every verdict is a tie); else NaN */
    uint32_t n_groups;     /**< bt family: groups of models that never met; 1 if all are connected */
    uint32_t n_classes; /**< bt family: strongly connected classes; 1 if everyone's strength is finite without help */
} pl_fit_report;

/** Of bt, bt-davidson, judge-bt, dawid-skene, dawid-skene-one-coin; NULL for methods that fit nothing. Borrowed. */
PL_API const pl_fit_report *pl_ranking_fit(const pl_ranking *ranking);

/** Standard errors of the scores, n_models, roots of the diagonal of H^-1 (J + L) H^-1; NaN where undefined. NULL: the
 *  method has none (judge-bt has). H is the Hessian at the maximum, L the part of it that the penalties make, and J the
 *  rest with each verdict counted with its weight once more: a verdict is one observation whatever its weight, and two
 *  orders of half a weight each are two, but for how much a judge's verdicts on one pair of answers resemble each other
 *  (an exchangeable correlation per judge, by moments; Liang & Zeger 1986). Without such pairs and with weights of 1 it
 *  is the inverse Hessian. They know nothing of images that several judgments share: the bootstrap does. Borrowed. */
PL_API const double *pl_ranking_errors(const pl_ranking *ranking);

/** Why a parameter of a judge is not identified by the data; reasons combine. */
#define PL_BIAS_NO_VERDICTS (1u << 0)      /**< the judge has no verdict that counts */
#define PL_BIAS_AT_BOUND (1u << 1)         /**< a is 0: the judge's verdicts have nothing to do with the strengths */
#define PL_BIAS_ONE_ORDER (1u << 2)        /**< nobody saw any pair of models in both orders */
#define PL_BIAS_NO_LENGTHS (1u << 3)       /**< no pair of answers with known, different lengths */
#define PL_BIAS_CONSTANT_LENGTHS (1u << 4) /**< each model's answers have one length: confounded with strength */
#define PL_BIAS_NO_OWN_PAIR (1u << 5)      /**< no pair with exactly one answer from the judge's family */
#define PL_BIAS_NO_OTHER_JUDGE                                                                                         \
    (1u << 6)                       /**< no judge from another family saw that family: confounded with strength        \
                                     */
#define PL_BIAS_NO_TIES (1u << 7)   /**< no verdict is a tie: nu is 0 */
#define PL_BIAS_ONLY_TIES (1u << 8) /**< every verdict is a tie: nu is infinite, and nothing else is known */

/** A sentence part for one reason ("no verdict is a tie"). Never NULL; static storage. */
PL_API const char *pl_bias_reason_text(uint32_t reason);

/** A parameter with its standard error. What is not identified (reasons other than 0) is where the penalty puts it. */
typedef struct pl_bias_term {
    double estimate;  /**< the parameter */
    double error;     /**< see pl_ranking_errors(); NaN where undefined */
    uint32_t reasons; /**< PL_BIAS_*; 0: identified */
} pl_bias_term;

/** One judge's parameters in judge-bt; all NaN where PL_BIAS_NO_VERDICTS. */
typedef struct pl_judge_bias {
    pl_bias_term a;     /**< discrimination, >= 0; 1 is the average judge, 0 one that guesses */
    pl_bias_term delta; /**< position: natural-log odds for the answer shown first */
    pl_bias_term beta;  /**< verbosity: natural-log odds for each length_sd that the answer is longer */
    pl_bias_term s;     /**< self-preference: natural-log odds for an answer of the judge's own family */
    pl_bias_term nu;    /**< tie parameter; an interval is nu exp(-+ z error / nu), made on the logarithm */
    double weight;      /**< of its verdicts */
} pl_judge_bias;

/** What judge-bt says of the judges. */
typedef struct pl_bias_report {
    const pl_judge_bias *judges; /**< n_models */
    pl_bias_term beta;           /**< what the judges' beta scatter around */
    pl_bias_term s;              /**< what the judges' s scatter around */
    double length_sd;            /**< root mean square of ln(length first / length second); 0 if unknown */
    double known_lengths;        /**< share of the verdicts with both lengths known */
} pl_bias_report;

/** The judges' parameters; NULL unless the method is judge-bt. Borrowed. */
PL_API const pl_bias_report *pl_ranking_bias(const pl_ranking *ranking);

#ifdef __cplusplus
}
#endif
#endif
