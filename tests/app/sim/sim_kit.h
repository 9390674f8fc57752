#ifndef PL_SIM_KIT_H
#define PL_SIM_KIT_H

#include "kit.h"
#include "prompt.h"
#include "scene.h"
#include "speech.h"

/* Shared by the simulator's tests. All end the test on failure. */

/* Draws a scene and prepares it for looking. */
void kit_retina(const pl_sim_scene *scene, pl_sim_retina *ret);
/* One model's sight of scene `index` of `seed`. */
void kit_sight(const pl_sim_eyes *eyes, uint64_t seed, uint64_t index, pl_sim_sight *ret);
/* A sight in which all glances show this layout. */
void kit_certain(const pl_sim_layout *layout, pl_sim_sight *ret);
/* A scene with the given objects, standing upright, drawn in that order. */
void kit_scene(const pl_sim_object *objects, uint32_t n, double radius_px, pl_sim_scene *ret);

/* The built-in prompts. */
const pl_prompt_set *kit_prompts(void);
void kit_prompt(pl_prompt_kind kind, const char *question, const char *first, const char *second, pl_str *ret);

/* What a model says; the caller clears ret. */
void kit_speak(const pl_sim_model *model, const pl_sim_sight *sight, pl_view prompt, uint64_t request_key,
               pl_sim_speech *ret);
/* 'A', 'B', 'C' or '?' for none. */
char kit_verdict(const pl_sim_model *model, const pl_sim_sight *sight, pl_prompt_kind kind, const char *question,
                 const char *first, const char *second, uint64_t request_key);
/* The final answer, into ret. */
void kit_answer(const pl_sim_model *model, const pl_sim_sight *sight, const char *question,
                char ret[PL_SIM_ANSWER_BYTES]);

pl_view kit_view(const pl_str *s);

#endif
