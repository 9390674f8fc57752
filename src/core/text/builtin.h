#ifndef PL_BUILTIN_H
#define PL_BUILTIN_H

#include "prompt.h"

const char *pl__prompt_builtin(pl_prompt_kind kind);

#endif
