#ifndef PL_JUDGMENT_LOG_H
#define PL_JUDGMENT_LOG_H

#include "judgment_pack.h"
#include "judgment_scan.h"
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
    PL_VEC(uint32_t) family_of;   /* by model as first seen: an index into families, or PL_NAME_NONE */
    PL_VEC(uint32_t) own_image;   /* by item: the image of the same name, or PL_NAME_NONE */
    uint32_t default_criterion;   /* or PL_NAME_NONE */
    PL_VEC(uint32_t) family_news; /* models whose family became known since somebody last emptied this */
    PL_VEC(pl_judgment) rows;
    pl_row_pack pack;      /* the rows instead, while all of them can be packed */
    uint32_t *item_images; /* of the pack, by item of the set */
    pl_row_source source;  /* reads it */
    uint32_t threads;
    pl_judgment_scanner *scanner;
    const char **sorted[5]; /* models, families, items, images, criteria: what the set points at */
    uint64_t bad_lines;
};

pl_judgment_log *pl__judgment_log_new(void); /* NULL on refusal */
/* Reads lines from memory; the first has the number first_line. What fails says "name:line: " in front; without
 * reterr it says nothing. */
PL_NODISCARD pl_status pl__judgment_log_read(pl_judgment_log *log, pl_view text, const char *name, uint64_t first_line,
                                             const pl_records_opts *opts, pl_error *reterr);
/* The rest of the lines, one after the other. */
PL_NODISCARD pl_status pl__judgment_log_read_lines(pl_judgment_log *log, pl_line_reader *reader,
                                                   const pl_records_opts *opts, pl_error *reterr);
/* Where no model has a family here and another one there: takes those over that the other log has learnt. *ret_taken
 * says so; if not, nothing was taken. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__judgment_log_take_families(pl_judgment_log *log, pl_judgment_log *other, bool *ret_taken);
/* Makes room in what is kept for each model. */
PL_NODISCARD pl_status pl__judgment_log_take_model(pl_judgment_log *log, pl_view name, uint32_t *ret);

#endif
