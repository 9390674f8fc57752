#ifndef PL_SECRETS_H
#define PL_SECRETS_H

#include "http.h"

#define PL_SECRETS_MAX 4096u
#define PL_SECRET_MESSAGE_BYTES_MIN 4u /* shorter ones are no secrets, and would hit ordinary words */
#define PL_SECRET_ANSWER_BYTES_MIN 16u /* in the body of an answer, which must not be changed by accident */

/* Everything that must not be seen: the keys of all models of a pool, and header values that came from the
 * environment. Any endpoint's server may echo any of them. Zeroed to begin with. */
typedef struct pl_secrets {
    pl_str *items; /* longest first, each once */
    size_t n;
    size_t cap;
    bool first[256]; /* does one begin with this byte? */
} pl_secrets;

/* Nothing happens for one of less than PL_SECRET_MESSAGE_BYTES_MIN bytes, or a second time. PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__secrets_add(pl_secrets *secrets, pl_view secret, pl_error *reterr);
PL_NODISCARD pl_status pl__secrets_copy(pl_secrets *ret, const pl_secrets *from, pl_error *reterr);
void pl__secrets_clear(pl_secrets *secrets); /* overwrites them */
pl_view pl__secrets_get(const pl_secrets *secrets, size_t i);

/* Overwrites each occurrence of one with '*', also with JSON's escapes or percent signs in it: the length stays. Those
 * of less than shortest_bytes are left alone. */
void pl__secrets_mask(const pl_secrets *secrets, char *bytes, size_t n, size_t shortest_bytes);
/* Takes them out of a reply, before anybody reads it: of any length out of headers and errors, those of at least
 * PL_SECRET_ANSWER_BYTES_MIN out of an answer. */
void pl__secrets_mask_reply(const pl_secrets *secrets, pl_http_reply *reply);

#endif
