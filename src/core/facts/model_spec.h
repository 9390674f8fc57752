#ifndef PL_MODEL_SPEC_H
#define PL_MODEL_SPEC_H

#include "hash.h"
#include <peerless/status.h>

#define PL_MODELS_MAX 256 /* in one pool */

typedef enum pl_image_format {
    PL_IMAGE_JPEG = 1,
    PL_IMAGE_PNG = 2,
    PL_IMAGE_WEBP = 3,
} pl_image_format;

typedef enum pl_image_detail {
    PL_DETAIL_AUTO = 0,
    PL_DETAIL_LOW = 1,
    PL_DETAIL_HIGH = 2,
} pl_image_detail;

/* How an image is fitted for one model: shrunk (never enlarged) to max_side_px, then encoded. Part of the call key. */
typedef struct pl_image_policy {
    uint32_t max_side_px;
    pl_image_format format;
    uint32_t quality; /* 1..100; JPEG and WebP only */
    pl_image_detail detail;
} pl_image_policy;

typedef struct pl_model_params {
    double temperature;
    uint32_t max_tokens;
    bool has_seed;
    int64_t seed;
    const char *extra; /* canonical JSON object that is passed through, or NULL */
} pl_model_params;

#define PL_ENDPOINT_HEADERS_MAX 16

/* A request header of the user's own: its value as written, or the environment variable that holds it. */
typedef struct pl_header_spec {
    const char *name;  /* lower-case */
    const char *value; /* or NULL */
    const char *env;   /* or NULL; then the value is a secret */
} pl_header_spec;

/* Where and how fast a model is reached. Not part of any key. Strings are borrowed from the config. */
typedef struct pl_endpoint_spec {
    const char *const *base_urls; /* replicas of one model; at least one */
    size_t n_base_urls;
    const char *api_key_env;        /* or NULL */
    const char *api_key_file;       /* or NULL */
    const char *const *api_key_cmd; /* words of a command that prints the key, NULL-terminated; or NULL */
    const char *ca_file;            /* trusted instead of the system's authorities; or NULL */
    const char *proxy;              /* "none": no proxy; NULL: what the environment says */
    bool insecure;                  /* any certificate is taken, and the key may go over plain http */
    const char *api_version;        /* or NULL; Azure's api-version, anthropic-version, Gemini's path */
    const pl_header_spec *headers;
    size_t n_headers; /* at most PL_ENDPOINT_HEADERS_MAX */
    uint32_t concurrency;
    uint32_t attempts_max;
    uint32_t rpm; /* requests and tokens a minute at most, over all replicas; 0: no ceiling of ours */
    uint32_t tpm;
    bool batch; /* its calls go in batches to the provider's batch API */
    uint32_t timeout_connect_ms;
    uint32_t timeout_first_byte_ms;
    uint32_t timeout_total_ms;
} pl_endpoint_spec;

/* What tokens cost: nano-dollars (1e-9 US dollars) a million tokens. Part of no key. */
#define PL_NANO_PER_USD UINT64_C(1000000000)
#define PL_PRICE_USD_MAX 1000 /* a million tokens; keeps the cost of one call within 64 bits */

typedef struct pl_price {
    bool known; /* false: the rest is 0 and means nothing */
    uint64_t input;
    uint64_t output;
    uint64_t cached_input;  /* input that the server had in its cache */
    uint64_t cache_written; /* input that it put there */
} pl_price;

/* A model of the pool. Strings are borrowed from the config that made it. */
typedef struct pl_model_spec {
    const char *name;     /* unique in the pool; shown in tables */
    const char *provider; /* a codec's name: "openai" */
    const char *model;    /* what the server calls it */
    const char *endpoint; /* identity in call keys: `endpoint:`, else the first base_url as written */
    const char *family;
    bool max_completion_tokens; /* the token limit goes by its newer name (OpenAI's own service) */
    pl_model_params params;
    pl_image_policy image;
    pl_endpoint_spec reach;
    pl_price price;     /* as the user says; not known: see pl__price_of */
    pl_digest identity; /* of endpoint, provider, model, params and image policy: see pl__model_identity */
} pl_model_spec;

/* Fills spec->identity: what stands for the model in task keys. Name, family, reach and price are left out. PL_E_NOMEM.
 */
PL_NODISCARD pl_status pl__model_identity(pl_model_spec *spec, pl_error *reterr);

/* Price of input that the provider puts into its cache: Anthropic asks a quarter more, the others as for any input. */
uint64_t pl__price_cache_written(const char *provider, uint64_t input);

const char *pl__image_format_name(pl_image_format f); /* "jpeg", "png", "webp" */
const char *pl__image_detail_name(pl_image_detail d); /* "auto", "low", "high" */

#endif
