#include "config.h"

#include "chat.h"
#include "config_memory.h"
#include "error.h"
#include "item.h"
#include "json.h"
#include "schema.h"

#include <math.h>
#include <string.h>

/* Reads what canonical.c writes. The first failure stays; later getters are then skipped. */
typedef struct reader {
    pl_arena *arena;
    pl_status rc;
    pl_error *err;
} reader;

static void fail(reader *r, pl_status rc, const char *key, const char *what)
{
    if (r->rc == PL_OK)
        r->rc = pl__fail(r->err, rc, "stored configuration: %s: %s", key, what);
}

static const char *get_text(reader *r, const json_t *obj, const char *key, bool required)
{
    const char *found = NULL;
    const char *copy = NULL;
    if (r->rc != PL_OK)
        return NULL;
    r->rc = pl__json_get_string(obj, key, &found, r->err);
    if (r->rc == PL_OK && !found && required)
        fail(r, PL_E_PARSE, key, "is missing");
    if (r->rc == PL_OK && found) {
        copy = pl__arena_strdup(r->arena, found);
        if (!copy)
            fail(r, PL_E_NOMEM, key, "no memory");
    }
    return copy;
}

static int64_t get_integer(reader *r, const json_t *obj, const char *key, int64_t min, int64_t max)
{
    const json_t *found = json_object_get(obj, key);
    int64_t value = json_is_integer(found) ? json_integer_value(found) : 0;
    if (!json_is_integer(found) || value < min || value > max)
        fail(r, PL_E_PARSE, key, "is no whole number in its range");
    return value;
}

static double get_number(reader *r, const json_t *obj, const char *key, double max)
{
    const json_t *found = json_object_get(obj, key);
    double value = json_is_number(found) ? json_number_value(found) : -1.0;
    if (!(value >= 0.0 && value <= max) || signbit(value))
        fail(r, PL_E_PARSE, key, "is no number in its range");
    return value;
}

static bool get_bool(reader *r, const json_t *obj, const char *key)
{
    const json_t *found = json_object_get(obj, key);
    if (!json_is_boolean(found))
        fail(r, PL_E_PARSE, key, "is neither true nor false");
    return json_is_true(found);
}

static uint32_t get_choice(reader *r, const json_t *obj, const char *key, const pl_choice *choices)
{
    const char *word = json_string_value(json_object_get(obj, key));
    const pl_choice *choice = word ? pl__choice_by_word(choices, word) : NULL;
    if (!choice || choice->later) {
        fail(r, PL_E_PARSE, key, "is none of the known words");
        return choices[0].value;
    }
    return choice->value;
}

static const json_t *get_object(reader *r, const json_t *obj, const char *key)
{
    const json_t *found = json_object_get(obj, key);
    if (!json_is_object(found))
        fail(r, PL_E_PARSE, key, "is no object");
    return found;
}

static const char *get_extra(reader *r, const json_t *params)
{
    const json_t *extra = json_object_get(params, "extra");
    const char *copy = NULL;
    pl_str text;
    if (!extra || r->rc != PL_OK)
        return NULL;
    if (!json_is_object(extra)) {
        fail(r, PL_E_PARSE, "extra", "is no object");
        return NULL;
    }
    pl__str_init(&text, PL_JSON_DOCUMENT_BYTES_MAX);
    pl_status rc = pl__json_write_canonical(extra, &text);
    if (rc == PL_OK) {
        copy = pl__arena_strndup(r->arena, pl__str_c(&text), text.len);
        rc = copy ? PL_OK : PL_E_NOMEM;
    }
    if (rc != PL_OK)
        fail(r, rc, "extra", pl_status_text(rc));
    pl__str_clear(&text);
    return copy;
}

static void read_model(reader *r, const json_t *from, pl_model_spec *to)
{
    to->name = get_text(r, from, "name", true);
    to->provider = get_text(r, from, "provider", true);
    to->model = get_text(r, from, "model", true);
    to->endpoint = get_text(r, from, "endpoint", true);
    to->family = get_text(r, from, "family", true);
    to->max_completion_tokens = get_bool(r, from, "max_completion_tokens");
    const json_t *params = get_object(r, from, "params");
    to->params.temperature = get_number(r, params, "temperature", 10.0);
    to->params.max_tokens = (uint32_t)get_integer(r, params, "max_tokens", 1, 1000000);
    to->params.has_seed = json_object_get(params, "seed") != NULL;
    if (to->params.has_seed)
        to->params.seed = get_integer(r, params, "seed", INT64_MIN, INT64_MAX);
    to->params.extra = get_extra(r, params);
    const json_t *image = get_object(r, from, "image");
    to->image.max_side_px = (uint32_t)get_integer(r, image, "max_side", 16, 16384);
    to->image.format = (pl_image_format)get_choice(r, image, "format", pl__choices_format);
    to->image.quality = (uint32_t)get_integer(r, image, "quality", 1, 100);
    to->image.detail = (pl_image_detail)get_choice(r, image, "detail", pl__choices_detail);
    if (r->rc == PL_OK)
        r->rc = pl__model_identity(to, r->err);
}

static void read_models(reader *r, const json_t *doc, pl_config *config)
{
    const json_t *list = json_object_get(doc, "models");
    size_t n = json_array_size(list);
    if (n < PL_MODELS_MIN || n > PL_MODELS_MAX) {
        fail(r, PL_E_PARSE, "models", "is no list of models");
        return;
    }
    pl_model_spec *models = pl__arena_calloc(r->arena, n, sizeof(*models));
    if (!models) {
        fail(r, PL_E_NOMEM, "models", "no memory");
        return;
    }
    for (size_t i = 0; i < n && r->rc == PL_OK; i++)
        read_model(r, json_array_get(list, i), &models[i]);
    config->models = models;
    config->n_models = (uint32_t)n;
}

