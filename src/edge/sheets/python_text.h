#ifndef PL_PYTHON_TEXT_H
#define PL_PYTHON_TEXT_H

#include "json.h"

/* Text as Python's json and repr() leave it in files. */

/* pl__json_parse that takes NaN, Infinity and -Infinity outside strings for null. */
PL_NODISCARD pl_status pl__python_json_parse(pl_view text, json_t **ret, pl_error *reterr);
/* "['a', \"it's\"]": the strings of a list written by repr(), as a JSON list. *ret is NULL where the text is nothing of
 * the kind. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__python_list_parse(pl_view text, json_t **ret, pl_error *reterr);

#endif
