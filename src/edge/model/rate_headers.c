#include "rate_headers.h"

#include "num.h"
#include "retry.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define UNIX_SECONDS_MIN 1e9 /* a plain number from here on is a point in time, not a wait */
#define UNIX_MILLISECONDS_MIN 1e12
#define HEADER_NAME_BYTES 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t clamp_reset(double ms)
{
    if (!(ms > 0.0))
        return 0;
    return ms < (double)PL_RATE_RESET_MS_MAX ? (uint64_t)ms + (ms > (double)(uint64_t)ms ? 1 : 0)
                                             : PL_RATE_RESET_MS_MAX;
}

/* ---- durations and dates ---- */

/* Milliseconds in the unit that rest begins with; *ret_len is the unit's length, 0 if it is none. */
static double unit_ms(pl_view rest, size_t *ret_len)
{
    static const struct {
        const char *name;
        double ms;
    } units[] = {{"ms", 1.0}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3600000.0}, {"m", 60000.0}, {"s", 1000.0}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!pl__view_starts_with(rest, units[i].name))
            continue;
        *ret_len = strlen(units[i].name);
        return units[i].ms;
    }
    *ret_len = 0;
    return 0.0;
}

pl_status pl__rate_duration_ms(pl_view text, uint64_t *ret_ms)
{
    double ms = 0.0;
    if (text.len == 0)
        return PL_E_PARSE;
    while (text.len > 0) {
        double x = 0.0;
        size_t n = 0;
        size_t n_unit = 0;
        while (n < text.len && (is_digit(text.ptr[n]) || text.ptr[n] == '.'))
            n++;
        if (n == 0 || !is_digit(text.ptr[0]) || pl__num_parse(pl__view_n(text.ptr, n), &x) != PL_OK)
            return PL_E_PARSE;
        text = pl__view_n(text.ptr + n, text.len - n);
        ms += x * unit_ms(text, &n_unit);
        if (n_unit == 0)
            return PL_E_PARSE;
        text = pl__view_n(text.ptr + n_unit, text.len - n_unit);
    }
    *ret_ms = clamp_reset(ms);
    return PL_OK;
}

/* The digits at text[at..at+n), which must be within [min, max]. */
static bool digits_at(pl_view text, size_t at, size_t n, uint64_t min, uint64_t max, int64_t *ret)
{
    uint64_t x = 0;
    if (at + n > text.len || pl__num_parse_u64(pl__view_n(text.ptr + at, n), &x) != PL_OK || x < min || x > max)
        return false;
    *ret = (int64_t)x;
    return true;
}

