/* What is still to be asked, and what that may cost: the same units as a run's, without asking. Texts that do not exist
 * yet count as the least and the most that they can be. */
#include "agenda.h"
#include "alloc.h"
#include "error.h"
#include "file.h"
#include "image.h"
#include "peer_review.h"
#include "run.h"
#include "token_estimate.h"
#include <string.h>

/* The least that a reply has: a short question, a word, a mark. */
#define QUESTION_TOKENS_MIN 5u
#define ANSWER_TOKENS_MIN 1u
#define VERDICT_TOKENS_MIN 3u
#define FENCES_TOKENS_MAX 64u /* around the answers that a judge is shown */
#define LETTER_TOKENS_MAX 4u  /* "A. " and the end of the line */

typedef struct estimator {
    const pl_setup *setup;
    pl_store *store;
    pl_estimate *out;
    pl_key_set counted;
    pl_token_range templates[PL_PROMPT_KINDS];
    uint64_t answer_tokens_max;         /* of any model */
    uint64_t (*calls)[PL_PROMPT_KINDS]; /* of one item, by model and template */
    pl_unit *unit;                      /* being looked up */
    uint32_t width_px;                  /* of the item's image; 0: not known */
    uint32_t height_px;
} estimator;

static size_t stage_of(pl_prompt_kind kind)
{
    switch (kind) {
    case PL_PROMPT_QUESTION:
        return PL_TASK_QUESTION - 1;
    case PL_PROMPT_JUDGE_CORRECTNESS:
    case PL_PROMPT_JUDGE_VISUAL:
        return PL_TASK_JUDGMENT - 1;
    case PL_PROMPT_EQUIVALENCE:
        return PL_TASK_EQUIVALENCE - 1;
    case PL_PROMPT_ANSWER:
    case PL_PROMPT_CHOICE:
    case PL_PROMPT_OPEN:
        break;
    }
    return PL_TASK_ANSWER - 1;
}

/* ---- one call ---- */

static pl_token_range output_of(pl_prompt_kind kind, const pl_model_spec *model)
{
    uint64_t most = model->params.max_tokens;

    if (kind == PL_PROMPT_QUESTION)
        return (pl_token_range){QUESTION_TOKENS_MIN, most < PL_QUESTION_TOKENS_MAX ? most : PL_QUESTION_TOKENS_MAX};
    return (pl_token_range){stage_of(kind) == PL_TASK_ANSWER - 1 ? ANSWER_TOKENS_MIN : VERDICT_TOKENS_MIN, most};
}

static bool is_of_item(pl_prompt_kind kind)
{
    return kind == PL_PROMPT_CHOICE || kind == PL_PROMPT_OPEN || kind == PL_PROMPT_EQUIVALENCE;
}

/* Is it shown two answers? */
static bool shows_answers(pl_prompt_kind kind)
{
    return stage_of(kind) == PL_TASK_JUDGMENT - 1 || kind == PL_PROMPT_EQUIVALENCE;
}

static pl_token_range question_of(const estimator *e, pl_prompt_kind kind, const pl_item *item)
{
    if ((!e->setup->generated || is_of_item(kind)) && item->question)
        return pl__tokens_of_text(pl__view(item->question));
    return (pl_token_range){QUESTION_TOKENS_MIN, PL_QUESTION_TOKENS_MAX};
}

static pl_token_range options_of(const pl_item *item)
{
    pl_token_range sum = {0, 0};

    for (size_t i = 0; i < item->n_options; i++) {
        pl_token_range one = pl__tokens_of_text(pl__view(item->options[i]));

        sum.low += one.low;
        sum.high += one.high + LETTER_TOKENS_MAX;
    }
    return sum;
}

