#ifndef PL_PROBE_H
#define PL_PROBE_H

#include "abilities.h"
#include "client.h"

#include <stdatomic.h>

/* Asks endpoints what they can do, with small calls, all endpoints at a time. */
#define PL_PROBE_ATTEMPTS_MAX 3u  /* of one call: what fails more often is unknown */
#define PL_PROBE_LOOKUP_MS 10000u /* that a look-up may take */
#define PL_PROBE_CALLS 12u        /* of an endpoint that has everything and refuses nothing */

typedef struct pl_probe_opts {
    const pl_model_spec *models;
    uint32_t n_models;
    pl_transport *transport; /* NULL: libcurl */
    const pl_clock *clock;   /* NULL: the system's */
    const pl_log *log;
    uint64_t seed;
    bool deep;                   /* also try long prompts where a server does not say how long its context is */
    const atomic_int *interrupt; /* not 0: stop; or NULL */
} pl_probe_opts;

/* Fills ret[n_models]. PL_OK whatever the endpoints do; PL_E_CANCELLED when interrupted; otherwise a key that is not
 * there, an unknown provider (see client.h), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__probe(const pl_probe_opts *opts, pl_abilities *ret, pl_error *reterr);

#endif
