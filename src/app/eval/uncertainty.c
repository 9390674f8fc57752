/* Answers to the items' own questions, and how sure the models are of them (Ranked from Within). */
#include "uncertainty.h"

#include "alloc.h"
#include "error.h"
#include "eval_internal.h"
#include "option_answer.h"
#include <string.h>

typedef struct uncertainty {
    pl_eval base;
    pl_uncertainty_design design;
    pl_model_spec *greedy;   /* the models with the temperature of each kind of call */
    pl_model_spec *sampling; /* NULL without samples */
    pl_digest judge;         /* who compares samples, and by which words */
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

/* Task key of a comparison: (evaluation, kind, item, model at its temperature, both samples, prompts, judge). */
static void pair_key(pl_sha256 *h, const uncertainty *u, const pl_unit *unit, uint32_t i, uint32_t k, pl_task *task)
{
    pl__sha256_reset(h);
    pl__sha256_add_str(h, "peerless task 1");
    pl__sha256_add_str(h, "uncertainty");
    pl__sha256_add_u64(h, (uint64_t)task->kind);
    pl__sha256_add(h, unit->item_content.bytes, sizeof(unit->item_content.bytes));
    pl__sha256_add(h, u->sampling[task->first].identity.bytes, sizeof(pl_digest));
    pl__sha256_add_u64(h, i);
    pl__sha256_add_u64(h, k);
    pl__sha256_add(h, pl__prompt_set_item_digest(u->design.prompts)->bytes, sizeof(pl_digest));
    pl__sha256_add(h, u->judge.bytes, sizeof(pl_digest));
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

/* A comparison for each pair of samples, of which the first is node first_sample. */
static pl_status add_pairs(const uncertainty *u, pl_unit *unit, uint32_t model, uint32_t first_sample, pl_sha256 *h,
                           pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < u->design.samples && rc == PL_OK; i++) {
        for (uint32_t k = i + 1; k < u->design.samples && rc == PL_OK; k++) {
            pl_task task = {
                .kind = PL_TASK_EQUIVALENCE, .model = u->design.judge, .first = model, .second = PL_INDEX_NONE};

            pair_key(h, u, unit, i + 1, k + 1, &task);
            rc = pl__unit_add(unit, &task, first_sample + i, first_sample + k, NULL, reterr);
        }
    }
    return rc;
}

static pl_status build(const pl_eval *eval, pl_unit *unit, uint32_t index, pl_error *reterr)
{
    const uncertainty *u = self_of(eval);
    bool judged = u->design.judged && unit->item->n_options == 0; /* else the option tells */
    pl_sha256 *h = NULL;
    pl_status rc = pl__uncertainty_check(unit->item, reterr);

    (void)index;
    if (rc != PL_OK)
        return rc;
    h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "unit of item %s", unit->item->id);
    unit_key(h, u, unit);
    for (uint32_t m = 0; m < u->design.n_models && rc == PL_OK; m++) {
        uint32_t answer = (uint32_t)unit->n_nodes;

        /* A model's samples stand together: they may be one request. */
        for (uint32_t k = 0; k <= u->design.samples && rc == PL_OK; k++) {
            pl_task task = {
                .kind = PL_TASK_ANSWER, .model = m, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE, .sample = k};

            task_key(h, u, unit, &task);
            rc = pl__unit_add(unit, &task, PL_INDEX_NONE, PL_INDEX_NONE, NULL, reterr);
        }
        if (judged && rc == PL_OK)
            rc = add_pairs(u, unit, m, answer + 1, h, reterr);
    }
    pl__sha256_free(h);
    return rc;
}

static pl_prompt_kind prompt(const pl_eval *eval, const pl_unit *unit, uint32_t i)
{
    (void)eval;
    if (unit->nodes[i].task.kind == PL_TASK_EQUIVALENCE)
        return PL_PROMPT_EQUIVALENCE;
    return unit->item->n_options > 0 ? PL_PROMPT_CHOICE : PL_PROMPT_OPEN;
}

