#include "wire.h"

#include "alloc.h"
#include "error.h"
#include "transport_record.h"
#include "transport_replay.h"

/* A replay has no use for keys, so it asks for none. */
static pl_status drop_keys(pl_wire *w, const pl_config *config, pl_error *reterr)
{
    w->keyless = pl__calloc(config->n_models, sizeof(*w->keyless));
    if (!w->keyless)
        return pl__fail(reterr, PL_E_NOMEM, "replay");
    for (uint32_t i = 0; i < config->n_models; i++) {
        pl_endpoint_spec *reach = &w->keyless[i].reach;
        w->keyless[i] = config->models[i];
        reach->api_key_env = reach->api_key_file = NULL;
        reach->api_key_cmd = NULL;
        reach->headers = NULL;
        reach->n_headers = 0;
        reach->insecure = false; /* nothing leaves the machine: no warning */
    }
    w->models = w->keyless;
    return PL_OK;
}

static pl_status open_replay(pl_wire *w, const pl_run_opts *opts, pl_error *reterr)
{
    const pl_replay_opts replay_opts = {.in_time = opts->replay_in_time};
    pl_status rc = pl__transport_replay_new(opts->replay_dir, &replay_opts, &w->own, reterr);
    if (rc)
        return rc;
    w->replay = w->own;
    w->clock = pl__transport_replay_clock(w->replay);
    uint64_t broken = pl__transport_replay_broken(w->replay);
    if (broken > 0)
        pl__log(w->log, PL_LOG_WARN, "%s: %llu lines are cut or broken and are left out", opts->replay_dir,
                (unsigned long long)broken);
    return drop_keys(w, opts->setup->config, reterr);
}

static pl_status open_recorder(pl_wire *w, const char *dir, pl_error *reterr)
{
    pl_status rc = pl__transport_record_new(w->own, dir, &w->recorder, reterr);
    if (rc == PL_OK)
        w->own = w->recorder;
    return rc;
}

pl_status pl__wire_open(pl_wire *ret, const pl_run_opts *opts, pl_error *reterr)
{
    pl_wire *w = ret;
    pl_status rc = PL_OK;
    *w = (pl_wire){.transport = opts->transport,
                   .clock = opts->clock ? opts->clock : pl__clock_system(),
                   .models = opts->setup->config->models,
                   .log = opts->log};
    if ((opts->record_dir && opts->replay_dir) || (opts->transport && (opts->record_dir || opts->replay_dir)))
        return pl__fail(reterr, PL_E_INVALID, "a run either records, or replays, or is given a transport");
    for (uint32_t i = 0; i < opts->setup->config->n_models && (opts->record_dir || opts->replay_dir); i++) {
        if (opts->setup->config->models[i].reach.batch)
            return pl__fail(reterr, PL_E_UNSUPPORTED,
                            "a recording knows no batches: model %s has limits: {batch: true}",
                            opts->setup->config->models[i].name);
    }
    if (opts->transport)
        return PL_OK;
    if (opts->replay_dir)
        rc = open_replay(w, opts, reterr);
    else
        rc = pl__transport_curl_new(NULL, &w->own, reterr);
    if (rc == PL_OK && opts->record_dir)
        rc = open_recorder(w, opts->record_dir, reterr);
    w->transport = w->own;
    return rc;
}

pl_status pl__wire_hide(pl_wire *wire, const pl_secrets *secrets, pl_error *reterr)
{
    return wire->recorder ? pl__transport_record_hide(wire->recorder, secrets, reterr) : PL_OK;
}

pl_status pl__wire_problem(const pl_wire *wire, pl_error *reterr)
{
    return wire->recorder ? pl__transport_record_problem(wire->recorder, reterr) : PL_OK;
}

void pl__wire_clear(pl_wire *wire)
{
    uint64_t unknown = wire->replay ? pl__transport_replay_unknown(wire->replay) : 0;
    if (unknown > 0)
        pl__log(wire->log, PL_LOG_WARN, "%llu requests were not in the recording", (unsigned long long)unknown);
    if (wire->own)
        wire->own->ops->free(wire->own);
    pl__free(wire->keyless);
    *wire = (pl_wire){0};
}
