#include "abilities.h"

#include "error.h"

#include <string.h>

static const char key_tag[] = "peerless abilities 1";

static const char *const names[PL_ABILITIES] = {
    [PL_ABILITY_REACHABLE] = "reachable",
    [PL_ABILITY_TEXT] = "text",
    [PL_ABILITY_IMAGES] = "images",
    [PL_ABILITY_SIGHT] = "sees",
    [PL_ABILITY_IMAGE_SIDE] = "image_side",
    [PL_ABILITY_LOGPROBS] = "logprobs",
    [PL_ABILITY_N] = "n",
    [PL_ABILITY_REPEATABLE] = "repeatable",
    [PL_ABILITY_SEED] = "seed",
    [PL_ABILITY_TEMPERATURE] = "temperature",
    [PL_ABILITY_MAX_TOKENS] = "max_tokens",
    [PL_ABILITY_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [PL_ABILITY_CONTEXT] = "context",
    [PL_ABILITY_REASONING] = "reasoning",
    [PL_ABILITY_PREFILL] = "prefill",
    [PL_ABILITY_USAGE] = "usage",
};

const char *pl__ability_name(pl_ability ability)
{
    return (unsigned)ability < PL_ABILITIES ? names[ability] : "unknown";
}

const char *pl__ability_state_name(pl_ability_state state)
{
    static const char *const words[] = {
        [PL_ABILITY_UNKNOWN] = "unknown", [PL_ABILITY_YES] = "yes", [PL_ABILITY_NO] = "no"};
    return (unsigned)state <= PL_ABILITY_NO ? words[state] : words[PL_ABILITY_UNKNOWN];
}

pl_status pl__abilities_key(const pl_model_spec *spec, pl_digest *ret, pl_error *reterr)
{
    bool has_extra = spec->params.extra && strcmp(spec->params.extra, "{}") != 0;
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "identity of an endpoint");
    pl__sha256_add_str(h, key_tag);
    pl__sha256_add_str(h, spec->endpoint);
    pl__sha256_add_str(h, spec->provider);
    pl__sha256_add_str(h, spec->model);
    pl__sha256_add_str(h, has_extra ? spec->params.extra : NULL);
    pl__sha256_finish(h, ret);
    pl__sha256_free(h);
    return PL_OK;
}

pl_status pl__abilities_store(pl_store *store, const pl_model_spec *spec, const pl_abilities *a, pl_error *reterr)
{
    pl_store_write write = {.kind = PL_WRITE_ABILITIES};
    pl_str json;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__abilities_key(spec, &write.u.abilities.endpoint, reterr);
    if (!rc)
        rc = pl__abilities_write(a, &json, reterr);
    write.u.abilities.json = pl__str_c(&json);
    if (!rc)
        rc = store->ops->write(store, &write, 1, reterr);
    pl__str_clear(&json);
    return rc;
}

pl_status pl__abilities_load(pl_store *store, const pl_model_spec *spec, pl_abilities *ret, bool *ret_found,
                             pl_error *reterr)
{
    pl_digest key;
    pl_str json;
    bool found = false;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__abilities_key(spec, &key, reterr);
    if (!rc)
        rc = store->ops->abilities_get(store, &key, &json, &found, reterr);
    if (!rc && found)
        rc = pl__abilities_read(pl__view_n(pl__str_c(&json), json.len), ret, reterr);
    if (!rc)
        *ret_found = found;
    pl__str_clear(&json);
    return rc;
}

/* ---- used ---- */

static bool lacks(const pl_abilities *a, pl_ability ability)
{
    return a->of[ability].state == PL_ABILITY_NO;
}

bool pl__abilities_refuse_images(const pl_abilities *a)
{
    return lacks(a, PL_ABILITY_IMAGES);
}

uint32_t pl__abilities_adapt(const pl_abilities *a, pl_chat *chat)
{
    uint32_t calls = 1;

    if (lacks(a, PL_ABILITY_LOGPROBS))
        chat->top_logprobs = 0;
    else if (a->top_logprobs_max > 0 && chat->top_logprobs > a->top_logprobs_max)
        chat->top_logprobs = a->top_logprobs_max;
    if (lacks(a, PL_ABILITY_TEMPERATURE))
        chat->omit |= PL_PARAM_TEMPERATURE;
    if (lacks(a, PL_ABILITY_MAX_TOKENS) && a->of[PL_ABILITY_MAX_COMPLETION_TOKENS].state == PL_ABILITY_YES)
        chat->omit |= PL_PARAM_MAX_TOKENS;
    if (lacks(a, PL_ABILITY_N) && chat->n > 1) {
        calls = chat->n;
        chat->n = 1;
    }
    return calls;
}
