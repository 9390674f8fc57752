/* An endpoint that refuses a parameter gets the same wish without it, and so do all later calls of its model. */
#include "run_internal.h"

#define FEW_LOGPROBS 5u /* what servers that take fewer than 20 take, as a rule */

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

/* Fewer alternatives, then none; at most two more requests. */
static bool fewer_logprobs(pl_runner *r, const pl_flight *f)
{
    const pl_decoded *d = &f->result.decoded;
    uint32_t refused = d->refused_params & (PL_PARAM_LOGPROBS | PL_PARAM_TOP_LOGPROBS);
    bool some = !(refused & PL_PARAM_LOGPROBS) && f->top_logprobs > FEW_LOGPROBS;

    if (refused == 0 || f->top_logprobs == 0)
        return false;
    if (some && r->top_most[f->model] > FEW_LOGPROBS) {
        r->top_most[f->model] = FEW_LOGPROBS;
        pl__log(r->opts->log, PL_LOG_WARN, "%s: from now on asked for %u log-probabilities of each token: %s",
                r->setup->config->models[f->model].name, FEW_LOGPROBS, d->message);
    } else if (!some && r->top_most[f->model] > 0) {
        r->top_most[f->model] = 0;
        pl__log(r->opts->log, PL_LOG_WARN, "%s: from now on asked without log-probabilities: %s",
                r->setup->config->models[f->model].name, d->message);
    }
    return true;
}

/* Its tasks then ask on their own: see put_again. */
static bool several_refused(pl_runner *r, const pl_flight *f)
{
    if (f->n <= 1 || !(f->result.decoded.refused_params & PL_PARAM_N))
        return false;
    pl__run_ask_one_each(r, f->model, f->result.decoded.message);
    return true;
}

bool pl__run_put_otherwise(pl_runner *r, pl_flight *f)
{
    const pl_decoded *d = &f->result.decoded;
    uint32_t refused = 0;
    bool put = false;

    for (size_t i = 0; i < sizeof(omittables) / sizeof(omittables[0]); i++)
        refused |= d->refused_params & omittables[i].param;
    refused &= ~f->omit; /* at most one more request for each of them, whatever the endpoint says */
    if (d->reply.outcome != PL_OUTCOME_BAD_REQUEST)
        return false;
    put = fewer_logprobs(r, f);
    put = several_refused(r, f) || put;
    if (refused == 0)
        return put;
    say(r, f->model, refused & ~r->omit[f->model], d->message);
    r->omit[f->model] |= refused;
    return true;
}
