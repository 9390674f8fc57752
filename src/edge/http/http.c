#include "http.h"

#include "alloc.h"
#include "error.h"

void pl__http_req_clear(pl_http_req *req)
{
    pl__free(req->url);
    req->url = NULL;
    for (size_t i = 0; i < req->n_headers; i++) {
        pl__free(req->headers[i].name);
        pl__free(req->headers[i].value);
        req->headers[i] = (pl_http_header){0};
    }
    req->n_headers = 0;
    for (size_t i = 0; i < req->n_parts; i++) {
        pl__blob_unref(req->parts[i].blob);
        req->parts[i].blob = NULL;
    }
    req->n_parts = 0;
}

/* A line break inside a name or a value would smuggle in a header of its own. */
static bool printable(const char *z)
{
    for (; *z; z++)
        if ((unsigned char)*z < 0x20 || (unsigned char)*z == 0x7f)
            return false;
    return true;
}

pl_status pl__http_req_header(pl_http_req *req, const char *name, const char *value, pl_error *reterr)
{
    if (req->n_headers >= PL_HTTP_HEADERS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %d request headers", PL_HTTP_HEADERS_MAX);
    if (!name[0] || !printable(name) || !printable(value))
        return pl__fail(reterr, PL_E_INVALID, "a request header with control characters");
    char *name_copy = pl__strdup(name);
    char *value_copy = pl__strdup(value);
    if (!name_copy || !value_copy) {
        pl__free(name_copy);
        pl__free(value_copy);
        return pl__fail(reterr, PL_E_NOMEM, "request header");
    }
    req->headers[req->n_headers++] = (pl_http_header){.name = name_copy, .value = value_copy};
    return PL_OK;
}

pl_status pl__http_req_part(pl_http_req *req, pl_blob *blob, pl_error *reterr)
{
    if (req->n_parts >= PL_HTTP_PARTS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %d parts in a request body", PL_HTTP_PARTS_MAX);
    req->parts[req->n_parts++].blob = pl__blob_ref(blob);
    return PL_OK;
}

void pl__http_reply_clear(pl_http_reply *reply)
{
    pl__str_clear(&reply->headers);
    pl__str_clear(&reply->body);
    reply->status = 0;
}

pl_view pl__http_reply_header(const pl_http_reply *reply, const char *name)
{
    pl_view wanted = pl__view(name);
    pl_view rest = pl__view_n(reply->headers.ptr, reply->headers.len);
    while (rest.len > 0) {
        size_t end = pl__view_find(rest, pl__view("\n"));
        pl_view line = pl__view_n(rest.ptr, end < rest.len ? end : rest.len);
        size_t used = line.len < rest.len ? line.len + 1 : line.len;
        rest = pl__view_n(rest.ptr + used, rest.len - used);
        if (line.len > wanted.len && line.ptr[wanted.len] == ':' &&
            pl__view_eq(pl__view_n(line.ptr, wanted.len), wanted))
            return pl__view_trim(pl__view_n(line.ptr + wanted.len + 1, line.len - wanted.len - 1));
    }
    return pl__view_n(NULL, 0);
}
