#include "http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static char *receive_all(int fd, size_t *ret_n)
{
    size_t n = 0;
    size_t cap = 65536;
    char *all = malloc(cap);
    for (;;) {
        if (n + 1 >= cap)
            all = realloc(all, cap *= 2);
        ssize_t got = recv(fd, all + n, cap - n - 1, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    all[n] = '\0';
    *ret_n = n;
    return all;
}

int http_request(uint16_t port, const char *method, const char *path, const char *body, size_t body_bytes,
                 http_reply *ret)
{
    char head[512];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int rc = -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int n = snprintf(head, sizeof(head),
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", method,
                     path, body_bytes);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && !send_all(fd, head, (size_t)n) &&
        !send_all(fd, body, body_bytes)) {
        size_t all_bytes = 0;
        char *all = receive_all(fd, &all_bytes);
        char *end = strstr(all, "\r\n\r\n");
        if (end && strncmp(all, "HTTP/1.1 ", 9) == 0) {
            ret->status = (int)strtol(all + 9, NULL, 10);
            ret->body_bytes = all_bytes - (size_t)(end + 4 - all);
            ret->body = malloc(ret->body_bytes + 1);
            memcpy(ret->body, end + 4, ret->body_bytes + 1);
            rc = 0;
        }
        free(all);
    }
    close(fd);
    return rc;
}
