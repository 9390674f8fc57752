#include "scene.h"
#include "speak.h"

#include "alloc.h"
#include "answer.h"
#include "error.h"
#include "prompt.h"
#include "thread.h"

#include <string.h>

typedef struct survey {
    const pl_sim_pool *pool;
    const pl_prompt_set *prompts;
    uint64_t seed;
    uint32_t first;
    uint32_t *right; /* n_scenes x n_models */
    uint32_t *asked; /* n_scenes */
} survey;

/* Asks one model one question, as any client would, and compares its final answer. */
static pl_status ask_model(const survey *s, const pl_sim_model *model, const pl_sim_sight *sight,
                           const pl_sim_fact *fact, bool *ret_right, pl_error *reterr)
{
    char question[PL_SIM_QUESTION_BYTES];
    char said[PL_SIM_ANSWER_BYTES];
    char truth[PL_SIM_ANSWER_BYTES];
    pl_sim_speech speech;
    pl_str prompt;
    pl_status rc = PL_OK;

    pl__sim_speech_init(&speech);
    pl__str_init(&prompt, PL_STR_LIMIT_DEFAULT);
    pl__sim_question_write(&fact->question, question);
    pl_prompt_values values = {.question = pl__view(question)};
    rc = pl__prompt_render(s->prompts, PL_PROMPT_ANSWER, &values, &prompt, reterr);
    if (rc)
        goto out;
    pl_sim_turn turn = {.model = model, .seed = s->pool->seed, .sight = sight};
    turn.prompt = pl__view_n(pl__str_c(&prompt), prompt.len);
    rc = pl__sim_speak(&turn, &speech, reterr);
    if (rc)
        goto out;
    pl__sim_answer_normalise(pl__answer_final(pl__view_n(pl__str_c(&speech.text), speech.text.len)), said);
    pl__sim_answer_normalise(pl__view(fact->answer), truth);
    *ret_right = strcmp(said, truth) == 0;
out:
    pl__str_clear(&prompt);
    pl__sim_speech_clear(&speech);
    return rc;
}

static pl_status survey_scene(size_t index, void *user, pl_error *reterr)
{
    const survey *s = user;
    const pl_sim_pool *pool = s->pool;
    pl_status rc = PL_OK;
    pl_pixels pixels = {0};
    pl_sim_retina retina = {0};
    pl_sim_sight *sight = NULL;
    pl_sim_scene scene;
    pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
    uint64_t number = s->first + (uint64_t)index;

    pl__sim_scene_make(s->seed, number, &scene);
    uint32_t n_facts = pl__sim_scene_facts(&scene, s->seed, number, facts);
    rc = pl__sim_scene_render(&scene, &pixels, reterr);
    if (!rc)
        rc = pl__sim_retina_init(pixels.rgb, pixels.width_px, pixels.height_px, &retina, reterr);
    if (rc)
        goto out;
    sight = pl__malloc(sizeof(*sight));
    if (!sight) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a sight of scene %llu", (unsigned long long)number);
        goto out;
    }
    for (uint32_t m = 0; m < pool->n_models; m++) {
        const pl_sim_model *model = &pool->models[m];
        rc = pl__sim_look(&model->eyes, &retina, pool->seed, model->name, sight, reterr);
        for (uint32_t i = 0; !rc && i < n_facts; i++) {
            bool right = false;
            rc = ask_model(s, model, sight, &facts[i], &right, reterr);
            s->right[index * pool->n_models + m] += right ? 1u : 0u;
        }
        if (rc)
            goto out;
    }
    s->asked[index] = n_facts;
out:
    pl__free(sight);
    pl__sim_retina_clear(&retina);
    pl__pixels_clear(&pixels);
    return rc;
}

pl_status pl__sim_measure_truth(const pl_sim_pool *pool, uint32_t n_scenes, uint32_t first, uint64_t seed,
                                uint32_t threads, double *ret, pl_error *reterr)
{
    static const char *const built_in[PL_PROMPT_KINDS] = {NULL};
    pl_status rc = PL_OK;
    pl_prompt_set *prompts = NULL;
    survey s = {.pool = pool, .seed = seed, .first = first};

    if (n_scenes == 0 || n_scenes > PL_SIM_SCENES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "truth is measured on 1 to %u scenes", PL_SIM_SCENES_MAX);
    rc = pl__prompt_set_new(built_in, &prompts, reterr);
    if (rc)
        goto out;
    s.prompts = prompts;
    s.right = pl__calloc(n_scenes, pool->n_models * sizeof(*s.right));
    s.asked = pl__calloc(n_scenes, sizeof(*s.asked));
    if (!s.right || !s.asked) {
        rc = pl__fail(reterr, PL_E_NOMEM, "counts of %u scenes", (unsigned)n_scenes);
        goto out;
    }
    rc = pl__parallel_for(n_scenes, threads, survey_scene, &s, reterr);
    if (rc)
        goto out;
    for (uint32_t m = 0; m < pool->n_models; m++) {
        uint64_t right = 0;
        uint64_t asked = 0;
        for (uint32_t i = 0; i < n_scenes; i++) {
            right += s.right[(size_t)i * pool->n_models + m];
            asked += s.asked[i];
        }
        ret[m] = asked > 0 ? (double)right / (double)asked : 0.0;
    }
out:
    pl__free(s.right);
    pl__free(s.asked);
    pl__prompt_set_free(prompts);
    return rc;
}
