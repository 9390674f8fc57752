#include "alloc.h"
#include "error.h"
#include "eval_internal.h"

void pl__eval_free(pl_eval *eval)
{
    if (eval)
        eval->ops->free(eval);
}

pl_eval_kind pl__eval_kind(const pl_eval *eval)
{
    return eval->ops->kind;
}

pl_eval_kind pl__unit_kind(const pl_unit *unit)
{
    return unit->eval->ops->kind;
}

pl_prompt_kind pl__unit_prompt(const pl_unit *unit, uint32_t i)
{
    return unit->eval->ops->prompt(unit->eval, unit, i);
}

uint32_t pl__eval_units_per_item(const pl_eval *eval)
{
    return eval->ops->units_per_item(eval);
}

void pl__chat_builder_init(pl_chat_builder *b)
{
    *b = (pl_chat_builder){0};
    pl__str_init(&b->text, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&b->options, PL_STR_LIMIT_DEFAULT);
}

void pl__chat_builder_clear(pl_chat_builder *b)
{
    pl__str_clear(&b->text);
    pl__str_clear(&b->options);
    *b = (pl_chat_builder){0};
}

pl_status pl__unit_chat(const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    return unit->eval->ops->chat(unit->eval, unit, i, b, reterr);
}

pl_parsed_verdict pl__unit_verdict(const pl_unit *unit, uint32_t i, pl_view text)
{
    const pl_parsed_verdict none = {PL_VERDICT_MISSING, PL_MISSING_ANSWER};

    return unit->eval->ops->verdict ? unit->eval->ops->verdict(unit->eval, unit, i, text) : none;
}

pl_parsed_equivalence pl__unit_equivalence(const pl_unit *unit, uint32_t i, pl_view text)
{
    const pl_parsed_equivalence none = {PL_EQUIVALENCE_MISSING, PL_MISSING_ANSWER};

    return unit->eval->ops->equivalence ? unit->eval->ops->equivalence(unit->eval, unit, i, text) : none;
}

/* ---- two evaluations as one ---- */

typedef struct joint {
    pl_eval base;
    pl_eval *first;
    pl_eval *second;
} joint;

static const joint *joint_of(const pl_eval *eval)
{
    return (const joint *)eval;
}

static uint32_t joint_units(const pl_eval *eval)
{
    return pl__eval_units_per_item(joint_of(eval)->first) + pl__eval_units_per_item(joint_of(eval)->second);
}

static const pl_eval *joint_part(const pl_eval *eval, uint32_t *index)
{
    const joint *j = joint_of(eval);
    uint32_t n = pl__eval_units_per_item(j->first);

    if (*index < n)
        return j->first;
    *index -= n;
    return j->second;
}

static void joint_free(pl_eval *eval)
{
    joint *j = (joint *)eval;

    pl__eval_free(j->first);
    pl__eval_free(j->second);
    pl__free(j);
}

/* Its units are those of its parts, and never its own. */
static const pl_eval_ops JOINT = {
    .kind = PL_EVAL_BOTH, .units_per_item = joint_units, .part = joint_part, .free = joint_free};

pl_status pl__eval_join(pl_eval *first, pl_eval *second, pl_eval **ret, pl_error *reterr)
{
    joint *j = pl__calloc(1, sizeof(*j));

    if (!j)
        return pl__fail(reterr, PL_E_NOMEM, "evaluations");
    *j = (joint){.base = {.ops = &JOINT}, .first = first, .second = second};
    *ret = &j->base;
    return PL_OK;
}
