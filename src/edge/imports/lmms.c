/* Sample logs of lmms-eval, and of lm-evaluation-harness, from which it comes: a line is one document, with the model's
 * replies to the requests made of it. Tasks that generate have one request with one or more texts; tasks that compare
 * log-likelihoods have one request for each choice, whose reply is [number, is it the greedy one]. */
#include "error.h"
#include "hash.h"
#include "import_parts.h"
#include "line_fields.h"
#include "map.h"
#include "num.h"
#include "option_answer.h"
#include "python_text.h"

#include <string.h>

#define ID_BYTES 32
#define SEED_SEEN 0

typedef struct samples {
    const pl_import_file *file;
    pl_import_run *run;
    pl_map *seen; /* document -> hash of the response */
    pl_str text;  /* scratch */
} samples;

bool pl__lmms_fits(const json_t *line)
{
    return json_object_get(line, "doc_id") &&
           (json_object_get(line, "resps") || json_object_get(line, "filtered_resps"));
}

/* ---- replies ---- */
/* Number and truth, which older versions write as text. */
static bool is_scored(const json_t *reply)
{
    const json_t *number = json_array_get(reply, 0);
    const json_t *greedy = json_array_get(reply, 1);
    const char *word = json_string_value(greedy);

    if (json_array_size(reply) != 2 || !(json_is_number(number) || json_is_string(number) || json_is_null(number)))
        return false;
    return json_is_boolean(greedy) || (word && (strcmp(word, "True") == 0 || strcmp(word, "False") == 0));
}

/* The scored reply to a request: itself, or in a list of its own. */
static const json_t *scored(const json_t *request)
{
    const json_t *first = json_array_get(request, 0);

    if (is_scored(request))
        return request;
    return json_array_size(request) == 1 && is_scored(first) ? first : NULL;
}

static bool all_scored(const json_t *replies)
{
    for (size_t i = 0; i < json_array_size(replies); i++) {
        if (!scored(json_array_get(replies, i)))
            return false;
    }
    return json_array_size(replies) > 1;
}

/* NaN and infinities are not known. */
static bool read_number(const json_t *value, double *ret)
{
    if (json_is_number(value)) {
        *ret = json_number_value(value);
        return true;
    }
    return json_is_string(value) && pl__num_parse(pl__view(json_string_value(value)), ret) == PL_OK;
}

/* lmms-eval's models reply with the loss, what it comes from with its opposite: the signs tell. */
static pl_status read_values(const json_t *replies, json_t *values, bool *ret_all_known, pl_error *reterr)
{
    size_t n = json_array_size(replies);
    bool any_positive = false;
    bool any_negative = false;
    pl_status rc = PL_OK;

    *ret_all_known = true;
    for (size_t i = 0; i < n; i++) {
        double x = 0.0;
        if (!read_number(json_array_get(scored(json_array_get(replies, i)), 0), &x))
            *ret_all_known = false;
        any_positive = any_positive || x > 0.0;
        any_negative = any_negative || x < 0.0;
    }
    if (any_positive && any_negative)
        return pl__fail(reterr, PL_E_PARSE, "\"resps\" has values of both signs: neither losses nor log-probabilities");
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        double x = 0.0;
        bool known = read_number(json_array_get(scored(json_array_get(replies, i)), 0), &x);
        json_t *value = known ? json_real(any_positive ? -x : x) : json_null();
        if (!value || json_array_append_new(values, value) != 0)
            rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    }
    return rc;
}

/* A letter is one token, and what the letters lack of 1 others have. Likelihoods of longer texts, or their means over
 * tokens, have no such sum: they are logits, and only whole. */
static const char *values_key(const json_t *line, size_t n, bool all_known)
{
    if (pl__lmms_asks_letters(line, n))
        return "option_logprobs";
    return all_known ? "option_logits" : NULL;
}

/* The texts of the one request: "a", ["a"], ["a", "b"] (asked twice), [["a"]], [["a", "b"]]. Borrowed; NULL: a single
 * text, which is *ret_one. */
