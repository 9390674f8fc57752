#ifndef PL_JUDGMENT_CHECK_H
#define PL_JUDGMENT_CHECK_H

#include <peerless/judgments.h>

/* The two halves of pl_judgment_set_check(), for who goes over the rows anyway. */
PL_NODISCARD pl_status pl__judgment_names_check(const pl_judgment_set *set, pl_error *reterr);
/* Rows [from, to), and that there are some; the names were checked. */
PL_NODISCARD pl_status pl__judgment_rows_check(const pl_judgment_set *set, size_t from, size_t to, pl_error *reterr);

#endif
