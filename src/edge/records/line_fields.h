#ifndef PL_LINE_FIELDS_H
#define PL_LINE_FIELDS_H

#include "json.h"

/* Members of one line. The first failure stays; later getters are then skipped. Strings are borrowed. */
#define PL_RECORDS_NAME_BYTES_MAX 4096u

typedef struct pl_line_fields {
    const json_t *doc;
    pl_status rc;
    pl_error *err;
} pl_line_fields;

/* Fails with PL_E_PARSE: "key" what. */
void pl__line_fail(pl_line_fields *f, const char *key, const char *what);
const char *pl__line_text(pl_line_fields *f, const char *key); /* absent and null are the same: NULL */
/* A name of 1 to PL_RECORDS_NAME_BYTES_MAX bytes; must be there if fallback is NULL. */
const char *pl__line_name(pl_line_fields *f, const char *key, const char *fallback);
uint32_t pl__line_count(pl_line_fields *f, const char *key, uint32_t fallback);

#endif
