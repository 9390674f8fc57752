#include "faulty_vfs.h"

#include "kit.h"

#include <sqlite3.h>
#include <string.h>

typedef struct faulty_file {
    sqlite3_file base; /* first */
    sqlite3_file *real;
} faulty_file;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty;
static faulty_kind armed_kind;
static unsigned long countdown; /* 0: disarmed */
static bool fired;

void faulty_vfs_arm(faulty_kind kind, unsigned long nth)
{
    armed_kind = kind;
    countdown = nth;
    fired = false;
}

bool faulty_vfs_fired(void)
{
    return fired;
}

/* Does this operation fail? */
static bool strikes(bool is_read)
{
    if (is_read != (armed_kind == FAULTY_READ_ONCE))
        return false;
    if (fired)
        return armed_kind == FAULTY_IO_EVER || armed_kind == FAULTY_FULL_EVER;
    if (countdown == 0 || --countdown > 0)
        return false;
    fired = true;
    return true;
}

static int fault(int io_code)
{
    return armed_kind == FAULTY_FULL_EVER ? SQLITE_FULL : io_code;
}

static sqlite3_file *real(sqlite3_file *file)
{
    return ((faulty_file *)file)->real;
}

static int f_close(sqlite3_file *file)
{
    int code = real(file)->pMethods->xClose(real(file));
    sqlite3_free(real(file));
    return code;
}

static int f_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    if (strikes(true))
        return SQLITE_IOERR_READ;
    return real(file)->pMethods->xRead(real(file), bytes, n, at);
}

/* Half of what should have been written is: a torn write. */
static int f_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    if (strikes(false)) {
        (void)real(file)->pMethods->xWrite(real(file), bytes, n / 2, at);
        return fault(SQLITE_IOERR_WRITE);
    }
    return real(file)->pMethods->xWrite(real(file), bytes, n, at);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (strikes(false))
        return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
}

/* No power is lost here: a sync that does not fail need not happen, and thousands of them take minutes. */
static int f_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return strikes(false) ? fault(SQLITE_IOERR_FSYNC) : SQLITE_OK;
}

static int f_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return real(file)->pMethods->xFileSize(real(file), ret);
}

static int f_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int f_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int f_check_lock(sqlite3_file *file, int *ret)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), ret);
}

static int f_control(sqlite3_file *file, int op, void *argument)
{
    return real(file)->pMethods->xFileControl(real(file), op, argument);
}

static int f_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int f_character(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int f_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    if (extend && strikes(false))
        return fault(SQLITE_IOERR_SHMMAP);
    return real(file)->pMethods->xShmMap(real(file), region, size, extend, ret);
}

static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int f_shm_unmap(sqlite3_file *file, int remove)
{
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_check_lock,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_character,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    faulty_file *f = (faulty_file *)file;
    (void)vfs;

    f->base.pMethods = NULL;
    if ((flags & SQLITE_OPEN_CREATE) && strikes(false))
        return fault(SQLITE_CANTOPEN);
    f->real = sqlite3_malloc(real_vfs->szOsFile);
    if (!f->real)
        return SQLITE_NOMEM;
    memset(f->real, 0, (size_t)real_vfs->szOsFile);
    int code = real_vfs->xOpen(real_vfs, name, f->real, flags, ret_flags);
    if (code == SQLITE_OK)
        f->base.pMethods = &methods;
    else
        sqlite3_free(f->real);
    return code;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)vfs;
    if (strikes(false))
        return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, sync_folder);
}

static int v_last_error(sqlite3_vfs *vfs, int n, char *text)
{
    (void)vfs;
    return fired ? 0 : real_vfs->xGetLastError(real_vfs, n, text);
}

void faulty_vfs_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    assert_non_null(real_vfs);
    faulty = *real_vfs; /* what is not replaced takes no vfs of its own kind */
    faulty.zName = "faulty";
    faulty.szOsFile = (int)sizeof(faulty_file);
    faulty.pNext = NULL;
    faulty.xOpen = v_open;
    faulty.xDelete = v_delete;
    faulty.xGetLastError = v_last_error;
    assert_int_equal(sqlite3_vfs_register(&faulty, 1), SQLITE_OK);
}
