#include "eval_internal.h"

void pl__eval_free(pl_eval *eval)
{
    if (eval)
        eval->ops->free(eval);
}

const char *pl__eval_name(const pl_eval *eval)
{
    return eval->ops->name;
}

uint32_t pl__eval_units_per_item(const pl_eval *eval)
{
    return eval->ops->units_per_item(eval);
}

void pl__chat_builder_init(pl_chat_builder *b)
{
    *b = (pl_chat_builder){0};
    pl__str_init(&b->text, PL_STR_LIMIT_DEFAULT);
}

void pl__chat_builder_clear(pl_chat_builder *b)
{
    pl__str_clear(&b->text);
    *b = (pl_chat_builder){0};
}

pl_status pl__unit_chat(const pl_unit *unit, uint32_t i, pl_chat_builder *b, pl_error *reterr)
{
    return unit->eval->ops->chat(unit->eval, unit, i, b, reterr);
}

pl_parsed_verdict pl__unit_verdict(const pl_unit *unit, uint32_t i, pl_view text)
{
    return unit->eval->ops->verdict(unit->eval, unit, i, text);
}
