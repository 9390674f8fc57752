#ifndef PL_JSON_H
#define PL_JSON_H

#include "str.h"
#include <jansson.h>

/* jansson with our limits and error texts. Documents are json_t*, owned by the caller (json_decref). */
#define PL_JSON_DEPTH_MAX 64
#define PL_JSON_DOCUMENT_BYTES_MAX ((size_t)256 << 20)

/* Routes jansson's memory through alloc.h. Once, before any other thread exists (main, test mains). */
void pl__json_use_alloc(void);

/* Strict: one document, UTF-8, no duplicate keys, no NUL in strings kept (allowed inside as \u0000), bounded depth
 * and size. PL_E_PARSE (message has line and column), PL_E_LIMIT or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__json_parse(pl_view text, json_t **ret, pl_error *reterr);
/* The same, but strings may hold NUL, which small models' tokens do: take their length. */
PL_NODISCARD pl_status pl__json_parse_nul(pl_view text, json_t **ret, pl_error *reterr);
/* Compact, keys in insertion order, reals with 17 significant digits, no locale. Appends to out. */
PL_NODISCARD pl_status pl__json_write(const json_t *doc, pl_str *out);
/* Canonical: as above with keys sorted, for hashing. */
PL_NODISCARD pl_status pl__json_write_canonical(const json_t *doc, pl_str *out);

/* Optional members. Absent or null: *ret untouched, PL_OK. Wrong type: PL_E_PARSE naming the key. */
PL_NODISCARD pl_status pl__json_get_string(const json_t *obj, const char *key, const char **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__json_get_number(const json_t *obj, const char *key, double *ret, pl_error *reterr);
PL_NODISCARD pl_status pl__json_get_integer(const json_t *obj, const char *key, int64_t *ret, pl_error *reterr);
PL_NODISCARD pl_status pl__json_get_bool(const json_t *obj, const char *key, bool *ret, pl_error *reterr);

/* Setters that take the new reference and say when memory is short. A non-finite number is stored as null. */
PL_NODISCARD pl_status pl__json_set(json_t *obj, const char *key, json_t *value); /* steals; NULL value: PL_E_NOMEM */
PL_NODISCARD pl_status pl__json_set_string(json_t *obj, const char *key, const char *value); /* NULL: null */
PL_NODISCARD pl_status pl__json_set_number(json_t *obj, const char *key, double value);
PL_NODISCARD pl_status pl__json_set_integer(json_t *obj, const char *key, int64_t value);
PL_NODISCARD pl_status pl__json_set_bool(json_t *obj, const char *key, bool value);

#endif
