#ifndef PL_SIM_SCENE_H
#define PL_SIM_SCENE_H

#include "image.h"
#include "layout.h"
#include "question.h"
#include "rng.h"

#define PL_SIM_SCENE_OBJECTS_MIN 2u
#define PL_SIM_SCENE_OBJECTS_MAX 9u
#define PL_SIM_SCENE_QUESTIONS_MAX 8u
#define PL_SIM_SCENES_MAX 1000000u

/* How an object is drawn. Objects are painted in order: later ones lie on top. */
typedef struct pl_sim_pose {
    double cos_turn;
    double sin_turn;
    double radius_px; /* of the circle of the same area */
    int shade;        /* added to all channels */
} pl_sim_pose;

typedef struct pl_sim_scene {
    pl_sim_layout layout;
    pl_sim_pose poses[PL_SIM_SCENE_OBJECTS_MAX];
    uint32_t main_object; /* the large one nearest to the centre: the class label */
    uint64_t texture_seed;
} pl_sim_scene;

/* Scene number `index` of a seed. Only sums, products and square roots: the same on every IEEE machine. */
void pl__sim_scene_make(uint64_t seed, uint64_t index, pl_sim_scene *ret);
/* PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_scene_render(const pl_sim_scene *scene, pl_pixels *ret, pl_error *reterr);

typedef struct pl_sim_fact {
    pl_sim_question question;
    char answer[PL_SIM_ANSWER_BYTES];
} pl_sim_fact;

/* The scene's own questions, each with one clear answer; returns how many. */
uint32_t pl__sim_scene_facts(const pl_sim_scene *scene, uint64_t seed, uint64_t index,
                             pl_sim_fact ret[PL_SIM_SCENE_QUESTIONS_MAX]);

/* Signed distance (negative inside, exact near the outline) to a shape whose area is that of a circle of radius r. */
double pl__sim_shape_distance(uint8_t shape, double x, double y, double r);
/* Distance from the centre to the farthest point. */
double pl__sim_shape_reach(uint8_t shape, double r);
/* What the colours look like: 8-bit sRGB; PL_SIM_COLOURS is the background. */
extern const uint8_t pl__sim_palette[PL_SIM_COLOURS + 1][3];

#endif
