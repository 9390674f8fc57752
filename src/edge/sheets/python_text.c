#include "python_text.h"

#include "error.h"

#include <string.h>

/* ---- JSON with NaN ---- */
static const char *const NO_NUMBERS[] = {"NaN", "-Infinity", "Infinity"};
#define N_NO_NUMBERS (sizeof(NO_NUMBERS) / sizeof(NO_NUMBERS[0]))

static size_t no_number(pl_view rest)
{
    for (size_t i = 0; i < N_NO_NUMBERS; i++) {
        if (pl__view_starts_with(rest, NO_NUMBERS[i]))
            return strlen(NO_NUMBERS[i]);
    }
    return 0;
}

static pl_status put_null(pl_view text, pl_str *out)
{
    size_t kept = 0; /* copied up to here */
    bool in_string = false;
    pl_status rc = PL_OK;

    for (size_t at = 0; at < text.len && rc == PL_OK;) {
        char c = text.ptr[at];
        size_t n =
            in_string || (c != 'N' && c != 'I' && c != '-') ? 0 : no_number(pl__view_n(text.ptr + at, text.len - at));

        if (n > 0) {
            rc = pl__str_append(out, text.ptr + kept, at - kept);
            if (rc == PL_OK)
                rc = pl__str_append_c(out, "null");
            at += n;
            kept = at;
            continue;
        }
        if (c == '"')
            in_string = !in_string;
        at += in_string && c == '\\' && at + 1 < text.len ? 2 : 1;
    }
    return rc == PL_OK ? pl__str_append(out, text.ptr + kept, text.len - kept) : rc;
}

pl_status pl__python_json_parse(pl_view text, json_t **ret, pl_error *reterr)
{
    pl_str copy;
    pl_status rc = PL_OK;

    if (pl__view_find(text, pl__view("NaN")) == SIZE_MAX && pl__view_find(text, pl__view("Infinity")) == SIZE_MAX)
        return pl__json_parse(text, ret, reterr);
    pl__str_init(&copy, 2 * PL_JSON_DOCUMENT_BYTES_MAX);
    rc = put_null(text, &copy);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "no memory");
    else
        rc = pl__json_parse(pl__view_n(pl__str_c(&copy), copy.len), ret, reterr);
    pl__str_clear(&copy);
    return rc;
}

/* ---- repr() of a list of strings ---- */
static void skip_space(pl_view *rest)
{
    while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\n' || rest->ptr[0] == '\t'))
        *rest = pl__view_n(rest->ptr + 1, rest->len - 1);
}

static bool take_char(pl_view *rest, char c)
{
    skip_space(rest);
    if (rest->len == 0 || rest->ptr[0] != c)
        return false;
    *rest = pl__view_n(rest->ptr + 1, rest->len - 1);
    return true;
}

/* The character that an escape stands for; 0: none that is known here. */
static char escaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case '\\':
    case '\'':
    case '"':
        return c;
    default:
        return '\0';
    }
}

/* A quoted string into out. *ret_fine: it was one. */
static pl_status take_string(pl_view *rest, pl_str *out, bool *ret_fine)
{
    char quote = '\0';
    pl_status rc = PL_OK;

    *ret_fine = false;
    pl__str_reset(out);
    skip_space(rest);
    if (rest->len == 0 || (rest->ptr[0] != '\'' && rest->ptr[0] != '"'))
        return PL_OK;
    quote = rest->ptr[0];
    for (size_t at = 1; at < rest->len && rc == PL_OK; at++) {
        char c = rest->ptr[at];

        if (c == quote) {
            *rest = pl__view_n(rest->ptr + at + 1, rest->len - at - 1);
            *ret_fine = true;
            return PL_OK;
        }
        if (c == '\\') {
            if (at + 1 >= rest->len)
                return PL_OK;
            at++;
            c = escaped(rest->ptr[at]);
            if (c == '\0')
                return PL_OK;
        }
        rc = pl__str_append_char(out, c);
    }
    return rc;
}

pl_status pl__python_list_parse(pl_view text, json_t **ret, pl_error *reterr)
{
    pl_view rest = pl__view_trim(text);
    json_t *list = NULL;
    pl_str one;
    pl_status rc = PL_OK;
    bool fine = take_char(&rest, '[');

    *ret = NULL;
    if (!fine)
        return PL_OK;
    pl__str_init(&one, text.len);
    list = json_array();
    if (!list)
        rc = PL_E_NOMEM;
    if (take_char(&rest, ']'))
        fine = false; /* an empty list says nothing */
    while (rc == PL_OK && fine) {
        rc = take_string(&rest, &one, &fine);
        if (rc != PL_OK || !fine)
            break;
        json_t *item = json_stringn(pl__str_c(&one), one.len);
        if (!item || json_array_append_new(list, item) != 0)
            rc = PL_E_NOMEM;
        if (rc != PL_OK || take_char(&rest, ']'))
            break;
        fine = take_char(&rest, ',');
    }
    skip_space(&rest);
    if (rc == PL_OK && fine && rest.len == 0) {
        *ret = list;
        list = NULL;
    }
    json_decref(list);
    pl__str_clear(&one);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "no memory");
}
