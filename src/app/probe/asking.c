#include "asking.h"

#include "error.h"

#include <string.h>

#define TRIES_MAX 4u /* of one question put in different ways */
#define PARTS_MAX 2u

const char pl__question_prefix[] = "As you wish, in one line: 1, 2, 3, 4,";

static const char colour_prompt[] =
    "Which colour is the largest square? If you see no picture, name any colour. Answer with one word.";
static const char count_prompt[] = "Count from 1 to 100, separated by commas.";
static const char line_prompt[] = "Write one line about the sea.";
static const char deep_words[] = "word word word word word word word word word word word word word word word word\n";
#define DEEP_TOKENS 17u /* of deep_words, about */

void pl__subject_clear(pl_subject *s)
{
    for (size_t i = 0; i < PL_QUESTIONS; i++)
        pl__call_result_clear(&s->result[i]);
}

/* ---- asking ---- */

static uint32_t tokens_of(const pl_subject *s, pl_question_id id)
{
    if (s->room)
        return PL_PROBE_TOKENS_REASONING;
    if (id == PL_Q_DEEP)
        return 1;
    return id == PL_Q_OTHER_LIMIT || id == PL_Q_LOGPROBS || id == PL_Q_SIDE ? PL_PROBE_TOKENS_FEW : PL_PROBE_TOKENS;
}

static const char *prompt_of(pl_question_id id)
{
    switch (id) {
    case PL_Q_OTHER_LIMIT:
    case PL_Q_LOGPROBS:
    case PL_Q_PREFILL:
        return count_prompt;
    case PL_Q_SAMPLES:
    case PL_Q_REPEAT_1:
    case PL_Q_REPEAT_2:
    case PL_Q_SEED_1:
    case PL_Q_SEED_2:
        return line_prompt;
    default:
        return colour_prompt;
    }
}

static bool is_sampled(pl_question_id id)
{
    return id == PL_Q_SAMPLES || id == PL_Q_SEED_1 || id == PL_Q_SEED_2;
}

static void set_params(const pl_subject *s, pl_question_id id, pl_model_spec *spec, pl_chat *chat)
{
    spec->params.temperature = is_sampled(id) ? 0.7 : 0.0;
    spec->params.has_seed = id == PL_Q_SEED_1 || id == PL_Q_SEED_2;
    spec->params.seed = 20240229;
    chat->omit = s->omit;
    chat->max_tokens = tokens_of(s, id);
    chat->top_logprobs = id == PL_Q_LOGPROBS ? s->top : 0;
    chat->n = id == PL_Q_SAMPLES ? 2 : 1;
    if (id == PL_Q_OTHER_LIMIT)
        spec->max_completion_tokens = !spec->max_completion_tokens;
}

static pl_status deep_prompt(uint32_t tokens, pl_str *out)
{
    pl_status rc = PL_OK;
    for (uint32_t n = 0; n < tokens && !rc; n += DEEP_TOKENS)
        rc = pl__str_append_c(out, deep_words);
    return rc;
}

pl_status pl__question_ask(pl_client *client, uint32_t model, pl_subject *s, pl_question_id id,
                           const pl_pictures *pictures, uint64_t tag, pl_error *reterr)
{
    pl_model_spec spec = s->spec;
    pl_part parts[PARTS_MAX] = {{.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view(prompt_of(id))}};
    pl_chat chat = {.model = &spec, .parts = parts, .n_parts = 1};
    pl_chat_image image = {.base64 = NULL};
    pl_digest digest = {{0}};
    pl_str prompt;
    pl_status rc = PL_OK;

    pl__str_init(&prompt, PL_STR_LIMIT_DEFAULT);
    set_params(s, id, &spec, &chat);
    if (id == PL_Q_RED || id == PL_Q_BLUE) {
        pl_picture_colour colour = id == PL_Q_RED ? PL_PICTURE_RED : PL_PICTURE_BLUE;
        image = pictures->small[colour];
        image.base64 = pl__blob_ref(image.base64);
        digest = pictures->small_digest[colour];
    } else if (id == PL_Q_SIDE) {
        rc = pl__picture_draw(PL_PICTURE_RED, s->side_px, &image, &digest, reterr);
    } else if (id == PL_Q_DEEP) {
        rc = deep_prompt(s->deep, &prompt);
        parts[0].text = pl__view_n(pl__str_c(&prompt), prompt.len);
    } else if (id == PL_Q_PREFILL) {
        parts[1] = (pl_part){.role = PL_ROLE_ASSISTANT, .kind = PL_PART_TEXT, .text = pl__view(pl__question_prefix)};
        chat.n_parts = 2;
    }
    if (!rc && image.base64) {
        parts[1] = parts[0];
        parts[0] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_IMAGE, .image_digest = digest};
        chat.n_parts = 2;
    }
    if (!rc)
        rc = pl__client_submit(client, model, &chat, &image, image.base64 ? 1 : 0, tag, reterr);
    pl__blob_unref(image.base64);
    pl__str_clear(&prompt);
    if (rc)
        return rc;
    s->state[id] = PL_QUESTION_ASKED;
    s->tries[id]++;
    s->calls++;
    return PL_OK;
}

/* ---- what comes back ---- */

static bool has_text(const pl_reply *reply)
{
    return reply->outcome == PL_OUTCOME_ANSWERED || reply->outcome == PL_OUTCOME_CUT_OFF;
}

