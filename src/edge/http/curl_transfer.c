#include "transport_curl.h"

#include "alloc.h"
#include "error.h"
#include "host.h"

#include <string.h>

#define URL_BYTES_MAX 8192u
#define HOST_BYTES 256u

/* ---- what curl calls ---- */

static size_t on_read(char *buffer, size_t size, size_t n, void *user)
{
    pl_curl_transfer *x = user;
    size_t room = size * n;
    size_t filled = 0;
    while (filled < room && x->at_part < x->req.n_parts) {
        pl_view bytes = pl__blob_view(x->req.parts[x->at_part].blob);
        size_t left = bytes.len - x->at_byte;
        size_t take = left < room - filled ? left : room - filled;
        if (take > 0)
            memcpy(buffer + filled, bytes.ptr + x->at_byte, take);
        filled += take;
        x->at_byte += take;
        if (x->at_byte == bytes.len) {
            x->at_part++;
            x->at_byte = 0;
        }
    }
    return filled;
}

/* Before each sending of the request. When a kept connection ends without a byte of a reply, or an HTTP/2 server
 * refuses a stream, curl would send the request again by itself, though the server may have done (and charged) its
 * work: the transfer ends instead, and whoever counts attempts sends it again. */
static int on_send(void *user, char *to, char *from, int to_port, int from_port)
{
    pl_curl_transfer *x = user;
    (void)to;
    (void)from;
    (void)to_port;
    (void)from_port;
    x->resent = x->sent;
    x->sent = true;
    return x->resent ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static bool keep(pl_curl_transfer *x, pl_str *s, const char *bytes, size_t n)
{
    pl_status rc = pl__str_append(s, bytes, n);
    x->no_memory = x->no_memory || rc == PL_E_NOMEM;
    x->too_large = x->too_large || rc == PL_E_LIMIT;
    return rc == PL_OK;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *user)
{
    pl_curl_transfer *x = user;
    return keep(x, &x->reply.body, bytes, size * n) ? size * n : 0;
}

static bool keep_header(pl_curl_transfer *x, pl_view line)
{
    size_t colon = pl__view_find(line, pl__view(":"));
    if (colon > line.len)
        return true;
    pl_str *headers = &x->reply.headers;
    size_t name_at = headers->len;
    pl_view value = pl__view_trim(pl__view_n(line.ptr + colon + 1, line.len - colon - 1));
    if (!keep(x, headers, line.ptr, colon) || !keep(x, headers, ": ", 2) || !keep(x, headers, value.ptr, value.len) ||
        !keep(x, headers, "\n", 1))
        return false;
    for (size_t i = name_at; i < name_at + colon; i++)
        if (headers->ptr[i] >= 'A' && headers->ptr[i] <= 'Z')
            headers->ptr[i] = (char)(headers->ptr[i] - 'A' + 'a');
    return true;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *user)
{
    pl_curl_transfer *x = user;
    pl_view line = pl__view_n(bytes, size * n);
    if (!x->first_byte) {
        x->first_byte = true;
        pl__deadlines_drop(&x->transport->first_bytes, x->index);
    }
    if (x->headers_over && pl__view_starts_with(line, "HTTP/")) {
        pl__str_reset(&x->reply.headers); /* an interim or a proxy's response came before */
        x->headers_over = false;
    }
    if (pl__view_trim(line).len == 0)
        x->headers_over = true;
    else if (!keep_header(x, line))
        return 0;
    return size * n;
}

/* ---- setting up ---- */

typedef struct long_option {
    CURLoption option;
    long value;
} long_option;

static CURLcode set_fixed_options(pl_curl_transfer *x)
{
    static const long_option options[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_TCP_NODELAY, 1},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_NOPROGRESS, 1},
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
        {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    };
    CURL *e = x->easy;
    CURLcode code = CURLE_OK;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && !code; i++)
        code = curl_easy_setopt(e, options[i].option, options[i].value);
    code = code ? code : curl_easy_setopt(e, CURLOPT_PRIVATE, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->curl_words);
    code = code ? code : curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    code = code ? code : curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    code = code ? code : curl_easy_setopt(e, CURLOPT_USERAGENT, "peerless");
    return code;
}

