#ifndef PL_BATCH_CODECS_H
#define PL_BATCH_CODECS_H

#include "batch_codec.h"

const pl_batch_codec *pl__batch_codec_find(const char *provider); /* NULL if there is none */

#endif
