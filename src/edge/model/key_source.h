#ifndef PL_KEY_SOURCE_H
#define PL_KEY_SOURCE_H

#include "log.h"
#include "model_spec.h"
#include "str.h"

#define PL_KEY_BYTES_MAX 8192u
#define PL_KEY_COMMAND_MS_MAX 60000u /* long enough for a person to type a passphrase */

/* Reads a model's key from where its spec says (environment, file, command) into *ret, which holds nothing and stays so
 * when the spec names no place. PL_E_NOT_FOUND, PL_E_INVALID, PL_E_IO, PL_E_LIMIT, PL_E_NOMEM: the message names the
 * model and the place, and for a command the end of its standard error, never the key. */
PL_NODISCARD pl_status pl__key_read(const pl_model_spec *spec, pl_str *ret, pl_error *reterr);
/* Do both name the same place? Then a command need not run twice. */
bool pl__key_same_place(const pl_model_spec *a, const pl_model_spec *b);
/* Remarks on a key that others may read: its file's permissions, and plain http, which `insecure` allows. */
void pl__key_warn(const pl_model_spec *spec, bool has_key, const pl_log *log);
void pl__key_wipe(pl_str *s); /* overwrites, then frees */

#endif
