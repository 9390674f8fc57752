#ifndef PL_STR_H
#define PL_STR_H

#include <peerless/status.h>

/* A borrowed run of bytes; not NUL-terminated. */
typedef struct pl_view {
    const char *ptr;
    size_t len;
} pl_view;

pl_view pl__view(const char *s); /* NULL gives an empty view */
pl_view pl__view_n(const char *s, size_t len);
bool pl__view_eq(pl_view a, pl_view b);
bool pl__view_eq_str(pl_view a, const char *s);
bool pl__view_starts_with(pl_view a, const char *prefix);
pl_view pl__view_trim(pl_view a); /* ASCII white space off both ends */
/* Position of needle in a, or SIZE_MAX. */
size_t pl__view_find(pl_view a, pl_view needle);

/* A growing byte string with a hard maximum that is set at init (limit_bytes, without the NUL). `ptr` is always
 * NUL-terminated once anything was appended; before that it is NULL and len 0 (pl__str_c gives ""). */
typedef struct pl_str {
    char *ptr;
    size_t len;
    size_t cap;
    size_t limit_bytes;
} pl_str;

#define PL_STR_LIMIT_DEFAULT ((size_t)1 << 30)

void pl__str_init(pl_str *s, size_t limit_bytes);
void pl__str_clear(pl_str *s);          /* frees; stays usable with its limit */
void pl__str_reset(pl_str *s);          /* len 0, keeps the memory */
const char *pl__str_c(const pl_str *s); /* never NULL */
char *pl__str_take(pl_str *s);          /* hands the bytes to the caller (pl__free); NULL on refusal when empty */
/* PL_OK, PL_E_NOMEM or PL_E_LIMIT; on failure the string is unchanged. */
PL_NODISCARD pl_status pl__str_append(pl_str *s, const char *bytes, size_t n);
PL_NODISCARD pl_status pl__str_append_view(pl_str *s, pl_view v);
PL_NODISCARD pl_status pl__str_append_c(pl_str *s, const char *z);
PL_NODISCARD pl_status pl__str_append_char(pl_str *s, char c);
PL_NODISCARD pl_status pl__str_appendf(pl_str *s, const char *fmt, ...) PL_PRINTF(2, 3);
PL_NODISCARD pl_status pl__str_reserve(pl_str *s, size_t more_bytes);
/* Appends bytes as the inside of a JSON string (no quotes); invalid UTF-8 becomes U+FFFD. */
PL_NODISCARD pl_status pl__str_append_json_escaped(pl_str *s, pl_view v);
/* Standard base64 with padding. */
PL_NODISCARD pl_status pl__str_append_base64(pl_str *s, const void *bytes, size_t n);
/* Decodes standard base64 (white space ignored). PL_E_PARSE on anything else. */
PL_NODISCARD pl_status pl__str_append_base64_decoded(pl_str *s, pl_view v);

bool pl__utf8_valid(pl_view v);
/* Length of the well-formed UTF-8 sequence at v (1..4), or 0 when there is none. */
size_t pl__utf8_sequence(pl_view v);

/* Makes a NUL-terminated message one printable line, in place: control characters become spaces, and a UTF-8
 * sequence that was cut at the end goes. */
void pl__one_line(char *z);

#endif
