/* Peer review (UPME, sections 3.1 and 3.2): for each image and reviewer a question, an answer of every candidate, and
 * under each criterion a judgment of every unordered pair of answers, in both orders. */
#include "peer_review.h"

#include "alloc.h"
#include "answer.h"
#include "draw.h"
#include "error.h"
#include "eval_internal.h"

typedef struct peer_review {
    pl_eval base;
    pl_peer_review_design design;
} peer_review;

static const peer_review *self_of(const pl_eval *eval)
{
    return (const peer_review *)eval;
}

static uint32_t units_of(const pl_peer_review_design *d)
{
    return d->generated ? d->n_models : 1;
}

static uint32_t units_per_item(const pl_eval *eval)
{
    return units_of(&self_of(eval)->design);
}

static void add_identity(pl_sha256 *h, const pl_peer_review_design *d, uint32_t model)
{
    const pl_digest none = {{0}};
    const pl_digest *identity = model == PL_INDEX_NONE ? &none : &d->models[model].identity;

    pl__sha256_add(h, identity->bytes, sizeof(identity->bytes));
}

/* Task key: (evaluation, kind, item, author, model, first, second, criterion, sample, prompts), each model standing for
 * its identity. The order of presentation is which of the two is first. */
static void task_key(pl_sha256 *h, const pl_peer_review_design *d, const pl_unit *unit, pl_task *task)
{
    pl__sha256_reset(h);
    pl__sha256_add_str(h, "peerless task 1");
    pl__sha256_add_str(h, "peer_review");
    pl__sha256_add_u64(h, (uint64_t)task->kind);
    pl__sha256_add(h, unit->item_content.bytes, sizeof(unit->item_content.bytes));
    add_identity(h, d, unit->author);
    add_identity(h, d, task->model);
    add_identity(h, d, task->first);
    add_identity(h, d, task->second);
    pl__sha256_add_str(h, task->kind == PL_TASK_JUDGMENT ? pl__criterion_name((pl_criterion)task->criterion) : NULL);
    pl__sha256_add_u64(h, 0); /* sample */
    pl__sha256_add(h, pl__prompt_set_digest(d->prompts)->bytes, sizeof(pl_digest));
    pl__sha256_finish(h, &task->key);
}

static void unit_key(pl_sha256 *h, const pl_peer_review_design *d, pl_unit *unit)
{
    pl__sha256_reset(h);
    pl__sha256_add_str(h, "peerless unit 1");
    pl__sha256_add_str(h, "peer_review");
    pl__sha256_add(h, unit->item_content.bytes, sizeof(unit->item_content.bytes));
    add_identity(h, d, unit->author);
    pl__sha256_add(h, pl__prompt_set_digest(d->prompts)->bytes, sizeof(pl_digest));
    pl__sha256_finish(h, &unit->key);
}

static bool is_candidate(const pl_peer_review_design *d, const pl_unit *unit, uint32_t model)
{
    return d->self_review || model != unit->author;
}

static bool may_judge(const pl_peer_review_design *d, const pl_unit *unit, uint32_t judge, uint32_t j, uint32_t k)
{
    if (!d->judges_all && judge != unit->author)
        return false;
    return d->self_review || (judge != j && judge != k);
}

/* What building one unit needs at hand. */
typedef struct builder {
    const pl_peer_review_design *design;
    pl_unit *unit;
    pl_sha256 *hash;
    pl_draw draw;
    uint64_t first_triple; /* number of the unit's first (judge, pair) among the item's */
    uint32_t *answer_of;   /* node of each model's answer, PL_INDEX_NONE if nobody needs it */
    bool *is_needed;       /* does a drawn pair need the model's answer? */
    uint32_t index;        /* of the unit in its item */
    pl_triple *list;       /* where triples are noted */
} builder;

