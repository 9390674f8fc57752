#include "httpd.h"

#include "alloc.h"
#include "delay_queue.h"
#include "error.h"
#include "spoilt_body.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREADS_MAX 64u
#define CONNECTIONS_DEFAULT 1024u
#define CONNECTIONS_MAX 65536u
#define CONNECTION_MEMORY_BYTES ((size_t)65536) /* headers, and the piece in which a body arrives */
#define IDLE_TIMEOUT_S 300u
#define DISCARD_FACTOR 16u /* a too large body is read away up to this many limits, so that its sender sees the 413 */
#define STATUS_OK 200
#define STATUS_TOO_LARGE 413 /* libmicrohttpd's name for it changes between versions */
#define STATUS_ERROR 500
#define STATUS_MAX 599

struct pl_httpd {
    struct MHD_Daemon *daemon;
    pl_delay_queue *delays;
    void (*handle)(const pl_httpd_request *request, pl_httpd_response *ret, void *user);
    void *user;
    size_t body_bytes_max;
    int listen_fd; /* -1 once the daemon has it */
    uint16_t port;
};

typedef enum exchange_stage {
    STAGE_NEW = 0,
    STAGE_BODY = 1,
    STAGE_ANSWERED = 2, /* the handler has run; the answer may be waiting for its time */
} exchange_stage;

/* One request and its answer; belongs to its connection. */
typedef struct exchange {
    struct MHD_Connection *connection;
    exchange_stage stage;
    char *query;
    pl_str body;
    uint64_t received_bytes;
    bool body_too_large;
    bool no_memory;
    struct MHD_Response *answer; /* once it is made; NULL: there was no memory for it, or none is wanted */
    unsigned status;
    uint32_t delay_ms;
} exchange;

static void exchange_free(exchange *e)
{
    if (!e)
        return;
    pl__free(e->query);
    pl__str_clear(&e->body);
    if (e->answer)
        MHD_destroy_response(e->answer);
    pl__free(e);
}

/* The first that is heard of a request; what it returns comes back as *state. libmicrohttpd decodes the path later and
 * takes the query apart, so the query is kept from here. */
static void *begin_request(void *user, const char *uri, struct MHD_Connection *connection)
{
    const pl_httpd *httpd = user;
    const char *mark = strchr(uri, '?');
    exchange *e = pl__calloc(1, sizeof(*e));

    if (!e)
        return NULL;
    e->connection = connection;
    e->query = pl__strdup(mark ? mark + 1 : "");
    pl__str_init(&e->body, httpd->body_bytes_max);
    if (!e->query) {
        exchange_free(e);
        return NULL;
    }
    return e;
}

static void end_request(void *user, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode why)
{
    (void)user;
    (void)connection;
    (void)why;
    exchange_free(*state);
    *state = NULL;
}

static const char *find_header(const void *connection, const char *name)
{
    const exchange *e = connection;
    return MHD_lookup_connection_value(e->connection, MHD_HEADER_KIND, name);
}

static struct MHD_Response *make_plain_response(pl_str *body)
{
    size_t n = body->len;
    char *bytes = pl__str_take(body);
    if (!bytes)
        return NULL;
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(n, bytes, pl__free);
    if (!response)
        pl__free(bytes);
    return response;
}

static struct MHD_Response *make_spoilt_response(pl_httpd *httpd, const exchange *e, pl_httpd_response *given)
{
    pl_httpd_spoil how = given->spoil;
    if (given->cut)
        how.kept_bytes = given->body.len - given->body.len / 2;
    if (given->cut && given->body.len == 0)
        how.length_error_bytes = 1; /* else there would be nothing to cut */
    return pl__spoilt_body_response(&given->body, &how, httpd->delays, e->connection);
}

static bool arrives_spoilt(const pl_httpd_response *given)
{
    const pl_httpd_spoil *how = &given->spoil;
    return given->cut || how->piece_ms > 0 || how->kept_bytes > 0 || how->length_error_bytes != 0;
}

