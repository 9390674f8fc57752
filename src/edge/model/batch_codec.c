#include "batch_codec.h"

#include "body_writer.h"
#include "reply_reader.h"

#include <string.h>

bool pl__batch_text(const json_t *doc, const char *key, char *ret, size_t cap)
{
    pl_view text = pl__json_view(json_object_get(doc, key));
    ret[0] = '\0';
    if (text.len == 0 || text.len >= cap || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(ret, text.ptr, text.len);
    ret[text.len] = '\0';
    return true;
}

pl_status pl__batch_put_path(pl_str *out, const char *before, const char *id, const char *behind)
{
    pl_status rc = pl__str_append_c(out, before);
    rc = rc ? rc : pl__url_append_escaped(out, pl__view(id), "");
    return rc ? rc : pl__str_append_c(out, behind);
}

pl_status pl__batch_put_parts(pl_str *out, const pl_http_req *req)
{
    pl_status rc = PL_OK;
    for (size_t i = 0; i < req->n_parts && !rc; i++)
        rc = pl__str_append_view(out, pl__blob_view(req->parts[i].blob));
    return rc;
}
