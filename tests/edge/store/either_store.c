#include "either_store.h"

#include <stdlib.h>

static int setup(void **state, bool sqlite)
{
    either_store *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->sqlite = sqlite;
    pl__str_init(&f->memory, PL_STR_LIMIT_DEFAULT);
    if (sqlite) {
        f->dir = pl__kit_temp_new();
        f->path = pl__kit_path(f->dir, "run.db");
        f->s = store_kit_open(f->path);
    } else {
        PL_KIT_OK(pl__store_open_memory(&f->s, &f->err), &f->err);
    }
    *state = f;
    return 0;
}

int either_store_setup_sqlite(void **state)
{
    return setup(state, true);
}

int either_store_setup_memory(void **state)
{
    return setup(state, false);
}

int either_store_teardown(void **state)
{
    either_store *f = *state;
    pl__store_close(f->s);
    if (f->sqlite)
        store_kit_integrity(f->path);
    pl__str_clear(&f->memory);
    pl__kit_temp_free(f->dir);
    free(f->path);
    free(f);
    return 0;
}

void either_store_reopen(either_store *f)
{
    if (!f->sqlite)
        return;
    pl__store_close(f->s);
    f->s = NULL;
    f->s = store_kit_open(f->path);
}

void either_store_write(either_store *f, const pl_store_write *writes, size_t n)
{
    PL_KIT_OK(f->s->ops->write(f->s, writes, n, &f->err), &f->err);
}
