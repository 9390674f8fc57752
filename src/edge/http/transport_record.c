#include "transport_record.h"

#include "alloc.h"
#include "error.h"
#include "exchange.h"
#include "file.h"
#include "line_file.h"
#include "vec.h"

#define PATH_BYTES_MAX ((size_t)4096)

/* A request under way: the transport below knows it by its index. */
typedef struct pending {
    uint64_t tag;
    size_t next_free;
    pl_str line; /* its beginning; empty once nothing is recorded any more */
} pending;

#define NO_PENDING SIZE_MAX

typedef struct recorder {
    pl_transport base;
    pl_transport *inner;
    pl_line_file *file;
    pl_secrets secrets;
    pending *pending;
    size_t n_pending;
    size_t cap_pending;
    size_t free_pending;
    uint64_t n_submitted; /* the order of the next request */
    pl_error problem;     /* code PL_OK: none */
} recorder;

static bool is_recording(const recorder *r)
{
    return r->problem.code == PL_OK;
}

static pl_status take_pending(recorder *r, size_t *ret)
{
    if (r->free_pending == NO_PENDING) {
        if (pl__vec_reserve(&r->pending, &r->cap_pending, r->n_pending + 1, sizeof(*r->pending)) != PL_OK)
            return PL_E_NOMEM;
        r->pending[r->n_pending] = (pending){.next_free = NO_PENDING};
        pl__str_init(&r->pending[r->n_pending].line, PL_LINE_BYTES_MAX);
        r->free_pending = r->n_pending++;
    }
    *ret = r->free_pending;
    r->free_pending = r->pending[*ret].next_free;
    return PL_OK;
}

static void give_pending(recorder *r, size_t i)
{
    pl__str_clear(&r->pending[i].line);
    r->pending[i].next_free = r->free_pending;
    r->free_pending = i;
}

static pl_status begin_line(recorder *r, const pl_http_req *req, pl_str *line)
{
    pl_exchange_keys keys;
    pl_status rc = pl__exchange_keys(req, &keys);
    return rc ? rc : pl__exchange_write_request(req, &keys, r->n_submitted, &r->secrets, line);
}

static pl_status record_submit(pl_transport *transport, pl_http_req *req, uint64_t tag, pl_error *reterr)
{
    recorder *r = (recorder *)transport;
    size_t i = NO_PENDING;
    pl_status rc = take_pending(r, &i);
    if (rc == PL_OK && is_recording(r))
        rc = begin_line(r, req, &r->pending[i].line);
    if (rc) {
        rc = pl__fail(reterr, rc, "recording of a request");
        goto out;
    }
    rc = r->inner->ops->submit(r->inner, req, i, reterr);
    if (rc)
        goto out;
    r->pending[i].tag = tag;
    r->n_submitted++;
    i = NO_PENDING;
out:
    if (i != NO_PENDING)
        give_pending(r, i);
    pl__http_req_clear(req);
    return rc;
}

static void write_line(recorder *r, pl_str *line, const pl_http_completion *done)
{
    pl_status rc = pl__exchange_write_end(done, &r->secrets, line);
    if (rc)
        (void)pl__fail(&r->problem, rc, "a reply could not be recorded: %s", pl_status_text(rc));
    else if (pl__line_file_append(r->file, pl__view_n(line->ptr, line->len), &r->problem) != PL_OK)
        pl__error_prefix(&r->problem, "recording");
}

static pl_status record_poll(pl_transport *transport, uint64_t deadline_mono_ns, pl_http_completion *ret, size_t cap,
                             size_t *ret_n, pl_error *reterr)
{
    recorder *r = (recorder *)transport;
    size_t n = 0;
    pl_status rc = r->inner->ops->poll(r->inner, deadline_mono_ns, ret, cap, &n, reterr);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)ret[i].tag;
        pending *p = &r->pending[at];
        ret[i].tag = p->tag;
        if (is_recording(r) && p->line.len > 0 && ret[i].failure != PL_HTTP_CANCELLED)
            write_line(r, &p->line, &ret[i]);
        give_pending(r, at);
    }
    *ret_n = n;
    return PL_OK;
}

static void record_wake(pl_transport *transport)
{
    pl_transport *inner = ((recorder *)transport)->inner;
    inner->ops->wake(inner);
}

