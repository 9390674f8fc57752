#ifndef PL_FILE_H
#define PL_FILE_H

#include "str.h"

#define PL_DIR_DEPTH_MAX 32u
#define PL_DIR_ENTRIES_MAX 10000000u /* in one folder */

/* Reads a whole file of at most limit_bytes ("-" is standard input). PL_E_NOT_FOUND, PL_E_LIMIT, PL_E_IO (detail errno;
 * a directory too), PL_E_NOMEM; the message names the path. Success replaces *ret without freeing it: it must hold
 * nothing. */
PL_NODISCARD pl_status pl__file_read(const char *path, size_t limit_bytes, pl_str *ret, pl_error *reterr);
/* Writes to a temporary neighbour, fsyncs, renames: the file is whole or not there. PL_E_FULL, PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__file_write(const char *path, pl_view bytes, pl_error *reterr);
PL_NODISCARD pl_status pl__dir_make(const char *path, pl_error *reterr); /* with parents; existing is fine */

typedef struct pl_file_info {
    uint64_t size_bytes;
    int64_t mtime_ns;
    bool is_dir;
    bool open_to_others; /* readable by the group or by everybody */
} pl_file_info;
PL_NODISCARD pl_status pl__file_stat(const char *path, pl_file_info *ret, pl_error *reterr); /* follows links */

/* Calls fn with each regular file below dir, paths relative to dir, depth first, sorted by bytes (of the whole relative
 * path). Hidden names are skipped, depth is at most PL_DIR_DEPTH_MAX; links are followed, but not back into a folder
 * that is being read. fn's failure stops the walk. PL_E_NOT_FOUND, PL_E_IO, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__dir_walk(const char *dir,
                                    pl_status (*fn)(const char *relative, void *user, pl_error *reterr), void *user,
                                    pl_error *reterr);
/* errno as words, without strerror's races; into ret. */
void pl__errno_text(int code, char *ret, size_t ret_bytes);
/* "name: words": PL_E_NOT_FOUND, PL_E_FULL, PL_E_NOMEM or PL_E_IO, with errno as its detail. */
pl_status pl__fail_errno(pl_error *reterr, int code, const char *name);

#endif
