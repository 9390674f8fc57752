#ifndef PL_ENDPOINT_H
#define PL_ENDPOINT_H

#include "codec.h"
#include "key_source.h"
#include "secrets.h"

#define PL_CLOSE_AFTER 3u /* answers in a row that say: not with this key, this account, this address */

/* One model's endpoint: its codec, key, slots and standing. */
typedef struct pl_endpoint {
    pl_model_spec spec; /* strings borrowed from the config */
    const pl_codec_ops *codec;
    pl_str key;                                    /* empty: none */
    pl_str auth_value;                             /* prefix and key */
    pl_str header_values[PL_ENDPOINT_HEADERS_MAX]; /* of spec.reach.headers */
    pl_http_route route;
    uint32_t slots;
    uint32_t slots_used;
    uint32_t attempts_max;
    uint32_t n_hopeless; /* AUTH, QUOTA and NOT_FOUND since the last response */
    pl_outcome hopeless; /* the latest of them */
} pl_endpoint;

/* PL_E_UNSUPPORTED (provider), PL_E_NOT_FOUND (key), PL_E_INVALID, PL_E_IO or PL_E_NOMEM; the message names the
 * model. *ret must be zeroed, and cleared also after a failure. */
PL_NODISCARD pl_status pl__endpoint_init(pl_endpoint *ret, const pl_model_spec *spec, pl_error *reterr);
/* Runs the command that prints the key, if the spec names one: after init, before anything is encoded. With another
 * endpoint that has asked the same command already, its key is taken. Fails as pl__key_read does. */
PL_NODISCARD pl_status pl__endpoint_ask_key(pl_endpoint *e, const pl_endpoint *same_key, pl_error *reterr);
void pl__endpoint_clear(pl_endpoint *e); /* overwrites the key */
/* Encodes, and sets the key's header, the user's own ones and time-outs. */
PL_NODISCARD pl_status pl__endpoint_encode(const pl_endpoint *e, const pl_chat *chat, const pl_chat_image *images,
                                           size_t n_images, pl_http_req *ret, pl_error *reterr);
/* The same for a request that is no chat: to a path (whose bytes are copied), by GET or, with a body, by POST. */
PL_NODISCARD pl_status pl__endpoint_request(const pl_endpoint *e, const char *path, const char *content_type,
                                            pl_blob *body, pl_http_req *ret, pl_error *reterr);
/* A copy of a request for one attempt, addressed to a replica. */
PL_NODISCARD pl_status pl__endpoint_address(const pl_endpoint *e, const pl_http_req *req, uint32_t replica,
                                            pl_http_req *ret, pl_error *reterr);
/* A GET of path with the endpoint's key and the user's headers, at its first address; from_root: without the version
 * that the address ends with ("https://host/v1" and "/props" give "https://host/props"). */
PL_NODISCARD pl_status pl__endpoint_get(const pl_endpoint *e, const char *path, bool from_root, pl_http_req *ret,
                                        pl_error *reterr);
/* Adds what no output may show: the key, and headers' values from the environment. PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__endpoint_secrets(const pl_endpoint *e, pl_secrets *secrets, pl_error *reterr);
/* Counts a finished call's outcome; true when this one closes the endpoint. */
bool pl__endpoint_count(pl_endpoint *e, pl_outcome outcome);
pl_outcome pl__endpoint_closed(const pl_endpoint *e);

#endif