/* What an answer says, without its thinking where that leaves something. */
static pl_view said(const pl_unit *unit, uint32_t i)
{
    pl_view whole = pl__view_trim(pl__unit_text(unit, i));
    pl_view answer = pl__view_trim(pl__without_thinking(whole));

    return answer.len > 0 ? answer : whole;
}

static bool is_settled(const pl_unit *unit, uint32_t i)
{
    const pl_unit_node *node = &unit->nodes[i];

    return node->task.kind == PL_TASK_EQUIVALENCE &&
           pl__view_eq(said(unit, node->needs[0]), said(unit, node->needs[1]));
}

static bool stands_before(pl_view x, pl_view y)
{
    size_t n = x.len < y.len ? x.len : y.len;
    int order = n > 0 ? memcmp(x.ptr, y.ptr, n) : 0;

    return order < 0 || (order == 0 && x.len < y.len);
}

/* The texts alone say which comes first, so that whoever gave them, the same two are the same call. The picture is left
 * out: what is compared is what the answers claim. */
static pl_status compare(const uncertainty *u, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    const pl_unit_node *node = &unit->nodes[i];
    const pl_model_spec *judge = &u->greedy[node->task.model];
    pl_view x = said(unit, node->needs[0]);
    pl_view y = said(unit, node->needs[1]);
    bool swapped = stands_before(y, x);
    const pl_prompt_values values = {
        .question = pl__view(unit->item->question), .first = swapped ? y : x, .second = swapped ? x : y};
    pl_status rc = PL_OK;

    pl__str_reset(&b->text);
    rc = pl__prompt_render(u->design.prompts, PL_PROMPT_EQUIVALENCE, &values, &b->text, reterr);
    if (rc != PL_OK)
        return rc;
    b->parts[0] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = {pl__str_c(&b->text), b->text.len}};
    b->chat = (pl_chat){.model = judge, .parts = b->parts, .n_parts = 1, .max_tokens = judge->params.max_tokens};
    return PL_OK;
}

static pl_status answer(const uncertainty *u, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
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
    rc = pl__prompt_render(u->design.prompts, prompt(&u->base, unit, i), &values, &b->text, reterr);
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

static pl_status chat(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    bool compares = unit->nodes[i].task.kind == PL_TASK_EQUIVALENCE;

    return compares ? compare(self_of(eval), unit, i, b, reterr) : answer(self_of(eval), unit, i, b, reterr);
}

static pl_parsed_equivalence equivalence(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_view text)
{
    const pl_unit_node *node = &unit->nodes[i];
    const pl_prompt_set *prompts = self_of(eval)->design.prompts;
    pl_parsed_equivalence ret = {PL_EQUIVALENCE_MISSING, pl__unit_no_reply(unit, i)};

    if (node->state == PL_TASK_SETTLED)
        return (pl_parsed_equivalence){PL_EQUIVALENCE_SAME, PL_MISSING_NOT};
    if (ret.missing != PL_MISSING_NOT)
        return ret;
    return pl__equivalence_parse(text, pl__prompt_set_instruction(prompts, PL_PROMPT_EQUIVALENCE),
                                 node->outcome == PL_OUTCOME_CUT_OFF);
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
                                        .equivalence = equivalence,
                                        .is_settled = is_settled,
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

static pl_status name_judge(uncertainty *u, pl_error *reterr)
{
    const pl_uncertainty_design *d = &u->design;
    pl_sha256 *h = NULL;

    if (!d->judged)
        return PL_OK;
    if (d->judge >= d->n_models || d->samples < 2)
        return pl__fail(reterr, PL_E_INVALID, "a judge compares two samples or more, and is one of the models");
    h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "uncertainty");
    pl__sha256_add_str(h, "peerless equivalence 1");
    pl__sha256_add(h, u->greedy[d->judge].identity.bytes, sizeof(pl_digest));
    pl__sha256_add_str(h, pl__prompt_set_template(d->prompts, PL_PROMPT_EQUIVALENCE));
    pl__sha256_finish(h, &u->judge);
    pl__sha256_free(h);
    return PL_OK;
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
    if (rc == PL_OK)
        rc = name_judge(u, reterr);
    if (rc != PL_OK) {
        free_uncertainty(&u->base);
        return rc;
    }
    *ret = &u->base;
    return PL_OK;
}
