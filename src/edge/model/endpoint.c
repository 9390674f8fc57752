#include "endpoint.h"

#include "alloc.h"
#include "body_writer.h"
#include "error.h"
#include "request_header.h"
#include "retry.h"

#include <stdlib.h>

/* Azure's services want the bare key in a header of its own. */
static bool has_versioned_auth(const pl_endpoint *e)
{
    return e->spec.reach.api_version && e->codec->versioned_auth_header;
}

static const char *auth_header(const pl_endpoint *e)
{
    return has_versioned_auth(e) ? e->codec->versioned_auth_header : e->codec->auth_header;
}

static pl_status set_key(pl_endpoint *e, const pl_endpoint *same_key, pl_error *reterr)
{
    pl_status rc = same_key ? pl__str_append(&e->key, same_key->key.ptr, same_key->key.len)
                            : pl__key_read(&e->spec, &e->key, reterr);
    if (rc && !same_key)
        return rc;
    if (!has_versioned_auth(e))
        rc = rc ? rc : pl__str_append_c(&e->auth_value, e->codec->auth_prefix);
    rc = rc ? rc : pl__str_append(&e->auth_value, e->key.ptr, e->key.len);
    return rc ? pl__fail(reterr, PL_E_NOMEM, "model %s", e->spec.name) : PL_OK;
}

static pl_status read_header(pl_endpoint *e, size_t i, pl_error *reterr)
{
    const pl_header_spec *h = &e->spec.reach.headers[i];
    const char *value = h->env ? getenv(h->env) : h->value;
    const char *problem = pl__request_header_problem(pl__view(h->name));
    if (problem)
        return pl__fail(reterr, PL_E_INVALID, "model %s: the header %s %s", e->spec.name, h->name, problem);
    if ((e->key.len > 0 || e->spec.reach.api_key_cmd) && pl__view_eq_str(pl__view(h->name), auth_header(e)))
        return pl__fail(reterr, PL_E_INVALID, "model %s: the header %s already carries its API key", e->spec.name,
                        h->name);
    if (!value)
        return pl__fail(reterr, PL_E_NOT_FOUND,
                        "model %s: the environment variable %s, which should hold its header %s, is not set",
                        e->spec.name, h->env ? h->env : "(none)", h->name);
    if (!pl__request_header_value_ok(pl__view_trim(pl__view(value))))
        return pl__fail(reterr, PL_E_INVALID,
                        "model %s: the value of the header %s is empty, longer than %u bytes, or has odd bytes in it",
                        e->spec.name, h->name, PL_REQUEST_HEADER_VALUE_BYTES_MAX);
    if (pl__str_append_view(&e->header_values[i], pl__view_trim(pl__view(value))))
        return pl__fail(reterr, PL_E_NOMEM, "model %s", e->spec.name);
    return PL_OK;
}

static pl_status read_headers(pl_endpoint *e, pl_error *reterr)
{
    pl_status rc = PL_OK;
    if (e->spec.reach.n_headers > PL_ENDPOINT_HEADERS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "model %s: more than %d headers", e->spec.name, PL_ENDPOINT_HEADERS_MAX);
    for (size_t i = 0; i < e->spec.reach.n_headers && !rc; i++) {
        pl__str_init(&e->header_values[i], PL_REQUEST_HEADER_VALUE_BYTES_MAX);
        rc = read_header(e, i, reterr);
    }
    return rc;
}

