#include "batch_api.h"

#include "alloc.h"
#include "batch_results.h"
#include "error.h"
#include "iso_time.h"
#include "vec.h"

#include <pthread.h>
#include <string.h>

#define ID_BYTES 32
#define PAGE_MAX 100u
#define S_PER_DAY 86400
#define MS_PER_S 1000

typedef struct file {
    pl_str bytes;
} file;

typedef struct batch {
    const pl_sim_dialect *dialect;
    json_t *metadata; /* or NULL */
    size_t input;     /* of files: lines of {"custom_id":…,"body":…} */
    int64_t created_ms;
    bool done;
    size_t n_requests;
    size_t output; /* of files, plus 1; 0: none */
    size_t errors;
    pl_sim_batch_counts counts;
} batch;

struct pl_sim_batches {
    pthread_mutex_t lock; /* guards all below */
    pl_sim_batches_opts opts;
    PL_VEC(file) files;
    PL_VEC(batch) batches;
};

pl_sim_batches *pl__sim_batches_new(const pl_sim_batches_opts *opts)
{
    pl_sim_batches *b = pl__calloc(1, sizeof(*b));
    if (!b || pthread_mutex_init(&b->lock, NULL) != 0) {
        pl__free(b);
        return NULL;
    }
    b->opts = *opts;
    return b;
}

void pl__sim_batches_free(pl_sim_batches *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->files.len; i++)
        pl__str_clear(&b->files.ptr[i].bytes);
    for (size_t i = 0; i < b->batches.len; i++)
        json_decref(b->batches.ptr[i].metadata);
    pl__free(b->files.ptr);
    pl__free(b->batches.ptr);
    (void)pthread_mutex_destroy(&b->lock);
    pl__free(b);
}

/* ---- answers ---- */

static void refuse(const pl_sim_dialect *dialect, int status, const char *words, pl_httpd_response *ret)
{
    pl_sim_complaint why = {.status = status};
    (void)pl__fail(&why.error, PL_E_INVALID, "%s", words);
    pl__sim_answer_error(dialect, &why, ret);
}

static void finish(const pl_sim_dialect *dialect, pl_status rc, pl_httpd_response *ret)
{
    if (rc)
        refuse(dialect, 500, "no memory", ret);
}

/* Takes over *bytes. */
static pl_status add_file(pl_sim_batches *b, pl_str *bytes, size_t *ret_index)
{
    pl_status rc = pl__vec_reserve(&b->files.ptr, &b->files.cap, b->files.len + 1, sizeof(*b->files.ptr));
    if (rc)
        return rc;
    *ret_index = b->files.len;
    b->files.ptr[b->files.len++].bytes = *bytes;
    *bytes = (pl_str){0};
    return PL_OK;
}

static pl_status put_file_id(pl_str *out, const char *key, size_t index_1)
{
    return index_1 == 0 ? pl__str_appendf(out, ",\"%s\":null", key)
                        : pl__str_appendf(out, ",\"%s\":\"file-sim-%zu\"", key, index_1 - 1);
}

static pl_status write_openai(const batch *x, size_t i, pl_str *out)
{
    const char *status = !x->done ? "in_progress" : x->counts.expired > 0 ? "expired" : "completed";
    pl_status rc = pl__str_appendf(
        out,
        "{\"id\":\"batch_sim_%zu\",\"object\":\"batch\",\"endpoint\":\"/v1/chat/completions\",\"errors\":null,"
        "\"completion_window\":\"24h\",\"status\":\"%s\",\"created_at\":%lld,\"expires_at\":%lld,"
        "\"request_counts\":{\"total\":%zu,\"completed\":%zu,\"failed\":%zu}",
        i, status, (long long)(x->created_ms / MS_PER_S), (long long)(x->created_ms / MS_PER_S) + S_PER_DAY,
        x->n_requests, x->counts.succeeded, x->counts.errored);
    rc = rc ? rc : put_file_id(out, "input_file_id", x->input + 1);
    rc = rc ? rc : put_file_id(out, "output_file_id", x->output);
    rc = rc ? rc : put_file_id(out, "error_file_id", x->errors);
    rc = rc ? rc : pl__str_append_c(out, ",\"metadata\":");
    rc = rc ? rc : x->metadata ? pl__json_write(x->metadata, out) : pl__str_append_c(out, "null");
    return rc ? rc : pl__str_append_c(out, "}");
}

