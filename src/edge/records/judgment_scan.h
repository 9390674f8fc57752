#ifndef PL_JUDGMENT_SCAN_H
#define PL_JUDGMENT_SCAN_H

#include "judgment_line.h"

/* Reads lines as plain as most are: one flat object of strings, numbers, booleans and nulls, with everything in place.
 * It remembers how the last line was spelt between its values, and expects the next one to be spelt alike; what it
 * finds does not depend on that. Confined. */
typedef struct pl_judgment_scanner pl_judgment_scanner;

pl_judgment_scanner *pl__judgment_scanner_new(void); /* NULL on refusal */
void pl__judgment_scanner_free(pl_judgment_scanner *s);

/* Reads the line that `text` begins with; *ret_used: its bytes, with its end. False for any other line, good or bad,
 * and where memory is refused (*ret may be changed): what it means, and what is wrong with it, is for pl__line_parse
 * and pl__judgment_line_read alone to say. The views point into the text, or into the scanner: there until the next
 * call but one. */
bool pl__judgment_scan(pl_judgment_scanner *s, pl_view text, pl_view judge_instruction, pl_judgment_line *ret,
                       size_t *ret_used);

#endif
