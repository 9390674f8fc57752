#ifndef PL_HTTP_H
#define PL_HTTP_H

#include "blob.h"

/* A transport sends requests and gives back completions. One thread submits and polls; only `wake` may be called from
 * others. curl in production, scripted and recorded replies in tests. */
#define PL_HTTP_HEADERS_MAX 32
#define PL_HTTP_PARTS_MAX 160
#define PL_HTTP_REPLY_BYTES_MAX ((size_t)64 << 20)
#define PL_HTTP_HEADER_BYTES_MAX ((size_t)256 << 10)

/* A piece of a request body: sent in order, read in place, never copied per call. */
typedef struct pl_http_part {
    pl_blob *blob; /* the request holds a reference */
} pl_http_part;

typedef struct pl_http_header {
    char *name;
    char *value;
} pl_http_header;

/* How a request reaches its host, where that is not the usual way. */
typedef struct pl_http_route {
    const char *ca_file; /* trusted instead of the system's authorities; NULL: the transport's */
    const char *proxy;   /* "none": no proxy; NULL: what the environment says, and none on this machine itself */
    bool insecure;       /* whatever certificate the server shows is taken */
} pl_http_route;

typedef struct pl_http_req {
    char *url;
    const pl_http_route *route; /* borrowed, outlives the transport; NULL: the usual way */
    pl_http_header headers[PL_HTTP_HEADERS_MAX];
    size_t n_headers;
    pl_http_part parts[PL_HTTP_PARTS_MAX]; /* n_parts 0: GET, else POST */
    size_t n_parts;
    uint32_t timeout_connect_ms;
    uint32_t timeout_first_byte_ms;
    uint32_t timeout_total_ms;
} pl_http_req;

void pl__http_req_clear(pl_http_req *req);
PL_NODISCARD pl_status pl__http_req_header(pl_http_req *req, const char *name, const char *value, pl_error *reterr);
PL_NODISCARD pl_status pl__http_req_part(pl_http_req *req, pl_blob *blob, pl_error *reterr); /* takes a new reference */

typedef struct pl_http_reply {
    int status;
    pl_str headers; /* "name: value\n" lines, names lower-case, of the last response */
    pl_str body;
} pl_http_reply;
void pl__http_reply_clear(pl_http_reply *reply);
/* Value of the first such header (lower-case name), trimmed; empty view if absent. Borrowed. */
pl_view pl__http_reply_header(const pl_http_reply *reply, const char *name);

typedef enum pl_http_failure {
    PL_HTTP_OK = 0,          /* a complete reply, whatever its status */
    PL_HTTP_UNREACHABLE = 1, /* refused, DNS, TLS */
    PL_HTTP_CUT = 2,         /* the connection broke before the reply was complete */
    PL_HTTP_TIMEOUT = 3,
    PL_HTTP_TOO_LARGE = 4, /* reply past PL_HTTP_REPLY_BYTES_MAX */
    PL_HTTP_CANCELLED = 5,
} pl_http_failure;

typedef struct pl_http_completion {
    uint64_t tag;
    pl_http_failure failure;
    pl_error error;      /* of a failure */
    pl_http_reply reply; /* the receiver clears it */
    uint64_t elapsed_ns;
    uint64_t sent_bytes;
    uint64_t received_bytes;
} pl_http_completion;

typedef struct pl_transport pl_transport;
typedef struct pl_transport_ops {
    /* Takes over *req (it becomes empty), also on failure. PL_E_NOMEM, PL_E_INVALID (URL). */
    pl_status (*submit)(pl_transport *t, pl_http_req *req, uint64_t tag, pl_error *reterr);
    /* Runs until something completes, wake is called, or deadline_mono_ns (CLOCK_MONOTONIC) passes; up to cap
     * completions. */
    pl_status (*poll)(pl_transport *t, uint64_t deadline_mono_ns, pl_http_completion *ret, size_t cap, size_t *ret_n,
                      pl_error *reterr);
    void (*wake)(pl_transport *t);       /* the only call allowed from another thread */
    void (*cancel_all)(pl_transport *t); /* in-flight requests complete as CANCELLED at the next poll */
    void (*free)(pl_transport *t);
} pl_transport_ops;
struct pl_transport {
    const pl_transport_ops *ops;
};

typedef struct pl_transport_opts {
    uint32_t connections_max; /* 0: 1024 */
    const char *ca_file;      /* NULL: the system's */
} pl_transport_opts;
/* The libcurl multi handle on a libuv loop. */
PL_NODISCARD pl_status pl__transport_curl_new(const pl_transport_opts *opts, pl_transport **ret, pl_error *reterr);

#endif
