#ifndef PL_RESPONSE_BULK_H
#define PL_RESPONSE_BULK_H

#include "response_log.h"

/* The rest of the lines, in blocks that several threads read. As pl__response_log_read(). */
PL_NODISCARD pl_status pl__response_log_read_blocks(pl_response_log *log, pl_line_reader *reader, bool skip_bad,
                                                    uint32_t threads, pl_error *reterr);

#endif
