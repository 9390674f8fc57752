#include "scene.h"

#include "error.h"
#include "file.h"
#include "json.h"
#include "scene_choices.h"
#include "sim.h"
#include "thread.h"

#include <stdio.h>

#define WRITERS 4u /* threads that draw; the files do not depend on it */
#define PATH_BYTES_MAX 4096u
#define TRUTH_BYTES_MAX ((size_t)1 << 31)

typedef struct writing {
    const char *dir;
    uint64_t seed;
    uint32_t first;
} writing;

static void file_name(uint64_t number, char ret[32])
{
    (void)snprintf(ret, 32, "scene-%05llu.png", (unsigned long long)(number + 1));
}

static pl_status write_scene(size_t index, void *user, pl_error *reterr)
{
    const writing *w = user;
    uint64_t number = w->first + (uint64_t)index;
    char name[32];
    pl_sim_scene scene;
    pl_pixels pixels = {0};
    pl_str path;
    pl_str png;

    pl__str_init(&path, PATH_BYTES_MAX);
    pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
    file_name(number, name);
    pl__sim_scene_make(w->seed, number, &scene);
    pl_status rc = pl__sim_scene_render(&scene, &pixels, reterr);
    if (!rc)
        rc = pl__image_encode_png(&pixels, &png, reterr);
    if (!rc && pl__str_appendf(&path, "%s/%s", w->dir, name))
        rc = pl__fail(reterr, PL_E_LIMIT, "the path of %s is too long", name);
    if (!rc)
        rc = pl__file_write(pl__str_c(&path), pl__view_n(pl__str_c(&png), png.len), reterr);
    pl__pixels_clear(&pixels);
    pl__str_clear(&png);
    pl__str_clear(&path);
    return rc;
}

static pl_status object_json(const pl_sim_object *o, json_t *list)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;
    if (!rc)
        rc = pl__json_set_string(doc, "colour", pl__sim_colour_name(o->colour));
    if (!rc)
        rc = pl__json_set_string(doc, "shape", pl__sim_shape_name(o->shape));
    if (!rc)
        rc = pl__json_set_string(doc, "size", pl__sim_size_name(o->size));
    if (!rc)
        rc = pl__json_set_number(doc, "x", o->x);
    if (!rc)
        rc = pl__json_set_number(doc, "y", o->y);
    return json_array_append_new(list, doc) || rc ? PL_E_NOMEM : PL_OK;
}

static pl_status fact_json(const pl_sim_fact *fact, json_t *list)
{
    char question[PL_SIM_QUESTION_BYTES];
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;
    pl__sim_question_write(&fact->question, question);
    if (!rc)
        rc = pl__json_set_string(doc, "question", question);
    if (!rc)
        rc = pl__json_set_string(doc, "answer", fact->answer);
    return json_array_append_new(list, doc) || rc ? PL_E_NOMEM : PL_OK;
}

/* One line of truth.jsonl. */
static pl_status truth_line(const writing *w, uint64_t number, pl_str *out)
{
    char name[32];
    char label[PL_SIM_PHRASE_BYTES];
    pl_sim_scene scene;
    pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
    json_t *doc = json_object();
    json_t *objects = json_array();
    json_t *questions = json_array();
    pl_status rc = doc && objects && questions ? PL_OK : PL_E_NOMEM;

    file_name(number, name);
    pl__sim_scene_make(w->seed, number, &scene);
    const pl_sim_object *main_object = &scene.layout.objects[scene.main_object];
    pl_sim_noun noun = {.size = PL_SIM_ANY, .colour = main_object->colour, .shape = main_object->shape};
    pl__sim_noun_write(&noun, false, label);
    uint32_t n_facts = pl__sim_scene_facts(&scene, w->seed, number, facts);
    for (uint32_t i = 0; !rc && i < scene.layout.n; i++)
        rc = object_json(&scene.layout.objects[i], objects);
    for (uint32_t i = 0; !rc && i < n_facts; i++)
        rc = fact_json(&facts[i], questions);
    if (!rc)
        rc = pl__json_set_string(doc, "image", name);
    if (!rc)
        rc = pl__json_set_string(doc, "label", label);
    if (!rc)
        rc = pl__json_set(doc, "objects", json_incref(objects));
    if (!rc)
        rc = pl__json_set(doc, "questions", json_incref(questions));
    if (!rc)
        rc = pl__json_write(doc, out);
    if (!rc)
        rc = pl__str_append_char(out, '\n');
    json_decref(objects);
    json_decref(questions);
    json_decref(doc);
    return rc;
}

