#ifndef PL_SORTED_NAMES_H
#define PL_SORTED_NAMES_H

#include "map.h"

/* The names in byte order, and where each went: the order of lines must not show. Both are the caller's (pl__free), the
 * strings the table's. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sort_names(const pl_names *names, const char ***ret_sorted, uint32_t **ret_places);

#endif
