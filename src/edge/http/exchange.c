#include "exchange.h"

#include "alloc.h"
#include "error.h"
#include "json.h"

#include <string.h>

#define HIDDEN "[hidden]"
#define NS_PER_US UINT64_C(1000)
#define ELAPSED_US_MAX (INT64_C(7) * 24 * 3600 * 1000000) /* more is taken for that much */

/* By pl_http_failure; NULL is never written. */
static const char *const failure_names[] = {NULL, "unreachable", "cut", "timeout", "too_large", NULL};
#define FAILURES (sizeof(failure_names) / sizeof(failure_names[0]))

/* ---- what a request is known by ---- */

static const char *method_of(const pl_http_req *req)
{
    return req->n_parts > 0 ? "POST" : "GET";
}

static bool is_shown_parameter(pl_view parameter)
{
    return pl__view_starts_with(parameter, "api-version=") || pl__view_starts_with(parameter, "alt=");
}

/* The URL with the values of its query hidden. */
static pl_status append_url(pl_str *out, const char *url)
{
    size_t end = strcspn(url, "?");
    pl_status rc = pl__str_append(out, url, end);
    for (const char *at = url + end; *at && !rc;) {
        rc = pl__str_append_char(out, *at++);
        pl_view parameter = pl__view_n(at, strcspn(at, "&"));
        size_t name = pl__view_find(parameter, pl__view("="));
        if (name >= parameter.len || is_shown_parameter(parameter)) {
            rc = rc ? rc : pl__str_append_view(out, parameter);
        } else {
            rc = rc ? rc : pl__str_append(out, at, name + 1);
            rc = rc ? rc : pl__str_append_c(out, HIDDEN);
        }
        at += parameter.len;
    }
    return rc;
}

static pl_view path_of(pl_view url)
{
    size_t host = pl__view_find(url, pl__view("://"));
    if (host >= url.len)
        return url;
    for (size_t i = host + 3; i < url.len; i++)
        if (url.ptr[i] == '/' || url.ptr[i] == '?')
            return pl__view_n(url.ptr + i, url.len - i);
    return pl__view_n(NULL, 0);
}

pl_status pl__exchange_keys(const pl_http_req *req, pl_exchange_keys *ret)
{
    pl_exchange_keys keys = {0};
    pl_digest body;
    pl_str url;
    pl_sha256 *h = pl__sha256_new();
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = h ? append_url(&url, req->url ? req->url : "") : PL_E_NOMEM;
    if (rc)
        goto out;
    pl_view whole = pl__view_n(pl__str_c(&url), url.len);
    pl_view path = path_of(whole);
    for (size_t i = 0; i < req->n_parts; i++) {
        pl_view bytes = pl__blob_view(req->parts[i].blob);
        pl__sha256_add(h, bytes.ptr, bytes.len);
    }
    pl__sha256_finish(h, &body);
    for (int i = 0; i < 2; i++) {
        pl_view address = i == 0 ? whole : path;
        pl__sha256_reset(h);
        pl__sha256_add_str(h, method_of(req));
        pl__sha256_add_field(h, address.ptr, address.len);
        pl__sha256_add_field(h, body.bytes, sizeof(body.bytes));
        pl__sha256_finish(h, i == 0 ? &keys.whole : &keys.path);
    }
    *ret = keys;
out:
    pl__str_clear(&url);
    pl__sha256_free(h);
    return rc;
}

/* ---- writing ---- */

/* A string where the bytes are text that JSON can hold, else {"base64": …}. */
static pl_status append_bytes(pl_str *out, pl_view bytes)
{
    if (!pl__utf8_valid(bytes) || memchr(bytes.ptr ? bytes.ptr : "", '\0', bytes.len)) {
        pl_status rc = pl__str_append_c(out, "{\"base64\":\"");
        rc = rc ? rc : pl__str_append_base64(out, bytes.ptr, bytes.len);
        return rc ? rc : pl__str_append_c(out, "\"}");
    }
    pl_status rc = pl__str_append_char(out, '"');
    rc = rc ? rc : pl__str_append_json_escaped(out, bytes);
    return rc ? rc : pl__str_append_char(out, '"');
}

