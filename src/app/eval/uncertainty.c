/* Answers to the items' own questions, and how sure the models are of them (Ranked from Within). */
#include "uncertainty.h"

#include "alloc.h"
#include "error.h"
#include "eval_internal.h"
#include "option_answer.h"

typedef struct uncertainty {
    pl_eval base;
    pl_uncertainty_design design;
    pl_model_spec *greedy;   /* the models with the temperature of each kind of call */
    pl_model_spec *sampling; /* NULL without samples */
} uncertainty;

static const uncertainty *self_of(const pl_eval *eval)
{
    return (const uncertainty *)eval;
}

static uint32_t units_per_item(const pl_eval *eval)
{
    (void)eval;
    return 1;
}

pl_status pl__uncertainty_check(const pl_item *item, pl_error *reterr)
{
    if (!item->question)
        return pl__fail(reterr, PL_E_INVALID, "item %s has no question", item->id);
    if (item->n_options == 1)
        return pl__fail(reterr, PL_E_INVALID, "item %s has one option alone: nothing to choose from", item->id);
    for (size_t i = 0; i < item->n_options; i++) {
        for (size_t k = 0; k < i; k++) {
            char letter = pl__option_letter(item->options, i);

            if (letter == pl__option_letter(item->options, k))
                return pl__fail(reterr, PL_E_INVALID, "item %s: its options %zu and %zu would both go by the letter %c",
                                item->id, k + 1, i + 1, letter);
        }
    }
    return PL_OK;
}

static const pl_model_spec *spec_of(const uncertainty *u, const pl_task *task)
{
    return task->sample > 0 ? &u->sampling[task->model] : &u->greedy[task->model];
}

/* Task key: (evaluation, kind, item, model at its temperature, log-prob wish, sample, prompts). */
static void task_key(pl_sha256 *h, const uncertainty *u, const pl_unit *unit, pl_task *task)
{
    pl__sha256_reset(h);
    pl__sha256_add_str(h, "peerless task 1");
    pl__sha256_add_str(h, "uncertainty");
    pl__sha256_add_u64(h, (uint64_t)task->kind);
    pl__sha256_add(h, unit->item_content.bytes, sizeof(unit->item_content.bytes));
    pl__sha256_add(h, spec_of(u, task)->identity.bytes, sizeof(pl_digest));
    pl__sha256_add_u64(h, task->sample > 0 ? 0 : u->design.top_logprobs);
    pl__sha256_add_u64(h, task->sample);
    pl__sha256_add(h, pl__prompt_set_item_digest(u->design.prompts)->bytes, sizeof(pl_digest));
    pl__sha256_finish(h, &task->key);
}

static void unit_key(pl_sha256 *h, const uncertainty *u, pl_unit *unit)
{
    pl__sha256_reset(h);
    pl__sha256_add_str(h, "peerless unit 1");
    pl__sha256_add_str(h, "uncertainty");
    pl__sha256_add(h, unit->item_content.bytes, sizeof(unit->item_content.bytes));
    pl__sha256_add(h, pl__prompt_set_item_digest(u->design.prompts)->bytes, sizeof(pl_digest));
    pl__sha256_finish(h, &unit->key);
}

static pl_status build(const pl_eval *eval, pl_unit *unit, uint32_t index, pl_error *reterr)
{
    const uncertainty *u = self_of(eval);
    pl_sha256 *h = NULL;
    pl_status rc = pl__uncertainty_check(unit->item, reterr);

    (void)index;
    if (rc != PL_OK)
        return rc;
    h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "unit of item %s", unit->item->id);
    unit_key(h, u, unit);
    /* A model's samples stand together: they may be one request. */
    for (uint32_t m = 0; m < u->design.n_models && rc == PL_OK; m++) {
        for (uint32_t k = 0; k <= u->design.samples && rc == PL_OK; k++) {
            pl_task task = {
                .kind = PL_TASK_ANSWER, .model = m, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE, .sample = k};

            task_key(h, u, unit, &task);
            rc = pl__unit_add(unit, &task, PL_INDEX_NONE, PL_INDEX_NONE, NULL, reterr);
        }
    }
    pl__sha256_free(h);
    return rc;
}

