#ifndef PL_VERDICT_H
#define PL_VERDICT_H

#include "str.h"
#include <peerless/judgments.h>

#define PL_VERDICT_ECHO_BYTES 20 /* this much of the instruction repeated makes a lone mark an echo */

typedef struct pl_parsed_verdict {
    pl_verdict verdict;
    pl_missing missing; /* PL_MISSING_NOT when there is a verdict */
} pl_parsed_verdict;

/* The rule of the project: the mark [[A]], [[B]] or [[C]] (any case, inner spaces) that stands alone but for punctuation
 * and markup on the last non-empty line; failing that the only distinct mark in the text, unless the text repeats 20 or
 * more characters of the instruction (normalised; may be empty). `cut_off`: the reply stopped at the token limit.
 * Never fails; allocation-free or falls back to a slower way. */
pl_parsed_verdict pl__verdict_parse(pl_view text, pl_view instruction, bool cut_off);

#endif