static pl_status find_texts(const json_t *replies, const json_t **ret_list, const char **ret_one, pl_error *reterr)
{
    const json_t *first = json_array_get(replies, 0);

    if (json_is_string(replies)) {
        *ret_one = json_string_value(replies);
        return PL_OK;
    }
    if (json_is_array(first)) {
        if (json_array_size(replies) > 1)
            return pl__fail(reterr, PL_E_PARSE, "\"resps\" has replies to several requests");
        replies = first;
    }
    if (json_array_size(replies) == 0)
        return pl__fail(reterr, PL_E_PARSE, "\"resps\" is no list of replies");
    for (size_t i = 0; i < json_array_size(replies); i++) {
        if (!json_is_string(json_array_get(replies, i)))
            return pl__fail(reterr, PL_E_PARSE, "\"resps\" holds a reply that is no text");
    }
    *ret_one = json_string_value(json_array_get(replies, 0));
    *ret_list = json_array_size(replies) > 1 ? replies : NULL;
    return PL_OK;
}

/* ---- labels ---- */
static pl_status add_label(const char *label, const json_t *options, json_t *labels)
{
    json_t *text = NULL;

    if (options) {
        size_t option = pl__import_label(pl__view(label), options);
        if (option == PL_OPTION_ANSWER_NONE)
            return PL_OK;
        label = json_string_value(json_array_get(options, option));
    }
    text = json_string(label);
    return text && json_array_append_new(labels, text) == 0 ? PL_OK : PL_E_NOMEM;
}

/* A number is a choice's place; text may be "1" or "['a', 'b']" too. */
static pl_status read_labels(const json_t *target, const json_t *options, json_t *labels, pl_error *reterr)
{
    const char *text = json_string_value(target);
    json_t *list = NULL;
    pl_status rc = PL_OK;

    if (json_is_integer(target) && options) {
        const json_t *option = json_array_get(options, (size_t)json_integer_value(target));
        return option ? add_label(json_string_value(option), NULL, labels) : PL_OK;
    }
    if (!text || !*text)
        return PL_OK;
    rc = pl__python_list_parse(pl__view(text), &list, reterr);
    if (rc == PL_OK && !list)
        rc = add_label(text, options, labels);
    for (size_t i = 0; i < json_array_size(list) && rc == PL_OK; i++)
        rc = add_label(json_string_value(json_array_get(list, i)), options, labels);
    json_decref(list);
    return rc;
}

static pl_status set_labels(samples *s, const json_t *line, const json_t *options, json_t *doc, pl_error *reterr)
{
    const json_t *target = json_object_get(line, "target");
    json_t *labels = json_array();
    pl_status rc = labels ? read_labels(target, options, labels, reterr) : PL_E_NOMEM;

    if (rc == PL_OK && json_array_size(labels) > 0)
        rc = pl__json_set(doc, "labels", json_incref(labels));
    else if (rc == PL_OK && options && target && !json_is_null(target))
        s->run->n_unlabelled++;
    json_decref(labels);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}

/* ---- one line ---- */
static pl_status set_names(samples *s, const json_t *line, json_t *doc, pl_error *reterr)
{
    const json_t *id = json_object_get(line, "doc_id");
    pl_status rc = PL_OK;

    pl__str_reset(&s->text);
    if (json_is_integer(id))
        rc = pl__str_appendf(&s->text, "%lld", (long long)json_integer_value(id));
    else if (json_is_string(id))
        rc = pl__str_append_c(&s->text, json_string_value(id));
    else
        return pl__fail(reterr, PL_E_PARSE, "\"doc_id\" is no number and no text");
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "item", pl__str_c(&s->text));
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "model", s->file->model);
    if (rc == PL_OK && *s->file->dataset)
        rc = pl__json_set_string(doc, "dataset", s->file->dataset);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}

