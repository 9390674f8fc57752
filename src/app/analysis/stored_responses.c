#include "stored_responses.h"

#include "alloc.h"
#include "error.h"
#include "json.h"
#include "map.h"
#include "stored_meanings.h"
#include <math.h>
#include <string.h>

/* ---- labels ---- */

struct pl_item_labels {
    pl_dataset *dataset;
    pl_map *by_id; /* index + 1 in the data set */
};

void pl__item_labels_free(pl_item_labels *labels)
{
    if (!labels)
        return;
    pl__map_free(labels->by_id);
    pl__dataset_free(labels->dataset);
    pl__free(labels);
}

pl_status pl__item_labels_read(const char *path, pl_item_labels **ret, pl_error *reterr)
{
    pl_item_labels *labels = pl__calloc(1, sizeof(*labels));
    pl_status rc = PL_OK;

    if (!labels)
        return pl__fail(reterr, PL_E_NOMEM, "labels");
    rc = pl__dataset_from_items(path, &labels->dataset, reterr);
    if (rc != PL_OK)
        goto out;
    labels->by_id = pl__map_new();
    rc = labels->by_id ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "labels");
    for (size_t i = 0; rc == PL_OK && i < pl__dataset_count(labels->dataset); i++) {
        const char *id = pl__dataset_item(labels->dataset, i).id;

        if (pl__map_put(labels->by_id, id, strlen(id), (uintptr_t)i + 1) != PL_OK)
            rc = pl__fail(reterr, PL_E_NOMEM, "labels");
    }
out:
    if (rc == PL_OK)
        *ret = labels;
    else
        pl__item_labels_free(labels);
    return rc;
}

/* ---- one line ---- */

typedef struct line_visit {
    pl_status (*visit)(const json_t *line, void *user, pl_error *reterr);
    void *user;
    const pl_config *config;
    const pl_item_labels *labels;
    pl_str text; /* a token that had to be cleaned */
} line_visit;

/* NULL when memory is short. */
static json_t *text_json(line_visit *v, const char *bytes, size_t len)
{
    if (len == 0)
        return json_string("");
    if (pl__utf8_valid(pl__view_n(bytes, len)) && !memchr(bytes, '\0', len))
        return json_stringn(bytes, len);
    pl__str_reset(&v->text);
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        if (c == '\0' || (unsigned char)c >= 0x80)
            c = '?';
        if (pl__str_append_char(&v->text, c) != PL_OK)
            return NULL;
    }
    return json_stringn(v->text.ptr, v->text.len);
}

static json_t *logprob_json(double logprob)
{
    if (isnan(logprob))
        return json_null();
    return json_real(logprob > PL_RESPONSE_MASKED ? logprob : PL_RESPONSE_MASKED);
}

/* Appends; steals the value, also on failure. */
static pl_status append(json_t *list, json_t *value)
{
    return value && json_array_append_new(list, value) == 0 ? PL_OK : PL_E_NOMEM;
}

static json_t *token_json(line_visit *v, const pl_token *token)
{
    json_t *doc = json_object();
    json_t *top = json_array();
    pl_status rc = doc && top ? pl__json_set(doc, "t", text_json(v, token->bytes, token->len)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "lp", logprob_json(token->logprob));
    for (uint32_t i = 0; i < token->n_top && rc == PL_OK; i++) {
        json_t *pair = json_array();

        rc = append(top, pair);
        if (rc == PL_OK)
            rc = append(pair, text_json(v, token->top[i].bytes, token->top[i].len));
        if (rc == PL_OK)
            rc = append(pair, logprob_json(token->top[i].logprob));
    }
    if (rc == PL_OK && token->n_top > 0) {
        rc = pl__json_set(doc, "top", top);
        top = NULL;
    }
    json_decref(top);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static pl_status set_strings(json_t *doc, const char *key, const char *const *texts, size_t n)
{
    json_t *list = n > 0 ? json_array() : NULL;
    pl_status rc = PL_OK;

    if (n == 0)
        return PL_OK;
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = list ? append(list, json_string(texts[i])) : PL_E_NOMEM;
    if (rc != PL_OK) {
        json_decref(list);
        return rc;
    }
    return pl__json_set(doc, key, list);
}

static pl_status set_answer(line_visit *v, const pl_reply *reply, json_t *doc)
{
    json_t *tokens = NULL;
    pl_status rc = PL_OK;

    if (!pl__reply_has_text(reply))
        return PL_OK; /* a refusal's words are no answer */
    rc = pl__json_set(doc, "text", text_json(v, reply->text, reply->text_len));
    if (rc == PL_OK && reply->outcome == PL_OUTCOME_CUT_OFF)
        rc = pl__json_set_string(doc, "finish", "length");
    if (rc != PL_OK || reply->n_tokens == 0)
        return rc;
    tokens = json_array();
    rc = tokens ? PL_OK : PL_E_NOMEM;
    for (size_t i = 0; i < reply->n_tokens && rc == PL_OK; i++)
        rc = append(tokens, token_json(v, &reply->tokens[i]));
    if (rc != PL_OK) {
        json_decref(tokens);
        return rc;
    }
    return pl__json_set(doc, "tokens", tokens);
}

/* The samples that came, in order. */
static pl_status set_samples(line_visit *v, const pl_replay_unit *u, uint32_t model, json_t *doc)
{
    json_t *list = json_array();
    pl_status rc = list ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < pl__unit_count(u->unit) && rc == PL_OK; i++) {
        if (pl__stored_sample(u, i, model))
            rc = append(list, text_json(v, u->replies[i].text, u->replies[i].text_len));
    }
    if (rc == PL_OK && json_array_size(list) > 0) {
        rc = pl__json_set(doc, "samples", list);
        list = NULL;
    }
    json_decref(list);
    return rc;
}

