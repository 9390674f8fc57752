#ifndef PL_BATCH_CODEC_H
#define PL_BATCH_CODEC_H

#include "http.h"
#include "json.h"
#include "reply.h"

/* How a provider's batch API words things; pure, like the codecs. */
#define PL_BATCH_ID_BYTES 512u /* of a provider's name for a batch or a file, with its NUL */
#define PL_BATCH_OUTPUTS_MAX 2u
#define PL_BATCH_TYPE_BYTES 128u

typedef enum pl_batch_phase {
    PL_BATCH_GOES_ON = 0,
    PL_BATCH_ENDED = 1,
    PL_BATCH_EXPIRED = 2, /* these three: what has no result was not asked */
    PL_BATCH_CANCELLED = 3,
    PL_BATCH_FAILED = 4,
} pl_batch_phase;

/* What a server says of one batch. */
typedef struct pl_batch_status {
    pl_batch_phase phase;
    char id[PL_BATCH_ID_BYTES];
    char tag[PL_BATCH_ID_BYTES];                           /* ours; "" if it says none */
    char outputs[PL_BATCH_OUTPUTS_MAX][PL_BATCH_ID_BYTES]; /* files with results */
    size_t n_outputs;
    uint64_t n_requests; /* 0: it does not say */
    uint64_t n_done;
    int64_t created_unix_ms; /* 0: it does not say */
    char message[256];       /* why it failed; "" if it does not say */
} pl_batch_status;

/* One line of results: what became of one request. */
typedef struct pl_batch_line {
    pl_view custom_id;   /* borrowed from the line's document */
    pl_outcome outcome;  /* NONE: there is a reply */
    int status;          /* of the reply */
    const json_t *reply; /* borrowed; NULL without one */
    char message[256];
} pl_batch_line;

typedef struct pl_batch_codec {
    const char *provider;
    const char *header; /* that every request carries, with `version` or the user's own as its value; or NULL */
    const char *version;
    bool tagged; /* a batch can carry our tag */
    /* What is sent: begun, a request added at a time, ended. PL_E_NOMEM, PL_E_LIMIT. */
    pl_status (*begin)(const char *tag, pl_str *out);
    pl_status (*add)(bool first, const char *custom_id, const pl_http_req *req, pl_str *out);
    pl_status (*end)(const char *tag, pl_str *out);
    void (*content_type)(const char *tag, char ret[PL_BATCH_TYPE_BYTES]);
    /* NULL: what was gathered is itself what creates the batch. */
    const char *upload_path;
    const char *create_path;
    pl_status (*put_create)(const char *file_id, const char *tag, pl_str *out); /* with an upload only */
    pl_status (*put_status_path)(const char *id, pl_str *out);
    pl_status (*put_list_path)(const char *after, pl_str *out); /* after: the last id seen, or "" */
    pl_status (*put_output_path)(const char *id, const char *output, pl_str *out);
    /* False: that is no batch. */
    bool (*read_status)(const json_t *doc, pl_batch_status *ret);
    /* False: that is no result. *ret is zeroed before. */
    bool (*read_line)(const json_t *doc, pl_batch_line *ret);
} pl_batch_codec;

extern const pl_batch_codec pl__batch_openai;
extern const pl_batch_codec pl__batch_anthropic;

/* Shared. Copies a string member; false if it is none, empty, or too long (*ret is then ""). */
bool pl__batch_text(const json_t *doc, const char *key, char *ret, size_t cap);
/* Appends a path: what stands before an id, the id escaped, what stands behind it. */
pl_status pl__batch_put_path(pl_str *out, const char *before, const char *id, const char *behind);
pl_status pl__batch_put_parts(pl_str *out, const pl_http_req *req);

#endif
