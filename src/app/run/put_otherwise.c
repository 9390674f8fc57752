/* An endpoint that refuses a parameter gets the same wish without it, and so do all later calls of its model. */
#include "run_internal.h"

typedef struct omittable {
    uint32_t param;
    const char *without; /* what is done instead */
} omittable;

static const omittable omittables[] = {
    {PL_PARAM_TEMPERATURE, "temperature (it uses its own)"},
    {PL_PARAM_SEED, "seed"},
    {PL_PARAM_MAX_TOKENS, "max_tokens (max_completion_tokens takes its place)"},
};

static void say(const pl_runner *r, uint32_t model, uint32_t params, const char *message)
{
    for (size_t i = 0; i < sizeof(omittables) / sizeof(omittables[0]); i++) {
        if (params & omittables[i].param)
            pl__log(r->opts->log, PL_LOG_WARN, "%s: from now on asked without %s, for its endpoint refuses that: %s",
                    r->setup->config->models[model].name, omittables[i].without, message);
    }
}

bool pl__run_put_otherwise(pl_runner *r, pl_flight *f)
{
    const pl_decoded *d = &f->result.decoded;
    uint32_t refused = 0;

    for (size_t i = 0; i < sizeof(omittables) / sizeof(omittables[0]); i++)
        refused |= d->refused_params & omittables[i].param;
    refused &= ~f->omit; /* at most one more request for each of them, whatever the endpoint says */
    if (d->reply.outcome != PL_OUTCOME_BAD_REQUEST || refused == 0)
        return false;
    say(r, f->model, refused & ~r->omit[f->model], d->message);
    r->omit[f->model] |= refused;
    return true;
}
