/* OpenAI's batches: a file of requests is uploaded, a batch is made of it, and results come as one or two files. */
#include "batch_codec.h"

#include "redact.h"
#include "reply_reader.h"

#include <stdio.h>
#include <string.h>

#define TAG_KEY "peerless" /* of the batch's metadata */
#define BOUNDARY "peerless-"
#define MS_PER_S 1000

static pl_status begin(const char *tag, pl_str *out)
{
    return pl__str_appendf(out,
                           "--" BOUNDARY "%s\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                           "--" BOUNDARY "%s\r\ncontent-disposition: form-data; name=\"file\"; "
                           "filename=\"%s.jsonl\"\r\ncontent-type: application/jsonl\r\n\r\n",
                           tag, tag, tag);
}

static pl_status add(bool first, const char *custom_id, const pl_http_req *req, pl_str *out)
{
    (void)first;
    pl_status rc = pl__str_appendf(
        out, "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":", custom_id);
    rc = rc ? rc : pl__batch_put_parts(out, req);
    return rc ? rc : pl__str_append_c(out, "}\n");
}

static pl_status end(const char *tag, pl_str *out)
{
    return pl__str_appendf(out, "\r\n--" BOUNDARY "%s--\r\n", tag);
}

static void content_type(const char *tag, char ret[PL_BATCH_TYPE_BYTES])
{
    (void)snprintf(ret, PL_BATCH_TYPE_BYTES, "multipart/form-data; boundary=" BOUNDARY "%s", tag);
}

static pl_status put_create(const char *file_id, const char *tag, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "{\"input_file_id\":\"");
    rc = rc ? rc : pl__str_append_json_escaped(out, pl__view(file_id));
    return rc ? rc
              : pl__str_appendf(out,
                                "\",\"endpoint\":\"/v1/chat/completions\",\"completion_window\":\"24h\","
                                "\"metadata\":{\"" TAG_KEY "\":\"%s\"}}",
                                tag);
}

static pl_status put_status_path(const char *id, pl_str *out)
{
    return pl__batch_put_path(out, "/batches/", id, "");
}

static pl_status put_list_path(const char *after, pl_str *out)
{
    return pl__batch_put_path(out, after[0] ? "/batches?limit=100&after=" : "/batches?limit=100", after, "");
}

static pl_status put_output_path(const char *id, const char *output, pl_str *out)
{
    (void)id;
    return pl__batch_put_path(out, "/files/", output, "/content");
}

static bool read_phase(const json_t *doc, pl_batch_phase *ret)
{
    static const struct {
        const char *word;
        pl_batch_phase phase;
    } words[] = {{"completed", PL_BATCH_ENDED},
                 {"failed", PL_BATCH_FAILED},
                 {"expired", PL_BATCH_EXPIRED},
                 {"cancelled", PL_BATCH_CANCELLED}};
    pl_view word = pl__json_view(json_object_get(doc, "status"));
    *ret = PL_BATCH_GOES_ON; /* validating, in_progress, finalizing, cancelling, and words to come */
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (pl__view_eq_str(word, words[i].word))
            *ret = words[i].phase;
    return word.len > 0;
}

static bool read_status(const json_t *doc, pl_batch_status *ret)
{
    static const char *const outputs[] = {"output_file_id", "error_file_id"};
    const json_t *counts = json_object_get(doc, "request_counts");
    const json_t *error = json_array_get(json_object_get(json_object_get(doc, "errors"), "data"), 0);
    *ret = (pl_batch_status){.n_requests = pl__json_count(counts, "total"),
                             .n_done = pl__json_count(counts, "completed") + pl__json_count(counts, "failed")};
    if (!pl__batch_text(doc, "id", ret->id, sizeof(ret->id)) || !read_phase(doc, &ret->phase))
        return false;
    (void)pl__batch_text(json_object_get(doc, "metadata"), TAG_KEY, ret->tag, sizeof(ret->tag));
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++)
        if (pl__batch_text(doc, outputs[i], ret->outputs[ret->n_outputs], sizeof(ret->outputs[0])))
            ret->n_outputs++;
    uint64_t created_s = pl__json_count(doc, "created_at");
    if (created_s < (uint64_t)INT64_MAX / MS_PER_S)
        ret->created_unix_ms = (int64_t)created_s * MS_PER_S;
    pl__redact_line(pl__json_view(json_object_get(error, "message")), ret->message, sizeof(ret->message));
    return true;
}

static bool read_line(const json_t *doc, pl_batch_line *ret)
{
    const json_t *response = json_object_get(doc, "response");
    const json_t *error = json_object_get(doc, "error");
    ret->custom_id = pl__json_view(json_object_get(doc, "custom_id"));
    if (ret->custom_id.len == 0)
        return false;
    if (json_is_object(json_object_get(response, "body"))) {
        ret->reply = json_object_get(response, "body");
        ret->status = (int)json_integer_value(json_object_get(response, "status_code"));
        return true;
    }
    pl_view code = pl__json_view(json_object_get(error, "code"));
    ret->outcome = PL_OUTCOME_BATCH_FAILED;
    if (pl__view_eq_str(code, "batch_expired"))
        ret->outcome = PL_OUTCOME_BATCH_EXPIRED;
    else if (pl__view_eq_str(code, "batch_cancelled"))
        ret->outcome = PL_OUTCOME_BATCH_CANCELLED;
    pl__redact_line(pl__json_view(json_object_get(error, "message")), ret->message, sizeof(ret->message));
    return true;
}

const pl_batch_codec pl__batch_openai = {.provider = "openai",
                                         .tagged = true,
                                         .begin = begin,
                                         .add = add,
                                         .end = end,
                                         .content_type = content_type,
                                         .upload_path = "/files",
                                         .create_path = "/batches",
                                         .put_create = put_create,
                                         .put_status_path = put_status_path,
                                         .put_list_path = put_list_path,
                                         .put_output_path = put_output_path,
                                         .read_status = read_status,
                                         .read_line = read_line};
