/* What both halves of the client do with a call. */
#include "client_internal.h"

void pl__client_arrived(pl_client *c, pl_call *x)
{
    x->state = PL_CALL_ARRIVED;
    x->next = NULL;
    if (c->arrived_last)
        c->arrived_last->next = x;
    else
        c->arrived_first = x;
    c->arrived_last = x;
}

void pl__client_drop_answer(pl_call *x)
{
    pl__http_reply_clear(&x->reply);
    pl__reply_clear(&x->decoded.reply);
    x->decoded = (pl_decoded){0};
    x->decoded_yet = false;
    x->failure = PL_HTTP_OK;
    x->error = (pl_error){0};
}
