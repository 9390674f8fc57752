#include "chat_api.h"

#include "alloc.h"
#include "error.h"
#include "hash.h"
#include "mishap.h"
#include "refusals.h"
#include "speak.h"
#include "tokens.h"

/* One request on its way. */
typedef struct chat {
    const pl_sim_desk *desk;
    const pl_sim_dialect *dialect;
    const pl_httpd_request *request;
    pl_sim_ask ask;
    pl_sim_mishap mishap;
    uint64_t call_key;
    bool rate_said; /* by the fault; what the dialect always says would contradict it */
    pl_sim_complaint why;
} chat;

static pl_outcome outcome_of_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return PL_OUTCOME_AUTH;
    case 404:
        return PL_OUTCOME_NOT_FOUND;
    default:
        return status >= 500 ? PL_OUTCOME_SERVER_ERROR : PL_OUTCOME_BAD_REQUEST;
    }
}

static pl_outcome outcome_of_speech(const pl_sim_ask *ask, const pl_sim_speech *speech)
{
    pl_view text = pl__view_n(pl__str_c(&speech->text), speech->text.len);
    uint32_t n = 0;
    if (speech->refused)
        return PL_OUTCOME_REFUSED;
    if (text.len == 0)
        return PL_OUTCOME_EMPTY;
    return pl__sim_cut_tokens(text, ask->max_tokens, &n).len < text.len ? PL_OUTCOME_CUT_OFF : PL_OUTCOME_ANSWERED;
}

static bool fail(chat *c, pl_status rc, const char *what)
{
    (void)pl__fail(&c->why.error, rc, "%s", what);
    c->why.status = 500;
    return false;
}

static bool draw_mishap(chat *c)
{
    const pl_clock *clock = c->desk->clock;
    const pl_sim_model *model = &c->desk->pool->models[c->ask.model];
    uint32_t attempt = 0;
    pl_view path = pl__view(c->request->path);
    c->call_key = pl__hash64(c->request->body.ptr, c->request->body.len, pl__hash64(path.ptr, path.len, 0));
    pl_status rc = pl__sim_call_log_note(c->desk->calls, c->call_key, clock->now_unix_ms(clock->user), &attempt);
    if (rc)
        return fail(c, rc, "the call cannot be remembered");
    c->mishap = pl__sim_faults_draw(&model->faults, c->desk->pool->seed, c->call_key, attempt);
    return true;
}

/* ---- the answer ---- */

/* What the assistant is made to have said comes back in front. */
static pl_status continue_turn(const pl_str *prefill, pl_sim_speech *speech)
{
    pl_str whole;
    pl_status rc = PL_OK;
    if (prefill->len == 0)
        return PL_OK;
    pl__str_init(&whole, PL_SIM_SPEECH_BYTES_MAX);
    rc = pl__str_append(&whole, prefill->ptr, prefill->len);
    if (!rc)
        rc = pl__str_append_char(&whole, ' ');
    if (!rc)
        rc = pl__str_append(&whole, pl__str_c(&speech->text), speech->text.len);
    if (rc) {
        pl__str_clear(&whole);
        return rc;
    }
    pl__str_clear(&speech->text);
    speech->text = whole;
    speech->decision_start += prefill->len + 1;
    return PL_OK;
}

static pl_status speak(chat *c, const pl_sim_sight *sight, pl_sim_speech *speeches)
{
    pl_status rc = PL_OK;
    for (uint32_t i = 0; !rc && i < c->ask.n; i++) {
        pl_sim_turn turn = {.model = &c->desk->pool->models[c->ask.model],
                            .seed = c->desk->pool->seed,
                            .sight = sight,
                            .prompt = pl__view_n(pl__str_c(&c->ask.prompt), c->ask.prompt.len),
                            .request_key = pl__hash64(&c->ask.key, sizeof(c->ask.key), i),
                            .temperature = c->ask.temperature};
        rc = pl__sim_speak(&turn, &speeches[i], &c->why.error);
        if (!rc)
            rc = pl__sim_mishap_change(c->mishap.fault, &speeches[i]);
        if (!rc)
            rc = continue_turn(&c->ask.prefill, &speeches[i]);
    }
    return rc;
}

static bool write(chat *c, const pl_sim_speech *speeches, pl_httpd_response *ret)
{
    pl__str_clear(&ret->body);
    ret->status = 200;
    pl_status rc = c->dialect->write(&c->ask, speeches, &ret->body);
    if (!rc)
        rc = pl__sim_mishap_spoil(&c->mishap, ret);
    return !rc || fail(c, rc, "the reply could not be written");
}

