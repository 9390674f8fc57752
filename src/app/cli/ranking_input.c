#include "ranking_input.h"

#include "alloc.h"
#include "corrected.h"
#include "error.h"
#include "file.h"
#include "prompt.h"
#include <math.h>
#include <string.h>

#define STORE_DEFAULT "run.db"
#define INSTRUCTION_BYTES_MAX 65536u
#define WEIGHTS_METHOD "weights:"

const pl_option pl__ranking_options[PL_RANKING_OPTIONS] = {
    {"store", 0, PL_OPTION_TEXT, "FILE", "a store that a run has written (default " STORE_DEFAULT ")"},
    {"run", 0, PL_OPTION_COUNT, "ID", "which of its runs (default: the latest)"},
    {"evaluation", 0, PL_OPTION_TEXT, "peer_review|uncertainty",
     "which of the run's evaluations (default: peer_review if it has that)"},
    {"judgments", 0, PL_OPTION_FILES, "FILE...", "judgment logs instead (JSONL, may be .gz, - is standard input)"},
    {"responses", 0, PL_OPTION_FILES, "FILE...",
     "the models' own answers instead: JSONL, results of VLMEvalKit or lmms-eval, or folders of these (default methods "
     "within,margin,majority)"},
    {"model", 0, PL_OPTION_FILES, "NAME=FILE...", "responses: whose a result file is, where its path does not say"},
    {"methods", 'm', PL_OPTION_LIST, "LIST", "ranking methods, comma separated (default upme,peer-review)"},
    {"list-methods", 0, PL_OPTION_FLAG, NULL, "show all methods and where they come from"},
    {"truth", 0, PL_OPTION_TEXT, "FILE.csv", "hold the rankings against scores you know (CSV model,score)"},
    {"consensus", 0, PL_OPTION_FLAG, NULL, "combine the methods' rankings, and show how they correlate"},
    {"criterion", 0, PL_OPTION_TEXT, "NAME", "for methods that know no weights: correctness, visual, … or all"},
    {"no-self-review", 0, PL_OPTION_FLAG, NULL, "leave out judgments of pairs that the judge is in"},
    {"exclude-flagged", 0, PL_OPTION_FLAG, NULL, "leave out judges that the screening flags"},
    {"skip-bad", 0, PL_OPTION_FLAG, NULL, "count bad lines of a log instead of stopping"},
    {"judge-prompt", 0, PL_OPTION_TEXT, "FILE", "what the judges of a log were told, to tell echoes from verdicts"},
    {"bootstrap", 0, PL_OPTION_COUNT, "N",
     "resample the images N times: intervals, P(best), tied groups (1000 is usual)"},
    {"interval", 0, PL_OPTION_TEXT, "percentile|bca", "kind of interval of --bootstrap (default percentile)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "for everything that is drawn (default 1)"},
    {"upme-step", 0, PL_OPTION_NUMBER, "X", "step of each epoch, 0 < X <= 1 (default 0.5)"},
    {"upme-epochs", 0, PL_OPTION_COUNT, "N", "epochs at most (default 30)"},
    {"upme-init", 0, PL_OPTION_TEXT, "ones|random", "starting weights (default ones)"},
    {"upme-restarts", 0, PL_OPTION_COUNT, "N", "random starts; every distinct fixed point is reported"},
    {"bt-ridge", 0, PL_OPTION_NUMBER, "X", "bt, bt-davidson: penalty on strengths, 0 or more (default 0.001)"},
    {"prior", 0, PL_OPTION_TEXT, "raw|corrected", "responses: take out what a model likes of a letter (default raw)"},
    {"fixed-options", 0, PL_OPTION_LIST, "LETTERS",
     "responses: options that --prior corrected leaves alone, such as E,F"},
    {"dataset", 0, PL_OPTION_TEXT, "NAME", "responses: this dataset alone"},
    {"source", 0, PL_OPTION_FILES, "FILE|NAME...",
     "responses: what aol, aol.rank, atc and doc learn from: labelled logs, or other data sets of the responses"},
    {"per-item", 0, PL_OPTION_TEXT, "FILE.csv",
     "responses: write each model's choice and signals at each item there (.gz compresses)"},
    {"labels", 0, PL_OPTION_TEXT, "items.jsonl", "diagnose a stored run's responses: the items' labels"},
    {"config", 'c', PL_OPTION_TEXT, "FILE", "take the store's name from this peerless.yaml"},
    {"reference", 0, PL_OPTION_TEXT, "FILE",
     "judgments of people, to hold judges against or for --methods ppi (JSONL)"},
};

static pl_status open_logs(const pl_args *args, bool packed, pl_ranking_input *in, pl_error *reterr)
{
    pl_records_opts opts = {
        .skip_bad = pl__arg_given(args, "skip-bad"), .packed = packed, .threads = pl__arg_threads(args)};
    const char *prompt_file = pl__arg_text(args, "judge-prompt", NULL);
    const char *const *paths = NULL;
    size_t n_paths = 0;
    pl_str prompt;
    pl_str instruction;
    pl_status rc = PL_OK;

    pl__str_init(&prompt, INSTRUCTION_BYTES_MAX);
    pl__str_init(&instruction, INSTRUCTION_BYTES_MAX);
    paths = pl__arg_list(args, "judgments", &n_paths);
    if (prompt_file) {
        rc = pl__file_read(prompt_file, INSTRUCTION_BYTES_MAX, &prompt, reterr);
        if (rc == PL_OK)
            rc = pl__prompt_judge_instruction(pl__str_c(&prompt), &instruction, reterr);
        opts.judge_instruction = pl__view_n(pl__str_c(&instruction), instruction.len);
    }
    if (rc == PL_OK)
        rc = pl__records_read_judgments(paths, n_paths, &opts, &in->log, reterr);
    if (rc == PL_OK) {
        in->set = pl__judgment_log_set(in->log);
        in->rows = pl__judgment_log_rows(in->log);
    }
    pl__str_clear(&instruction);
    pl__str_clear(&prompt);
    return rc;
}

pl_status pl__ranking_input_from_store(pl_store *store, int64_t run_id, pl_ranking_input *ret, pl_error *reterr)
{
    pl_ranking_input in = {0};
    pl_status rc = pl__replay_open(store, run_id, &in.replay, reterr);

    if (rc == PL_OK)
        rc = pl__stored_judgments_new(in.replay, &in.stored, reterr);
    if (rc != PL_OK) {
        pl__ranking_input_clear(&in);
        return rc;
    }
    in.set = pl__stored_judgments_set(in.stored);
    in.pair_orders = pl__replay_config(in.replay)->peer_review.order == PL_ORDER_BOTH;
    in.weights = pl__stored_judgments_weights(in.stored);
    *ret = in;
    return PL_OK;
}

static pl_status store_name(const pl_args *args, pl_str *out, pl_error *reterr)
{
    const char *path = pl__arg_text(args, "config", NULL);
    pl_config *config = NULL;
    pl_str problems;
    pl_status rc = PL_OK;

    if (pl__arg_given(args, "store") || !path)
        return pl__str_append_c(out, pl__arg_text(args, "store", STORE_DEFAULT));
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    rc = pl__config_load(path, &config, &problems, reterr);
    if (rc == PL_OK)
        rc = pl__str_append_c(out, config->store);
    pl__config_free(config);
    pl__str_clear(&problems);
    return rc;
}

static pl_status open_store(const pl_args *args, pl_store **ret, pl_error *reterr)
{
    pl_str name;
    pl_status rc = PL_OK;

    pl__str_init(&name, 4096);
    rc = store_name(args, &name, reterr);
    if (rc == PL_OK)
        rc = pl__store_open_sqlite(pl__str_c(&name), PL_STORE_READ_ONLY, ret, reterr);
    pl__str_clear(&name);
    return rc;
}

pl_status pl__ranking_open_run(const pl_args *args, pl_store **ret_store, pl_replay **ret_replay, pl_error *reterr)
{
    pl_store *store = NULL;
    pl_status rc = open_store(args, &store, reterr);

    if (rc == PL_OK)
        rc = pl__replay_open(store, (int64_t)pl__arg_count(args, "run", 0), ret_replay, reterr);
    if (rc == PL_OK)
        *ret_store = store;
    else
        pl__store_close(store);
    return rc;
}

pl_status pl__ranking_input_open(const pl_args *args, bool packed, pl_ranking_input *ret, pl_error *reterr)
{
    pl_ranking_input in = {0};
    pl_store *store = NULL;
    pl_status rc = PL_OK;

    if (pl__arg_given(args, "judgments")) {
        if (pl__arg_given(args, "store") || pl__arg_given(args, "run"))
            return pl__fail(reterr, PL_E_INVALID, "either --store or --judgments, not both");
        rc = open_logs(args, packed, &in, reterr);
        if (rc == PL_OK)
            *ret = in;
        return rc;
    }
    rc = open_store(args, &store, reterr);
    if (rc == PL_OK)
        rc = pl__ranking_input_from_store(store, (int64_t)pl__arg_count(args, "run", 0), ret, reterr);
    if (rc == PL_OK)
        ret->store = store;
    else
        pl__store_close(store);
    return rc;
}

void pl__ranking_input_clear(pl_ranking_input *in)
{
    pl__stored_judgments_free(in->stored);
    pl__replay_free(in->replay);
    pl__judgment_log_free(in->log);
    pl__store_close(in->store);
    pl__judgment_log_free(in->reference);
    pl__free(in->judge_weights);
    *in = (pl_ranking_input){0};
}

static pl_status note_run(const pl_ranking_input *in, pl_analysis *a, pl_error *reterr)
{
    const pl_peer_review_config *pr = &pl__replay_config(in->replay)->peer_review;
    pl_status rc = PL_OK;

    if (pr->weight_clip > 0.0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "without an encoder there is no image-text correlation; the weights of the other criteria "
                           "were rescaled to sum to 1");
    if (rc == PL_OK && pl__stored_judgments_text_only(in->stored) && pr->criteria[PL_CRITERION_VISUAL])
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "items without an image were judged on correctness alone");
    if (rc == PL_OK && pl__replay_config(in->replay)->has_uncertainty)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "the run has responses too: --evaluation uncertainty ranks by these");
    return rc;
}

