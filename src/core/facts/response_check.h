#ifndef PL_RESPONSE_CHECK_H
#define PL_RESPONSE_CHECK_H

#include <peerless/responses.h>

/* pl_response_set_check() by several threads; no result depends on how many. */
PL_NODISCARD pl_status pl__response_set_check(const pl_response_set *set, uint32_t threads, pl_error *reterr);

#endif
