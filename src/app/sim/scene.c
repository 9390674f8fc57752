#include "scene.h"

#include "alloc.h"
#include "error.h"
#include "hash.h"
#include "sim.h"

#include <math.h>
#include <string.h>

#define SIDE ((double)PL_SIM_SCENE_SIDE_PX)
#define RADIUS_SMALL_PX 16.0
#define RADIUS_LARGE_PX 36.0
#define LARGE_SHARE 0.3         /* of the objects after the first, which is always large */
#define EDGE_PX 6.0             /* between an object and the image's edge */
#define SAME_COLOUR_GAP_PX 16.0 /* objects of one colour never touch: they could not be told apart */
#define OVERLAP_CLOSENESS 0.68  /* least distance of two centres, as a share of the sum of their radii */
#define PLACE_ATTEMPTS 400u
#define PI 3.14159265358979323846

/* A turn with a rational sine and cosine: t in [-span, span] is tan of half the angle. No libm, so no last-bit doubt.
 */
static void turn(pl_rng *rng, double span, pl_sim_pose *pose)
{
    double t = (2.0 * pl__rng_uniform(rng) - 1.0) * span;
    pose->cos_turn = (1.0 - t * t) / (1.0 + t * t);
    pose->sin_turn = 2.0 * t / (1.0 + t * t);
}

static bool has_room(const pl_sim_scene *scene, const pl_sim_object *o, double radius)
{
    const pl_sim_layout *l = &scene->layout;
    for (uint32_t i = 0; i < l->n; i++) {
        const pl_sim_object *other = &l->objects[i];
        double dx = (o->x - other->x) * SIDE;
        double dy = (o->y - other->y) * SIDE;
        double distance = sqrt(dx * dx + dy * dy);
        double other_radius = scene->poses[i].radius_px;
        double least = OVERLAP_CLOSENESS * (radius + other_radius);
        if (o->colour == other->colour) {
            least = pl__sim_shape_reach(o->shape, radius) + pl__sim_shape_reach(other->shape, other_radius) +
                    SAME_COLOUR_GAP_PX;
        }
        if (distance < least)
            return false;
    }
    return true;
}

static void add_object(pl_sim_scene *scene, pl_rng *rng, bool large, const uint32_t *colours, uint32_t n_colours)
{
    pl_sim_layout *l = &scene->layout;
    pl_sim_pose pose = {.radius_px = large ? RADIUS_LARGE_PX : RADIUS_SMALL_PX};
    pl_sim_object o = {.size = large ? PL_SIM_LARGE : PL_SIM_SMALL};
    o.colour = (uint8_t)colours[pl__rng_below(rng, n_colours)];
    o.shape = (uint8_t)pl__rng_below(rng, PL_SIM_SHAPES);
    o.area = PI * pose.radius_px * pose.radius_px / (SIDE * SIDE);
    turn(rng, o.shape == PL_SIM_SQUARE ? 0.14 : 0.3, &pose);
    pose.shade = (int)pl__rng_below(rng, 13) - 6;
    double margin = pl__sim_shape_reach(o.shape, pose.radius_px) + EDGE_PX;
    for (uint32_t attempt = 0; attempt < PLACE_ATTEMPTS; attempt++) {
        o.x = (margin + pl__rng_uniform(rng) * (SIDE - 2.0 * margin)) / SIDE;
        o.y = (margin + pl__rng_uniform(rng) * (SIDE - 2.0 * margin)) / SIDE;
        if (has_room(scene, &o, pose.radius_px)) {
            l->objects[l->n] = o;
            scene->poses[l->n] = pose;
            l->n++;
            return;
        }
    }
}

static uint32_t find_main(const pl_sim_layout *l)
{
    uint32_t best = 0;
    double best_distance = 4.0;
    for (uint32_t i = 0; i < l->n; i++) {
        double dx = l->objects[i].x - 0.5;
        double dy = l->objects[i].y - 0.5;
        double distance = dx * dx + dy * dy;
        if (l->objects[i].size == PL_SIM_LARGE && distance < best_distance) {
            best = i;
            best_distance = distance;
        }
    }
    return best;
}

void pl__sim_scene_make(uint64_t seed, uint64_t index, pl_sim_scene *ret)
{
    pl_rng rng;
    uint32_t colours[PL_SIM_COLOURS];

    *ret = (pl_sim_scene){0};
    pl__rng_init(&rng, seed, "sim scene", index);
    for (uint32_t i = 0; i < PL_SIM_COLOURS; i++)
        colours[i] = i;
    pl__rng_shuffle(&rng, colours, PL_SIM_COLOURS);
    uint32_t n_colours = 2u + (uint32_t)pl__rng_below(&rng, 4);
    uint32_t span = PL_SIM_SCENE_OBJECTS_MAX - PL_SIM_SCENE_OBJECTS_MIN + 1u;
    uint32_t wanted = PL_SIM_SCENE_OBJECTS_MIN + (uint32_t)pl__rng_below(&rng, span);
    uint32_t n_large = 1;
    for (uint32_t i = 1; i < wanted; i++)
        n_large += pl__rng_uniform(&rng) < LARGE_SHARE ? 1u : 0u;
    /* Large ones first: small ones lie on top and stay visible. */
    for (uint32_t i = 0; i < wanted; i++)
        add_object(ret, &rng, i < n_large, colours, n_colours);
    /* The first two always find room in an empty picture, were it not for bad luck: try again until they do. */
    while (ret->layout.n < PL_SIM_SCENE_OBJECTS_MIN)
        add_object(ret, &rng, false, colours, n_colours);
    ret->main_object = find_main(&ret->layout);
    ret->texture_seed = pl__rng_u64(&rng);
}

