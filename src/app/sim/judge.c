#include "judge.h"

#include "reading.h"

#include <math.h>
#include <string.h>

#define FIT_MARGIN 0.02 /* descriptions that fit alike within this are equally good */

enum { FIRST = 0, SECOND = 1, TIE = 2 };
static const char *const marks[3] = {"A", "B", "C"};

/* P(only the first is right), P(only the second is right), P(both or neither): from the judge's own glances. */
static void weigh_correctness(const pl_sim_turn *turn, const pl_sim_reading *r, double ret[3])
{
    char first[PL_SIM_ANSWER_BYTES];
    char second[PL_SIM_ANSWER_BYTES];
    pl_sim_belief belief;

    ret[FIRST] = ret[SECOND] = 0.0;
    ret[TIE] = 1.0;
    pl_view final_first = pl__sim_quoted_final(r->first);
    pl_view final_second = pl__sim_quoted_final(r->second);
    pl__sim_answer_normalise(final_first, first);
    pl__sim_answer_normalise(final_second, second);
    if (!r->understood || !turn->sight || strcmp(first, second) == 0)
        return;
    pl__sim_believe(&r->question, turn->sight, &belief);
    ret[FIRST] = first[0] ? pl__sim_belief_in(&belief, final_first) : 0.0;
    ret[SECOND] = second[0] ? pl__sim_belief_in(&belief, final_second) : 0.0;
    ret[TIE] = fmax(0.0, 1.0 - ret[FIRST] - ret[SECOND]);
}

/* Shares of the glances at which one description fits better than the other by more than the margin, smoothed. */
static void weigh_descriptions(const pl_sim_turn *turn, const pl_sim_reading *r, double ret[3])
{
    pl_sim_layout first;
    pl_sim_layout second;

    ret[FIRST] = ret[SECOND] = ret[TIE] = 0.5;
    pl__sim_read_description(r->first, &first);
    pl__sim_read_description(r->second, &second);
    for (uint32_t i = 0; i < PL_SIM_GLANCES && turn->sight; i++) {
        const pl_sim_layout *seen = &turn->sight->glances[i];
        double lead = pl__sim_description_fit(&first, seen) - pl__sim_description_fit(&second, seen);
        ret[lead > FIT_MARGIN ? FIRST : lead < -FIT_MARGIN ? SECOND : TIE] += 1.0;
    }
    double total = ret[FIRST] + ret[SECOND] + ret[TIE];
    for (int k = 0; k < 3; k++)
        ret[k] /= total;
}

/* Which answer a vice makes the judge pick unseen; -1: none does. */
static int prejudice(const pl_sim_turn *turn, const pl_sim_reading *r)
{
    const pl_sim_vices *v = &turn->model->vices;
    if (pl__sim_vice_acts(turn, "position", fabs(v->position_bias)))
        return v->position_bias > 0.0 ? FIRST : SECOND;
    if (pl__sim_vice_acts(turn, "verbosity", v->verbosity_preference) && r->first.len != r->second.len)
        return r->first.len > r->second.len ? FIRST : SECOND;
    if (pl__sim_vice_acts(turn, "family", v->family_preference)) {
        bool own_first = pl__sim_style_shows(r->first, turn->model->style);
        bool own_second = pl__sim_style_shows(r->second, turn->model->style);
        if (own_first != own_second)
            return own_first ? FIRST : SECOND;
    }
    return -1;
}

/* The whole line of the text that has these words; empty if none has. */
static pl_view line_with(pl_view text, const char *words)
{
    size_t at = pl__view_find(text, pl__view(words));
    if (at == SIZE_MAX)
        return pl__view_n(text.ptr, 0);
    size_t start = at;
    size_t end = at;
    while (start > 0 && text.ptr[start - 1] != '\n')
        start--;
    while (end < text.len && text.ptr[end] != '\n')
        end++;
    return pl__view_n(text.ptr + start, end - start);
}

/* A judgment without a usable mark, in one of the ways that real judges have. */
static pl_status malformed(const pl_sim_turn *turn, bool compares, pl_str *out)
{
    pl_rng rng;
    pl__rng_init(&rng, turn->request_key, "sim malformed", turn->seed);
    switch (pl__rng_below(&rng, 3)) {
    case 0:
        return pl__str_append_c(out, "Both answers have their merits, and I would not want to choose.");
    case 1:
        return pl__str_append_c(
            out, compares ? "It could be [[SAME]], but on reflection [[DIFFERENT]] is just as good, so either."
                          : "It could be [[A]], but on reflection [[B]] is just as good, so [[A]] or [[B]].");
    default: /* an echo of the instruction, with one of its marks */
        return pl__str_append_view(out, line_with(turn->prompt, compares ? "[[SAME]]" : "[[A]]"));
    }
}

