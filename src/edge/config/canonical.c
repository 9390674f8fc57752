#include "config.h"

#include "config_memory.h"
#include "error.h"
#include "json.h"
#include "schema.h"

#define CANONICAL_VERSION 1

/* The first failure stays; later setters are then skipped. */
static void set_string(pl_status *rc, json_t *obj, const char *key, const char *value)
{
    if (*rc == PL_OK && value)
        *rc = pl__json_set_string(obj, key, value);
}

static void set_integer(pl_status *rc, json_t *obj, const char *key, int64_t value)
{
    if (*rc == PL_OK)
        *rc = pl__json_set_integer(obj, key, value);
}

static void set_number(pl_status *rc, json_t *obj, const char *key, double value)
{
    if (*rc == PL_OK)
        *rc = pl__json_set_number(obj, key, value);
}

static void set_bool(pl_status *rc, json_t *obj, const char *key, bool value)
{
    if (*rc == PL_OK)
        *rc = pl__json_set_bool(obj, key, value);
}

/* Puts a new object under the key; NULL on failure. Borrowed from obj. */
static json_t *set_object(pl_status *rc, json_t *obj, const char *key)
{
    if (*rc == PL_OK)
        *rc = pl__json_set(obj, key, json_object());
    return *rc == PL_OK ? json_object_get(obj, key) : NULL;
}

static void add_extra(pl_status *rc, json_t *params, const char *extra)
{
    json_t *doc = NULL;
    if (*rc != PL_OK || !extra)
        return;
    *rc = pl__json_parse(pl__view(extra), &doc, NULL);
    if (*rc == PL_OK)
        *rc = pl__json_set(params, "extra", doc);
}

static void add_model(pl_status *rc, json_t *list, const pl_model_spec *spec)
{
    json_t *model = json_object();
    if (!model || json_array_append_new(list, model) != 0) {
        *rc = PL_E_NOMEM;
        return;
    }
    set_string(rc, model, "name", spec->name);
    set_string(rc, model, "provider", spec->provider);
    set_string(rc, model, "model", spec->model);
    set_string(rc, model, "endpoint", spec->endpoint);
    set_string(rc, model, "family", spec->family);
    set_bool(rc, model, "max_completion_tokens", spec->max_completion_tokens);
    json_t *params = set_object(rc, model, "params");
    set_number(rc, params, "temperature", spec->params.temperature);
    set_integer(rc, params, "max_tokens", spec->params.max_tokens);
    if (spec->params.has_seed)
        set_integer(rc, params, "seed", spec->params.seed);
    add_extra(rc, params, spec->params.extra);
    json_t *image = set_object(rc, model, "image");
    set_integer(rc, image, "max_side", spec->image.max_side_px);
    set_string(rc, image, "format", pl__choice_word(pl__choices_format, (uint32_t)spec->image.format));
    set_integer(rc, image, "quality", spec->image.quality);
    set_string(rc, image, "detail", pl__choice_word(pl__choices_detail, (uint32_t)spec->image.detail));
}

static void add_peer_review(pl_status *rc, json_t *doc, const pl_config *config)
{
    const pl_peer_review_config *p = &config->peer_review;
    json_t *obj = set_object(rc, doc, "peer_review");
    set_string(rc, obj, "questions", pl__choice_word(pl__choices_questions, (uint32_t)p->questions));
    set_string(rc, obj, "judges", pl__choice_word(pl__choices_judges, (uint32_t)p->judges));
    set_bool(rc, obj, "judges_given", p->judges_given);
    set_string(rc, obj, "order", pl__choice_word(pl__choices_order, (uint32_t)p->order));
    set_string(rc, obj, "design", pl__choice_word(pl__choices_design, (uint32_t)p->design));
    if (p->design == PL_DESIGN_RANDOM) {
        set_integer(rc, obj, "iterations", (int64_t)p->iterations);
        set_integer(rc, obj, "design_items", (int64_t)p->design_items);
    }
    if (p->design == PL_DESIGN_ADAPTIVE) /* not confidence: like a budget, it says when to stop, not what to ask */
        set_integer(rc, obj, "pairs_per_question", p->pairs_per_question);
    json_t *criteria = set_object(rc, obj, "criteria");
    json_t *weights = set_object(rc, obj, "weights");
    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        const char *word = pl__choice_word(pl__choices_criteria, c);
        set_bool(rc, criteria, word, p->criteria[c]);
        set_number(rc, weights, word, p->weights[c]);
    }
    set_number(rc, weights, "clip", p->weight_clip);
    set_bool(rc, obj, "self_review", p->self_review);
    set_string(rc, obj, "prompts", config->memory->written_prompts);
}

static void add_uncertainty(pl_status *rc, json_t *doc, const pl_config *config)
{
    json_t *obj = set_object(rc, doc, "uncertainty");

    set_string(rc, obj, "prompt", "item");
    set_integer(rc, obj, "samples", config->uncertainty.samples);
    set_integer(rc, obj, "top_logprobs", config->uncertainty.top_logprobs);
    if (config->uncertainty.equivalence == PL_EQUIVALENCE_BY_JUDGE) /* else as before there was a choice */
        set_string(rc, obj, "judge", config->models[config->uncertainty.judge].name);
    set_string(rc, obj, "prompts", config->memory->written_item_prompts);
}

pl_status pl__config_canonical(const pl_config *config, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;
    json_t *doc = NULL;

    if (!config || !config->memory || !out)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    doc = json_object();
    if (!doc) {
        rc = PL_E_NOMEM;
        goto out;
    }
    set_integer(&rc, doc, "version", CANONICAL_VERSION);
    json_t *data = set_object(&rc, doc, "data");
    set_string(&rc, data, "images", config->memory->written_images);
    set_string(&rc, data, "items", config->memory->written_items);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "models", json_array());
    json_t *models = rc == PL_OK ? json_object_get(doc, "models") : NULL;
    for (uint32_t i = 0; i < config->n_models && rc == PL_OK; i++)
        add_model(&rc, models, &config->models[i]);
    if (config->has_peer_review)
        add_peer_review(&rc, doc, config);
    if (config->has_uncertainty)
        add_uncertainty(&rc, doc, config);
    set_integer(&rc, doc, "seed", (int64_t)config->seed);
    if (rc == PL_OK)
        rc = pl__json_write_canonical(doc, out);
out:
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "the configuration as JSON: %s", pl_status_text(rc));
}
