/* The words are those of real services, so that clients may recognise them. */
#include "refusals.h"

#include "error.h"
#include "hash.h"
#include "image.h"

#include <stdatomic.h>

/* A member of the request, or of Gemini's generationConfig. */
static bool has(const json_t *doc, const char *key)
{
    return json_object_get(doc, key) || json_object_get(json_object_get(doc, "generationConfig"), key);
}

static bool refuse_number(pl_sim_complaint *why, const char *param, const char *before, uint64_t number,
                          const char *behind)
{
    (void)pl__fail(&why->error, PL_E_PARSE, "%s%llu%s", before, (unsigned long long)number, behind);
    return pl__sim_refuse_error(why, param);
}

static bool apply_params(const pl_sim_habits *h, const json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    if (h->of[PL_SIM_NO_TEMPERATURE] && has(doc, "temperature"))
        return pl__sim_refuse(why, 400, "temperature", "unsupported_value",
                              "Unsupported value: 'temperature' does not support this value with this model. Only the "
                              "default (1) value is supported.");
    if (h->of[PL_SIM_NO_MAX_TOKENS] && has(doc, "max_tokens"))
        return pl__sim_refuse(why, 400, "max_tokens", "unsupported_parameter",
                              "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                              "'max_completion_tokens' instead.");
    if (h->of[PL_SIM_NO_MAX_COMPLETION_TOKENS] && has(doc, "max_completion_tokens"))
        return pl__sim_refuse(why, 400, "max_completion_tokens", NULL,
                              "Unrecognized request argument supplied: max_completion_tokens");
    if (h->of[PL_SIM_NO_LOGPROBS] && ask->logprobs)
        return pl__sim_refuse(why, 400, "logprobs", NULL, "logprobs is not supported with this model");
    if (h->of[PL_SIM_TOP_LOGPROBS] && ask->top_logprobs > h->of[PL_SIM_TOP_LOGPROBS])
        return refuse_number(why, "top_logprobs", "top_logprobs must be at most ", h->of[PL_SIM_TOP_LOGPROBS], "");
    if (h->of[PL_SIM_NO_N] && ask->n > 1)
        return pl__sim_refuse(why, 400, "n", NULL, "Only one completion choice is allowed: n is not supported");
    if (h->of[PL_SIM_ONE_SAMPLE])
        ask->n = 1;
    if (h->of[PL_SIM_SILENT_LOGPROBS])
        ask->logprobs = false;
    return true;
}

/* The longer side; 0: it cannot be told. */
static uint32_t side_of(pl_view base64)
{
    pl_pixels pixels = {0};
    pl_str bytes;
    uint32_t side = 0;

    pl__str_init(&bytes, PL_STR_LIMIT_DEFAULT);
    if (!pl__str_append_base64_decoded(&bytes, base64) &&
        !pl__image_decode(pl__str_c(&bytes), bytes.len, &pixels, NULL))
        side = pixels.width_px > pixels.height_px ? pixels.width_px : pixels.height_px;
    pl__pixels_clear(&pixels);
    pl__str_clear(&bytes);
    return side;
}

static bool apply_images(const pl_sim_habits *h, pl_sim_ask *ask, pl_sim_complaint *why)
{
    if (ask->image.len == 0)
        return true;
    if (h->of[PL_SIM_NO_IMAGES])
        return pl__sim_refuse(why, 400, "messages", NULL, "image input is not supported by this model");
    if (h->of[PL_SIM_MAX_SIDE] && side_of(ask->image) > h->of[PL_SIM_MAX_SIDE])
        return refuse_number(why, "messages", "images have at most ", h->of[PL_SIM_MAX_SIDE], " pixels a side");
    if (h->of[PL_SIM_BLIND])
        pl__sim_ask_look_away(ask);
    return true;
}

bool pl__sim_habits_apply(const pl_sim_habits *habits, const json_t *doc, pl_sim_ask *ask, pl_sim_complaint *why)
{
    static atomic_ullong unlike;
    if (!apply_params(habits, doc, ask, why) || !apply_images(habits, ask, why))
        return false;
    if (habits->of[PL_SIM_CONTEXT] && ask->tokens + (uint64_t)ask->max_tokens > habits->of[PL_SIM_CONTEXT]) {
        why->code = "context_length_exceeded";
        (void)pl__fail(&why->error, PL_E_PARSE,
                       "This model's maximum context length is %llu tokens. However, your messages resulted in %u "
                       "tokens.",
                       (unsigned long long)habits->of[PL_SIM_CONTEXT], (unsigned)ask->tokens);
        why->status = 400;
        why->param = "messages";
        return false;
    }
    if (habits->of[PL_SIM_NO_PREFILL] && ask->by_assistant)
        return pl__sim_refuse(why, 400, "messages", NULL,
                              "Prefilling assistant messages is not supported for this model.");
    if (!habits->of[PL_SIM_PREFILL])
        pl__str_reset(&ask->prefill);
    if (habits->of[PL_SIM_NO_SEED] && ask->temperature > 0.0) {
        unsigned long long x = atomic_fetch_add(&unlike, 1);
        ask->key = pl__hash64(&x, sizeof(x), ask->key);
        if (pl__str_appendf(&ask->prefill, "(%llu)", x)) /* there may be but one thing to say */
            return pl__sim_refuse(why, 500, NULL, NULL, "no memory");
    }
    ask->thoughts = ask->thoughts || habits->of[PL_SIM_REASONING];
    ask->uncounted = habits->of[PL_SIM_NO_USAGE];
    return true;
}
