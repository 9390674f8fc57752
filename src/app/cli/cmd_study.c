/* peerless study: what a ranking owes to each choice, from recorded judgments. */
#include "cmd_study.h"

#include "alloc.h"
#include "commands.h"
#include "error.h"
#include "num.h"
#include "out.h"
#include "studies.h"

const pl_option pl__study_options[PL_STUDY_OPTIONS] = {
    {"list", 0, PL_OPTION_FLAG, NULL, "show all studies"},
    {"store", 0, PL_OPTION_TEXT, "FILE", "a store that a run has written (default run.db)"},
    {"run", 0, PL_OPTION_COUNT, "ID", "which of its runs (default: the latest)"},
    {"judgments", 0, PL_OPTION_FILES, "FILE...", "judgment logs instead (JSONL, may be .gz, - is standard input)"},
    {"config", 'c', PL_OPTION_TEXT, "FILE", "take the store's name from this peerless.yaml"},
    {"truth", 0, PL_OPTION_TEXT, "FILE.csv",
     "agreement with scores you know (CSV model,score); without: with the ranking on all images"},
    {"methods", 'm', PL_OPTION_LIST, "LIST", "ranking methods, comma separated (default: the study's own)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "the first seed (default 1)"},
    {"seeds", 0, PL_OPTION_COUNT, "N", "how many (default 4; adaptive 20)"},
    {"images", 0, PL_OPTION_COUNT, "N", "images drawn for each seed (default 25, or all if there are fewer)"},
    {"sizes", 0, PL_OPTION_LIST, "LIST", "sample-size: numbers of images (default 5,10,15,20,25,50,75,100 and all)"},
    {"criteria", 0, PL_OPTION_LIST, "LIST", "ablation: sets of criteria, as correctness,correctness+visual,all"},
    {"gamma-step", 0, PL_OPTION_NUMBER, "X", "gamma: step of the grid (default 0.1)"},
    {"starts", 0, PL_OPTION_COUNT, "N", "convergence: random initial weights (default 64)"},
    {"target", 0, PL_OPTION_NUMBER, "X", "adaptive: wanted Spearman with the full design's ranking (default 0.95)"},
    {"confidence", 0, PL_OPTION_NUMBER, "X", "adaptive: when a ranking counts as separated (default 0.95)"},
    {"criterion", 0, PL_OPTION_TEXT, "NAME", "for methods that know no weights: correctness, visual, … or all"},
    {"no-self-review", 0, PL_OPTION_FLAG, NULL, "leave out judgments of pairs that the judge is in"},
    {"exclude-flagged", 0, PL_OPTION_FLAG, NULL, "leave out judges that the screening flags"},
    {"skip-bad", 0, PL_OPTION_FLAG, NULL, "count bad lines of a log instead of stopping"},
    {"judge-prompt", 0, PL_OPTION_TEXT, "FILE", "what the judges of a log were told, to tell echoes from verdicts"},
    {"upme-step", 0, PL_OPTION_NUMBER, "X", "step of each epoch, 0 < X <= 1 (default 0.5)"},
    {"upme-epochs", 0, PL_OPTION_COUNT, "N", "epochs at most (default 30)"},
    {"upme-init", 0, PL_OPTION_TEXT, "ones|random", "starting weights (default ones)"},
    {"upme-restarts", 0, PL_OPTION_COUNT, "N", "random starts; every distinct fixed point is reported"},
    {"bt-ridge", 0, PL_OPTION_NUMBER, "X", "bt, bt-davidson: penalty on strengths, 0 or more (default 0.001)"},
};

/* What a request borrows. */
typedef struct study_input {
    pl_ranking_input judgments;
    pl_truth truth;
    bool *excluded;
    uint64_t sizes[PL_STUDY_SIZES_MAX];
} study_input;

static pl_status read_sizes(const pl_args *args, study_input *in, pl_study_request *r, pl_error *reterr)
{
    size_t n = 0;
    const char *const *list = pl__arg_list(args, "sizes", &n);

    if (n > PL_STUDY_SIZES_MAX)
        return pl__fail(reterr, PL_E_INVALID, "at most %u sizes at once", PL_STUDY_SIZES_MAX);
    for (size_t i = 0; i < n; i++) {
        if (pl__num_parse_u64(pl__view(list[i]), &in->sizes[i]) != PL_OK || in->sizes[i] == 0)
            return pl__fail(reterr, PL_E_INVALID, "--sizes takes numbers of images, not \"%s\"", list[i]);
    }
    r->sizes = in->sizes;
    r->n_sizes = n;
    return PL_OK;
}

static pl_status read_count(const pl_args *args, const char *option, uint32_t most, uint32_t *ret, pl_error *reterr)
{
    uint64_t n = pl__arg_count(args, option, 0);

    if (pl__arg_given(args, option) && (n < 1 || n > most))
        return pl__fail(reterr, PL_E_INVALID, "--%s is between 1 and %u", option, most);
    *ret = (uint32_t)n;
    return PL_OK;
}

static pl_status read_share(const pl_args *args, const char *option, double *ret, pl_error *reterr)
{
    double x = pl__arg_number(args, option, 0.0);

    if (pl__arg_given(args, option) && !(x > 0.0 && x < 1.0))
        return pl__fail(reterr, PL_E_INVALID, "--%s is a number between 0 and 1", option);
    *ret = x;
    return PL_OK;
}

static pl_status numbers(const pl_args *args, study_input *in, pl_study_request *r, pl_error *reterr)
{
    pl_status rc = pl__ranking_method_options(args, &r->rank, reterr);

    r->threads = pl__arg_threads(args);
    if (rc == PL_OK)
        rc = read_sizes(args, in, r, reterr);
    if (rc == PL_OK)
        rc = read_count(args, "seeds", PL_STUDY_SEEDS_MAX, &r->n_seeds, reterr);
    if (rc == PL_OK)
        rc = read_count(args, "images", UINT32_MAX, &r->images, reterr);
    if (rc == PL_OK)
        rc = read_count(args, "starts", PL_STUDY_STARTS_MAX, &r->starts, reterr);
    if (rc == PL_OK)
        rc = read_share(args, "gamma-step", &r->gamma_step, reterr);
    if (rc == PL_OK)
        rc = read_share(args, "target", &r->target, reterr);
    if (rc == PL_OK)
        rc = read_share(args, "confidence", &r->confidence, reterr);
    return rc;
}

static pl_status exclude_flagged(const pl_judgment_set *set, bool **ret, pl_error *reterr)
{
    pl_judge_report *reports = pl__calloc(set->n_models, sizeof(*reports));
    bool *excluded = pl__calloc(set->n_models, sizeof(*excluded));
    pl_status rc = PL_OK;

    if (!reports || !excluded) {
        rc = pl__fail(reterr, PL_E_NOMEM, "judges");
        goto out;
    }
    rc = pl_judgment_set_check(set, reterr);
    if (rc == PL_OK)
        rc = pl_judge_reports(set, reports, reterr);
    if (rc != PL_OK)
        goto out;
    for (uint32_t i = 0; i < set->n_models; i++)
        excluded[i] = reports[i].flags != 0;
    *ret = excluded;
    excluded = NULL;
out:
    pl__free(reports);
    pl__free(excluded);
    return rc;
}

static pl_status open_study(const pl_args *args, study_input *in, pl_study_request *r, pl_error *reterr)
{
    const char *truth_path = pl__arg_text(args, "truth", NULL);
    pl_status rc = pl__ranking_input_open(args, false, &in->judgments, reterr);

    *r = (pl_study_request){.rank = PL_RANK_OPTS_INIT,
                            .criterion_weights = in->judgments.weights,
                            .pair_orders = in->judgments.pair_orders,
                            .drop_self_reviews = pl__arg_given(args, "no-self-review"),
                            .criterion = pl__arg_text(args, "criterion", NULL)};
    r->methods = pl__arg_list(args, "methods", &r->n_methods);
    r->criteria = pl__arg_list(args, "criteria", &r->n_criteria);
    if (rc == PL_OK)
        rc = numbers(args, in, r, reterr);
    if (rc == PL_OK && truth_path)
        rc = pl__records_read_truth(truth_path, &in->truth, reterr);
    if (rc == PL_OK && truth_path)
        r->truth = &in->truth;
    if (rc == PL_OK && pl__arg_given(args, "exclude-flagged"))
        rc = exclude_flagged(in->judgments.set, &in->excluded, reterr);
    r->exclude_judges = in->excluded;
    return rc;
}

static int list_studies(const pl_args *args)
{
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = PL_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = pl__report_study_kinds(args->format, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    return code;
}

int pl__cmd_study(const pl_args *args)
{
    study_input in = {0};
    pl_study_request request = {0};
    pl_study *study = NULL;
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = PL_OK;

    if (pl__arg_given(args, "list"))
        return list_studies(args);
    if (args->n_operands == 0)
        return pl__out_usage("study what? peerless study --list shows what there is");
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = open_study(args, &in, &request, &err);
    if (rc == PL_OK)
        rc = pl__study_new(args->operands[0], in.judgments.set, &request, &study, &err);
    if (rc == PL_OK)
        rc = pl__report_study(study, args->format, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    pl__study_free(study);
    pl__free(in.excluded);
    pl__truth_clear(&in.truth);
    pl__ranking_input_clear(&in.judgments);
    return code;
}
