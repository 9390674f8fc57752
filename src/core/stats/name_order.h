#ifndef PL_NAME_ORDER_H
#define PL_NAME_ORDER_H

#include <peerless/status.h>

/* Indices of n names in byte order, equal names by index: what makes a result independent of the order in which names
 * were given. *ret has n places and is the caller's (pl__free). PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__name_order(const char *const *names, uint32_t n, uint32_t **ret);

#endif
