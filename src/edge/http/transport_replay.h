#ifndef PL_TRANSPORT_REPLAY_H
#define PL_TRANSPORT_REPLAY_H

#include "clock.h"
#include "http.h"

#define PL_REPLAY_EXCHANGES_MAX 100000000u

/* Answers from a recording (transport_record.h), without a network. A request gets the reply of the first recorded
 * request with the same method, URL and body that has not been given out yet, then that of the last one again and
 * again; if there is none with this URL, of those with its path, whatever the host. A request that is not there ends as
 * PL_HTTP_UNREACHABLE, "not in the recording". */
typedef struct pl_replay_opts {
    bool in_time; /* replies take as long as they took; else none, and time passes as said at pl__transport_replay_clock
                   */
} pl_replay_opts;

/* Lines that are cut or broken are left out: see pl__transport_replay_broken. PL_E_NOT_FOUND, PL_E_PARSE (no
 * recording), PL_E_VERSION, PL_E_LIMIT, PL_E_IO, PL_E_NOMEM. opts may be NULL. */
PL_NODISCARD pl_status pl__transport_replay_new(const char *dir, const pl_replay_opts *opts, pl_transport **ret,
                                                pl_error *reterr);
/* The time to run by; valid while the transport is. Deadlines of poll are of this clock: when nothing is under way,
 * poll does not wait for one (a pause before a retry) but moves the clock to it. */
const pl_clock *pl__transport_replay_clock(const pl_transport *t);
uint64_t pl__transport_replay_count(const pl_transport *t);   /* exchanges that can be given out */
uint64_t pl__transport_replay_broken(const pl_transport *t);  /* lines that were left out */
uint64_t pl__transport_replay_unknown(const pl_transport *t); /* requests that were not in the recording so far */

#endif
