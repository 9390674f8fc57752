#include "batch_results.h"

#include "error.h"
#include "hash.h"
#include "num.h"

#include <string.h>

bool pl__sim_batch_number(const char *text, uint64_t *ret)
{
    size_t n = strspn(text, "0123456789");
    return n > 0 && pl__num_parse_u64(pl__view_n(text, n), ret) == PL_OK;
}

double pl__sim_batch_draw(uint64_t seed, const char *what, pl_view id, uint64_t number)
{
    uint64_t h = pl__hash64(what, strlen(what), seed);
    h = pl__hash64(id.ptr, id.len, h);
    h = pl__hash64(&number, sizeof(number), h);
    return (double)(h >> 11) * 0x1p-53;
}

pl_status pl__sim_batch_faults_add(pl_sim_batch_faults *faults, const char *spec, pl_error *reterr)
{
    pl_view text = pl__view(spec);
    size_t at = pl__view_find(text, pl__view("="));
    pl_view name = pl__view_n(text.ptr, at == SIZE_MAX ? text.len : at);
    pl_view value = pl__view_n(text.ptr + name.len, 0);
    double p = 0.0;
    uint64_t ms = 0;
    if (at != SIZE_MAX)
        value = pl__view_n(text.ptr + at + 1, text.len - at - 1);
    if (pl__view_eq_str(name, "delay") && pl__num_parse_duration_ms(value, &ms) == PL_OK && ms <= UINT32_MAX) {
        faults->delay_ms = (uint32_t)ms;
        return PL_OK;
    }
    bool good = pl__num_parse(value, &p) == PL_OK && p >= 0.0 && p <= 1.0;
    double *const target = pl__view_eq_str(name, "expired")   ? &faults->expired
                           : pl__view_eq_str(name, "errored") ? &faults->errored
                           : pl__view_eq_str(name, "lost")    ? &faults->lost
                                                              : NULL;
    if (!good || !target)
        return pl__fail(reterr, PL_E_PARSE, "batches have delay=TIME, expired=P, errored=P and lost=P, P from 0 to 1");
    *target = p;
    return PL_OK;
}

pl_status pl__sim_batch_lines(const json_t *list, pl_str *out)
{
    pl_status rc = PL_OK;
    for (size_t i = 0; i < json_array_size(list) && !rc; i++) {
        const json_t *request = json_array_get(list, i);
        const json_t *params = json_object_get(request, "params");
        rc = pl__str_append_c(out, "{\"custom_id\":");
        rc = rc ? rc : pl__sim_write_string(pl__sim_string(json_object_get(request, "custom_id")), out);
        rc = rc ? rc : pl__str_append_c(out, ",\"body\":");
        rc = rc ? rc : params ? pl__json_write(params, out) : pl__str_append_c(out, "{}");
        rc = rc ? rc : pl__str_append_c(out, "}\n");
    }
    return rc;
}

/* Where the request's own bytes begin and end in its line: behind "body":, up to the last brace. */
static pl_view body_of(pl_view line)
{
    static const char mark[] = "\"body\":";
    size_t at = pl__view_find(line, pl__view(mark));
    if (at == SIZE_MAX || line.len < at + sizeof(mark))
        return pl__view("{}");
    return pl__view_n(line.ptr + at + sizeof(mark) - 1, line.len - at - sizeof(mark));
}

static pl_status put_openai(pl_sim_batch_work *w, pl_view id, int status, pl_view body)
{
    bool good = status == 200;
    pl_str *out = good ? &w->output : &w->errors;
    pl_status rc = pl__str_append_c(out, "{\"id\":\"batch_req_sim\",\"custom_id\":");
    rc = rc ? rc : pl__sim_write_string(id, out);
    if (status == 0)
        return rc ? rc
                  : pl__str_append_c(out, ",\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":"
                                          "\"This request could not be executed in time.\"}}\n");
    rc = rc ? rc : pl__str_appendf(out, ",\"response\":{\"status_code\":%d,\"request_id\":\"sim\",\"body\":", status);
    rc = rc ? rc : pl__str_append_view(out, body);
    return rc ? rc : pl__str_append_c(out, "},\"error\":null}\n");
}

static pl_status put_anthropic(pl_sim_batch_work *w, pl_view id, int status, pl_view body)
{
    pl_status rc = pl__str_append_c(&w->output, "{\"custom_id\":");
    rc = rc ? rc : pl__sim_write_string(id, &w->output);
    if (status == 0)
        return rc ? rc : pl__str_append_c(&w->output, ",\"result\":{\"type\":\"expired\"}}\n");
    rc = rc ? rc
            : pl__str_append_c(&w->output, status == 200 ? ",\"result\":{\"type\":\"succeeded\",\"message\":"
                                                         : ",\"result\":{\"type\":\"errored\",\"error\":");
    rc = rc ? rc : pl__str_append_view(&w->output, body);
    return rc ? rc : pl__str_append_c(&w->output, "}}\n");
}

/* status 0: expired. */
static pl_status put(pl_sim_batch_work *w, pl_view id, int status, pl_view body)
{
    w->counts.succeeded += status == 200;
    w->counts.expired += status == 0;
    w->counts.errored += status != 200 && status != 0;
    return w->dialect->id == PL_SIM_OPENAI ? put_openai(w, id, status, body) : put_anthropic(w, id, status, body);
}

static pl_status answer_line(pl_sim_batch_work *w, pl_view id, pl_view line)
{
    const pl_sim_batch_faults *f = &w->opts->faults;
    pl_httpd_request request = *w->request;
    pl_httpd_response response = {.status = 200};
    pl_sim_complaint why = {.status = 500};
    pl_status rc = PL_OK;
    if (pl__sim_batch_draw(w->opts->seed, "expired", id, w->number) < f->expired)
        return put(w, id, 0, pl__view(""));
    pl__str_init(&response.body, PL_STR_LIMIT_DEFAULT);
    if (pl__sim_batch_draw(w->opts->seed, "errored", id, w->number) < f->errored) {
        (void)pl__fail(&why.error, PL_E_INVALID, "the simulated batch lets a request fail");
        pl__sim_answer_error(w->dialect, &why, &response);
    } else {
        request.method = "POST";
        request.path = w->dialect->id == PL_SIM_OPENAI ? "/v1/chat/completions" : "/v1/messages";
        request.body = body_of(line);
        w->opts->answer(w->dialect, &request, &response, w->opts->user);
    }
    rc = put(w, id, response.status, pl__view_trim(pl__view_n(pl__str_c(&response.body), response.body.len)));
    pl__str_clear(&response.body);
    return rc;
}

pl_status pl__sim_batch_answer(pl_sim_batch_work *work, pl_view lines)
{
    pl_status rc = PL_OK;
    while (lines.len > 0 && !rc) {
        size_t end = pl__view_find(lines, pl__view("\n"));
        pl_view line = pl__view_n(lines.ptr, end < lines.len ? end : lines.len);
        size_t used = line.len < lines.len ? line.len + 1 : line.len;
        json_t *doc = NULL;
        rc = pl__json_parse(line, &doc, NULL);
        rc = rc == PL_E_PARSE ? PL_OK : rc; /* a line that is none is passed over */
        pl_view id = pl__sim_string(json_object_get(doc, "custom_id"));
        if (!rc && doc)
            rc = answer_line(work, id, line);
        json_decref(doc);
        lines = pl__view_n(lines.ptr + used, lines.len - used);
    }
    return rc;
}
