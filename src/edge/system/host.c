#include "host.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

uint32_t pl__host_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n >= 1 && n <= INT_MAX ? (uint32_t)n : 1;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool same_word(pl_view a, const char *word)
{
    size_t n = strlen(word);
    if (a.len != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(a.ptr[i]) != word[i])
            return false;
    return true;
}

static bool is_127_address(pl_view host)
{
    unsigned numbers[4] = {0};
    size_t n = 0;
    size_t digits = 0;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (c == '.' && digits > 0 && n < 3) {
            n++;
            digits = 0;
        } else if (c >= '0' && c <= '9' && digits < 3) {
            numbers[n] = numbers[n] * 10 + (unsigned)(c - '0');
            digits++;
        } else {
            return false;
        }
    }
    return n == 3 && digits > 0 && numbers[0] == 127 && numbers[1] < 256 && numbers[2] < 256 && numbers[3] < 256;
}

bool pl__host_is_loopback(pl_view host)
{
    static const char below[] = ".localhost";
    size_t n = sizeof(below) - 1;
    return same_word(host, "localhost") || same_word(host, "[::1]") || same_word(host, "::1") || is_127_address(host) ||
           (host.len > n && same_word(pl__view_n(host.ptr + host.len - n, n), below));
}

pl_view pl__url_host(const char *url)
{
    const char *host = strstr(url, "://");
    if (!host)
        return pl__view_n(NULL, 0);
    host += 3;
    size_t n = strcspn(host, "/?#");
    for (size_t i = 0; i < n; i++)
        if (host[i] == '@') {
            host += i + 1;
            n -= i + 1;
            i = 0;
        }
    if (n > 0 && host[0] == '[') {
        const char *end = memchr(host, ']', n);
        return end ? pl__view_n(host, (size_t)(end - host) + 1) : pl__view_n(NULL, 0);
    }
    const char *port = n > 0 ? memchr(host, ':', n) : NULL;
    return pl__view_n(host, port ? (size_t)(port - host) : n);
}
