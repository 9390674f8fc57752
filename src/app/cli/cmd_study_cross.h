#ifndef PL_CMD_STUDY_CROSS_H
#define PL_CMD_STUDY_CROSS_H

#include "option.h"

extern const pl_option pl__study_cross_options[];
#define PL_STUDY_CROSS_OPTIONS 8

#endif
