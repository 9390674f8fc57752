#include "speech.h"

#include "hash.h"

#include <math.h>
#include <string.h>

#define SMOOTHING 0.5 /* Jeffreys: half a sighting for each answer and for everything else together */

static void add_sighting(pl_sim_belief *belief, const char *answer)
{
    for (uint32_t i = 0; i < belief->n; i++) {
        if (strcmp(belief->choices[i].text, answer) == 0) {
            belief->choices[i].p += 1.0;
            return;
        }
    }
    if (belief->n < PL_SIM_CHOICES_MAX) {
        pl_sim_choice *c = &belief->choices[belief->n++];
        memcpy(c->text, answer, PL_SIM_ANSWER_BYTES);
        c->p = 1.0;
    }
}

void pl__sim_order_choices(pl_sim_belief *belief)
{
    for (uint32_t i = 1; i < belief->n; i++) {
        pl_sim_choice held = belief->choices[i];
        uint32_t k = i;
        for (; k > 0 && belief->choices[k - 1].p < held.p; k--)
            belief->choices[k] = belief->choices[k - 1];
        belief->choices[k] = held;
    }
}

void pl__sim_believe(const pl_sim_question *q, const pl_sim_sight *sight, pl_sim_belief *ret)
{
    ret->n = 0;
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        char answer[PL_SIM_ANSWER_BYTES] = {0};
        (void)pl__sim_question_answer(q, &sight->glances[i], false, answer);
        add_sighting(ret, answer);
    }
    pl__sim_order_choices(ret);
    double total = PL_SIM_GLANCES + SMOOTHING * (ret->n + 1.0);
    for (uint32_t i = 0; i < ret->n; i++)
        ret->choices[i].p = (ret->choices[i].p + SMOOTHING) / total;
    ret->p_other = SMOOTHING / total;
}

double pl__sim_belief_in(const pl_sim_belief *belief, pl_view answer)
{
    char wanted[PL_SIM_ANSWER_BYTES];
    char known[PL_SIM_ANSWER_BYTES];
    pl__sim_answer_normalise(answer, wanted);
    for (uint32_t i = 0; i < belief->n; i++) {
        pl__sim_answer_normalise(pl__view(belief->choices[i].text), known);
        if (strcmp(wanted, known) == 0)
            return belief->choices[i].p;
    }
    return belief->p_other;
}

uint32_t pl__sim_choose(const pl_sim_belief *belief, const pl_sim_turn *turn)
{
    pl_rng rng;
    double weights[PL_SIM_CHOICES_MAX];
    double total = 0.0;
    uint32_t best = 0;

    for (uint32_t i = 1; i < belief->n; i++)
        best = belief->choices[i].p > belief->choices[best].p ? i : best;
    if (!(turn->temperature > 0.0))
        return best;
    double top = belief->choices[best].p;
    for (uint32_t i = 0; i < belief->n; i++) {
        weights[i] = top > 0.0 ? pow(belief->choices[i].p / top, 1.0 / turn->temperature) : 1.0;
        total += weights[i];
    }
    pl__rng_init(&rng, turn->request_key, "sim sample", 0);
    double left = pl__rng_uniform(&rng) * total;
    for (uint32_t i = 0; i < belief->n; i++) {
        left -= weights[i];
        if (left < 0.0)
            return i;
    }
    return best;
}

bool pl__sim_vice_acts(const pl_sim_turn *turn, const char *vice, double rate)
{
    pl_rng rng;
    if (!(rate > 0.0))
        return false;
    pl__rng_init(&rng, turn->request_key ^ turn->seed, vice, 0);
    return pl__rng_uniform(&rng) < rate;
}
