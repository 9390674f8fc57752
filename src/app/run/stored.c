/* What a reply, stored or not, says to a task. */
#include "error.h"
#include "run_internal.h"

bool pl__run_takes_stored(const pl_runner *r, pl_outcome outcome)
{
    return pl__outcome_is_response(outcome) || (pl__outcome_is_final_error(outcome) && !r->opts->retry_failed);
}

pl_said pl__run_said(const pl_reply *reply, const pl_task *task)
{
    size_t choice = task->sample > 0 && task->sample <= 1 + reply->n_further ? task->sample - 1 : 0;
    pl_said said = {.outcome = reply->outcome, .text = pl__view_n(reply->text, reply->text_len)};

    if (choice > 0) {
        const pl_reply_choice *c = &reply->further[choice - 1];

        said = (pl_said){.outcome = c->outcome, .text = pl__view_n(c->text, c->text_len)};
    }
    if (pl__outcome_is_response(reply->outcome) && !pl__outcome_is_response(said.outcome))
        said.outcome = PL_OUTCOME_EMPTY;
    if (!said.text.ptr)
        said.text = pl__view("");
    return said;
}

pl_status pl__stored_said(const pl_store_call *call, const pl_task *task, pl_outcome *ret_outcome, pl_str *text,
                          pl_error *reterr)
{
    pl_reply reply = {0};
    pl_said said;
    pl_status rc = PL_OK;

    if (!pl__outcome_is_response(call->outcome)) {
        *ret_outcome = call->outcome;
        return PL_OK;
    }
    rc = pl__codec_reread(call->codec, call->http_status, call->body, &reply, reterr);
    if (rc != PL_OK)
        return rc;
    said = pl__run_said(&reply, task);
    rc = pl__str_append_view(text, said.text);
    if (rc == PL_OK)
        *ret_outcome = task->sample > 0 && pl__outcome_is_response(said.outcome) ? said.outcome : call->outcome;
    pl__reply_clear(&reply);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "stored reply of %zu bytes", call->body.len);
}
