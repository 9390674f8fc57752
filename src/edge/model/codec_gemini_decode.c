#include "codec_gemini.h"

#include "error_reply.h"
#include "logprobs.h"
#include "reply_reader.h"

/* Thoughts are counted beside the candidates' tokens, cached ones within the prompt's. */
static pl_usage usage_of(const json_t *doc)
{
    const json_t *usage = json_object_get(doc, "usageMetadata");
    uint64_t thoughts = pl__json_count(usage, "thoughtsTokenCount");
    return (pl_usage){
        .input_tokens = pl__json_count(usage, "promptTokenCount") + pl__json_count(usage, "toolUsePromptTokenCount"),
        .output_tokens = pl__json_count(usage, "candidatesTokenCount") + thoughts,
        .cached_tokens = pl__json_count(usage, "cachedContentTokenCount"),
        .reasoning_tokens = thoughts,
    };
}

/* OTHER and its like say that something went wrong, not what: a text that came before it is cut. */
static pl_ending ending_of(const char *finish)
{
    static const struct {
        const char *word;
        pl_ending ending;
    } words[] = {
        {"MAX_TOKENS", PL_ENDING_CUT},
        {"OTHER", PL_ENDING_CUT},
        {"MALFORMED_FUNCTION_CALL", PL_ENDING_CUT},
        {"MALFORMED_RESPONSE", PL_ENDING_CUT},
        {"UNEXPECTED_TOOL_CALL", PL_ENDING_CUT},
        {"TOO_MANY_TOOL_CALLS", PL_ENDING_CUT},
        {"IMAGE_OTHER", PL_ENDING_CUT},
        {"NO_IMAGE", PL_ENDING_CUT},
        {"SAFETY", PL_ENDING_REFUSED},
        {"RECITATION", PL_ENDING_REFUSED},
        {"LANGUAGE", PL_ENDING_REFUSED},
        {"BLOCKLIST", PL_ENDING_REFUSED},
        {"PROHIBITED_CONTENT", PL_ENDING_REFUSED},
        {"SPII", PL_ENDING_REFUSED},
        {"IMAGE_SAFETY", PL_ENDING_REFUSED},
        {"IMAGE_PROHIBITED_CONTENT", PL_ENDING_REFUSED},
        {"IMAGE_RECITATION", PL_ENDING_REFUSED},
        {"MODEL_ARMOR", PL_ENDING_REFUSED},
    };
    for (size_t i = 0; finish && i < sizeof(words) / sizeof(words[0]); i++)
        if (pl__view_eq_str(pl__view(finish), words[i].word))
            return words[i].ending;
    return PL_ENDING_DONE; /* STOP, none, and words to come */
}

/* A candidate that was stopped at once has a reason and no content. */
static pl_status read_candidate(const json_t *candidate, pl_choice_reader *r, pl_reply_choice *ret)
{
    const json_t *parts = json_object_get(json_object_get(candidate, "content"), "parts");
    const json_t *finish = json_object_get(candidate, "finishReason");
    if (!json_is_array(parts) && !json_is_string(finish)) {
        ret->outcome = PL_OUTCOME_GARBLED;
        return PL_OK;
    }
    pl_status rc = pl__json_copy(finish, &ret->finish);
    for (size_t i = 0; i < json_array_size(parts) && !rc; i++) {
        const json_t *part = json_array_get(parts, i);
        bool thought = json_is_true(json_object_get(part, "thought"));
        rc = pl__str_append_view(thought ? &r->reasoning : &r->text, pl__json_view(json_object_get(part, "text")));
    }
    rc = rc ? rc : pl__logprobs_gemini(json_object_get(candidate, "logprobsResult"), &ret->tokens, &ret->n_tokens);
    return rc ? rc : pl__choice_finish(r, ending_of(ret->finish), ret);
}

static pl_status read_success(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_decoded *ret)
{
    const json_t *candidates = json_object_get(doc, "candidates");
    const json_t *block = json_object_get(json_object_get(doc, "promptFeedback"), "blockReason");
    ret->reply.usage = usage_of(doc);
    if (json_array_size(candidates) == 0 && json_string_length(block) > 0) { /* the prompt itself was refused */
        ret->reply.outcome = PL_OUTCOME_REFUSED;
        return pl__json_copy(block, &ret->reply.finish);
    }
    return pl__read_choices(raw, candidates, read_candidate, now_unix_ms, ret);
}

pl_status pl__gemini_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret, pl_error *reterr)
{
    return pl__decode(reply, now_unix_ms, read_success, ret, reterr);
}