static pl_token_range input_of(const estimator *e, pl_prompt_kind kind, const pl_model_spec *model, const pl_item *item)
{
    pl_token_range question = question_of(e, kind, item);
    pl_token_range sum = e->templates[kind];

    sum.low += PL_TOKENS_AROUND_LOW;
    sum.high += PL_TOKENS_AROUND_HIGH;
    if (kind != PL_PROMPT_QUESTION) {
        sum.low += question.low;
        sum.high += question.high;
    }
    if (kind == PL_PROMPT_CHOICE) {
        pl_token_range options = options_of(item);

        sum.low += options.low;
        sum.high += options.high;
    }
    if (shows_answers(kind)) {
        sum.low += (uint64_t)2 * ANSWER_TOKENS_MIN;
        sum.high += 2 * e->answer_tokens_max + FENCES_TOKENS_MAX;
    }
    if (item->image_path && kind != PL_PROMPT_EQUIVALENCE) {
        pl_token_range image = pl__tokens_of_image(model, e->width_px, e->height_px);

        sum.low += image.low;
        sum.high += image.high;
    }
    return sum;
}

void pl__stage_estimate_sum(pl_stage_estimate *sum, const pl_stage_estimate *more)
{
    sum->calls += more->calls;
    sum->input_low += more->input_low;
    sum->input_high += more->input_high;
    sum->output_low += more->output_low;
    sum->output_high += more->output_high;
    sum->cost_low = pl__money_add(sum->cost_low, more->cost_low);
    sum->cost_high = pl__money_add(sum->cost_high, more->cost_high);
}

/* Adds the calls of one item that e->calls counts. */
static void add_item(estimator *e, const pl_item *item)
{
    e->width_px = e->height_px = 0;
    if (item->image_path)
        (void)pl__image_size(item->image_path, &e->width_px, &e->height_px);
    for (uint32_t m = 0; m < e->out->n_models; m++) {
        const pl_model_spec *spec = &e->setup->config->models[m];
        pl_model_estimate *model = &e->out->models[m];

        for (size_t k = 0; k < PL_PROMPT_KINDS; k++) {
            uint64_t n = e->calls[m][k];
            pl_token_range in = {0, 0};
            pl_token_range out = {0, 0};
            pl_stage_estimate one = {0};

            if (n == 0)
                continue;
            in = input_of(e, (pl_prompt_kind)k, spec, item);
            out = output_of((pl_prompt_kind)k, spec);
            one = (pl_stage_estimate){n, n * in.low, n * in.high, n * out.low, n * out.high, 0, 0};
            one.cost_low = pl__cost_least(&model->price, one.input_low, one.output_low);
            one.cost_high = pl__cost_most(&model->price, one.input_high, one.output_high);
            pl__stage_estimate_sum(&model->stages[stage_of((pl_prompt_kind)k)], &one);
        }
    }
}

/* ---- which calls ---- */

/* What samples say decides whether they are to be compared. */
static pl_status finish_stored(const estimator *e, uint32_t i, const pl_store_call *call, pl_error *reterr)
{
    pl_outcome outcome = call->outcome;
    pl_status rc = PL_OK;
    pl_str text;

    if (!pl__config_compares(e->setup->config) || !pl__unit_is_needed(e->unit, i))
        return pl__unit_finish(e->unit, i, outcome, pl__view_n("", 0), reterr);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    rc = pl__stored_said(call, pl__unit_task(e->unit, i), &outcome, &text, reterr);
    if (rc == PL_OK)
        rc = pl__unit_finish(e->unit, i, outcome, pl__view_n(pl__str_c(&text), text.len), reterr);
    pl__str_clear(&text);
    return rc;
}

