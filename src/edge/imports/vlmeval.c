/* Predictions as VLMEvalKit saves them: the data set's own columns and `prediction`. What its own matching found
 * (`hit`, `log`) is not looked at: answers are read as all others are. */
#include "error.h"
#include "import_parts.h"
#include "line_fields.h"
#include "map.h"
#include "num.h"
#include "option_answer.h"
#include "python_text.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define N_LETTERS (sizeof(LETTERS) - 1)
#define FAILED "Failed to obtain answer" /* what it keeps in place of an answer that it could not get */
#define TURN 1000000u                    /* of MMBench: item 5 with turned options is 1000005, 2000005, ... */
#define ID_BYTES 24

/* What VLMEvalKit's own matching and scoring add to a table. */
static const char *const JUDGED[] = {"hit", "log", "score", "extracted", "res", "judge", "match", "verdict"};
#define N_JUDGED (sizeof(JUDGED) / sizeof(JUDGED[0]))

typedef struct table {
    const pl_sheet *sheet;
    const pl_import_file *file;
    pl_import_run *run;
    size_t index;
    size_t prediction;
    size_t answer;
    size_t image;
    size_t letters[N_LETTERS];
    bool yes_no;     /* no options, and all answers are one of the two */
    pl_names *items; /* all of the table */
    pl_names *seen;
} table;

bool pl__vlmeval_fits(const pl_sheet *sheet)
{
    return pl__sheet_find(sheet, "index") != PL_SHEET_COLUMN_NONE &&
           pl__sheet_find(sheet, "prediction") != PL_SHEET_COLUMN_NONE;
}

bool pl__vlmeval_is_judged(const pl_sheet *sheet)
{
    for (size_t i = 0; i < N_JUDGED; i++) {
        if (pl__sheet_find(sheet, JUDGED[i]) != PL_SHEET_COLUMN_NONE)
            return true;
    }
    return false;
}

/* ---- yes and no ---- */
static bool folds_to(pl_view word, const char *lower)
{
    if (word.len != strlen(lower))
        return false;
    for (size_t i = 0; i < word.len; i++) {
        if ((word.ptr[i] | 0x20) != lower[i])
            return false;
    }
    return true;
}

