#include "task.h"

const char *pl__criterion_name(pl_criterion c)
{
    static const char *const names[PL_CRITERIA_COUNT] = {
        [PL_CRITERION_CORRECTNESS] = "correctness", [PL_CRITERION_VISUAL] = "visual"};
    if ((unsigned)c >= PL_CRITERIA_COUNT)
        return "unknown";
    return names[c];
}
