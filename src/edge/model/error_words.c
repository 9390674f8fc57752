#include "error_words.h"

#include "chat.h"

#include <string.h>

#define DETAILS_MAX 64u /* of an error's list are looked at */

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    return c;
}

static bool is_name_char(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t find_from(pl_view text, size_t from, const char *needle)
{
    size_t n = strlen(needle);
    size_t len = text.len < PL_ERROR_WORDS_BYTES_MAX ? text.len : PL_ERROR_WORDS_BYTES_MAX;
    for (size_t i = from; i + n <= len; i++) {
        size_t k = 0;
        while (k < n && lower(text.ptr[i + k]) == needle[k])
            k++;
        if (k == n)
            return i;
    }
    return SIZE_MAX;
}

bool pl__words_have(pl_view text, const char *needle)
{
    return find_from(text, 0, needle) != SIZE_MAX;
}

/* As a word of its own: "max_tokens" is not in "max_completion_tokens", nor "seed" in "proceed". */
static bool names(pl_view text, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = find_from(text, 0, name); i != SIZE_MAX; i = find_from(text, i + 1, name)) {
        bool starts = i == 0 || !is_name_char(text.ptr[i - 1]);
        bool ends = i + n >= text.len || !is_name_char(text.ptr[i + n]);
        if (starts && ends)
            return true;
    }
    return false;
}

bool pl__error_says(const pl_error_words *words, const char *const *needles)
{
    for (; *needles; needles++)
        if (pl__words_have(words->code, *needles) || pl__words_have(words->type, *needles) ||
            pl__words_have(words->message, *needles))
            return true;
    return false;
}

/* ---- where they stand ---- */

static pl_view string_of(const json_t *value)
{
    return json_is_string(value) ? pl__view_n(json_string_value(value), json_string_length(value))
                                 : pl__view_n(NULL, 0);
}

static bool has_daily_quota(const json_t *details)
{
    for (size_t i = 0; i < json_array_size(details) && i < DETAILS_MAX; i++) {
        const json_t *violations = json_object_get(json_array_get(details, i), "violations");
        for (size_t k = 0; k < json_array_size(violations) && k < DETAILS_MAX; k++)
            if (pl__words_have(string_of(json_object_get(json_array_get(violations, k), "quotaId")), "perday"))
                return true;
    }
    return false;
}

/* FastAPI's list of complaints; the last step of loc is the parameter. */
static void read_complaint(const json_t *complaint, pl_error_words *ret)
{
    const json_t *loc = json_object_get(complaint, "loc");
    size_t n = json_array_size(loc);
    ret->message = string_of(json_object_get(complaint, "msg"));
    if (ret->type.len == 0)
        ret->type = string_of(json_object_get(complaint, "type"));
    if (n > 0 && ret->param.len == 0)
        ret->param = string_of(json_array_get(loc, n - 1));
}

static void read_object(const json_t *object, pl_error_words *ret)
{
    const json_t *detail = json_object_get(object, "detail");
    ret->message = string_of(json_object_get(object, "message"));
    ret->type = string_of(json_object_get(object, "type"));
    ret->code = string_of(json_object_get(object, "code"));
    ret->param = string_of(json_object_get(object, "param"));
    ret->per_day = has_daily_quota(json_object_get(object, "details"));
    if (ret->type.len == 0)
        ret->type = string_of(json_object_get(object, "status"));
    if (ret->message.len == 0)
        ret->message = string_of(detail);
    if (ret->message.len == 0)
        read_complaint(json_array_get(detail, 0), ret);
}

pl_error_words pl__error_words(const json_t *doc, pl_view body)
{
    pl_error_words words = {0};
    if (json_is_array(doc)) /* some gateways wrap the object in a list */
        doc = json_array_get(doc, 0);
    const json_t *error = json_object_get(doc, "error");
    if (json_is_object(error))
        read_object(error, &words);
    else if (json_is_string(error)) /* Ollama's own form */
        words.message = string_of(error);
    else if (json_is_object(doc))
        read_object(doc, &words);
    else if (!doc && !pl__is_html(body))
        words.message = body;
    return words;
}

bool pl__is_html(pl_view body)
{
    static const char bom[] = "\xef\xbb\xbf";
    if (pl__view_starts_with(body, bom))
        body = pl__view_n(body.ptr + 3, body.len - 3);
    body = pl__view_trim(body);
    return body.len > 0 && body.ptr[0] == '<';
}

/* ---- parameters ---- */

static const char *const refusing_words[] = {"unsupported",
                                             "not support",
                                             "not enabled",
                                             "not allowed",
                                             "not permitted",
                                             "extra inputs",
                                             "extra_forbidden",
                                             "unknown parameter",
                                             "unknown name",
                                             "unrecognized",
                                             "unrecognised",
                                             "unexpected keyword",
                                             "only the default",
                                             "one completion choice",
                                             "deprecated",
                                             "not available",
                                             "incompatible",
                                             "cannot find field",
                                             NULL};
static const char *const limit_words[] = {
    "greater than", "less than", "above max", "max allowed", "at most",   "between", "range",
    "exceed",       "too large", "<=",        "above_max",   "less_than", NULL};
static const char *const several_words[] = {"completion choice",
                                            "candidatecount",
                                            "candidate_count",
                                            "multiple candidates",
                                            "n > 1",
                                            "n>1",
                                            "'n'",
                                            "\"n\"",
                                            "`n`",
                                            NULL};

typedef struct param_name {
    const char *name;
    pl_param flag;
} param_name;

static const param_name param_names[] = {
    {"n", PL_PARAM_N},
    {"candidatecount", PL_PARAM_N},
    {"logprobs", PL_PARAM_LOGPROBS},
    {"top_logprobs", PL_PARAM_LOGPROBS},
    {"responselogprobs", PL_PARAM_LOGPROBS},
    {"temperature", PL_PARAM_TEMPERATURE},
    {"top_p", PL_PARAM_TOP_P},
    {"topp", PL_PARAM_TOP_P},
    {"seed", PL_PARAM_SEED},
    {"max_tokens", PL_PARAM_MAX_TOKENS},
};

uint32_t pl__refused_params(const pl_error_words *words)
{
    uint32_t flags = 0;
    bool logprobs = pl__words_have(words->param, "logprob") || pl__words_have(words->message, "logprob");
    if (!pl__error_says(words, refusing_words)) /* a number too high is no refusal of the parameter */
        return logprobs && pl__error_says(words, limit_words) ? PL_PARAM_TOP_LOGPROBS : 0;
    for (size_t i = 0; i < sizeof(param_names) / sizeof(param_names[0]); i++) {
        const param_name *p = &param_names[i];
        /* A single letter is a word of any sentence: of n only what is said more clearly counts. */
        if (names(words->param, p->name) || (words->param.len == 0 && p->name[1] && names(words->message, p->name)))
            flags |= (uint32_t)p->flag;
    }
    if (words->param.len == 0 && pl__error_says(words, several_words))
        flags |= PL_PARAM_N;
    if (words->param.len == 0 && logprobs)
        flags |= PL_PARAM_LOGPROBS;
    return flags;
}
