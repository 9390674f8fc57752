#ifndef PL_TRANSPORT_RECORD_H
#define PL_TRANSPORT_RECORD_H

#include "secrets.h"

/* A transport around another one that writes every exchange to DIR/exchanges.jsonl, one appended line each. What was
 * recorded there before stays. Cancelled requests are not recorded: nothing came of them. */

/* Takes over `inner` on success. Makes the folder. PL_E_FULL, PL_E_IO, PL_E_NOMEM; PL_E_PARSE or PL_E_VERSION when the
 * folder holds something else under that name. */
PL_NODISCARD pl_status pl__transport_record_new(pl_transport *inner, const char *dir, pl_transport **ret,
                                                pl_error *reterr);
/* What must not stand in the recording, beyond request headers; before the first request. Copied. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__transport_record_hide(pl_transport *t, const pl_secrets *secrets, pl_error *reterr);
/* Has writing come to an end (a full disk)? From then on requests go through unrecorded, so that nothing that was paid
 * for is lost: it is the caller's to stop. */
PL_NODISCARD pl_status pl__transport_record_problem(const pl_transport *t, pl_error *reterr);

#endif
