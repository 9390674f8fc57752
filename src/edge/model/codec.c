#include "codec.h"

#include "error.h"

#include "codec_anthropic.h"
#include "codec_gemini.h"
#include "codec_openai.h"

static const pl_codec_ops *const codecs[] = {&pl__codec_openai, &pl__codec_anthropic, &pl__codec_gemini};

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

pl_status pl__codec_reread(const char *codec_name, int http_status, pl_view body, pl_reply *ret, pl_error *reterr)
{
    const pl_codec_ops *codec = pl__codec_find(codec_name);
    pl_http_reply reply = {.status = http_status};
    pl_decoded decoded = {0};
    pl_status rc = PL_OK;

    if (!codec)
        return pl__fail(reterr, PL_E_UNSUPPORTED, "stored reply of codec %s", codec_name);
    pl__str_init(&reply.headers, 0);
    pl__str_init(&reply.body, PL_HTTP_REPLY_BYTES_MAX);
    rc = pl__str_append_view(&reply.body, body);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "stored reply of %zu bytes", body.len);
    else
        rc = codec->decode(&reply, 0, &decoded, reterr);
    pl__http_reply_clear(&reply);
    if (rc == PL_OK)
        *ret = decoded.reply;
    return rc;
}