static pl_status append_masked(pl_str *out, pl_view bytes, const pl_secrets *secrets)
{
    pl_str copy;
    pl__str_init(&copy, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__str_append_view(&copy, bytes);
    if (!rc && copy.ptr)
        pl__secrets_mask(secrets, copy.ptr, copy.len, PL_SECRET_MESSAGE_BYTES_MIN);
    rc = rc ? rc : append_bytes(out, pl__view_n(pl__str_c(&copy), copy.len));
    pl__str_clear(&copy);
    return rc;
}

static bool is_base64(pl_view bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
              c == '='))
            return false;
    }
    return true;
}

static pl_status append_part(pl_str *out, pl_view bytes, const pl_secrets *secrets)
{
    char hex[PL_DIGEST_HEX_BYTES];
    pl_digest digest;
    if (bytes.len < PL_EXCHANGE_IMAGE_BYTES_MIN || !is_base64(bytes))
        return append_masked(out, bytes, secrets);
    pl__sha256(bytes.ptr, bytes.len, &digest);
    pl__digest_hex(&digest, hex);
    return pl__str_appendf(out, "{\"base64_sha256\":\"%s\",\"bytes\":%zu}", hex, bytes.len);
}

static bool is_shown_header(const char *name)
{
    static const char *const shown[] = {"content-type", "accept", "anthropic-version", "anthropic-beta"};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (strcmp(name, shown[i]) == 0)
            return true;
    return false;
}

static pl_status append_headers(pl_str *out, const pl_http_req *req, const pl_secrets *secrets)
{
    pl_status rc = pl__str_append_c(out, ",\"headers\":{");
    for (size_t i = 0; i < req->n_headers && !rc; i++) {
        const pl_http_header *h = &req->headers[i];
        rc = i > 0 ? pl__str_append_char(out, ',') : PL_OK;
        rc = rc ? rc : append_masked(out, pl__view(h->name), secrets);
        rc = rc ? rc : pl__str_append_char(out, ':');
        rc = rc ? rc : append_masked(out, pl__view(is_shown_header(h->name) ? h->value : HIDDEN), secrets);
    }
    return rc ? rc : pl__str_append_char(out, '}');
}

pl_status pl__exchange_write_header(pl_str *out)
{
    return pl__str_appendf(out, "{\"peerless_recording\":%d}\n", PL_RECORDING_FORMAT);
}

pl_status pl__exchange_write_request(const pl_http_req *req, const pl_exchange_keys *keys, uint64_t order,
                                     const pl_secrets *secrets, pl_str *out)
{
    char whole[PL_DIGEST_HEX_BYTES];
    char path[PL_DIGEST_HEX_BYTES];
    pl_str url;
    pl__digest_hex(&keys->whole, whole);
    pl__digest_hex(&keys->path, path);
    pl__str_init(&url, PL_STR_LIMIT_DEFAULT);
    pl_status rc = append_url(&url, req->url ? req->url : "");
    rc = rc ? rc
            : pl__str_appendf(out,
                              "{\"order\":%llu,\"key\":\"%s\",\"path_key\":\"%s\",\"request\":{\"method\":\"%s\","
                              "\"url\":",
                              (unsigned long long)order, whole, path, method_of(req));
    rc = rc ? rc : append_masked(out, pl__view_n(pl__str_c(&url), url.len), secrets);
    rc = rc ? rc : append_headers(out, req, secrets);
    rc = rc ? rc : pl__str_append_c(out, ",\"body\":[");
    for (size_t i = 0; i < req->n_parts && !rc; i++) {
        rc = i > 0 ? pl__str_append_char(out, ',') : PL_OK;
        rc = rc ? rc : append_part(out, pl__blob_view(req->parts[i].blob), secrets);
    }
    rc = rc ? rc : pl__str_append_c(out, "]}");
    pl__str_clear(&url);
    return rc;
}

/* A copy whose headers and body are masked just as the client masks what it reads. */
static pl_status append_reply(pl_str *out, const pl_http_reply *reply, const pl_secrets *secrets)
{
    pl_http_reply copy = {.status = reply->status};
    pl__str_init(&copy.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&copy.body, PL_HTTP_REPLY_BYTES_MAX);
    pl_status rc = pl__str_append(&copy.headers, reply->headers.ptr, reply->headers.len);
    rc = rc ? rc : pl__str_append(&copy.body, reply->body.ptr, reply->body.len);
    if (rc)
        goto out;
    pl__secrets_mask_reply(secrets, &copy);
    rc = pl__str_appendf(out, ",\"reply\":{\"status\":%d,\"headers\":", copy.status);
    rc = rc ? rc : append_bytes(out, pl__view_n(pl__str_c(&copy.headers), copy.headers.len));
    rc = rc ? rc : pl__str_append_c(out, ",\"body\":");
    rc = rc ? rc : append_bytes(out, pl__view_n(pl__str_c(&copy.body), copy.body.len));
    rc = rc ? rc : pl__str_append_char(out, '}');
out:
    pl__http_reply_clear(&copy);
    return rc;
}

