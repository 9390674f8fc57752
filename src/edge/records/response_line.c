#include "response_line.h"

#include "alloc.h"
#include "error.h"
#include "line_fields.h"
#include "option_answer.h"

#include <string.h>

#define ROOM_BYTES_MAX (PL_RECORDS_LINE_BYTES_MAX + 1)

void pl__response_line_init(pl_response_line *line)
{
    memset(line, 0, sizeof(*line));
    pl__str_init(&line->room, ROOM_BYTES_MAX);
}

void pl__response_line_clear(pl_response_line *line)
{
    pl__free(line->tokens.ptr);
    pl__free(line->tops.texts);
    pl__free(line->tops.logprobs);
    pl__free(line->new_tops.ptr);
    pl__free(line->samples.ptr);
    pl__free(line->meanings.ptr);
    pl__free(line->labels.ptr);
    pl__str_clear(&line->room);
}

void pl__response_line_reset(pl_response_line *line)
{
    static const pl_view none = {0};
    line->item = none;
    line->model = none;
    line->image = none;
    line->dataset = none;
    line->text = none;
    line->n_options = 0;
    line->tokens.len = 0;
    line->tops.len = 0;
    line->new_tops.len = 0;
    line->samples.len = 0;
    line->meanings.len = 0;
    line->labels.len = 0;
    memset(&line->row, 0, sizeof(line->row));
    line->row.matches = -1;
}

pl_status pl__response_line_add_token(pl_response_line *line, const pl_line_token *token)
{
    if (pl__vec_reserve(&line->tokens.ptr, &line->tokens.cap, line->tokens.len + 1, sizeof(*line->tokens.ptr)))
        return PL_E_NOMEM;
    pl_line_token *to = &line->tokens.ptr[line->tokens.len++];
    *to = *token;
    to->logprob = pl__rounded_logprob(token->logprob);
    line->row.n_tokens++;
    return PL_OK;
}

pl_status pl__response_line_grow_tops(pl_response_line *line, size_t n)
{
    pl_line_tops *tops = &line->tops;
    if (pl__vec_reserve(&tops->texts, &tops->texts_cap, tops->len + n, sizeof(*tops->texts)) ||
        pl__vec_reserve(&tops->logprobs, &tops->cap, tops->len + n, sizeof(*tops->logprobs)))
        return PL_E_NOMEM;
    return PL_OK;
}

pl_status pl__response_line_new_top(pl_response_line *line, size_t at, pl_view text, pl_view spelling)
{
    if (pl__vec_reserve(&line->new_tops.ptr, &line->new_tops.cap, line->new_tops.len + 1, sizeof(*line->new_tops.ptr)))
        return PL_E_NOMEM;
    line->new_tops.ptr[line->new_tops.len++] = (pl_line_new){.at = at, .text = text, .spelling = spelling};
    line->tops.texts[at] = PL_LINE_TEXT_NEW;
    return PL_OK;
}

pl_status pl__response_line_add_top(pl_response_line *line, pl_view text, double logprob)
{
    pl_line_tops *tops = &line->tops;
    if (pl__response_line_grow_tops(line, 1) || pl__response_line_new_top(line, tops->len, text, (pl_view){0}))
        return PL_E_NOMEM;
    tops->logprobs[tops->len++] = pl__rounded_logprob(logprob);
    return PL_OK;
}

pl_status pl__response_line_add_sample(pl_response_line *line, pl_view text)
{
    if (pl__vec_reserve(&line->samples.ptr, &line->samples.cap, line->samples.len + 1, sizeof(*line->samples.ptr)))
        return PL_E_NOMEM;
    line->samples.ptr[line->samples.len++] = text;
    line->row.n_samples++;
    return PL_OK;
}

pl_status pl__response_line_add_meaning(pl_response_line *line, uint32_t meaning)
{
    if (pl__vec_reserve(&line->meanings.ptr, &line->meanings.cap, line->meanings.len + 1, sizeof(meaning)))
        return PL_E_NOMEM;
    line->meanings.ptr[line->meanings.len++] = meaning;
    return PL_OK;
}

/* ---- what both readers do alike ---- */

bool pl__response_line_meanings_fit(const pl_response_line *line)
{
    uint32_t n = 0;
    for (size_t i = 0; i < line->meanings.len; i++) {
        if (line->meanings.ptr[i] > n)
            return false;
        n += line->meanings.ptr[i] == n;
    }
    return line->meanings.len == line->samples.len;
}

