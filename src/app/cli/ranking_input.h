#ifndef PL_RANKING_INPUT_H
#define PL_RANKING_INPUT_H

#include "analysis.h"
#include "option.h"
#include "stored_judgments.h"

/* Where judgments come from, for rank and diagnose: a stored run or logs. The options are the same in both. */
extern const pl_option pl__ranking_options[];
#define PL_RANKING_OPTIONS 31

typedef struct pl_ranking_input {
    pl_store *store;
    pl_replay *replay;
    pl_stored_judgments *stored;
    pl_judgment_log *log;
    const pl_judgment_set *set;
    const pl_row_source *rows;  /* where its rows are, if they do not stand in it; else NULL */
    const double *weights;      /* gamma, or NULL */
    double *judge_weights;      /* of --methods weights:FILE, or NULL */
    pl_judgment_log *reference; /* of --reference, or NULL */
    bool pair_orders;
} pl_ranking_input;

/* Opens the stored run that --store, --config and --run name. Default: --store run.db. */
PL_NODISCARD pl_status pl__ranking_open_run(const pl_args *args, pl_store **ret_store, pl_replay **ret_replay,
                                            pl_error *reterr);
/* Reads what --store, --run or --judgments name. Default: --store run.db. packed: the rows of a log may be left where
 * the input's `rows` says. */
PL_NODISCARD pl_status pl__ranking_input_open(const pl_args *args, bool packed, pl_ranking_input *ret,
                                              pl_error *reterr);
/* The same for a store that is open already. */
PL_NODISCARD pl_status pl__ranking_input_from_store(pl_store *store, int64_t run_id, pl_ranking_input *ret,
                                                    pl_error *reterr);
void pl__ranking_input_clear(pl_ranking_input *input); /* closes a store that it opened itself */
/* Runs the methods; adds the notes that the input calls for. */
PL_NODISCARD pl_status pl__ranking_input_analyse(const pl_ranking_input *input, const pl_rank_request *request,
                                                 pl_analysis **ret, pl_error *reterr);
/* Runs the default methods as they are: what run and demo end with. */
PL_NODISCARD pl_status pl__ranking_by_default(const pl_ranking_input *input, pl_analysis **ret, pl_error *reterr);
/* The request that the options make; methods defaults to upme,peer-review. `methods` has PL_METHODS_MAX places. */
PL_NODISCARD pl_status pl__ranking_request(const pl_args *args, pl_ranking_input *input, const char **methods,
                                           pl_rank_request *ret, pl_error *reterr);

/* --bootstrap (0: none) and --interval. PL_E_INVALID. */
PL_NODISCARD pl_status pl__bootstrap_options(const pl_args *args, uint32_t *ret_n, pl_interval *ret_interval,
                                             pl_error *reterr);
/* Seed and settings of the methods; the command has the options --seed, --upme-… and --bt-ridge. */
PL_NODISCARD pl_status pl__ranking_method_options(const pl_args *args, pl_rank_opts *opts, pl_error *reterr);

#endif
