#ifndef PL_JSON_SCAN_H
#define PL_JSON_SCAN_H

#include "line_bytes.h"
#include "str.h"

/* The pieces of one line of JSON, read where they stand. Each function is false for what is no such piece and for what
 * is unusual (deep nesting, many members, very long numbers): a line that is not taken is for pl__json_parse() to
 * judge. What is taken, that takes too, with the same meaning. */
typedef struct pl_json_scan {
    const char *at;
    const char *end;
    char *room; /* for strings that do not stand in the text as they are; as many bytes as there is text, and one */
} pl_json_scan;

#define PL_JSON_SCAN_OTHERS_MAX 8u

/* Names of the members of one object that are skipped: none may come twice. */
typedef struct pl_json_others {
    pl_view names[PL_JSON_SCAN_OTHERS_MAX];
    size_t n;
} pl_json_others;

void pl__scan_space(pl_json_scan *s);

/* Takes c and white space before it, if c is next. */
static inline bool pl__scan_take(pl_json_scan *s, char c)
{
    if (s->at >= s->end || *s->at != c) {
        pl__scan_space(s);
        if (s->at >= s->end || *s->at != c)
            return false;
    }
    s->at++;
    return true;
}

/* What pl__scan_text() is where a string is not plain from `from` to its quote; `p` is its first byte that is not. */
bool pl__scan_rest(pl_json_scan *s, const char *from, const char *p, pl_view *ret);

/* The inside of a string whose opening quote is taken: of the text where it has no escapes, else NUL-terminated in the
 * room. UTF-8 is checked; no NUL. */
static inline bool pl__scan_text(pl_json_scan *s, pl_view *ret)
{
    const char *p = pl__plain_end(s->at, s->end);
    if (p >= s->end || *p != '"')
        return pl__scan_rest(s, s->at, p, ret);
    *ret = (pl_view){.ptr = s->at, .len = (size_t)(p - s->at)};
    s->at = p + 1;
    return true;
}

/* The same, in any case NUL-terminated in the room. */
bool pl__scan_string(pl_json_scan *s, const char **ret, size_t *ret_len);
bool pl__scan_null(pl_json_scan *s); /* takes it only where it is next */
bool pl__scan_number(pl_json_scan *s, double *ret);
/* A member's value, of any kind. `others` knows the names before. */
bool pl__scan_other(pl_json_scan *s, pl_json_others *others, pl_view name);

#endif
