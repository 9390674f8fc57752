#include "cmd_rank_answers.h"
#include "commands.h"
#include "image.h"
#include "interrupts.h"
#include "out.h"
#include "progress.h"

#define MAX_COST_USD 1000000.0

static int exit_of_state(pl_run_state state)
{
    switch (state) {
    case PL_RUN_COMPLETE:
        return PL_EXIT_OK;
    case PL_RUN_STOPPED:
        return PL_EXIT_STOPPED;
    case PL_RUN_INTERRUPTED:
        return PL_EXIT_INTERRUPTED;
    case PL_RUN_INCOMPLETE:
    case PL_RUN_RUNNING:
        break;
    }
    return PL_EXIT_FAILED;
}

static void show_summary(const pl_run_summary *summary, const pl_config *config)
{
    pl_str out;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (pl__report_run(summary, config, &out, NULL) == PL_OK && out.len > 0)
        pl__out_say("%.*s", (int)(out.len - 1), out.ptr);
    pl__str_clear(&out);
}

int pl__cli_run(const pl_args *args, const pl_setup *setup, pl_store *store, const pl_run_wishes *wishes,
                int64_t *ret_run_id)
{
    pl_progress_view view = {0};
    pl_run_summary summary = {0};
    pl_error err = {0};
    pl_run_opts opts = {.setup = setup,
                        .store = store,
                        .log = &args->log,
                        .max_calls = wishes->max_calls,
                        .max_cost_nano_usd = wishes->max_cost_nano_usd,
                        .deadline_ms = wishes->deadline_ms,
                        .retry_failed = wishes->retry_failed,
                        .fail_fast = wishes->fail_fast,
                        .record_dir = wishes->record_dir,
                        .replay_dir = wishes->replay_dir,
                        .replay_in_time = wishes->replay_in_time,
                        .interrupt = pl__interrupts_install(),
                        .progress = args->quiet ? NULL : pl__progress_show,
                        .user = &view};
    pl_status rc = pl__run_execute(&opts, &summary, &err);
    int code = rc == PL_OK ? exit_of_state(summary.state) : PL_EXIT_FAILED;

    pl__out_status_line("");
    *ret_run_id = summary.run_id;
    if (summary.run_id > 0 && (!args->quiet || code != PL_EXIT_OK))
        show_summary(&summary, setup->config);
    if (rc != PL_OK)
        code = pl__out_error(&err);
    pl__run_summary_clear(&summary);
    return code;
}

int pl__cli_show_rank(const pl_args *args, const pl_analysis *analysis)
{
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (pl__report_rank(analysis, args->format, &out, &err) == PL_OK)
        code = pl__out_result(pl__view_n(pl__str_c(&out), out.len));
    else
        code = pl__out_error(&err);
    pl__str_clear(&out);
    return code;
}

static int show_answers(const pl_args *args, pl_store *store, int64_t run_id)
{
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;
    pl_status rc = PL_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = pl__answers_by_default(args, store, run_id, &out, &err);
    code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    pl__str_clear(&out);
    return code;
}

static int show_judgments(const pl_args *args, pl_store *store, int64_t run_id)
{
    pl_ranking_input in = {0};
    pl_analysis *analysis = NULL;
    pl_error err = {0};
    pl_status rc = pl__ranking_input_from_store(store, run_id, &in, &err);
    int code = PL_EXIT_OK;

    if (rc == PL_OK)
        rc = pl__ranking_by_default(&in, &analysis, &err);
    code = rc == PL_OK ? pl__cli_show_rank(args, analysis) : pl__out_error(&err);
    pl__analysis_free(analysis);
    pl__ranking_input_clear(&in);
    return code;
}

/* Two rankings are two tables; JSON and CSV are one document, and so the first. */
static int show_ranking(const pl_args *args, const pl_config *config, pl_store *store, int64_t run_id)
{
    int code = config->has_peer_review ? show_judgments(args, store, run_id) : PL_EXIT_OK;

    if (config->has_uncertainty && (!config->has_peer_review || args->format == PL_FORMAT_TABLE)) {
        int second = PL_EXIT_OK;

        if (config->has_peer_review)
            (void)pl__out_result(pl__view("\n"));
        second = show_answers(args, store, run_id);
        code = code == PL_EXIT_OK ? second : code;
    }
    return code;
}

/* The cap of the command line, else the configuration's; false: it is none. */
static bool read_max_cost(const pl_args *args, const pl_config *config, uint64_t *ret)
{
    double usd = pl__arg_number(args, "max-cost", 0.0);

    *ret = config->budget.max_cost_nano_usd;
    if (!pl__arg_given(args, "max-cost"))
        return true;
    if (!(usd > 0.0) || usd > MAX_COST_USD)
        return false;
    *ret = (uint64_t)(usd * (double)PL_NANO_PER_USD + 0.5);
    return *ret > 0;
}

int pl__cmd_run(const pl_args *args)
{
    int code = PL_EXIT_OK;
    pl_config *config = pl__cli_config(pl__arg_text(args, "config", PL_CONFIG_DEFAULT), &code);
    pl_setup *setup = NULL;
    pl_store *store = NULL;
    pl_error err = {0};

    pl__image_prepare(); /* before there are threads */
    if (config)
        setup = pl__cli_setup(config, &code);
    if (setup) {
        pl_run_wishes wishes = {.max_calls = pl__arg_count(args, "max-calls", config->budget.max_calls),
                                .deadline_ms = pl__arg_count(args, "deadline", config->budget.deadline_ms),
                                .retry_failed = pl__arg_given(args, "retry-failed"),
                                .fail_fast = pl__arg_given(args, "fail-fast"),
                                .record_dir = pl__arg_text(args, "record", NULL),
                                .replay_dir = pl__arg_text(args, "replay", NULL),
                                .replay_in_time = pl__arg_given(args, "in-time")};
        int64_t run_id = 0;

        if (!read_max_cost(args, config, &wishes.max_cost_nano_usd)) {
            code = pl__out_usage("--max-cost takes US dollars above 0, such as 5 or 0.50");
            goto out;
        }
        if (wishes.replay_dir && pl__arg_given(args, "probe")) {
            code = pl__out_usage("--probe asks endpoints, and --replay has none");
            goto out;
        }
        if (!wishes.replay_dir)
            pl__cli_guard_keys(config);

        if (pl__store_open_sqlite(pl__arg_text(args, "store", config->store), PL_STORE_CREATE, &store, &err) != PL_OK) {
            code = pl__out_error(&err);
        } else {
            if (pl__arg_given(args, "probe"))
                code = pl__cli_probe(args, config, store, &(pl_probe_wishes){.missing_only = true});
            if (code == PL_EXIT_OK)
                code = pl__cli_run(args, setup, store, &wishes, &run_id);
            if (run_id > 0 && !pl__arg_given(args, "no-rank")) {
                int shown = show_ranking(args, config, store, run_id);

                code = code == PL_EXIT_OK ? shown : code;
            }
        }
    }
out:
    pl__store_close(store);
    pl__setup_free(setup);
    pl__config_free(config);
    return code;
}
