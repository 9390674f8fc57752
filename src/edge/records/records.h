#ifndef PL_RECORDS_H
#define PL_RECORDS_H

#include "json.h"
#include "row_source.h"
#include "str.h"
#include <peerless/judgments.h>
#include <peerless/responses.h>

#define PL_RECORDS_LINE_BYTES_MAX ((size_t)16 << 20)
#define PL_RECORDS_ROWS_MAX ((size_t)200000000)

/* Judgments from JSONL logs (plain, .gz or .zst), several files as one set. Owns its strings; models sorted by name,
 * families by model. */
typedef struct pl_judgment_log pl_judgment_log;

typedef struct pl_records_opts {
    bool skip_bad;             /* count bad lines instead of stopping */
    pl_view judge_instruction; /* normalised; for telling echoes in `raw`; may be empty */
    uint32_t threads;          /* of reading files; 0 or 1: the caller's. The result does not depend on it */
    bool packed;               /* of judgments: the set may come without its rows, see pl__judgment_log_rows() */
} pl_records_opts;

/* "-" is standard input. PL_E_PARSE ("file:line: what is wrong"; a truncated .gz too), PL_E_LIMIT, PL_E_NOT_FOUND,
 * PL_E_IO, PL_E_NOMEM. Empty input gives an empty set. */
PL_NODISCARD pl_status pl__records_read_judgments(const char *const *paths, size_t n_paths, const pl_records_opts *opts,
                                                  pl_judgment_log **ret, pl_error *reterr);
/* One log held in memory; `name` stands in messages. */
PL_NODISCARD pl_status pl__records_parse_judgments(const char *name, pl_view text, const pl_records_opts *opts,
                                                   pl_judgment_log **ret, pl_error *reterr);
void pl__judgment_log_free(pl_judgment_log *log);
const pl_judgment_set *pl__judgment_log_set(const pl_judgment_log *log); /* borrowed */
/* Where the rows of a packed log are; NULL: in its set. Borrowed. */
const pl_row_source *pl__judgment_log_rows(const pl_judgment_log *log);
uint64_t pl__judgment_log_bad_lines(const pl_judgment_log *log);

/* Appends one row of the set as a JSONL line; `raw` and `finish` may be NULL. */
PL_NODISCARD pl_status pl__records_write_judgment(const pl_judgment_set *set, size_t row, const char *raw,
                                                  const char *finish, pl_str *out, pl_error *reterr);

/* Responses from JSONL logs, in the same ways. Models, items, images and datasets are sorted by name; an item is one of
 * its dataset, and carries both names where it has one. A prediction that is not given is read out of the text. */
typedef struct pl_response_log pl_response_log;
PL_NODISCARD pl_status pl__records_read_responses(const char *const *paths, size_t n_paths, const pl_records_opts *opts,
                                                  pl_response_log **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__records_parse_responses(const char *name, pl_view text, bool skip_bad, pl_response_log **ret,
                                                   pl_error *reterr);
/* A log made line by line, each checked like one of a file, which `doc` is (borrowed for the call); then finished, and
 * only then is there a set. `add` fails as parsing does, without file and line. */
PL_NODISCARD pl_status pl__response_log_new(pl_response_log **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__response_log_add(pl_response_log *log, const json_t *doc, pl_error *reterr);
PL_NODISCARD pl_status pl__response_log_finish(pl_response_log *log, pl_error *reterr);
void pl__response_log_free(pl_response_log *log);
const pl_response_set *pl__response_log_set(const pl_response_log *log); /* borrowed */
/* The id that a row's item was given: a log's set names items by data set and id. Borrowed. */
const char *pl__response_item_id(const pl_response_set *set, const pl_response *row);
uint64_t pl__response_log_bad_lines(const pl_response_log *log);

/* Truth CSV `model,score` with a header. */
typedef struct pl_truth {
    char **models;
    double *scores;
    size_t n;
} pl_truth;
PL_NODISCARD pl_status pl__records_read_truth(const char *path, pl_truth *ret, pl_error *reterr);
/* The same with the column `weight` in place of `score`: judge weights. */
PL_NODISCARD pl_status pl__records_read_weights(const char *path, pl_truth *ret, pl_error *reterr);
PL_NODISCARD pl_status pl__records_parse_truth(const char *name, pl_view text, pl_truth *ret, pl_error *reterr);
void pl__truth_clear(pl_truth *truth);

/* A sink that writes bytes to a file, gzip when the path ends in .gz, "-" is standard output. Whole or not there for
 * plain paths (temporary neighbour, rename). */
typedef struct pl_record_writer pl_record_writer;
PL_NODISCARD pl_status pl__record_writer_open(const char *path, pl_record_writer **ret, pl_error *reterr);
PL_NODISCARD pl_status pl__record_writer_write(pl_record_writer *w, pl_view bytes, pl_error *reterr);
PL_NODISCARD pl_status pl__record_writer_close(pl_record_writer *w,
                                               pl_error *reterr); /* commits; frees w in any case */
void pl__record_writer_abort(pl_record_writer *w);                /* removes what was written; NULL is a no-op */

#endif
