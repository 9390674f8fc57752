/* Peer review (UPME, sections 3.1 and 3.2): for each image and reviewer a question, an answer of every candidate, and
 * under each criterion a judgment of every unordered pair of answers, in both orders. */
#include "peer_review.h"

#include "alloc.h"
#include "answer.h"
#include "error.h"
#include "eval_internal.h"

/* Ours: a question is a sentence or two, whatever the answers may need. */
#define QUESTION_TOKENS_MAX 128u

typedef struct peer_review {
    pl_eval base;
    pl_peer_review_design design;
} peer_review;

static const peer_review *self_of(const pl_eval *eval)
{
    return (const peer_review *)eval;
}

static uint32_t units_per_item(const pl_eval *eval)
{
    const pl_peer_review_design *d = &self_of(eval)->design;

    return d->generated ? d->n_models : 1;
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

/* Both orders of one pair under every criterion, by every judge. */
static pl_status add_pair(const pl_peer_review_design *d, pl_unit *unit, pl_sha256 *h, const uint32_t *answer_of,
                          uint32_t j, uint32_t k, pl_error *reterr)
{
    for (uint32_t judge = 0; judge < d->n_models; judge++) {
        if (!may_judge(d, unit, judge, j, k))
            continue;
        for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
            if (!d->criteria[c] || (c == PL_CRITERION_VISUAL && !unit->item->image_path))
                continue;
            for (unsigned swapped = 0; swapped < 2; swapped++) {
                pl_task task = {.kind = PL_TASK_JUDGMENT, .model = judge, .criterion = c};
                pl_status rc = PL_OK;

                task.first = swapped ? k : j;
                task.second = swapped ? j : k;
                task_key(h, d, unit, &task);
                rc = pl__unit_add(unit, &task, answer_of[task.first], answer_of[task.second], NULL, reterr);
                if (rc != PL_OK)
                    return rc;
            }
        }
    }
    return PL_OK;
}

static pl_status add_tasks(const pl_peer_review_design *d, pl_unit *unit, pl_sha256 *h, uint32_t *answer_of,
                           pl_error *reterr)
{
    uint32_t question = PL_INDEX_NONE;
    pl_status rc = PL_OK;

    if (d->generated) {
        pl_task task = {
            .kind = PL_TASK_QUESTION, .model = unit->author, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE};

        task_key(h, d, unit, &task);
        rc = pl__unit_add(unit, &task, PL_INDEX_NONE, PL_INDEX_NONE, &question, reterr);
    }
    for (uint32_t j = 0; j < d->n_models && rc == PL_OK; j++) {
        pl_task task = {.kind = PL_TASK_ANSWER, .model = j, .first = PL_INDEX_NONE, .second = PL_INDEX_NONE};

        if (!is_candidate(d, unit, j))
            continue;
        task_key(h, d, unit, &task);
        rc = pl__unit_add(unit, &task, question, PL_INDEX_NONE, &answer_of[j], reterr);
    }
    for (uint32_t j = 0; j < d->n_models && rc == PL_OK; j++) {
        for (uint32_t k = j + 1; k < d->n_models && rc == PL_OK; k++) {
            if (is_candidate(d, unit, j) && is_candidate(d, unit, k))
                rc = add_pair(d, unit, h, answer_of, j, k, reterr);
        }
    }
    return rc;
}

static pl_status build(const pl_eval *eval, pl_unit *unit, uint32_t index, pl_error *reterr)
{
    const pl_peer_review_design *d = &self_of(eval)->design;
    pl_status rc = PL_OK;
    pl_sha256 *h = NULL;
    uint32_t *answer_of = NULL;

    if (d->generated && !unit->item->image_path)
        return pl__fail(reterr, PL_E_INVALID, "item %s has no image, so no question can be written about it",
                        unit->item->id);
    if (!d->generated && !unit->item->question)
        return pl__fail(reterr, PL_E_INVALID, "item %s has no question", unit->item->id);
    h = pl__sha256_new();
    answer_of = pl__calloc(d->n_models, sizeof(*answer_of));
    if (!h || !answer_of) {
        rc = pl__fail(reterr, PL_E_NOMEM, "unit of item %s", unit->item->id);
        goto out;
    }
    unit->author = d->generated ? index : PL_INDEX_NONE;
    unit_key(h, d, unit);
    rc = add_tasks(d, unit, h, answer_of, reterr);
out:
    pl__free(answer_of);
    pl__sha256_free(h);
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
    pl_prompt_values values = {{0}, {0}, {0}};
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
    if (task->kind == PL_TASK_QUESTION && b->chat.max_tokens > QUESTION_TOKENS_MAX)
        b->chat.max_tokens = QUESTION_TOKENS_MAX;
    return PL_OK;
}

static pl_parsed_verdict verdict(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_view text)
{
    const pl_unit_node *node = &unit->nodes[i];
    pl_parsed_verdict missing = {PL_VERDICT_MISSING, PL_MISSING_CALL};

    if (node->state == PL_TASK_VOID || node->state == PL_TASK_BLOCKED) {
        missing.missing = PL_MISSING_ANSWER;
        return missing;
    }
    if (node->state != PL_TASK_ANSWERED)
        return missing;
    if (node->outcome == PL_OUTCOME_REFUSED)
        missing.missing = PL_MISSING_REFUSED;
    else if (node->outcome == PL_OUTCOME_EMPTY)
        missing.missing = PL_MISSING_EMPTY;
    else
        return pl__verdict_parse(text,
                                 pl__prompt_set_instruction(self_of(eval)->design.prompts, prompt_of(&node->task)),
                                 node->outcome == PL_OUTCOME_CUT_OFF);
    return missing;
}

static void free_peer_review(pl_eval *eval)
{
    pl__free(eval);
}

static const pl_eval_ops PEER_REVIEW = {"peer_review", units_per_item, build, chat, verdict, free_peer_review};

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
    eval->design = *design;
    *ret = &eval->base;
    return PL_OK;
}