static pl_status found_task(const pl_digest *key, const pl_store_call *call, void *user, pl_error *reterr)
{
    estimator *e = user;
    uint32_t i = pl__unit_find(e->unit, key, 0);
    bool usable = pl__outcome_is_response(call->outcome) || pl__outcome_is_final_error(call->outcome);

    if (i != PL_INDEX_NONE) {
        const pl_task *task = pl__unit_task(e->unit, i);
        pl_model_estimate *model = &e->out->models[task->model];

        if (pl__spend_stored(&model->stored[task->kind - 1], &model->price, &e->counted, call) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "cost of a stored call");
    }
    for (; usable && i != PL_INDEX_NONE; i = pl__unit_find(e->unit, key, i + 1)) {
        pl_status rc = PL_OK;

        if (pl__task_state_is_end(pl__unit_state(e->unit, i)))
            continue;
        e->out->tasks_stored++;
        rc = finish_stored(e, i, call, reterr);
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

/* Counts what is open in one unit of an item. */
static pl_status count_unit(estimator *e, const pl_item *item, uint32_t index, pl_error *reterr)
{
    pl_status rc = pl__unit_new(e->setup->eval, item, index, &e->unit, reterr);

    if (rc != PL_OK)
        return rc;
    e->out->tasks += pl__unit_count(e->unit);
    if (e->store)
        rc = e->store->ops->unit_each(e->store, pl__unit_key(e->unit), pl__config_compares(e->setup->config),
                                      found_task, e, reterr);
    for (uint32_t i = 0; i < pl__unit_count(e->unit) && rc == PL_OK; i++) {
        const pl_task *task = pl__unit_task(e->unit, i);

        e->out->tasks -= pl__unit_state(e->unit, i) == PL_TASK_SETTLED;
        if (!pl__task_state_is_end(pl__unit_state(e->unit, i)))
            e->calls[task->model][pl__unit_prompt(e->unit, i)]++;
    }
    pl__unit_free(e->unit);
    e->unit = NULL;
    return rc;
}

static void forget_calls(estimator *e)
{
    for (uint32_t m = 0; m < e->out->n_models; m++) {
        for (size_t k = 0; k < PL_PROMPT_KINDS; k++)
            e->calls[m][k] = 0;
    }
}

static pl_status count_item(estimator *e, const pl_item *item, pl_error *reterr)
{
    pl_status rc = PL_OK;

    forget_calls(e);
    for (uint32_t u = 0; u < pl__eval_units_per_item(e->setup->eval) && rc == PL_OK; u++)
        rc = count_unit(e, item, u, reterr);
    return rc;
}

/* The item's identity in the store; an image that cannot be read is nobody's, and all of its tasks are open. */
static pl_status identify(const estimator *e, pl_item *item, pl_error *reterr)
{
    pl_file_info info = {0};
    bool found = false;
    pl_status rc = PL_OK;

    item->has_image_digest = item->image_path != NULL;
    if (!e->store || !item->image_path || pl__file_stat(item->image_path, &info, NULL) != PL_OK)
        return PL_OK;
    rc = e->store->ops->file_get(e->store, item->image_path, info.size_bytes, info.mtime_ns, &item->image_digest,
                                 &found, reterr);
    if (rc == PL_OK && !found && pl__image_digest(item->image_path, &item->image_digest, NULL) != PL_OK)
        item->image_digest = (pl_digest){{0}};
    return rc;
}

/* With a full design and no store, items of one kind are counted once. */
static pl_status walk(estimator *e, pl_error *reterr)
{
    bool alike = !e->store && e->setup->config->peer_review.design == PL_DESIGN_FULL;
    size_t n = pl__dataset_count(e->setup->dataset);
    pl_status rc = PL_OK;

    for (size_t kind = 0; kind < (alike ? PL_ITEM_KINDS : 1u) && rc == PL_OK; kind++) {
        bool counted = false;
        uint64_t before = e->out->tasks;
        uint64_t tasks = 0;

        for (size_t i = 0; i < n && rc == PL_OK; i++) {
            pl_item item = pl__dataset_item(e->setup->dataset, i);

            item.position = i;
            if (alike && pl__item_kind(&item) != kind)
                continue;
            rc = identify(e, &item, reterr);
            if (rc == PL_OK && !(alike && counted)) {
                rc = count_item(e, &item, reterr);
                tasks = e->out->tasks - before;
            } else {
                e->out->tasks += tasks;
            }
            counted = true;
            if (rc == PL_OK)
                add_item(e, &item);
        }
    }
    return rc;
}

static void note_least(estimator *e)
{
    e->out->least = (pl_stage_estimate){0};
    for (uint32_t m = 0; m < e->out->n_models; m++) {
        for (size_t k = 0; k < PL_STAGES; k++)
            pl__stage_estimate_sum(&e->out->least, &e->out->models[m].stages[k]);
    }
}

/* The store's latest run if it is this one, so that what it has decided is what is asked. */
static pl_status find_run(const estimator *e, int64_t *ret, pl_error *reterr)
{
    pl_store_run run = {0};
    pl_str config;
    pl_str prompts;
    pl_str memory;
    pl_status rc = PL_OK;

    *ret = 0;
    pl__str_init(&config, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&prompts, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&memory, PL_STR_LIMIT_DEFAULT);
    rc = e->store->ops->run_get(e->store, 0, &run, &memory, NULL);
    if (rc == PL_OK) {
        rc = pl__setup_record(e->setup, &config, &prompts, reterr);
        if (rc == PL_OK && strcmp(run.config, pl__str_c(&config)) == 0 && strcmp(run.prompts, pl__str_c(&prompts)) == 0)
            *ret = run.id;
    } else {
        rc = rc == PL_E_NOT_FOUND ? PL_OK : pl__fail(reterr, rc, "the store's latest run");
    }
    pl__str_clear(&memory);
    pl__str_clear(&prompts);
    pl__str_clear(&config);
    return rc;
}

/* The least is what the rounds that were decided still need, or the first one. */
static pl_status walk_agenda(estimator *e, pl_error *reterr)
{
    pl_agenda agenda = {0};
    int64_t run_id = 0;
    size_t n_least = 0;
    pl_status rc = e->store ? find_run(e, &run_id, reterr) : PL_OK;

    if (rc == PL_OK)
        rc = pl__agenda_open(e->setup, run_id > 0 ? e->store : NULL, run_id, &agenda, reterr);
    if (rc == PL_OK && agenda.n == 0)
        rc = pl__agenda_foresee(&agenda, 1, reterr);
    n_least = agenda.n;
    if (rc == PL_OK)
        rc = pl__agenda_foresee(&agenda, UINT32_MAX, reterr);
    for (size_t i = 0; i < agenda.n && rc == PL_OK; i++) {
        pl_item item = pl__agenda_item(&agenda, i);

        if (!agenda.entries[i].id) {
            rc = identify(e, &item, reterr);
            if (rc == PL_OK)
                rc = count_item(e, &item, reterr);
            if (rc == PL_OK)
                add_item(e, &item);
        }
        if (i + 1 == n_least)
            note_least(e);
    }
    pl__agenda_clear(&agenda);
    return rc;
}

static void prepare(estimator *e)
{
    const pl_config *config = e->setup->config;

    for (size_t k = 0; k < PL_PROMPT_KINDS; k++)
        e->templates[k] = pl__tokens_of_text(pl__view(pl__prompt_set_template(e->setup->prompts, (pl_prompt_kind)k)));
    for (uint32_t m = 0; m < config->n_models; m++) {
        pl_model_estimate *model = &e->out->models[m];

        model->price = pl__price_of(&config->models[m], &model->price_noted);
        if (config->models[m].params.max_tokens > e->answer_tokens_max)
            e->answer_tokens_max = config->models[m].params.max_tokens;
    }
}

pl_status pl__estimate_new(const pl_setup *setup, pl_store *store, pl_estimate *ret, pl_error *reterr)
{
    pl_estimate out = {.n_models = setup->config->n_models, .has_store = store != NULL};
    estimator e = {.setup = setup, .store = store, .out = &out};
    pl_status rc = PL_OK;

    out.models = pl__calloc(out.n_models, sizeof(*out.models));
    e.calls = pl__calloc(out.n_models, sizeof(*e.calls));
    if (!out.models || !e.calls) {
        rc = pl__fail(reterr, PL_E_NOMEM, "estimate");
        goto out;
    }
    prepare(&e);
    rc = setup->config->peer_review.design == PL_DESIGN_ADAPTIVE ? walk_agenda(&e, reterr) : walk(&e, reterr);
out:
    pl__key_set_clear(&e.counted);
    pl__free(e.calls);
    if (rc == PL_OK)
        *ret = out;
    else
        pl__estimate_clear(&out);
    return rc;
}

void pl__estimate_clear(pl_estimate *estimate)
{
    pl__free(estimate->models);
    *estimate = (pl_estimate){0};
}
