#include "alloc.h"
#include "error.h"
#include "sqlite_store.h"

/* SQLite asks for the size of a block, so each one starts with it; SQLite needs 8-byte alignment. */
#define PREFIX_BYTES sizeof(uint64_t)

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static int init_code;

static void *mem_malloc(int size)
{
    uint64_t *block = pl__malloc((size_t)size + PREFIX_BYTES);
    if (!block)
        return NULL;
    *block = (uint64_t)size;
    return block + 1;
}

static void mem_free(void *p)
{
    if (p)
        pl__free((uint64_t *)p - 1);
}

static void *mem_realloc(void *p, int size)
{
    uint64_t *block = pl__realloc((uint64_t *)p - 1, (size_t)size + PREFIX_BYTES);
    if (!block)
        return NULL;
    *block = (uint64_t)size;
    return block + 1;
}

static int mem_size(void *p)
{
    return p ? (int)((uint64_t *)p)[-1] : 0;
}

static int mem_roundup(int size)
{
    return (int)(((unsigned)size + 7u) & ~7u);
}

static int mem_init(void *user)
{
    (void)user;
    return SQLITE_OK;
}

static void mem_shutdown(void *user)
{
    (void)user;
}

static void init(void)
{
    static const sqlite3_mem_methods methods = {mem_malloc,  mem_free, mem_realloc,  mem_size,
                                                mem_roundup, mem_init, mem_shutdown, NULL};

    /* SQLITE_MISUSE: somebody started SQLite before; it works then with its own memory. */
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    init_code = sqlite3_initialize();
}

pl_status pl__sqlite_init(pl_error *reterr)
{
    (void)pthread_once(&init_once, init);
    if (init_code == SQLITE_OK)
        return PL_OK;
    int code = sqlite3_initialize(); /* after a refused allocation a second try may succeed */
    if (code == SQLITE_OK)
        return PL_OK;
    return pl__fail_detail(reterr, code == SQLITE_NOMEM ? PL_E_NOMEM : PL_E_IO, code, "SQLite cannot start: %s",
                           sqlite3_errstr(code));
}
