#include "cmd_rank_answers.h"
#include "agreement.h"
#include "error.h"
#include "item_report.h"
#include "out.h"
#include "proxy_source.h"
#include "ranking_input.h"
#include "response_files.h"
#include "stored_meanings.h"
#include "stored_responses.h"
#include <string.h>

static const char *const DEFAULT_METHODS[] = {"within", "margin", "majority"};
#define N_DEFAULT_METHODS (sizeof(DEFAULT_METHODS) / sizeof(DEFAULT_METHODS[0]))

/* Where the responses come from. */
typedef struct answer_input {
    pl_store *store; /* these two of a stored run */
    pl_replay *replay;
    pl_response_log *log;
    pl_import files;          /* of given files: its log is the one above */
    pl_answer_source *source; /* of --source, or NULL */
} answer_input;

static void input_clear(answer_input *in)
{
    pl_answer_source_free(in->source);
    if (in->log != in->files.log)
        pl__response_log_free(in->log);
    pl__import_clear(&in->files);
    pl__replay_free(in->replay);
    pl__store_close(in->store);
}

static pl_status refuse_options(const pl_args *args, const char *const *names, size_t n, const char *with,
                                pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        if (pl__arg_given(args, names[i]))
            return pl__fail(reterr, PL_E_INVALID, "--%s goes with %s", names[i], with);
    }
    return PL_OK;
}

static pl_status check_options(const pl_args *args, pl_error *reterr)
{
    static const char *const of_judgments[] = {"judgments",       "criterion",     "no-self-review", "judge-prompt",
                                               "exclude-flagged", "reference",     "upme-step",      "upme-epochs",
                                               "upme-init",       "upme-restarts", "bt-ridge"};
    static const char *const of_stores[] = {"store", "run", "config", "evaluation", "labels"};
    bool logs = pl__response_files_given(args);
    pl_status rc = refuse_options(args, of_judgments, sizeof(of_judgments) / sizeof(of_judgments[0]),
                                  logs ? "judgments, not with --responses" : "judgments, not with responses", reterr);

    if (rc == PL_OK && logs)
        rc = refuse_options(args, of_stores, sizeof(of_stores) / sizeof(of_stores[0]),
                            "a stored run, not with --responses", reterr);
    return rc;
}

pl_status pl__answers_are_meant(const pl_args *args, bool *ret, pl_error *reterr)
{
    const char *which = pl__arg_text(args, "evaluation", NULL);
    pl_store *store = NULL;
    pl_replay *replay = NULL;
    const pl_config *config = NULL;
    pl_status rc = PL_OK;

    *ret = pl__response_files_given(args);
    if (which && (*ret || pl__arg_given(args, "judgments")))
        return pl__fail(reterr, PL_E_INVALID, "--evaluation goes with a stored run");
    if (*ret || pl__arg_given(args, "judgments"))
        return PL_OK;
    if (which && strcmp(which, "peer_review") != 0 && strcmp(which, "uncertainty") != 0)
        return pl__fail(reterr, PL_E_INVALID, "--evaluation is peer_review or uncertainty, not \"%s\"", which);
    rc = pl__ranking_open_run(args, &store, &replay, reterr);
    if (rc != PL_OK)
        return rc;
    config = pl__replay_config(replay);
    *ret = which ? strcmp(which, "uncertainty") == 0 : !config->has_peer_review;
    if (*ret ? !config->has_uncertainty : !config->has_peer_review)
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "run %lld has no evaluation %s", (long long)pl__replay_run(replay)->id,
                      which);
    pl__replay_free(replay);
    pl__store_close(store);
    return rc;
}

/* Labels are read for diagnosing alone: no ranking sees them. */
static pl_status open_input(const pl_args *args, bool diagnose, answer_input *in, pl_error *reterr)
{
    const char *labels_path = pl__arg_text(args, "labels", NULL);
    pl_item_labels *labels = NULL;
    pl_status rc = PL_OK;

    if (pl__response_files_given(args)) {
        rc = pl__response_files_read(args, &in->files, reterr);
        in->log = in->files.log;
        return rc;
    }
    if (labels_path && !diagnose)
        return pl__fail(reterr, PL_E_INVALID, "--labels goes with peerless diagnose: no ranking sees labels");
    if (labels_path)
        rc = pl__item_labels_read(labels_path, &labels, reterr);
    if (rc == PL_OK)
        rc = pl__ranking_open_run(args, &in->store, &in->replay, reterr);
    if (rc == PL_OK)
        rc = pl__stored_responses_log(in->replay, labels, &in->log, reterr);
    pl__item_labels_free(labels);
    return rc;
}

