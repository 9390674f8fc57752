#ifndef PL_EXCHANGE_H
#define PL_EXCHANGE_H

#include "hash.h"
#include "secrets.h"

/* One request and what came of it as a line of JSON: what recordings are made of. docs/recording.md describes it. */
#define PL_RECORDING_FORMAT 1
#define PL_RECORDING_FILE "exchanges.jsonl"
#define PL_EXCHANGE_IMAGE_BYTES_MIN 256u /* a part of this much base64 is an image: its digest stands for it */

/* What a request is known by. Headers, and so keys, are no part of either. */
typedef struct pl_exchange_keys {
    pl_digest whole; /* method, URL and body */
    pl_digest path;  /* the same without scheme, host and port */
} pl_exchange_keys;
PL_NODISCARD pl_status pl__exchange_keys(const pl_http_req *req, pl_exchange_keys *ret);

/* The first line of a recording. */
PL_NODISCARD pl_status pl__exchange_write_header(pl_str *out);
/* PL_E_PARSE: no recording; PL_E_VERSION: of a newer program; PL_E_NOMEM. */
PL_NODISCARD pl_status pl__exchange_check_header(pl_view line, pl_error *reterr);

/* The beginning of a line, when the request goes out. `order` counts the requests of a recording. Of headers only
 * those that cannot be secret are shown, and of the query only api-version. */
PL_NODISCARD pl_status pl__exchange_write_request(const pl_http_req *req, const pl_exchange_keys *keys, uint64_t order,
                                                  const pl_secrets *secrets, pl_str *out);
/* The rest of it, line break included. */
PL_NODISCARD pl_status pl__exchange_write_end(const pl_http_completion *done, const pl_secrets *secrets, pl_str *out);

/* A line as far as finding it again needs it. PL_E_PARSE, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__exchange_read_keys(pl_view line, pl_exchange_keys *ret, uint64_t *ret_order,
                                              pl_error *reterr);
/* What came of the request: everything in *ret but the tag. PL_E_PARSE, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__exchange_read_end(pl_view line, pl_http_completion *ret, pl_error *reterr);

/* Fills error and failure as a transport does; `words` may be NULL. */
void pl__exchange_fail(pl_http_completion *ret, pl_http_failure failure, const char *words);

#endif