static pl_status choice_line(const char *image, uint32_t index, const pl_sim_fact *fact, pl_rng *rng, pl_str *out)
{
    char question[PL_SIM_QUESTION_BYTES];
    char id[64];
    pl_sim_options options;
    json_t *doc = json_object();
    json_t *list = json_array();
    pl_status rc = doc && list ? PL_OK : PL_E_NOMEM;

    pl__sim_fact_options(fact, rng, &options);
    pl__sim_question_write(&fact->question, question);
    (void)snprintf(id, sizeof(id), "%s#%u", image, (unsigned)index + 1);
    for (uint32_t i = 0; !rc && i < options.n; i++)
        rc = json_array_append_new(list, json_string(options.texts[i])) ? PL_E_NOMEM : PL_OK;
    if (!rc)
        rc = pl__json_set_string(doc, "id", id);
    if (!rc)
        rc = pl__json_set_string(doc, "image", image);
    if (!rc)
        rc = pl__json_set_string(doc, "question", question);
    if (!rc)
        rc = pl__json_set(doc, "options", json_incref(list));
    if (!rc)
        rc = pl__json_set_string(doc, "label", fact->answer);
    if (!rc)
        rc = pl__json_write(doc, out);
    if (!rc)
        rc = pl__str_append_char(out, '\n');
    json_decref(list);
    json_decref(doc);
    return rc;
}

/* The lines of choices.jsonl about one scene. */
static pl_status choice_lines(const writing *w, uint64_t number, pl_str *out)
{
    char name[32];
    pl_sim_scene scene;
    pl_sim_fact facts[PL_SIM_SCENE_QUESTIONS_MAX];
    pl_rng rng;
    uint32_t n = 0;
    pl_status rc = PL_OK;

    file_name(number, name);
    pl__sim_scene_make(w->seed, number, &scene);
    pl__rng_init(&rng, w->seed, "sim options", number);
    n = pl__sim_scene_facts(&scene, w->seed, number, facts);
    for (uint32_t i = 0; !rc && i < n; i++)
        rc = choice_line(name, i, &facts[i], &rng, out);
    return rc;
}

static pl_status write_lines(const writing *w, uint32_t n, const char *name,
                             pl_status (*line)(const writing *w, uint64_t number, pl_str *out), pl_error *reterr)
{
    pl_str path;
    pl_str text;
    pl_status rc = PL_OK;

    pl__str_init(&path, PATH_BYTES_MAX);
    pl__str_init(&text, TRUTH_BYTES_MAX);
    for (uint32_t i = 0; !rc && i < n; i++)
        rc = line(w, w->first + (uint64_t)i, &text);
    if (!rc)
        rc = pl__str_appendf(&path, "%s/%s", w->dir, name);
    if (rc)
        rc = pl__fail(reterr, rc, "%s of %u scenes", name, (unsigned)n);
    else
        rc = pl__file_write(pl__str_c(&path), pl__view_n(text.ptr, text.len), reterr);
    pl__str_clear(&text);
    pl__str_clear(&path);
    return rc;
}

pl_status pl__sim_write_scenes(const char *dir, uint32_t n, uint32_t first, uint64_t seed, pl_error *reterr)
{
    writing w = {.dir = dir, .seed = seed, .first = first};
    pl_status rc = PL_OK;

    if (n == 0 || n > PL_SIM_SCENES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "1 to %u scenes can be written", PL_SIM_SCENES_MAX);
    rc = pl__dir_make(dir, reterr);
    if (!rc)
        rc = pl__parallel_for(n, WRITERS, write_scene, &w, reterr);
    if (!rc)
        rc = write_lines(&w, n, "truth.jsonl", truth_line, reterr);
    return rc ? rc : write_lines(&w, n, "choices.jsonl", choice_lines, reterr);
}
