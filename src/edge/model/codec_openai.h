#ifndef PL_CODEC_OPENAI_H
#define PL_CODEC_OPENAI_H

#include "codec.h"

/* Chat completions, the common dialect of OpenAI, vLLM, SGLang, llama.cpp, Ollama and LM Studio. */
extern const pl_codec_ops pl__codec_openai;

PL_NODISCARD pl_status pl__openai_decode(const pl_http_reply *reply, int64_t now_unix_ms, pl_decoded *ret,
                                         pl_error *reterr);

#endif
