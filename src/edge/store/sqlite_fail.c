#include "error.h"
#include "sqlite_store.h"

#include <errno.h>

static bool no_space(int os)
{
    return os == ENOSPC || os == EDQUOT || os == EFBIG;
}

/* SQLite says FULL for ENOSPC only; a quota or a limit on the file's size is a plain error of the file or its log. */
static bool is_full(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int os = 0;

    if (!db)
        return false;
    if (no_space(sqlite3_system_errno(db)))
        return true;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &os) == SQLITE_OK && no_space(os))
        return true;
    os = 0;
    return sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK && log && log->pMethods &&
           log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &os) == SQLITE_OK && no_space(os);
}

static pl_status status_of(sqlite3 *db, int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL:
        return PL_E_FULL;
    case SQLITE_NOMEM:
        return PL_E_NOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return PL_E_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return PL_E_PARSE;
    case SQLITE_TOOBIG:
        return PL_E_LIMIT;
    case SQLITE_IOERR:
        break;
    default:
        return PL_E_IO;
    }
    if (code == SQLITE_IOERR_NOMEM)
        return PL_E_NOMEM;
    return is_full(db) ? PL_E_FULL : PL_E_IO;
}

pl_status pl__sqlite_fail(sqlite3 *db, int code, const char *path, pl_error *reterr)
{
    pl_status rc = status_of(db, code);
    const char *why = sqlite3_errstr(code);

    switch (rc) {
    case PL_E_FULL:
        return pl__fail_detail(reterr, rc, code, "store %s: no space left; what was stored before is intact", path);
    case PL_E_BUSY:
        return pl__fail_detail(reterr, rc, code, "store %s: locked by another program; close that and try again", path);
    case PL_E_PARSE:
        return pl__fail_detail(reterr, rc, code, "store %s: not a store, or damaged: %s", path, why);
    default:
        return pl__fail_detail(reterr, rc, code, "store %s: %s", path, why);
    }
}
