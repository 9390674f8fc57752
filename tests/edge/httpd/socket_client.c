#include "socket_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE_S 30

int client_open(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return fd;
}

bool client_send(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += sent;
        n -= (size_t)sent;
    }
    return true;
}

bool client_send_text(int fd, const char *text)
{
    return client_send(fd, text, strlen(text));
}

static bool read_headers(int fd, reply *r)
{
    size_t n = 0;
    while (n < sizeof(r->headers) - 1) {
        if (recv(fd, r->headers + n, 1, 0) != 1)
            return false;
        n++;
        r->headers[n] = '\0';
        if (n >= 4 && memcmp(r->headers + n - 4, "\r\n\r\n", 4) == 0)
            return true;
    }
    return false;
}

static size_t content_length(const char *headers)
{
    for (const char *line = strchr(headers, '\n'); line; line = strchr(line + 1, '\n')) {
        if (strncasecmp(line + 1, "Content-Length:", 15) == 0)
            return (size_t)strtoull(line + 16, NULL, 10);
    }
    return SIZE_MAX;
}

void client_read(int fd, reply *ret)
{
    memset(ret, 0, sizeof(*ret));
    do {
        if (!read_headers(fd, ret)) {
            ret->closed = true;
            return;
        }
        ret->status = (int)strtol(ret->headers + strlen("HTTP/1.1 "), NULL, 10);
    } while (ret->status == 100);
    ret->announced = content_length(ret->headers);
    size_t n = ret->announced == SIZE_MAX ? 0 : ret->announced;
    ret->body = calloc(n + 1, 1);
    while (ret->body && ret->body_bytes < n) {
        ssize_t got = recv(fd, ret->body + ret->body_bytes, n - ret->body_bytes, 0);
        if (got <= 0) {
            ret->closed = true;
            return;
        }
        ret->body_bytes += (size_t)got;
    }
}

bool client_post(int fd, const char *target, const void *body, size_t n)
{
    char head[512];
    (void)snprintf(head, sizeof(head), "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", target, n);
    return client_send_text(fd, head) && client_send(fd, body, n);
}

void client_get(uint16_t port, const char *target, reply *ret)
{
    char head[512];
    int fd = client_open(port);

    memset(ret, 0, sizeof(*ret));
    (void)snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: x\r\nX-Colour: green\r\n\r\n", target);
    if (fd >= 0 && client_send_text(fd, head))
        client_read(fd, ret);
    if (fd >= 0)
        (void)close(fd);
}

bool client_at_end(int fd)
{
    char byte = 0;
    return recv(fd, &byte, 1, 0) <= 0;
}

bool client_has_input(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

void reply_clear(reply *r)
{
    free(r->body);
    r->body = NULL;
}
