#include "endpoint_habits.h"

#include "error.h"
#include "num.h"

#define NUMBER_MAX 1000000000u

static const struct {
    const char *name;
    bool numbered;
} rows[PL_SIM_HABITS] = {
    [PL_SIM_NO_IMAGES] = {"no-images", false},
    [PL_SIM_BLIND] = {"blind", false},
    [PL_SIM_NO_LOGPROBS] = {"no-logprobs", false},
    [PL_SIM_SILENT_LOGPROBS] = {"silent-logprobs", false},
    [PL_SIM_NO_N] = {"no-n", false},
    [PL_SIM_ONE_SAMPLE] = {"one-sample", false},
    [PL_SIM_NO_SEED] = {"no-seed", false},
    [PL_SIM_NO_TEMPERATURE] = {"no-temperature", false},
    [PL_SIM_NO_MAX_TOKENS] = {"no-max-tokens", false},
    [PL_SIM_NO_MAX_COMPLETION_TOKENS] = {"no-max-completion-tokens", false},
    [PL_SIM_NO_USAGE] = {"no-usage", false},
    [PL_SIM_NO_PREFILL] = {"no-prefill", false},
    [PL_SIM_PREFILL] = {"prefill", false},
    [PL_SIM_REASONING] = {"reasoning", false},
    [PL_SIM_TOP_LOGPROBS] = {"top-logprobs", true},
    [PL_SIM_MAX_SIDE] = {"max-side", true},
    [PL_SIM_CONTEXT] = {"context", true},
};

const char *pl__sim_habit_name(pl_sim_habit habit)
{
    return (unsigned)habit < PL_SIM_HABITS ? rows[habit].name : NULL;
}

pl_status pl__sim_habits_add(pl_sim_habits *habits, pl_view spec, pl_error *reterr)
{
    size_t at = pl__view_find(spec, pl__view("="));
    pl_view name = pl__view_n(spec.ptr, at == SIZE_MAX ? spec.len : at);
    uint64_t number = 1;
    unsigned i = 0;

    while (i < PL_SIM_HABITS && !pl__view_eq_str(name, rows[i].name))
        i++;
    if (i == PL_SIM_HABITS)
        return pl__fail(reterr, PL_E_PARSE, "\"%.*s\" is nothing that endpoints do or lack",
                        (int)(name.len < 40 ? name.len : 40), name.ptr);
    if (rows[i].numbered != (at != SIZE_MAX))
        return pl__fail(reterr, PL_E_PARSE, "%s takes %s", rows[i].name,
                        rows[i].numbered ? "a number, as in max-side=512" : "no number");
    if (at != SIZE_MAX && (pl__num_parse_u64(pl__view_n(spec.ptr + at + 1, spec.len - at - 1), &number) ||
                           number == 0 || number > NUMBER_MAX))
        return pl__fail(reterr, PL_E_PARSE, "the number of %s is between 1 and %u", rows[i].name, NUMBER_MAX);
    habits->of[i] = number;
    return PL_OK;
}