/* Of open answers, where a judge has compared the samples and nothing is missing. */
static pl_status set_meanings(const pl_replay_unit *u, uint32_t model, json_t *doc)
{
    uint32_t meanings[PL_CHAT_SAMPLES_MAX];
    uint32_t n = 0;
    json_t *list = NULL;
    pl_status rc = PL_OK;

    if (!pl__stored_meanings(u, model, meanings, &n) || n == 0)
        return PL_OK;
    list = json_array();
    rc = list ? PL_OK : PL_E_NOMEM;
    for (uint32_t i = 0; i < n && rc == PL_OK; i++)
        rc = append(list, json_integer(meanings[i]));
    if (rc != PL_OK) {
        json_decref(list);
        return rc;
    }
    return pl__json_set(doc, "meanings", list);
}

static pl_status set_labels(const line_visit *v, const pl_item *item, json_t *doc)
{
    uintptr_t found = 0;
    pl_item labelled;

    if (!v->labels || !pl__map_get(v->labels->by_id, item->id, strlen(item->id), &found))
        return PL_OK;
    labelled = pl__dataset_item(v->labels->dataset, (size_t)found - 1);
    return set_strings(doc, "labels", labelled.labels, labelled.n_labels);
}

static pl_status fill_line(line_visit *v, const pl_replay_unit *u, uint32_t i, json_t *doc)
{
    const pl_item *item = pl__unit_item(u->unit);
    uint32_t model = pl__unit_task(u->unit, i)->model;
    pl_status rc = pl__json_set_string(doc, "item", item->id);

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "model", v->config->models[model].name);
    if (rc == PL_OK && item->image_path)
        rc = pl__json_set_string(doc, "image", item->image_path);
    if (rc == PL_OK && item->dataset)
        rc = pl__json_set_string(doc, "dataset", item->dataset);
    if (rc == PL_OK)
        rc = set_strings(doc, "options", item->options, item->n_options);
    if (rc == PL_OK)
        rc = set_labels(v, item, doc);
    if (rc == PL_OK)
        rc = set_answer(v, &u->replies[i], doc);
    if (rc == PL_OK)
        rc = set_samples(v, u, model, doc);
    return rc == PL_OK ? set_meanings(u, model, doc) : rc;
}

static pl_status visit_unit(const pl_replay_unit *u, void *user, pl_error *reterr)
{
    line_visit *v = user;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; rc == PL_OK && i < pl__unit_count(u->unit); i++) {
        json_t *doc = NULL;

        const pl_task *task = pl__unit_task(u->unit, i);

        if (task->kind != PL_TASK_ANSWER || task->sample > 0 || !pl__outcome_is_response(u->replies[i].outcome))
            continue;
        doc = json_object();
        rc = doc ? fill_line(v, u, i, doc) : PL_E_NOMEM;
        if (rc == PL_OK)
            rc = v->visit(doc, v->user, reterr);
        else
            rc = pl__fail(reterr, rc, "response to %s", u->question_id);
        json_decref(doc);
    }
    return rc;
}

pl_status pl__stored_responses_each(pl_replay *replay, const pl_item_labels *labels,
                                    pl_status (*visit)(const json_t *line, void *user, pl_error *reterr), void *user,
                                    pl_error *reterr)
{
    line_visit v = {.visit = visit, .user = user, .config = pl__replay_config(replay), .labels = labels};
    pl_status rc = PL_OK;

    if (!v.config->has_uncertainty)
        return pl__fail(reterr, PL_E_NOT_FOUND, "run %lld has no responses: it did not evaluate uncertainty",
                        (long long)pl__replay_run(replay)->id);
    pl__str_init(&v.text, PL_STR_LIMIT_DEFAULT);
    rc = pl__replay_each(replay, PL_EVAL_UNCERTAINTY, visit_unit, &v, reterr);
    pl__str_clear(&v.text);
    return rc;
}

static pl_status add_line(const json_t *line, void *user, pl_error *reterr)
{
    pl_status rc = pl__response_log_add(user, line, reterr);

    if (rc != PL_OK)
        pl__error_prefix(reterr, "response of %.100s to %.200s", json_string_value(json_object_get(line, "model")),
                         json_string_value(json_object_get(line, "item")));
    return rc;
}

pl_status pl__stored_responses_log(pl_replay *replay, const pl_item_labels *labels, pl_response_log **ret,
                                   pl_error *reterr)
{
    pl_response_log *log = NULL;
    pl_status rc = pl__response_log_new(&log, reterr);

    if (rc == PL_OK)
        rc = pl__stored_responses_each(replay, labels, add_line, log, reterr);
    if (rc == PL_OK)
        rc = pl__response_log_finish(log, reterr);
    if (rc != PL_OK) {
        pl__response_log_free(log);
        return rc;
    }
    *ret = log;
    return PL_OK;
}
