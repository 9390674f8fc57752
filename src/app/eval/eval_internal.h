#ifndef PL_EVAL_INTERNAL_H
#define PL_EVAL_INTERNAL_H

#include "eval.h"

/* What one evaluation brings; everything else about units is common. */
typedef struct pl_eval_ops {
    pl_eval_kind kind;
    uint32_t (*units_per_item)(const pl_eval *eval);
    /* May be NULL: the evaluation itself. Else the one whose unit this is, and the unit's index in it. */
    const pl_eval *(*part)(const pl_eval *eval, uint32_t *index);
    /* Fills unit->author, key and tasks (with pl__unit_add) of a new unit. */
    pl_status (*build)(const pl_eval *eval, pl_unit *unit, uint32_t index, pl_error *reterr);
    pl_prompt_kind (*prompt)(const pl_eval *eval, const pl_unit *unit, uint32_t i);
    pl_status (*chat)(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr);
    /* May be NULL: it has no judgments. */
    pl_parsed_verdict (*verdict)(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_view text);
    /* These two may be NULL: it has no comparisons. */
    pl_parsed_equivalence (*equivalence)(const pl_eval *eval, const pl_unit *unit, uint32_t i, pl_view text);
    bool (*is_settled)(const pl_unit *unit, uint32_t i); /* by the texts of its needs, which are there */
    void (*free)(pl_eval *eval);
} pl_eval_ops;

struct pl_eval {
    const pl_eval_ops *ops;
    bool keeps_verdicts; /* units remember what judgments say: what is asked next depends on it */
};

/* A node of the graph. Invariant: needs point at earlier nodes, so one pass in index order settles all states. */
typedef struct pl_unit_node {
    pl_task task;
    uint32_t needs[2]; /* node indices, PL_INDEX_NONE if fewer */
    pl_task_state state;
    pl_outcome outcome;
    pl_parsed_verdict verdict; /* of an ended judgment, if the eval keeps verdicts */
    bool is_needed;            /* some node needs its text */
    char *text;                /* of an ended node that is needed; NULL: not at hand */
    size_t text_len;
} pl_unit_node;

struct pl_unit {
    const pl_eval *eval;
    const pl_item *item;
    pl_digest item_content;
    pl_digest key;
    uint32_t author;
    pl_unit_node *nodes;
    size_t n_nodes;
    size_t cap_nodes;
    uint32_t open_tasks;
};

/* Why a judge's task has no text to be parsed; PL_MISSING_NOT if it has. */
pl_missing pl__unit_no_reply(const pl_unit *unit, uint32_t i);

/* Appends a node; without needs it is READY. PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__unit_add(pl_unit *unit, const pl_task *task, uint32_t need_a, uint32_t need_b,
                                    uint32_t *ret_index, pl_error *reterr);

#endif
