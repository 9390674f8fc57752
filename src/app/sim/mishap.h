#ifndef PL_SIM_MISHAP_H
#define PL_SIM_MISHAP_H

#include "dialect.h"
#include "faults.h"

/* Faults at work. A fault either takes the answer's place, or changes what the model says, or spoils the bytes. */

bool pl__sim_mishap_replaces(pl_sim_fault fault);
/* Fills *ret with what comes instead of an answer. *ret_until_unix_ms is the time before which the client is told not
 * to come again; 0: it is not told. */
void pl__sim_mishap_reply(const pl_sim_dialect *dialect, const pl_sim_mishap *mishap, int64_t now_unix_ms,
                          pl_httpd_response *ret, int64_t *ret_until_unix_ms);
/* Before the answer is written. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_mishap_change(pl_sim_fault fault, pl_sim_speech *speech);
/* After it. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_mishap_spoil(const pl_sim_mishap *mishap, pl_httpd_response *ret);

#endif
