#include "retry.h"

#include "num.h"
#include "rng.h"

#define NS_PER_MS UINT64_C(1000000)
#define DATE_WORDS 8
#define DAY_MS INT64_C(86400000)

uint64_t pl__backoff_ns(uint64_t seed, uint64_t tag, uint32_t attempt, uint32_t retry_after_ms)
{
    pl_rng rng;
    const uint64_t key[2] = {tag, attempt};
    uint64_t ceiling_ms = PL_BACKOFF_FIRST_MS;
    for (uint32_t i = 1; i < attempt && ceiling_ms < PL_BACKOFF_MAX_MS; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > PL_BACKOFF_MAX_MS)
        ceiling_ms = PL_BACKOFF_MAX_MS;
    pl__rng_init_bytes(&rng, seed, key, sizeof(key));
    return (uint64_t)retry_after_ms * NS_PER_MS + pl__rng_below(&rng, ceiling_ms * NS_PER_MS);
}

static uint32_t clamp_ms(double ms)
{
    if (!(ms > 0.0))
        return 0;
    return ms < (double)PL_RETRY_AFTER_MS_MAX ? (uint32_t)ms + (ms > (double)(uint32_t)ms ? 1 : 0)
                                              : PL_RETRY_AFTER_MS_MAX;
}

bool pl__retry_after_ms(const pl_http_reply *reply, int64_t now_unix_ms, uint32_t *ret_ms)
{
    double x = 0.0;
    int64_t date_ms = 0;
    if (pl__num_parse(pl__http_reply_header(reply, "retry-after-ms"), &x) == PL_OK) {
        *ret_ms = clamp_ms(x);
        return true;
    }
    pl_view after = pl__http_reply_header(reply, "retry-after");
    if (pl__num_parse(after, &x) == PL_OK) {
        *ret_ms = clamp_ms(x * 1000.0);
        return true;
    }
    if (pl__http_date_parse(after, now_unix_ms, &date_ms) == PL_OK) {
        *ret_ms = clamp_ms((double)(date_ms - now_unix_ms));
        return true;
    }
    return false;
}

/* ---- dates ---- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994" differ only in the
 * order of their words. Returns how many there are, DATE_WORDS + 1 if too many. */
static size_t split_words(pl_view text, pl_view words[DATE_WORDS])
{
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        while (i < text.len && is_alnum(text.ptr[i]))
            i++;
        if (i == from) {
            i++;
            continue;
        }
        if (n == DATE_WORDS)
            return DATE_WORDS + 1;
        words[n++] = pl__view_n(text.ptr + from, i - from);
    }
    return n;
}

static int month_of(pl_view word)
{
    static const char names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int i = 0; i < 12; i++)
        if (pl__view_eq_str(word, names[i]))
            return i + 1;
    return 0;
}

static bool number(pl_view word, size_t digits_max, uint64_t max, int64_t *ret)
{
    uint64_t x = 0;
    if (word.len == 0 || word.len > digits_max || pl__num_parse_u64(word, &x) != PL_OK || x > max)
        return false;
    *ret = (int64_t)x;
    return true;
}

/* Counts March-based years, whose leap day comes last. */
int64_t pl__days_from_civil(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool time_of_day(const pl_view *words, int64_t *ret_s)
{
    int64_t hour = 0;
    int64_t minute = 0;
    int64_t second = 0;
    if (!number(words[0], 2, 23, &hour) || !number(words[1], 2, 59, &minute) || !number(words[2], 2, 60, &second))
        return false;
    *ret_s = (hour * 60 + minute) * 60 + second;
    return true;
}

/* A year of two digits that seems more than 50 ahead is the past one with the same digits. */
static int64_t full_year(int64_t two_digits, int64_t now_unix_ms)
{
    int64_t this_year = 1970 + now_unix_ms / (DAY_MS * 1461) * 4 + now_unix_ms % (DAY_MS * 1461) / (DAY_MS * 366);
    int64_t year = this_year / 100 * 100 + two_digits;
    return year > this_year + 50 ? year - 100 : year;
}

pl_status pl__http_date_parse(pl_view text, int64_t now_unix_ms, int64_t *ret_unix_ms)
{
    pl_view w[DATE_WORDS];
    size_t n = split_words(text, w);
    bool ansi = n == 7 && month_of(w[1]) > 0; /* asctime: month before day, year at the end */
    if (!ansi && (n != 8 || !pl__view_eq_str(w[7], "GMT")))
        return PL_E_PARSE;
    pl_view year_word = w[ansi ? 6 : 3];
    int month = month_of(w[ansi ? 1 : 2]);
    int64_t year = 0;
    int64_t day = 0;
    int64_t second = 0;
    if (month == 0 || (year_word.len != 4 && (year_word.len != 2 || ansi)) || !number(year_word, 4, 9999, &year))
        return PL_E_PARSE;
    if (!number(w[ansi ? 2 : 1], 2, 31, &day) || day == 0 || !time_of_day(&w[ansi ? 3 : 4], &second))
        return PL_E_PARSE;
    if (year_word.len == 2)
        year = full_year(year, now_unix_ms);
    *ret_unix_ms = pl__days_from_civil(year, month, day) * DAY_MS + second * 1000;
    return PL_OK;
}
