#include "verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UNREADABLE_TOKENS 2u /* a reply may be this much longer than its limit: tokens that end it */

/* ---- findings ---- */

static void set(pl_finding *f, pl_ability_state state, uint64_t amount, const char *fmt, ...) PL_PRINTF(4, 5);

static void set(pl_finding *f, pl_ability_state state, uint64_t amount, const char *fmt, ...)
{
    va_list args;
    f->state = state;
    f->amount = amount;
    va_start(args, fmt);
    (void)vsnprintf(f->why, sizeof(f->why), fmt, args);
    va_end(args);
    pl__one_line(f->why);
}

static const pl_decoded *decoded(const pl_subject *s, pl_question_id id)
{
    return &s->result[id].decoded;
}

static const pl_reply *reply_to(const pl_subject *s, pl_question_id id)
{
    return &s->result[id].decoded.reply;
}

static bool answered(const pl_subject *s, pl_question_id id)
{
    return s->state[id] == PL_QUESTION_DONE && pl__outcome_is_response(reply_to(s, id)->outcome);
}

static bool has_text(const pl_reply *r)
{
    return (r->outcome == PL_OUTCOME_ANSWERED || r->outcome == PL_OUTCOME_CUT_OFF) && r->text_len > 0;
}

/* Of a question that has no response: refused for good, or nothing was learnt. */
static void set_failure(pl_finding *f, const pl_subject *s, pl_question_id id)
{
    const pl_decoded *d = decoded(s, id);
    const char *colon = d->message[0] ? ": " : "";
    if (s->state[id] != PL_QUESTION_DONE)
        set(f, PL_ABILITY_UNKNOWN, 0, "not asked");
    else if (pl__outcome_is_final_error(d->reply.outcome))
        set(f, PL_ABILITY_NO, 0, "refused%s%s", colon, d->message);
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "%s%s%s", pl__outcome_name(d->reply.outcome), colon, d->message);
}

/* ---- one ability each ---- */

static void judge_reach(const pl_subject *s, pl_abilities *ret)
{
    const pl_decoded *d = decoded(s, PL_Q_TEXT);
    const pl_reply *r = &d->reply;
    pl_finding *f = &ret->of[PL_ABILITY_REACHABLE];
    const char *colon = d->message[0] ? ": " : "";

    if (answered(s, PL_Q_TEXT) || pl__outcome_is_final_error(r->outcome))
        set(f, PL_ABILITY_YES, 0, "it answers");
    else if (s->state[PL_Q_TEXT] != PL_QUESTION_DONE)
        set(f, PL_ABILITY_UNKNOWN, 0, "not asked");
    else if (r->outcome == PL_OUTCOME_RATE_LIMITED || r->outcome == PL_OUTCOME_SERVER_ERROR)
        set(f, PL_ABILITY_UNKNOWN, 0, "%s%s%s", pl__outcome_name(r->outcome), colon, d->message);
    else
        set(f, PL_ABILITY_NO, 0, "%s%s%s", pl__outcome_name(r->outcome), colon, d->message);
    f = &ret->of[PL_ABILITY_TEXT];
    if (!answered(s, PL_Q_TEXT))
        set_failure(f, s, PL_Q_TEXT);
    else if (has_text(r))
        set(f, PL_ABILITY_YES, 0, "it answers a plain question");
    else
        set(f, PL_ABILITY_NO, 0, "the reply to a plain question was %s", pl__outcome_name(r->outcome));
}

static void judge_sight(const pl_subject *s, pl_finding *f)
{
    const pl_reply *red = reply_to(s, PL_Q_RED);
    const pl_reply *blue = reply_to(s, PL_Q_BLUE);
    uint64_t with = red->usage.input_tokens;
    uint64_t without = reply_to(s, PL_Q_TEXT)->usage.input_tokens;
    bool right = pl__names_colour(red, PL_PICTURE_RED) && !pl__names_colour(red, PL_PICTURE_BLUE) &&
                 pl__names_colour(blue, PL_PICTURE_BLUE) && !pl__names_colour(blue, PL_PICTURE_RED);

    if (!answered(s, PL_Q_RED) || !answered(s, PL_Q_BLUE))
        set(f, PL_ABILITY_UNKNOWN, 0, "two pictures are needed, and not both were answered");
    else if (right)
        set(f, PL_ABILITY_YES, 0, "named the colour of a red and of a blue square");
    else if (with > 0 && with <= without)
        set(f, PL_ABILITY_NO, 0, "pictures are taken and ignored: %llu input tokens with one, %llu without",
            (unsigned long long)with, (unsigned long long)without);
    else if (with > 0)
        set(f, PL_ABILITY_UNKNOWN, 0, "a picture counts %llu tokens, but the colours of two squares were not named",
            (unsigned long long)(with - without));
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "the colours of two squares were not named");
}

