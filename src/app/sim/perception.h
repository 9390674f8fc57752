#ifndef PL_SIM_PERCEPTION_H
#define PL_SIM_PERCEPTION_H

#include "image.h"
#include "layout.h"

/* How a model sees. Nothing else separates a good model from a bad one. */
#define PL_SIM_RESOLUTION_MIN_PX 8u
#define PL_SIM_RESOLUTION_MAX_PX 128u
#define PL_SIM_GLANCES 9u            /* jittered looks at one image: the answers' distribution comes from them */
#define PL_SIM_RETINA_SIDE_MAX 1024u /* larger images are averaged down to this first */

typedef struct pl_sim_eyes {
    uint32_t resolution_px; /* along the longer side */
    double noise;           /* SD added to each 8-bit channel of each of the model's own pixels */
} pl_sim_eyes;

/* An image prepared for looking: sums over rectangles in constant time. */
typedef struct pl_sim_retina {
    uint32_t width_px;
    uint32_t height_px;
    uint32_t *sums;  /* 3 * (width_px + 1) * (height_px + 1) */
    uint64_t digest; /* of the pixels: keys the jitter */
} pl_sim_retina;

/* PL_E_NOMEM, PL_E_LIMIT (a side beyond PL_SIM_RETINA_SIDE_MAX: reduce first). */
PL_NODISCARD pl_status pl__sim_retina_init(const uint8_t *rgb, uint32_t width_px, uint32_t height_px,
                                           pl_sim_retina *ret, pl_error *reterr);
void pl__sim_retina_clear(pl_sim_retina *retina);
/* Averages whole blocks of pixels in place until both sides fit PL_SIM_RETINA_SIDE_MAX. */
void pl__sim_pixels_reduce(pl_pixels *pixels);

/* What one model makes of one image: PL_SIM_GLANCES independent readings. */
typedef struct pl_sim_sight {
    pl_sim_layout glances[PL_SIM_GLANCES];
    uint64_t digest; /* of the image */
} pl_sim_sight;

/* Looks; `seed` and `model` key the jitter together with the image and the glance. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_look(const pl_sim_eyes *eyes, const pl_sim_retina *retina, uint64_t seed,
                                    const char *model, pl_sim_sight *ret, pl_error *reterr);

#endif