pl_status pl__ranking_input_analyse(const pl_ranking_input *in, const pl_rank_request *request, pl_analysis **ret,
                                    pl_error *reterr)
{
    pl_analysis *a = NULL;
    pl_status rc = pl__analysis_new(in->set, request, &a, reterr);

    if (rc == PL_OK && in->replay)
        rc = note_run(in, a, reterr);
    if (rc == PL_OK && in->log && pl__judgment_log_bad_lines(in->log) > 0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "%llu bad lines were skipped",
                           (unsigned long long)pl__judgment_log_bad_lines(in->log));
    if (rc != PL_OK) {
        pl__analysis_free(a);
        return rc;
    }
    *ret = a;
    return PL_OK;
}

static const char *const DEFAULT_METHODS[] = {"upme", "peer-review"};
#define N_DEFAULT_METHODS (sizeof(DEFAULT_METHODS) / sizeof(DEFAULT_METHODS[0]))

pl_status pl__ranking_by_default(const pl_ranking_input *in, pl_analysis **ret, pl_error *reterr)
{
    pl_rank_request request = {.methods = DEFAULT_METHODS,
                               .n_methods = N_DEFAULT_METHODS,
                               .criterion_weights = in->weights,
                               .pair_orders = in->pair_orders,
                               .rows = in->rows,
                               .rank = PL_RANK_OPTS_INIT};

    return pl__ranking_input_analyse(in, &request, ret, reterr);
}