static const char *reason_of(bool visual, int verdict)
{
    static const char *const reasons[2][3] = {
        {"The first answer agrees with what I see in the image, the second does not.",
         "The second answer agrees with what I see in the image, the first does not.",
         "As far as I can see, neither answer is right where the other is wrong."},
        {"The first answer describes what is in the image more faithfully.",
         "The second answer describes what is in the image more faithfully.",
         "Both answers describe the image about equally well."},
    };
    return reasons[visual ? 1 : 0][verdict];
}

pl_status pl__sim_judge(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret)
{
    bool visual = reading->wish == PL_SIM_WISH_JUDGE_VISUAL;
    double weights[3];

    if (pl__sim_vice_acts(turn, "malformed", turn->model->vices.malformed_verdicts))
        return malformed(turn, false, &ret->text);
    if (visual)
        weigh_descriptions(turn, reading, weights);
    else
        weigh_correctness(turn, reading, weights);
    int forced = prejudice(turn, reading);
    for (int k = 0; k < 3 && forced >= 0; k++)
        weights[k] = k == forced ? 1.0 : 0.0;

    /* The tie comes first, so that equal chances never favour a position. */
    static const int order[3] = {TIE, FIRST, SECOND};
    ret->belief.n = 3;
    for (int k = 0; k < 3; k++) {
        pl_sim_choice *c = &ret->belief.choices[k];
        *c = (pl_sim_choice){.text = {marks[order[k]][0], '\0'}, .p = weights[order[k]]};
    }
    int verdict = TIE;
    if (turn->temperature > 0.0) {
        verdict = order[pl__sim_choose(&ret->belief, turn)];
    } else if (weights[FIRST] > weights[SECOND]) {
        verdict = weights[FIRST] > weights[TIE] ? FIRST : TIE;
    } else if (weights[SECOND] > weights[FIRST]) {
        verdict = weights[SECOND] > weights[TIE] ? SECOND : TIE;
    }
    pl_status rc = pl__str_appendf(&ret->text, "%s\n[[", reason_of(visual, verdict));
    if (!rc)
        rc = pl__sim_decide(ret, marks[verdict]);
    return rc ? rc : pl__str_append_c(&ret->text, "]]");
}

/* What the last line or the marks say, where an answer has more than one line. */
static pl_view claim_of(pl_view answer)
{
    pl_view final = memchr(answer.ptr, '\n', answer.len) ? pl__sim_quoted_final(answer) : answer;
    return final.len > 0 ? final : answer;
}

/* The share of the judge's glances at both texts at which they claim the same, smoothed. */
pl_status pl__sim_compare(const pl_sim_turn *turn, const pl_sim_reading *reading, pl_sim_speech *ret)
{
    static const char *const words[2] = {"SAME", "DIFFERENT"};
    double same = 0.5;

    if (pl__sim_vice_acts(turn, "malformed", turn->model->vices.malformed_verdicts))
        return malformed(turn, true, &ret->text);
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        char first[PL_SIM_CLAIM_BYTES];
        char second[PL_SIM_CLAIM_BYTES];
        pl__sim_read_claim(turn, claim_of(reading->first), i, first);
        pl__sim_read_claim(turn, claim_of(reading->second), i, second);
        same += strcmp(first, second) == 0 ? 1.0 : 0.0;
    }
    same /= PL_SIM_GLANCES + 1.0;
    ret->belief.n = 2;
    for (int k = 0; k < 2; k++) {
        pl_sim_choice *c = &ret->belief.choices[k];
        *c = (pl_sim_choice){.p = k == 0 ? same : 1.0 - same};
        memcpy(c->text, words[k], strlen(words[k]) + 1);
    }
    uint32_t verdict = pl__sim_choose(&ret->belief, turn);
    pl_status rc = pl__str_append_c(&ret->text, verdict == 0 ? "As I read them, both claim the same.\n[["
                                                             : "As I read them, they claim different things.\n[[");
    if (!rc)
        rc = pl__sim_decide(ret, words[verdict]);
    return rc ? rc : pl__str_append_c(&ret->text, "]]");
}
