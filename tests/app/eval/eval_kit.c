#include "eval_kit.h"

void eval_kit_models(pl_model_spec *ret, uint32_t n, const pl_model_spec *like)
{
    static const char *const names[EVAL_KIT_MODELS_MAX] = {"m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"};
    pl_error err = {0};

    assert_in_range(n, 1, EVAL_KIT_MODELS_MAX);
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = (pl_model_spec){.name = names[i],
                                 .provider = "openai",
                                 .model = names[i],
                                 .endpoint = "here",
                                 .family = "f",
                                 .params = like->params,
                                 .image = like->image};
        PL_KIT_OK(pl__model_identity(&ret[i], &err), &err);
    }
}

pl_prompt_set *eval_kit_prompts(void)
{
    pl_prompt_set *prompts = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__prompt_set_new(NULL, &prompts, &err), &err);
    return prompts;
}
