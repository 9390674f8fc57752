/* What a line of a sample log says of the options: nothing says it the same way in all tasks. */
#include "error.h"
#include "import_parts.h"
#include "python_text.h"

#include <stdio.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define N_LETTERS (sizeof(LETTERS) - 1)
#define KEY_BYTES 32
#define REQUEST_FIELDS_MAX 16u /* of one request in a flat list of arguments */

static const char *const LIST_KEYS[] = {"choices", "options"};
#define N_LIST_KEYS (sizeof(LIST_KEYS) / sizeof(LIST_KEYS[0]))

static bool fits(const json_t *list, size_t n_wanted)
{
    size_t n = json_array_size(list);

    if (n < 2 || n > PL_RESPONSE_OPTIONS_MAX || (n_wanted > 0 && n != n_wanted))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!json_is_string(json_array_get(list, i)))
            return false;
    }
    return true;
}

static pl_status push(json_t *list, pl_view text)
{
    json_t *item = json_stringn(text.ptr, text.len);
    return item && json_array_append_new(list, item) == 0 ? PL_OK : PL_E_NOMEM;
}

/* Keeps the list if it fits; else there are no options here. */
static pl_status settle(pl_status rc, json_t *list, size_t n_wanted, json_t **ret)
{
    if (rc == PL_OK && list && fits(list, n_wanted))
        *ret = json_incref(list);
    json_decref(list);
    return rc;
}

/* ---- the document ---- */
/* A list, a list that Python has written as text, or {"text": list, ...}. */
static pl_status from_value(const json_t *value, size_t n_wanted, json_t **ret, pl_error *reterr)
{
    json_t *list = NULL;
    pl_status rc = PL_OK;

    if (json_is_object(value))
        value = json_object_get(value, "text");
    if (json_is_string(value)) {
        rc = pl__python_list_parse(pl__view(json_string_value(value)), &list, reterr);
        return settle(rc, list, n_wanted, ret);
    }
    if (!fits(value, n_wanted))
        return PL_OK;
    *ret = json_deep_copy(value);
    return *ret ? PL_OK : PL_E_NOMEM;
}

/* {"A": "a dog", "B": "a cat", ...} */
static pl_status from_letters(const json_t *doc, size_t n_wanted, json_t **ret)
{
    json_t *list = json_array();
    pl_status rc = list ? PL_OK : PL_E_NOMEM;

    for (size_t i = 0; i < N_LETTERS && rc == PL_OK; i++) {
        const char letter[2] = {LETTERS[i], '\0'};
        const char *text = json_string_value(json_object_get(doc, letter));
        if (!text || !*text)
            break;
        rc = push(list, pl__view(text));
    }
    return settle(rc, list, n_wanted, ret);
}

static pl_status from_document(const json_t *doc, size_t n_wanted, json_t **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < N_LIST_KEYS && rc == PL_OK && !*ret; i++)
        rc = from_value(json_object_get(doc, LIST_KEYS[i]), n_wanted, ret, reterr);
    return rc == PL_OK && !*ret ? from_letters(doc, n_wanted, ret) : rc;
}

/* ---- the requests ---- */
/* {"gen_args_0": {"arg_0": prompt, "arg_1": choice}, ...} of lm-evaluation-harness. */
static const char *choice_in_object(const json_t *arguments, size_t i)
{
    char key[KEY_BYTES];

    (void)snprintf(key, sizeof(key), "gen_args_%zu", i);
    return json_string_value(json_object_get(json_object_get(arguments, key), "arg_1"));
}

/* [prompt, choice, ...] for each request, all in one list or each in its own. */
static const char *choice_in_list(const json_t *arguments, size_t i, size_t n)
{
    size_t fields = json_array_size(arguments) / n;
    const json_t *request = json_array_get(arguments, i);

    if (json_is_array(request))
        return json_array_size(arguments) == n ? json_string_value(json_array_get(request, 1)) : NULL;
    if (json_array_size(arguments) % n != 0 || fields < 2 || fields > REQUEST_FIELDS_MAX)
        return NULL;
    return json_string_value(json_array_get(arguments, i * fields + 1));
}

static const char *choice_of(const json_t *arguments, size_t i, size_t n)
{
    return json_is_object(arguments) ? choice_in_object(arguments, i) : choice_in_list(arguments, i, n);
}

bool pl__lmms_asks_letters(const json_t *line, size_t n)
{
    const json_t *arguments = json_object_get(line, "arguments");

    for (size_t i = 0; i < n; i++) {
        pl_view choice = pl__view_trim(pl__view(choice_of(arguments, i, n)));
        if (choice.len != 1 || !strchr(LETTERS, choice.ptr[0]))
            return false;
    }
    return n > 0;
}