pl_status pl__ranking_method_options(const pl_args *args, pl_rank_opts *opts, pl_error *reterr)
{
    const char *init = pl__arg_text(args, "upme-init", "ones");
    uint64_t epochs = pl__arg_count(args, "upme-epochs", 30);
    uint64_t restarts = pl__arg_count(args, "upme-restarts", 0);

    opts->upme_step = pl__arg_number(args, "upme-step", 0.5);
    if (!(opts->upme_step > 0.0 && opts->upme_step <= 1.0))
        return pl__fail(reterr, PL_E_INVALID, "--upme-step is a number above 0 and at most 1");
    if (epochs < 1 || epochs > 1000000)
        return pl__fail(reterr, PL_E_INVALID, "--upme-epochs is between 1 and 1000000");
    if (restarts > 100000)
        return pl__fail(reterr, PL_E_INVALID, "--upme-restarts is at most 100000");
    opts->upme_epochs = (uint32_t)epochs;
    opts->upme_restarts = (uint32_t)restarts;
    if (strcmp(init, "random") == 0)
        opts->upme_init = PL_UPME_INIT_RANDOM;
    else if (strcmp(init, "ones") != 0)
        return pl__fail(reterr, PL_E_INVALID, "--upme-init is ones or random, not \"%s\"", init);
    opts->bt_ridge = pl__arg_number(args, "bt-ridge", opts->bt_ridge);
    if (!(opts->bt_ridge >= 0.0 && isfinite(opts->bt_ridge)))
        return pl__fail(reterr, PL_E_INVALID, "--bt-ridge is 0 or a number above it");
    opts->seed = pl__arg_count(args, "seed", 1);
    return PL_OK;
}

