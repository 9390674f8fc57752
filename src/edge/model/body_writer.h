#ifndef PL_BODY_WRITER_H
#define PL_BODY_WRITER_H

#include "codec.h"
#include "json.h"

/* What the codecs share when they write a request. Text gathers until an image comes; then it becomes a part of the
 * body, and the image's bytes, which are never copied, the next one. */
typedef struct pl_body_writer {
    pl_http_req *req;
    pl_str text;
} pl_body_writer;

void pl__body_init(pl_body_writer *w, pl_http_req *req);
void pl__body_clear(pl_body_writer *w);
/* All: PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__body_put(pl_body_writer *w, const char *z);
PL_NODISCARD pl_status pl__body_put_string(pl_body_writer *w, pl_view v); /* in quotes, escaped */
/* The fewest decimals that read back as the same number. */
PL_NODISCARD pl_status pl__body_put_double(pl_body_writer *w, double x);
PL_NODISCARD pl_status pl__body_put_image(pl_body_writer *w, const pl_chat_image *image, pl_error *reterr);
PL_NODISCARD pl_status pl__body_flush(pl_body_writer *w, pl_error *reterr);

/* Writes parts[from..to), which have one role; *at_image counts the images seen. */
typedef pl_status (*pl_message_fn)(pl_body_writer *w, const pl_chat *chat, size_t from, size_t to,
                                   const pl_chat_image *images, size_t *at_image, pl_error *reterr);
/* The messages with commas between them, without those of the system if it has a place of its own. */
PL_NODISCARD pl_status pl__body_put_messages(pl_body_writer *w, const pl_chat *chat, bool with_system,
                                             const pl_chat_image *images, pl_message_fn fn, pl_error *reterr);

/* What the config passes through, as a document; NULL if nothing. Must be a JSON object without the reserved members
 * (NULL-terminated). PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__extra_parse(const char *text, const char *const *reserved, json_t **ret, pl_error *reterr);
/* What the config passes through wins over what we would say ourselves: no key goes out twice. */
bool pl__extra_lacks(const json_t *extra, const char *key);
/* Splices the members of the object as they stand, so that its numbers keep their digits. */
PL_NODISCARD pl_status pl__body_put_extra(pl_body_writer *w, const char *text, const json_t *extra);

/* How one dialect writes a request. All see the parsed `extra` (NULL if there is none). */
typedef struct pl_request_form {
    const char *const *reserved; /* members that `extra` may not set; NULL-terminated */
    bool system_apart;           /* the system prompt has a place of its own, for text only */
    pl_status (*check)(const json_t *extra, pl_error *reterr); /* what else may not be in `extra`; or NULL */
    pl_status (*head)(pl_http_req *req, const pl_chat *chat, const char *base_url, pl_error *reterr); /* URL, headers */
    pl_status (*body)(pl_body_writer *w, const pl_chat *chat, const pl_chat_image *images, json_t *extra,
                      pl_error *reterr);
} pl_request_form;
/* The whole request: what `encode` of pl_codec_ops promises. */
PL_NODISCARD pl_status pl__request_encode(const pl_request_form *form, const pl_chat *chat, const char *base_url,
                                          const pl_chat_image *images, size_t n_images, pl_http_req *ret,
                                          pl_error *reterr);

/* The seed of this request: a repeated sample is a sample of its own. */
int64_t pl__chat_seed(const pl_chat *chat);

/* Appends base and path. Slashes at the end of base go, and so does a version that the path begins with: both
 * "https://host" and "https://host/v1" and the path "/v1/messages" give "https://host/v1/messages". */
PL_NODISCARD pl_status pl__url_join(pl_view base, pl_view path, pl_str *out);
/* Percent-encodes all but unreserved characters and those of `keep`. */
PL_NODISCARD pl_status pl__url_append_escaped(pl_str *out, pl_view v, const char *keep);
/* Sets req->url to the joined text. */
PL_NODISCARD pl_status pl__body_set_url(pl_http_req *req, const char *base_url, const pl_str *path);

#endif
