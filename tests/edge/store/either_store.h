#ifndef PL_EITHER_STORE_H
#define PL_EITHER_STORE_H

/* The same cases for both stores: SQLite (closed and opened again in between) and memory. */
#include "store_kit.h"

typedef struct either_store {
    bool sqlite;
    char *dir;
    char *path;
    pl_store *s;
    pl_error err;
    pl_str memory;
} either_store;

int either_store_setup_sqlite(void **state);
int either_store_setup_memory(void **state);
int either_store_teardown(void **state);

/* What was written must be there for the next process too. */
void either_store_reopen(either_store *f);
/* Fails the test unless all of it is written. */
void either_store_write(either_store *f, const pl_store_write *writes, size_t n);

#define REFUSED(f, call, wanted)                                                                                       \
    do {                                                                                                               \
        PL_KIT_STATUS(call, wanted, &(f)->err);                                                                        \
        (f)->err = (pl_error){0};                                                                                      \
    } while (0)

/* Two rows of a table of tests. */
#define BOTH(fn)                                                                                                       \
    {"sqlite: " #fn, fn, either_store_setup_sqlite, either_store_teardown, NULL},                                      \
    {                                                                                                                  \
        "memory: " #fn, fn, either_store_setup_memory, either_store_teardown, NULL                                     \
    }

#endif
