#ifndef SOCKET_CLIENT_H
#define SOCKET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A bare HTTP/1.1 client. Memory is malloc's; nothing here fails a test, so it may run in any thread. */
typedef struct reply {
    int status; /* 0: none came */
    char headers[8192];
    char *body; /* NUL-terminated; NULL when no status came */
    size_t body_bytes;
    size_t announced; /* Content-Length; SIZE_MAX if absent */
    bool closed;      /* the connection ended before the body was whole */
} reply;

int client_open(uint16_t port); /* -1: no connection */
/* False when the other side has closed. */
bool client_send(int fd, const void *bytes, size_t n);
bool client_send_text(int fd, const char *text);
void client_read(int fd, reply *ret);
/* POST with a body of n bytes on an open connection; false when it could not be sent whole. */
bool client_post(int fd, const char *target, const void *body, size_t n);
void client_get(uint16_t port, const char *target, reply *ret); /* a connection of its own */
bool client_at_end(int fd);                                     /* nothing more comes: the other side has closed */
bool client_has_input(int fd);                                  /* right now */
void reply_clear(reply *r);

#endif