static pl_status add_judgments(builder *b, uint32_t judge, uint32_t j, uint32_t k, uint64_t triple, pl_error *reterr)
{
    const pl_peer_review_design *d = b->design;
    bool both = d->presentation == PL_PRESENT_BOTH;
    bool swap = d->presentation == PL_PRESENT_RANDOM && pl__draw_swapped(d, b->unit->item, triple);

    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        if (!d->criteria[c] || (c == PL_CRITERION_VISUAL && !b->unit->item->image_path))
            continue;
        for (unsigned order = 0; order < (both ? 2u : 1u); order++) {
            bool swapped = both ? order == 1 : swap;
            pl_task task = {.kind = PL_TASK_JUDGMENT, .model = judge, .criterion = c};
            pl_status rc = PL_OK;

            task.first = swapped ? k : j;
            task.second = swapped ? j : k;
            task_key(b->hash, d, b->unit, &task);
            rc = pl__unit_add(b->unit, &task, b->answer_of[task.first], b->answer_of[task.second], NULL, reterr);
            if (rc != PL_OK)
                return rc;
        }
    }
    return PL_OK;
}

/* Walks the unit's (pair, judge) triples in their fixed order; visit gets those that were drawn. Returns how many there
 * are, drawn or not. */
typedef pl_status (*visit_triple)(builder *b, uint32_t judge, uint32_t j, uint32_t k, uint64_t triple,
                                  pl_error *reterr);

static pl_status each_triple(builder *b, visit_triple visit, uint64_t *ret_n, pl_error *reterr)
{
    const pl_peer_review_design *d = b->design;
    uint64_t n = 0;
    pl_status rc = PL_OK;

    for (uint32_t j = 0; j < d->n_models && rc == PL_OK; j++) {
        for (uint32_t k = j + 1; k < d->n_models && rc == PL_OK; k++) {
            if (!is_candidate(d, b->unit, j) || !is_candidate(d, b->unit, k))
                continue;
            for (uint32_t judge = 0; judge < d->n_models && rc == PL_OK; judge++) {
                if (!may_judge(d, b->unit, judge, j, k))
                    continue;
                if (visit && pl__draw_has(&b->draw, b->first_triple + n))
                    rc = visit(b, judge, j, k, b->first_triple + n, reterr);
                n++;
            }
        }
    }
    *ret_n = n;
    return rc;
}

static pl_status note_triple(builder *b, uint32_t judge, uint32_t j, uint32_t k, uint64_t triple, pl_error *reterr)
{
    (void)reterr;
    b->list[triple] = (pl_triple){.unit = b->index, .judge = judge, .low = j, .high = k};
    return PL_OK;
}

static pl_status note_need(builder *b, uint32_t judge, uint32_t j, uint32_t k, uint64_t triple, pl_error *reterr)
{
    (void)judge;
    (void)triple;
    (void)reterr;
    b->is_needed[j] = true;
    b->is_needed[k] = true;
    return PL_OK;
}

static bool any_needed(const builder *b)
{
    bool any = false;

    for (uint32_t j = 0; j < b->design->n_models; j++)
        any = any || b->is_needed[j];
    return any;
}

/* The question and the answers that some drawn pair needs: nothing is asked that nobody will judge. */
static pl_status add_texts(builder *b, pl_error *reterr)
{
    const pl_peer_review_design *d = b->design;
    uint32_t question = PL_INDEX_NONE;
    pl_status rc = PL_OK;

    if (d->generated && any_needed(b)) {
        pl_task task = {
            .kind = PL_TASK_QUESTION, .model = b->unit->author, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE};

        task_key(b->hash, d, b->unit, &task);
        rc = pl__unit_add(b->unit, &task, PL_INDEX_NONE, PL_INDEX_NONE, &question, reterr);
    }
    for (uint32_t j = 0; j < d->n_models && rc == PL_OK; j++) {
        pl_task task = {.kind = PL_TASK_ANSWER, .model = j, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE};

        b->answer_of[j] = PL_INDEX_NONE;
        if (!b->is_needed[j])
            continue;
        task_key(b->hash, d, b->unit, &task);
        rc = pl__unit_add(b->unit, &task, question, PL_INDEX_NONE, &b->answer_of[j], reterr);
    }
    return rc;
}