/* 0 yes, 1 no, else neither. */
static size_t yes_or_no(pl_view word)
{
    if (folds_to(word, "yes"))
        return 0;
    return folds_to(word, "no") ? 1 : 2;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "Yes, there is a dog." and "**No**": the first word is the answer. */
static size_t said_first(pl_view text)
{
    size_t start = 0;
    size_t end = 0;

    text = pl__view_trim(pl__without_thinking(text));
    while (start < text.len && strchr("*\"'`([ ", text.ptr[start]))
        start++;
    end = start;
    while (end < text.len && is_letter(text.ptr[end]))
        end++;
    return yes_or_no(pl__view_n(text.ptr + start, end - start));
}

/* Is this a data set of yes-or-no questions? The answers as a whole say so, never one of them. */
static bool is_yes_no(const table *t)
{
    bool any = false;

    for (size_t row = 0; row < pl__sheet_n_rows(t->sheet); row++) {
        const char *answer = pl__sheet_cell(t->sheet, row, t->answer);
        if (pl__sheet_cell(t->sheet, row, t->letters[0]))
            return false;
        if (!answer)
            continue;
        if (yes_or_no(pl__view_trim(pl__view(answer))) > 1)
            return false;
        any = true;
    }
    return any;
}

/* ---- one row ---- */
static pl_status add_string(json_t *list, const char *text)
{
    json_t *item = json_string(text);
    return item && json_array_append_new(list, item) == 0 ? PL_OK : PL_E_NOMEM;
}

/* The columns A, B, ... up to the first that is empty; *ret is NULL for an open question. */
static pl_status read_options(const table *t, size_t row, json_t **ret, pl_error *reterr)
{
    json_t *list = json_array();
    pl_status rc = list ? PL_OK : PL_E_NOMEM;
    size_t n = 0;

    for (; t->yes_no && n < 2 && rc == PL_OK; n++)
        rc = add_string(list, n == 0 ? "Yes" : "No");
    while (!t->yes_no && n < N_LETTERS && rc == PL_OK && pl__sheet_cell(t->sheet, row, t->letters[n]))
        rc = add_string(list, pl__sheet_cell(t->sheet, row, t->letters[n++]));
    for (size_t k = n; !t->yes_no && k < N_LETTERS && rc == PL_OK; k++) {
        if (pl__sheet_cell(t->sheet, row, t->letters[k]))
            rc = pl__fail(reterr, PL_E_PARSE, "there is an option %c and no %c", LETTERS[k], LETTERS[n]);
    }
    if (rc == PL_OK && n > 1) {
        *ret = list;
        return PL_OK;
    }
    json_decref(list);
    return rc == PL_E_NOMEM ? pl__fail(reterr, rc, "no memory") : rc;
}

/* A letter is a place; other words are an option's text. */
static size_t label_option(const table *t, pl_view label, const json_t *options)
{
    if (t->yes_no)
        return yes_or_no(label);
    if (label.len == 1 && label.ptr[0] >= 'A' && label.ptr[0] <= 'Z') {
        size_t place = (size_t)(label.ptr[0] - 'A');
        return place < json_array_size(options) ? place : PL_OPTION_ANSWER_NONE;
    }
    return pl__import_label(label, options);
}

static pl_status set_label(const table *t, size_t row, const json_t *options, json_t *doc, pl_error *reterr)
{
    const char *answer = pl__sheet_cell(t->sheet, row, t->answer);
    json_t *list = NULL;
    pl_status rc = PL_OK;

    if (!answer)
        return PL_OK;
    if (options) {
        size_t option = label_option(t, pl__view_trim(pl__view(answer)), options);
        if (option == PL_OPTION_ANSWER_NONE)
            t->run->n_unlabelled++;
        else
            rc = pl__import_set_label(doc, options, option);
    } else {
        rc = pl__python_list_parse(pl__view(answer), &list, reterr);
        if (rc == PL_OK)
            rc = list ? pl__json_set(doc, "labels", list) : pl__json_set_string(doc, "label", answer);
    }
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}

/* Questions on one picture hang together: it is named, or it is the question of which this is a turn. */
static pl_status set_image(const table *t, size_t row, const char *item, json_t *doc)
{
    const char *image = pl__sheet_cell(t->sheet, row, t->image);
    char id[ID_BYTES];
    uint64_t number = 0;
    pl_str base;
    pl_status rc = PL_OK;

    if (image && strlen(image) <= PL_RECORDS_NAME_BYTES_MAX)
        return pl__json_set_string(doc, "image", image);
    if (pl__num_parse_u64(pl__view(item), &number) != PL_OK || number < TURN)
        return PL_OK;
    pl__str_init(&base, sizeof(id));
    rc = pl__str_appendf(&base, "%llu", (unsigned long long)(number % TURN));
    if (rc == PL_OK && pl__names_find(t->items, pl__view_n(base.ptr, base.len)) != PL_NAME_NONE)
        rc = pl__json_set_string(doc, "image", pl__str_c(&base));
    pl__str_clear(&base);
    return rc;
}

static pl_status set_answer(const table *t, const json_t *options, const char *text, json_t *doc)
{
    size_t said = t->yes_no ? said_first(pl__view(text)) : 2;
    pl_status rc = pl__json_set_string(doc, "text", text);

    if (rc == PL_OK && said < 2)
        return pl__json_set_string(doc, "prediction", said == 0 ? "Yes" : "No");
    return rc == PL_OK ? pl__import_set_prediction(doc, options, text) : rc;
}

static pl_status fill_row(const table *t, size_t row, const char *text, json_t *doc, pl_error *reterr)
{
    const char *item = pl__sheet_cell(t->sheet, row, t->index);
    json_t *options = NULL;
    pl_status rc = read_options(t, row, &options, reterr);

    if (rc != PL_OK)
        return rc;
    rc = set_label(t, row, options, doc, reterr);
    if (rc == PL_OK && options)
        rc = pl__json_set(doc, "options", json_incref(options));
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "item", item);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "model", t->file->model);
    if (rc == PL_OK && *t->file->dataset)
        rc = pl__json_set_string(doc, "dataset", t->file->dataset);
    if (rc == PL_OK)
        rc = set_image(t, row, item, doc);
    if (rc == PL_OK)
        rc = set_answer(t, options, text, doc);
    json_decref(options);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}

