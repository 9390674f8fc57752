#ifndef PL_IMPORT_PARTS_H
#define PL_IMPORT_PARTS_H

#include "line_reader.h"
#include "responses_import.h"
#include "sheet.h"

/* One file of another tool. */
typedef struct pl_import_file {
    const char *path; /* stands in messages */
    const char *model;
    const char *dataset; /* "": not known */
} pl_import_file;

/* What reading has come to. */
typedef struct pl_import_run {
    pl_response_log *log;
    bool skip_bad;
    uint64_t n_bad;
    uint64_t n_failed;     /* calls that the other tool could not make */
    uint64_t n_unlabelled; /* answers whose label is none of the options */
} pl_import_run;

/* ---- names in paths ---- */
/* MODEL_DATASET.xlsx: the model is the folder's name where the file's begins with it (also above a folder T20250101_…),
 * else what stands in front of a data set that is known, or of the only underscore. `model` is NULL or given.
 * PL_E_PARSE says that it cannot be known. Both outputs are appended to. */
PL_NODISCARD pl_status pl__vlmeval_names(const char *path, const char *model, pl_str *ret_model, pl_str *ret_dataset,
                                         pl_error *reterr);
/* FOLDER/DATE_samples_TASK.jsonl or FOLDER/samples_TASK_DATE.jsonl: the folder is the model. */
PL_NODISCARD pl_status pl__lmms_names(const char *path, const char *model, pl_str *ret_model, pl_str *ret_dataset,
                                      pl_error *reterr);
bool pl__lmms_file_name(const char *path);

/* ---- VLMEvalKit ---- */
bool pl__vlmeval_fits(const pl_sheet *sheet);      /* has the columns of predictions */
bool pl__vlmeval_is_judged(const pl_sheet *sheet); /* has a column that VLMEvalKit's own matching adds */
PL_NODISCARD pl_status pl__vlmeval_add(const pl_sheet *sheet, const pl_import_file *file, pl_import_run *run,
                                       pl_error *reterr);

/* ---- lmms-eval ---- */
bool pl__lmms_fits(const json_t *line);
PL_NODISCARD pl_status pl__lmms_add(pl_line_reader *reader, const pl_import_file *file, pl_import_run *run,
                                    pl_error *reterr);
/* The options of a line: from its document, its requests or the lettered lines of its prompt; new reference, NULL if
 * it has none. n_wanted: as many as there are values; 0: any number. PL_OK or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__lmms_options(const json_t *line, size_t n_wanted, json_t **ret, pl_error *reterr);
/* Does the line show that its n choices were asked for as single letters? */
bool pl__lmms_asks_letters(const json_t *line, size_t n);

/* The option that a label means, or PL_OPTION_ANSWER_NONE. */
size_t pl__import_label(pl_view label, const json_t *options);
/* Sets `label` of a response to the option's text. */
PL_NODISCARD pl_status pl__import_set_label(json_t *doc, const json_t *options, size_t option);
/* Sets `prediction` where an option is a single letter: ours then goes by that letter, but both tools ask for the one
 * of its place. */
PL_NODISCARD pl_status pl__import_set_prediction(json_t *doc, const json_t *options, const char *text);

#endif
