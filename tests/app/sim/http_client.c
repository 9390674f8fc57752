#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int send_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return -1;
        bytes += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static char *receive_all(int fd, size_t *ret_n, bool *ret_closed)
{
    size_t n = 0;
    size_t cap = 65536;
    char *all = malloc(cap);
    for (;;) {
        if (n + 1 >= cap)
            all = realloc(all, cap *= 2);
        ssize_t got = recv(fd, all + n, cap - n - 1, 0);
        *ret_closed = got == 0;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    all[n] = '\0';
    *ret_n = n;
    return all;
}

static void take_apart(const char *all, size_t n, http_reply *ret)
{
    const char *end = strstr(all, "\r\n\r\n");
    if (!end || strncmp(all, "HTTP/1.1 ", 9) != 0)
        return;
    ret->status = (int)strtol(all + 9, NULL, 10);
    ret->headers = strndup(all, (size_t)(end + 2 - all));
    ret->body_bytes = n - (size_t)(end + 4 - all);
    ret->body = malloc(ret->body_bytes + 1);
    memcpy(ret->body, end + 4, ret->body_bytes + 1);
    const char *length = http_header(ret, "content-length:");
    ret->announced = length ? (size_t)strtoull(length, NULL, 10) : SIZE_MAX;
}

static void exchange(uint16_t port, const char *head, const char *body, size_t body_bytes, int patience_ms,
                     http_reply *ret)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = patience_ms / 1000, .tv_usec = (suseconds_t)(patience_ms % 1000) * 1000};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t n = 0;
    memset(ret, 0, sizeof(*ret));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && !send_all(fd, head, strlen(head)) &&
        !send_all(fd, body, body_bytes)) {
        char *all = receive_all(fd, &n, &ret->closed);
        take_apart(all, n, ret);
        free(all);
    }
    close(fd);
}

int http_request(uint16_t port, const char *method, const char *path, const char *body, size_t body_bytes,
                 http_reply *ret)
{
    char head[512];
    (void)snprintf(head, sizeof(head),
                   "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", method,
                   path, body_bytes);
    exchange(port, head, body, body_bytes, 60000, ret);
    free(ret->headers);
    ret->headers = NULL;
    return ret->status > 0 ? 0 : -1;
}

void http_post(uint16_t port, const char *path, const char *headers, const char *body, int patience_ms, http_reply *ret)
{
    char head[1024];
    (void)snprintf(head, sizeof(head),
                   "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", path,
                   headers, strlen(body));
    exchange(port, head, body, strlen(body), patience_ms, ret);
}

const char *http_header(const http_reply *reply, const char *name)
{
    static _Thread_local char value[256];
    const char *line = reply->headers;
    while (line && (line = strchr(line, '\n')) != NULL) {
        line++;
        if (strncasecmp(line, name, strlen(name)) != 0)
            continue;
        line += strlen(name);
        line += strspn(line, " ");
        (void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r\n"), line);
        return value;
    }
    return NULL;
}

void http_reply_clear(http_reply *reply)
{
    free(reply->headers);
    free(reply->body);
    memset(reply, 0, sizeof(*reply));
}