pl_status pl__exchange_write_end(const pl_http_completion *done, const pl_secrets *secrets, pl_str *out)
{
    pl_status rc = pl__str_appendf(out, ",\"elapsed_us\":%llu,\"sent_bytes\":%llu,\"received_bytes\":%llu",
                                   (unsigned long long)(done->elapsed_ns / NS_PER_US),
                                   (unsigned long long)done->sent_bytes, (unsigned long long)done->received_bytes);
    size_t failure = (size_t)done->failure;
    if (rc == PL_OK && failure != PL_HTTP_OK) {
        const char *name = failure < FAILURES && failure_names[failure] ? failure_names[failure] : "cut";
        rc = pl__str_appendf(out, ",\"failure\":\"%s\",\"words\":", name);
        rc = rc ? rc : append_masked(out, pl__view(done->error.msg), secrets);
    } else if (rc == PL_OK) {
        rc = append_reply(out, &done->reply, secrets);
    }
    return rc ? rc : pl__str_append_c(out, "}\n");
}

/* ---- reading ---- */

pl_status pl__exchange_check_header(pl_view line, pl_error *reterr)
{
    json_t *doc = NULL;
    int64_t format = 0;
    pl_status rc = pl__json_parse(line, &doc, NULL);
    if (rc == PL_OK && json_is_object(doc))
        rc = pl__json_get_integer(doc, "peerless_recording", &format, NULL);
    json_decref(doc);
    if (rc == PL_E_NOMEM)
        return pl__fail(reterr, rc, "no memory");
    if (rc || format < 1)
        return pl__fail(reterr, PL_E_PARSE, "is no recording of peerless");
    if (format > PL_RECORDING_FORMAT)
        return pl__fail(reterr, PL_E_VERSION, "is of format %lld; this version reads up to %d", (long long)format,
                        PL_RECORDING_FORMAT);
    return PL_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static pl_status read_digest(const json_t *doc, const char *key, pl_digest *ret, pl_error *reterr)
{
    const char *hex = NULL;
    pl_status rc = pl__json_get_string(doc, key, &hex, reterr);
    if (rc)
        return rc;
    bool good = hex && strlen(hex) == PL_DIGEST_HEX_BYTES - 1;
    for (size_t i = 0; good && i < sizeof(ret->bytes); i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);
        good = high >= 0 && low >= 0;
        if (good)
            ret->bytes[i] = (uint8_t)(high * 16 + low);
    }
    return good ? PL_OK : pl__fail(reterr, PL_E_PARSE, "\"%s\" must be 64 hexadecimal digits", key);
}

static pl_status parse_line(pl_view line, json_t **ret, pl_error *reterr)
{
    json_t *doc = NULL;
    pl_status rc = pl__json_parse(line, &doc, reterr);
    if (rc)
        return rc;
    if (!json_is_object(doc)) {
        json_decref(doc);
        return pl__fail(reterr, PL_E_PARSE, "must be an object");
    }
    *ret = doc;
    return PL_OK;
}

pl_status pl__exchange_read_keys(pl_view line, pl_exchange_keys *ret, uint64_t *ret_order, pl_error *reterr)
{
    json_t *doc = NULL;
    pl_exchange_keys keys = {0};
    int64_t order = 0;
    pl_status rc = parse_line(line, &doc, reterr);
    rc = rc ? rc : pl__json_get_integer(doc, "order", &order, reterr);
    rc = rc ? rc : read_digest(doc, "key", &keys.whole, reterr);
    rc = rc ? rc : read_digest(doc, "path_key", &keys.path, reterr);
    if (rc == PL_OK && (order < 0 || (!json_object_get(doc, "reply") && !json_object_get(doc, "failure"))))
        rc = pl__fail(reterr, PL_E_PARSE, "must have a reply or a failure");
    json_decref(doc);
    if (rc)
        return rc;
    *ret = keys;
    *ret_order = (uint64_t)order;
    return PL_OK;
}

