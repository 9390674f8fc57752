#ifndef PL_RESPONSE_SCAN_H
#define PL_RESPONSE_SCAN_H

#include "response_line.h"

/* Reads a line without building its document. *ret_taken is false for a line that is bad or unusual: what it means, and
 * what is wrong with it, is for pl__json_parse and pl__response_line_read alone to say. The strings point into the text
 * or stand in the line's room. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__response_scan(pl_view text, pl_response_line *line, bool *ret_taken);

#endif