static void read_peer_review(reader *r, const json_t *doc, pl_config *config)
{
    pl_peer_review_config *p = &config->peer_review;
    const json_t *obj = get_object(r, doc, "peer_review");
    const json_t *criteria = get_object(r, obj, "criteria");
    const json_t *weights = get_object(r, obj, "weights");
    p->questions = (pl_question_source)get_choice(r, obj, "questions", pl__choices_questions);
    p->judges = (pl_judge_source)get_choice(r, obj, "judges", pl__choices_judges);
    p->judges_given = get_bool(r, obj, "judges_given");
    p->order = (pl_order)get_choice(r, obj, "order", pl__choices_order);
    p->design = (pl_design)get_choice(r, obj, "design", pl__choices_design);
    if (p->design == PL_DESIGN_RANDOM) {
        p->iterations = (uint64_t)get_integer(r, obj, "iterations", 1, 1000000000);
        p->design_items = (uint64_t)get_integer(r, obj, "design_items", 0, PL_ITEMS_MAX);
    }
    if (p->design == PL_DESIGN_ADAPTIVE)
        p->pairs_per_question = (uint32_t)get_integer(r, obj, "pairs_per_question", 0, 1000000);
    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        const char *word = pl__choice_word(pl__choices_criteria, c);
        p->criteria[c] = get_bool(r, criteria, word);
        p->weights[c] = get_number(r, weights, word, 1000.0);
    }
    p->weight_clip = get_number(r, weights, "clip", 1000.0);
    p->self_review = get_bool(r, obj, "self_review");
    p->prompts_dir = get_text(r, obj, "prompts", false);
    config->memory->written_prompts = p->prompts_dir;
}

/* It is there if samples were compared by a judge. */
static void read_judge(reader *r, const json_t *obj, pl_config *config)
{
    pl_uncertainty_config *u = &config->uncertainty;
    const char *name = get_text(r, obj, "judge", false);

    if (!name)
        return;
    u->equivalence = PL_EQUIVALENCE_BY_JUDGE;
    while (u->judge < config->n_models && r->rc == PL_OK && strcmp(config->models[u->judge].name, name) != 0)
        u->judge++;
    if (u->judge == config->n_models || u->samples < 2)
        fail(r, PL_E_PARSE, "judge", "is none of the models, or has nothing to compare");
}

static void read_uncertainty(reader *r, const json_t *doc, pl_config *config)
{
    pl_uncertainty_config *u = &config->uncertainty;
    const json_t *obj = get_object(r, doc, "uncertainty");

    (void)get_choice(r, obj, "prompt", pl__choices_item_prompt);
    u->samples = (uint32_t)get_integer(r, obj, "samples", 0, PL_CHAT_SAMPLES_MAX);
    u->top_logprobs = (uint32_t)get_integer(r, obj, "top_logprobs", 0, PL_CHAT_TOP_LOGPROBS_MAX);
    read_judge(r, obj, config);
    u->prompts_dir = get_text(r, obj, "prompts", false);
    config->memory->written_item_prompts = u->prompts_dir;
}

static void read_evaluations(reader *r, const json_t *doc, pl_config *config)
{
    pl__peer_review_defaults(&config->peer_review);
    pl__uncertainty_defaults(&config->uncertainty);
    config->has_uncertainty = json_object_get(doc, "uncertainty") != NULL;
    config->has_peer_review = !config->has_uncertainty || json_object_get(doc, "peer_review") != NULL;
    if (config->has_peer_review && config->n_models < PL_REVIEW_MODELS_MIN)
        fail(r, PL_E_PARSE, "models", "is no list of models");
    if (config->has_peer_review)
        read_peer_review(r, doc, config);
    if (config->has_uncertainty)
        read_uncertainty(r, doc, config);
}

pl_status pl__config_from_canonical(pl_view json, pl_config **ret, pl_error *reterr)
{
    json_t *doc = NULL;
    pl_config *config = NULL;
    reader r = {.rc = PL_OK, .err = reterr};

    if (!ret || (!json.ptr && json.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    r.rc = pl__json_parse(json, &doc, reterr);
    if (r.rc != PL_OK)
        goto out;
    config = pl__config_new();
    if (!config) {
        fail(&r, PL_E_NOMEM, "all", "no memory");
        goto out;
    }
    r.arena = &config->memory->arena;
    if (get_integer(&r, doc, "version", 1, INT64_MAX) > 1 && r.rc == PL_OK)
        fail(&r, PL_E_VERSION, "version", "written by a newer peerless");
    const json_t *data = get_object(&r, doc, "data");
    config->path = "stored configuration";
    config->store = "run.db";
    config->data_images = get_text(&r, data, "images", false);
    config->data_items = get_text(&r, data, "items", false);
    if (!config->data_images == !config->data_items)
        fail(&r, PL_E_PARSE, "data", "holds neither or both of images and items");
    config->memory->written_images = config->data_images;
    config->memory->written_items = config->data_items;
    read_models(&r, doc, config);
    read_evaluations(&r, doc, config);
    config->seed = (uint64_t)get_integer(&r, doc, "seed", 0, INT64_MAX);
    if (r.rc != PL_OK)
        goto out;
    *ret = config;
    config = NULL;
out:
    json_decref(doc);
    pl__config_free(config);
    return r.rc;
}
