#ifndef PL_HTTPD_H
#define PL_HTTPD_H

#include "str.h"

/* A small HTTP/1.1 server on the loopback interface; libmicrohttpd stays in this folder. */
#define PL_HTTPD_BODY_BYTES_MAX_DEFAULT ((size_t)64 << 20)

typedef struct pl_httpd_request {
    const char *method;
    const char *path;  /* without the query */
    const char *query; /* after the '?', or "" */
    pl_view body;
    const char *(*header)(const void *connection, const char *name); /* NULL if absent; name in any case */
    const void *connection;
} pl_httpd_request;

typedef struct pl_httpd_header {
    const char *name; /* static: it is read after the handler has returned */
    char value[128];
} pl_httpd_header;
#define PL_HTTPD_HEADERS_MAX 20

/* How an answer goes wrong on its way, for servers that are there to be endured. All zero: it arrives well. */
typedef struct pl_httpd_spoil {
    bool silent;          /* nothing is sent: the connection is closed (after delay_ms) */
    uint32_t piece_bytes; /* the body goes out in such pieces … */
    uint32_t piece_ms;    /* … with this pause between two */
    size_t kept_bytes;    /* the last so many bytes of the body never come: the connection is closed instead … */
    uint32_t hold_ms;     /* … after staying open for so long */
    int32_t length_error_bytes; /* added to the true Content-Length; below zero the rest follows nevertheless */
} pl_httpd_spoil;

/* What the handler fills: status 200 and an empty body (limit PL_STR_LIMIT_DEFAULT) to begin with. */
typedef struct pl_httpd_response {
    int status;
    const char *content_type; /* static; NULL: application/json */
    pl_httpd_header headers[PL_HTTPD_HEADERS_MAX];
    size_t n_headers;
    pl_str body;       /* taken over by the server */
    bool cut;          /* send the headers and half of the body, then close the connection */
    uint32_t delay_ms; /* wait this long before answering (other requests go on) */
    pl_httpd_spoil spoil;
} pl_httpd_response;

typedef struct pl_httpd_opts {
    uint16_t port;            /* 0: any free one */
    uint32_t threads;         /* 0: 1 */
    size_t body_bytes_max;    /* 0: the default; larger requests get 413 */
    uint32_t connections_max; /* 0: 1024 */
    void (*handle)(const pl_httpd_request *request, pl_httpd_response *ret, void *user); /* from any of the threads */
    void *user;
} pl_httpd_opts;

typedef struct pl_httpd pl_httpd;
/* PL_E_BUSY: the port is taken; PL_E_NET, PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__httpd_start(const pl_httpd_opts *opts, pl_httpd **ret, pl_error *reterr);
uint16_t pl__httpd_port(const pl_httpd *httpd);
void pl__httpd_stop(pl_httpd *httpd); /* waits for running handlers; NULL is a no-op */

#endif
