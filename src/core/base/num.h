#ifndef PL_NUM_H
#define PL_NUM_H

#include "str.h"

/* Numbers as text, independent of the locale. The only place where digits are read or printed. */
#define PL_NUM_BYTES 40

/* The whole view must be one JSON-like decimal number (also inf/nan refused). PL_OK, PL_E_PARSE or PL_E_RANGE. */
PL_NODISCARD pl_status pl__num_parse(pl_view text, double *ret);
PL_NODISCARD pl_status pl__num_parse_u64(pl_view text, uint64_t *ret); /* decimal digits only */
PL_NODISCARD pl_status pl__num_parse_i64(pl_view text, int64_t *ret);
/* 17 significant digits, "nan" and "inf" spelled so. */
void pl__num_format(double x, char ret[PL_NUM_BYTES]);
/* Fixed number of decimals (0..15); a negative zero prints as zero. */
void pl__num_format_fixed(double x, unsigned decimals, char ret[PL_NUM_BYTES]);
/* "2h", "90m", "45s", "1h30m", "500ms" to milliseconds; PL_E_PARSE otherwise. */
PL_NODISCARD pl_status pl__num_parse_duration_ms(pl_view text, uint64_t *ret_ms);

#endif