static void judge_side(const pl_subject *s, pl_finding *f)
{
    uint32_t wanted = s->spec.image.max_side_px;

    if (!answered(s, PL_Q_RED)) {
        set(f, PL_ABILITY_UNKNOWN, 0, "no picture was answered");
    } else if (wanted <= PL_PROBE_SIDE_PX) {
        set(f, PL_ABILITY_YES, wanted, "image.max_side is %u px", wanted);
    } else if (answered(s, PL_Q_SIDE) && s->side_px >= wanted) {
        set(f, PL_ABILITY_YES, s->side_px, "took a picture of %u px, image.max_side", s->side_px);
    } else if (answered(s, PL_Q_SIDE) && s->tries[PL_Q_SIDE] == 1) {
        set(f, PL_ABILITY_UNKNOWN, s->side_px, "took %u px; larger pictures are not tried", s->side_px);
    } else if (answered(s, PL_Q_SIDE) || pl__outcome_is_final_error(reply_to(s, PL_Q_SIDE)->outcome)) {
        uint32_t taken = answered(s, PL_Q_SIDE) ? s->side_px : PL_PROBE_SIDE_PX;
        set(f, PL_ABILITY_NO, taken, "refused image.max_side, %u px; took %u px", wanted, taken);
    } else {
        set_failure(f, s, PL_Q_SIDE);
    }
}

static void judge_images(const pl_subject *s, pl_abilities *ret)
{
    pl_finding *f = &ret->of[PL_ABILITY_IMAGES];

    if (answered(s, PL_Q_RED))
        set(f, PL_ABILITY_YES, 0, "a request with a picture is answered");
    else
        set_failure(f, s, PL_Q_RED);
    judge_sight(s, &ret->of[PL_ABILITY_SIGHT]);
    judge_side(s, &ret->of[PL_ABILITY_IMAGE_SIDE]);
    if (f->state == PL_ABILITY_NO) {
        set(&ret->of[PL_ABILITY_SIGHT], PL_ABILITY_NO, 0, "pictures are refused");
        set(&ret->of[PL_ABILITY_IMAGE_SIDE], PL_ABILITY_NO, 0, "pictures are refused");
    }
}

static void judge_logprobs(const pl_subject *s, pl_abilities *ret)
{
    pl_finding *f = &ret->of[PL_ABILITY_LOGPROBS];
    const pl_reply *r = reply_to(s, PL_Q_LOGPROBS);
    uint32_t most = 0;

    for (size_t i = 0; i < r->n_tokens; i++)
        most = r->tokens[i].n_top > most ? r->tokens[i].n_top : most;
    if (!(s->codec->params & PL_PARAM_LOGPROBS))
        set(f, PL_ABILITY_NO, 0, "the dialect has none");
    else if (!answered(s, PL_Q_LOGPROBS))
        set_failure(f, s, PL_Q_LOGPROBS);
    else if (r->n_tokens > 0)
        set(f, PL_ABILITY_YES, most, "%u alternatives asked for, up to %u came", s->top, most);
    else if (has_text(r))
        set(f, PL_ABILITY_NO, 0, "asked for, and the reply has none");
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "the reply was %s", pl__outcome_name(r->outcome));
    if (f->state == PL_ABILITY_YES && s->top < PL_PROBE_TOP_LOGPROBS)
        ret->top_logprobs_max = s->top;
}

static void judge_samples(const pl_subject *s, pl_finding *f)
{
    if (!(s->codec->params & PL_PARAM_N))
        set(f, PL_ABILITY_NO, 0, "the dialect has no such wish");
    else if (!answered(s, PL_Q_SAMPLES))
        set_failure(f, s, PL_Q_SAMPLES);
    else if (reply_to(s, PL_Q_SAMPLES)->n_further > 0)
        set(f, PL_ABILITY_YES, 0, "two samples asked for, two came");
    else
        set(f, PL_ABILITY_NO, 0, "two samples asked for, one came");
}