/* "Z", "+01:00", "-0530" is refused: the colon is part of the form. */
static bool offset_at(pl_view text, size_t at, int64_t *ret_minutes)
{
    int64_t hours = 0;
    int64_t minutes = 0;
    if (at + 1 == text.len && (text.ptr[at] == 'Z' || text.ptr[at] == 'z')) {
        *ret_minutes = 0;
        return true;
    }
    if (at + 6 != text.len || (text.ptr[at] != '+' && text.ptr[at] != '-') || text.ptr[at + 3] != ':' ||
        !digits_at(text, at + 1, 2, 0, 23, &hours) || !digits_at(text, at + 4, 2, 0, 59, &minutes))
        return false;
    *ret_minutes = (text.ptr[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

pl_status pl__rfc3339_parse(pl_view text, int64_t *ret_unix_ms)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    int64_t f[6] = {0};
    int64_t offset_minutes = 0;
    int64_t ms = 0;
    size_t at = sizeof(form) - 1;
    if (text.len <= at)
        return PL_E_PARSE;
    for (size_t i = 0; i < at; i++) {
        bool t = form[i] == 'T' && (text.ptr[i] == 't' || text.ptr[i] == ' ');
        if (form[i] == 'd' ? !is_digit(text.ptr[i]) : text.ptr[i] != form[i] && !t)
            return PL_E_PARSE;
    }
    if (!digits_at(text, 0, 4, 0, 9999, &f[0]) || !digits_at(text, 5, 2, 1, 12, &f[1]) ||
        !digits_at(text, 8, 2, 1, 31, &f[2]) || !digits_at(text, 11, 2, 0, 23, &f[3]) ||
        !digits_at(text, 14, 2, 0, 59, &f[4]) || !digits_at(text, 17, 2, 0, 60, &f[5]))
        return PL_E_PARSE;
    if (text.ptr[at] == '.') {
        size_t from = ++at;
        for (int64_t scale = 100; at < text.len && is_digit(text.ptr[at]); at++, scale /= 10)
            ms += (text.ptr[at] - '0') * scale;
        if (at == from)
            return PL_E_PARSE;
    }
    if (!offset_at(text, at, &offset_minutes))
        return PL_E_PARSE;
    *ret_unix_ms =
        pl__days_from_civil(f[0], f[1], f[2]) * DAY_MS + ((f[3] * 60 + f[4] - offset_minutes) * 60 + f[5]) * 1000 + ms;
    return PL_OK;
}

/* ---- headers ---- */

static bool count_of(pl_view text, uint64_t *ret)
{
    double x = 0.0;
    if (pl__num_parse(text, &x) != PL_OK || !(x >= 0.0))
        return false;
    *ret = x < (double)PL_RATE_COUNT_MAX ? (uint64_t)x : PL_RATE_COUNT_MAX;
    return true;
}

static bool reset_of(pl_view text, int64_t now_unix_ms, uint64_t *ret_ms)
{
    double x = 0.0;
    int64_t unix_ms = 0;
    if (pl__num_parse(text, &x) == PL_OK) {
        if (x >= UNIX_MILLISECONDS_MIN)
            *ret_ms = clamp_reset(x - (double)now_unix_ms);
        else
            *ret_ms = clamp_reset(x >= UNIX_SECONDS_MIN ? x * 1000.0 - (double)now_unix_ms : x * 1000.0);
        return x >= 0.0;
    }
    if (pl__rate_duration_ms(text, ret_ms) == PL_OK)
        return true;
    if (pl__rfc3339_parse(text, &unix_ms) != PL_OK)
        return false;
    *ret_ms = clamp_reset((double)unix_ms - (double)now_unix_ms);
    return true;
}

static pl_view header(const pl_http_reply *reply, const char *a, const char *b, const char *c)
{
    const char *pieces[] = {a, b, c};
    char name[HEADER_NAME_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t len = strlen(pieces[i]);
        if (n + len >= sizeof(name))
            return pl__view_n(NULL, 0);
        memcpy(name + n, pieces[i], len);
        n += len;
    }
    name[n] = '\0';
    return pl__http_reply_header(reply, name);
}

/* Only what is there overwrites. */
static void read_window(pl_rate_window *w, pl_view limit, pl_view remaining, pl_view reset, int64_t now_unix_ms)
{
    uint64_t x = 0;
    if (count_of(limit, &x)) {
        w->has_limit = true;
        w->limit = x;
    }
    if (count_of(remaining, &x)) {
        w->has_remaining = true;
        w->remaining = x;
    }
    if (reset_of(reset, now_unix_ms, &x)) {
        w->has_reset = true;
        w->reset_ms = x;
    }
}

static void read_openai(const pl_http_reply *reply, const char *what, int64_t now_unix_ms, pl_rate_window *ret)
{
    read_window(ret, header(reply, "x-ratelimit-limit", what, ""), header(reply, "x-ratelimit-remaining", what, ""),
                header(reply, "x-ratelimit-reset", what, ""), now_unix_ms);
}

static void read_anthropic(const pl_http_reply *reply, const char *what, int64_t now_unix_ms, pl_rate_window *ret)
{
    read_window(ret, header(reply, "anthropic-ratelimit-", what, "-limit"),
                header(reply, "anthropic-ratelimit-", what, "-remaining"),
                header(reply, "anthropic-ratelimit-", what, "-reset"), now_unix_ms);
}

/* ---- the body ---- */

bool pl__retry_info_ms(pl_view body, uint32_t *ret_ms)
{
    static const char key[] = "\"retryDelay\"";
    uint64_t ms = 0;
    pl_view rest = pl__view_n(body.ptr, body.len < PL_RATE_BODY_BYTES_MAX ? body.len : PL_RATE_BODY_BYTES_MAX);
    size_t at = pl__view_find(rest, pl__view(key));
    if (at > rest.len)
        return false;
    at += sizeof(key) - 1;
    while (at < rest.len && (rest.ptr[at] == ' ' || rest.ptr[at] == '\n' || rest.ptr[at] == '\r' ||
                             rest.ptr[at] == '\t' || rest.ptr[at] == ':'))
        at++;
    if (at >= rest.len || rest.ptr[at] != '"')
        return false;
    rest = pl__view_n(rest.ptr + at + 1, rest.len - at - 1);
    size_t end = pl__view_find(rest, pl__view("\""));
    if (end > rest.len || pl__rate_duration_ms(pl__view_n(rest.ptr, end), &ms) != PL_OK)
        return false;
    *ret_ms = ms < PL_RETRY_AFTER_MS_MAX ? (uint32_t)ms : PL_RETRY_AFTER_MS_MAX;
    return true;
}

void pl__rate_facts_read(const pl_http_reply *reply, int64_t now_unix_ms, pl_rate_facts *ret)
{
    bool answer = reply->status >= 200 && reply->status < 300;
    *ret = (pl_rate_facts){0};
    read_openai(reply, "", now_unix_ms, &ret->requests);
    read_openai(reply, "-requests", now_unix_ms, &ret->requests);
    read_openai(reply, "-tokens", now_unix_ms, &ret->tokens);
    read_anthropic(reply, "requests", now_unix_ms, &ret->requests);
    read_anthropic(reply, "tokens", now_unix_ms, &ret->tokens);
    read_anthropic(reply, "input-tokens", now_unix_ms, &ret->input_tokens);
    read_anthropic(reply, "output-tokens", now_unix_ms, &ret->output_tokens);
    ret->has_delay = pl__retry_after_ms(reply, now_unix_ms, &ret->delay_ms);
    if (!ret->has_delay && !answer)
        ret->has_delay = pl__retry_info_ms(pl__view_n(reply->body.ptr, reply->body.len), &ret->delay_ms);
}

bool pl__rate_exhausted_ms(const pl_rate_facts *facts, uint32_t *ret_ms)
{
    const pl_rate_window *const windows[] = {&facts->requests, &facts->tokens, &facts->input_tokens,
                                             &facts->output_tokens};
    uint64_t longest_ms = 0;
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        const pl_rate_window *w = windows[i];
        if (w->has_remaining && w->remaining == 0 && w->has_reset && w->reset_ms > longest_ms)
            longest_ms = w->reset_ms;
    }
    *ret_ms = longest_ms < PL_RETRY_AFTER_MS_MAX ? (uint32_t)longest_ms : PL_RETRY_AFTER_MS_MAX;
    return longest_ms > 0;
}
