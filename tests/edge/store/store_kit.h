#ifndef PL_STORE_KIT_H
#define PL_STORE_KIT_H

#include "kit.h"
#include "store.h"

/* Made-up facts: everything about call i follows from i, so that what comes back can be checked without keeping it. */
#define STORE_KIT_TEXT_BYTES 4096

pl_digest store_kit_digest(const char *kind, uint64_t i);
/* A response; its body is about 100 to 3,000 bytes. `text` holds the body. */
pl_store_write store_kit_call(uint64_t i, char text[STORE_KIT_TEXT_BYTES]);
/* Task i of unit `unit`, answered by call `call`. */
pl_store_write store_kit_task(uint64_t unit, uint64_t i, uint64_t call);
pl_store_write store_kit_item(int64_t run_id, uint64_t position, const char *id);
pl_store_run store_kit_run(const char *config);

/* Fails the test unless `call` is call i; with_body says whether there must be a body. */
void store_kit_check_call(const pl_store_call *call, uint64_t i, bool with_body);
/* Is call i in the store (and right)? */
bool store_kit_has_call(pl_store *s, uint64_t i);
/* Writes call i and its task in unit i / 10. */
pl_status store_kit_put(pl_store *s, uint64_t i, pl_error *err);
/* How many tasks the unit has. */
size_t store_kit_unit_size(pl_store *s, uint64_t unit);

pl_store *store_kit_open(const char *path);
/* Fails the test unless SQLite finds the file whole. */
void store_kit_integrity(const char *path);
/* Runs one statement on the file with a connection of its own. */
void store_kit_sql(const char *path, const char *sql);

#endif
