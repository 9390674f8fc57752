#include "batch_codecs.h"

#include <string.h>

const pl_batch_codec *pl__batch_codec_find(const char *provider)
{
    static const pl_batch_codec *const codecs[] = {&pl__batch_openai, &pl__batch_anthropic};
    for (size_t i = 0; provider && i < sizeof(codecs) / sizeof(codecs[0]); i++)
        if (strcmp(codecs[i]->provider, provider) == 0)
            return codecs[i];
    return NULL;
}