pl_view pl__response_line_predict(pl_response_line *line, pl_view given)
{
    pl_view text = given.ptr ? given : line->text;
    size_t found = PL_OPTION_ANSWER_NONE;
    if (text.ptr && line->n_options > 0)
        found = pl__option_answer(text, line->options, line->n_options);
    line->row.prediction = found == PL_OPTION_ANSWER_NONE ? PL_RESPONSE_NONE : (uint32_t)found;
    if (!text.ptr || line->n_options > 0) /* options are labels by their place, not by the answer */
        return (pl_view){0};
    pl_view answer = pl__view_trim(pl__without_thinking(text));
    if (answer.len > 0 && answer.ptr[answer.len - 1] == '.')
        answer.len--;
    return answer;
}

/* The labels are options by text or letter; of an open question, texts to be met. */
bool pl__response_line_label(pl_response_line *line, pl_view answer, const char *label)
{
    pl_view text = pl__view_trim(pl__view(label));
    if (line->n_options > 0) {
        size_t i = pl__option_named(text, line->options, line->n_options);
        if (i == PL_OPTION_ANSWER_NONE)
            return false;
        line->row.labels |= (uint64_t)1 << i;
    } else if (answer.ptr) {
        bool same = pl__option_named(answer, &label, 1) == 0 && pl__view_trim(answer).len > 1;
        same = same || pl__view_eq(pl__view_trim(answer), text);
        line->row.matches = same || line->row.matches == 1 ? 1 : 0;
    }
    return true;
}

/* ---- out of a document ---- */

static const json_t *get_array(pl_line_fields *f, const char *key, size_t max)
{
    const json_t *list = json_object_get(f->doc, key);
    if (!list || json_is_null(list))
        return NULL;
    if (!json_is_array(list))
        pl__line_fail(f, key, "is no list");
    else if (json_array_size(list) > max)
        pl__line_fail(f, key, "is too long");
    return list;
}

static void check_strings(pl_line_fields *f, const char *key, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i)))
            pl__line_fail(f, key, "holds something that is no string");
    }
}

static void read_options(pl_line_fields *f, pl_response_line *line)
{
    const json_t *list = get_array(f, "options", PL_RESPONSE_OPTIONS_MAX);
    check_strings(f, "options", list);
    if (list && json_array_size(list) == 0)
        pl__line_fail(f, "options", "is empty");
    if (f->rc != PL_OK)
        return;
    line->n_options = json_array_size(list);
    for (size_t i = 0; i < line->n_options; i++) {
        line->options[i] = json_string_value(json_array_get(list, i));
        line->option_texts[i] = pl__view(line->options[i]);
    }
}

static bool is_logprob(const json_t *value)
{
    return json_is_null(value) || (json_is_number(value) && pl__is_logprob(json_number_value(value)));
}

static double option_value(const json_t *value, bool is_logit)
{
    double x = json_is_number(value) ? json_number_value(value) : (double)NAN;
    return is_logit ? x : pl__option_logprob(x);
}

static void read_values(pl_line_fields *f, pl_response_line *line)
{
    const char *key = "option_logprobs";
    const json_t *list = get_array(f, key, PL_RESPONSE_OPTIONS_MAX);
    bool logits = !list;
    if (logits) {
        key = "option_logits";
        list = get_array(f, key, PL_RESPONSE_OPTIONS_MAX);
    }
    if (!list || f->rc != PL_OK)
        return;
    if (json_array_size(list) != line->n_options)
        pl__line_fail(f, key, "is not as long as \"options\"");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        if (logits && !json_is_number(value))
            pl__line_fail(f, key, "holds something that is no number");
        if (!logits && !is_logprob(value))
            pl__line_fail(f, key, "holds something that is no log-probability");
    }
    for (size_t i = 0; i < line->n_options && f->rc == PL_OK; i++)
        line->values[i] = option_value(json_array_get(list, i), logits);
    if (line->n_options > 0)
        line->row.value_kind = logits ? PL_OPTION_VALUES_LOGIT : PL_OPTION_VALUES_LOGPROB;
}

static void note(pl_line_fields *f, pl_status rc)
{
    if (rc != PL_OK && f->rc == PL_OK)
        f->rc = pl__fail(f->err, rc, "no memory");
}

static void read_top(pl_line_fields *f, const json_t *top, pl_response_line *line)
{
    if (!top || json_is_null(top))
        return;
    if (!json_is_array(top) || json_array_size(top) > PL_RESPONSE_TOP_MAX) {
        pl__line_fail(f, "tokens", "has a \"top\" that is no list, or too long a one");
        return;
    }
    for (size_t i = 0; i < json_array_size(top) && f->rc == PL_OK; i++) {
        const json_t *pair = json_array_get(top, i);
        const json_t *text = json_array_get(pair, 0);
        const json_t *logprob = json_array_get(pair, 1);
        if (json_array_size(pair) != 2 || !json_is_string(text) || !json_is_number(logprob) || !is_logprob(logprob))
            pl__line_fail(f, "tokens", "has a \"top\" that is no list of [text, log-probability]");
        else
            note(f, pl__response_line_add_top(line, pl__view(json_string_value(text)), json_number_value(logprob)));
    }
}

