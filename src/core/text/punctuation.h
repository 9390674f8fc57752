#ifndef PL_PUNCTUATION_H
#define PL_PUNCTUATION_H

#include "str.h"

bool pl__is_blank(pl_view text); /* nothing but white space, Unicode's and the zero-width included */
/* Nothing but white space, punctuation, symbols and markup: tags such as </b> and commands such as \boxed. */
bool pl__is_decoration(pl_view text);

#endif