/* What stands behind the prompt in each of the requests that were scored. */
static pl_status from_requests(const json_t *arguments, size_t n_wanted, json_t **ret)
{
    json_t *list = n_wanted > 0 ? json_array() : NULL;
    pl_status rc = n_wanted > 0 && !list ? PL_E_NOMEM : PL_OK;

    for (size_t i = 0; i < n_wanted && i < PL_RESPONSE_OPTIONS_MAX && rc == PL_OK; i++) {
        const char *choice = choice_of(arguments, i, n_wanted);
        if (!choice)
            break;
        rc = push(list, pl__view_trim(pl__view(choice)));
    }
    return settle(rc, list, n_wanted, ret);
}

/* ---- the prompt ---- */
/* The text of a line "B. a dog", "(B) a dog", "B) a dog" or "B: a dog" for this letter; else empty. */
static pl_view behind_letter(pl_view line, char letter)
{
    pl_view rest = pl__view_trim(line);
    bool bracket = rest.len > 0 && rest.ptr[0] == '(';

    if (bracket)
        rest = pl__view_n(rest.ptr + 1, rest.len - 1);
    if (rest.len < 3 || rest.ptr[0] != letter || !strchr(bracket ? ")" : ".):", rest.ptr[1]))
        return pl__view_n(rest.ptr, 0);
    return pl__view_trim(pl__view_n(rest.ptr + 2, rest.len - 2));
}

/* The last run of lettered lines that begins with A, so that examples in front do no harm. */
static pl_status from_prompt(const char *prompt, size_t n_wanted, json_t **ret)
{
    pl_view rest = pl__view(prompt);
    json_t *list = json_array();
    pl_status rc = list ? PL_OK : PL_E_NOMEM;

    while (rest.len > 0 && rc == PL_OK) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        pl_view line = pl__view_n(rest.ptr, n);
        size_t at = json_array_size(list);
        pl_view first = behind_letter(line, 'A');
        pl_view next = at > 0 && at < N_LETTERS ? behind_letter(line, LETTERS[at]) : pl__view_n(line.ptr, 0);

        rest = pl__view_n(rest.ptr + n + (end != NULL), rest.len - n - (end != NULL));
        if (first.len > 0 && json_array_clear(list) == 0)
            rc = push(list, first);
        else if (next.len > 0)
            rc = push(list, next);
    }
    return settle(rc, list, n_wanted, ret);
}

/* Shown where nothing else is known: the places of the choices. */
static pl_status from_places(size_t n, json_t **ret)
{
    json_t *list = json_array();
    pl_status rc = list ? PL_OK : PL_E_NOMEM;

    for (size_t i = 0; i < n && i < N_LETTERS && rc == PL_OK; i++)
        rc = push(list, pl__view_n(&LETTERS[i], 1));
    return settle(rc, list, n, ret);
}

static const char *prompt_of(const json_t *line)
{
    const json_t *arguments = json_object_get(line, "arguments");
    const json_t *input = json_object_get(line, "input");
    const json_t *request = json_is_object(arguments)
                                ? json_object_get(json_object_get(arguments, "gen_args_0"), "arg_0")
                                : json_array_get(arguments, 0);

    if (json_is_array(input))
        input = json_array_get(input, 0);
    if (json_is_array(request))
        request = json_array_get(request, 0);
    return json_string_value(json_is_string(input) ? input : request);
}

pl_status pl__lmms_options(const json_t *line, size_t n_wanted, json_t **ret, pl_error *reterr)
{
    json_t *found = NULL;
    const char *prompt = prompt_of(line);
    pl_status rc = from_document(json_object_get(line, "doc"), n_wanted, &found, reterr);

    if (rc == PL_OK && !found)
        rc = from_requests(json_object_get(line, "arguments"), n_wanted, &found);
    if (rc == PL_OK && !found && prompt)
        rc = from_prompt(prompt, n_wanted, &found);
    if (rc == PL_OK && !found && n_wanted > 0)
        rc = from_places(n_wanted, &found);
    if (rc != PL_OK) {
        json_decref(found);
        return pl__fail(reterr, rc, "no memory");
    }
    if (n_wanted > 0 && !found)
        return pl__fail(reterr, PL_E_PARSE, "\"resps\" has %zu choices: more than there are letters", n_wanted);
    *ret = found;
    return PL_OK;
}
