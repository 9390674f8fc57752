#include "cmd_rank_answers.h"
#include "error.h"
#include "out.h"
#include <string.h>

#define THREADS_DEFAULT 2
#define THREADS_MAX 256u
#define NOTE_BYTES 100

static const char *const DEFAULT_METHODS[] = {"within", "margin", "majority"};
#define N_DEFAULT_METHODS (sizeof(DEFAULT_METHODS) / sizeof(DEFAULT_METHODS[0]))

/* What goes with judgments only. */
static pl_status check_options(const pl_args *args, pl_error *reterr)
{
    static const char *const others[] = {
        "store",     "run",       "judgments",   "criterion", "no-self-review", "judge-prompt", "exclude-flagged",
        "reference", "upme-step", "upme-epochs", "upme-init", "upme-restarts",  "bt-ridge",     "config"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (pl__arg_given(args, others[i]))
            return pl__fail(reterr, PL_E_INVALID, "--%s goes with judgments, not with --responses", others[i]);
    }
    return PL_OK;
}

/* "E,F" as positions. */
static pl_status fixed_options(const pl_args *args, uint64_t *ret, pl_error *reterr)
{
    size_t n = 0;
    const char *const *list = pl__arg_list(args, "fixed-options", &n);

    for (size_t i = 0; i < n; i++) {
        char c = list[i][0];

        if (c < 'A' || c > 'Z' || list[i][1] != '\0')
            return pl__fail(reterr, PL_E_INVALID, "--fixed-options are letters such as E,F, not \"%.100s\"", list[i]);
        *ret |= (uint64_t)1 << (c - 'A');
    }
    return PL_OK;
}

static pl_status answer_options(const pl_args *args, pl_answer_opts *ret, pl_error *reterr)
{
    const char *prior = pl__arg_text(args, "prior", "raw");

    if (strcmp(prior, "corrected") == 0)
        ret->prior = PL_PRIOR_CORRECTED;
    else if (strcmp(prior, "raw") != 0)
        return pl__fail(reterr, PL_E_INVALID, "--prior is raw or corrected, not \"%s\"", prior);
    if (pl__arg_given(args, "fixed-options") && ret->prior != PL_PRIOR_CORRECTED)
        return pl__fail(reterr, PL_E_INVALID, "--fixed-options goes with --prior corrected");
    ret->dataset = pl__arg_text(args, "dataset", NULL);
    return fixed_options(args, &ret->fixed_options, reterr);
}

static pl_status bootstrap_options(const pl_args *args, pl_answer_request *ret, pl_error *reterr)
{
    const char *kind = pl__arg_text(args, "interval", "percentile");
    uint64_t n = pl__arg_count(args, "bootstrap", 0);
    uint64_t threads = pl__arg_count(args, "threads", THREADS_DEFAULT);

    if (pl__arg_given(args, "bootstrap") && (n < 2 || n > PL_UNCERTAINTY_REPLICATES_MAX))
        return pl__fail(reterr, PL_E_INVALID, "--bootstrap is between 2 and %u", PL_UNCERTAINTY_REPLICATES_MAX);
    if (strcmp(kind, "bca") == 0)
        ret->interval = PL_INTERVAL_BCA;
    else if (strcmp(kind, "percentile") != 0)
        return pl__fail(reterr, PL_E_INVALID, "--interval is percentile or bca, not \"%s\"", kind);
    if (pl__arg_given(args, "interval") && n == 0)
        return pl__fail(reterr, PL_E_INVALID, "--interval goes with --bootstrap N");
    ret->bootstrap = (uint32_t)n;
    ret->seed = pl__arg_count(args, "seed", 1);
    ret->threads = threads < THREADS_MAX ? (uint32_t)threads : THREADS_MAX;
    return PL_OK;
}

static pl_status make_request(const pl_args *args, pl_answer_request *ret, pl_error *reterr)
{
    pl_answer_request r = {.methods = DEFAULT_METHODS, .n_methods = N_DEFAULT_METHODS, .answers = PL_ANSWER_OPTS_INIT};
    size_t n = 0;
    const char *const *list = pl__arg_list(args, "methods", &n);
    pl_status rc = check_options(args, reterr);

    if (rc == PL_OK)
        rc = answer_options(args, &r.answers, reterr);
    if (rc == PL_OK)
        rc = bootstrap_options(args, &r, reterr);
    if (rc != PL_OK)
        return rc;
    if (n > PL_METHODS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "at most %d methods at once", PL_METHODS_MAX);
    if (n > 0) {
        r.methods = list;
        r.n_methods = n;
    }
    r.consensus = pl__arg_given(args, "consensus");
    if (r.consensus && r.n_methods < 2)
        return pl__fail(reterr, PL_E_INVALID, "--consensus needs two methods or more");
    *ret = r;
    return PL_OK;
}

static pl_status show_ranking(const pl_args *args, const pl_response_log *log, const pl_answer_request *request,
                              pl_str *out, pl_error *reterr)
{
    const char *truth_path = pl__arg_text(args, "truth", NULL);
    pl_analysis *a = NULL;
    pl_truth truth = {0};
    pl_status rc = PL_OK;

    if (truth_path)
        rc = pl__records_read_truth(truth_path, &truth, reterr);
    if (rc == PL_OK)
        rc = pl__analysis_of_answers(pl__response_log_set(log), request, &a, reterr);
    if (rc == PL_OK && pl__response_log_bad_lines(log) > 0)
        rc = pl__analysis_note(a, reterr, "%llu bad lines were skipped",
                               (unsigned long long)pl__response_log_bad_lines(log));
    if (rc == PL_OK && truth_path)
        rc = pl__analysis_compare(a, &truth, reterr);
    if (rc == PL_OK)
        rc = pl__report_rank(a, args->format, out, reterr);
    pl__analysis_free(a);
    pl__truth_clear(&truth);
    return rc;
}

static pl_status show_calibration(const pl_args *args, const pl_response_log *log, const pl_answer_request *request,
                                  pl_str *out, pl_error *reterr)
{
    pl_calibration_study *study = NULL;
    pl_str note;
    pl_status rc = pl__calibration_study_new(pl__response_log_set(log), &request->answers, &study, reterr);

    pl__str_init(&note, NOTE_BYTES);
    if (rc == PL_OK && pl__response_log_bad_lines(log) > 0)
        rc = pl__str_appendf(&note, "%llu bad lines were skipped", (unsigned long long)pl__response_log_bad_lines(log));
    const char *notes[] = {pl__str_c(&note)};
    if (rc == PL_OK)
        rc = pl__report_calibration(study, notes, note.len > 0 ? 1 : 0, args->format, out, reterr);
    pl__calibration_study_free(study);
    pl__str_clear(&note);
    return rc;
}

int pl__rank_answers(const pl_args *args, bool diagnose)
{
    pl_answer_request request = {0};
    pl_response_log *log = NULL;
    pl_error err = {0};
    pl_str out;
    size_t n_paths = 0;
    const char *const *paths = pl__arg_list(args, "responses", &n_paths);
    int code = PL_EXIT_OK;
    pl_status rc = make_request(args, &request, &err);

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = pl__records_read_responses(paths, n_paths, pl__arg_given(args, "skip-bad"), &log, &err);
    if (rc == PL_OK)
        rc = diagnose ? show_calibration(args, log, &request, &out, &err)
                      : show_ranking(args, log, &request, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    pl__response_log_free(log);
    return code;
}
