#ifndef PL_JUDGMENT_LOG_H
#define PL_JUDGMENT_LOG_H

#include "judgment_line.h"
#include "line_reader.h"
#include "map.h"
#include "vec.h"

/* A log in the making: what its lines say, names numbered as they come. */
struct pl_judgment_log {
    pl_judgment_set set; /* its names live in the tables below */
    pl_names *models;
    pl_names *families;
    pl_names *items;
    pl_names *images;
    pl_names *criteria;
    PL_VEC(uint32_t) family_of; /* by model as first seen: an index into families, or PL_NAME_NONE */
    PL_VEC(uint32_t) own_image; /* by item: the image of the same name, or PL_NAME_NONE */
    uint32_t default_criterion; /* or PL_NAME_NONE */
    PL_VEC(pl_judgment) rows;
    const char **sorted[5]; /* models, families, items, images, criteria: what the set points at */
    uint64_t bad_lines;
};

pl_judgment_log *pl__judgment_log_new(void); /* NULL on refusal */
/* PL_E_PARSE (families that contradict each other), PL_E_LIMIT, PL_E_NOMEM. A refused line leaves nothing behind. */
PL_NODISCARD pl_status pl__judgment_log_add(pl_judgment_log *log, const pl_judgment_line *line, pl_error *reterr);
/* The same from the text of a line, by pl__judgment_scan where that takes it. */
PL_NODISCARD pl_status pl__judgment_log_add_text(pl_judgment_log *log, pl_view text, pl_view instruction,
                                                 pl_error *reterr);
/* The rest of the lines, one after the other. */
PL_NODISCARD pl_status pl__judgment_log_read(pl_judgment_log *log, pl_line_reader *reader, const pl_records_opts *opts,
                                             pl_error *reterr);
/* The same in blocks that several threads read. */
PL_NODISCARD pl_status pl__judgment_log_read_blocks(pl_judgment_log *log, pl_line_reader *reader,
                                                    const pl_records_opts *opts, pl_error *reterr);

#endif