static CURLcode set_callbacks(pl_curl_transfer *x)
{
    CURL *e = x->easy;
    CURLcode code = curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
    code = code ? code : curl_easy_setopt(e, CURLOPT_READDATA, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_send);
    code = code ? code : curl_easy_setopt(e, CURLOPT_PREREQDATA, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    code = code ? code : curl_easy_setopt(e, CURLOPT_WRITEDATA, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    code = code ? code : curl_easy_setopt(e, CURLOPT_HEADERDATA, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, pl__curl_open_socket);
    code = code ? code : curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x);
    code = code ? code : curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, pl__curl_close_socket);
    code = code ? code : curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, x->transport); /* outlives the transfer */
    return code;
}

pl_curl_transfer *pl__curl_transfer_new(pl_curl_transport *t, uint32_t index)
{
    pl_curl_transfer *x = pl__calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->transport = t;
    x->index = index;
    x->easy = curl_easy_init();
    if (!x->easy || set_fixed_options(x) || set_callbacks(x)) {
        pl__curl_transfer_free(x);
        return NULL;
    }
    return x;
}

void pl__curl_transfer_free(pl_curl_transfer *x)
{
    if (!x)
        return;
    curl_easy_cleanup(x->easy);
    curl_slist_free_all(x->headers);
    pl__http_req_clear(&x->req);
    pl__http_reply_clear(&x->reply);
    pl__free(x);
}

/* The host of an http or https URL; false when it has none, *ret_short when memory is. */
static bool url_host(const char *url, char ret_host[HOST_BYTES], bool *ret_short)
{
    CURLU *u = curl_url();
    char *scheme = NULL;
    char *host = NULL;
    bool ok = false;
    *ret_short = false;
    if (!u) {
        *ret_short = true;
        return false;
    }
    CURLUcode code = strlen(url) <= URL_BYTES_MAX ? curl_url_set(u, CURLUPART_URL, url, 0) : CURLUE_BAD_HOSTNAME;
    code = code ? code : curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
    code = code ? code : curl_url_get(u, CURLUPART_HOST, &host, 0);
    if (code) {
        *ret_short = code == CURLUE_OUT_OF_MEMORY;
    } else if ((strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) && strlen(host) < HOST_BYTES) {
        memcpy(ret_host, host, strlen(host) + 1);
        ok = true;
    }
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(u);
    return ok;
}

static bool same_header(const char *line, const pl_http_header *h)
{
    size_t n = strlen(h->name);
    return strncmp(line, h->name, n) == 0 && strncmp(line + n, ": ", 2) == 0 && strcmp(line + n + 2, h->value) == 0;
}

/* Requests of one endpoint carry the same headers again and again: the list of the last one is kept. */
static pl_status set_headers(pl_curl_transfer *x)
{
    const pl_http_req *req = &x->req;
    struct curl_slist *old = x->headers;
    size_t same = 0;
    for (old = old ? old->next : NULL; old && same < req->n_headers && same_header(old->data, &req->headers[same]);
         old = old->next)
        same++;
    if (x->headers && !old && same == req->n_headers)
        return PL_OK;
    curl_slist_free_all(x->headers);
    /* An empty Expect: no round trip before a large body. */
    x->headers = curl_slist_append(NULL, "Expect:");
    pl_str line = {0};
    pl__str_init(&line, PL_HTTP_HEADER_BYTES_MAX);
    pl_status rc = x->headers ? PL_OK : PL_E_NOMEM;
    for (size_t i = 0; i < req->n_headers && !rc; i++) {
        pl__str_reset(&line);
        rc = pl__str_appendf(&line, "%s: %s", req->headers[i].name, req->headers[i].value);
        struct curl_slist *longer = rc ? NULL : curl_slist_append(x->headers, pl__str_c(&line));
        rc = longer ? rc : PL_E_NOMEM;
        x->headers = longer ? longer : x->headers;
    }
    pl__str_clear(&line);
    if (rc) {
        curl_slist_free_all(x->headers);
        x->headers = NULL;
    }
    return rc;
}

