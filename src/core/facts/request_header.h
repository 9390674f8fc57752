#ifndef PL_REQUEST_HEADER_H
#define PL_REQUEST_HEADER_H

#include "str.h"

#define PL_REQUEST_HEADER_NAME_BYTES_MAX 64u
#define PL_REQUEST_HEADER_VALUE_BYTES_MAX 8192u

/* Why a user's configuration may not send a header of this name (lower-case); NULL if it may. Refused are names that
 * are none (RFC 9110, section 5.1), what belongs to one connection or frames the message (sections 6.4, 7.6.1), and
 * what peerless says itself. */
const char *pl__request_header_problem(pl_view name);
/* Does a header of this name (lower-case) carry a secret, so that its value never stands in a file? */
bool pl__request_header_is_secret(pl_view name);
/* Visible ASCII with spaces and tabs inside, not empty, within the maximum: what a value may be made of. */
bool pl__request_header_value_ok(pl_view value);

#endif