pl_status pl__endpoint_init(pl_endpoint *ret, const pl_model_spec *spec, pl_error *reterr)
{
    ret->spec = *spec;
    ret->route =
        (pl_http_route){.ca_file = spec->reach.ca_file, .proxy = spec->reach.proxy, .insecure = spec->reach.insecure};
    ret->slots = spec->reach.concurrency > 0 ? spec->reach.concurrency : 1;
    ret->attempts_max = spec->reach.attempts_max > 0 ? spec->reach.attempts_max : PL_ATTEMPTS_MAX_DEFAULT;
    pl__str_init(&ret->key, PL_KEY_BYTES_MAX);
    pl__str_init(&ret->auth_value, (size_t)PL_KEY_BYTES_MAX * 2);
    ret->codec = pl__codec_find(spec->provider);
    if (!ret->codec)
        return pl__fail(reterr, PL_E_UNSUPPORTED, "model %s: there is no provider \"%s\"", spec->name, spec->provider);
    if (spec->reach.n_base_urls == 0)
        return pl__fail(reterr, PL_E_INVALID, "model %s has no base_url", spec->name);
    pl_status rc = spec->reach.api_key_cmd ? PL_OK : set_key(ret, NULL, reterr);
    return rc ? rc : read_headers(ret, reterr);
}

pl_status pl__endpoint_ask_key(pl_endpoint *e, const pl_endpoint *same_key, pl_error *reterr)
{
    return e->spec.reach.api_key_cmd ? set_key(e, same_key, reterr) : PL_OK;
}

void pl__endpoint_clear(pl_endpoint *e)
{
    pl__key_wipe(&e->key);
    pl__key_wipe(&e->auth_value);
    for (size_t i = 0; i < PL_ENDPOINT_HEADERS_MAX; i++)
        pl__key_wipe(&e->header_values[i]);
}

/* Takes over *req, also on failure. */
static pl_status sign(const pl_endpoint *e, pl_http_req *req, pl_http_req *ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    if (e->key.len > 0)
        rc = pl__http_req_header(req, auth_header(e), pl__str_c(&e->auth_value), reterr);
    for (size_t i = 0; i < e->spec.reach.n_headers && !rc; i++)
        rc = pl__http_req_header(req, e->spec.reach.headers[i].name, pl__str_c(&e->header_values[i]), reterr);
    if (rc) {
        pl__http_req_clear(req);
        return rc;
    }
    req->timeout_connect_ms = e->spec.reach.timeout_connect_ms;
    req->timeout_first_byte_ms = e->spec.reach.timeout_first_byte_ms;
    req->timeout_total_ms = e->spec.reach.timeout_total_ms;
    *ret = *req;
    return PL_OK;
}

pl_status pl__endpoint_encode(const pl_endpoint *e, const pl_chat *chat, const pl_chat_image *images, size_t n_images,
                              pl_http_req *ret, pl_error *reterr)
{
    pl_http_req req = {0};
    pl_status rc = e->codec->encode(chat, "", images, n_images, &req, reterr);
    return rc ? rc : sign(e, &req, ret, reterr);
}

pl_status pl__endpoint_request(const pl_endpoint *e, const char *path, const char *content_type, pl_blob *body,
                               pl_http_req *ret, pl_error *reterr)
{
    pl_http_req req = {.url = pl__strdup(path)};
    pl_status rc = req.url ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "model %s: request", e->spec.name);
    if (!rc && content_type)
        rc = pl__http_req_header(&req, "content-type", content_type, reterr);
    if (!rc && body)
        rc = pl__http_req_part(&req, body, reterr);
    if (rc) {
        pl__http_req_clear(&req);
        return rc;
    }
    return sign(e, &req, ret, reterr);
}

pl_status pl__endpoint_address(const pl_endpoint *e, const pl_http_req *req, uint32_t replica, pl_http_req *ret,
                               pl_error *reterr)
{
    pl_http_req copy = {.route = &e->route,
                        .timeout_connect_ms = req->timeout_connect_ms,
                        .timeout_first_byte_ms = req->timeout_first_byte_ms,
                        .timeout_total_ms = req->timeout_total_ms};
    pl_str url = {0};
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__url_join(pl__view(e->spec.reach.base_urls[replica]), pl__view(req->url), &url);
    copy.url = rc ? NULL : pl__str_take(&url);
    pl__str_clear(&url);
    for (size_t i = 0; i < req->n_headers && !rc; i++)
        rc = pl__http_req_header(&copy, req->headers[i].name, req->headers[i].value, reterr);
    for (size_t i = 0; i < req->n_parts && !rc; i++)
        rc = pl__http_req_part(&copy, req->parts[i].blob, reterr);
    if (rc) {
        pl__http_req_clear(&copy);
        return pl__fail(reterr, rc, "model %s: request", e->spec.name);
    }
    *ret = copy;
    return PL_OK;
}

