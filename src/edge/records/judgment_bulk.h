#ifndef PL_JUDGMENT_BULK_H
#define PL_JUDGMENT_BULK_H

#include "judgment_log.h"

/* Files read in blocks by several threads, into a log that then is what one thread would have made of them, line by
 * line. Its calls are for one thread at a time. */
typedef struct pl_judgment_bulk pl_judgment_bulk;

/* Both are borrowed. NULL on refusal. */
pl_judgment_bulk *pl__judgment_bulk_new(pl_judgment_log *log, const pl_records_opts *opts);
void pl__judgment_bulk_free(pl_judgment_bulk *bulk);
/* All lines that are left. As pl__judgment_log_read, and as the reader fails. */
PL_NODISCARD pl_status pl__judgment_bulk_read(pl_judgment_bulk *bulk, pl_line_reader *reader, pl_error *reterr);
/* After the last file: all names are in the log. The rows still say them by the numbers of the threads that read them.
 * PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__judgment_bulk_unite(pl_judgment_bulk *bulk);
/* Renumbers the rows of the log, once: places[] says where each of its names (models, none, items, images, criteria)
 * goes. bulk: NULL if all rows have the log's numbers. */
void pl__judgment_bulk_place(pl_judgment_bulk *bulk, pl_judgment_log *log, uint32_t *const places[5]);

#endif