static void read_tokens(pl_line_fields *f, pl_response_line *line)
{
    const json_t *list = get_array(f, "tokens", UINT32_MAX);
    for (size_t i = 0; i < json_array_size(list) && f->rc == PL_OK; i++) {
        const json_t *token = json_array_get(list, i);
        const json_t *text = json_object_get(token, "t");
        const json_t *logprob = json_object_get(token, "lp");
        size_t n_before = line->tops.len;
        if (!json_is_string(text))
            pl__line_fail(f, "tokens", "has one without the text \"t\"");
        if (logprob && !is_logprob(logprob))
            pl__line_fail(f, "tokens", "has an \"lp\" that is no log-probability");
        if (f->rc != PL_OK)
            return;
        pl_line_token read = {.text = pl__view(json_string_value(text)),
                              .number = PL_LINE_TEXT_NEW,
                              .logprob = json_is_number(logprob) ? json_number_value(logprob) : (double)NAN};
        note(f, pl__response_line_add_token(line, &read));
        read_top(f, json_object_get(token, "top"), line);
        if (f->rc == PL_OK)
            line->tokens.ptr[i].n_top = (uint32_t)(line->tops.len - n_before);
    }
}

static void read_samples(pl_line_fields *f, pl_response_line *line)
{
    const json_t *list = get_array(f, "samples", PL_RECORDS_SAMPLES_MAX);
    check_strings(f, "samples", list);
    for (size_t i = 0; i < json_array_size(list) && f->rc == PL_OK; i++)
        note(f, pl__response_line_add_sample(line, pl__view(json_string_value(json_array_get(list, i)))));
}

static void read_meanings(pl_line_fields *f, pl_response_line *line)
{
    const json_t *list = get_array(f, "meanings", PL_RECORDS_SAMPLES_MAX);
    for (size_t i = 0; i < json_array_size(list) && f->rc == PL_OK; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_number(value) || !pl__is_meaning(json_number_value(value)))
            pl__line_fail(f, "meanings", "holds something that is no number of a meaning");
        else
            note(f, pl__response_line_add_meaning(line, (uint32_t)json_number_value(value)));
    }
    if (json_is_array(list) && !pl__response_line_meanings_fit(line))
        pl__line_fail(f, "meanings", "does not number the meanings of \"samples\" from 0 in order");
}

static void read_label(pl_line_fields *f, const json_t *label, const char *key, pl_response_line *line, pl_view answer)
{
    if (!json_is_string(label))
        pl__line_fail(f, key, "is no string");
    else if (!pl__response_line_label(line, answer, json_string_value(label)))
        pl__line_fail(f, key, "is none of the options");
}

static void read_labels(pl_line_fields *f, pl_response_line *line, pl_view answer)
{
    const json_t *one = json_object_get(f->doc, "label");
    const json_t *list = get_array(f, "labels", PL_RECORDS_SAMPLES_MAX);
    if (one && !json_is_null(one))
        read_label(f, one, "label", line, answer);
    for (size_t i = 0; i < json_array_size(list); i++)
        read_label(f, json_array_get(list, i), "labels", line, answer);
}

pl_status pl__response_line_read(const json_t *doc, pl_response_line *line, pl_error *reterr)
{
    pl_line_fields f = {.doc = doc, .rc = PL_OK, .err = reterr};

    pl__response_line_reset(line);
    if (!json_is_object(doc))
        return pl__fail(reterr, PL_E_PARSE, "is no JSON object");
    line->item = pl__view(pl__line_name(&f, "item", NULL));
    line->model = pl__view(pl__line_name(&f, "model", NULL));
    line->image = pl__view(pl__line_name(&f, "image", ""));
    if (line->image.len == 0)
        line->image = (pl_view){0};
    line->dataset = pl__view(pl__line_text(&f, "dataset"));
    if (line->dataset.len > PL_RECORDS_NAME_BYTES_MAX)
        pl__line_fail(&f, "dataset", "is longer than 4096 bytes");
    line->text = pl__view(pl__line_text(&f, "text"));
    line->row.vocabulary = pl__line_count(&f, "vocab_size", 0);
    read_options(&f, line);
    read_values(&f, line);
    read_tokens(&f, line);
    read_samples(&f, line);
    read_meanings(&f, line);
    pl_view answer = pl__response_line_predict(line, pl__view(pl__line_text(&f, "prediction")));
    read_labels(&f, line, answer);
    return f.rc;
}
