#include "sim_kit.h"

#include "file.h"
#include "hash.h"
#include "json.h"
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCENES 200u

static void digest_of(uint64_t seed, uint64_t index, char ret[PL_DIGEST_HEX_BYTES])
{
    pl_error err = {0};
    pl_sim_scene scene;
    pl_pixels px = {0};
    pl_digest digest;
    pl__sim_scene_make(seed, index, &scene);
    PL_KIT_OK(pl__sim_scene_render(&scene, &px, &err), &err);
    assert_int_equal(px.width_px, PL_SIM_SCENE_SIDE_PX);
    assert_int_equal(px.height_px, PL_SIM_SCENE_SIDE_PX);
    pl__sha256(px.rgb, (size_t)3 * px.width_px * px.height_px, &digest);
    pl__digest_hex(&digest, ret);
    pl__pixels_clear(&px);
}

static void same_seed_same_pixels(void **state)
{
    char a[PL_DIGEST_HEX_BYTES];
    char b[PL_DIGEST_HEX_BYTES];
    (void)state;
    digest_of(1, 0, a);
    /* Pins the drawing: whoever changes it changes every simulated result, and says so by changing this line. */
    assert_string_equal(a, "2cc63a988622eece22a1bf52ff569764339e1be1edf2c841742d18cdc3111777");
    digest_of(1, 0, b);
    assert_string_equal(a, b);
    digest_of(1, 1, b);
    assert_string_not_equal(a, b);
    digest_of(2, 0, b);
    assert_string_not_equal(a, b);
}

static void check_layout(const pl_sim_scene *s)
{
    bool large = false;
    assert_in_range(s->layout.n, PL_SIM_SCENE_OBJECTS_MIN, PL_SIM_SCENE_OBJECTS_MAX);
    for (uint32_t i = 0; i < s->layout.n; i++) {
        const pl_sim_object *o = &s->layout.objects[i];
        double reach = pl__sim_shape_reach(o->shape, s->poses[i].radius_px) / PL_SIM_SCENE_SIDE_PX;
        large = large || o->size == PL_SIM_LARGE;
        assert_true(o->x - reach >= 0.0 && o->x + reach <= 1.0 && o->y - reach >= 0.0 && o->y + reach <= 1.0);
        for (uint32_t k = 0; k < i; k++) {
            const pl_sim_object *p = &s->layout.objects[k];
            double other = pl__sim_shape_reach(p->shape, s->poses[k].radius_px) / PL_SIM_SCENE_SIDE_PX;
            if (p->colour == o->colour)
                assert_true(hypot(o->x - p->x, o->y - p->y) > reach + other);
        }
    }
    assert_true(large);
    assert_int_equal(s->layout.objects[s->main_object].size, PL_SIM_LARGE);
}

static void scenes_keep_to_their_rules(void **state)
{
    uint32_t objects = 0;
    uint32_t overlaps = 0;
    (void)state;
    for (uint64_t i = 0; i < SCENES; i++) {
        pl_sim_scene s;
        pl__sim_scene_make(pl__kit_seed(), i, &s);
        check_layout(&s);
        objects += s.layout.n;
        for (uint32_t a = 1; a < s.layout.n; a++) {
            for (uint32_t b = 0; b < a; b++) {
                double d =
                    hypot(s.layout.objects[a].x - s.layout.objects[b].x, s.layout.objects[a].y - s.layout.objects[b].y);
                overlaps += d * PL_SIM_SCENE_SIDE_PX < s.poses[a].radius_px + s.poses[b].radius_px ? 1u : 0u;
            }
        }
    }
    assert_in_range(objects, 4 * SCENES, 7 * SCENES); /* on average about half way from 2 to 9 */
    assert_true(overlaps > 0);
}

static void every_question_has_one_answer_and_is_understood(void **state)
{
    uint32_t kinds[PL_SIM_QUESTION_KINDS] = {0};
    (void)state;
    for (uint64_t i = 0; i < SCENES; i++) {
        pl_sim_scene s;
        pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
        pl__sim_scene_make(pl__kit_seed(), i, &s);
        uint32_t n = pl__sim_scene_facts(&s, pl__kit_seed(), i, facts);
        assert_in_range(n, 2, PL_SIM_SCENE_QUESTIONS_MAX);
        for (uint32_t k = 0; k < n; k++) {
            char text[PL_SIM_QUESTION_BYTES];
            char answer[PL_SIM_ANSWER_BYTES];
            pl_sim_question q;
            pl__sim_question_write(&facts[k].question, text);
            assert_true(pl__sim_question_parse(pl__view(text), &q));
            assert_true(pl__sim_question_answer(&q, &s.layout, true, answer));
            assert_string_equal(answer, facts[k].answer);
            kinds[q.kind]++;
        }
    }
    for (uint32_t k = 0; k < PL_SIM_QUESTION_KINDS; k++)
        assert_in_range(kinds[k], SCENES / 4, 2 * SCENES);
}

