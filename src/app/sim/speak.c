#include "speak.h"

#include "error.h"
#include "judge.h"
#include "reading.h"

#include <string.h>

static const char *const fillers[PL_SIM_FILLERS] = {
    " I take my time with every part of the picture before I say anything about it.",
    " It is worth being careful here, since a first impression can mislead.",
    " I look at it again from the left to the right and from the top to the bottom.",
    " All in all the arrangement leaves a clear impression on me.",
    " I keep in mind what was asked and what was not asked.",
    " Several details deserve attention, and I have given it to them.",
    " A second look agrees with the first one in every respect.",
    " With that said, I am ready to put it all together.",
};

/* ---- answers ---- */

/* The glance to speak from: the first one that gives the answer that is going to be said, so that the words and the
 * answer belong together. */
static const pl_sim_layout *glance_behind(const pl_sim_turn *turn, const pl_sim_question *q, const char *answer)
{
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        char said[PL_SIM_ANSWER_BYTES];
        (void)pl__sim_question_answer(q, &turn->sight->glances[i], false, said);
        if (strcmp(said, answer) == 0)
            return &turn->sight->glances[i];
    }
    return &turn->sight->glances[0];
}

static pl_status explain(const pl_sim_question *q, const pl_sim_layout *l, pl_str *out)
{
    char noun[PL_SIM_PHRASE_BYTES];
    char other[PL_SIM_PHRASE_BYTES];
    uint32_t n = pl__sim_noun_count(&q->noun, l);

    pl__sim_noun_write(&q->noun, true, noun);
    pl__sim_noun_write(&q->other, true, other);
    switch (q->kind) {
    case PL_SIM_ASK_COUNT:
    case PL_SIM_ASK_EXISTS:
        return pl__str_appendf(out, "Looking for %s, I count %u.", noun, (unsigned)n);
    case PL_SIM_ASK_MORE:
        return pl__str_appendf(out, "I count %u %s and %u %s.", (unsigned)n, noun,
                               (unsigned)pl__sim_noun_count(&q->other, l), other);
    case PL_SIM_ASK_LARGEST:
    case PL_SIM_ASK_SHAPE:
        return pl__str_appendf(out, "Among the %s I pick the one that was asked about.", noun);
    case PL_SIM_ASK_BESIDE:
        break;
    }
    if (n == 0)
        return pl__str_appendf(out, "I cannot find any %s to start from.", noun);
    return pl__str_appendf(out, "From there I go to the nearest neighbour on that side.");
}

static pl_status add_fillers(const pl_sim_turn *turn, pl_str *out)
{
    uint32_t n = (uint32_t)(turn->model->vices.verbose_style * PL_SIM_FILLERS + 0.5);
    pl_status rc = PL_OK;
    for (uint32_t i = 0; !rc && i < n && i < PL_SIM_FILLERS; i++)
        rc = pl__str_append_c(out, fillers[i]);
    return rc;
}

/* The option letters with the belief in each option's text; what fits none is shared out evenly. */
static void believe_options(const pl_sim_reading *r, const pl_sim_belief *belief, pl_sim_belief *ret)
{
    double total = 0.0;
    ret->n = r->n_options;
    for (uint32_t i = 0; i < r->n_options; i++) {
        ret->choices[i] = (pl_sim_choice){.text = {(char)('A' + (char)i), '\0'}};
        ret->choices[i].p = pl__sim_belief_in(belief, r->options[i]);
        total += ret->choices[i].p;
    }
    for (uint32_t i = 0; i < r->n_options; i++)
        ret->choices[i].p = total > 0.0 ? ret->choices[i].p / total : 1.0 / r->n_options;
    ret->p_other = 0.0;
}

static pl_status conclude(const pl_sim_reading *r, const char *answer, pl_sim_speech *ret)
{
    pl_status rc = PL_OK;
    if (!r->terse)
        rc = pl__str_append_c(&ret->text, r->marked ? "\n[[" : "\n");
    if (!rc)
        rc = pl__sim_decide(ret, answer);
    if (!rc && r->marked)
        rc = pl__str_append_c(&ret->text, "]]");
    return rc;
}

/* The steps before the answer, which a terse one does without. */
static pl_status reason(const pl_sim_turn *turn, const pl_sim_reading *reading, const pl_sim_layout *glance,
                        pl_sim_speech *ret)
{
    pl_status rc = pl__sim_describe(glance, turn->model->style, &ret->text);
    if (!rc)
        rc = pl__str_append_char(&ret->text, '\n');
    if (!rc && reading->understood)
        rc = explain(&reading->question, glance, &ret->text);
    else if (!rc)
        rc = pl__str_append_c(&ret->text, "That is all that I can tell about it.");
    return rc ? rc : add_fillers(turn, &ret->text);
}

