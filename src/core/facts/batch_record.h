#ifndef PL_BATCH_RECORD_H
#define PL_BATCH_RECORD_H

#include "hash.h"

#define PL_BATCH_RECORD_KEYS_MAX 100000u

/* Calls that are given to a provider in one piece. It is kept before the provider has it, so that a run that was killed
 * in between can look for it there. Strings and keys are borrowed. */
typedef struct pl_batch_record {
    pl_digest tag; /* of our own making; unique */
    const char *provider;
    const char *endpoint;  /* identity of the endpoint that has it */
    const char *remote_id; /* the provider's name for it; NULL: not known (yet) */
    bool ended;            /* all that came of it is stored */
    int64_t created_unix_ms;
    const pl_digest *keys; /* of its calls */
    size_t n_keys;         /* 1..PL_BATCH_RECORD_KEYS_MAX */
} pl_batch_record;

#endif
