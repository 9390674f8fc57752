#include "mishap.h"

#include "error.h"
#include "iso_time.h"

#include <stdio.h>
#include <string.h>

#define DRIPS 20u
#define LENGTH_TOO_LONG 64
#define MS_PER_S 1000u
#define EURO "\xe2\x82\xac" /* three bytes; without the last one they are no UTF-8 */

bool pl__sim_mishap_replaces(pl_sim_fault fault)
{
    return (fault >= PL_SIM_RATE_LIMIT && fault <= PL_SIM_STALL) || fault == PL_SIM_NO_REPLY || fault == PL_SIM_HTML ||
           fault == PL_SIM_EMPTY_BODY;
}

/* ---- what comes instead of an answer ---- */

static uint32_t whole_seconds(uint32_t ms)
{
    return ms / MS_PER_S + (ms % MS_PER_S > 0 ? 1 : 0);
}

static int64_t say_seconds(uint32_t ms, int64_t now, pl_httpd_response *ret)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%u", (unsigned)whole_seconds(ms));
    pl__sim_add_header(ret, "retry-after", text);
    return now + (int64_t)whole_seconds(ms) * MS_PER_S;
}

static int64_t say_ms(uint32_t ms, int64_t now, pl_httpd_response *ret)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%u", (unsigned)ms);
    pl__sim_add_header(ret, "retry-after-ms", text);
    return now + ms;
}

/* As Go prints durations: 200ms, 1.5s, 6m0s. */
static int64_t say_reset(uint32_t ms, int64_t now, pl_httpd_response *ret)
{
    char text[40];
    unsigned s = (unsigned)(ms / MS_PER_S);
    if (s == 0)
        (void)snprintf(text, sizeof(text), "%ums", (unsigned)ms);
    else if (s < 60)
        (void)snprintf(text, sizeof(text), "%u.%03us", s, (unsigned)(ms % MS_PER_S));
    else
        (void)snprintf(text, sizeof(text), "%um%u.%03us", s / 60, s % 60, (unsigned)(ms % MS_PER_S));
    pl__sim_add_header(ret, "x-ratelimit-limit-requests", "600");
    pl__sim_add_header(ret, "x-ratelimit-remaining-requests", "0");
    pl__sim_add_header(ret, "x-ratelimit-reset-requests", text);
    pl__sim_add_header(ret, "x-ratelimit-limit-tokens", "1000000000");
    pl__sim_add_header(ret, "x-ratelimit-remaining-tokens", "1000000000");
    pl__sim_add_header(ret, "x-ratelimit-reset-tokens", "0s");
    return now + ms;
}

static int64_t round_up(int64_t unix_ms)
{
    return (unix_ms + MS_PER_S - 1) / MS_PER_S * MS_PER_S;
}

static int64_t say_date(uint32_t ms, int64_t now, pl_httpd_response *ret)
{
    char text[PL_TIME_BYTES];
    pl__http_date_write(now + ms, text);
    pl__sim_add_header(ret, "retry-after", text);
    return round_up(now + ms);
}

static int64_t say_rfc3339(uint32_t ms, int64_t now, pl_httpd_response *ret)
{
    char text[PL_TIME_BYTES];
    pl__rfc3339_write(now + ms, text);
    pl__sim_add_header(ret, "anthropic-ratelimit-requests-limit", "600");
    pl__sim_add_header(ret, "anthropic-ratelimit-requests-remaining", "0");
    pl__sim_add_header(ret, "anthropic-ratelimit-requests-reset", text);
    return round_up(now + ms);
}

static pl_sim_fault own_form(const pl_sim_dialect *dialect)
{
    if (dialect->id == PL_SIM_GEMINI)
        return PL_SIM_RATE_INFO;
    return dialect->id == PL_SIM_ANTHROPIC ? PL_SIM_RATE_RFC3339 : PL_SIM_RATE_RESET;
}

/* Returns the time until which the client is to wait. */
static int64_t limit_rate(const pl_sim_dialect *dialect, const pl_sim_mishap *mishap, int64_t now,
                          pl_httpd_response *ret)
{
    pl_sim_complaint why = {.status = 429};
    int64_t until = 0;
    pl_sim_fault form = mishap->fault;
    (void)pl__fail(&why.error, PL_E_LIMIT, "Rate limit reached for this simulated model. Please try again later.");
    if (form == PL_SIM_RATE_LIMIT) {
        form = own_form(dialect);
        if (form != PL_SIM_RATE_INFO)
            until = say_seconds(mishap->ms, now, ret);
    }
    if (form == PL_SIM_RATE_SECONDS)
        until = say_seconds(mishap->ms, now, ret);
    else if (form == PL_SIM_RATE_DATE)
        until = say_date(mishap->ms, now, ret);
    else if (form == PL_SIM_RATE_MS)
        until = say_ms(mishap->ms, now, ret);
    else if (form == PL_SIM_RATE_RESET && until == 0)
        until = say_reset(mishap->ms, now, ret);
    else if (form == PL_SIM_RATE_RESET)
        (void)say_reset(mishap->ms, now, ret); /* retry-after goes first */
    else if (form == PL_SIM_RATE_RFC3339 && until == 0)
        until = say_rfc3339(mishap->ms, now, ret);
    else if (form == PL_SIM_RATE_RFC3339)
        (void)say_rfc3339(mishap->ms, now, ret);
    if (form == PL_SIM_RATE_INFO) { /* Google's body, also where a gateway passes it on */
        why.retry_info_ms = mishap->ms;
        until = now + mishap->ms;
        dialect = &pl__sim_dialect_gemini;
    }
    pl__sim_answer_error(dialect, &why, ret);
    return until;
}