/* NaN for models that are not among the given ones. */
static void look_up(const pl_truth *given, const pl_judgment_set *set, double *ret)
{
    for (uint32_t m = 0; m < set->n_models; m++) {
        ret[m] = (double)NAN;
        for (size_t i = 0; i < given->n; i++) {
            if (strcmp(given->models[i], set->models[m]) == 0)
                ret[m] = given->scores[i];
        }
    }
}

/* Reads the FILE of a method weights:FILE. All methods are given the same weights, so that there can be one. */
static pl_status read_judge_weights(pl_ranking_input *in, const char *const *methods, size_t n, pl_rank_opts *opts,
                                    pl_error *reterr)
{
    const char *path = NULL;
    pl_truth given = {0};
    pl_status rc = PL_OK;

    for (size_t i = 0; i < n; i++) {
        if (strncmp(methods[i], WEIGHTS_METHOD, strlen(WEIGHTS_METHOD)) != 0)
            continue;
        if (path)
            return pl__fail(reterr, PL_E_INVALID, "one %sFILE at a time", WEIGHTS_METHOD);
        path = methods[i] + strlen(WEIGHTS_METHOD);
    }
    if (!path)
        return PL_OK;
    rc = pl__records_read_weights(path, &given, reterr);
    if (rc != PL_OK)
        return rc;
    pl__free(in->judge_weights);
    in->judge_weights = pl__calloc(in->set->n_models, sizeof(*in->judge_weights));
    opts->weights = in->judge_weights;
    if (in->judge_weights)
        look_up(&given, in->set, in->judge_weights);
    else
        rc = pl__fail(reterr, PL_E_NOMEM, "judge weights");
    pl__truth_clear(&given);
    return rc;
}

/* ppi is no method of the registry: it needs the reference beside the judgments. */
static pl_status take_methods(const char *const *list, size_t n, const char **methods, pl_rank_request *r,
                              bool *ret_ppi, pl_error *reterr)
{
    if (n > PL_METHODS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "at most %d methods at once", PL_METHODS_MAX);
    for (size_t i = 0; i < N_DEFAULT_METHODS; i++)
        methods[i] = DEFAULT_METHODS[i];
    r->methods = methods;
    r->n_methods = n > 0 ? 0 : N_DEFAULT_METHODS;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i], PL_CORRECTED_METHOD) == 0)
            *ret_ppi = true;
        else
            methods[r->n_methods++] = list[i];
    }
    return PL_OK;
}

