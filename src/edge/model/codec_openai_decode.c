#include "codec_openai.h"

#include "logprobs.h"
#include "reply_reader.h"

static pl_usage usage_of(const json_t *doc)
{
    const json_t *usage = json_object_get(doc, "usage");
    return (pl_usage){
        .input_tokens = pl__json_count(usage, "prompt_tokens"),
        .output_tokens = pl__json_count(usage, "completion_tokens"),
        .cached_tokens = pl__json_count(json_object_get(usage, "prompt_tokens_details"), "cached_tokens"),
        .reasoning_tokens = pl__json_count(json_object_get(usage, "completion_tokens_details"), "reasoning_tokens"),
    };
}

/* A part whose text is a string, or (Mistral's thinking) a list of such parts, one deep. */
static pl_status gather_part(const json_t *part, const char *key, bool nested, pl_str *out)
{
    const json_t *value = json_object_get(part, key);
    pl_status rc = json_is_string(value) ? pl__str_append_view(out, pl__json_view(value)) : PL_OK;
    for (size_t i = 0; nested && i < json_array_size(value) && !rc; i++)
        rc = gather_part(json_array_get(value, i), "text", false, out);
    return rc;
}

/* Content as a string, or as a list of parts. */
static pl_status gather(const json_t *content, pl_choice_reader *r)
{
    if (json_is_string(content))
        return pl__str_append_view(&r->text, pl__json_view(content));
    for (size_t i = 0; i < json_array_size(content); i++) {
        const json_t *part = json_array_get(content, i);
        bool thought = pl__view_eq_str(pl__json_view(json_object_get(part, "type")), "thinking");
        pl_status rc = gather_part(part, "text", false, thought ? &r->reasoning : &r->text);
        rc = rc ? rc : gather_part(part, "refusal", false, &r->refusal);
        rc = rc ? rc : gather_part(part, "thinking", true, &r->reasoning);
        if (rc)
            return rc;
    }
    return PL_OK;
}

/* vLLM's name, then the older one of vLLM, SGLang and llama.cpp. */
static pl_status gather_reasoning(const json_t *message, pl_str *out)
{
    const json_t *reasoning = json_object_get(message, "reasoning");
    if (json_string_length(reasoning) == 0)
        reasoning = json_object_get(message, "reasoning_content");
    return pl__str_append_view(out, pl__json_view(reasoning));
}

static pl_ending ending_of(const char *finish)
{
    static const struct {
        const char *word;
        pl_ending ending;
    } words[] = {
        {"length", PL_ENDING_CUT},
        {"content_filter", PL_ENDING_REFUSED},
        {"abort", PL_ENDING_ABORTED}, /* SGLang, vLLM */
        {"error", PL_ENDING_ABORTED},
    };
    for (size_t i = 0; finish && i < sizeof(words) / sizeof(words[0]); i++)
        if (pl__view_eq_str(pl__view(finish), words[i].word))
            return words[i].ending;
    return PL_ENDING_DONE;
}

static pl_status read_choice(const json_t *choice, pl_choice_reader *r, pl_reply_choice *ret)
{
    const json_t *message = json_object_get(choice, "message");
    const json_t *content = json_object_get(json_object_get(choice, "logprobs"), "content");
    if (!json_is_object(message)) {
        ret->outcome = PL_OUTCOME_GARBLED;
        return PL_OK;
    }
    pl_status rc = pl__json_copy(json_object_get(choice, "finish_reason"), &ret->finish);
    rc = rc ? rc : gather_reasoning(message, &r->reasoning);
    rc = rc ? rc : gather(json_object_get(message, "content"), r);
    rc = rc ? rc : pl__str_append_view(&r->refusal, pl__json_view(json_object_get(message, "refusal")));
    rc = rc ? rc : pl__logprobs_openai(content, &ret->tokens, &ret->n_tokens);
    return rc ? rc : pl__choice_finish(r, ending_of(ret->finish), ret);
}

static pl_status read_success(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_decoded *ret)
{
    ret->reply.usage = usage_of(doc);
    return pl__read_choices(raw, json_object_get(doc, "choices"), read_choice, now_unix_ms, ret);
}

pl_status pl__openai_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret, pl_error *reterr)
{
    return pl__decode(reply, now_unix_ms, read_success, ret, reterr);
}
