#ifndef PL_RETRY_H
#define PL_RETRY_H

#include "http.h"

#define PL_ATTEMPTS_MAX_DEFAULT 6u
#define PL_BACKOFF_FIRST_MS 500u
#define PL_BACKOFF_MAX_MS 30000u
#define PL_RETRY_AFTER_MS_MAX 600000u /* a server that asks for longer gets this */

/* The wait before attempt + 1 (attempt counts from 1): what the server asked for, plus full jitter below
 * min(PL_BACKOFF_MAX_MS, PL_BACKOFF_FIRST_MS * 2^(attempt-1)). Depends on nothing but its arguments. */
uint64_t pl__backoff_ns(uint64_t seed, uint64_t tag, uint32_t attempt, uint32_t retry_after_ms);

/* The wait that a reply asks for: retry-after-ms, else retry-after in seconds or as a date; cut at
 * PL_RETRY_AFTER_MS_MAX, a date gone by is 0. False if it asks for none that can be read. */
bool pl__retry_after_ms(const pl_http_reply *reply, int64_t now_unix_ms, uint32_t *ret_ms);

/* The three forms of RFC 9110, section 5.6.7. PL_E_PARSE. */
PL_NODISCARD pl_status pl__http_date_parse(pl_view text, int64_t now_unix_ms, int64_t *ret_unix_ms);
/* Days from 1970-01-01 in the proleptic Gregorian calendar, for years from 0. */
int64_t pl__days_from_civil(int64_t year, int64_t month, int64_t day);

#endif
