#include "chat.h"

#include "error.h"
#include "key.h"

static const char call_tag[] = "peerless call 1";

static void add_part(pl_sha256 *h, const pl_part *part, const pl_image_policy *policy)
{
    pl__sha256_add_u64(h, (uint64_t)part->role);
    pl__sha256_add_u64(h, (uint64_t)part->kind);
    if (part->kind == PL_PART_IMAGE) {
        pl__sha256_add_field(h, part->image_digest.bytes, sizeof(part->image_digest.bytes));
        pl__key_add_image_policy(h, policy);
    } else {
        pl__sha256_add_field(h, part->text.ptr, part->text.len);
    }
}

/* The model's own token limit is left out: chat->max_tokens already says what this request asks for. */
pl_status pl__chat_key(const pl_chat *chat, pl_digest *ret, pl_error *reterr)
{
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "key of a call");
    pl__sha256_add_str(h, call_tag);
    pl__key_add_model(h, chat->model);
    pl__sha256_add_u64(h, chat->n_parts);
    for (size_t i = 0; i < chat->n_parts; i++)
        add_part(h, &chat->parts[i], &chat->model->image);
    pl__sha256_add_u64(h, chat->max_tokens);
    pl__sha256_add_u64(h, chat->top_logprobs);
    pl__sha256_add_u64(h, chat->sample);
    if (chat->n > 1) /* came later: a request for one sample keeps its key */
        pl__sha256_add_u64(h, chat->n);
    pl__sha256_finish(h, ret);
    pl__sha256_free(h);
    return PL_OK;
}