static bool see(chat *c, pl_sim_sight **ret)
{
    pl_status rc = PL_OK;
    if (c->ask.image.len == 0)
        return true;
    *ret = pl__malloc(sizeof(**ret));
    if (!*ret)
        rc = pl__fail(&c->why.error, PL_E_NOMEM, "a sight");
    else
        rc = pl__sim_gallery_see(c->desk->gallery, c->ask.model, c->ask.image, *ret, &c->why.error);
    return !rc || pl__sim_refuse_error(&c->why, "messages");
}

static bool answer(chat *c, pl_httpd_response *ret, pl_outcome *ret_outcome)
{
    pl_sim_sight *sight = NULL;
    pl_sim_speech *speeches = NULL;
    bool good = see(c, &sight);

    if (good) {
        speeches = pl__calloc(c->ask.n, sizeof(*speeches));
        good = speeches || fail(c, PL_E_NOMEM, "what the model says");
    }
    for (uint32_t i = 0; speeches && i < c->ask.n; i++)
        pl__sim_speech_init(&speeches[i]);
    if (good) {
        pl_status rc = speak(c, sight, speeches);
        good = !rc || fail(c, rc, "the reply could not be written");
    }
    good = good && write(c, speeches, ret);
    if (good)
        *ret_outcome = outcome_of_speech(&c->ask, speeches);
    for (uint32_t i = 0; speeches && i < c->ask.n; i++)
        pl__sim_speech_clear(&speeches[i]);
    pl__free(speeches);
    pl__free(sight);
    return good;
}

static bool reply(chat *c, pl_httpd_response *ret, pl_outcome *ret_outcome)
{
    const pl_clock *clock = c->desk->clock;
    int64_t now = clock->now_unix_ms(clock->user);
    int64_t until = 0;
    if (!draw_mishap(c))
        return false;
    if (!pl__sim_mishap_replaces(c->mishap.fault)) {
        if (!answer(c, ret, ret_outcome))
            return false;
    } else {
        pl__sim_mishap_reply(c->dialect, &c->mishap, now, ret, &until);
    }
    if (until > 0)
        pl__sim_call_log_hold(c->desk->calls, c->call_key, until);
    c->rate_said = until > 0;
    if (pl__sim_fault_outcome(c->mishap.fault) != PL_OUTCOME_NONE)
        *ret_outcome = pl__sim_fault_outcome(c->mishap.fault);
    return true;
}

/* ---- the request ---- */

static bool read(chat *c, const pl_sim_body *body, json_t **ret_doc)
{
    pl_view json = pl__view_n(pl__str_c(&body->json), body->json.len);
    if (c->dialect->admit && !c->dialect->admit(c->request, &c->why))
        return false;
    if (pl__json_parse(json, ret_doc, &c->why.error))
        return pl__sim_refuse_error(&c->why, NULL);
    if (!json_is_object(*ret_doc))
        return pl__sim_refuse(&c->why, 400, NULL, NULL, "the request must be a JSON object");
    if (!c->dialect->read(c->request, *ret_doc, &c->ask, &c->why))
        return false;
    return pl__sim_habits_apply(&c->desk->pool->models[c->ask.model].habits, *ret_doc, &c->ask, &c->why);
}

pl_sim_result pl__sim_chat(const pl_sim_desk *desk, const pl_sim_dialect *dialect, const pl_httpd_request *request,
                           pl_httpd_response *ret)
{
    pl_sim_body body;
    chat c = {.desk = desk, .dialect = dialect, .request = request, .why = {.status = 500}};
    pl_sim_result result = {.dialect = dialect->id};
    json_t *doc = NULL;

    pl_status rc = pl__sim_body_cut(request->body, dialect->picture_key, &body);
    pl__sim_ask_init(&c.ask, desk->pool, &body);
    bool good = rc ? fail(&c, rc, "the request") : read(&c, &body, &doc);
    good = good && reply(&c, ret, &result.outcome);
    if (!good) {
        c.mishap = (pl_sim_mishap){.fault = PL_SIM_FAULT_NONE};
        c.rate_said = false;
        ret->spoil = (pl_httpd_spoil){.silent = false};
        ret->cut = false;
        pl__sim_answer_error(dialect, &c.why, ret);
        result.outcome = outcome_of_status(ret->status);
    }
    if (dialect->add_headers && !c.rate_said)
        dialect->add_headers(desk->clock->now_unix_ms(desk->clock->user), ret);
    result.model = c.ask.model;
    result.fault = c.mishap.fault;
    pl__sim_ask_clear(&c.ask);
    json_decref(doc);
    pl__sim_body_clear(&body);
    return result;
}
