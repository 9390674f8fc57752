#ifndef PL_HTTP_CLIENT_H
#define PL_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One HTTP/1.1 request over a fresh loopback connection, the way a stranger's client would make it. Memory is malloc's,
 * with a NUL added. */
typedef struct http_reply {
    int status; /* 0: no headers came */
    char *headers;
    char *body; /* all bytes behind the headers, whatever was announced */
    size_t body_bytes;
    size_t announced; /* Content-Length; SIZE_MAX if absent */
    bool closed;      /* by the server; false: nothing more came in time */
} http_reply;

/* Returns 0, or -1 when there was no reply. Only the body must be freed. */
int http_request(uint16_t port, const char *method, const char *path, const char *body, size_t body_bytes,
                 http_reply *ret);
/* POST with further header lines ("name: value\r\n…"). Reads until the server closes the connection or nothing comes
 * for patience_ms. */
void http_post(uint16_t port, const char *path, const char *headers, const char *body, int patience_ms,
               http_reply *ret);
/* The value of a header (name in lower case with its colon, "retry-after:"), or NULL; in a buffer of its own. */
const char *http_header(const http_reply *reply, const char *name);
void http_reply_clear(http_reply *reply);

#endif
