#include "sim_kit.h"

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const pl_sim_eyes sharp = {.resolution_px = 96, .noise = 4.0};

static void look_at(const pl_sim_scene *scene, const pl_sim_eyes *eyes, uint64_t seed, pl_sim_sight *ret)
{
    pl_error err = {0};
    pl_sim_retina retina = {0};
    kit_retina(scene, &retina);
    PL_KIT_OK(pl__sim_look(eyes, &retina, seed, "m", ret, &err), &err);
    pl__sim_retina_clear(&retina);
}

/* How many of the glances at one object take its shape for another; all else must be right. */
static uint32_t mistaken_shapes(uint8_t colour, uint8_t shape, uint8_t size)
{
    const pl_sim_object o = {.colour = colour, .shape = shape, .x = 0.3, .y = 0.7};
    pl_sim_scene scene;
    pl_sim_sight sight;
    uint32_t mistakes = 0;
    kit_scene(&o, 1, size == PL_SIM_LARGE ? 36.0 : 16.0, &scene);
    look_at(&scene, &sharp, 1, &sight);
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        const pl_sim_object *seen = &sight.glances[i].objects[0];
        assert_int_equal(sight.glances[i].n, 1);
        assert_int_equal(seen->colour, colour);
        assert_int_equal(seen->size, size);
        PL_KIT_CLOSE(seen->x, 0.3, 0.03);
        PL_KIT_CLOSE(seen->y, 0.7, 0.03);
        mistakes += seen->shape != shape ? 1u : 0u;
    }
    return mistakes;
}

static void sharp_eyes_see_each_object_for_what_it_is(void **state)
{
    (void)state;
    for (uint8_t colour = 0; colour < PL_SIM_COLOURS; colour++) {
        for (uint8_t shape = 0; shape < PL_SIM_SHAPES; shape++) {
            assert_int_equal(mistaken_shapes(colour, shape, PL_SIM_LARGE), 0);
            /* A small object is seven cells wide: a glance may err, but not the majority. */
            assert_true(mistaken_shapes(colour, shape, PL_SIM_SMALL) <= PL_SIM_GLANCES / 3);
        }
    }
}

static void mistakes_have_causes(void **state)
{
    const pl_sim_eyes blind = {.resolution_px = 8, .noise = 0.0};
    const pl_sim_object pair[2] = {{.colour = 0, .shape = PL_SIM_SQUARE, .x = 0.45, .y = 0.5},
                                   {.colour = 0, .shape = PL_SIM_SQUARE, .x = 0.62, .y = 0.5}};
    pl_sim_scene scene;
    pl_sim_sight sight;
    (void)state;
    kit_scene(pair, 2, 36.0, &scene);
    look_at(&scene, &sharp, 1, &sight);
    assert_int_equal(sight.glances[0].n, 2);
    /* Cells of 56 px cannot hold them apart. */
    look_at(&scene, &blind, 1, &sight);
    assert_int_equal(sight.glances[0].n, 1);
    /* Noise alone makes up spots that are not there. */
    const pl_sim_eyes noisy = {.resolution_px = 24, .noise = 90.0};
    kit_scene(NULL, 0, 0.0, &scene);
    look_at(&scene, &sharp, 1, &sight);
    assert_int_equal(sight.glances[0].n, 0);
    look_at(&scene, &noisy, 1, &sight);
    assert_true(sight.glances[0].n > 3);
}

static void looking_depends_on_seed_model_and_image_alone(void **state)
{
    const pl_sim_eyes eyes = {.resolution_px = 32, .noise = 12.0};
    pl_sim_scene scene;
    pl_sim_sight a;
    pl_sim_sight b;
    (void)state;
    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));
    pl__sim_scene_make(3, 3, &scene);
    look_at(&scene, &eyes, 1, &a);
    look_at(&scene, &eyes, 1, &b);
    assert_int_equal(a.digest, b.digest);
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        assert_int_equal(a.glances[i].n, b.glances[i].n);
        for (uint32_t k = 0; k < a.glances[i].n; k++) {
            assert_true(a.glances[i].objects[k].x == b.glances[i].objects[k].x);
            assert_int_equal(a.glances[i].objects[k].shape, b.glances[i].objects[k].shape);
        }
    }
    look_at(&scene, &eyes, 2, &b);
    bool differs = false;
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++)
        differs = differs || a.glances[i].n != b.glances[i].n || a.glances[i].objects[0].x != b.glances[i].objects[0].x;
    assert_true(differs);
}