static bool same_text(const pl_reply *a, const pl_reply *b)
{
    return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0;
}

static void judge_pair(const pl_subject *s, pl_question_id first, pl_question_id second, pl_finding *f)
{
    const pl_reply *a = reply_to(s, first);
    const pl_reply *b = reply_to(s, second);

    if (!answered(s, first))
        set_failure(f, s, first);
    else if (!answered(s, second))
        set_failure(f, s, second);
    else if (!has_text(a) || !has_text(b))
        set(f, PL_ABILITY_UNKNOWN, 0, "a reply without text");
    else if (same_text(a, b))
        set(f, PL_ABILITY_YES, 0, "the same %zu bytes twice", a->text_len);
    else
        set(f, PL_ABILITY_NO, 0, "two replies differ");
}

static void judge_repeats(const pl_subject *s, pl_abilities *ret)
{
    pl_finding *seed = &ret->of[PL_ABILITY_SEED];
    const pl_reply *greedy = reply_to(s, PL_Q_REPEAT_1);
    const pl_reply *sampled = reply_to(s, PL_Q_SEED_1);

    judge_pair(s, PL_Q_REPEAT_1, PL_Q_REPEAT_2, &ret->of[PL_ABILITY_REPEATABLE]);
    if (s->omit & PL_PARAM_TEMPERATURE && ret->of[PL_ABILITY_REPEATABLE].state != PL_ABILITY_YES)
        set(&ret->of[PL_ABILITY_REPEATABLE], PL_ABILITY_NO, 0, "temperature 0 is refused");
    if (!(s->codec->params & PL_PARAM_SEED)) {
        set(seed, PL_ABILITY_NO, 0, "the dialect has none");
        return;
    }
    judge_pair(s, PL_Q_SEED_1, PL_Q_SEED_2, seed);
    if (seed->state == PL_ABILITY_YES && answered(s, PL_Q_REPEAT_1) && has_text(greedy) && same_text(greedy, sampled))
        set(seed, PL_ABILITY_UNKNOWN, 0, "the same text twice, but it is that of temperature 0, too");
}

static void judge_limit(const pl_subject *s, pl_question_id id, uint32_t limit, const char *name, pl_finding *f)
{
    const pl_reply *r = reply_to(s, id);

    if (!answered(s, id))
        set_failure(f, s, id);
    else if (s->room)
        set(f, PL_ABILITY_YES, 0, "%s is taken", name);
    else if (r->outcome == PL_OUTCOME_CUT_OFF ||
             (r->usage.output_tokens > 0 && r->usage.output_tokens <= limit + UNREADABLE_TOKENS))
        set(f, PL_ABILITY_YES, 0, "%s is taken and kept", name);
    else if (r->usage.output_tokens > limit + UNREADABLE_TOKENS)
        set(f, PL_ABILITY_NO, 0, "%s is taken and not kept: %llu tokens where %u were allowed", name,
            (unsigned long long)r->usage.output_tokens, limit);
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "%s is taken; whether it is kept cannot be told", name);
}

static void judge_limits(const pl_subject *s, pl_abilities *ret)
{
    bool newer = s->spec.max_completion_tokens;
    pl_finding *usual = &ret->of[newer ? PL_ABILITY_MAX_COMPLETION_TOKENS : PL_ABILITY_MAX_TOKENS];
    pl_finding *other = &ret->of[newer ? PL_ABILITY_MAX_TOKENS : PL_ABILITY_MAX_COMPLETION_TOKENS];
    pl_question_id id = answered(s, PL_Q_LOGPROBS) ? PL_Q_LOGPROBS : PL_Q_REPEAT_1;
    uint32_t limit = id == PL_Q_LOGPROBS ? PL_PROBE_TOKENS_FEW : PL_PROBE_TOKENS;

    if (s->omit & PL_PARAM_MAX_TOKENS) {
        set(usual, PL_ABILITY_NO, 0, "refused by this name");
        judge_limit(s, id, limit, "max_completion_tokens", other);
        return;
    }
    judge_limit(s, id, limit, newer ? "max_completion_tokens" : "the token limit", usual);
    if (!pl__question_two_limits(s))
        set(other, PL_ABILITY_NO, 0, "the dialect has one name for the limit");
    else
        judge_limit(s, PL_Q_OTHER_LIMIT, PL_PROBE_TOKENS_FEW, newer ? "max_tokens" : "max_completion_tokens", other);
}

