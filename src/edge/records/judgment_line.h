#ifndef PL_JUDGMENT_LINE_H
#define PL_JUDGMENT_LINE_H

#include "json.h"
#include "records.h"

/* One line of a log, checked. Borrowed from the document or the line (and what scanned it). */
typedef struct pl_judgment_line {
    pl_view item;
    pl_view image; /* the item where the line gives none: the same pointer */
    pl_view judge;
    pl_view a;
    pl_view b;
    pl_view criterion;
    pl_view judge_family; /* ptr is NULL where there is none; so the next two */
    pl_view a_family;
    pl_view b_family;
    pl_judgment row; /* all but the indices */
} pl_judgment_line;

pl_view pl__judgment_criterion_default(void); /* always the same pointer */

/* What a line's "missing" says; PL_MISSING_UNSPECIFIED where it says nothing known. */
pl_missing pl__judgment_missing_reason(pl_view text);
/* Verdict and reason from the judge's own words; `finish` may be empty. */
void pl__judgment_read_raw(pl_view raw, pl_view finish, pl_view instruction, pl_judgment *row);

/* PL_E_PARSE says what is wrong, without file and line; PL_E_NOMEM. */
PL_NODISCARD pl_status pl__judgment_line_read(const json_t *doc, pl_view judge_instruction, pl_judgment_line *ret,
                                              pl_error *reterr);

#endif
