#ifndef PL_RATE_HEADERS_H
#define PL_RATE_HEADERS_H

#include "http.h"

#define PL_RATE_COUNT_MAX (UINT64_C(1) << 53) /* larger limits are this */
#define PL_RATE_RESET_MS_MAX (UINT64_C(7) * 86400000)
#define PL_RATE_BODY_BYTES_MAX 65536u /* of an error's body are looked at */

/* One counter of a server. What it does not say, or says as -1 (Azure), is not there. */
typedef struct pl_rate_window {
    bool has_limit;
    bool has_remaining;
    bool has_reset;
    uint64_t limit;     /* a window holds; servers do not say how long it is, nearly always a minute */
    uint64_t remaining; /* after this request */
    uint64_t reset_ms;  /* from the reply's arrival until it is full again; 0 if that is past */
} pl_rate_window;

/* What one reply, of whatever status, says about the rate that its endpoint bears. */
typedef struct pl_rate_facts {
    pl_rate_window requests;
    pl_rate_window tokens;        /* input and output together; Anthropic: the tightest of its limits */
    pl_rate_window input_tokens;  /* Anthropic counts them apart, too */
    pl_rate_window output_tokens; /* the same */
    bool has_delay;               /* asked to wait before the next request */
    uint32_t delay_ms;            /* at most PL_RETRY_AFTER_MS_MAX */
} pl_rate_facts;

/* Pure and total; *ret is overwritten. Reads, without regard to the dialect:
 * - x-ratelimit-{limit,remaining,reset}-{requests,tokens}; resets as durations ("12ms", "6m0s", "1h2m3.5s") or plain
 *   seconds, a number past 10^9 as a Unix time (past 10^12 in milliseconds); without a suffix they count requests;
 * - anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}, resets by RFC 3339;
 * - the delay: retry-after-ms, retry-after (seconds or a date), else in the body of an error "retryDelay": "34s"
 *   (google.rpc.RetryInfo).
 * now_unix_ms is the wall clock, for dates. */
void pl__rate_facts_read(const pl_http_reply *reply, int64_t now_unix_ms, pl_rate_facts *ret);

/* How long until what a refused request lacked is there for certain: the longest reset of the windows that have nothing
 * left, at most PL_RETRY_AFTER_MS_MAX. False if no window says so. */
bool pl__rate_exhausted_ms(const pl_rate_facts *facts, uint32_t *ret_ms);

/* Go's durations: "12ms", "6m0s", "1h2m3.5s", "34s", "0.5s"; units h, m, s, ms, us, ns. PL_E_PARSE otherwise. */
PL_NODISCARD pl_status pl__rate_duration_ms(pl_view text, uint64_t *ret_ms);
/* RFC 3339: "2026-01-31T12:00:00Z", with a fraction or an offset, too. PL_E_PARSE. */
PL_NODISCARD pl_status pl__rfc3339_parse(pl_view text, int64_t *ret_unix_ms);
/* The retryDelay of a google.rpc.RetryInfo anywhere in a body; false if there is none. */
bool pl__retry_info_ms(pl_view body, uint32_t *ret_ms);

#endif