static void judge_temperature(const pl_subject *s, pl_finding *f)
{
    if (s->omit & PL_PARAM_TEMPERATURE)
        set(f, PL_ABILITY_NO, 0, "refused");
    else if (answered(s, PL_Q_TEXT))
        set(f, PL_ABILITY_YES, 0, "0 is taken");
    else
        set_failure(f, s, PL_Q_TEXT);
}

static void judge_context(const pl_subject *s, pl_finding *f)
{
    if (s->context > 0)
        set(f, PL_ABILITY_YES, s->context, "%s", s->context_source);
    else if (s->deep_taken > 0)
        set(f, PL_ABILITY_UNKNOWN, s->deep_taken, "took a prompt of %llu tokens; its end was not found",
            (unsigned long long)s->deep_taken);
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "the server does not say; --deep tries long prompts");
}

static bool begins(pl_view text, const char *with)
{
    return pl__view_starts_with(pl__view_trim(text), with);
}

static void judge_prefill(const pl_subject *s, pl_finding *f)
{
    const pl_reply *r = reply_to(s, PL_Q_PREFILL);
    pl_view text = pl__view_n(r->text, r->text_len);

    if (!answered(s, PL_Q_PREFILL))
        set_failure(f, s, PL_Q_PREFILL);
    else if (!has_text(r))
        set(f, PL_ABILITY_UNKNOWN, 0, "the reply was %s", pl__outcome_name(r->outcome));
    else if (begins(text, pl__question_prefix))
        set(f, PL_ABILITY_YES, 0, "continued; what it continues comes back in the reply");
    else if (begins(text, "5"))
        set(f, PL_ABILITY_YES, 0, "continued");
    else if (begins(text, "1"))
        set(f, PL_ABILITY_NO, 0, "it began anew");
    else
        set(f, PL_ABILITY_UNKNOWN, 0, "taken; whether it was continued cannot be told");
}

static void judge_replies(const pl_subject *s, pl_abilities *ret)
{
    uint32_t n = 0;
    uint32_t counted = 0;
    uint32_t reasoned = 0;
    pl_finding *f = &ret->of[PL_ABILITY_USAGE];

    for (unsigned id = 0; id < PL_QUESTIONS; id++) {
        const pl_reply *r = reply_to(s, (pl_question_id)id);
        if (!answered(s, (pl_question_id)id))
            continue;
        n++;
        counted += r->usage.input_tokens > 0;
        reasoned += r->reasoning || r->usage.reasoning_tokens > 0;
    }
    set(f, counted > 0 ? PL_ABILITY_YES : PL_ABILITY_NO, 0, "%u of %u replies count their tokens", counted, n);
    f = &ret->of[PL_ABILITY_REASONING];
    set(f, reasoned > 0 ? PL_ABILITY_YES : PL_ABILITY_NO, 0, "in %u of %u replies to simple questions", reasoned, n);
}

void pl__probe_judge(const pl_subject *s, pl_abilities *ret)
{
    *ret = (pl_abilities){.calls = s->calls, .requests = s->requests, .usage = s->usage};
    judge_reach(s, ret);
    if (!answered(s, PL_Q_TEXT)) {
        for (unsigned i = PL_ABILITY_TEXT + 1; i < PL_ABILITIES; i++)
            set(&ret->of[i], PL_ABILITY_UNKNOWN, 0, "a plain question was not answered");
        return;
    }
    judge_images(s, ret);
    judge_logprobs(s, ret);
    judge_samples(s, &ret->of[PL_ABILITY_N]);
    judge_repeats(s, ret);
    judge_temperature(s, &ret->of[PL_ABILITY_TEMPERATURE]);
    judge_limits(s, ret);
    judge_context(s, &ret->of[PL_ABILITY_CONTEXT]);
    judge_prefill(s, &ret->of[PL_ABILITY_PREFILL]);
    judge_replies(s, ret);
}
