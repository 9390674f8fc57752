#include "responses_import.h"

#include "alloc.h"
#include "error.h"
#include "file.h"
#include "import_parts.h"
#include "map.h"
#include "python_text.h"

#include <string.h>

#define NOTE_BYTES_MAX 8192
#define THREADS 2
#define NAMES_SEPARATOR '\x1f'

typedef enum kind { KIND_RESPONSES, KIND_SHEET, KIND_SAMPLES } kind;

/* A file to be read. */
typedef struct entry {
    char *path;
    pl_str model; /* these two of another tool's; empty in a folder's file that is named after nothing */
    pl_str dataset;
    kind kind;
    pl_sheet_form form;
    bool from_folder; /* found, not named */
    unsigned depth;   /* folders in its path */
    bool left_out;
} entry;

typedef struct plan {
    PL_VEC(entry) entries;
    const char *folder; /* being walked */
    pl_map *by_names;   /* model and data set -> entry */
    pl_str key;         /* of by_names */
    uint64_t n_left_out;
    const char *left_out; /* the first */
} plan;

static void plan_clear(plan *p)
{
    for (size_t i = 0; i < p->entries.len; i++) {
        pl__free(p->entries.ptr[i].path);
        pl__str_clear(&p->entries.ptr[i].model);
        pl__str_clear(&p->entries.ptr[i].dataset);
    }
    pl__free(p->entries.ptr);
    pl__map_free(p->by_names);
    pl__str_clear(&p->key);
}

void pl__import_clear(pl_import *import)
{
    pl__response_log_free(import->log);
    for (size_t i = 0; i < import->notes.len; i++)
        pl__free(import->notes.ptr[i]);
    pl__free(import->notes.ptr);
    *import = (pl_import){0};
}

/* ---- what kind of file is it ---- */
static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path);
    size_t k = strlen(ending);
    return n > k && strcmp(path + n - k, ending) == 0;
}

/* The first line of a file that can be read twice; *ret is NULL where it is no JSON object. */
static pl_status first_line(const char *path, char *ret_first_byte, json_t **ret, pl_error *reterr)
{
    pl_line_reader *reader = NULL;
    pl_view text = {0};
    bool end = false;
    pl_error ignored = {0};
    pl_status rc = pl__line_reader_open(path, &reader, reterr);

    if (rc == PL_OK)
        rc = pl__line_reader_next(reader, &text, &end, reterr);
    if (rc == PL_OK && !end) {
        *ret_first_byte = text.ptr[0];
        rc = pl__python_json_parse(text, ret, &ignored);
        rc = rc == PL_E_NOMEM ? pl__fail(reterr, rc, "%s: no memory", path) : PL_OK;
    }
    pl__line_reader_free(reader);
    return rc;
}

static pl_status tell_kind(const char *path, kind *ret, pl_sheet_form *ret_form, pl_error *reterr)
{
    pl_file_info info = {0};
    json_t *line = NULL;
    char byte = '\0';
    bool sheet = pl__sheet_form(path, ret_form);
    pl_status rc = PL_OK;

    *ret = sheet ? KIND_SHEET : KIND_RESPONSES;
    if ((sheet && *ret_form != PL_SHEET_RECORDS) || strcmp(path, "-") == 0)
        return PL_OK;
    if (pl__lmms_file_name(path)) {
        *ret = KIND_SAMPLES;
        return PL_OK;
    }
    /* A pipe has no size, and cannot be read twice. */
    if (pl__file_stat(path, &info, NULL) != PL_OK || info.size_bytes == 0) {
        *ret = KIND_RESPONSES;
        return PL_OK;
    }
    rc = first_line(path, &byte, &line, reterr);
    if (rc == PL_OK && sheet && byte == '{')
        *ret = KIND_RESPONSES;
    if (rc == PL_OK && line && pl__lmms_fits(line))
        *ret = KIND_SAMPLES;
    json_decref(line);
    return rc;
}

