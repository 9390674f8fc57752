#ifndef PL_SIM_ISO_TIME_H
#define PL_SIM_ISO_TIME_H

#include <stdint.h>

/* Moments as servers write them, in whole seconds, rounded up. For years 1970 to 9999. */
#define PL_TIME_BYTES 40
void pl__rfc3339_write(int64_t unix_ms, char ret[PL_TIME_BYTES]);   /* 2026-01-31T12:00:00Z */
void pl__http_date_write(int64_t unix_ms, char ret[PL_TIME_BYTES]); /* Sat, 31 Jan 2026 12:00:00 GMT */

#endif
