#ifndef PL_RESPONSE_LINE_H
#define PL_RESPONSE_LINE_H

#include "json.h"
#include "records.h"

#define PL_RECORDS_SAMPLES_MAX 4096u

/* One line of a log, checked through. Strings and values are borrowed from the document. */
typedef struct pl_response_line {
    const char *item;
    const char *model;
    const char *image;   /* the item where the line gives none */
    const char *dataset; /* or NULL */
    const char *text;    /* or NULL */
    const char *options[PL_RESPONSE_OPTIONS_MAX];
    size_t n_options;
    const json_t *values;  /* option_logprobs or option_logits, or NULL */
    const json_t *tokens;  /* an array or NULL */
    const json_t *samples; /* the same */
    pl_response row;       /* all but the indices */
} pl_response_line;

/* PL_E_PARSE says what is wrong, without file and line; PL_E_NOMEM. */
PL_NODISCARD pl_status pl__response_line_read(const json_t *doc, pl_response_line *ret, pl_error *reterr);
/* The i-th option value; NaN: not known. */
double pl__response_line_value(const pl_response_line *line, size_t i);

#endif
