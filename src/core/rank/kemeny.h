#ifndef PL_KEMENY_H
#define PL_KEMENY_H

#include <peerless/status.h>

/* Kemeny's order of n models. against[a * n + b] is what it costs to place a before b, >= 0, cells of size about 1
 * (costs that differ by less than 1e-12 count as equal). */

#define PL_KEMENY_EXACT_MAX 12u

/* Of all best orders the first by index from the top. n <= PL_KEMENY_EXACT_MAX. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__kemeny_exact(const double *against, uint32_t n, uint32_t *ret_order);
/* Improves the order given until moving any one model makes nothing better. */
void pl__kemeny_search(const double *against, uint32_t n, uint32_t *order);
double pl__kemeny_cost(const double *against, uint32_t n, const uint32_t *order);

#endif
