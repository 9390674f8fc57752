#ifndef PL_WIRE_H
#define PL_WIRE_H

#include "run.h"
#include "secrets.h"

/* What a run's requests go over: libcurl, libcurl with a recording, or a recording alone. Zeroed to begin with. */
typedef struct pl_wire {
    pl_transport *transport;
    pl_transport *own;           /* NULL: the caller's */
    pl_transport *recorder;      /* own, when it records; else NULL */
    pl_transport *replay;        /* own, when it replays; else NULL */
    const pl_clock *clock;       /* to run by */
    const pl_model_spec *models; /* to make a client of: a replay's are without keys */
    pl_model_spec *keyless;
    const pl_log *log;
} pl_wire;

PL_NODISCARD pl_status pl__wire_open(pl_wire *ret, const pl_run_opts *opts, pl_error *reterr);
/* Keeps these out of the recording; before the first request. */
PL_NODISCARD pl_status pl__wire_hide(pl_wire *wire, const pl_secrets *secrets, pl_error *reterr);
/* Has recording come to an end (a full disk)? Then the run must start nothing new. */
PL_NODISCARD pl_status pl__wire_problem(const pl_wire *wire, pl_error *reterr);
void pl__wire_clear(pl_wire *wire); /* says what a recording lacked */

#endif
