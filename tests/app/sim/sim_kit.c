#include "sim_kit.h"

#include "answer.h"
#include "speak.h"
#include "verdict.h"

#include <string.h>

pl_view kit_view(const pl_str *s)
{
    return pl__view_n(pl__str_c(s), s->len);
}

void kit_retina(const pl_sim_scene *scene, pl_sim_retina *ret)
{
    pl_error err = {0};
    pl_pixels px = {0};
    PL_KIT_OK(pl__sim_scene_render(scene, &px, &err), &err);
    PL_KIT_OK(pl__sim_retina_init(px.rgb, px.width_px, px.height_px, ret, &err), &err);
    pl__pixels_clear(&px);
}

void kit_sight(const pl_sim_eyes *eyes, uint64_t seed, uint64_t index, pl_sim_sight *ret)
{
    pl_error err = {0};
    pl_sim_scene scene;
    pl_sim_retina retina = {0};
    pl__sim_scene_make(seed, index, &scene);
    kit_retina(&scene, &retina);
    PL_KIT_OK(pl__sim_look(eyes, &retina, seed, "kit", ret, &err), &err);
    pl__sim_retina_clear(&retina);
}

void kit_certain(const pl_sim_layout *layout, pl_sim_sight *ret)
{
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++)
        ret->glances[i] = *layout;
    ret->digest = 1;
}

void kit_scene(const pl_sim_object *objects, uint32_t n, double radius_px, pl_sim_scene *ret)
{
    *ret = (pl_sim_scene){.texture_seed = 7};
    for (uint32_t i = 0; i < n; i++) {
        ret->layout.objects[i] = objects[i];
        ret->poses[i] = (pl_sim_pose){.cos_turn = 1.0, .radius_px = radius_px};
    }
    ret->layout.n = n;
}

const pl_prompt_set *kit_prompts(void)
{
    static pl_prompt_set *set;
    static const char *const built_in[PL_PROMPT_KINDS] = {NULL};
    pl_error err = {0};
    if (!set)
        PL_KIT_OK(pl__prompt_set_new(built_in, &set, &err), &err);
    return set;
}

void kit_prompt(pl_prompt_kind kind, const char *question, const char *first, const char *second, pl_str *ret)
{
    pl_error err = {0};
    pl_prompt_values values = {.question = pl__view(question), .first = pl__view(first), .second = pl__view(second)};
    pl__str_init(ret, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__prompt_render(kit_prompts(), kind, &values, ret, &err), &err);
}

void kit_speak(const pl_sim_model *model, const pl_sim_sight *sight, pl_view prompt, uint64_t request_key,
               pl_sim_speech *ret)
{
    pl_error err = {0};
    pl_sim_turn turn = {.model = model, .seed = 1, .sight = sight, .prompt = prompt, .request_key = request_key};
    pl__sim_speech_init(ret);
    PL_KIT_OK(pl__sim_speak(&turn, ret, &err), &err);
}

char kit_verdict(const pl_sim_model *model, const pl_sim_sight *sight, pl_prompt_kind kind, const char *question,
                 const char *first, const char *second, uint64_t request_key)
{
    pl_str prompt;
    pl_sim_speech speech;
    kit_prompt(kind, question, first, second, &prompt);
    kit_speak(model, sight, kit_view(&prompt), request_key, &speech);
    pl_parsed_verdict parsed =
        pl__verdict_parse(kit_view(&speech.text), pl__prompt_set_instruction(kit_prompts(), kind), false);
    pl__str_clear(&prompt);
    pl__sim_speech_clear(&speech);
    return "?ABC"[parsed.verdict];
}

void kit_answer(const pl_sim_model *model, const pl_sim_sight *sight, const char *question,
                char ret[PL_SIM_ANSWER_BYTES])
{
    pl_str prompt;
    pl_sim_speech speech;
    kit_prompt(PL_PROMPT_ANSWER, question, NULL, NULL, &prompt);
    kit_speak(model, sight, kit_view(&prompt), 0, &speech);
    pl_view final = pl__answer_final(kit_view(&speech.text));
    size_t n = final.len < PL_SIM_ANSWER_BYTES ? final.len : PL_SIM_ANSWER_BYTES - 1;
    memcpy(ret, final.ptr, n);
    ret[n] = '\0';
    pl__str_clear(&prompt);
    pl__sim_speech_clear(&speech);
}