static pl_status read_bytes(const json_t *obj, const char *key, pl_str *out, pl_error *reterr)
{
    const json_t *value = json_object_get(obj, key);
    const char *coded = NULL;
    pl_status rc = PL_OK;
    if (json_is_string(value)) {
        rc = pl__str_append(out, json_string_value(value), json_string_length(value));
    } else if (json_is_object(value)) {
        rc = pl__json_get_string(value, "base64", &coded, reterr);
        rc = rc ? rc : pl__str_append_base64_decoded(out, pl__view(coded));
    } else {
        rc = PL_E_PARSE;
    }
    return rc ? pl__fail(reterr, rc, "reply.%s: %s", key, pl_status_text(rc)) : PL_OK;
}

static pl_status read_reply(const json_t *reply, pl_http_completion *ret, pl_error *reterr)
{
    int64_t status = 0;
    if (!json_is_object(reply))
        return pl__fail(reterr, PL_E_PARSE, "reply must be an object");
    pl_status rc = pl__json_get_integer(reply, "status", &status, reterr);
    if (rc == PL_OK && (status < 100 || status > 999))
        rc = pl__fail(reterr, PL_E_PARSE, "reply.status must be 100 to 999");
    ret->reply.status = (int)status;
    rc = rc ? rc : read_bytes(reply, "headers", &ret->reply.headers, reterr);
    return rc ? rc : read_bytes(reply, "body", &ret->reply.body, reterr);
}

void pl__exchange_fail(pl_http_completion *ret, pl_http_failure failure, const char *words)
{
    bool may_pass = failure == PL_HTTP_UNREACHABLE || failure == PL_HTTP_CUT || failure == PL_HTTP_TIMEOUT;
    pl_status code = failure == PL_HTTP_TOO_LARGE   ? PL_E_LIMIT
                     : failure == PL_HTTP_CANCELLED ? PL_E_CANCELLED
                                                    : PL_E_NET;
    ret->failure = failure;
    (void)pl__fail(&ret->error, code, "%s", words ? words : "the request did not succeed");
    ret->error.retryable = may_pass;
}

static pl_status read_failure(const json_t *doc, pl_http_completion *ret, pl_error *reterr)
{
    const char *name = NULL;
    const char *words = NULL;
    pl_status rc = pl__json_get_string(doc, "failure", &name, reterr);
    rc = rc ? rc : pl__json_get_string(doc, "words", &words, reterr);
    for (size_t i = 0; i < FAILURES && !rc && name; i++)
        if (failure_names[i] && strcmp(failure_names[i], name) == 0) {
            pl__exchange_fail(ret, (pl_http_failure)i, words);
            return PL_OK;
        }
    return rc ? rc : pl__fail(reterr, PL_E_PARSE, "failure must be unreachable, cut, timeout or too_large");
}

pl_status pl__exchange_read_end(pl_view line, pl_http_completion *ret, pl_error *reterr)
{
    json_t *doc = NULL;
    int64_t numbers[3] = {0};
    pl_http_completion done = {0};
    pl__str_init(&done.reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&done.reply.body, PL_HTTP_REPLY_BYTES_MAX);
    pl_status rc = parse_line(line, &doc, reterr);
    rc = rc ? rc : pl__json_get_integer(doc, "elapsed_us", &numbers[0], reterr);
    rc = rc ? rc : pl__json_get_integer(doc, "sent_bytes", &numbers[1], reterr);
    rc = rc ? rc : pl__json_get_integer(doc, "received_bytes", &numbers[2], reterr);
    if (rc)
        goto out;
    numbers[0] = numbers[0] < ELAPSED_US_MAX ? numbers[0] : ELAPSED_US_MAX;
    done.elapsed_ns = numbers[0] > 0 ? (uint64_t)numbers[0] * NS_PER_US : 0;
    done.sent_bytes = numbers[1] > 0 ? (uint64_t)numbers[1] : 0;
    done.received_bytes = numbers[2] > 0 ? (uint64_t)numbers[2] : 0;
    rc = json_object_get(doc, "failure") ? read_failure(doc, &done, reterr)
                                         : read_reply(json_object_get(doc, "reply"), &done, reterr);
    if (rc)
        goto out;
    *ret = done;
    done = (pl_http_completion){0};
out:
    pl__http_reply_clear(&done.reply);
    json_decref(doc);
    return rc;
}