/* Without a picture a letter is a guess: all are believed alike. */
static pl_status guess_letter(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret)
{
    pl_sim_belief belief = {.n = 0, .p_other = 1.0};
    believe_options(reading, &belief, &ret->belief);
    return conclude(reading, ret->belief.choices[pl__sim_choose(&ret->belief, turn)].text, ret);
}

static pl_status answer_it(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret)
{
    pl_sim_belief belief = {.n = 0};
    const char *answer = "unknown";
    pl_status rc = PL_OK;

    if (!turn->sight && reading->terse)
        return reading->n_options > 1 ? guess_letter(turn, reading, ret) : conclude(reading, answer, ret);
    if (!turn->sight) {
        rc = pl__str_append_c(&ret->text, "There is no image that I could look at.");
        return rc ? rc : conclude(reading, answer, ret);
    }
    const pl_sim_layout *glance = &turn->sight->glances[0];
    if (reading->understood) {
        pl__sim_believe(&reading->question, turn->sight, &belief);
        uint32_t said = pl__sim_choose(&belief, turn);
        answer = belief.choices[said].text;
        glance = glance_behind(turn, &reading->question, answer);
    }
    if (!reading->terse)
        rc = reason(turn, reading, glance, ret);
    ret->belief = belief;
    if (reading->n_options > 1) {
        believe_options(reading, &belief, &ret->belief);
        answer = ret->belief.choices[pl__sim_choose(&ret->belief, turn)].text;
    }
    if (!rc && reading->terse && reading->understood && reading->n_options < 2)
        return pl__sim_reword(turn, &reading->question, answer, ret);
    return rc ? rc : conclude(reading, answer, ret);
}

/* ---- questions ---- */

/* About what the model itself sees at one glance; nothing keeps a blind one from asking about what is not there. */
static pl_status ask(const pl_sim_turn *turn, pl_sim_speech *ret)
{
    pl_rng rng;
    pl_sim_question q = {.kind = PL_SIM_ASK_COUNT, .noun = {PL_SIM_ANY, PL_SIM_ANY, PL_SIM_ANY}};
    char text[PL_SIM_QUESTION_BYTES];

    if (!turn->sight)
        return pl__str_append_c(&ret->text, "What would the image show, if there were one?");
    pl__rng_init_bytes(&rng, turn->seed ^ turn->sight->digest, turn->model->name, strlen(turn->model->name));
    if (turn->temperature > 0.0)
        pl__rng_init(&rng, turn->request_key, "sim question", 0);
    const pl_sim_layout *glance =
        &turn->sight->glances[turn->temperature > 0.0 ? pl__rng_below(&rng, PL_SIM_GLANCES) : 0];
    for (uint32_t attempt = 0; attempt < PL_SIM_QUESTION_KINDS; attempt++) {
        pl_sim_question_kind kind = (pl_sim_question_kind)pl__rng_below(&rng, PL_SIM_QUESTION_KINDS);
        if (pl__sim_question_pick(kind, glance, true, &rng, &q))
            break;
    }
    pl__sim_question_write(&q, text);
    return pl__str_append_c(&ret->text, text);
}

static pl_status describe(const pl_sim_turn *turn, pl_sim_speech *ret)
{
    if (!turn->sight)
        return pl__str_append_c(&ret->text, "I can only look at pictures, and there is none here.");
    pl_status rc = pl__sim_describe(&turn->sight->glances[0], turn->model->style, &ret->text);
    return rc ? rc : add_fillers(turn, &ret->text);
}

pl_status pl__sim_speak(const pl_sim_turn *turn, pl_sim_speech *ret, pl_error *reterr)
{
    pl_sim_reading reading;
    pl_status rc = PL_OK;

    pl__sim_prompt_read(turn->prompt, &reading);
    if (pl__sim_vice_acts(turn, "refusals", turn->model->vices.refusals)) {
        ret->refused = true;
        rc = pl__str_append_c(&ret->text, "I would rather not comment on this picture.");
    } else if (reading.wish == PL_SIM_WISH_JUDGE_CORRECTNESS || reading.wish == PL_SIM_WISH_JUDGE_VISUAL) {
        rc = pl__sim_judge(turn, &reading, ret);
    } else if (reading.wish == PL_SIM_WISH_JUDGE_EQUIVALENCE) {
        rc = pl__sim_compare(turn, &reading, ret);
    } else if (reading.wish == PL_SIM_WISH_ASK) {
        rc = ask(turn, ret);
    } else if (reading.wish == PL_SIM_WISH_ANSWER) {
        rc = answer_it(turn, &reading, ret);
    } else {
        rc = describe(turn, ret);
    }
    return rc ? pl__fail(reterr, rc, "what %s says", turn->model->name) : PL_OK;
}