/* ---- pixels ---- */

#define LATTICE 15u /* texture cells along a side, plus one */
#define LATTICE_AMPLITUDE 8.0
#define SPECK_ONE_IN 64u
#define SPECK_DEPTH 14

static int clamp_byte(int x)
{
    return x < 0 ? 0 : x > 255 ? 255 : x;
}

/* Soft blotches with a sparse grain, the same in all channels: light and shade, no colour. */
static void paint_background(const pl_sim_scene *scene, pl_pixels *px)
{
    pl_rng rng;
    double lattice[LATTICE + 1][LATTICE + 1];
    const uint8_t *base = pl__sim_palette[PL_SIM_COLOURS];

    pl__rng_init(&rng, scene->texture_seed, "sim texture", 0);
    for (uint32_t i = 0; i <= LATTICE; i++) {
        for (uint32_t k = 0; k <= LATTICE; k++)
            lattice[i][k] = (2.0 * pl__rng_uniform(&rng) - 1.0) * LATTICE_AMPLITUDE;
    }
    for (uint32_t y = 0; y < px->height_px; y++) {
        double v = (double)y * (LATTICE - 1.0) / px->height_px;
        uint32_t iv = (uint32_t)v;
        double fv = v - iv;
        for (uint32_t x = 0; x < px->width_px; x++) {
            double u = (double)x * (LATTICE - 1.0) / px->width_px;
            uint32_t iu = (uint32_t)u;
            double fu = u - iu;
            double upper = lattice[iv][iu] * (1.0 - fu) + lattice[iv][iu + 1] * fu;
            double lower = lattice[iv + 1][iu] * (1.0 - fu) + lattice[iv + 1][iu + 1] * fu;
            int light = (int)floor(upper * (1.0 - fv) + lower * fv);
            if (pl__rng_u64(&rng) % SPECK_ONE_IN == 0)
                light -= SPECK_DEPTH;
            uint8_t *p = px->rgb + 3 * ((size_t)y * px->width_px + x);
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)clamp_byte(base[c] + light);
        }
    }
}

static void paint_object(const pl_sim_object *o, const pl_sim_pose *pose, pl_pixels *px)
{
    double cx = o->x * px->width_px;
    double cy = o->y * px->height_px;
    double reach = pl__sim_shape_reach(o->shape, pose->radius_px) + 1.0;
    int x0 = (int)fmax(0.0, cx - reach);
    int y0 = (int)fmax(0.0, cy - reach);
    int x1 = (int)fmin(px->width_px, cx + reach + 1.0);
    int y1 = (int)fmin(px->height_px, cy + reach + 1.0);
    const uint8_t *colour = pl__sim_palette[o->colour];

    for (int y = y0; y < y1; y++) {
        for (int x = x0; x < x1; x++) {
            double dx = x + 0.5 - cx;
            double dy = y + 0.5 - cy;
            double d = pl__sim_shape_distance(o->shape, pose->cos_turn * dx + pose->sin_turn * dy,
                                              -pose->sin_turn * dx + pose->cos_turn * dy, pose->radius_px);
            double cover = fmin(1.0, fmax(0.0, 0.5 - d)); /* of the pixel: a straight edge's, to first order */
            if (cover <= 0.0)
                continue;
            uint8_t *p = px->rgb + 3 * ((size_t)y * px->width_px + (size_t)x);
            for (int c = 0; c < 3; c++) {
                double target = clamp_byte(colour[c] + pose->shade);
                p[c] = (uint8_t)floor(p[c] + cover * (target - p[c]) + 0.5);
            }
        }
    }
}

pl_status pl__sim_scene_render(const pl_sim_scene *scene, pl_pixels *ret, pl_error *reterr)
{
    pl_pixels px = {.width_px = PL_SIM_SCENE_SIDE_PX, .height_px = PL_SIM_SCENE_SIDE_PX};

    px.rgb = pl__malloc((size_t)3 * px.width_px * px.height_px);
    if (!px.rgb)
        return pl__fail(reterr, PL_E_NOMEM, "pixels of a scene");
    paint_background(scene, &px);
    for (uint32_t i = 0; i < scene->layout.n; i++)
        paint_object(&scene->layout.objects[i], &scene->poses[i], &px);
    *ret = px;
    return PL_OK;
}
