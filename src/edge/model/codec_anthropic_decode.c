#include "codec_anthropic.h"

#include "error_reply.h"
#include "reply_reader.h"

/* The dialect counts what it read from the cache, and what it wrote to it, beside input_tokens. */
static pl_usage usage_of(const json_t *doc)
{
    const json_t *usage = json_object_get(doc, "usage");
    uint64_t fresh = pl__json_count(usage, "input_tokens");
    uint64_t read = pl__json_count(usage, "cache_read_input_tokens");
    uint64_t written = pl__json_count(usage, "cache_creation_input_tokens");
    return (pl_usage){
        .input_tokens = fresh + read + written,
        .output_tokens = pl__json_count(usage, "output_tokens"),
        .cached_tokens = read,
        .cache_written_tokens = written,
    };
}

static pl_ending ending_of(const char *stop_reason)
{
    static const struct {
        const char *word;
        pl_ending ending;
    } words[] = {
        {"max_tokens", PL_ENDING_CUT},
        {"model_context_window_exceeded", PL_ENDING_CUT},
        {"pause_turn", PL_ENDING_CUT}, /* the server would go on if asked again */
        {"refusal", PL_ENDING_REFUSED},
    };
    for (size_t i = 0; stop_reason && i < sizeof(words) / sizeof(words[0]); i++)
        if (pl__view_eq_str(pl__view(stop_reason), words[i].word))
            return words[i].ending;
    return PL_ENDING_DONE; /* end_turn, stop_sequence, tool_use, and words to come */
}

static pl_status read_message(const json_t *message, pl_choice_reader *r, pl_reply_choice *ret)
{
    const json_t *content = json_object_get(message, "content");
    if (!json_is_array(content)) {
        ret->outcome = PL_OUTCOME_GARBLED;
        return PL_OK;
    }
    pl_status rc = pl__json_copy(json_object_get(message, "stop_reason"), &ret->finish);
    for (size_t i = 0; i < json_array_size(content) && !rc; i++) {
        const json_t *block = json_array_get(content, i);
        pl_view type = pl__json_view(json_object_get(block, "type"));
        if (pl__view_eq_str(type, "text"))
            rc = pl__str_append_view(&r->text, pl__json_view(json_object_get(block, "text")));
        else if (pl__view_eq_str(type, "thinking"))
            rc = pl__str_append_view(&r->reasoning, pl__json_view(json_object_get(block, "thinking")));
    }
    return rc ? rc : pl__choice_finish(r, ending_of(ret->finish), ret);
}

static pl_status read_success(const pl_http_reply *raw, const json_t *doc, int64_t now_unix_ms, pl_decoded *ret)
{
    ret->reply.usage = usage_of(doc);
    if (!json_is_object(doc)) {
        pl__garbled_reply(raw, "the reply is no message", now_unix_ms, ret);
        return PL_OK;
    }
    return pl__read_one_choice(raw, doc, read_message, now_unix_ms, ret);
}

pl_status pl__anthropic_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret, pl_error *reterr)
{
    return pl__decode(reply, now_unix_ms, read_success, ret, reterr);
}
