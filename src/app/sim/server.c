#include "chat_api.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define THREADS_DEFAULT 2u

struct pl_sim_server {
    const pl_sim_pool *pool;
    pl_sim_gallery *gallery;
    pl_httpd *httpd;
    int log_fd; /* -1: no log */
    atomic_uint_fast64_t requests;
};

/* One write per line, to a file opened for appending: lines of several threads never mix. */
static pl_status log_request(const pl_sim_server *server, pl_view body, uint32_t model)
{
    char hex[PL_DIGEST_HEX_BYTES];
    pl_digest digest;
    pl_str line;
    pl_status rc = PL_OK;

    pl__sha256(body.ptr, body.len, &digest);
    pl__digest_hex(&digest, hex);
    pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
    rc = pl__str_appendf(&line, "%s %s\n", hex, pl__sim_pool_name(server->pool, model));
    if (!rc) {
        ssize_t n = write(server->log_fd, line.ptr, line.len);
        while (n < 0 && errno == EINTR)
            n = write(server->log_fd, line.ptr, line.len);
        rc = n == (ssize_t)line.len ? PL_OK : PL_E_IO;
    }
    pl__str_clear(&line);
    return rc;
}

static void handle_chat(pl_sim_server *server, const pl_httpd_request *request, pl_httpd_response *ret)
{
    uint32_t model = pl__sim_chat(server->pool, server->gallery, request->body, ret);
    if (model == UINT32_MAX)
        return;
    /* Logged before the answer leaves: whoever counts at the log never counts too few. */
    if (server->log_fd >= 0 && log_request(server, request->body, model)) {
        pl__sim_api_error(ret, 500, "the request log cannot be written", NULL, NULL);
        return;
    }
    atomic_fetch_add(&server->requests, 1);
}

static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    static const struct route {
        const char *method;
        const char *path;
    } routes[] = {{"POST", "/v1/chat/completions"}, {"GET", "/v1/models"}, {"GET", "/health"}};
    pl_sim_server *server = user;
    bool path_known = false;

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (strcmp(request->path, routes[i].path) != 0)
            continue;
        path_known = true;
        if (strcmp(request->method, routes[i].method) != 0)
            continue;
        if (i == 0) {
            handle_chat(server, request, ret);
        } else if (i == 1) {
            pl__sim_list_models(server->pool, ret);
        } else if (pl__str_append_c(&ret->body, "{\"status\":\"ok\"}\n")) {
            ret->status = 500;
        }
        return;
    }
    if (path_known)
        pl__sim_api_error(ret, 405, "this path wants another method", NULL, "method_not_allowed");
    else
        pl__sim_api_error(ret, 404, "there is nothing at this path", NULL, "not_found");
}

static pl_status open_log(pl_sim_server *server, const char *path, pl_error *reterr)
{
    char why[128];
    server->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (server->log_fd >= 0)
        return PL_OK;
    int code = errno;
    pl__errno_text(code, why, sizeof(why));
    return pl__fail_detail(reterr, PL_E_IO, code, "%s: %s", path, why);
}

pl_status pl__sim_server_start(const pl_sim_server_opts *opts, pl_sim_server **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_sim_server *server = NULL;

    if (!opts->pool)
        return pl__fail(reterr, PL_E_INVALID, "a simulated server needs a pool");
    server = pl__calloc(1, sizeof(*server));
    if (!server)
        return pl__fail(reterr, PL_E_NOMEM, "a simulated server");
    server->pool = opts->pool;
    server->log_fd = -1;
    atomic_init(&server->requests, 0);
    server->gallery = pl__sim_gallery_new(opts->pool);
    if (!server->gallery) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a simulated server's gallery");
        goto out;
    }
    if (opts->request_log) {
        rc = open_log(server, opts->request_log, reterr);
        if (rc)
            goto out;
    }
    pl_httpd_opts http = {.port = opts->port, .threads = opts->threads ? opts->threads : THREADS_DEFAULT};
    http.handle = handle;
    http.user = server;
    rc = pl__httpd_start(&http, &server->httpd, reterr);
    if (rc)
        goto out;
    *ret = server;
    server = NULL;
out:
    pl__sim_server_stop(server);
    return rc;
}

uint16_t pl__sim_server_port(const pl_sim_server *server)
{
    return pl__httpd_port(server->httpd);
}

uint64_t pl__sim_server_requests(const pl_sim_server *server)
{
    return (uint64_t)atomic_load(&server->requests);
}

void pl__sim_server_stop(pl_sim_server *server)
{
    if (!server)
        return;
    pl__httpd_stop(server->httpd);
    if (server->log_fd >= 0)
        (void)close(server->log_fd);
    pl__sim_gallery_free(server->gallery);
    pl__free(server);
}
