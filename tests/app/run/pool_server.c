#include "pool_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reply_json(pl_httpd_response *ret, int status, const char *body)
{
    ret->status = status;
    assert_int_equal(pl__str_append_c(&ret->body, body), PL_OK);
}

static void reply_text(pl_httpd_response *ret, const char *text, const char *finish)
{
    char body[1024];

    (void)snprintf(body, sizeof(body),
                   "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"%s\"}],"
                   "\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":3}}",
                   text, finish);
    reply_json(ret, 200, body);
}

/* Judges say [[A]]; everybody else answers with words that differ from model to model and request to request. */
static void reply_well(const pl_httpd_request *request, const char *model, pl_httpd_response *ret)
{
    char text[64];

    if (pl__view_find(request->body, pl__view("[[A]]")) != SIZE_MAX) {
        reply_text(ret, "The first is right.\\n[[A]]", "stop");
        return;
    }
    (void)snprintf(text, sizeof(text), "%s says %zu", model, request->body.len);
    reply_text(ret, text, "stop");
}

static bool is_fault(const char *model, const char *fault)
{
    size_t n = strlen(fault);

    return strncmp(model, fault, n) == 0 && model[n] == '-';
}

static bool body_has(const pl_httpd_request *request, const char *words)
{
    return pl__view_find(request->body, pl__view(words)) != SIZE_MAX;
}

static void refuse_param(pl_httpd_response *ret, const char *name)
{
    char body[256];

    (void)snprintf(body, sizeof(body),
                   "{\"error\":{\"message\":\"Unsupported parameter: '%s' is not supported with this model.\","
                   "\"type\":\"invalid_request_error\",\"param\":\"%s\",\"code\":\"unsupported_parameter\"}}",
                   name, name);
    reply_json(ret, 400, body);
}

static void reply_ill(const char *model, const pl_httpd_request *request, pl_httpd_response *ret)
{
    if (is_fault(model, "html")) {
        ret->content_type = "text/html";
        reply_json(ret, 200, "<html><body>Welcome to the gateway</body></html>");
    } else if (is_fault(model, "401")) {
        reply_json(ret, 401, "{\"error\":{\"message\":\"invalid api key\",\"type\":\"invalid_request_error\"}}");
    } else if (is_fault(model, "404")) {
        reply_json(ret, 404, "{\"error\":{\"message\":\"no such model\",\"code\":\"model_not_found\"}}");
    } else if (is_fault(model, "429")) {
        reply_json(ret, 429, "{\"error\":{\"message\":\"slow down\",\"code\":\"rate_limit_exceeded\"}}");
    } else if (is_fault(model, "500")) {
        reply_json(ret, 500, "{\"error\":{\"message\":\"oops\",\"type\":\"server_error\"}}");
    } else if (is_fault(model, "badjson")) {
        reply_json(ret, 200, "{\"choices\":[{\"message\":{\"content\":");
    } else if (is_fault(model, "empty")) {
        reply_text(ret, "  ", "stop");
    } else if (is_fault(model, "refusal")) {
        reply_json(ret, 200,
                   "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I cannot help with that\"},"
                   "\"finish_reason\":\"stop\"}]}");
    } else if (is_fault(model, "length")) {
        reply_text(ret, "I was just about to", "length");
    } else if (is_fault(model, "reasoning")) { /* takes one limit by one name, and its own temperature */
        if (!body_has(request, "\"max_completion_tokens\""))
            refuse_param(ret, "max_tokens");
        else if (body_has(request, "\"temperature\""))
            refuse_param(ret, "temperature");
        else
            reply_well(request, model, ret);
    } else if (is_fault(model, "stubborn")) {
        refuse_param(ret, "temperature");
    } else {
        reply_well(request, model, ret);
        ret->cut = is_fault(model, "cut");
    }
}