/* Without slashes at the end, and without a version such as "/v1" or "/v1beta" in front of them. */
static pl_view root_of(const char *base_url)
{
    pl_view base = pl__view(base_url);
    size_t at = 0;
    while (base.len > 0 && base.ptr[base.len - 1] == '/')
        base.len--;
    for (at = base.len; at > 0 && base.ptr[at - 1] != '/';)
        at--;
    bool version =
        at > 0 && at + 1 < base.len && base.ptr[at] == 'v' && base.ptr[at + 1] >= '0' && base.ptr[at + 1] <= '9';
    return version ? pl__view_n(base.ptr, at - 1) : base;
}

pl_status pl__endpoint_get(const pl_endpoint *e, const char *path, bool from_root, pl_http_req *ret, pl_error *reterr)
{
    const char *base_url = e->spec.reach.base_urls[0];
    pl_http_req req = {.route = &e->route,
                       .timeout_connect_ms = e->spec.reach.timeout_connect_ms,
                       .timeout_first_byte_ms = e->spec.reach.timeout_first_byte_ms,
                       .timeout_total_ms = e->spec.reach.timeout_total_ms};
    pl_str url;
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__url_join(from_root ? root_of(base_url) : pl__view(base_url), pl__view(path), &url);
    req.url = rc ? NULL : pl__str_take(&url);
    pl__str_clear(&url);
    if (!rc && e->key.len > 0)
        rc = pl__http_req_header(&req, auth_header(e), pl__str_c(&e->auth_value), reterr);
    for (size_t i = 0; i < e->spec.reach.n_headers && !rc; i++)
        rc = pl__http_req_header(&req, e->spec.reach.headers[i].name, pl__str_c(&e->header_values[i]), reterr);
    if (rc) {
        pl__http_req_clear(&req);
        return pl__fail(reterr, rc, "model %s: request", e->spec.name);
    }
    *ret = req;
    return PL_OK;
}

pl_status pl__endpoint_secrets(const pl_endpoint *e, pl_secrets *secrets, pl_error *reterr)
{
    pl_status rc = pl__secrets_add(secrets, pl__view_n(e->key.ptr, e->key.len), reterr);
    for (size_t i = 0; i < e->spec.reach.n_headers && !rc; i++) {
        pl_view value = pl__view_n(e->header_values[i].ptr, e->header_values[i].len);
        size_t space = pl__view_find(value, pl__view(" "));
        if (!e->spec.reach.headers[i].env)
            continue;
        rc = pl__secrets_add(secrets, value, reterr);
        if (!rc && space < value.len) /* "Bearer" is no secret, what follows it is */
            rc = pl__secrets_add(secrets, pl__view_n(value.ptr + space + 1, value.len - space - 1), reterr);
    }
    return rc;
}

bool pl__endpoint_count(pl_endpoint *e, pl_outcome outcome)
{
    if (pl__outcome_is_response(outcome))
        e->n_hopeless = 0;
    if (outcome != PL_OUTCOME_AUTH && outcome != PL_OUTCOME_QUOTA && outcome != PL_OUTCOME_NOT_FOUND)
        return false;
    e->hopeless = outcome;
    if (e->n_hopeless < UINT32_MAX)
        e->n_hopeless++;
    return e->n_hopeless == PL_CLOSE_AFTER;
}

pl_outcome pl__endpoint_closed(const pl_endpoint *e)
{
    return e->n_hopeless >= PL_CLOSE_AFTER ? e->hopeless : PL_OUTCOME_NONE;
}
