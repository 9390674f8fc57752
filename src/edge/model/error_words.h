#ifndef PL_ERROR_WORDS_H
#define PL_ERROR_WORDS_H

#include "json.h"

#define PL_ERROR_WORDS_BYTES_MAX 4096u /* of each are looked at */

/* The words of an error, wherever a server puts them: views into the document or the body. */
typedef struct pl_error_words {
    pl_view message;
    pl_view type;  /* also Gemini's status */
    pl_view code;  /* only as a string */
    pl_view param; /* the request's parameter that it is about; or empty */
    bool per_day;  /* a quota that fills again tomorrow (Gemini's quotaId) */
} pl_error_words;

/* doc may be NULL; then the body itself is the message, unless it is a page. */
pl_error_words pl__error_words(const json_t *doc, pl_view body);
/* Without regard to the case of ASCII letters; needles are lower-case, lists end with NULL. */
bool pl__words_have(pl_view text, const char *needle);
bool pl__error_says(const pl_error_words *words, const char *const *needles); /* any, in message, type or code */
/* pl_param flags of the parameters that a server says it does not take; 0 if the error is about something else. */
uint32_t pl__refused_params(const pl_error_words *words);

/* Does the body look like a page rather than JSON? */
bool pl__is_html(pl_view body);

#endif
