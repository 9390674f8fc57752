#ifndef PL_LINE_READER_H
#define PL_LINE_READER_H

#include "json.h"
#include "records.h"

/* Lines of a file (plain, gzip or zstd, told by its bytes), of standard input or of memory. One buffer is reused for
 * all. */
typedef struct pl_line_reader pl_line_reader;

/* PL_E_NOT_FOUND, PL_E_IO, PL_E_PARSE (.gz or .zst by name but not by content), PL_E_NOMEM. */
PL_NODISCARD pl_status pl__line_reader_open(const char *path, pl_line_reader **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__line_reader_from_memory(const char *name, pl_view text, pl_line_reader **ret,
                                                   pl_error *reterr);
/* The next line that is not blank, without its end; borrowed until the next call. *ret_end: there is none. PL_E_PARSE
 * (a damaged .gz or .zst), PL_E_LIMIT (a line longer than PL_RECORDS_LINE_BYTES_MAX), PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__line_reader_next(pl_line_reader *reader, pl_view *ret, bool *ret_end, pl_error *reterr);
/* Whole lines, about `want` bytes of them, into *ret (reset first), and the number of the first; none at the end. Lines
 * before a fault are given out first, and the fault with the next call. Not to be mixed with the function above.
 * The same failures. */
PL_NODISCARD pl_status pl__line_reader_block(pl_line_reader *reader, size_t want, pl_str *ret, uint64_t *ret_first_line,
                                             pl_error *reterr);
/* Text out of a block, read line by line: its first line has the number that the block was given out with. */
PL_NODISCARD pl_status pl__line_reader_from_block(const char *name, pl_view text, uint64_t first_line,
                                                  pl_line_reader **ret, pl_error *reterr);
/* A line without its end as the functions here see it: byte order mark of line 1 and white space around it taken off.
 */
pl_view pl__line_reader_clean(pl_view line, uint64_t number);
/* pl__json_parse, but what is nested too deep is a bad line: PL_E_PARSE. */
PL_NODISCARD pl_status pl__line_parse(pl_view text, json_t **ret, pl_error *reterr);
const char *pl__line_reader_name(const pl_line_reader *reader); /* for messages */
uint64_t pl__line_reader_line(const pl_line_reader *reader);    /* number of the line last returned, from 1 */
/* Calls fn for each line, a JSON document. A PL_E_PARSE of it is counted in *bad_lines if skip_bad, and else, as any
 * other failure, ends it with "file:line: " in front. */
PL_NODISCARD pl_status pl__line_reader_each(pl_line_reader *reader, bool skip_bad,
                                            pl_status (*fn)(const json_t *doc, void *user, pl_error *reterr),
                                            void *user, uint64_t *bad_lines, pl_error *reterr);
void pl__line_reader_free(pl_line_reader *reader);

#endif
