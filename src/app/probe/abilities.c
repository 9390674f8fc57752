#include "abilities.h"

static const char *const names[PL_ABILITIES] = {
    [PL_ABILITY_REACHABLE] = "reachable",
    [PL_ABILITY_TEXT] = "text",
    [PL_ABILITY_IMAGES] = "images",
    [PL_ABILITY_SIGHT] = "sees",
    [PL_ABILITY_IMAGE_SIDE] = "image_side",
    [PL_ABILITY_LOGPROBS] = "logprobs",
    [PL_ABILITY_N] = "n",
    [PL_ABILITY_REPEATABLE] = "repeatable",
    [PL_ABILITY_SEED] = "seed",
    [PL_ABILITY_TEMPERATURE] = "temperature",
    [PL_ABILITY_MAX_TOKENS] = "max_tokens",
    [PL_ABILITY_MAX_COMPLETION_TOKENS] = "max_completion_tokens",
    [PL_ABILITY_CONTEXT] = "context",
    [PL_ABILITY_REASONING] = "reasoning",
    [PL_ABILITY_PREFILL] = "prefill",
    [PL_ABILITY_USAGE] = "usage",
};

const char *pl__ability_name(pl_ability ability)
{
    return (unsigned)ability < PL_ABILITIES ? names[ability] : "unknown";
}

const char *pl__ability_state_name(pl_ability_state state)
{
    static const char *const words[] = {
        [PL_ABILITY_UNKNOWN] = "unknown", [PL_ABILITY_YES] = "yes", [PL_ABILITY_NO] = "no"};
    return (unsigned)state <= PL_ABILITY_NO ? words[state] : words[PL_ABILITY_UNKNOWN];
}

static bool lacks(const pl_abilities *a, pl_ability ability)
{
    return a->of[ability].state == PL_ABILITY_NO;
}

bool pl__abilities_refuse_images(const pl_abilities *a)
{
    return lacks(a, PL_ABILITY_IMAGES);
}

uint32_t pl__abilities_adapt(const pl_abilities *a, pl_chat *chat)
{
    uint32_t calls = 1;

    if (lacks(a, PL_ABILITY_LOGPROBS))
        chat->top_logprobs = 0;
    else if (a->top_logprobs_max > 0 && chat->top_logprobs > a->top_logprobs_max)
        chat->top_logprobs = a->top_logprobs_max;
    if (lacks(a, PL_ABILITY_TEMPERATURE))
        chat->omit |= PL_PARAM_TEMPERATURE;
    if (lacks(a, PL_ABILITY_MAX_TOKENS) && a->of[PL_ABILITY_MAX_COMPLETION_TOKENS].state == PL_ABILITY_YES)
        chat->omit |= PL_PARAM_MAX_TOKENS;
    if (lacks(a, PL_ABILITY_N) && chat->n > 1) {
        calls = chat->n;
        chat->n = 1;
    }
    return calls;
}
