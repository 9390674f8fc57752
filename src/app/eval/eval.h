#ifndef PL_EVAL_H
#define PL_EVAL_H

#include "chat.h"
#include "item.h"
#include "prompt.h"
#include "task.h"
#include "verdict.h"

/* An evaluation is a task source. It does no I/O: for an item it yields units; a unit is a small graph of tasks that
 * hang together (one question, its answers, their judgments); when a task has ended, the unit says which tasks that
 * sets free, what to ask next, and what the reply means. Running, resuming, planning and analysis all go through the
 * same units, so they cannot disagree about what belongs to a run. */

#define PL_UNIT_TASKS_MAX 1000000u

typedef struct pl_eval pl_eval; /* immutable; borrows models and prompts */
typedef struct pl_unit pl_unit; /* thread-confined; borrows its eval and item */

typedef enum pl_task_state {
    PL_TASK_WAITING = 0, /* for a text that does not exist yet */
    PL_TASK_READY = 1,
    PL_TASK_STARTED = 2,
    PL_TASK_ANSWERED = 3, /* ended in a response: answered, cut off, refused or empty */
    PL_TASK_FAILED = 4,   /* the call failed; it has no response */
    PL_TASK_VOID = 5,     /* cannot be asked: a text it needs was refused or empty. Ended, as its need has ended */
    PL_TASK_BLOCKED = 6,  /* cannot be asked yet: a text it needs failed */
    PL_TASK_SETTLED = 7,  /* need not be asked: the two answers to be compared are the same text. Ended */
} pl_task_state;
bool pl__task_state_is_end(pl_task_state s);

typedef enum pl_eval_kind { PL_EVAL_PEER_REVIEW = 1, PL_EVAL_UNCERTAINTY = 2, PL_EVAL_BOTH = 3 } pl_eval_kind;

void pl__eval_free(pl_eval *eval);
pl_eval_kind pl__eval_kind(const pl_eval *eval);
/* One evaluation that has the units of both, those of `first` before those of `second`. Takes both over on success.
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__eval_join(pl_eval *first, pl_eval *second, pl_eval **ret, pl_error *reterr);
uint32_t pl__eval_units_per_item(const pl_eval *eval);

/* The index-th unit (< units_per_item) of an item. An item with an image needs its digest. PL_E_LIMIT beyond
 * PL_UNIT_TASKS_MAX tasks, PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__unit_new(const pl_eval *eval, const pl_item *item, uint32_t index, pl_unit **ret,
                                    pl_error *reterr);
void pl__unit_free(pl_unit *unit);
pl_eval_kind pl__unit_kind(const pl_unit *unit); /* of which evaluation it is; never BOTH */
const pl_digest *pl__unit_key(const pl_unit *unit);
const pl_item *pl__unit_item(const pl_unit *unit);
uint32_t pl__unit_author(const pl_unit *unit); /* who wrote the question; PL_INDEX_NONE if it is the item's own */
uint32_t pl__unit_count(const pl_unit *unit);
const pl_task *pl__unit_task(const pl_unit *unit, uint32_t i);
pl_task_state pl__unit_state(const pl_unit *unit, uint32_t i);
pl_outcome pl__unit_outcome(const pl_unit *unit, uint32_t i);
uint32_t pl__unit_open_tasks(const pl_unit *unit); /* tasks that have not ended; 0: the unit is done */
/* Indices of the tasks of one key (rarely more than one): the first at or after `from`, or PL_INDEX_NONE. */
uint32_t pl__unit_find(const pl_unit *unit, const pl_digest *key, uint32_t from);
/* The task whose text this one needs (which 0 or 1), or PL_INDEX_NONE. */
uint32_t pl__unit_need(const pl_unit *unit, uint32_t i, uint32_t which);
/* Does some task need this one's text? */
bool pl__unit_is_needed(const pl_unit *unit, uint32_t i);
/* The text of an ended question or answer; empty if there is none. */
pl_view pl__unit_text(const pl_unit *unit, uint32_t i);

void pl__unit_start(pl_unit *unit, uint32_t i);   /* READY -> STARTED */
void pl__unit_unstart(pl_unit *unit, uint32_t i); /* STARTED -> READY: it was not asked after all */
/* Records how a task that has not ended did end. `text` (copied if another task needs it) counts for ANSWERED and
 * CUT_OFF; one without a pointer is not at hand, and nothing is settled by it. Dependants become READY, VOID, BLOCKED
 * or SETTLED. PL_E_NOMEM: nothing has changed. */
PL_NODISCARD pl_status pl__unit_finish(pl_unit *unit, uint32_t i, pl_outcome outcome, pl_view text, pl_error *reterr);

/* The template that a task's request is made of. */
pl_prompt_kind pl__unit_prompt(const pl_unit *unit, uint32_t i);

/* The request of a task whose needs are met. Several samples of one answer are all the same request, for as many in one
 * reply (chat.n); where an endpoint gives one at a time, n becomes 1 and chat.sample the task's. Pieces live in the
 * builder; reuse it from call to call. */
typedef struct pl_chat_builder {
    pl_chat chat;
    pl_part parts[2];
    pl_str text;
    pl_str options;
} pl_chat_builder;
void pl__chat_builder_init(pl_chat_builder *b);
void pl__chat_builder_clear(pl_chat_builder *b);
PL_NODISCARD pl_status pl__unit_chat(const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr);

/* What a judgment's end means: a verdict, or why there is none. text is the judge's reply. */
pl_parsed_verdict pl__unit_verdict(const pl_unit *unit, uint32_t i, pl_view text);
/* The same of an ended judgment, as its text said then; missing unless the design is adaptive. */
pl_parsed_verdict pl__unit_kept_verdict(const pl_unit *unit, uint32_t i);
/* What a comparison's end means: whether both answers mean the same, or why that is not known. text is the judge's
 * reply. */
pl_parsed_equivalence pl__unit_equivalence(const pl_unit *unit, uint32_t i, pl_view text);

#endif
