#include "iso_time.h"

#include <stdio.h>

#define MS_PER_S 1000
#define S_PER_DAY 86400
#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */

typedef struct moment {
    unsigned year;
    unsigned month; /* from 1 */
    unsigned day;
    unsigned second; /* of the day */
    unsigned weekday;
} moment;

/* Counts March-based years, whose leap day comes last (Hinnant, "chrono-compatible low-level date algorithms"). */
static moment split(int64_t unix_ms)
{
    int64_t s = (unix_ms > 0 ? unix_ms : 0) / MS_PER_S + (unix_ms > 0 && unix_ms % MS_PER_S > 0 ? 1 : 0);
    int64_t days = s / S_PER_DAY;
    int64_t z = days + DAYS_TO_1970;
    int64_t era = z / DAYS_PER_ERA;
    int64_t doe = z % DAYS_PER_ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    moment m = {.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1), .month = (unsigned)(mp < 10 ? mp + 3 : mp - 9)};
    m.year = (unsigned)(yoe + era * 400) + (m.month <= 2 ? 1u : 0u);
    m.second = (unsigned)(s % S_PER_DAY);
    m.weekday = (unsigned)((days + 4) % 7); /* 1970-01-01 was a Thursday */
    return m;
}

void pl__rfc3339_write(int64_t unix_ms, char ret[PL_TIME_BYTES])
{
    moment m = split(unix_ms);
    (void)snprintf(ret, PL_TIME_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", m.year % 10000, m.month, m.day,
                   m.second / 3600, m.second / 60 % 60, m.second % 60);
}

void pl__http_date_write(int64_t unix_ms, char ret[PL_TIME_BYTES])
{
    static const char weekdays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    moment m = split(unix_ms);
    (void)snprintf(ret, PL_TIME_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT", weekdays[m.weekday], m.day,
                   months[m.month - 1], m.year % 10000, m.second / 3600, m.second / 60 % 60, m.second % 60);
}
