#ifndef PL_LOOKUP_H
#define PL_LOOKUP_H

#include "asking.h"
#include "endpoint.h"

/* Where servers say how long their context is: a GET or two, without a token. */
#define PL_LOOKUPS_MAX 2u /* of one endpoint */

/* Fills *ret with the endpoint's k-th look-up; *ret_any false: it has no such. PL_E_NOMEM, PL_E_INVALID, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__lookup_request(const pl_endpoint *e, uint32_t k, pl_http_req *ret, bool *ret_any,
                                          pl_error *reterr);
/* Reads its reply; whatever it is, the worst is that nothing is learnt. */
void pl__lookup_read(const pl_endpoint *e, uint32_t k, const pl_http_reply *reply, pl_subject *s);
/* The context's length in the refusal of a prompt that was too long; 0: it does not say. */
uint64_t pl__context_of_refusal(const pl_call_result *result);

#endif
