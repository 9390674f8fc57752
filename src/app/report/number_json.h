#ifndef PL_NUMBER_JSON_H
#define PL_NUMBER_JSON_H

#include "json.h"

/* What stands in a list or a pair: null where undefined or infinite; NULL on refusal. */
json_t *pl__number_json(double x);

#endif