/* Is there a source if a method needs one, and does one need it if there is? */
static pl_status check_source(const pl_args *args, const pl_answer_request *request, pl_error *reterr)
{
    const char *proxy = NULL;

    for (size_t i = 0; i < request->n_methods; i++)
        proxy = pl_answer_method_is_proxy(request->methods[i]) ? request->methods[i] : proxy;
    if (proxy && !pl__arg_given(args, "source"))
        return pl__fail(reterr, PL_E_INVALID,
                        "--methods %s learns from labelled answers to other items: --source names a log of them, or a "
                        "data set of this one",
                        proxy);
    if (!proxy && pl__arg_given(args, "source"))
        return pl__fail(reterr, PL_E_INVALID, "--source goes with --methods aol, aol.rank, atc or doc");
    return PL_OK;
}

static pl_status open_source(const pl_args *args, answer_input *in, pl_answer_request *request, pl_error *reterr)
{
    size_t n = 0;
    const char *const *given = pl__arg_list(args, "source", &n);
    pl_status rc = PL_OK;

    if (n > 0)
        rc = pl__proxy_source_open(given, n, pl__arg_given(args, "skip-bad"), pl__response_log_set(in->log),
                                   &request->answers, &in->source, reterr);
    request->answers.source = in->source;
    return rc;
}

/* A model of the run that answered nothing is in no table. */
static pl_status note_absent(const pl_replay *replay, const pl_response_set *set, pl_analysis *a, pl_error *reterr)
{
    const pl_config *config = pl__replay_config(replay);
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < config->n_models && rc == PL_OK; i++) {
        bool found = false;

        for (uint32_t m = 0; m < set->n_models; m++)
            found = found || strcmp(set->models[m], config->models[i].name) == 0;
        if (!found)
            rc = pl__notes_add(&a->notes, &a->arena, reterr, "%s has no response in this run", config->models[i].name);
    }
    return rc;
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

