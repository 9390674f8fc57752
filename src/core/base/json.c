#include "json.h"

#include "alloc.h"
#include "error.h"

#include <math.h>
#include <string.h>

#define WRITE_FLAGS ((size_t)JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))
#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53: up to here a real names one integer */

/* jansson loses some refusals: it reports "invalid token" for one, and drops bytes of a number or a string for another.
 * So each refusal is noted here, and looked at after each of its calls. Where it drops the quote that ends a string, it
 * reads and writes on behind its buffers, unless the next allocation, the string's own, is refused as well: while it
 * parses, a refusal stays one. */
static _Thread_local bool memory_refused;
static _Thread_local bool parsing;

static void *json_alloc(size_t size_bytes)
{
    void *p = parsing && memory_refused ? NULL : pl__malloc(size_bytes);
    if (!p)
        memory_refused = true;
    return p;
}

void pl__json_use_alloc(void)
{
    json_set_alloc_funcs(json_alloc, pl__free);
    json_object_seed(0); /* now, rather than in the first thread that makes an object */
}

/* Depth of nesting, before the recursive parser sees the text. */
static bool too_deep(pl_view text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > PL_JSON_DEPTH_MAX)
                return true;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return false;
}

/* Our own words: jansson's quote the document, which may be a private text. */
static const char *parse_problem(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_invalid_utf8:
        return "invalid UTF-8";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_end_of_input_expected:
        return "text after the end of the document";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL character in a string";
    case json_error_duplicate_key:
        return "a key that its object has already";
    case json_error_numeric_overflow:
        return "a number that is too large";
    default:
        return "invalid syntax";
    }
}

static pl_status parse(pl_view text, size_t flags, json_t **ret, pl_error *reterr)
{
    json_error_t error = {0};
    if (text.len > PL_JSON_DOCUMENT_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "JSON text of %zu bytes (at most %zu)", text.len,
                        PL_JSON_DOCUMENT_BYTES_MAX);
    if (too_deep(text))
        return pl__fail(reterr, PL_E_LIMIT, "JSON nested more than %d deep", PL_JSON_DEPTH_MAX);
    memory_refused = false;
    parsing = true;
    json_t *doc = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES | flags, &error);
    parsing = false;
    if (memory_refused || (!doc && json_error_code(&error) == json_error_out_of_memory)) {
        json_decref(doc);
        return pl__fail(reterr, PL_E_NOMEM, "JSON text of %zu bytes", text.len);
    }
    if (!doc)
        return pl__fail(reterr, PL_E_PARSE, "JSON line %d, column %d: %s", error.line, error.column,
                        parse_problem(&error));
    *ret = doc;
    return PL_OK;
}

pl_status pl__json_parse(pl_view text, json_t **ret, pl_error *reterr)
{
    return parse(text, 0, ret, reterr);
}

pl_status pl__json_parse_nul(pl_view text, json_t **ret, pl_error *reterr)
{
    return parse(text, JSON_ALLOW_NUL, ret, reterr);
}

typedef struct writer {
    pl_str *out;
    pl_status rc;
} writer;

/* jansson ignores what this returns for a key: the first failure stays and nothing is written behind it. */
static int write_bytes(const char *bytes, size_t n, void *user)
{
    writer *w = user;
    if (w->rc == PL_OK)
        w->rc = pl__str_append(w->out, bytes, n);
    return w->rc == PL_OK ? 0 : -1;
}

static pl_status write_with(const json_t *doc, size_t flags, pl_str *out)
{
    if (!doc)
        return PL_E_INVALID;
    writer w = {.out = out, .rc = PL_OK};
    size_t old_len = out->len;
    memory_refused = false;
    if (json_dump_callback(doc, write_bytes, &w, flags) == 0 && w.rc == PL_OK && !memory_refused)
        return PL_OK;
    if (out->ptr) {
        out->len = old_len;
        out->ptr[old_len] = '\0';
    }
    if (w.rc != PL_OK)
        return w.rc;
    return memory_refused ? PL_E_NOMEM : PL_E_INVALID; /* a loop, or bytes that are not UTF-8 */
}

pl_status pl__json_write(const json_t *doc, pl_str *out)
{
    return write_with(doc, WRITE_FLAGS, out);
}

pl_status pl__json_write_canonical(const json_t *doc, pl_str *out)
{
    return write_with(doc, WRITE_FLAGS | JSON_SORT_KEYS, out);
}

/* The member, or NULL when it is absent or null. */
static const json_t *member(const json_t *obj, const char *key)
{
    const json_t *value = json_object_get(obj, key);
    return json_is_null(value) ? NULL : value;
}

static pl_status wrong_type(pl_error *reterr, const char *key, const char *wanted)
{
    return pl__fail(reterr, PL_E_PARSE, "\"%s\" is not %s", key, wanted);
}

pl_status pl__json_get_string(const json_t *obj, const char *key, const char **ret, pl_error *reterr)
{
    const json_t *value = member(obj, key);
    if (!value)
        return PL_OK;
    if (!json_is_string(value))
        return wrong_type(reterr, key, "a string");
    *ret = json_string_value(value);
    return PL_OK;
}

pl_status pl__json_get_number(const json_t *obj, const char *key, double *ret, pl_error *reterr)
{
    const json_t *value = member(obj, key);
    if (!value)
        return PL_OK;
    if (!json_is_number(value))
        return wrong_type(reterr, key, "a number");
    *ret = json_number_value(value);
    return PL_OK;
}

pl_status pl__json_get_integer(const json_t *obj, const char *key, int64_t *ret, pl_error *reterr)
{
    const json_t *value = member(obj, key);
    if (!value)
        return PL_OK;
    if (json_is_integer(value)) {
        *ret = json_integer_value(value);
        return PL_OK;
    }
    /* JSON has one kind of number: 3.0 is an integer. */
    double real = json_is_real(value) ? json_real_value(value) : 0.5;
    if (!(fabs(real) <= EXACT_INTEGER_MAX) || real != floor(real))
        return wrong_type(reterr, key, "an integer");
    *ret = (int64_t)real;
    return PL_OK;
}

pl_status pl__json_get_bool(const json_t *obj, const char *key, bool *ret, pl_error *reterr)
{
    const json_t *value = member(obj, key);
    if (!value)
        return PL_OK;
    if (!json_is_boolean(value))
        return wrong_type(reterr, key, "true or false");
    *ret = json_is_true(value);
    return PL_OK;
}

pl_status pl__json_set(json_t *obj, const char *key, json_t *value)
{
    if (!value)
        return PL_E_NOMEM;
    memory_refused = false;
    if (json_object_set_new(obj, key, value) == 0)
        return PL_OK;
    return memory_refused ? PL_E_NOMEM : PL_E_INVALID; /* not an object, or the key is not UTF-8 */
}

pl_status pl__json_set_string(json_t *obj, const char *key, const char *value)
{
    if (value && !pl__utf8_valid(pl__view(value)))
        return PL_E_INVALID;
    return pl__json_set(obj, key, value ? json_string(value) : json_null());
}

pl_status pl__json_set_number(json_t *obj, const char *key, double value)
{
    return pl__json_set(obj, key, isfinite(value) ? json_real(value) : json_null());
}

pl_status pl__json_set_integer(json_t *obj, const char *key, int64_t value)
{
    return pl__json_set(obj, key, json_integer(value));
}

pl_status pl__json_set_bool(json_t *obj, const char *key, bool value)
{
    return pl__json_set(obj, key, json_boolean(value));
}
