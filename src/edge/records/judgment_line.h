#ifndef PL_JUDGMENT_LINE_H
#define PL_JUDGMENT_LINE_H

#include "json.h"
#include "records.h"

/* One line of a log, checked. Strings are borrowed from the document. */
typedef struct pl_judgment_line {
    const char *item;
    const char *image; /* the item where the line gives none */
    const char *judge;
    const char *a;
    const char *b;
    const char *criterion;
    const char *judge_family; /* or NULL; so the next two */
    const char *a_family;
    const char *b_family;
    pl_judgment row; /* all but the indices */
} pl_judgment_line;

/* PL_E_PARSE says what is wrong, without file and line; PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judgment_line_read(const json_t *doc, pl_view judge_instruction, pl_judgment_line *ret,
                                              pl_error *reterr);

#endif