static json_t *parse_line(char *line)
{
    pl_error err = {0};
    json_t *doc = NULL;
    PL_KIT_OK(pl__json_parse(pl__view(line), &doc, &err), &err);
    return doc;
}

static void scenes_are_written_with_their_truth(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    char *sub = pl__kit_path(dir, "deep/scenes");
    char *later = pl__kit_path(dir, "later");
    PL_KIT_OK(pl__sim_write_scenes(sub, 3, 0, 5, &err), &err);
    PL_KIT_OK(pl__sim_write_scenes(later, 2, 1, 5, &err), &err);

    char *truth_path = pl__kit_path(sub, "truth.jsonl");
    char *truth = pl__kit_read(truth_path, NULL);
    uint64_t index = 0;
    for (char *line = truth; *line; index++) {
        char *end = strchr(line, '\n');
        char wanted[32];
        pl_sim_scene scene;
        assert_non_null(end);
        *end = '\0';
        json_t *doc = parse_line(line);
        pl__sim_scene_make(5, index, &scene);
        (void)snprintf(wanted, sizeof(wanted), "scene-%05u.png", (unsigned)index + 1u);
        assert_string_equal(json_string_value(json_object_get(doc, "image")), wanted);
        assert_int_equal(json_array_size(json_object_get(doc, "objects")), scene.layout.n);
        assert_true(json_array_size(json_object_get(doc, "questions")) >= 2);
        const char *label = json_string_value(json_object_get(doc, "label"));
        assert_non_null(strstr(label, pl__sim_shape_name(scene.layout.objects[scene.main_object].shape)));
        json_decref(doc);
        line = end + 1;
    }
    assert_int_equal(index, 3);

    size_t n = 0;
    size_t n_again = 0;
    char *path = pl__kit_path(sub, "scene-00002.png");
    char *path_again = pl__kit_path(later, "scene-00002.png");
    char *png = pl__kit_read(path, &n);
    char *png_again = pl__kit_read(path_again, &n_again);
    assert_int_equal(n, n_again);
    assert_memory_equal(png, png_again, n);

    pl_sim_scene scene;
    pl_pixels drawn = {0};
    pl_pixels read = {0};
    pl__sim_scene_make(5, 1, &scene);
    PL_KIT_OK(pl__sim_scene_render(&scene, &drawn, &err), &err);
    PL_KIT_OK(pl__image_decode(png, n, &read, &err), &err);
    assert_int_equal(read.width_px, drawn.width_px);
    assert_memory_equal(read.rgb, drawn.rgb, (size_t)3 * drawn.width_px * drawn.height_px);
    pl__pixels_clear(&drawn);
    pl__pixels_clear(&read);
    char *strings[] = {sub, later, truth_path, truth, path, path_again, png, png_again};
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
        free(strings[i]);
}

static void what_cannot_be_written_is_said(void **state)
{
    pl_error err = {0};
    char *file = pl__kit_write_text(*state, "file", "x");
    PL_KIT_STATUS(pl__sim_write_scenes(file, 1, 0, 1, &err), PL_E_IO, &err);
    PL_KIT_STATUS(pl__sim_write_scenes(*state, 0, 0, 1, &err), PL_E_LIMIT, &err);
    PL_KIT_STATUS(pl__sim_write_scenes(*state, PL_SIM_SCENES_MAX + 1, 0, 1, &err), PL_E_LIMIT, &err);
    free(file);
}

static pl_status render_once(void *user, pl_error *err)
{
    pl_sim_scene scene;
    pl_pixels px = {0};
    (void)user;
    pl__sim_scene_make(1, 0, &scene);
    pl_status rc = pl__sim_scene_render(&scene, &px, err);
    pl__pixels_clear(&px);
    return rc;
}

static void drawing_survives_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("pl__sim_scene_render", render_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_pixels),
        cmocka_unit_test(scenes_keep_to_their_rules),
        cmocka_unit_test(every_question_has_one_answer_and_is_understood),
        cmocka_unit_test_setup_teardown(scenes_are_written_with_their_truth, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_said, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(drawing_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
