#include "lookup.h"

#include "body_writer.h"
#include "error.h"
#include "json.h"
#include "num.h"

#include <string.h>

#define REPLY_BYTES_MAX ((size_t)8 << 20) /* lists of some gateways are long */
#define ENTRIES_MAX 4096u
#define CONTEXT_TOKENS_MAX 1000000000u

/* The first of them is asked for one model; the rest are of what every server has. */
typedef struct lookup_row {
    const char *provider;
    const char *path; /* behind it comes the model's name if it ends with a slash */
    const char *source;
    uint32_t k;
    bool from_root;
} lookup_row;

static const lookup_row rows[] = {
    {"openai", "/models", "said by the server's list of models", 0, false},
    {"openai", "/props", "said by the server's /props", 1, true}, /* llama.cpp: what one slot has */
    {"anthropic", "/v1/models/", "said by the server about the model", 0, false},
    {"gemini", "/v1beta/models/", "said by the server about the model", 0, false},
};

static const lookup_row *find_row(const pl_endpoint *e, uint32_t k)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].k == k && strcmp(rows[i].provider, e->codec->name) == 0)
            return &rows[i];
    }
    return NULL;
}

pl_status pl__lookup_request(const pl_endpoint *e, uint32_t k, pl_http_req *ret, bool *ret_any, pl_error *reterr)
{
    const lookup_row *row = find_row(e, k);
    bool named = row && row->path[strlen(row->path) - 1] == '/';
    pl_str path;

    *ret_any = false;
    if (!row || (e->spec.reach.api_version && !named)) /* Azure has neither */
        return PL_OK;
    pl__str_init(&path, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__str_append_c(&path, row->path);
    if (!rc && named)
        rc = pl__url_append_escaped(&path, pl__view(e->spec.model), "");
    if (rc)
        (void)pl__fail(reterr, rc, "model %s: look-up", e->spec.name);
    else
        rc = pl__endpoint_get(e, pl__str_c(&path), row->from_root, ret, reterr);
    if (!rc && strcmp(row->provider, "anthropic") == 0) {
        const char *version = e->spec.reach.api_version ? e->spec.reach.api_version : "2023-06-01";
        rc = pl__http_req_header(ret, "anthropic-version", version, reterr);
        if (rc)
            pl__http_req_clear(ret);
    }
    pl__str_clear(&path);
    *ret_any = rc == PL_OK;
    return rc;
}

/* vLLM and SGLang; OpenRouter and Together; Groq; Mistral and LM Studio; Anthropic; Gemini. */
static uint64_t context_of(const json_t *model)
{
    static const char *const keys[] = {"max_model_len",      "context_length",   "context_window",
                                       "max_context_length", "max_input_tokens", "inputTokenLimit"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(model, keys[i]);
        json_int_t tokens = json_is_integer(value) ? json_integer_value(value) : 0;
        if (tokens > 0 && tokens <= CONTEXT_TOKENS_MAX)
            return (uint64_t)tokens;
    }
    return 0;
}

static bool is_model(const json_t *entry, const char *model)
{
    const char *id = json_string_value(json_object_get(entry, "id"));
    return id && strcmp(id, model) == 0;
}

/* The entry of the model; a server of one model may call it otherwise than the config does. */
static uint64_t context_in_list(const json_t *list, const char *model)
{
    size_t n = json_array_size(list) < ENTRIES_MAX ? json_array_size(list) : ENTRIES_MAX;
    for (size_t i = 0; i < n; i++) {
        if (is_model(json_array_get(list, i), model))
            return context_of(json_array_get(list, i));
    }
    return n == 1 ? context_of(json_array_get(list, 0)) : 0;
}

static uint64_t context_in_props(const json_t *doc)
{
    const json_t *n_ctx = json_object_get(json_object_get(doc, "default_generation_settings"), "n_ctx");
    json_int_t tokens = json_is_integer(n_ctx) ? json_integer_value(n_ctx) : 0;
    return tokens > 0 && tokens <= CONTEXT_TOKENS_MAX ? (uint64_t)tokens : 0;
}

void pl__lookup_read(const pl_endpoint *e, uint32_t k, const pl_http_reply *reply, pl_subject *s)
{
    const lookup_row *row = find_row(e, k);
    json_t *doc = NULL;
    uint64_t context = 0;

    if (!row || reply->status != 200 || reply->body.len > REPLY_BYTES_MAX ||
        pl__json_parse(pl__view_n(pl__str_c(&reply->body), reply->body.len), &doc, NULL))
        return;
    if (row->from_root)
        context = context_in_props(doc);
    else if (json_is_array(json_object_get(doc, "data")))
        context = context_in_list(json_object_get(doc, "data"), e->spec.model);
    else
        context = context_of(doc);
    if (context > 0) {
        s->context = context;
        s->context_source = row->source;
    }
    json_decref(doc);
}

/* ---- refusals ---- */

/* The number that stands behind the words, commas of thousands left out; 0 if none does. */
static uint64_t number_behind(pl_view text, const char *words)
{
    size_t at = pl__view_find(text, pl__view(words));
    uint64_t x = 0;
    if (at == SIZE_MAX)
        return 0;
    for (size_t i = at + strlen(words); i < text.len && x <= CONTEXT_TOKENS_MAX; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            x = x * 10 + (uint64_t)(c - '0');
        else if (c != ',' || x == 0)
            break;
    }
    return x <= CONTEXT_TOKENS_MAX ? x : 0;
}

uint64_t pl__context_of_refusal(const pl_call_result *result)
{
    /* llama.cpp, vLLM and OpenAI, Anthropic, Gemini */
    static const char *const words[] = {"\"n_ctx\":", "context length is ", "context length of only ",
                                        " tokens > ", "tokens allowed (",   "context size ("};
    pl_view body = pl__view_n(pl__str_c(&result->body), result->body.len);
    if (result->decoded.reply.outcome != PL_OUTCOME_TOO_LONG)
        return 0;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint64_t tokens = number_behind(body, words[i]);
        if (tokens > 0)
            return tokens;
    }
    return 0;
}
