#include "request_header.h"

#include <string.h>

static bool is_listed(pl_view name, const char *const *list)
{
    for (; *list; list++)
        if (pl__view_eq_str(name, *list))
            return true;
    return false;
}

static bool is_token(pl_view name)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return name.len > 0 && name.len <= PL_REQUEST_HEADER_NAME_BYTES_MAX;
}

const char *pl__request_header_problem(pl_view name)
{
    static const char *const connection[] = {"connection",
                                             "keep-alive",
                                             "proxy-connection",
                                             "proxy-authenticate",
                                             "proxy-authorization",
                                             "te",
                                             "trailer",
                                             "transfer-encoding",
                                             "upgrade",
                                             "http2-settings",
                                             NULL};
    static const char *const framing[] = {"content-length", "content-encoding", "content-type", "host",
                                          "expect",         "accept-encoding",  "range",        NULL};
    if (!is_token(name))
        return "is no name of a header";
    if (is_listed(name, connection))
        return "belongs to the connection, not to the request";
    if (is_listed(name, framing))
        return "is set by peerless itself";
    if (pl__view_eq_str(name, "anthropic-version"))
        return "is set by api_version";
    return NULL;
}

bool pl__request_header_is_secret(pl_view name)
{
    static const char *const secret[] = {"authorization", "cookie", NULL};
    static const char *const parts[] = {"api-key", "apikey", "token", "secret", "password", "credential", NULL};
    if (is_listed(name, secret))
        return true;
    for (const char *const *part = parts; *part; part++)
        if (pl__view_find(name, pl__view(*part)) != SIZE_MAX)
            return true;
    return false;
}

bool pl__request_header_value_ok(pl_view value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c >= 0x7f || (c < 0x20 && c != '\t'))
            return false;
    }
    return value.len > 0 && value.len <= PL_REQUEST_HEADER_VALUE_BYTES_MAX && pl__view_trim(value).len == value.len;
}
