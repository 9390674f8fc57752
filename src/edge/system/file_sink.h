#ifndef PL_FILE_SINK_H
#define PL_FILE_SINK_H

#include "str.h"

/* Bytes on their way to a file that is whole or not there: they go to a temporary neighbour, and committing fsyncs
 * and renames it. "-" (standard output) and what is no regular file (a pipe, /dev/null) are written directly. A
 * symbolic link is replaced, not followed. Confined to one thread. */
typedef struct pl_file_sink pl_file_sink;

PL_NODISCARD pl_status pl__file_sink_open(const char *path, pl_file_sink **ret, pl_error *reterr);
/* PL_E_FULL or PL_E_IO; the sink can then only be aborted. */
PL_NODISCARD pl_status pl__file_sink_write(pl_file_sink *sink, pl_view bytes, pl_error *reterr);
PL_NODISCARD pl_status pl__file_sink_commit(pl_file_sink *sink, pl_error *reterr); /* frees sink in any case */
void pl__file_sink_abort(pl_file_sink *sink); /* removes what was written; NULL is a no-op */

#endif