static pl_prompt_kind prompt(const pl_eval *eval, const pl_unit *unit, uint32_t i)
{
    (void)eval;
    (void)i;
    return unit->item->n_options > 0 ? PL_PROMPT_CHOICE : PL_PROMPT_OPEN;
}

static pl_status chat(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    const uncertainty *u = self_of(eval);
    const pl_item *item = unit->item;
    const pl_task *task = &unit->nodes[i].task;
    const pl_model_spec *model = spec_of(u, task);
    pl_prompt_values values = {.question = pl__view(item->question)};
    size_t n = 0;
    pl_status rc = PL_OK;

    pl__str_reset(&b->text);
    pl__str_reset(&b->options);
    rc = pl__prompt_options(item->options, item->n_options, &b->options, reterr);
    if (rc != PL_OK)
        return rc;
    values.options = pl__view_n(pl__str_c(&b->options), b->options.len);
    rc = pl__prompt_render(u->design.prompts, prompt(eval, unit, i), &values, &b->text, reterr);
    if (rc != PL_OK)
        return rc;
    if (item->image_path)
        b->parts[n++] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_IMAGE, .image_digest = item->image_digest};
    b->parts[n++] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = {pl__str_c(&b->text), b->text.len}};
    b->chat = (pl_chat){.model = model, .parts = b->parts, .n_parts = n, .max_tokens = model->params.max_tokens};
    if (task->sample > 0)
        b->chat.n = u->design.samples;
    else
        b->chat.top_logprobs = u->design.top_logprobs;
    return PL_OK;
}

static void free_uncertainty(pl_eval *eval)
{
    uncertainty *u = (uncertainty *)eval;

    pl__free(u->greedy);
    pl__free(u->sampling);
    pl__free(u);
}

static const pl_eval_ops UNCERTAINTY = {.kind = PL_EVAL_UNCERTAINTY,
                                        .units_per_item = units_per_item,
                                        .build = build,
                                        .prompt = prompt,
                                        .chat = chat,
                                        .free = free_uncertainty};

static pl_status at_temperature(const pl_uncertainty_design *d, double temperature, pl_model_spec **ret,
                                pl_error *reterr)
{
    pl_model_spec *specs = pl__calloc(d->n_models, sizeof(*specs));
    pl_status rc = PL_OK;

    if (!specs)
        return pl__fail(reterr, PL_E_NOMEM, "uncertainty");
    for (uint32_t i = 0; i < d->n_models && rc == PL_OK; i++) {
        specs[i] = d->models[i];
        specs[i].params.temperature = temperature;
        rc = pl__model_identity(&specs[i], reterr);
    }
    *ret = specs;
    return rc;
}

pl_status pl__uncertainty_new(const pl_uncertainty_design *design, pl_eval **ret, pl_error *reterr)
{
    uncertainty *u = NULL;
    pl_status rc = PL_OK;

    if (design->n_models == 0)
        return pl__fail(reterr, PL_E_INVALID, "uncertainty needs a model");
    if (design->samples > PL_UNCERTAINTY_SAMPLES_MAX || design->top_logprobs > PL_CHAT_TOP_LOGPROBS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "uncertainty takes at most %u samples and %u log-probabilities",
                        PL_UNCERTAINTY_SAMPLES_MAX, PL_CHAT_TOP_LOGPROBS_MAX);
    u = pl__calloc(1, sizeof(*u));
    if (!u)
        return pl__fail(reterr, PL_E_NOMEM, "uncertainty");
    u->base.ops = &UNCERTAINTY;
    u->design = *design;
    rc = at_temperature(design, 0.0, &u->greedy, reterr);
    if (rc == PL_OK && design->samples > 0)
        rc = at_temperature(design, PL_UNCERTAINTY_TEMPERATURE, &u->sampling, reterr);
    if (rc != PL_OK) {
        free_uncertainty(&u->base);
        return rc;
    }
    *ret = &u->base;
    return PL_OK;
}
