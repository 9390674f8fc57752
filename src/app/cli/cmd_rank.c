#include "agreement.h"
#include "cmd_rank_answers.h"
#include "commands.h"
#include "corrected.h"
#include "error.h"
#include "out.h"
#include "table.h"

static int list_methods(const pl_args *args)
{
    size_t n = 0;
    const pl_rank_method *methods = pl_rank_methods(&n);
    pl_error err = {0};
    pl_table t;
    pl_str out;
    pl_status rc = PL_OK;
    int code = PL_EXIT_OK;

    pl__table_init(&t);
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl__table_column(&t, "method", false);
    pl__table_column(&t, "what it does", false);
    pl__table_column(&t, "source", false);
    for (size_t i = 0; i < n; i++) {
        pl__table_text(&t, methods[i].name);
        pl__table_text(&t, methods[i].description);
        pl__table_text(&t, methods[i].source);
    }
    pl__table_text(&t, PL_CORRECTED_METHOD);
    pl__table_text(&t, PL_CORRECTED_DESCRIPTION);
    pl__table_text(&t, PL_CORRECTED_SOURCE);
    pl__answer_methods_list(&t);
    rc = args->format == PL_FORMAT_CSV ? pl__table_write_csv(&t, &out, &err) : pl__table_write(&t, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    pl__table_clear(&t);
    return code;
}

static pl_status show_diagnosis(const pl_args *args, const pl_analysis *analysis, const pl_rank_request *request,
                                const pl_judgment_log *reference, pl_str *out, pl_error *reterr)
{
    pl_judge_study *study = NULL;
    pl_status rc =
        pl__judge_study_new(analysis, request, reference ? pl__judgment_log_set(reference) : NULL, &study, reterr);

    if (rc == PL_OK)
        rc = pl__report_diagnose(analysis, study, args->format, out, reterr);
    pl__judge_study_free(study);
    return rc;
}

/* Is --reference used for something, and ppi wanted where it can be had? */
static pl_status check_reference(const pl_ranking_input *in, const pl_rank_request *request, bool diagnose,
                                 pl_error *reterr)
{
    if (diagnose && request->reference)
        return pl__fail(reterr, PL_E_INVALID, PL_CORRECTED_METHOD " is a method of peerless rank");
    if (!diagnose && in->reference && !request->reference)
        return pl__fail(reterr, PL_E_INVALID,
                        "rank uses --reference for --methods " PL_CORRECTED_METHOD
                        "; peerless diagnose holds the judges against it");
    return PL_OK;
}

static int analyse_and_show(const pl_args *args, bool diagnose)
{
    const char *methods[PL_METHODS_MAX];
    const char *truth_path = pl__arg_text(args, "truth", NULL);
    pl_ranking_input in = {0};
    pl_rank_request request = {0};
    pl_analysis *analysis = NULL;
    pl_truth truth = {0};
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = pl__ranking_input_open(args, !diagnose, &in, &err);

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = pl__ranking_request(args, &in, methods, &request, &err);
    if (rc == PL_OK)
        rc = check_reference(&in, &request, diagnose, &err);
    if (diagnose) { /* their results would not be shown */
        request.bootstrap = 0;
        request.consensus = false;
    }
    if (rc == PL_OK && truth_path)
        rc = pl__records_read_truth(truth_path, &truth, &err);
    if (rc == PL_OK)
        rc = pl__ranking_input_analyse(&in, &request, &analysis, &err);
    if (rc == PL_OK && truth_path)
        rc = pl__analysis_compare(analysis, &truth, &err);
    if (rc == PL_OK)
        rc = diagnose ? show_diagnosis(args, analysis, &request, in.reference, &out, &err)
                      : pl__report_rank(analysis, args->format, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    pl__analysis_free(analysis);
    pl__truth_clear(&truth);
    pl__ranking_input_clear(&in);
    return code;
}

static int rank_or_diagnose(const pl_args *args, bool diagnose)
{
    bool answers = false;
    pl_error err = {0};

    if (pl__arg_given(args, "list-methods"))
        return list_methods(args);
    if (pl__answers_are_meant(args, &answers, &err) != PL_OK)
        return pl__out_error(&err);
    if (answers)
        return pl__rank_answers(args, diagnose);
    if (pl__arg_given(args, "labels"))
        return pl__out_usage("--labels goes with responses");
    if (pl__arg_given(args, "source"))
        return pl__out_usage("--source goes with responses");
    if (pl__arg_given(args, "per-item"))
        return pl__out_usage("--per-item goes with responses");
    return analyse_and_show(args, diagnose);
}

int pl__cmd_rank(const pl_args *args)
{
    return rank_or_diagnose(args, false);
}

int pl__cmd_diagnose(const pl_args *args)
{
    return rank_or_diagnose(args, true);
}