static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    pool_server *server = user;
    char model[64] = "";
    size_t at = pl__view_find(request->body, pl__view("\"model\":\""));

    atomic_fetch_add(&server->requests, 1);
    ret->delay_ms = atomic_load(&server->delay_ms);
    if (at != SIZE_MAX) {
        const char *name = request->body.ptr + at + 9;

        for (size_t i = 0; i + 1 < sizeof(model) && name[i] != '"'; i++)
            model[i] = name[i];
    }
    if (atomic_load(&server->healed))
        reply_well(request, model, ret);
    else
        reply_ill(model, request, ret);
}

void pool_server_start(pool_server *server)
{
    pl_httpd_opts opts = {.handle = handle, .user = server, .threads = 1};
    pl_error err = {0};

    *server = (pool_server){0};
    PL_KIT_OK(pl__httpd_start(&opts, &server->httpd, &err), &err);
}

void pool_server_stop(pool_server *server)
{
    pl__httpd_stop(server->httpd);
}

char *pool_write_items(const char *dir, unsigned n)
{
    char *text = calloc(n + 1, 96);
    char *path = NULL;

    assert_non_null(text);
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(text + strlen(text), 96, "{\"id\":\"t%u\",\"question\":\"What is %u and %u?\"}\n", i, i, i + 1);
    path = pl__kit_write_text(dir, "items.jsonl", text);
    free(text);
    return path;
}

void pool_open(pool_run *run, const char *dir, uint16_t port, const char *data, const char *const *names,
               const char *more)
{
    pool_open_with(run, dir, port, data, names, NULL, more);
}

void pool_open_with(pool_run *run, const char *dir, uint16_t port, const char *data, const char *const *names,
                    const char *model_keys, const char *more)
{
    char yaml[8192];
    char *path = NULL;
    pl_str problems;
    int n = snprintf(yaml, sizeof(yaml), "version: 1\ndata: {%s}\nmodels:\n", data);

    *run = (pool_run){0};
    for (size_t i = 0; names[i]; i++)
        n += snprintf(
            yaml + n, sizeof(yaml) - (size_t)n,
            "  - {name: \"%s\", provider: openai, model: \"%s\", base_url: \"http://127.0.0.1:%u/v1\", endpoint: test, "
            "limits: {concurrency: 4, attempts: 2}%s%s}\n",
            names[i], names[i], is_fault(names[i], "down") ? 9u : (unsigned)port, model_keys ? ", " : "",
            model_keys ? model_keys : "");
    (void)snprintf(yaml + n, sizeof(yaml) - (size_t)n, "%s\n", more ? more : "");
    path = pl__kit_write_text(dir, "peerless.yaml", yaml);
    pl__str_init(&problems, 65536);
    if (pl__config_load(path, &run->config, &problems, &run->err) != PL_OK)
        fail_msg("%s\n%s", run->err.msg, pl__str_c(&problems));
    pl__str_clear(&problems);
    free(path);
    PL_KIT_OK(pl__setup_new(run->config, &run->setup, &run->err), &run->err);
    path = pl__kit_path(dir, "run.db");
    PL_KIT_OK(pl__store_open_sqlite(path, PL_STORE_CREATE, &run->store, &run->err), &run->err);
    free(path);
}

pl_status pool_execute(pool_run *run, const pl_run_opts *opts)
{
    pl_run_opts all = opts ? *opts : (pl_run_opts){0};

    run->err = (pl_error){0};
    pl__run_summary_clear(&run->summary);
    all.setup = run->setup;
    if (!all.store)
        all.store = run->store;
    return pl__run_execute(&all, &run->summary, &run->err);
}

void pool_close(pool_run *run)
{
    pl__run_summary_clear(&run->summary);
    pl__store_close(run->store);
    pl__setup_free(run->setup);
    pl__config_free(run->config);
}

const pl_run_model *pool_model(const pool_run *run, const char *name)
{
    for (uint32_t i = 0; i < run->config->n_models; i++) {
        if (strcmp(run->config->models[i].name, name) == 0)
            return &run->summary.models[i];
    }
    fail_msg("no model %s", name);
    return NULL;
}