/* Takes over given->body. NULL: no memory, or a header that cannot be sent. */
static struct MHD_Response *make_response(pl_httpd *httpd, const exchange *e, pl_httpd_response *given)
{
    struct MHD_Response *response =
        arrives_spoilt(given) ? make_spoilt_response(httpd, e, given) : make_plain_response(&given->body);
    const char *type = given->content_type ? given->content_type : "application/json";

    pl__str_clear(&given->body);
    if (!response)
        return NULL;
    enum MHD_Result added = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < given->n_headers && i < PL_HTTPD_HEADERS_MAX && added == MHD_YES; i++)
        added = MHD_add_response_header(response, given->headers[i].name, given->headers[i].value);
    if (added == MHD_YES)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

/* An answer of the server's own. */
static void own_answer(pl_httpd_response *given, int status, const char *message)
{
    given->status = status;
    if (pl__str_appendf(&given->body, "{\"error\":{\"message\":\"%s\"}}", message) != PL_OK)
        pl__str_clear(&given->body);
}

static void take_body(pl_httpd *httpd, exchange *e, const char *bytes, size_t n)
{
    e->received_bytes += n;
    if (e->body_too_large || e->no_memory)
        return;
    pl_status rc = pl__str_append(&e->body, bytes, n);
    if (rc == PL_OK)
        return;
    e->body_too_large = rc == PL_E_LIMIT || e->received_bytes > httpd->body_bytes_max;
    e->no_memory = !e->body_too_large;
    pl__str_clear(&e->body);
}

static void suspend(void *thing)
{
    MHD_suspend_connection(thing);
}

static void resume(void *thing)
{
    MHD_resume_connection(thing);
}

/* Makes the answer whole at once: what the handler lends ends with the handler's return, not with the delay. */
static void make_answer(pl_httpd *httpd, exchange *e, const char *method, const char *path)
{
    pl_httpd_response given = {.status = STATUS_OK};

    pl__str_init(&given.body, PL_STR_LIMIT_DEFAULT);
    if (e->body_too_large) {
        own_answer(&given, STATUS_TOO_LARGE, "request body is too large");
    } else if (e->no_memory) {
        own_answer(&given, STATUS_ERROR, "no memory");
    } else {
        pl_httpd_request request = {
            .method = method,
            .path = path,
            .query = e->query,
            .body = pl__view_n(pl__str_c(&e->body), e->body.len),
            .header = find_header,
            .connection = e,
        };
        httpd->handle(&request, &given, httpd->user);
    }
    pl__str_clear(&e->body);
    bool known = given.status >= STATUS_OK && given.status <= STATUS_MAX;
    e->status = known ? (unsigned)given.status : STATUS_ERROR;
    e->delay_ms = given.delay_ms;
    if (given.spoil.silent)
        pl__str_clear(&given.body);
    else
        e->answer = make_response(httpd, e, &given);
}

/* Called when the headers are there, with each piece of the body, at its end, and again after a suspension. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                  const char *version, const char *bytes, size_t *n, void **state)
{
    pl_httpd *httpd = user;
    exchange *e = *state;

    (void)version;
    if (!e)
        return MHD_NO; /* no memory in begin_request */
    if (e->stage == STAGE_NEW) {
        e->stage = STAGE_BODY;
        return MHD_YES;
    }
    if (*n > 0) {
        take_body(httpd, e, bytes, *n);
        *n = 0;
        return e->received_bytes / DISCARD_FACTOR > httpd->body_bytes_max ? MHD_NO : MHD_YES;
    }
    if (e->stage == STAGE_BODY) {
        e->stage = STAGE_ANSWERED;
        make_answer(httpd, e, method, path);
        if (e->delay_ms > 0 && pl__delay_queue_add(httpd->delays, e->delay_ms, suspend, connection))
            return MHD_YES;
    }
    return e->answer ? MHD_queue_response(connection, e->status, e->answer) : MHD_NO; /* no: closes the connection */
}