static void record_cancel_all(pl_transport *transport)
{
    pl_transport *inner = ((recorder *)transport)->inner;
    inner->ops->cancel_all(inner);
}

static void record_free(pl_transport *transport)
{
    recorder *r = (recorder *)transport;
    if (!r)
        return;
    if (r->inner)
        r->inner->ops->free(r->inner);
    for (size_t i = 0; i < r->n_pending; i++)
        pl__str_clear(&r->pending[i].line);
    pl__free(r->pending);
    pl__line_file_close(r->file);
    pl__secrets_clear(&r->secrets);
    pl__free(r);
}

/* ---- opening ---- */

static pl_status check_existing(const char *path, pl_error *reterr)
{
    pl_line_file *file = NULL;
    uint64_t offset = 0;
    bool more = false;
    pl_str line;
    pl__str_init(&line, PL_LINE_BYTES_MAX);
    pl_status rc = pl__line_file_read_open(path, &file, reterr);
    if (rc == PL_OK)
        rc = pl__line_file_next(file, &line, &offset, &more, reterr);
    if (rc == PL_OK) {
        rc = pl__exchange_check_header(pl__view_n(pl__str_c(&line), line.len), reterr);
        if (rc)
            pl__error_prefix(reterr, "%s", path);
    }
    pl__line_file_close(file);
    pl__str_clear(&line);
    return rc;
}

static pl_status open_recording(recorder *r, const char *dir, pl_error *reterr)
{
    pl_file_info info = {0};
    pl_str path;
    pl_str header;
    uint64_t size_bytes = 0;
    pl__str_init(&path, PATH_BYTES_MAX);
    pl__str_init(&header, PATH_BYTES_MAX);
    pl_status rc = pl__str_appendf(&path, "%s/%s", dir, PL_RECORDING_FILE);
    if (rc) {
        rc = pl__fail(reterr, rc, "recording");
        goto out;
    }
    rc = pl__dir_make(dir, reterr);
    if (rc == PL_OK && pl__file_stat(pl__str_c(&path), &info, NULL) == PL_OK && info.size_bytes > 0)
        rc = check_existing(pl__str_c(&path), reterr);
    if (rc == PL_OK)
        rc = pl__line_file_append_open(pl__str_c(&path), &r->file, &size_bytes, reterr);
    r->n_submitted = size_bytes; /* more than were numbered before: a line has many bytes */
    if (rc || size_bytes > 0)
        goto out;
    rc = pl__exchange_write_header(&header);
    rc = rc ? pl__fail(reterr, rc, "recording")
            : pl__line_file_append(r->file, pl__view_n(header.ptr, header.len), reterr);
out:
    pl__str_clear(&header);
    pl__str_clear(&path);
    return rc;
}

pl_status pl__transport_record_new(pl_transport *inner, const char *dir, pl_transport **ret, pl_error *reterr)
{
    static const pl_transport_ops ops = {.submit = record_submit,
                                         .poll = record_poll,
                                         .wake = record_wake,
                                         .cancel_all = record_cancel_all,
                                         .free = record_free};
    recorder *r = pl__calloc(1, sizeof(*r));
    if (!r)
        return pl__fail(reterr, PL_E_NOMEM, "recording");
    r->base.ops = &ops;
    r->free_pending = NO_PENDING;
    pl_status rc = open_recording(r, dir, reterr);
    if (rc) {
        record_free(&r->base);
        return rc;
    }
    r->inner = inner;
    *ret = &r->base;
    return PL_OK;
}

pl_status pl__transport_record_hide(pl_transport *t, const pl_secrets *secrets, pl_error *reterr)
{
    recorder *r = (recorder *)t;
    pl_secrets copy = {0};
    pl_status rc = pl__secrets_copy(&copy, secrets, reterr);
    if (rc)
        return rc;
    pl__secrets_clear(&r->secrets);
    r->secrets = copy;
    return PL_OK;
}

pl_status pl__transport_record_problem(const pl_transport *t, pl_error *reterr)
{
    const recorder *r = (const recorder *)t;
    if (is_recording(r))
        return PL_OK;
    if (reterr)
        *reterr = r->problem;
    return r->problem.code;
}
