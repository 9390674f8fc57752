#include "batch_api.h"
#include "chat_api.h"

#include "alloc.h"
#include "dialects.h"
#include "error.h"
#include "file.h"
#include "hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define THREADS_DEFAULT 2u
#define CONNECTIONS_MAX 4096u

struct pl_sim_server {
    pl_sim_desk desk;
    pl_sim_served *served;
    pl_sim_batches *batches;
    pl_httpd *httpd;
    int log_fd; /* -1: no log */
};

static void answer_status(const pl_sim_dialect *dialect, int status, const char *message, const char *code,
                          pl_httpd_response *ret)
{
    pl_sim_complaint why = {.status = status, .code = code};
    (void)pl__fail(&why.error, PL_E_INVALID, "%s", message);
    ret->cut = false;
    ret->spoil = (pl_httpd_spoil){.silent = false};
    pl__sim_answer_error(dialect, &why, ret);
}

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
    rc = pl__str_appendf(&line, "%s %s\n", hex, pl__sim_pool_name(server->desk.pool, model));
    if (!rc) {
        ssize_t n = write(server->log_fd, line.ptr, line.len);
        while (n < 0 && errno == EINTR)
            n = write(server->log_fd, line.ptr, line.len);
        rc = n == (ssize_t)line.len ? PL_OK : PL_E_IO;
    }
    pl__str_clear(&line);
    return rc;
}

static void handle_chat(pl_sim_server *server, const pl_sim_dialect *dialect, const pl_httpd_request *request,
                        pl_httpd_response *ret)
{
    pl_sim_result result = pl__sim_chat(&server->desk, dialect, request, ret);
    /* Logged and counted before the answer leaves: whoever counts at the log never counts too few. */
    if (pl__outcome_is_response(result.outcome) && server->log_fd >= 0 &&
        log_request(server, request->body, result.model)) {
        answer_status(dialect, 500, "the request log cannot be written", NULL, ret);
        result.outcome = PL_OUTCOME_SERVER_ERROR;
    }
    pl__sim_served_add(server->served, &result);
}

pl_status pl__sim_server_stats(const pl_sim_server *server, pl_str *out, pl_error *reterr)
{
    pl_sim_call_counts calls = pl__sim_call_log_counts(server->desk.calls);
    uint64_t batches = 0;
    uint64_t requests = 0;
    pl_status rc = pl__sim_served_write(server->served, &calls, out);
    pl__sim_batches_count(server->batches, &batches, &requests);
    if (!rc && batches > 0) {
        out->len -= sizeof("}\n") - 1; /* one more member */
        rc = pl__str_appendf(out, ",\n\"batches\":{\"created\":%llu,\"requests\":%llu}}\n", (unsigned long long)batches,
                             (unsigned long long)requests);
    }
    return rc ? pl__fail(reterr, rc, "the server's count") : PL_OK;
}

/* What is there to be had with GET; false: nothing at this path. */
static bool handle_get(pl_sim_server *server, const pl_httpd_request *request, pl_httpd_response *ret)
{
    const pl_sim_pool *pool = server->desk.pool;
    if (strcmp(request->path, "/health") == 0) {
        if (pl__str_append_c(&ret->body, "{\"status\":\"ok\"}\n"))
            ret->status = 500;
    } else if (strcmp(request->path, "/sim/stats") == 0) {
        if (pl__sim_server_stats(server, &ret->body, NULL))
            answer_status(&pl__sim_dialect_openai, 500, "no memory", NULL, ret);
    } else if (strcmp(request->path, "/v1beta/models") == 0) {
        pl__sim_answer_models(&pl__sim_dialect_gemini, pool, ret);
    } else if (strcmp(request->path, "/v1/models") == 0) {
        bool anthropic = request->header(request->connection, "anthropic-version") != NULL;
        pl__sim_answer_models(anthropic ? &pl__sim_dialect_anthropic : &pl__sim_dialect_openai, pool, ret);
    } else {
        return false;
    }
    return true;
}

static bool is_for_get(const char *path)
{
    static const char *const paths[] = {"/health", "/sim/stats", "/v1/models", "/v1beta/models"};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strcmp(path, paths[i]) == 0)
            return true;
    }
    return false;
}

static void answer_in_batch(const pl_sim_dialect *dialect, const pl_httpd_request *request, pl_httpd_response *ret,
                            void *user)
{
    handle_chat(user, dialect, request, ret);
}

static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    pl_sim_server *server = user;
    const pl_sim_dialect *dialect = pl__sim_dialect_of_path(request->path);
    const pl_sim_dialect *wording = dialect ? dialect : &pl__sim_dialect_openai;

    if (pl__sim_batches_handle(server->batches, request, ret))
        return;
    if (dialect && strcmp(request->method, "POST") == 0)
        handle_chat(server, dialect, request, ret);
    else if (strcmp(request->method, "GET") == 0 && handle_get(server, request, ret))
        return;
    else if (dialect || is_for_get(request->path))
        answer_status(wording, 405, "this path wants another method", "method_not_allowed", ret);
    else
        answer_status(wording, 404, "there is nothing at this path", "not_found", ret);
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
    server->log_fd = -1;
    server->served = pl__sim_served_new(opts->pool);
    server->desk = (pl_sim_desk){.pool = opts->pool,
                                 .gallery = pl__sim_gallery_new(opts->pool),
                                 .calls = pl__sim_call_log_new(),
                                 .clock = pl__clock_system()};
    server->batches = pl__sim_batches_new(&(pl_sim_batches_opts){.clock = server->desk.clock,
                                                                 .seed = opts->pool->seed,
                                                                 .faults = opts->batches,
                                                                 .answer = answer_in_batch,
                                                                 .user = server});
    if (!server->served || !server->desk.gallery || !server->desk.calls || !server->batches) {
        rc = pl__fail(reterr, PL_E_NOMEM, "what a simulated server remembers");
        goto out;
    }
    if (opts->request_log) {
        rc = open_log(server, opts->request_log, reterr);
        if (rc)
            goto out;
    }
    pl_httpd_opts http = {.port = opts->port, .threads = opts->threads ? opts->threads : THREADS_DEFAULT};
    http.connections_max = CONNECTIONS_MAX;
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
    return pl__sim_served_responses(server->served);
}

void pl__sim_server_stop(pl_sim_server *server)
{
    if (!server)
        return;
    pl__httpd_stop(server->httpd);
    if (server->log_fd >= 0)
        (void)close(server->log_fd);
    pl__sim_call_log_free(server->desk.calls);
    pl__sim_gallery_free(server->desk.gallery);
    pl__sim_served_free(server->served);
    pl__sim_batches_free(server->batches);
    pl__free(server);
}
