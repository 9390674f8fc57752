#include "response_line.h"

#include "error.h"
#include "line_fields.h"
#include "option_answer.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-6 /* a log-probability may pass 0 by as much */

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
    for (size_t i = 0; i < line->n_options; i++)
        line->options[i] = json_string_value(json_array_get(list, i));
}

static bool is_logprob(const json_t *value)
{
    return json_is_null(value) || (json_is_number(value) && json_number_value(value) <= ROUNDING);
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
    line->values = list;
    line->row.value_kind = logits ? PL_OPTION_VALUES_LOGIT : PL_OPTION_VALUES_LOGPROB;
}

static void check_top(pl_line_fields *f, const json_t *top)
{
    if (!top || json_is_null(top))
        return;
    if (!json_is_array(top) || json_array_size(top) > PL_RESPONSE_TOP_MAX) {
        pl__line_fail(f, "tokens", "has a \"top\" that is no list, or too long a one");
        return;
    }
    for (size_t i = 0; i < json_array_size(top); i++) {
        const json_t *pair = json_array_get(top, i);
        const json_t *logprob = json_array_get(pair, 1);
        if (json_array_size(pair) != 2 || !json_is_string(json_array_get(pair, 0)) || !json_is_number(logprob) ||
            !is_logprob(logprob))
            pl__line_fail(f, "tokens", "has a \"top\" that is no list of [text, log-probability]");
    }
}

static void read_tokens(pl_line_fields *f, pl_response_line *line)
{
    const json_t *list = get_array(f, "tokens", UINT32_MAX);
    for (size_t i = 0; i < json_array_size(list) && f->rc == PL_OK; i++) {
        const json_t *token = json_array_get(list, i);
        const json_t *logprob = json_object_get(token, "lp");
        if (!json_is_string(json_object_get(token, "t")))
            pl__line_fail(f, "tokens", "has one without the text \"t\"");
        if (logprob && !is_logprob(logprob))
            pl__line_fail(f, "tokens", "has an \"lp\" that is no log-probability");
        check_top(f, json_object_get(token, "top"));
    }
    line->tokens = list;
    line->row.n_tokens = (uint32_t)json_array_size(list);
}

/* The labels are options by text or letter; of an open question, texts to be met. */
static void read_label(pl_line_fields *f, const json_t *label, const char *key, pl_response_line *line, pl_view answer)
{
    pl_view text = pl__view_trim(pl__view(json_string_value(label)));
    if (!json_is_string(label)) {
        pl__line_fail(f, key, "is no string");
    } else if (line->n_options > 0) {
        size_t i = pl__option_named(text, line->options, line->n_options);
        if (i == PL_OPTION_ANSWER_NONE)
            pl__line_fail(f, key, "is none of the options");
        else
            line->row.labels |= (uint64_t)1 << i;
    } else if (answer.ptr) {
        const char *one = json_string_value(label);
        bool same = pl__option_named(answer, &one, 1) == 0 && pl__view_trim(answer).len > 1;
        same = same || pl__view_eq(pl__view_trim(answer), text);
        line->row.matches = same || line->row.matches == 1 ? 1 : 0;
    }
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

static pl_view read_prediction(pl_line_fields *f, pl_response_line *line)
{
    const char *given = pl__line_text(f, "prediction");
    const char *text = given ? given : line->text;
    size_t found = PL_OPTION_ANSWER_NONE;
    if (text && line->n_options > 0 && f->rc == PL_OK)
        found = pl__option_answer(pl__view(text), line->options, line->n_options);
    line->row.prediction = found == PL_OPTION_ANSWER_NONE ? PL_RESPONSE_NONE : (uint32_t)found;
    pl_view answer = pl__view_trim(pl__without_thinking(pl__view(text)));
    if (answer.len > 0 && answer.ptr[answer.len - 1] == '.')
        answer.len--;
    return text ? answer : (pl_view){.ptr = NULL, .len = 0};
}

pl_status pl__response_line_read(const json_t *doc, pl_response_line *ret, pl_error *reterr)
{
    pl_line_fields f = {.doc = doc, .rc = PL_OK, .err = reterr};

    memset(ret, 0, sizeof(*ret));
    ret->row.matches = -1;
    if (!json_is_object(doc))
        return pl__fail(reterr, PL_E_PARSE, "is no JSON object");
    ret->item = pl__line_name(&f, "item", NULL);
    ret->model = pl__line_name(&f, "model", NULL);
    ret->image = pl__line_name(&f, "image", ret->item);
    ret->dataset = pl__line_text(&f, "dataset");
    if (ret->dataset && strlen(ret->dataset) > PL_RECORDS_NAME_BYTES_MAX)
        pl__line_fail(&f, "dataset", "is longer than 4096 bytes");
    ret->text = pl__line_text(&f, "text");
    ret->row.vocabulary = pl__line_count(&f, "vocab_size", 0);
    read_options(&f, ret);
    read_values(&f, ret);
    read_tokens(&f, ret);
    ret->samples = get_array(&f, "samples", PL_RECORDS_SAMPLES_MAX);
    check_strings(&f, "samples", ret->samples);
    ret->row.n_samples = (uint32_t)json_array_size(ret->samples);
    pl_view answer = read_prediction(&f, ret);
    read_labels(&f, ret, answer);
    return f.rc;
}

double pl__response_line_value(const pl_response_line *line, size_t i)
{
    const json_t *value = json_array_get(line->values, i);
    if (!json_is_number(value))
        return (double)NAN;
    double x = json_number_value(value);
    if (line->row.value_kind == PL_OPTION_VALUES_LOGIT)
        return x;
    if (x <= PL_RESPONSE_MASKED)
        return (double)NAN;
    return x > 0.0 ? 0.0 : x;
}
