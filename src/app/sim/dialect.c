#include "dialect.h"

#include "num.h"

#include <stdio.h>

/* An answer that cannot even be worded goes out empty, with 500. */
static void put(pl_httpd_response *ret, int status, pl_status rc, pl_str *body)
{
    pl__str_clear(&ret->body);
    ret->status = rc ? 500 : status;
    if (rc)
        pl__str_clear(body);
    else
        ret->body = *body;
}

void pl__sim_answer_error(const pl_sim_dialect *dialect, const pl_sim_complaint *why, pl_httpd_response *ret)
{
    pl_str body;
    pl__str_init(&body, PL_STR_LIMIT_DEFAULT);
    put(ret, why->status, dialect->write_error(why, &body), &body);
}

void pl__sim_answer_models(const pl_sim_dialect *dialect, const pl_sim_pool *pool, pl_httpd_response *ret)
{
    pl_str body;
    pl__str_init(&body, PL_STR_LIMIT_DEFAULT);
    put(ret, 200, dialect->write_models(pool, &body), &body);
}

void pl__sim_add_header(pl_httpd_response *ret, const char *name, const char *value)
{
    if (ret->n_headers == PL_HTTPD_HEADERS_MAX)
        return;
    pl_httpd_header *header = &ret->headers[ret->n_headers++];
    header->name = name;
    (void)snprintf(header->value, sizeof(header->value), "%s", value);
}

pl_status pl__sim_write_string(pl_view text, pl_str *out)
{
    pl_status rc = pl__str_append_char(out, '"');
    if (!rc)
        rc = pl__str_append_json_escaped(out, text);
    return rc ? rc : pl__str_append_char(out, '"');
}

pl_status pl__sim_write_number(double x, pl_str *out)
{
    char digits[PL_NUM_BYTES];
    pl__num_format(x, digits);
    return pl__str_append_c(out, digits);
}

pl_status pl__sim_write_token(const char *key, pl_view token, double logprob, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"token\":");
    if (!rc)
        rc = pl__sim_write_string(token, out);
    if (!rc)
        rc = pl__str_appendf(out, ",\"%s\":", key);
    return rc ? rc : pl__sim_write_number(logprob, out);
}

pl_status pl__sim_write_alternatives(const pl_sim_token *token, uint32_t top,
                                     pl_status (*write)(pl_view token, double logprob, pl_str *out), pl_str *out)
{
    pl_status rc = PL_OK;
    if (!token->alternatives)
        return top > 0 ? write(token->text, token->logprob, out) : PL_OK;
    for (uint32_t i = 0; !rc && i < top && i < token->alternatives->n; i++) {
        const pl_sim_choice *choice = &token->alternatives->choices[i];
        if (i > 0)
            rc = pl__str_append_char(out, ',');
        if (!rc)
            rc = write(pl__view(choice->text), pl__sim_logprob(choice->p), out);
    }
    return rc;
}
