#ifndef PL_ANSWER_H
#define PL_ANSWER_H

#include "str.h"

/* The final answer of a step-by-step text: the inside of the last [[...]] on one line, trimmed; an empty view if there
 * is none. Borrowed from text. */
pl_view pl__answer_final(pl_view text);
/* A question as a model wrote it: trimmed, one pair of surrounding quotes and a leading "Question:" taken off.
 * Borrowed. */
pl_view pl__question_clean(pl_view text);
/* White-space separated words. */
uint32_t pl__count_words(pl_view text);

#endif
