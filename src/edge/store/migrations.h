#ifndef PL_MIGRATIONS_H
#define PL_MIGRATIONS_H

#include <peerless/status.h>
#include <sqlite3.h>

/* One numbered step of the schema, forward only. Its last statement sets user_version to `number`. */
typedef struct pl_migration {
    uint32_t number; /* 1, 2, 3, ... */
    const char *name;
    const unsigned char *sql; /* NUL-terminated */
    size_t sql_bytes;         /* without the NUL */
} pl_migration;

extern const pl_migration pl__migrations[];
extern const size_t pl__migrations_count;

#define PL_STORE_APPLICATION_ID INT64_C(1885693298) /* "peer", big-endian; in the file's header */

/* What the file is, and whether this program can read it; changes nothing. *ret_version is 0 for an empty file.
 * PL_E_PARSE: not a store, or its migrations are not ours; PL_E_VERSION; PL_E_BUSY, PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__migrations_check(sqlite3 *db, const char *path, int64_t *ret_version, pl_error *reterr);
/* Brings the file to the newest version in one transaction. Also PL_E_FULL. */
PL_NODISCARD pl_status pl__migrations_apply(sqlite3 *db, const char *path, pl_error *reterr);

#endif
