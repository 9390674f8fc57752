#include "codec.h"

#include "codec_openai.h"

static const pl_codec_ops *const codecs[] = {&pl__codec_openai};

const pl_codec_ops *const *pl__codecs(size_t *ret_n)
{
    *ret_n = sizeof(codecs) / sizeof(codecs[0]);
    return codecs;
}

const pl_codec_ops *pl__codec_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof(codecs) / sizeof(codecs[0]); i++)
        if (pl__view_eq_str(pl__view(name), codecs[i]->name))
            return codecs[i];
    return NULL;
}