/* How many comparisons one unit has; every author's has equally many. */
static pl_status count_triples(builder *b, uint64_t *ret, pl_error *reterr)
{
    pl_status rc = each_triple(b, NULL, ret, reterr);

    if (rc == PL_OK && *ret * units_of(b->design) > PL_UNIT_TASKS_MAX)
        return pl__fail(reterr, PL_E_LIMIT,
                        "one item gives more than %u judgments: use fewer models, or judges: author",
                        PL_UNIT_TASKS_MAX);
    return rc;
}

pl_status pl__peer_review_triples(const pl_eval *eval, pl_triple **ret, size_t *ret_n, pl_error *reterr)
{
    const pl_peer_review_design *d = &self_of(eval)->design;
    pl_unit unit = {.author = d->generated ? 0 : PL_INDEX_NONE};
    builder b = {.design = d, .unit = &unit};
    uint64_t n = 0;
    pl_status rc = count_triples(&b, &n, reterr);

    if (rc == PL_OK) {
        b.list = pl__calloc((size_t)n * units_of(d), sizeof(*b.list));
        rc = b.list ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "comparisons of an item");
    }
    for (; b.index < units_of(d) && rc == PL_OK; b.index++) {
        unit.author = d->generated ? b.index : PL_INDEX_NONE;
        b.first_triple = n * b.index;
        rc = each_triple(&b, note_triple, &n, reterr);
    }
    if (rc != PL_OK) {
        pl__free(b.list);
        return rc;
    }
    *ret = b.list;
    *ret_n = (size_t)n * units_of(d);
    return PL_OK;
}

static pl_status add_tasks(builder *b, uint32_t index, pl_error *reterr)
{
    uint64_t n = 0;
    pl_status rc = count_triples(b, &n, reterr);

    if (rc != PL_OK)
        return rc;
    b->first_triple = n * index; /* every author has equally many */
    if (rc == PL_OK)
        rc = pl__draw_item(b->design, b->unit->item, n * units_of(b->design), &b->draw, reterr);
    if (rc == PL_OK)
        rc = each_triple(b, note_need, &n, reterr);
    if (rc == PL_OK)
        rc = add_texts(b, reterr);
    return rc == PL_OK ? each_triple(b, add_judgments, &n, reterr) : rc;
}

static pl_status build(const pl_eval *eval, pl_unit *unit, uint32_t index, pl_error *reterr)
{
    const pl_peer_review_design *d = &self_of(eval)->design;
    builder b = {.design = d, .unit = unit};
    pl_status rc = PL_OK;

    if (d->generated && !unit->item->image_path)
        return pl__fail(reterr, PL_E_INVALID, "item %s has no image, so no question can be written about it",
                        unit->item->id);
    if (!d->generated && !unit->item->question)
        return pl__fail(reterr, PL_E_INVALID, "item %s has no question", unit->item->id);
    b.hash = pl__sha256_new();
    b.answer_of = pl__calloc(d->n_models, sizeof(*b.answer_of));
    b.is_needed = pl__calloc(d->n_models, sizeof(*b.is_needed));
    if (!b.hash || !b.answer_of || !b.is_needed) {
        rc = pl__fail(reterr, PL_E_NOMEM, "unit of item %s", unit->item->id);
        goto out;
    }
    unit->author = d->generated ? index : PL_INDEX_NONE;
    unit_key(b.hash, d, unit);
    rc = add_tasks(&b, index, reterr);
out:
    pl__draw_clear(&b.draw);
    pl__free(b.answer_of);
    pl__free(b.is_needed);
    pl__sha256_free(b.hash);
    return rc;
}

static pl_prompt_kind prompt_of(const pl_task *task)
{
    if (task->kind == PL_TASK_QUESTION)
        return PL_PROMPT_QUESTION;
    if (task->kind == PL_TASK_ANSWER)
        return PL_PROMPT_ANSWER;
    return task->criterion == PL_CRITERION_VISUAL ? PL_PROMPT_JUDGE_VISUAL : PL_PROMPT_JUDGE_CORRECTNESS;
}

