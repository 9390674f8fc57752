#ifndef PL_ERROR_H
#define PL_ERROR_H

#include <peerless/status.h>

/** Fills *reterr (may be NULL) with code and a one-line message, cut at PL_ERROR_MSG_BYTES; returns code. */
pl_status pl__fail(pl_error *reterr, pl_status code, const char *fmt, ...) PL_PRINTF(3, 4);

/** The same with `detail` (errno, HTTP status, SQL code). */
pl_status pl__fail_detail(pl_error *reterr, pl_status code, int32_t detail, const char *fmt, ...) PL_PRINTF(4, 5);

/** Puts "context: " in front of the message that *reterr holds; NULL is a no-op. For one layer, once. */
void pl__error_prefix(pl_error *reterr, const char *fmt, ...) PL_PRINTF(2, 3);

/** Internal invariant: aborts in builds with PL_FAULTS, is not evaluated elsewhere. */
#ifdef PL_FAULTS
void pl__assert_failed(const char *expression, const char *file, int line);
#define PL_ASSERT(x) ((x) ? (void)0 : pl__assert_failed(#x, __FILE__, __LINE__))
#else
#define PL_ASSERT(x) ((void)0)
#endif

#endif
