#ifndef PL_OPTION_ANSWER_H
#define PL_OPTION_ANSWER_H

#include "str.h"

/* Which option of a multiple-choice question a text means. Options are called by their letters, A for the first; an
 * option that is itself one letter is called by that one. */
#define PL_OPTION_ANSWER_NONE SIZE_MAX

/* The option's letter: its own, or the one of its place; 0 beyond Z. */
char pl__option_letter(const char *const *options, size_t i);
/* The option that the trimmed text is: by its text, by its letter, by its text without regard to ASCII case; or
 * PL_OPTION_ANSWER_NONE. */
size_t pl__option_named(pl_view text, const char *const *options, size_t n);
/* The option that a free answer settles on: what it thinks before "</think>" is left out; then the inside of [[...]],
 * the whole text, a letter at its start ("C. 2", "(C)"), the last "answer is C". PL_OPTION_ANSWER_NONE if unclear. */
size_t pl__option_answer(pl_view text, const char *const *options, size_t n);
/* What follows the last closing mark of thinking; an empty view if thinking never ended. */
pl_view pl__without_thinking(pl_view text);

#endif