static void jpeg_hides_nothing(void **state)
{
    const pl_image_policy policy = {.max_side_px = 1536, .format = PL_IMAGE_JPEG, .quality = 90};
    const pl_sim_eyes eyes = {.resolution_px = 96, .noise = 10.0};
    pl_error err = {0};
    uint32_t right = 0;
    uint32_t asked = 0;
    PL_KIT_OK(pl__sim_write_scenes(*state, 6, 0, 11, &err), &err);
    for (uint32_t i = 0; i < 6; i++) {
        char name[32];
        pl_sim_scene scene;
        pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
        pl_sim_sight sight;
        pl_fitted_image fitted = {0};
        pl_str jpeg;
        pl_pixels px = {0};
        pl_sim_retina retina = {0};
        (void)snprintf(name, sizeof(name), "scene-%05u.png", (unsigned)i + 1u);
        char *path = pl__kit_path(*state, name);
        PL_KIT_OK(pl__image_fit(path, &policy, &fitted, &err), &err);
        assert_string_equal(fitted.media_type, "image/jpeg");
        pl__str_init(&jpeg, PL_STR_LIMIT_DEFAULT);
        PL_KIT_OK(pl__str_append_base64_decoded(&jpeg, pl__blob_view(fitted.base64)), &err);
        PL_KIT_OK(pl__image_decode(jpeg.ptr, jpeg.len, &px, &err), &err);
        PL_KIT_OK(pl__sim_retina_init(px.rgb, px.width_px, px.height_px, &retina, &err), &err);
        PL_KIT_OK(pl__sim_look(&eyes, &retina, 1, "m", &sight, &err), &err);
        pl__sim_scene_make(11, i, &scene);
        uint32_t n = pl__sim_scene_facts(&scene, 11, i, facts);
        for (uint32_t k = 0; k < n; k++, asked++) {
            pl_sim_belief belief;
            pl__sim_believe(&facts[k].question, &sight, &belief);
            right += strcmp(belief.choices[0].text, facts[k].answer) == 0 ? 1u : 0u;
        }
        pl__sim_retina_clear(&retina);
        pl__pixels_clear(&px);
        pl__str_clear(&jpeg);
        pl__fitted_image_clear(&fitted);
        free(path);
    }
    assert_true(asked >= 24 && right * 100 >= asked * 95);
}

static void large_and_odd_images_are_looked_at_too(void **state)
{
    pl_error err = {0};
    (void)state;
    const uint32_t sizes[4][2] = {{2300, 40}, {40, 2300}, {1, 1}, {1025, 1025}};
    for (size_t i = 0; i < 4; i++) {
        pl_pixels px = {.width_px = sizes[i][0], .height_px = sizes[i][1]};
        pl_sim_retina retina = {0};
        pl_sim_sight sight;
        size_t n = (size_t)px.width_px * px.height_px;
        uint8_t *rgb = malloc(3 * n);
        for (size_t k = 0; k < n; k++)
            memcpy(rgb + 3 * k, pl__sim_palette[2], 3);
        px.rgb = rgb;
        pl__sim_pixels_reduce(&px);
        assert_true(px.width_px <= PL_SIM_RETINA_SIDE_MAX && px.height_px <= PL_SIM_RETINA_SIDE_MAX);
        assert_memory_equal(px.rgb, pl__sim_palette[2], 3);
        PL_KIT_OK(pl__sim_retina_init(px.rgb, px.width_px, px.height_px, &retina, &err), &err);
        PL_KIT_OK(pl__sim_look(&sharp, &retina, 1, "m", &sight, &err), &err);
        assert_int_equal(sight.glances[0].n, 1);
        assert_int_equal(sight.glances[0].objects[0].colour, 2);
        pl__sim_retina_clear(&retina);
        free(rgb);
    }
    pl_sim_retina none = {0};
    uint8_t pixel[3] = {0};
    PL_KIT_STATUS(pl__sim_retina_init(pixel, 0, 1, &none, &err), PL_E_LIMIT, &err);
    PL_KIT_STATUS(pl__sim_retina_init(pixel, PL_SIM_RETINA_SIDE_MAX + 1, 1, &none, &err), PL_E_LIMIT, &err);
    assert_null(none.sums);
}

static pl_status look_once(void *user, pl_error *err)
{
    pl_sim_retina retina = {0};
    pl_sim_sight sight;
    uint8_t rgb[3 * 16] = {0};
    (void)user;
    pl_status rc = pl__sim_retina_init(rgb, 4, 4, &retina, err);
    if (!rc)
        rc = pl__sim_look(&sharp, &retina, 1, "m", &sight, err);
    pl__sim_retina_clear(&retina);
    return rc;
}

static void looking_survives_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("pl__sim_look", look_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharp_eyes_see_each_object_for_what_it_is),
        cmocka_unit_test(mistakes_have_causes),
        cmocka_unit_test(looking_depends_on_seed_model_and_image_alone),
        cmocka_unit_test_setup_teardown(jpeg_hides_nothing, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(large_and_odd_images_are_looked_at_too),
        cmocka_unit_test(looking_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