/* Is the limit used up by reasoning, or by what cannot be seen? */
static bool wants_room(const pl_subject *s, const pl_reply *reply)
{
    bool reasons = reply->reasoning || reply->usage.reasoning_tokens > 0;
    bool silent = reply->outcome == PL_OUTCOME_EMPTY || reply->outcome == PL_OUTCOME_CUT_OFF;
    return !s->room && silent && (reasons || (!has_text(reply) && reply->usage.output_tokens >= PL_PROBE_TOKENS));
}

bool pl__question_two_limits(const pl_subject *s)
{
    return strcmp(s->codec->name, "openai") == 0;
}

static void open_others(pl_subject *s)
{
    uint32_t dialect = s->codec->params;
    uint32_t side = s->spec.image.max_side_px;

    for (unsigned id = PL_Q_RED; id < PL_Q_DEEP; id++)
        s->state[id] = PL_QUESTION_OPEN;
    s->top = PL_PROBE_TOP_LOGPROBS;
    s->side_px = side < PL_PICTURE_SIDE_MAX ? side : PL_PICTURE_SIDE_MAX;
    if (s->side_px <= PL_PROBE_SIDE_PX)
        s->state[PL_Q_SIDE] = PL_QUESTION_CLOSED;
    if (!(dialect & PL_PARAM_LOGPROBS))
        s->state[PL_Q_LOGPROBS] = PL_QUESTION_CLOSED;
    if (!(dialect & PL_PARAM_N))
        s->state[PL_Q_SAMPLES] = PL_QUESTION_CLOSED;
    if (!(dialect & PL_PARAM_SEED))
        s->state[PL_Q_SEED_1] = s->state[PL_Q_SEED_2] = PL_QUESTION_CLOSED;
    if (!pl__question_two_limits(s) || (s->omit & PL_PARAM_MAX_TOKENS))
        s->state[PL_Q_OTHER_LIMIT] = PL_QUESTION_CLOSED;
}

/* The first call tells what every other one must leave out. */
static bool put_text_otherwise(pl_subject *s)
{
    const pl_decoded *d = &s->result[PL_Q_TEXT].decoded;
    uint32_t news = d->refused_params & (PL_PARAM_TEMPERATURE | PL_PARAM_MAX_TOKENS) & ~s->omit;
    if (d->reply.outcome == PL_OUTCOME_BAD_REQUEST && news &&
        !((news & PL_PARAM_MAX_TOKENS) && s->spec.max_completion_tokens)) {
        s->omit |= news;
        return true;
    }
    if (!wants_room(s, &d->reply))
        return false;
    s->room = true;
    return true;
}

static bool put_otherwise(pl_subject *s, pl_question_id id)
{
    const pl_decoded *d = &s->result[id].decoded;
    bool refused = pl__outcome_is_final_error(d->reply.outcome);

    if (id == PL_Q_TEXT)
        return put_text_otherwise(s);
    if (id == PL_Q_SIDE && refused && d->reply.outcome != PL_OUTCOME_IMAGE_UNSUPPORTED) {
        s->side_px /= 2;
        return s->side_px > PL_PROBE_SIDE_PX;
    }
    if (id == PL_Q_LOGPROBS && refused && (d->refused_params & PL_PARAM_TOP_LOGPROBS) && s->top > 1) {
        s->top = s->top > 5 ? 5 : 1;
        return true;
    }
    if (id == PL_Q_DEEP && has_text(&d->reply) && s->deep < PL_PROBE_DEEP_TOKENS_MAX) {
        s->deep_taken = d->reply.usage.input_tokens > 0 ? d->reply.usage.input_tokens : s->deep;
        s->deep *= 4;
        return s->deep <= PL_PROBE_DEEP_TOKENS_MAX;
    }
    return false;
}

void pl__question_answered(pl_subject *s, pl_question_id id, pl_call_result *result)
{
    const pl_usage *u = &result->decoded.reply.usage;

    s->requests += result->attempts;
    s->usage.input_tokens += u->input_tokens;
    s->usage.output_tokens += u->output_tokens;
    s->usage.cached_tokens += u->cached_tokens;
    s->usage.reasoning_tokens += u->reasoning_tokens;
    pl__call_result_clear(&s->result[id]);
    s->result[id] = *result;
    *result = (pl_call_result){0};
    s->state[id] = PL_QUESTION_DONE;
    if (s->tries[id] < TRIES_MAX && put_otherwise(s, id))
        s->state[id] = PL_QUESTION_OPEN;
    else if (id == PL_Q_TEXT && pl__outcome_is_response(s->result[id].decoded.reply.outcome))
        open_others(s);
}

void pl__question_go_deep(pl_subject *s)
{
    s->deep = PL_PROBE_DEEP_TOKENS_MIN;
    s->state[PL_Q_DEEP] = PL_QUESTION_OPEN;
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}

bool pl__names_colour(const pl_reply *reply, pl_picture_colour colour)
{
    const char *name = pl__picture_colour_name(colour);
    size_t n = strlen(name);
    for (size_t i = 0; reply->text && i + n <= reply->text_len; i++) {
        size_t k = 0;
        while (k < n && lower(reply->text[i + k]) == name[k])
            k++;
        if (k == n)
            return true;
    }
    return false;
}
