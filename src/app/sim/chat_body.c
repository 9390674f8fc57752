#include "chat_body.h"

#include "num.h"

#include <string.h>

#define BULK_BYTES_MIN 256u
#define MEDIA_TYPE_BYTES_MAX 32u

static const char scheme[] = "\"data:image/";
static const char mark[] = ";base64,";

void pl__sim_body_clear(pl_sim_body *body)
{
    if (body)
        pl__str_clear(&body->json);
}

static bool is_base64(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
           c == '=';
}

/* Does the string that begins at text[at] stand behind the key "url"? Inside a JSON string such a key would have its
 * quotes escaped, so this never looks into what somebody wrote. */
static bool behind_url(pl_view text, size_t at)
{
    static const char key[] = "\"url\"";
    size_t n = sizeof(key) - 1;
    bool colon = false;
    while (at > 0 && (text.ptr[at - 1] == ' ' || (text.ptr[at - 1] == ':' && !colon))) {
        colon = colon || text.ptr[at - 1] == ':';
        at--;
    }
    return colon && at > n && memcmp(text.ptr + at - n, key, n) == 0 && text.ptr[at - n - 1] != '\\';
}

/* The bulk of the data URL whose string begins at text[at]; empty if it is none that can be cut. */
static pl_view bulk_of(pl_view text, size_t at)
{
    size_t begin = at + sizeof(scheme) - 1;
    size_t window = text.len - begin < MEDIA_TYPE_BYTES_MAX ? text.len - begin : MEDIA_TYPE_BYTES_MAX;
    size_t found = pl__view_find(pl__view_n(text.ptr + begin, window), pl__view(mark));
    pl_view none = pl__view_n(text.ptr, 0);
    if (found == SIZE_MAX || memchr(text.ptr + begin, '"', found) || !behind_url(text, at))
        return none;
    begin += found + sizeof(mark) - 1;
    size_t end = begin;
    while (end < text.len && is_base64(text.ptr[end]))
        end++;
    bool whole = end < text.len && text.ptr[end] == '"';
    return whole && end - begin >= BULK_BYTES_MIN ? pl__view_n(text.ptr + begin, end - begin) : none;
}

pl_status pl__sim_body_cut(pl_view request, pl_sim_body *ret)
{
    pl_status rc = PL_OK;
    size_t done = 0;

    ret->n_pictures = 0;
    pl__str_init(&ret->json, PL_STR_LIMIT_DEFAULT);
    /* A request with a '#' of its own in that place is left as it is: it cannot name somebody else's picture. */
    bool cut = pl__view_find(request, pl__view(";base64,#")) == SIZE_MAX;
    for (size_t at = 0; cut && !rc && ret->n_pictures < PL_SIM_PICTURES_MAX;) {
        size_t found = pl__view_find(pl__view_n(request.ptr + at, request.len - at), pl__view(scheme));
        if (found == SIZE_MAX)
            break;
        at += found;
        pl_view bulk = bulk_of(request, at);
        at += sizeof(scheme) - 1;
        if (bulk.len == 0)
            continue;
        size_t begin = (size_t)(bulk.ptr - request.ptr);
        rc = pl__str_append(&ret->json, request.ptr + done, begin - done);
        if (!rc)
            rc = pl__str_appendf(&ret->json, "#%u", (unsigned)ret->n_pictures);
        ret->pictures[ret->n_pictures++] = bulk;
        done = at = begin + bulk.len;
    }
    return rc ? rc : pl__str_append(&ret->json, request.ptr + done, request.len - done);
}

pl_view pl__sim_body_picture(const pl_sim_body *body, pl_view bulk)
{
    uint64_t k = 0;
    if (bulk.len < 2 || bulk.ptr[0] != '#' || pl__num_parse_u64(pl__view_n(bulk.ptr + 1, bulk.len - 1), &k) ||
        k >= body->n_pictures)
        return bulk;
    return body->pictures[k];
}
