#ifndef PL_CODEC_GEMINI_H
#define PL_CODEC_GEMINI_H

#include "codec.h"

/* Gemini's generateContent. */
extern const pl_codec_ops pl__codec_gemini;

PL_NODISCARD pl_status pl__gemini_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret,
                                         pl_error *reterr);

#endif