/* libcurl 7.88 counts what it would send again over a handle's life and ends the sixth with an error of its own; only a
 * reset starts the count anew. */
static CURLcode refresh(pl_curl_transfer *x)
{
    if (!x->resent && !x->own_ca)
        return CURLE_OK;
    curl_easy_reset(x->easy); /* also the only way back to the system's authorities */
    CURLcode code = set_fixed_options(x);
    code = code ? code : set_callbacks(x);
    x->resent = code != CURLE_OK;
    x->own_ca = x->own_ca && code != CURLE_OK;
    return code;
}

/* Connections are kept apart by these options: none that was made without them is used with them. */
static CURLcode set_route(pl_curl_transfer *x, bool loopback)
{
    static const pl_http_route usual = {0};
    const pl_http_route *route = x->req.route ? x->req.route : &usual;
    const char *ca_file = route->ca_file ? route->ca_file : x->transport->ca_file;
    /* "" is no proxy at all, NULL what the environment says. */
    const char *proxy = loopback ? "" : NULL;
    CURL *e = x->easy;
    if (route->proxy)
        proxy = strcmp(route->proxy, "none") == 0 ? "" : route->proxy;
    CURLcode code = curl_easy_setopt(e, CURLOPT_PROXY, proxy);
    /* A proxy that was named is meant for this host too, whatever no_proxy says. */
    code = code ? code : curl_easy_setopt(e, CURLOPT_NOPROXY, route->proxy ? "" : NULL);
    code = code ? code : curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, route->insecure ? 0L : 1L);
    code = code ? code : curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, route->insecure ? 0L : 2L);
    if (ca_file && !code) {
        code = curl_easy_setopt(e, CURLOPT_CAINFO, ca_file);
        code = code ? code : curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
        x->own_ca = true;
    }
    return code;
}

static CURLcode set_request(pl_curl_transfer *x, bool loopback)
{
    const pl_http_req *req = &x->req;
    CURL *e = x->easy;
    curl_off_t size = 0;
    for (size_t i = 0; i < req->n_parts; i++)
        size += (curl_off_t)pl__blob_view(req->parts[i].blob).len;
    CURLcode code = curl_easy_setopt(e, CURLOPT_URL, req->url);
    /* A server may speak HTTP/2: known once TLS has been set up. Without waiting for that, requests that begin
     * together open a connection each, where one carries a hundred. */
    code = code ? code
                : curl_easy_setopt(e, CURLOPT_PIPEWAIT, pl__view_starts_with(pl__view(req->url), "https:") ? 1L : 0L);
    code = code ? code : curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers);
    code = code ? code : set_route(x, loopback);
    code = code ? code : curl_easy_setopt(e, req->n_parts > 0 ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    if (req->n_parts > 0) {
        /* One part lies in memory as it goes out: curl then sends a short one together with the headers. */
        const char *whole = req->n_parts == 1 ? pl__blob_view(req->parts[0].blob).ptr : NULL;
        code = code ? code : curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, size);
        code = code ? code : curl_easy_setopt(e, CURLOPT_POSTFIELDS, whole);
    }
    code = code ? code : curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)req->timeout_connect_ms);
    return code ? code : curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)req->timeout_total_ms);
}

