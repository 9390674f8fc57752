#include "alloc.h"
#include "run.h"
#include <string.h>

const char *pl__stage_name(size_t stage)
{
    static const char *const names[PL_STAGES] = {"questions", "answers", "judgments", "equivalences"};

    return stage < PL_STAGES ? names[stage] : "unknown";
}

void pl__spend_sum(pl_spend *sum, const pl_spend *more)
{
    sum->calls += more->calls;
    sum->usage.input_tokens += more->usage.input_tokens;
    sum->usage.output_tokens += more->usage.output_tokens;
    sum->usage.cached_tokens += more->usage.cached_tokens;
    sum->usage.reasoning_tokens += more->usage.reasoning_tokens;
    sum->usage.cache_written_tokens += more->usage.cache_written_tokens;
    sum->nano_usd = pl__money_add(sum->nano_usd, more->nano_usd);
    sum->estimated += more->estimated;
    sum->unreported += more->unreported;
}

pl_status pl__spend_stored(pl_spend *sum, const pl_price *price, pl_key_set *counted, const pl_store_call *call)
{
    pl_spend one = {.usage = call->usage};
    bool any = call->usage.input_tokens > 0 || call->usage.output_tokens > 0;
    bool is_new = false;

    if (!any && !pl__outcome_is_response(call->outcome))
        return PL_OK; /* a failure */
    if (pl__key_set_put(counted, &call->key, &is_new) != PL_OK)
        return PL_E_NOMEM;
    if (!is_new)
        return PL_OK;
    one.calls = any;
    one.unreported = !any;
    one.nano_usd = pl__cost_of(price, &call->usage);
    pl__spend_sum(sum, &one);
    return PL_OK;
}
