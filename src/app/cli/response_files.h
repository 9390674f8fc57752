#ifndef PL_RESPONSE_FILES_H
#define PL_RESPONSE_FILES_H

#include "option.h"
#include "responses_import.h"

/* Are responses given as files, by --responses FILE... or --model NAME=FILE...? */
bool pl__response_files_given(const pl_args *args);
/* Reads them, a file that stands in both under its name alone. PL_E_INVALID (no NAME=FILE), and what reading fails
 * with. */
PL_NODISCARD pl_status pl__response_files_read(const pl_args *args, pl_import *ret, pl_error *reterr);

#endif
