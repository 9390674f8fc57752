#include "chat_body.h"

#include "num.h"

#include <string.h>

#define BULK_BYTES_MIN 256u
#define MEDIA_TYPE_BYTES_MAX 32u

static const char scheme[] = "\"data:image/";
static const char mark[] = ";base64,";
static const char data_key[] = "\"data\"";

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

/* The base64 that begins there and fills the rest of its string; empty if it is too little to be worth it. */
static pl_view bulk_at(pl_view text, size_t begin)
{
    size_t end = begin;
    while (end < text.len && is_base64(text.ptr[end]))
        end++;
    bool whole = end < text.len && text.ptr[end] == '"';
    return pl__view_n(text.ptr + begin, whole && end - begin >= BULK_BYTES_MIN ? end - begin : 0);
}

/* Where the bulk begins in the data URL whose string begins at text[at]; SIZE_MAX if it is none that can be cut. */
static size_t url_bulk(pl_view text, size_t at)
{
    size_t begin = at + sizeof(scheme) - 1;
    size_t window = text.len - begin < MEDIA_TYPE_BYTES_MAX ? text.len - begin : MEDIA_TYPE_BYTES_MAX;
    size_t found = pl__view_find(pl__view_n(text.ptr + begin, window), pl__view(mark));
    if (found == SIZE_MAX || memchr(text.ptr + begin, '"', found) || !behind_url(text, at))
        return SIZE_MAX;
    return begin + found + sizeof(mark) - 1;
}

/* Where the string behind the key "data" at text[at] begins; SIZE_MAX if it is no such key. */
static size_t data_bulk(pl_view text, size_t at)
{
    bool colon = false;
    if (at > 0 && text.ptr[at - 1] == '\\')
        return SIZE_MAX;
    at += sizeof(data_key) - 1;
    while (at < text.len && (text.ptr[at] == ' ' || (text.ptr[at] == ':' && !colon))) {
        colon = colon || text.ptr[at] == ':';
        at++;
    }
    return colon && at < text.len && text.ptr[at] == '"' ? at + 1 : SIZE_MAX;
}

/* False: the request has a '#' of its own in a picture's place; it is left as it is. */
static bool cut(pl_view request, pl_sim_picture_key key, pl_sim_body *ret, pl_status *rc)
{
    pl_view landmark = pl__view(key == PL_SIM_PICTURE_URL ? scheme : data_key);
    size_t done = 0;

    for (size_t at = 0; !*rc && ret->n_pictures < PL_SIM_PICTURES_MAX;) {
        size_t found = pl__view_find(pl__view_n(request.ptr + at, request.len - at), landmark);
        if (found == SIZE_MAX)
            break;
        at += found;
        size_t begin = key == PL_SIM_PICTURE_URL ? url_bulk(request, at) : data_bulk(request, at);
        at += landmark.len;
        if (begin == SIZE_MAX)
            continue;
        if (begin < request.len && request.ptr[begin] == '#')
            return false;
        pl_view bulk = bulk_at(request, begin);
        if (bulk.len == 0)
            continue;
        *rc = pl__str_append(&ret->json, request.ptr + done, begin - done);
        if (!*rc)
            *rc = pl__str_appendf(&ret->json, "#%u", (unsigned)ret->n_pictures);
        ret->pictures[ret->n_pictures++] = bulk;
        done = at = begin + bulk.len;
    }
    if (!*rc)
        *rc = pl__str_append(&ret->json, request.ptr + done, request.len - done);
    return true;
}

pl_status pl__sim_body_cut(pl_view request, pl_sim_picture_key key, pl_sim_body *ret)
{
    pl_status rc = PL_OK;

    ret->n_pictures = 0;
    pl__str_init(&ret->json, PL_STR_LIMIT_DEFAULT);
    if (cut(request, key, ret, &rc))
        return rc;
    ret->n_pictures = 0;
    pl__str_reset(&ret->json);
    return rc ? rc : pl__str_append(&ret->json, request.ptr, request.len);
}

pl_view pl__sim_body_picture(const pl_sim_body *body, pl_view bulk)
{
    uint64_t k = 0;
    if (bulk.len < 2 || bulk.ptr[0] != '#' || pl__num_parse_u64(pl__view_n(bulk.ptr + 1, bulk.len - 1), &k) ||
        k >= body->n_pictures)
        return bulk;
    return body->pictures[k];
}
