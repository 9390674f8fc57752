#ifndef PL_RESPONSE_LINE_H
#define PL_RESPONSE_LINE_H

#include "json.h"
#include "records.h"
#include "spellings.h"
#include "vec.h"

#include <math.h>

#define PL_RECORDS_SAMPLES_MAX 4096u
#define PL_LOGPROB_ROUNDING 1e-6 /* a log-probability may pass 0 by as much */

#define PL_LINE_TEXT_NEW UINT32_MAX /* in place of a text's number */

typedef struct pl_line_token {
    pl_view text;     /* of a new one; */
    pl_view spelling; /* the same between its quotes, if it was scanned */
    uint32_t number;  /* PL_LINE_TEXT_NEW, or what the line's spellings say it is */
    uint32_t n_top;   /* of them in `tops`, behind those of the tokens before */
    double logprob;   /* NaN unknown */
} pl_line_token;

/* An alternative whose text is new. */
typedef struct pl_line_new {
    size_t at; /* its place among the line's alternatives */
    pl_view text;
    pl_view spelling;
} pl_line_new;

/* The alternatives of all tokens. */
typedef struct pl_line_tops {
    uint32_t *texts; /* numbers, or PL_LINE_TEXT_NEW */
    double *logprobs;
    size_t len;
    size_t texts_cap;
    size_t cap; /* of both */
} pl_line_tops;

/* One line of a log, checked through. Strings are borrowed from the document or the line, or stand in `room`; what is
 * not there has no pointer. One is used for many lines. */
typedef struct pl_response_line {
    pl_view item;
    pl_view model;
    pl_view image; /* not there: the item's own */
    pl_view dataset;
    pl_view text;
    const char *options[PL_RESPONSE_OPTIONS_MAX]; /* NUL-terminated */
    pl_view option_texts[PL_RESPONSE_OPTIONS_MAX];
    size_t n_options;
    double values[PL_RESPONSE_OPTIONS_MAX]; /* of the options, if row.value_kind says so; NaN unknown */
    PL_VEC(pl_line_token) tokens;
    pl_line_tops tops;
    PL_VEC(pl_line_new) new_tops;
    const pl_spellings *spellings; /* borrowed; NULL: every text is new */
    PL_VEC(pl_view) samples;
    PL_VEC(uint32_t) meanings; /* of the samples, or empty */
    PL_VEC(const char *) labels;
    pl_str room;
    pl_response row; /* all but the indices */
} pl_response_line;

void pl__response_line_init(pl_response_line *line);
void pl__response_line_clear(pl_response_line *line);
void pl__response_line_reset(pl_response_line *line); /* keeps the memory */

/* PL_E_PARSE says what is wrong, without file and line; PL_E_NOMEM. */
PL_NODISCARD pl_status pl__response_line_read(const json_t *doc, pl_response_line *line, pl_error *reterr);

/* What both readers of lines do alike. */
/* Finds the prediction in `given`, else in the text; returns the answer that labels are held against. */
pl_view pl__response_line_predict(pl_response_line *line, pl_view given);
/* False: the label is none of the options. */
bool pl__response_line_label(pl_response_line *line, pl_view answer, const char *label);
PL_NODISCARD pl_status pl__response_line_add_token(pl_response_line *line, const pl_line_token *token);
/* Of the last token. */
PL_NODISCARD pl_status pl__response_line_add_top(pl_response_line *line, pl_view text, double logprob);
/* In two steps: room for n more, and that the one at a place has a new text. spelling: none if it was not scanned. */
PL_NODISCARD pl_status pl__response_line_grow_tops(pl_response_line *line, size_t n);
PL_NODISCARD pl_status pl__response_line_new_top(pl_response_line *line, size_t at, pl_view text, pl_view spelling);
PL_NODISCARD pl_status pl__response_line_add_sample(pl_response_line *line, pl_view text);
PL_NODISCARD pl_status pl__response_line_add_meaning(pl_response_line *line, uint32_t meaning);
/* As many as samples, numbered from 0 in order of appearance. */
bool pl__response_line_meanings_fit(const pl_response_line *line);

static inline bool pl__is_logprob(double x)
{
    return x <= PL_LOGPROB_ROUNDING;
}

static inline bool pl__is_meaning(double x)
{
    return x >= 0.0 && x < (double)PL_RECORDS_SAMPLES_MAX && !((double)(uint32_t)x < x);
}

static inline double pl__rounded_logprob(double x)
{
    return x > 0.0 ? 0.0 : x;
}

static inline double pl__option_logprob(double x)
{
    return x <= PL_RESPONSE_MASKED ? (double)NAN : pl__rounded_logprob(x);
}

#endif
