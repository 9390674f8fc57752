#ifndef PL_HTTP_CLIENT_H
#define PL_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* One HTTP/1.1 request over a fresh loopback connection, the way a stranger's client would make it. */
typedef struct http_reply {
    int status;
    char *body; /* malloc memory, a NUL added */
    size_t body_bytes;
} http_reply;

/* Returns 0, or -1 when there was no reply. */
int http_request(uint16_t port, const char *method, const char *path, const char *body, size_t body_bytes,
                 http_reply *ret);

#endif
