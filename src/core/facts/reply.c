#include "reply.h"

#include "alloc.h"

static const struct {
    pl_outcome outcome;
    const char *name;
} outcomes[] = {
    {PL_OUTCOME_NONE, "none"},
    {PL_OUTCOME_ANSWERED, "answered"},
    {PL_OUTCOME_CUT_OFF, "cut off"},
    {PL_OUTCOME_REFUSED, "refused"},
    {PL_OUTCOME_EMPTY, "empty"},
    {PL_OUTCOME_BAD_REQUEST, "bad request"},
    {PL_OUTCOME_TOO_LONG, "too long"},
    {PL_OUTCOME_IMAGE_UNSUPPORTED, "image unsupported"},
    {PL_OUTCOME_AUTH, "not authorised"},
    {PL_OUTCOME_QUOTA, "quota used up"},
    {PL_OUTCOME_NOT_FOUND, "not found"},
    {PL_OUTCOME_RATE_LIMITED, "rate limited"},
    {PL_OUTCOME_TIMED_OUT, "timed out"},
    {PL_OUTCOME_SERVER_ERROR, "server error"},
    {PL_OUTCOME_UNREACHABLE, "unreachable"},
    {PL_OUTCOME_GARBLED, "garbled"},
    {PL_OUTCOME_BATCH_EXPIRED, "batch expired"},
    {PL_OUTCOME_BATCH_CANCELLED, "batch cancelled"},
    {PL_OUTCOME_BATCH_FAILED, "batch failed"},
};

bool pl__outcome_is_response(pl_outcome o)
{
    return o >= 1 && o <= 15;
}

bool pl__outcome_is_final_error(pl_outcome o)
{
    return o >= 16 && o <= 31;
}

const char *pl__outcome_name(pl_outcome o)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i].outcome == o)
            return outcomes[i].name;
    return "unknown";
}

void pl__reply_choice_clear(pl_reply_choice *choice)
{
    if (!choice)
        return;
    pl__free(choice->text);
    pl__free(choice->reasoning);
    pl__free(choice->finish);
    pl__free(choice->tokens);
    *choice = (pl_reply_choice){0};
}

bool pl__reply_choose(pl_reply *reply, size_t choice)
{
    pl_reply old = *reply;

    if (choice > reply->n_further)
        return false;
    if (choice > 0) {
        pl_reply_choice *c = &reply->further[choice - 1];

        *reply = (pl_reply){.outcome = c->outcome,
                            .text = c->text,
                            .text_len = c->text_len,
                            .reasoning = c->reasoning,
                            .finish = c->finish,
                            .usage = old.usage,
                            .tokens = c->tokens,
                            .n_tokens = c->n_tokens};
        *c = (pl_reply_choice){0};
        pl__reply_clear(&old);
        return true;
    }
    for (size_t i = 0; i < reply->n_further; i++)
        pl__reply_choice_clear(&reply->further[i]);
    pl__free(reply->further);
    reply->further = NULL;
    reply->n_further = 0;
    return true;
}

void pl__reply_clear(pl_reply *reply)
{
    if (!reply)
        return;
    for (size_t i = 0; i < reply->n_further; i++)
        pl__reply_choice_clear(&reply->further[i]);
    pl__free(reply->further);
    pl__free(reply->tokens);
    pl__free(reply->text);
    pl__free(reply->reasoning);
    pl__free(reply->finish);
    *reply = (pl_reply){0};
}