/* ---- which files ---- */
static pl_status add_entry(plan *p, const char *path, entry **ret, pl_error *reterr)
{
    if (p->entries.len >= PL_IMPORT_FILES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: more than %u files", path, PL_IMPORT_FILES_MAX);
    if (pl__vec_reserve(&p->entries.ptr, &p->entries.cap, p->entries.len + 1, sizeof(*p->entries.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    entry *e = &p->entries.ptr[p->entries.len];
    *e = (entry){.path = pl__strdup(path)};
    if (!e->path)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    pl__str_init(&e->model, PL_RECORDS_LINE_BYTES_MAX);
    pl__str_init(&e->dataset, PL_RECORDS_LINE_BYTES_MAX);
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        e->depth++;
    p->entries.len++;
    *ret = e;
    return PL_OK;
}

static pl_status name_entry(entry *e, const char *model, pl_error *reterr)
{
    if (e->kind == KIND_SHEET)
        return pl__vlmeval_names(e->path, model, &e->model, &e->dataset, reterr);
    if (e->kind == KIND_SAMPLES)
        return pl__lmms_names(e->path, model, &e->model, &e->dataset, reterr);
    if (model)
        return pl__fail(reterr, PL_E_INVALID, "%s: these responses name their models themselves", e->path);
    return PL_OK;
}

/* Whether a table without names is predictions at all shows when it is read. */
static pl_status add_found(const char *relative, void *user, pl_error *reterr)
{
    plan *p = user;
    entry *e = NULL;
    kind found = KIND_RESPONSES;
    pl_sheet_form form = PL_SHEET_XLSX;
    pl_str path;
    pl_status rc = PL_OK;

    pl__str_init(&path, PL_RECORDS_LINE_BYTES_MAX);
    rc = pl__str_appendf(&path, "%s%s%s", p->folder, ends_in(p->folder, "/") ? "" : "/", relative);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "%s: no memory", relative);
    if (rc == PL_OK && (pl__sheet_form(relative, &form) || pl__lmms_file_name(relative)))
        rc = tell_kind(pl__str_c(&path), &found, &form, reterr);
    if (rc == PL_OK && found != KIND_RESPONSES)
        rc = add_entry(p, pl__str_c(&path), &e, reterr);
    if (rc == PL_OK && e) {
        e->kind = found;
        e->form = form;
        e->from_folder = true;
        rc = name_entry(e, NULL, reterr);
        if (rc == PL_E_PARSE && found == KIND_SHEET)
            rc = PL_OK;
    }
    pl__str_clear(&path);
    return rc;
}

static pl_status add_folder(plan *p, const pl_import_source *source, pl_error *reterr)
{
    size_t before = p->entries.len;
    pl_status rc = PL_OK;

    if (source->model)
        return pl__fail(reterr, PL_E_INVALID, "%s: is a folder; a name is given to a file", source->path);
    p->folder = source->path;
    rc = pl__dir_walk(source->path, add_found, p, reterr);
    if (rc == PL_OK && p->entries.len == before)
        rc = pl__fail(reterr, PL_E_NOT_FOUND,
                      "%s: holds no MODEL_DATASET.xlsx, .tsv or .json of VLMEvalKit and no ..._samples_TASK.jsonl "
                      "of lmms-eval",
                      source->path);
    return rc;
}

static pl_status add_source(plan *p, const pl_import_source *source, pl_error *reterr)
{
    pl_file_info info = {0};
    entry *e = NULL;
    kind told = KIND_RESPONSES;
    pl_sheet_form form = PL_SHEET_XLSX;
    pl_status rc = PL_OK;

    if (strcmp(source->path, "-") != 0 && pl__file_stat(source->path, &info, NULL) == PL_OK && info.is_dir)
        return add_folder(p, source, reterr);
    rc = tell_kind(source->path, &told, &form, reterr);
    if (rc == PL_OK)
        rc = add_entry(p, source->path, &e, reterr);
    if (rc != PL_OK || !e)
        return rc;
    e->kind = told;
    e->form = form;
    return name_entry(e, source->model, reterr);
}

/* ---- one file for each model and data set ---- */
static void leave_out(plan *p, entry *e)
{
    if (e->left_out)
        return;
    e->left_out = true;
    if (p->n_left_out++ == 0)
        p->left_out = e->path;
}

/* Of a folder's files the one nearest to its top, then the last by name: runs are named after their date. */
static bool is_newer(const entry *a, const entry *b)
{
    if (a->depth != b->depth)
        return a->depth < b->depth;
    return strcmp(a->path, b->path) > 0;
}

/* Bytes of the file's name without its ending. */
static size_t stem_bytes(const entry *e)
{
    const char *slash = strrchr(e->path, '/');
    const char *name = slash ? slash + 1 : e->path;
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

/* Two files of one model and data set: M_D.xlsx is the prediction and M_D_openai_result.xlsx what was made of it; and a
 * folder holds one file for each run. */
static pl_status settle_pair(plan *p, entry *a, entry *b, entry **ret_kept, pl_error *reterr)
{
    bool tables = a->kind == KIND_SHEET && b->kind == KIND_SHEET && stem_bytes(a) != stem_bytes(b);
    bool keep_a = tables ? stem_bytes(a) < stem_bytes(b) : is_newer(a, b);

    if (!tables && !(a->from_folder && b->from_folder))
        return pl__fail(reterr, PL_E_CONFLICT,
                        "%.150s and %.150s both are answers of %.60s to %.60s: give one, or name the models by --model "
                        "NAME=FILE",
                        a->path, b->path, pl__str_c(&a->model), b->dataset.len > 0 ? pl__str_c(&b->dataset) : "?");
    leave_out(p, keep_a ? b : a);
    *ret_kept = keep_a ? a : b;
    return PL_OK;
}

/* A model's name, a separator that names have not, and the first bytes of a data set's. */
static pl_status names_key(const entry *e, size_t dataset_bytes, pl_str *out)
{
    pl_status rc = PL_OK;

    pl__str_reset(out);
    rc = pl__str_append(out, pl__str_c(&e->model), e->model.len);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, NAMES_SEPARATOR);
    return rc == PL_OK ? pl__str_append(out, pl__str_c(&e->dataset), dataset_bytes) : rc;
}

static pl_status settle_all(plan *p, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < p->entries.len && rc == PL_OK; i++) {
        entry *e = &p->entries.ptr[i];
        uintptr_t known = 0;

        if (e->model.len == 0)
            continue;
        if (names_key(e, e->dataset.len, &p->key) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", e->path);
        if (pl__map_get(p->by_names, p->key.ptr, p->key.len, &known))
            rc = settle_pair(p, &p->entries.ptr[known], e, &e, reterr);
        if (rc == PL_OK && pl__map_put(p->by_names, p->key.ptr, p->key.len, (uintptr_t)(e - p->entries.ptr)) != PL_OK)
            rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", e->path);
    }
    return rc;
}

/* "M_D_gpt-4o.xlsx" beside "M_D.xlsx": are there predictions for the first part of its data set's name? */
static pl_status is_derived(plan *p, const entry *e, bool *ret, pl_error *reterr)
{
    *ret = false;
    for (size_t n = 1; n < e->dataset.len && !*ret; n++) {
        uintptr_t found = 0;

        if (e->dataset.ptr[n] != '_')
            continue;
        if (names_key(e, n, &p->key) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", e->path);
        *ret = pl__map_get(p->by_names, p->key.ptr, p->key.len, &found);
    }
    return PL_OK;
}

/* ---- reading ---- */
static pl_import_file file_of(const entry *e)
{
    return (pl_import_file){.path = e->path, .model = pl__str_c(&e->model), .dataset = pl__str_c(&e->dataset)};
}

static pl_status read_table(plan *p, entry *e, pl_import_run *run, pl_error *reterr)
{
    const pl_import_file file = file_of(e);
    pl_sheet *sheet = NULL;
    bool derived = false;
    pl_status rc = pl__sheet_read(e->path, e->form, &sheet, reterr);

    if (rc != PL_OK)
        return rc;
    if (e->from_folder && !pl__vlmeval_fits(sheet)) {
        pl__sheet_free(sheet);
        return PL_OK;
    }
    if (e->model.len == 0) /* says which name is missing */
        rc = pl__vlmeval_names(e->path, NULL, &e->model, &e->dataset, reterr);
    if (rc == PL_OK && pl__vlmeval_is_judged(sheet))
        rc = is_derived(p, e, &derived, reterr);
    if (rc == PL_OK && derived)
        leave_out(p, e);
    else if (rc == PL_OK)
        rc = pl__vlmeval_add(sheet, &file, run, reterr);
    pl__sheet_free(sheet);
    return rc;
}

static pl_status add_response(const json_t *line, void *user, pl_error *reterr)
{
    pl_import_run *run = user;
    return pl__response_log_add(run->log, line, reterr);
}

static pl_status read_lines(const entry *e, pl_import_run *run, pl_error *reterr)
{
    const pl_import_file file = file_of(e);
    pl_line_reader *reader = NULL;
    pl_status rc = pl__line_reader_open(e->path, &reader, reterr);

    if (rc == PL_OK && e->kind == KIND_SAMPLES)
        rc = pl__lmms_add(reader, &file, run, reterr);
    else if (rc == PL_OK)
        rc = pl__line_reader_each(reader, run->skip_bad, add_response, run, &run->n_bad, reterr);
    pl__line_reader_free(reader);
    return rc;
}

static pl_status read_all(plan *p, pl_import_run *run, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < p->entries.len && rc == PL_OK; i++) {
        entry *e = &p->entries.ptr[i];
        if (!e->left_out)
            rc = e->kind == KIND_SHEET ? read_table(p, e, run, reterr) : read_lines(e, run, reterr);
    }
    return rc == PL_OK ? pl__response_log_finish(run->log, reterr) : rc;
}

/* Our own logs have a faster way. */
static bool all_are_ours(const plan *p)
{
    for (size_t i = 0; i < p->entries.len; i++) {
        if (p->entries.ptr[i].kind != KIND_RESPONSES)
            return false;
    }
    return true;
}

/* ---- what the user is told ---- */
static pl_status note(pl_import *import, pl_error *reterr, uint64_t n, const char *behind)
{
    pl_str text;
    pl_status rc = PL_OK;

    pl__str_init(&text, NOTE_BYTES_MAX);
    rc = pl__str_appendf(&text, "%llu %s", (unsigned long long)n, behind);
    if (rc == PL_OK)
        rc = pl__vec_reserve(&import->notes.ptr, &import->notes.cap, import->notes.len + 1, sizeof(*import->notes.ptr));
    if (rc == PL_OK)
        import->notes.ptr[import->notes.len++] = pl__str_take(&text);
    pl__str_clear(&text);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "responses: no memory");
}

static pl_status tell(const plan *p, const pl_import_run *run, pl_import *import, pl_error *reterr)
{
    pl_str behind;
    pl_status rc = PL_OK;

    pl__str_init(&behind, NOTE_BYTES_MAX);
    if (import->n_bad > 0)
        rc = note(import, reterr, import->n_bad, "bad lines were skipped");
    if (rc == PL_OK && run->n_failed > 0)
        rc = note(import, reterr, run->n_failed,
                  "responses are missing: VLMEvalKit's calls had failed (\"Failed to obtain answer\")");
    if (rc == PL_OK && run->n_unlabelled > 0)
        rc = note(import, reterr, run->n_unlabelled,
                  "answers are without a label: what their file gives names none of the options");
    if (rc == PL_OK && p->n_left_out > 0) {
        rc = pl__str_appendf(
            &behind, "of the files are left out: older runs, or what VLMEvalKit made of its predictions (%.1000s)",
            p->left_out);
        rc = rc == PL_OK ? note(import, reterr, p->n_left_out, pl__str_c(&behind))
                         : pl__fail(reterr, rc, "responses: no memory");
    }
    pl__str_clear(&behind);
    return rc;
}

static pl_status read_ours(const plan *p, const pl_records_opts *opts, pl_import *ret, pl_error *reterr)
{
    const pl_import_run run = {.skip_bad = opts->skip_bad};
    const char **paths = pl__calloc(p->entries.len, sizeof(*paths));
    pl_status rc = PL_OK;

    if (!paths)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    for (size_t i = 0; i < p->entries.len; i++)
        paths[i] = p->entries.ptr[i].path;
    rc = pl__records_read_responses(paths, p->entries.len, opts, &ret->log, reterr);
    pl__free((void *)paths);
    if (rc != PL_OK)
        return rc;
    ret->n_bad = pl__response_log_bad_lines(ret->log);
    return tell(p, &run, ret, reterr);
}

static pl_status read_others(plan *p, bool skip_bad, pl_import *ret, pl_error *reterr)
{
    pl_import_run run = {.skip_bad = skip_bad};
    pl_status rc = settle_all(p, reterr);

    if (rc == PL_OK)
        rc = pl__response_log_new(&ret->log, reterr);
    if (rc != PL_OK)
        return rc;
    run.log = ret->log;
    rc = read_all(p, &run, reterr);
    ret->n_bad = run.n_bad;
    return rc == PL_OK ? tell(p, &run, ret, reterr) : rc;
}

pl_status pl__import_responses(const pl_import_source *sources, size_t n, const pl_records_opts *opts, pl_import *ret,
                               pl_error *reterr)
{
    pl_import import = {0};
    plan p = {0};
    pl_status rc = PL_OK;

    if (!ret || !opts || (!sources && n > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl__str_init(&p.key, 4 * PL_RECORDS_LINE_BYTES_MAX);
    p.by_names = pl__map_new();
    if (!p.by_names)
        rc = pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = add_source(&p, &sources[i], reterr);
    if (rc == PL_OK)
        rc = all_are_ours(&p) ? read_ours(&p, opts, &import, reterr) : read_others(&p, opts->skip_bad, &import, reterr);
    plan_clear(&p);
    if (rc != PL_OK) {
        pl__import_clear(&import);
        return rc;
    }
    *ret = import;
    return PL_OK;
}

pl_status pl__import_paths(const char *const *paths, size_t n, bool skip_bad, pl_import *ret, pl_error *reterr)
{
    const pl_records_opts opts = {.skip_bad = skip_bad, .threads = THREADS};
    pl_import_source *sources = NULL;
    pl_status rc = PL_OK;

    if (!paths && n > 0)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    sources = pl__calloc(n, sizeof(*sources));
    if (!sources)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    for (size_t i = 0; i < n; i++)
        sources[i].path = paths[i];
    rc = pl__import_responses(sources, n, &opts, ret, reterr);
    pl__free(sources);
    return rc;
}