static pl_status make_request(const pl_args *args, pl_answer_request *ret, pl_error *reterr)
{
    pl_answer_request r = {.methods = DEFAULT_METHODS,
                           .n_methods = N_DEFAULT_METHODS,
                           .answers = PL_ANSWER_OPTS_INIT,
                           .seed = pl__arg_count(args, "seed", 1),
                           .threads = pl__arg_threads(args)};
    size_t n = 0;
    const char *const *list = pl__arg_list(args, "methods", &n);
    pl_status rc = check_options(args, reterr);

    r.answers.threads = r.threads;
    if (rc == PL_OK)
        rc = answer_options(args, &r.answers, reterr);
    if (rc == PL_OK)
        rc = pl__bootstrap_options(args, &r.bootstrap, &r.interval, reterr);
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

static pl_status write_piece(void *user, pl_view piece, pl_error *reterr)
{
    return pl__record_writer_write(user, piece, reterr);
}

static pl_status note_others(const pl_item_values *values, const char *path, pl_analysis *a, pl_error *reterr)
{
    pl_str names;
    pl_status rc = PL_OK;

    if (values->n_others == 0)
        return PL_OK;
    pl__str_init(&names, PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < values->n_others && rc == PL_OK; i++)
        rc = pl__str_appendf(&names, "%s%s", i > 0 ? ", " : "", values->others[i]);
    rc = rc == PL_OK
             ? pl__notes_add(&a->notes, &a->arena, reterr, "%s has no values of %s: they are about all items together",
                             path, pl__str_c(&names))
             : pl__fail(reterr, rc, "notes");
    pl__str_clear(&names);
    return rc;
}

static pl_status write_items(const pl_answer_request *request, const char *path, pl_analysis *a, pl_error *reterr)
{
    pl_item_values *values = NULL;
    pl_record_writer *writer = NULL;
    pl_status rc = pl__item_values_new(a->answers->table, request->methods, request->n_methods, &values, reterr);

    if (rc == PL_OK)
        rc = pl__record_writer_open(path, &writer, reterr);
    if (rc == PL_OK)
        rc = pl__report_items(values, write_piece, writer, reterr);
    if (rc == PL_OK) {
        rc = pl__record_writer_close(writer, reterr);
        writer = NULL;
    }
    pl__record_writer_abort(writer);
    if (rc == PL_OK)
        rc = note_others(values, path, a, reterr);
    pl__item_values_free(values);
    return rc;
}

static pl_status show_ranking(const pl_args *args, const answer_input *in, const pl_answer_request *request,
                              pl_str *out, pl_error *reterr)
{
    const pl_response_log *log = in->log;
    const char *truth_path = pl__arg_text(args, "truth", NULL);
    const char *items_path = pl__arg_text(args, "per-item", NULL);
    pl_analysis *a = NULL;
    pl_truth truth = {0};
    pl_status rc = PL_OK;

    if (truth_path)
        rc = pl__records_read_truth(truth_path, &truth, reterr);
    if (rc == PL_OK)
        rc = pl__analysis_of_answers(pl__response_log_set(log), request, &a, reterr);
    for (size_t i = 0; i < in->files.notes.len && rc == PL_OK; i++)
        rc = pl__notes_add(&a->notes, &a->arena, reterr, "%s", in->files.notes.ptr[i]);
    if (rc == PL_OK && in->replay)
        rc = note_absent(in->replay, pl__response_log_set(log), a, reterr);
    if (rc == PL_OK && truth_path)
        rc = pl__analysis_compare(a, &truth, reterr);
    if (rc == PL_OK && items_path)
        rc = write_items(request, items_path, a, reterr);
    if (rc == PL_OK)
        rc = pl__report_rank(a, args->format, out, reterr);
    pl__analysis_free(a);
    pl__truth_clear(&truth);
    return rc;
}

static pl_status show_calibration(const pl_args *args, const answer_input *in, const pl_answer_request *request,
                                  pl_str *out, pl_error *reterr)
{
    pl_calibration_study *study = NULL;
    const char *const *notes = (const char *const *)in->files.notes.ptr;
    const char *compared = NULL;
    pl_str note; /* of a stored run, which has no files */
    pl_status rc = pl__calibration_study_new(pl__response_log_set(in->log), &request->answers, &study, reterr);

    pl__str_init(&note, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK && in->replay)
        rc = pl__stored_meanings_note(in->replay, &note, reterr);
    if (rc == PL_OK) {
        compared = pl__str_c(&note);
        rc = pl__report_calibration(study, note.len > 0 ? &compared : notes, note.len > 0 ? 1 : in->files.notes.len,
                                    args->format, out, reterr);
    }
    pl__str_clear(&note);
    pl__calibration_study_free(study);
    return rc;
}

pl_status pl__answers_by_default(const pl_args *args, pl_store *store, int64_t run_id, pl_str *out, pl_error *reterr)
{
    const pl_answer_request request = {
        .methods = DEFAULT_METHODS, .n_methods = N_DEFAULT_METHODS, .answers = PL_ANSWER_OPTS_INIT, .seed = 1};
    answer_input in = {0};
    pl_analysis *a = NULL;
    pl_status rc = pl__replay_open(store, run_id, &in.replay, reterr);

    if (rc == PL_OK)
        rc = pl__stored_responses_log(in.replay, NULL, &in.log, reterr);
    if (rc == PL_OK)
        rc = pl__analysis_of_answers(pl__response_log_set(in.log), &request, &a, reterr);
    if (rc == PL_OK)
        rc = note_absent(in.replay, pl__response_log_set(in.log), a, reterr);
    if (rc == PL_OK)
        rc = pl__report_rank(a, args->format, out, reterr);
    pl__analysis_free(a);
    input_clear(&in);
    return rc;
}

int pl__rank_answers(const pl_args *args, bool diagnose)
{
    pl_answer_request request = {0};
    answer_input in = {0};
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = make_request(args, &request, &err);

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK && diagnose && pl__arg_given(args, "source"))
        rc = pl__fail(&err, PL_E_INVALID, "--source goes with peerless rank");
    if (rc == PL_OK && diagnose && pl__arg_given(args, "per-item"))
        rc = pl__fail(&err, PL_E_INVALID, "--per-item goes with peerless rank");
    if (rc == PL_OK && strcmp(pl__arg_text(args, "per-item", ""), "-") == 0)
        rc = pl__fail(&err, PL_E_INVALID, "--per-item takes a file; standard output has the ranking");
    if (rc == PL_OK && !diagnose)
        rc = check_source(args, &request, &err);
    if (rc == PL_OK)
        rc = open_input(args, diagnose, &in, &err);
    if (rc == PL_OK)
        rc = open_source(args, &in, &request, &err);
    if (rc == PL_OK)
        rc = diagnose ? show_calibration(args, &in, &request, &out, &err)
                      : show_ranking(args, &in, &request, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    input_clear(&in);
    return code;
}
