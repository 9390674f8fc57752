#ifndef PL_VERDICT_H
#define PL_VERDICT_H

#include "str.h"
#include <peerless/judgments.h>

/* This much of the instruction repeated makes a lone mark an echo. Characters, not bytes: 20 bytes of Chinese would be
 * seven characters, which any honest reply may share with its instruction. */
#define PL_VERDICT_ECHO_CHARS 20

typedef struct pl_parsed_verdict {
    pl_verdict verdict;
    pl_missing missing; /* PL_MISSING_NOT when there is a verdict */
} pl_parsed_verdict;

/* The rule of the project: the mark [[A]], [[B]] or [[C]] (any case, inner spaces) that stands alone but for
 * punctuation and markup on the last non-empty line; failing that the only distinct mark in the text, unless the text
 * repeats 20 or more characters of the instruction (normalised; may be empty). `cut_off`: the reply stopped at the
 * token limit; a lone mark elsewhere is then no verdict, the final line may have said another one. When several reasons
 * apply the first of empty, no mark, several, echo, cut off is given. Never fails, allocates nothing; time grows with
 * the text's length times one plus the instruction's length / 4096. */
pl_parsed_verdict pl__verdict_parse(pl_view text, pl_view instruction, bool cut_off);

typedef enum pl_equivalence {
    PL_EQUIVALENCE_MISSING = 0, /* never taken for the one or the other */
    PL_EQUIVALENCE_SAME = 1,
    PL_EQUIVALENCE_DIFFERENT = 2,
} pl_equivalence;

typedef struct pl_parsed_equivalence {
    pl_equivalence equivalence;
    pl_missing missing; /* PL_MISSING_NOT when there is one */
} pl_parsed_equivalence;

/* Whether two answers mean the same, by the same rule; the marks are [[SAME]] and [[DIFFERENT]]. */
pl_parsed_equivalence pl__equivalence_parse(pl_view text, pl_view instruction, bool cut_off);
/* As pl__verdict_mark(). */
bool pl__equivalence_mark(pl_view text, size_t from, pl_equivalence *ret, size_t *ret_at, size_t *ret_end);

/* The first mark that begins at or after `from`: what it says and the bytes [*ret_at, *ret_end) it takes. false: none.
 */
bool pl__verdict_mark(pl_view text, size_t from, pl_verdict *ret, size_t *ret_at, size_t *ret_end);

#endif