/* Is it the item's first row? */
static pl_status check_item(table *t, const char *item, pl_error *reterr)
{
    size_t before = pl__names_count(t->seen);
    uint32_t place = 0;

    if (!item)
        return pl__fail(reterr, PL_E_PARSE, "has no index");
    if (pl__names_intern(t->seen, pl__view(item), &place) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    if (pl__names_count(t->seen) == before)
        return pl__fail(reterr, PL_E_PARSE, "the index %.100s is there a second time", item);
    return PL_OK;
}

static pl_status add_row(table *t, size_t row, pl_error *reterr)
{
    const char *text = pl__sheet_cell(t->sheet, row, t->prediction);
    json_t *doc = NULL;
    pl_status rc = check_item(t, pl__sheet_cell(t->sheet, row, t->index), reterr);

    if (rc != PL_OK)
        return rc;
    if (text && pl__view_starts_with(pl__view_trim(pl__view(text)), FAILED)) {
        t->run->n_failed++;
        return PL_OK;
    }
    doc = json_object();
    rc = doc ? fill_row(t, row, text ? text : "", doc, reterr) : pl__fail(reterr, PL_E_NOMEM, "no memory");
    if (rc == PL_OK)
        rc = pl__response_log_add(t->run->log, doc, reterr);
    json_decref(doc);
    return rc;
}

/* ---- all rows ---- */
static void find_columns(table *t)
{
    t->index = pl__sheet_find(t->sheet, "index");
    t->prediction = pl__sheet_find(t->sheet, "prediction");
    t->answer = pl__sheet_find(t->sheet, "answer");
    t->image = pl__sheet_find(t->sheet, "image_path");
    for (size_t i = 0; i < N_LETTERS; i++) {
        const char letter[2] = {LETTERS[i], '\0'};
        t->letters[i] = pl__sheet_find(t->sheet, letter);
    }
}

static pl_status list_items(table *t)
{
    uint32_t place = 0;
    pl_status rc = PL_OK;

    t->items = pl__names_new();
    t->seen = pl__names_new();
    if (!t->items || !t->seen)
        return PL_E_NOMEM;
    for (size_t row = 0; row < pl__sheet_n_rows(t->sheet) && rc == PL_OK; row++) {
        const char *item = pl__sheet_cell(t->sheet, row, t->index);
        if (item)
            rc = pl__names_intern(t->items, pl__view(item), &place);
    }
    return rc;
}

pl_status pl__vlmeval_add(const pl_sheet *sheet, const pl_import_file *file, pl_import_run *run, pl_error *reterr)
{
    table t = {.sheet = sheet, .file = file, .run = run};
    pl_status rc = PL_OK;

    if (!pl__vlmeval_fits(sheet))
        return pl__fail(reterr, PL_E_PARSE,
                        "%s: is no table of VLMEvalKit's predictions: these have the columns index and prediction",
                        file->path);
    find_columns(&t);
    t.yes_no = is_yes_no(&t);
    if (list_items(&t) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", file->path);
    for (size_t row = 0; row < pl__sheet_n_rows(sheet) && rc == PL_OK; row++) {
        pl_error err = {0};

        rc = add_row(&t, row, &err);
        if (rc == PL_E_PARSE && run->skip_bad) {
            run->n_bad++;
            rc = PL_OK;
        }
        if (rc != PL_OK)
            (void)pl__fail(reterr, rc, "%s: %s %llu: %s", file->path, pl__sheet_place_word(sheet),
                           (unsigned long long)pl__sheet_place(sheet, row), err.msg);
    }
    pl__names_free(t.items);
    pl__names_free(t.seen);
    return rc;
}
