#include "dialects.h"

#include <string.h>

static const pl_sim_dialect *const dialects[PL_SIM_DIALECTS] = {
    [PL_SIM_OPENAI] = &pl__sim_dialect_openai,
    [PL_SIM_ANTHROPIC] = &pl__sim_dialect_anthropic,
    [PL_SIM_GEMINI] = &pl__sim_dialect_gemini,
};

const pl_sim_dialect *pl__sim_dialect_at(uint32_t id)
{
    return dialects[id];
}

const pl_sim_dialect *pl__sim_dialect_of_path(const char *path)
{
    if (strcmp(path, "/v1/chat/completions") == 0)
        return &pl__sim_dialect_openai;
    if (strcmp(path, "/v1/messages") == 0)
        return &pl__sim_dialect_anthropic;
    if (strncmp(path, "/v1beta/models/", 15) == 0 || strncmp(path, "/v1/models/", 11) == 0)
        return &pl__sim_dialect_gemini;
    return NULL;
}