pl_status pl__curl_transfer_load(pl_curl_transfer *x, pl_http_req *req, uint64_t tag, pl_error *reterr)
{
    char host[HOST_BYTES];
    bool no_memory = false;
    x->req = *req;
    *req = (pl_http_req){0};
    if (!url_host(x->req.url ? x->req.url : "", host, &no_memory)) {
        pl__http_req_clear(&x->req);
        if (no_memory)
            return pl__fail(reterr, PL_E_NOMEM, "request URL");
        return pl__fail(reterr, PL_E_INVALID, "not an http or https URL");
    }
    if (refresh(x) || set_headers(x) || set_request(x, pl__host_is_loopback(pl__view(host)))) {
        pl__http_req_clear(&x->req);
        return pl__fail(reterr, PL_E_NOMEM, "request to %s", host);
    }
    pl__str_init(&x->reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&x->reply.body, PL_HTTP_REPLY_BYTES_MAX);
    x->at_part = x->at_byte = 0;
    x->sent = x->first_byte = x->too_large = x->no_memory = x->headers_over = false;
    x->failure = PL_HTTP_OK;
    x->error = (pl_error){0};
    x->curl_words[0] = '\0';
    x->tag = tag;
    x->started_ns = uv_hrtime();
    x->sent_bytes = x->received_bytes = 0;
    return PL_OK;
}

/* ---- the end ---- */

static void fail(pl_curl_transfer *x, pl_http_failure failure, pl_status code, const char *words)
{
    char host[HOST_BYTES];
    bool no_memory = false;
    if (!url_host(x->req.url, host, &no_memory))
        memcpy(host, "request", sizeof("request"));
    x->failure = failure;
    (void)pl__fail(&x->error, code, "%s: %s", host, words);
    x->error.retryable = failure == PL_HTTP_UNREACHABLE || failure == PL_HTTP_CUT || failure == PL_HTTP_TIMEOUT;
}

static pl_http_failure failure_of(CURLcode code, bool request_sent)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return PL_HTTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
        return request_sent ? PL_HTTP_TIMEOUT : PL_HTTP_UNREACHABLE; /* a host that never took the connection */
    default:
        return PL_HTTP_CUT;
    }
}

/* Times, bytes and status; returns the bytes of the request's head, 0 if it was never sent. */
static long measure(pl_curl_transfer *x)
{
    long status = 0;
    long request_bytes = 0;
    long header_bytes = 0;
    curl_off_t sent = 0;
    curl_off_t received = 0;
    (void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    (void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    (void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
    (void)curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &header_bytes);
    x->ended_ns = uv_hrtime();
    x->sent_bytes = (uint64_t)sent + (uint64_t)(request_bytes > 0 ? request_bytes : 0);
    x->received_bytes = (uint64_t)received + (uint64_t)(header_bytes > 0 ? header_bytes : 0);
    x->reply.status = (int)status;
    return request_bytes;
}

void pl__curl_transfer_end(pl_curl_transfer *x, CURLcode code)
{
    long request_bytes = measure(x);
    if (x->no_memory || code == CURLE_OUT_OF_MEMORY) {
        fail(x, PL_HTTP_CUT, PL_E_NOMEM, "no memory for the transfer");
    } else if (x->too_large || code == CURLE_FILESIZE_EXCEEDED) {
        fail(x, PL_HTTP_TOO_LARGE, PL_E_LIMIT, "the reply is too large");
    } else if (code && x->resent) {
        fail(x, PL_HTTP_CUT, PL_E_NET, "the connection ended without a reply");
        x->error.detail = (int32_t)code;
    } else if (code) {
        const char *words = x->curl_words[0] ? x->curl_words : curl_easy_strerror(code);
        fail(x, failure_of(code, request_bytes > 0), PL_E_NET, words);
        x->error.detail = (int32_t)code;
    } else if (!x->headers_over) { /* curl takes the end of a connection for the end of the headers */
        fail(x, PL_HTTP_CUT, PL_E_NET, "the connection ended inside the reply's headers");
    }
    pl__http_req_clear(&x->req);
}

void pl__curl_transfer_give_up(pl_curl_transfer *x, pl_http_failure failure, pl_status code, const char *words)
{
    (void)measure(x);
    fail(x, failure, code, words);
    pl__http_req_clear(&x->req);
}
