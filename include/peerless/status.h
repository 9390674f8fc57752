/** @file
 * Status codes, the error value that accompanies them, and the export macros. Every fallible function of
 * libpeerless returns a pl_status and fills a caller-owned pl_error; there is no thread-local "last error".
 */
#ifndef PEERLESS_STATUS_H
#define PEERLESS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define PL_API __attribute__((visibility("default")))    /**< part of the library's interface: exported */
#define PL_NODISCARD __attribute__((warn_unused_result)) /**< the result must be looked at */
#define PL_PRINTF(fmt_index, first_arg)                                                                                \
    __attribute__((format(printf, fmt_index, first_arg))) /**< checked as printf is */
#else
#define PL_API
#define PL_NODISCARD
#define PL_PRINTF(fmt_index, first_arg)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** What a call came to. The numbers are part of the ABI and never change. */
typedef enum pl_status {
    PL_OK = 0,
    PL_E_INVALID = -1,     /**< an argument that no caller should pass */
    PL_E_RANGE = -2,       /**< an index or a number outside its domain */
    PL_E_NOMEM = -3,       /**< an allocation was refused */
    PL_E_PARSE = -4,       /**< bytes from outside are not in the expected form */
    PL_E_LIMIT = -5,       /**< a named limit was passed */
    PL_E_IO = -6,          /**< reading or writing failed; detail is errno */
    PL_E_NOT_FOUND = -7,   /**< the named thing does not exist */
    PL_E_CONFLICT = -8,    /**< two things claim one name */
    PL_E_BUSY = -9,        /**< somebody else holds it; try again later */
    PL_E_VERSION = -10,    /**< written by a newer version */
    PL_E_FULL = -11,       /**< no space left */
    PL_E_NET = -12,        /**< the network failed before a reply was complete */
    PL_E_CANCELLED = -13,  /**< stopped on request */
    PL_E_UNSUPPORTED = -14 /**< valid, but does not exist (yet) */
} pl_status;

/** Bytes of pl_error.msg, the terminating NUL included. */
#define PL_ERROR_MSG_BYTES 512

/**
 * What went wrong. Fixed size, so that recording an error cannot itself fail; may be copied freely. Filled on
 * failure only. `detail` is errno, an HTTP status or an SQLite code, as the status says; 0 if there is none.
 */
typedef struct pl_error {
    pl_status code;               /**< what it came to */
    int32_t detail;               /**< see above */
    bool retryable;               /**< may the same call work later? */
    uint32_t retry_after_ms;      /**< what the other side asked for; 0 if it did not say */
    char msg[PL_ERROR_MSG_BYTES]; /**< one line of UTF-8: what is wrong, and with which datum */
} pl_error;

/** The status as a short lower-case word ("no memory"). Never NULL; static storage. */
PL_API const char *pl_status_text(pl_status status);

#ifdef __cplusplus
}
#endif
#endif