static pl_status set_scored(samples *s, const json_t *line, const json_t *replies, json_t *doc, pl_error *reterr)
{
    size_t n = json_array_size(replies);
    json_t *options = NULL;
    json_t *values = json_array();
    bool all_known = false;
    const char *key = NULL;
    pl_status rc = values ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "no memory");

    if (rc == PL_OK)
        rc = read_values(replies, values, &all_known, reterr);
    if (rc == PL_OK)
        rc = pl__lmms_options(line, n, &options, reterr);
    if (rc == PL_OK)
        rc = set_labels(s, line, options, doc, reterr);
    if (rc == PL_OK && pl__json_set(doc, "options", json_incref(options)) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    key = values_key(line, n, all_known);
    if (rc == PL_OK && key && pl__json_set(doc, key, json_incref(values)) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    json_decref(options);
    json_decref(values);
    return rc;
}

static pl_status set_texts(samples *s, const json_t *line, const json_t *replies, json_t *doc, pl_error *reterr)
{
    const json_t *list = NULL;
    const char *one = NULL;
    json_t *options = NULL;
    pl_status rc = find_texts(replies, &list, &one, reterr);

    if (rc == PL_OK)
        rc = pl__lmms_options(line, 0, &options, reterr);
    if (rc == PL_OK)
        rc = set_labels(s, line, options, doc, reterr);
    if (rc == PL_OK && options && pl__json_set(doc, "options", json_incref(options)) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    if (rc == PL_OK &&
        (pl__json_set_string(doc, "text", one) != PL_OK || pl__import_set_prediction(doc, options, one) != PL_OK))
        rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    if (rc == PL_OK && list && pl__json_set(doc, "samples", json_deep_copy(list)) != PL_OK)
        rc = pl__fail(reterr, PL_E_NOMEM, "no memory");
    json_decref(options);
    return rc;
}

/* A document stands there once for each filter of its task, with the same replies. */
static pl_status check_repeated(samples *s, const json_t *doc, bool *ret_known, pl_error *reterr)
{
    const char *item = json_string_value(json_object_get(doc, "item"));
    uintptr_t hash = 0;
    uintptr_t before = 0;

    pl__str_reset(&s->text);
    if (pl__json_write_canonical(doc, &s->text) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    hash = (uintptr_t)pl__hash64(s->text.ptr, s->text.len, SEED_SEEN);
    *ret_known = pl__map_get(s->seen, item, strlen(item), &before);
    if (*ret_known && before != hash)
        return pl__fail(reterr, PL_E_PARSE, "\"doc_id\" %.100s is there a second time, with other replies", item);
    if (!*ret_known && pl__map_put(s->seen, item, strlen(item), hash) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    return PL_OK;
}

static pl_status add_line(samples *s, const json_t *line, pl_error *reterr)
{
    const json_t *replies = json_object_get(line, "resps");
    json_t *doc = NULL;
    bool known = false;
    pl_status rc = PL_OK;

    if (!pl__lmms_fits(line))
        return pl__fail(reterr, PL_E_PARSE, "has no \"doc_id\" with \"resps\" or \"filtered_resps\"");
    if (!replies || json_is_null(replies)) /* left out by lmms-eval where it is the same */
        replies = json_object_get(line, "filtered_resps");
    doc = json_object();
    if (!doc)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    rc = set_names(s, line, doc, reterr);
    if (rc == PL_OK)
        rc = all_scored(replies) ? set_scored(s, line, replies, doc, reterr) : set_texts(s, line, replies, doc, reterr);
    if (rc == PL_OK)
        rc = check_repeated(s, doc, &known, reterr);
    if (rc == PL_OK && !known)
        rc = pl__response_log_add(s->run->log, doc, reterr);
    json_decref(doc);
    return rc;
}

/* ---- all lines ---- */
static pl_status read_line(samples *s, pl_view text, pl_error *reterr)
{
    json_t *line = NULL;
    pl_status rc = pl__python_json_parse(text, &line, reterr);

    if (rc == PL_E_LIMIT)
        rc = pl__fail(reterr, PL_E_PARSE, "is nested too deep");
    if (rc == PL_OK)
        rc = add_line(s, line, reterr);
    json_decref(line);
    return rc;
}

pl_status pl__lmms_add(pl_line_reader *reader, const pl_import_file *file, pl_import_run *run, pl_error *reterr)
{
    samples s = {.file = file, .run = run, .seen = pl__map_new()};
    pl_status rc = s.seen ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "%s: no memory", file->path);

    pl__str_init(&s.text, 4 * PL_RECORDS_LINE_BYTES_MAX);
    while (rc == PL_OK) {
        pl_view text = {0};
        bool end = false;
        pl_error err = {0};

        rc = pl__line_reader_next(reader, &text, &end, reterr);
        if (rc != PL_OK || end)
            break;
        rc = read_line(&s, text, &err);
        if (rc == PL_E_PARSE && run->skip_bad) {
            run->n_bad++;
            rc = PL_OK;
        }
        if (rc != PL_OK)
            (void)pl__fail(reterr, rc, "%s:%llu: %s", file->path, (unsigned long long)pl__line_reader_line(reader),
                           err.msg);
    }
    pl__str_clear(&s.text);
    pl__map_free(s.seen);
    return rc;
}
