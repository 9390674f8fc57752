#include "alloc.h"
#include "commands.h"
#include "error.h"
#include "interrupts.h"
#include "num.h"
#include "out.h"
#include "probe.h"
#include "probe_report.h"
#include "process.h"
#include "stored_abilities.h"
#include <inttypes.h>

#define TOKENS_PER_CALL 60u /* what a small question and its answer come to, about */

/* Which of the models are to be asked: all, or those whose abilities the store lacks. */
static pl_status choose(const pl_config *config, pl_store *store, bool missing_only, pl_model_spec *ret,
                        uint32_t *ret_n, pl_error *reterr)
{
    *ret_n = 0;
    for (uint32_t i = 0; i < config->n_models; i++) {
        pl_abilities known;
        bool found = false;
        pl_status rc = PL_OK;

        if (missing_only)
            rc = pl__abilities_load(store, &config->models[i], &known, &found, reterr);
        if (rc != PL_OK)
            return rc;
        if (!found)
            ret[(*ret_n)++] = config->models[i];
    }
    return PL_OK;
}

static void say_totals(const pl_abilities *abilities, uint32_t n)
{
    char seconds[PL_NUM_BYTES];
    uint64_t calls = 0;
    uint64_t requests = 0;
    uint64_t tokens = 0;
    uint64_t longest_ms = 0;

    for (uint32_t i = 0; i < n; i++) {
        calls += abilities[i].calls;
        requests += abilities[i].requests;
        tokens += abilities[i].usage.input_tokens + abilities[i].usage.output_tokens;
        longest_ms = abilities[i].elapsed_ms > longest_ms ? abilities[i].elapsed_ms : longest_ms;
    }
    pl__num_format_fixed((double)longest_ms * 1e-3, 1, seconds);
    pl__out_say("%" PRIu64 " calls (%" PRIu64 " requests), %" PRIu64 " tokens, %s s", calls, requests, tokens, seconds);
}

static pl_status ask(const pl_args *args, const pl_config *config, pl_store *store, const pl_probe_wishes *wishes,
                     const pl_model_spec *models, uint32_t n, pl_abilities *ret, pl_error *reterr)
{
    pl_probe_opts opts = {.models = models,
                          .n_models = n,
                          .log = &args->log,
                          .seed = config->seed,
                          .deep = wishes->deep,
                          .interrupt = pl__interrupts_install()};
    pl_status rc = PL_OK;

    if (n == 0)
        return PL_OK;
    if (!args->quiet)
        pl__out_say("Asking %u models at most some %u small questions each, about %u tokens a question%s", n,
                    PL_PROBE_CALLS, TOKENS_PER_CALL, wishes->deep ? ", and then long ones (--deep)" : "");
    rc = pl__probe(&opts, ret, reterr);
    for (uint32_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__abilities_store(store, &models[i], &ret[i], reterr);
    if (rc == PL_OK && !args->quiet)
        say_totals(ret, n);
    return rc;
}

static int show(const pl_args *args, const pl_model_spec *models, const pl_abilities *abilities, uint32_t n)
{
    pl_error err = {0};
    pl_str out;
    int code = PL_EXIT_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (pl__report_probe(models, abilities, n, args->format, &out, &err) == PL_OK)
        code = pl__out_result(pl__view_n(pl__str_c(&out), out.len));
    else
        code = pl__out_error(&err);
    for (uint32_t i = 0; i < n && code == PL_EXIT_OK; i++)
        code = abilities[i].of[PL_ABILITY_TEXT].state == PL_ABILITY_YES ? PL_EXIT_OK : PL_EXIT_FAILED;
    pl__str_clear(&out);
    return code;
}

static int probe(const pl_args *args, const pl_config *config, pl_store *store, const pl_probe_wishes *wishes,
                 pl_model_spec *models, pl_abilities *abilities)
{
    uint32_t n = 0;
    pl_error err = {0};
    pl_status rc = choose(config, store, wishes->missing_only, models, &n, &err);

    if (rc == PL_OK)
        rc = ask(args, config, store, wishes, models, n, abilities, &err);
    if (rc == PL_E_CANCELLED)
        return PL_EXIT_INTERRUPTED;
    if (rc != PL_OK)
        return pl__out_error(&err);
    return wishes->show ? show(args, models, abilities, n) : PL_EXIT_OK;
}

void pl__cli_guard_keys(const pl_config *config)
{
    bool any = false;

    for (uint32_t i = 0; i < config->n_models && !any; i++) {
        const pl_endpoint_spec *reach = &config->models[i].reach;

        any = reach->api_key_env || reach->api_key_file || reach->api_key_cmd || reach->n_headers > 0;
    }
    if (any)
        (void)pl__process_hide_memory(); /* where it cannot be had, a core file is as safe as the user's other files */
}

int pl__cli_probe(const pl_args *args, const pl_config *config, pl_store *store, const pl_probe_wishes *wishes)
{
    pl_model_spec *models = pl__calloc(config->n_models, sizeof(*models));
    pl_abilities *abilities = pl__calloc(config->n_models, sizeof(*abilities));
    pl_error err = {0};
    int code = PL_EXIT_FAILED;

    if (models && abilities) {
        code = probe(args, config, store, wishes, models, abilities);
    } else {
        (void)pl__fail(&err, PL_E_NOMEM, "probe");
        code = pl__out_error(&err);
    }
    pl__free(abilities);
    pl__free(models);
    return code;
}

int pl__cmd_probe(const pl_args *args)
{
    const pl_probe_wishes wishes = {.deep = pl__arg_given(args, "deep"), .show = true};
    int code = PL_EXIT_OK;
    pl_config *config = pl__cli_config(pl__arg_text(args, "config", PL_CONFIG_DEFAULT), &code);
    pl_store *store = NULL;
    pl_error err = {0};

    if (config) {
        pl__cli_guard_keys(config);
        if (pl__store_open_sqlite(pl__arg_text(args, "store", config->store), PL_STORE_CREATE, &store, &err) != PL_OK)
            code = pl__out_error(&err);
        else
            code = pl__cli_probe(args, config, store, &wishes);
    }
    pl__store_close(store);
    pl__config_free(config);
    return code;
}
