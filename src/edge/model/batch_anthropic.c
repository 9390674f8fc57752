/* Anthropic's message batches: created by one request that holds all, which carries no tag of ours; what each request
 * is called stands in the results alone. */
#include "batch_codec.h"

#include "rate_headers.h"
#include "redact.h"
#include "reply_reader.h"

#include <stdio.h>

static pl_status begin(const char *tag, pl_str *out)
{
    (void)tag;
    return pl__str_append_c(out, "{\"requests\":[");
}

static pl_status add(bool first, const char *custom_id, const pl_http_req *req, pl_str *out)
{
    pl_status rc = pl__str_appendf(out, "%s{\"custom_id\":\"%s\",\"params\":", first ? "" : ",", custom_id);
    rc = rc ? rc : pl__batch_put_parts(out, req);
    return rc ? rc : pl__str_append_c(out, "}");
}

static pl_status end(const char *tag, pl_str *out)
{
    (void)tag;
    return pl__str_append_c(out, "]}");
}

static void content_type(const char *tag, char ret[PL_BATCH_TYPE_BYTES])
{
    (void)tag;
    (void)snprintf(ret, PL_BATCH_TYPE_BYTES, "application/json");
}

static pl_status put_status_path(const char *id, pl_str *out)
{
    return pl__batch_put_path(out, "/v1/messages/batches/", id, "");
}

static pl_status put_list_path(const char *after, pl_str *out)
{
    return pl__batch_put_path(
        out, after[0] ? "/v1/messages/batches?limit=100&after_id=" : "/v1/messages/batches?limit=100", after, "");
}

/* Not where results_url leads: the key goes to the endpoint's own address alone. */
static pl_status put_output_path(const char *id, const char *output, pl_str *out)
{
    (void)output;
    return pl__batch_put_path(out, "/v1/messages/batches/", id, "/results");
}

static bool read_status(const json_t *doc, pl_batch_status *ret)
{
    const json_t *counts = json_object_get(doc, "request_counts");
    pl_view word = pl__json_view(json_object_get(doc, "processing_status"));
    *ret = (pl_batch_status){.n_done = pl__json_count(counts, "succeeded") + pl__json_count(counts, "errored") +
                                       pl__json_count(counts, "canceled") + pl__json_count(counts, "expired")};
    ret->n_requests = ret->n_done + pl__json_count(counts, "processing");
    if (!pl__batch_text(doc, "id", ret->id, sizeof(ret->id)) || word.len == 0)
        return false;
    if (pl__rfc3339_parse(pl__json_view(json_object_get(doc, "created_at")), &ret->created_unix_ms))
        ret->created_unix_ms = 0;
    ret->phase = pl__view_eq_str(word, "ended") ? PL_BATCH_ENDED : PL_BATCH_GOES_ON;
    if (ret->phase == PL_BATCH_ENDED && json_is_string(json_object_get(doc, "results_url")))
        ret->n_outputs = 1; /* archived batches have none */
    return true;
}

static int status_of(const json_t *error)
{
    static const struct {
        const char *type;
        int status;
    } rows[] = {
        {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},
        {"permission_error", 403},      {"not_found_error", 404},      {"request_too_large", 413},
        {"rate_limit_error", 429},      {"timeout_error", 504},        {"overloaded_error", 529},
    };
    pl_view type = pl__json_view(json_object_get(error, "type"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (pl__view_eq_str(type, rows[i].type))
            return rows[i].status;
    return 500;
}

static bool read_line(const json_t *doc, pl_batch_line *ret)
{
    const json_t *result = json_object_get(doc, "result");
    pl_view type = pl__json_view(json_object_get(result, "type"));
    ret->custom_id = pl__json_view(json_object_get(doc, "custom_id"));
    if (ret->custom_id.len == 0 || type.len == 0)
        return false;
    if (pl__view_eq_str(type, "succeeded")) {
        ret->reply = json_object_get(result, "message");
        ret->status = 200;
        return json_is_object(ret->reply);
    }
    if (pl__view_eq_str(type, "errored")) {
        ret->reply = json_object_get(result, "error");
        ret->status = status_of(json_object_get(ret->reply, "error"));
        return json_is_object(ret->reply);
    }
    ret->outcome = PL_OUTCOME_BATCH_FAILED;
    if (pl__view_eq_str(type, "expired"))
        ret->outcome = PL_OUTCOME_BATCH_EXPIRED;
    else if (pl__view_eq_str(type, "canceled"))
        ret->outcome = PL_OUTCOME_BATCH_CANCELLED;
    return true;
}

const pl_batch_codec pl__batch_anthropic = {.provider = "anthropic",
                                            .header = "anthropic-version",
                                            .version = "2023-06-01",
                                            .begin = begin,
                                            .add = add,
                                            .end = end,
                                            .content_type = content_type,
                                            .create_path = "/v1/messages/batches",
                                            .put_status_path = put_status_path,
                                            .put_list_path = put_list_path,
                                            .put_output_path = put_output_path,
                                            .read_status = read_status,
                                            .read_line = read_line};