static pl_status write_anthropic(const batch *x, size_t i, pl_str *out)
{
    char created[PL_TIME_BYTES];
    char expires[PL_TIME_BYTES];
    pl__rfc3339_write(x->created_ms, created);
    pl__rfc3339_write(x->created_ms + (int64_t)S_PER_DAY * MS_PER_S, expires);
    pl_status rc = pl__str_appendf(
        out,
        "{\"id\":\"msgbatch_sim_%zu\",\"type\":\"message_batch\",\"processing_status\":\"%s\","
        "\"request_counts\":{\"processing\":%zu,\"succeeded\":%zu,\"errored\":%zu,\"canceled\":0,\"expired\":%zu},"
        "\"ended_at\":null,\"created_at\":\"%s\",\"expires_at\":\"%s\",\"cancel_initiated_at\":null,\"results_url\":",
        i, x->done ? "ended" : "in_progress", x->done ? (size_t)0 : x->n_requests, x->counts.succeeded,
        x->counts.errored, x->counts.expired, created, expires);
    if (!x->done)
        return rc ? rc : pl__str_append_c(out, "null}");
    return rc ? rc : pl__str_appendf(out, "\"http://127.0.0.1/v1/messages/batches/msgbatch_sim_%zu/results\"}", i);
}

static pl_status write_batch(const batch *x, size_t i, pl_str *out)
{
    return x->dialect->id == PL_SIM_OPENAI ? write_openai(x, i, out) : write_anthropic(x, i, out);
}

/* ---- what is sent ---- */

/* The file's part of a form: behind the blank line after its headers, up to the last boundary. */
static pl_view form_file(pl_view body)
{
    size_t at = pl__view_find(body, pl__view("name=\"file\""));
    pl_view rest = pl__view_n(body.ptr + (at == SIZE_MAX ? body.len : at), at == SIZE_MAX ? 0 : body.len - at);
    size_t begin = pl__view_find(rest, pl__view("\r\n\r\n"));
    if (begin == SIZE_MAX)
        return pl__view_n(NULL, 0);
    rest = pl__view_n(rest.ptr + begin + 4, rest.len - begin - 4);
    size_t end = pl__view_find(rest, pl__view("\r\n--"));
    return pl__view_n(rest.ptr, end == SIZE_MAX ? 0 : end);
}

