#ifndef PL_JUDGMENT_SCAN_H
#define PL_JUDGMENT_SCAN_H

#include "judgment_line.h"

/* Reads a line that is as plain as most are: one flat object of ASCII strings without escapes and of small whole
 * numbers, with everything in place. False for any other line, good or bad: what it means, and what is wrong with it,
 * is for pl__json_parse and pl__judgment_line_read alone to say. The views point into the line. */
bool pl__judgment_scan(pl_view line, pl_judgment_line *ret);

#endif