static pl_status open_reference(const pl_args *args, pl_ranking_input *in, bool wants_ppi, pl_rank_request *r,
                                pl_error *reterr)
{
    const char *path = pl__arg_text(args, "reference", NULL);
    pl_records_opts opts = {.skip_bad = pl__arg_given(args, "skip-bad")};
    pl_status rc = PL_OK;

    if (wants_ppi && !path)
        return pl__fail(reterr, PL_E_INVALID, "--methods " PL_CORRECTED_METHOD " needs --reference FILE");
    if (!path)
        return PL_OK;
    rc = pl__records_read_judgments(&path, 1, &opts, &in->reference, reterr);
    if (rc == PL_OK && wants_ppi)
        r->reference = pl__judgment_log_set(in->reference);
    return rc;
}

pl_status pl__bootstrap_options(const pl_args *args, uint32_t *ret_n, pl_interval *ret_interval, pl_error *reterr)
{
    const char *kind = pl__arg_text(args, "interval", "percentile");
    uint64_t n = pl__arg_count(args, "bootstrap", 0);

    if (pl__arg_given(args, "bootstrap") && (n < 2 || n > PL_UNCERTAINTY_REPLICATES_MAX))
        return pl__fail(reterr, PL_E_INVALID, "--bootstrap is between 2 and %u", PL_UNCERTAINTY_REPLICATES_MAX);
    if (strcmp(kind, "bca") != 0 && strcmp(kind, "percentile") != 0)
        return pl__fail(reterr, PL_E_INVALID, "--interval is percentile or bca, not \"%s\"", kind);
    if (pl__arg_given(args, "interval") && n == 0)
        return pl__fail(reterr, PL_E_INVALID, "--interval goes with --bootstrap N");
    *ret_n = (uint32_t)n;
    *ret_interval = strcmp(kind, "bca") == 0 ? PL_INTERVAL_BCA : PL_INTERVAL_PERCENTILE;
    return PL_OK;
}

pl_status pl__ranking_request(const pl_args *args, pl_ranking_input *in, const char **methods, pl_rank_request *ret,
                              pl_error *reterr)
{
    pl_rank_request r = {.rank = PL_RANK_OPTS_INIT,
                         .criterion_weights = in->weights,
                         .pair_orders = in->pair_orders,
                         .rows = in->rows,
                         .drop_self_reviews = pl__arg_given(args, "no-self-review"),
                         .exclude_flagged = pl__arg_given(args, "exclude-flagged"),
                         .criterion = pl__arg_text(args, "criterion", NULL),
                         .threads = pl__arg_threads(args)};
    size_t n = 0;
    bool wants_ppi = false;
    const char *const *list = pl__arg_list(args, "methods", &n);
    pl_status rc = pl__ranking_method_options(args, &r.rank, reterr);

    if (rc == PL_OK)
        rc = pl__bootstrap_options(args, &r.bootstrap, &r.interval, reterr);
    if (rc != PL_OK)
        return rc;
    rc = take_methods(list, n, methods, &r, &wants_ppi, reterr);
    if (rc == PL_OK)
        rc = open_reference(args, in, wants_ppi, &r, reterr);
    if (rc != PL_OK)
        return rc;
    r.consensus = pl__arg_given(args, "consensus");
    if (r.consensus && r.n_methods < 2)
        return pl__fail(reterr, PL_E_INVALID, "--consensus needs two methods or more");
    rc = read_judge_weights(in, r.methods, r.n_methods, &r.rank, reterr);
    if (rc == PL_OK)
        *ret = r;
    return rc;
}
