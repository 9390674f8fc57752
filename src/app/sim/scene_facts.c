#include "scene.h"

#include <string.h>

/* The kinds in the order of a scene's list; counting and neighbours twice: they ask most of the eyes. */
static const pl_sim_question_kind kinds[PL_SIM_SCENE_QUESTIONS_MAX] = {
    PL_SIM_ASK_COUNT, PL_SIM_ASK_BESIDE, PL_SIM_ASK_SHAPE,  PL_SIM_ASK_EXISTS,
    PL_SIM_ASK_MORE,  PL_SIM_ASK_COUNT,  PL_SIM_ASK_BESIDE, PL_SIM_ASK_LARGEST,
};

static bool same_question(const pl_sim_question *a, const pl_sim_question *b)
{
    char text_a[PL_SIM_QUESTION_BYTES];
    char text_b[PL_SIM_QUESTION_BYTES];
    pl__sim_question_write(a, text_a);
    pl__sim_question_write(b, text_b);
    return strcmp(text_a, text_b) == 0;
}

uint32_t pl__sim_scene_facts(const pl_sim_scene *scene, uint64_t seed, uint64_t index,
                             pl_sim_fact ret[PL_SIM_SCENE_QUESTIONS_MAX])
{
    pl_rng rng;
    uint32_t n = 0;

    pl__rng_init(&rng, seed, "sim questions", index);
    for (uint32_t i = 0; i < PL_SIM_SCENE_QUESTIONS_MAX; i++) {
        pl_sim_fact fact = {.answer = ""};
        if (!pl__sim_question_pick(kinds[i], &scene->layout, true, &rng, &fact.question))
            continue;
        bool known = false;
        for (uint32_t k = 0; k < n; k++)
            known = known || same_question(&ret[k].question, &fact.question);
        if (known)
            continue;
        (void)pl__sim_question_answer(&fact.question, &scene->layout, true, fact.answer);
        ret[n++] = fact;
    }
    return n;
}
