#ifndef PL_CODEC_ANTHROPIC_H
#define PL_CODEC_ANTHROPIC_H

#include "codec.h"

/* Anthropic's messages. No log-probabilities, no samples, no seed. */
extern const pl_codec_ops pl__codec_anthropic;

PL_NODISCARD pl_status pl__anthropic_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret,
                                            pl_error *reterr);

#endif