static void upload(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret)
{
    pl_view content = form_file(request->body);
    size_t index = 0;
    pl_str bytes;
    if (content.len == 0) {
        refuse(&pl__sim_dialect_openai, 400, "a form with a file is wanted", ret);
        return;
    }
    pl__str_init(&bytes, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__str_append_view(&bytes, content);
    rc = rc ? rc : add_file(b, &bytes, &index);
    rc = rc ? rc
            : pl__str_appendf(&ret->body,
                              "{\"id\":\"file-sim-%zu\",\"object\":\"file\",\"bytes\":%zu,\"purpose\":\"batch\"}",
                              index, content.len);
    pl__str_clear(&bytes);
    finish(&pl__sim_dialect_openai, rc, ret);
}

static size_t count_lines(pl_view text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

static bool file_index(const pl_sim_batches *b, const char *id, size_t *ret)
{
    static const char prefix[] = "file-sim-";
    uint64_t n = 0;
    if (!id || strncmp(id, prefix, sizeof(prefix) - 1) != 0 || !pl__sim_batch_number(id + sizeof(prefix) - 1, &n) ||
        n >= b->files.len)
        return false;
    *ret = (size_t)n;
    return true;
}

/* A batch of the file's lines. */
static pl_status begin(pl_sim_batches *b, const pl_sim_dialect *dialect, size_t input, json_t *metadata,
                       pl_httpd_response *ret)
{
    pl_status rc = b->batches.len < PL_SIM_BATCHES_MAX ? PL_OK : PL_E_LIMIT;
    rc = rc ? rc : pl__vec_reserve(&b->batches.ptr, &b->batches.cap, b->batches.len + 1, sizeof(*b->batches.ptr));
    if (rc)
        return rc;
    const pl_str *bytes = &b->files.ptr[input].bytes;
    size_t i = b->batches.len++;
    b->batches.ptr[i] = (batch){.dialect = dialect,
                                .metadata = json_incref(metadata),
                                .input = input,
                                .created_ms = b->opts.clock->now_unix_ms(b->opts.clock->user),
                                .n_requests = count_lines(pl__view_n(bytes->ptr, bytes->len))};
    if (pl__sim_batch_draw(b->opts.seed, "lost", pl__view("batch"), i) < b->opts.faults.lost)
        ret->spoil.silent = true; /* it is there, and its maker does not hear of it */
    return write_batch(&b->batches.ptr[i], i, &ret->body);
}

static void create_openai(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret)
{
    json_t *doc = NULL;
    size_t input = 0;
    pl_status rc = pl__json_parse(request->body, &doc, NULL);
    if (rc || !file_index(b, json_string_value(json_object_get(doc, "input_file_id")), &input))
        refuse(&pl__sim_dialect_openai, 400, "input_file_id names no file", ret);
    else
        finish(&pl__sim_dialect_openai, begin(b, &pl__sim_dialect_openai, input, json_object_get(doc, "metadata"), ret),
               ret);
    json_decref(doc);
}

static void create_anthropic(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret)
{
    const pl_sim_dialect *dialect = &pl__sim_dialect_anthropic;
    json_t *doc = NULL;
    pl_str lines;
    size_t input = 0;
    pl__str_init(&lines, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__json_parse(request->body, &doc, NULL);
    const json_t *list = json_object_get(doc, "requests");
    if (rc || json_array_size(list) == 0) {
        refuse(dialect, 400, "requests: a list of requests is wanted", ret);
    } else {
        rc = pl__sim_batch_lines(list, &lines);
        rc = rc ? rc : add_file(b, &lines, &input);
        finish(dialect, rc ? rc : begin(b, dialect, input, NULL, ret), ret);
    }
    pl__str_clear(&lines);
    json_decref(doc);
}

/* ---- what is asked ---- */

/* Answers what is due. */
static pl_status settle(pl_sim_batches *b, const pl_httpd_request *request, batch *x)
{
    pl_sim_batch_work work = {.opts = &b->opts, .dialect = x->dialect, .request = request};
    size_t index = 0;
    if (x->done || b->opts.clock->now_unix_ms(b->opts.clock->user) < x->created_ms + b->opts.faults.delay_ms)
        return PL_OK;
    const pl_str *bytes = &b->files.ptr[x->input].bytes;
    work.number = (uint64_t)(x - b->batches.ptr);
    pl__str_init(&work.output, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&work.errors, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__sim_batch_answer(&work, pl__view_n(bytes->ptr, bytes->len));
    if (!rc && work.output.len > 0) {
        rc = add_file(b, &work.output, &index);
        x->output = index + 1;
    }
    if (!rc && work.errors.len > 0) {
        rc = add_file(b, &work.errors, &index);
        x->errors = index + 1;
    }
    x->counts = work.counts;
    x->done = rc == PL_OK;
    pl__str_clear(&work.output);
    pl__str_clear(&work.errors);
    return rc;
}

/* Newest first, behind the one that is named. */
static void list(pl_sim_batches *b, const pl_sim_dialect *dialect, const char *query, pl_httpd_response *ret)
{
    size_t end = b->batches.len;
    size_t n = 0;
    uint64_t after = 0;
    const char *mark = strstr(query, "sim_");
    if (mark && pl__sim_batch_number(mark + 4, &after) && after < end)
        end = (size_t)after;
    pl_status rc = pl__str_append_c(&ret->body, "{\"data\":[");
    for (; end > 0 && n < PAGE_MAX && !rc; end--) {
        const batch *x = &b->batches.ptr[end - 1];
        if (x->dialect != dialect)
            continue;
        rc = n > 0 ? pl__str_append_c(&ret->body, ",") : PL_OK;
        rc = rc ? rc : write_batch(x, end - 1, &ret->body);
        n++;
    }
    rc = rc ? rc : pl__str_appendf(&ret->body, "],\"has_more\":%s}", end > 0 ? "true" : "false");
    finish(dialect, rc, ret);
}

static void show(pl_sim_batches *b, const pl_sim_dialect *dialect, const pl_httpd_request *request, const char *id,
                 pl_httpd_response *ret)
{
    uint64_t i = 0;
    const char *number = strstr(id, "sim_");
    const char *behind = strchr(id, '/');
    if (!number || !pl__sim_batch_number(number + 4, &i) || i >= b->batches.len ||
        b->batches.ptr[i].dialect != dialect) {
        refuse(dialect, 404, "there is no such batch", ret);
        return;
    }
    batch *x = &b->batches.ptr[i];
    pl_status rc = settle(b, request, x);
    if (!behind) {
        finish(dialect, rc ? rc : write_batch(x, (size_t)i, &ret->body), ret);
        return;
    }
    if (!x->done || x->output == 0) {
        refuse(dialect, 404, "the batch has not ended", ret);
        return;
    }
    const pl_str *bytes = &b->files.ptr[x->output - 1].bytes;
    ret->content_type = "application/x-jsonl";
    finish(dialect, rc ? rc : pl__str_append(&ret->body, bytes->ptr, bytes->len), ret);
}

static void download(const pl_sim_batches *b, const char *id, pl_httpd_response *ret)
{
    size_t i = 0;
    if (!file_index(b, id, &i)) {
        refuse(&pl__sim_dialect_openai, 404, "there is no such file", ret);
        return;
    }
    const pl_str *bytes = &b->files.ptr[i].bytes;
    ret->content_type = "application/octet-stream";
    finish(&pl__sim_dialect_openai, pl__str_append(&ret->body, bytes->ptr, bytes->len), ret);
}

static bool route(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret)
{
    static const char anthropic[] = "/v1/messages/batches";
    static const char openai[] = "/v1/batches";
    static const char files[] = "/v1/files";
    const char *path = request->path;
    bool post = strcmp(request->method, "POST") == 0;

    if (strcmp(path, files) == 0 && post)
        upload(b, request, ret);
    else if (strncmp(path, files, sizeof(files) - 1) == 0 && path[sizeof(files) - 1] == '/' && !post)
        download(b, path + sizeof(files), ret);
    else if (strcmp(path, openai) == 0 && post)
        create_openai(b, request, ret);
    else if (strcmp(path, openai) == 0)
        list(b, &pl__sim_dialect_openai, request->query, ret);
    else if (strncmp(path, openai, sizeof(openai) - 1) == 0 && path[sizeof(openai) - 1] == '/' && !post)
        show(b, &pl__sim_dialect_openai, request, path + sizeof(openai), ret);
    else if (strcmp(path, anthropic) == 0 && post)
        create_anthropic(b, request, ret);
    else if (strcmp(path, anthropic) == 0)
        list(b, &pl__sim_dialect_anthropic, request->query, ret);
    else if (strncmp(path, anthropic, sizeof(anthropic) - 1) == 0 && path[sizeof(anthropic) - 1] == '/' && !post)
        show(b, &pl__sim_dialect_anthropic, request, path + sizeof(anthropic), ret);
    else
        return false;
    return true;
}

bool pl__sim_batches_handle(pl_sim_batches *b, const pl_httpd_request *request, pl_httpd_response *ret)
{
    (void)pthread_mutex_lock(&b->lock);
    bool handled = route(b, request, ret);
    (void)pthread_mutex_unlock(&b->lock);
    return handled;
}

void pl__sim_batches_count(pl_sim_batches *b, uint64_t *ret_batches, uint64_t *ret_requests)
{
    (void)pthread_mutex_lock(&b->lock);
    *ret_batches = b->batches.len;
    *ret_requests = 0;
    for (size_t i = 0; i < b->batches.len; i++)
        *ret_requests += b->batches.ptr[i].n_requests;
    (void)pthread_mutex_unlock(&b->lock);
}