static void answer_plainly(const pl_sim_dialect *dialect, int status, const char *message, pl_httpd_response *ret)
{
    pl_sim_complaint why = {.status = status};
    (void)pl__fail(&why.error, PL_E_NET, "%s", message);
    pl__sim_answer_error(dialect, &why, ret);
}

static void refuse_payment(const pl_sim_dialect *dialect, pl_httpd_response *ret)
{
    pl_sim_complaint why = {.status = dialect->id == PL_SIM_ANTHROPIC ? 400 : 429, .out_of_quota = true};
    (void)pl__fail(&why.error, PL_E_LIMIT, "%s",
                   dialect->id == PL_SIM_ANTHROPIC ? "Your credit balance is too low to access the API."
                                                   : "You exceeded your current quota.");
    pl__sim_answer_error(dialect, &why, ret);
}

static void show_page(int status, pl_httpd_response *ret)
{
    static const char page[] = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                               "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n"
                               "</body>\r\n</html>\r\n";
    ret->status = pl__str_append_c(&ret->body, page) ? 500 : status;
    ret->content_type = "text/html";
}

void pl__sim_mishap_reply(const pl_sim_dialect *dialect, const pl_sim_mishap *mishap, int64_t now_unix_ms,
                          pl_httpd_response *ret, int64_t *ret_until_unix_ms)
{
    *ret_until_unix_ms = 0;
    ret->delay_ms = mishap->latency_ms;
    switch (mishap->fault) {
    case PL_SIM_QUOTA:
        refuse_payment(dialect, ret);
        break;
    case PL_SIM_SERVER_ERROR:
        answer_plainly(dialect, 500, "The server had an error while processing your request.", ret);
        break;
    case PL_SIM_OVERLOADED:
        answer_plainly(dialect, dialect->id == PL_SIM_ANTHROPIC ? 529 : 503, "The model is overloaded.", ret);
        break;
    case PL_SIM_BAD_GATEWAY:
        show_page(502, ret);
        break;
    case PL_SIM_HTML:
        show_page(200, ret);
        break;
    case PL_SIM_STALL:
        ret->delay_ms += mishap->ms;
        ret->spoil.silent = true;
        break;
    case PL_SIM_NO_REPLY:
        ret->spoil.silent = true;
        break;
    case PL_SIM_EMPTY_BODY:
        ret->status = 200;
        break;
    default:
        *ret_until_unix_ms = limit_rate(dialect, mishap, now_unix_ms, ret);
        break;
    }
}

/* ---- what becomes of an answer ---- */

static pl_status put_in_front(pl_sim_speech *speech, const char *text)
{
    size_t n = strlen(text);
    pl_status rc = pl__str_reserve(&speech->text, n);
    size_t len = speech->text.len;
    if (!rc)
        rc = pl__str_append(&speech->text, text, n);
    if (rc)
        return rc;
    memmove(speech->text.ptr + n, speech->text.ptr, len);
    memcpy(speech->text.ptr, text, n);
    speech->decision_start += n;
    return PL_OK;
}

pl_status pl__sim_mishap_change(pl_sim_fault fault, pl_sim_speech *speech)
{
    switch (fault) {
    case PL_SIM_EMPTY:
        pl__str_reset(&speech->text);
        speech->refused = false;
        speech->decision_len = 0;
        return PL_OK;
    case PL_SIM_REFUSAL:
        pl__str_reset(&speech->text);
        speech->refused = true;
        speech->decision_len = 0;
        return pl__str_append_c(&speech->text, "I cannot help with this picture.");
    case PL_SIM_UTF8:
        return put_in_front(speech, EURO);
    default:
        return PL_OK;
    }
}

/* Takes the last byte off the first character of the answer; where there is none to be seen, the body ends so. */
static pl_status truncate_character(pl_str *body)
{
    size_t at = pl__view_find(pl__view_n(pl__str_c(body), body->len), pl__view(EURO));
    if (at == SIZE_MAX)
        return pl__str_append(body, EURO, 2);
    memmove(body->ptr + at + 2, body->ptr + at + 3, body->len - at - 2); /* with the NUL */
    body->len--;
    return PL_OK;
}

pl_status pl__sim_mishap_spoil(const pl_sim_mishap *mishap, pl_httpd_response *ret)
{
    size_t n = ret->body.len;
    ret->delay_ms = mishap->latency_ms;
    switch (mishap->fault) {
    case PL_SIM_STALL_BODY:
        ret->spoil.kept_bytes = n - n / 2;
        ret->spoil.hold_ms = mishap->ms;
        break;
    case PL_SIM_CUT:
        ret->cut = true;
        break;
    case PL_SIM_DRIP:
        ret->spoil.piece_bytes = (uint32_t)(n / DRIPS) + 1;
        ret->spoil.piece_ms = mishap->ms / DRIPS + 1;
        break;
    case PL_SIM_MALFORMED:
        ret->body.len = n * 2 / 3;
        ret->body.ptr[ret->body.len] = '\0';
        break;
    case PL_SIM_LENGTH_LONG:
        ret->spoil.length_error_bytes = LENGTH_TOO_LONG;
        break;
    case PL_SIM_LENGTH_SHORT:
        ret->spoil.length_error_bytes = -(int32_t)(n / 3 + 1);
        break;
    case PL_SIM_UTF8:
        return truncate_character(&ret->body);
    default:
        break;
    }
    return PL_OK;
}
