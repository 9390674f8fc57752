#ifndef PL_CMD_STUDY_H
#define PL_CMD_STUDY_H

#include "option.h"

/* Those that name the judgments mean what they mean to rank. */
extern const pl_option pl__study_options[];
#define PL_STUDY_OPTIONS 26

#endif
