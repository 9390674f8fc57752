#ifndef PL_CODEC_H
#define PL_CODEC_H

#include "chat.h"
#include "http.h"
#include "reply.h"

/* An image of a chat in the form that a request carries. */
typedef struct pl_chat_image {
    pl_blob *base64; /* borrowed; the request takes a reference of its own */
    const char *media_type;
} pl_chat_image;

/* What one HTTP reply means. */
typedef struct pl_decoded {
    pl_reply reply;          /* outcome always set; text for responses */
    bool retryable;          /* worth another attempt now */
    uint32_t retry_after_ms; /* asked for by the server (retry-after-ms, retry-after), 0 if not */
    bool has_retry_after;
    char message[256];       /* the server's words for an error, control characters removed, keys redacted */
    uint32_t refused_params; /* pl_param flags that the endpoint says it does not take: outcome BAD_REQUEST, and the
                                same wish may be put again without them (N: by a call for each sample) */
} pl_decoded;

typedef struct pl_codec_ops {
    const char *name; /* "openai" */
    /* Pure: same input, same bytes. Writes path and body of one request (url = base_url + path); the key header is put
     * in by the client and never seen here. images[i] belongs to the i-th image part of the chat. */
    pl_status (*encode)(const pl_chat *chat, const char *base_url, const pl_chat_image *images, size_t n_images,
                        pl_http_req *ret, pl_error *reterr);
    /* Pure. Maps status, headers and body to a reply or a classified error; now_unix_ms only for HTTP dates. Every body
     * gives some outcome: PL_OK, or PL_E_NOMEM. */
    pl_status (*decode)(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret, pl_error *reterr);
    const char *auth_header;           /* "authorization" */
    const char *auth_prefix;           /* "Bearer " */
    const char *versioned_auth_header; /* of the bare key, for a model with api_version (Azure); NULL: the same */
    uint32_t params;                   /* pl_param flags that the dialect has at all; wishes for others are not sent */
} pl_codec_ops;

const pl_codec_ops *pl__codec_find(const char *name); /* NULL if there is none */
const pl_codec_ops *const *pl__codecs(size_t *ret_n);

/* Reads a stored reply again, as its codec does today. *ret is the caller's to clear. PL_E_UNSUPPORTED (a codec that
 * this version lacks), PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__codec_reread(const char *codec_name, int http_status, pl_view body, pl_reply *ret,
                                        pl_error *reterr);

#endif