/* The listening socket is made here, so that a taken port can be told from other failures. */
static pl_status open_port(pl_httpd *httpd, uint16_t port, pl_error *reterr)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t address_bytes = sizeof(address);
    int on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    httpd->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (httpd->listen_fd < 0)
        return pl__fail_detail(reterr, PL_E_NET, errno, "no socket to listen on");
    (void)fcntl(httpd->listen_fd, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(httpd->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    /* Accepted connections inherit it: small answers leave at once. */
    (void)setsockopt(httpd->listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (bind(httpd->listen_fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(httpd->listen_fd, SOMAXCONN) != 0) {
        int code = errno;
        if (code == EADDRINUSE)
            return pl__fail_detail(reterr, PL_E_BUSY, code, "port %u of 127.0.0.1 is in use", (unsigned)port);
        return pl__fail_detail(reterr, PL_E_NET, code, "port %u of 127.0.0.1 cannot be opened", (unsigned)port);
    }
    if (getsockname(httpd->listen_fd, (struct sockaddr *)&address, &address_bytes) != 0)
        return pl__fail_detail(reterr, PL_E_NET, errno, "port %u of 127.0.0.1 cannot be opened", (unsigned)port);
    httpd->port = ntohs(address.sin_port);
    return PL_OK;
}

static pl_status start_daemon(pl_httpd *httpd, uint32_t threads, uint32_t connections_max, pl_error *reterr)
{
    /* A pool of one is refused by libmicrohttpd: it is the daemon's own thread then. */
    struct MHD_OptionItem pool[] = {
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    httpd->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, httpd->port, NULL, NULL, on_request,
        httpd, MHD_OPTION_LISTEN_SOCKET, httpd->listen_fd, MHD_OPTION_URI_LOG_CALLBACK, begin_request, httpd,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, httpd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES,
        MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
    if (!httpd->daemon)
        return pl__fail_detail(reterr, PL_E_NET, errno, "the server does not start on port %u", (unsigned)httpd->port);
    httpd->listen_fd = -1; /* closed by the daemon */
    return PL_OK;
}

pl_status pl__httpd_start(const pl_httpd_opts *opts, pl_httpd **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_httpd *httpd = NULL;

    if (!opts || !opts->handle || !ret || opts->threads > THREADS_MAX || opts->connections_max > CONNECTIONS_MAX ||
        opts->body_bytes_max > PL_STR_LIMIT_DEFAULT)
        return pl__fail(reterr, PL_E_INVALID, "no handler, or more than %u threads, %u connections, %zu bytes",
                        THREADS_MAX, CONNECTIONS_MAX, PL_STR_LIMIT_DEFAULT);
    uint32_t threads = opts->threads > 0 ? opts->threads : 1;
    uint32_t connections_max = opts->connections_max > 0 ? opts->connections_max : CONNECTIONS_DEFAULT;
    if (connections_max < threads)
        connections_max = threads; /* the pool shares them out */
    httpd = pl__calloc(1, sizeof(*httpd));
    if (!httpd)
        return pl__fail(reterr, PL_E_NOMEM, "server");
    httpd->listen_fd = -1;
    httpd->handle = opts->handle;
    httpd->user = opts->user;
    httpd->body_bytes_max = opts->body_bytes_max > 0 ? opts->body_bytes_max : PL_HTTPD_BODY_BYTES_MAX_DEFAULT;
    rc = pl__delay_queue_new(connections_max, resume, &httpd->delays, reterr);
    if (rc == PL_OK)
        rc = open_port(httpd, opts->port, reterr);
    if (rc == PL_OK)
        rc = start_daemon(httpd, threads, connections_max, reterr);
    if (rc != PL_OK) {
        pl__httpd_stop(httpd);
        return rc;
    }
    *ret = httpd;
    return PL_OK;
}

uint16_t pl__httpd_port(const pl_httpd *httpd)
{
    return httpd->port;
}

void pl__httpd_stop(pl_httpd *httpd)
{
    if (!httpd)
        return;
    /* Suspended connections must be resumed before the daemon ends; the queue takes no further ones. */
    if (httpd->delays)
        pl__delay_queue_close(httpd->delays);
    if (httpd->daemon)
        MHD_stop_daemon(httpd->daemon);
    if (httpd->listen_fd >= 0)
        (void)close(httpd->listen_fd);
    pl__delay_queue_free(httpd->delays);
    pl__free(httpd);
}
