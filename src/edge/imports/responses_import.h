#ifndef PL_RESPONSES_IMPORT_H
#define PL_RESPONSES_IMPORT_H

#include "records.h"
#include "vec.h"

/* Responses out of files of several kinds as one log, each told by its name and content:
 *  - our own JSONL;
 *  - VLMEvalKit's predictions, MODEL_DATASET.xlsx, .tsv or .json;
 *  - sample logs of lmms-eval (and lm-evaluation-harness), MODEL/..._samples_TASK.jsonl;
 *  - a folder: the files of the latter two kinds below it. */
#define PL_IMPORT_FILES_MAX 100000u

typedef struct pl_import_source {
    const char *path;
    const char *model; /* of another tool's file; NULL: told by its path */
} pl_import_source;

typedef struct pl_import {
    pl_response_log *log;
    uint64_t n_bad;       /* lines and rows that skip_bad left out */
    PL_VEC(char *) notes; /* sentences for the user: what was left out, and what is missing */
} pl_import;

/* opts: skip_bad, and the threads that read our own logs. PL_E_PARSE ("file: row 7: what is wrong"; whose model, or
 * what kind of file, cannot be known), PL_E_CONFLICT (two files of one model and data set), PL_E_NOT_FOUND, PL_E_LIMIT,
 * PL_E_IO, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__import_responses(const pl_import_source *sources, size_t n, const pl_records_opts *opts,
                                            pl_import *ret, pl_error *reterr);
/* The same of paths alone, our own logs on two threads. */
PL_NODISCARD pl_status pl__import_paths(const char *const *paths, size_t n, bool skip_bad, pl_import *ret,
                                        pl_error *reterr);
void pl__import_clear(pl_import *import);

#endif
