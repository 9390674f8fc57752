#include "ask.h"

#include "error.h"
#include "hash.h"
#include "tokens.h"

#include <string.h>

#define IMAGE_TOKENS 64u /* what a picture counts for in `usage` */

bool pl__sim_refuse(pl_sim_complaint *why, int status, const char *param, const char *code, const char *message)
{
    why->status = status;
    why->param = param;
    why->code = code;
    (void)pl__fail(&why->error, PL_E_PARSE, "%s", message);
    return false;
}

bool pl__sim_refuse_error(pl_sim_complaint *why, const char *param)
{
    why->status = why->error.code == PL_E_NOMEM ? 500 : 400;
    why->param = param;
    why->code = NULL;
    return false;
}

void pl__sim_ask_init(pl_sim_ask *ask, const pl_sim_pool *pool, const pl_sim_body *body)
{
    *ask = (pl_sim_ask){.pool = pool, .body = body, .model = UINT32_MAX, .n = 1};
    pl__str_init(&ask->prompt, PL_SIM_PROMPT_BYTES_MAX);
    pl__str_init(&ask->prefill, PL_SIM_PROMPT_BYTES_MAX);
}

void pl__sim_ask_clear(pl_sim_ask *ask)
{
    if (ask)
        pl__str_clear(&ask->prompt);
    if (ask)
        pl__str_clear(&ask->prefill);
}

static void mix(pl_sim_ask *ask, pl_view bytes)
{
    ask->key = pl__hash64(bytes.ptr, bytes.len, ask->key ^ bytes.len);
}

bool pl__sim_ask_model(pl_sim_ask *ask, pl_view name, pl_sim_complaint *why)
{
    ask->model = pl__sim_pool_find(ask->pool, name);
    if (ask->model == UINT32_MAX)
        return pl__sim_refuse(why, 404, "model", "model_not_found", "there is no such model in the simulated pool");
    mix(ask, name);
    return true;
}

bool pl__sim_ask_chat(pl_sim_ask *ask, const json_t *doc, const char *no_model, pl_sim_complaint *why)
{
    const json_t *model = json_object_get(doc, "model");
    size_t n = json_array_size(json_object_get(doc, "messages"));
    if (!json_is_string(model))
        return pl__sim_refuse(why, 400, "model", NULL, no_model);
    if (!pl__sim_ask_model(ask, pl__sim_string(model), why))
        return false;
    if (n == 0 || n > PL_SIM_MESSAGES_MAX)
        return pl__sim_refuse(why, 400, "messages", NULL, "messages must be a list of 1 to 256 messages");
    return true;
}

void pl__sim_ask_begin(pl_sim_ask *ask, pl_view role)
{
    mix(ask, role);
    ask->by_user = pl__view_eq_str(role, "user");
    ask->by_assistant = pl__view_eq_str(role, "assistant");
    pl__str_reset(&ask->prefill);
    if (ask->by_user)
        pl__str_reset(&ask->prompt);
    ask->prompt_len = ask->prompt.len;
}

bool pl__sim_ask_text(pl_sim_ask *ask, pl_view text, pl_sim_complaint *why)
{
    mix(ask, text);
    ask->tokens += pl__sim_count_tokens(text);
    pl_status rc = ask->prompt.len > 0 ? pl__str_append_char(&ask->prompt, '\n') : PL_OK;
    if (!rc)
        rc = pl__str_append_view(&ask->prompt, text);
    if (!rc && ask->by_assistant)
        rc = pl__str_append_view(&ask->prefill, text);
    if (!rc)
        return true;
    (void)pl__fail(&why->error, rc, "the text is longer than %zu bytes", PL_SIM_PROMPT_BYTES_MAX);
    return pl__sim_refuse_error(why, "messages");
}

void pl__sim_ask_image(pl_sim_ask *ask, pl_view base64)
{
    base64 = pl__sim_body_picture(ask->body, base64);
    mix(ask, base64);
    ask->tokens += IMAGE_TOKENS;
    if (ask->image.len == 0)
        ask->image = base64;
}

void pl__sim_ask_look_away(pl_sim_ask *ask)
{
    if (ask->image.len > 0)
        ask->tokens -= IMAGE_TOKENS;
    ask->image = pl__view_n(NULL, 0);
}

void pl__sim_ask_end(pl_sim_ask *ask)
{
    /* Only what the user said last is answered; the rest of the talk merely makes it another request. */
    if (!ask->by_user && ask->prompt.ptr) {
        ask->prompt.len = ask->prompt_len;
        ask->prompt.ptr[ask->prompt_len] = '\0';
    }
}

bool pl__sim_ask_finish(pl_sim_ask *ask, pl_sim_complaint *why)
{
    if (ask->prompt.len == 0 && ask->image.len == 0)
        return pl__sim_refuse(why, 400, "messages", NULL, "there is no user message");
    ask->key = pl__hash64(&ask->seed, sizeof(ask->seed), ask->key);
    return true;
}

bool pl__sim_read_integer(const json_t *doc, const char *key, int64_t least, int64_t most, int64_t *ret,
                          pl_sim_complaint *why)
{
    int64_t x = *ret;
    if (pl__json_get_integer(doc, key, &x, &why->error))
        return pl__sim_refuse_error(why, key);
    if (x < least || x > most) {
        const json_t *given = json_object_get(doc, key);
        if (given && !json_is_null(given))
            return pl__sim_refuse(why, 400, key, NULL, "the number is out of range");
    }
    *ret = x;
    return true;
}

bool pl__sim_read_bool(const json_t *doc, const char *key, bool *ret, pl_sim_complaint *why)
{
    return pl__json_get_bool(doc, key, ret, &why->error) == PL_OK || pl__sim_refuse_error(why, key);
}

bool pl__sim_read_temperature(const json_t *doc, double most, double *ret, pl_sim_complaint *why)
{
    if (pl__json_get_number(doc, "temperature", ret, &why->error))
        return pl__sim_refuse_error(why, "temperature");
    if (*ret >= 0.0 && *ret <= most)
        return true;
    return pl__sim_refuse(why, 400, "temperature", NULL,
                          most > 1.0 ? "temperature must be between 0 and 2" : "temperature must be between 0 and 1");
}

bool pl__sim_only_members(json_t *doc, const char *const *names, size_t n, const char *before, const char *behind,
                          pl_sim_complaint *why)
{
    for (void *it = json_object_iter(doc); it; it = json_object_iter_next(doc, it)) {
        const char *key = json_object_iter_key(it);
        size_t i = 0;
        while (i < n && strcmp(names[i], key) != 0)
            i++;
        if (i < n)
            continue;
        (void)pl__fail(&why->error, PL_E_PARSE, "%s%s%s", before, key, behind);
        return pl__sim_refuse_error(why, NULL);
    }
    return true;
}

pl_view pl__sim_string(const json_t *s)
{
    return pl__view_n(json_string_value(s), json_string_length(s));
}
