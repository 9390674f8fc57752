#ifndef PL_CSV_READER_H
#define PL_CSV_READER_H

#include "str.h"

/* RFC 4180: fields may stand in quotes, quotes inside are doubled, and may then hold commas and line ends. */
typedef struct pl_csv {
    const char *name; /* for messages */
    pl_view rest;
    uint64_t line; /* of the record being read */
    uint64_t next_line;
    pl_str field;        /* the one last read */
    bool last_of_record; /* was it that? */
    pl_error *err;
} pl_csv;

/* Steps over a byte order mark. The text is borrowed, and so is reterr, which all failures go to. */
void pl__csv_init(pl_csv *c, const char *name, pl_view text, size_t field_bytes_max, pl_error *reterr);
void pl__csv_clear(pl_csv *c);
/* Steps over blank lines. False: there is no further record. */
bool pl__csv_begin_record(pl_csv *c);
/* Into c->field; sets last_of_record and steps over what follows the field. PL_E_PARSE, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__csv_read_field(pl_csv *c);
/* The field without white space at its ends; borrowed until the next one. */
pl_view pl__csv_field(const pl_csv *c);
/* "name:line: what". */
pl_status pl__csv_fail(pl_csv *c, pl_status rc, const char *what);

#endif
