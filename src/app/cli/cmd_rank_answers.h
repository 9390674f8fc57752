#ifndef PL_CMD_RANK_ANSWERS_H
#define PL_CMD_RANK_ANSWERS_H

#include "answer_report.h"
#include "option.h"

/* rank and diagnose on --responses; an exit code. */
int pl__rank_answers(const pl_args *args, bool diagnose);

#endif
