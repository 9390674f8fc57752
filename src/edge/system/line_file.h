#ifndef PL_LINE_FILE_H
#define PL_LINE_FILE_H

#include "str.h"

#define PL_LINE_BYTES_MAX ((size_t)256 << 20)

/* A file of lines that only grows: each append is one write at its end, so that a killed process leaves at most the
 * last line cut. Confined to one thread. */
typedef struct pl_line_file pl_line_file;

/* Opens the file for appending, makes it (readable by its owner alone) when it is absent, and ends a last line that was
 * cut. *ret_size_bytes is what it held before. PL_E_FULL, PL_E_IO, PL_E_NOMEM; the message names the path. */
PL_NODISCARD pl_status pl__line_file_append_open(const char *path, pl_line_file **ret, uint64_t *ret_size_bytes,
                                                 pl_error *reterr);
/* `lines` is one or more whole lines, each with its line break. PL_E_FULL or PL_E_IO: then nothing of it stays. */
PL_NODISCARD pl_status pl__line_file_append(pl_line_file *file, pl_view lines, pl_error *reterr);

/* PL_E_NOT_FOUND, PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__line_file_read_open(const char *path, pl_line_file **ret, pl_error *reterr);
/* The next line without its break into *ret (reset first), and where it begins; false in *ret_more at the end. A last
 * line without a break is a line. PL_E_LIMIT (a line past PL_LINE_BYTES_MAX), PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__line_file_next(pl_line_file *file, pl_str *ret, uint64_t *ret_offset, bool *ret_more,
                                          pl_error *reterr);
/* n bytes from an offset into *ret (reset first), without moving on. PL_E_IO (also when the file ends before). */
PL_NODISCARD pl_status pl__line_file_at(const pl_line_file *file, uint64_t offset, size_t n, pl_str *ret,
                                        pl_error *reterr);
void pl__line_file_close(pl_line_file *file); /* NULL is a no-op */

#endif