static pl_prompt_kind prompt(const pl_eval *eval, const pl_unit *unit, uint32_t i)
{
    (void)eval;
    return prompt_of(&unit->nodes[i].task);
}

/* The question of a unit: its author's, which is node 0, or the item's own. */
static pl_view question_of(const pl_unit *unit)
{
    if (unit->author == PL_INDEX_NONE)
        return pl__view(unit->item->question);
    return pl__question_clean(pl__unit_text(unit, 0));
}

static pl_status chat(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    const pl_peer_review_design *d = &self_of(eval)->design;
    const pl_task *task = &unit->nodes[i].task;
    const pl_model_spec *model = &d->models[task->model];
    pl_prompt_values values = {.question = {0}};
    size_t n = 0;
    pl_status rc = PL_OK;

    if (task->kind != PL_TASK_QUESTION)
        values.question = question_of(unit);
    if (task->kind == PL_TASK_JUDGMENT) {
        values.first = pl__unit_text(unit, unit->nodes[i].needs[0]);
        values.second = pl__unit_text(unit, unit->nodes[i].needs[1]);
    }
    pl__str_reset(&b->text);
    rc = pl__prompt_render(d->prompts, prompt_of(task), &values, &b->text, reterr);
    if (rc != PL_OK)
        return rc;
    /* The image comes first, so that every question about it shares the prefix in the server's cache. */
    if (unit->item->image_path)
        b->parts[n++] =
            (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_IMAGE, .image_digest = unit->item->image_digest};
    b->parts[n++] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = {pl__str_c(&b->text), b->text.len}};
    b->chat = (pl_chat){.model = model, .parts = b->parts, .n_parts = n, .max_tokens = model->params.max_tokens};
    if (task->kind == PL_TASK_QUESTION && b->chat.max_tokens > PL_QUESTION_TOKENS_MAX)
        b->chat.max_tokens = PL_QUESTION_TOKENS_MAX;
    return PL_OK;
}

static pl_parsed_verdict verdict(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_view text)
{
    const pl_unit_node *node = &unit->nodes[i];
    const pl_prompt_set *prompts = self_of(eval)->design.prompts;
    pl_parsed_verdict missing = {PL_VERDICT_MISSING, pl__unit_no_reply(unit, i)};

    if (missing.missing != PL_MISSING_NOT)
        return missing;
    return pl__verdict_parse(text, pl__prompt_set_instruction(prompts, prompt_of(&node->task)),
                             node->outcome == PL_OUTCOME_CUT_OFF);
}

static void free_peer_review(pl_eval *eval)
{
    pl__free(eval);
}

static const pl_eval_ops PEER_REVIEW = {.kind = PL_EVAL_PEER_REVIEW,
                                        .units_per_item = units_per_item,
                                        .build = build,
                                        .prompt = prompt,
                                        .chat = chat,
                                        .verdict = verdict,
                                        .free = free_peer_review};

pl_status pl__peer_review_new(const pl_peer_review_design *design, pl_eval **ret, pl_error *reterr)
{
    peer_review *eval = NULL;
    bool any = false;

    for (size_t c = 0; c < PL_CRITERIA_COUNT; c++)
        any = any || design->criteria[c];
    if (design->n_models < 3)
        return pl__fail(reterr, PL_E_INVALID, "peer review needs at least three models: two candidates and a judge");
    if (!any)
        return pl__fail(reterr, PL_E_INVALID, "peer review needs a criterion: correctness or visual");
    if (!design->generated && !design->judges_all)
        return pl__fail(reterr, PL_E_INVALID, "a given question has no author: use judges: all");
    eval = pl__calloc(1, sizeof(*eval));
    if (!eval)
        return pl__fail(reterr, PL_E_NOMEM, "peer review");
    eval->base.ops = &PEER_REVIEW;
    eval->base.keeps_verdicts = design->adaptive;
    eval->design = *design;
    *ret = &eval->base;
    return PL_OK;
}
