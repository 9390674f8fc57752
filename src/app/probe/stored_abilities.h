#ifndef PL_STORED_ABILITIES_H
#define PL_STORED_ABILITIES_H

#include "abilities.h"
#include "store.h"

/* Abilities as the store keeps them. */

/* Whose abilities they are: endpoint identity, provider, model, and what the config passes through. Temperature, limits
 * and image policy do not change them. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__abilities_key(const pl_model_spec *spec, pl_digest *ret, pl_error *reterr);
/* Appends a JSON object of version 1. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__abilities_write(const pl_abilities *a, pl_str *out, pl_error *reterr);
/* Reads one; abilities that it does not name are unknown. PL_E_PARSE, PL_E_VERSION, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__abilities_read(pl_view json, pl_abilities *ret, pl_error *reterr);
/* Keeps them, in place of older ones. What the store fails with. */
PL_NODISCARD pl_status pl__abilities_store(pl_store *store, const pl_model_spec *spec, const pl_abilities *a,
                                           pl_error *reterr);
/* The newest ones, or *ret_found false. What the store fails with, PL_E_PARSE, PL_E_VERSION. */
PL_NODISCARD pl_status pl__abilities_load(pl_store *store, const pl_model_spec *spec, pl_abilities *ret,
                                          bool *ret_found, pl_error *reterr);

#endif
