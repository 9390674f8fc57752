/* What a stored call says to a task that asks the same. */
#include "error.h"
#include "run_internal.h"

bool pl__run_takes_stored(const pl_runner *r, pl_outcome outcome)
{
    return pl__outcome_is_response(outcome) || (pl__outcome_is_final_error(outcome) && !r->opts->retry_failed);
}

pl_status pl__run_stored_text(const pl_store_call *call, size_t choice, pl_str *out, bool *ret_has, pl_error *reterr)
{
    pl_reply reply = {0};
    pl_status rc = pl__codec_reread(call->codec, call->http_status, call->body, &reply, reterr);
    bool has = rc == PL_OK && pl__reply_choose(&reply, choice);

    pl__str_reset(out);
    if (ret_has)
        *ret_has = has;
    if (has && reply.text) {
        rc = pl__str_append(out, reply.text, reply.text_len);
        if (rc != PL_OK)
            rc = pl__fail(reterr, rc, "stored reply of %zu bytes", call->body.len);
    }
    pl__reply_clear(&reply);
    return rc;
}
