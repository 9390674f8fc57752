#include "section_reader.h"

#include "num.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIELDS_MAX 32
#define SHOWN_BYTES 40 /* of a value or key that a message repeats */

void pl__reader_no_memory(pl_section_reader *r)
{
    r->rc = PL_E_NOMEM;
}

size_t pl__where_enter(pl_section_reader *r, const char *key)
{
    size_t mark = r->where.len;
    if (pl__str_appendf(&r->where, "%s%.*s", mark > 0 ? "." : "", SHOWN_BYTES, key) != PL_OK)
        pl__reader_no_memory(r);
    return mark;
}

size_t pl__where_enter_index(pl_section_reader *r, size_t index)
{
    size_t mark = r->where.len;
    if (pl__str_appendf(&r->where, "[%zu]", index) != PL_OK)
        pl__reader_no_memory(r);
    return mark;
}

void pl__where_leave(pl_section_reader *r, size_t mark)
{
    r->where.len = mark;
    if (r->where.ptr)
        r->where.ptr[mark] = '\0';
}

void pl__reader_problem(pl_section_reader *r, uint32_t line, const char *fmt, ...)
{
    char text[PL_PROBLEM_BYTES];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (n >= 0)
        pl__problems_add(r->problems, line, pl__str_c(&r->where), "%s", text);
}

const pl_choice *pl__choice_by_word(const pl_choice *choices, const char *word)
{
    for (const pl_choice *c = choices; c->word; c++) {
        if (strcmp(c->word, word) == 0)
            return c;
    }
    return NULL;
}

const char *pl__choice_word(const pl_choice *choices, uint32_t value)
{
    for (const pl_choice *c = choices; c->word; c++) {
        if (!c->later && c->value == value)
            return c->word;
    }
    return NULL;
}

bool pl__refuse_secret_key(pl_section_reader *r, const pl_yaml_node *key)
{
    static const char *const names[] = {"apikey",      "xapikey",  "key",         "token",         "secret",
                                        "accesstoken", "apitoken", "authtoken",   "bearer",        "bearertoken",
                                        "secretkey",   "password", "credentials", "authorization", "proxyauthorization",
                                        "openaiapikey"};
    char plain[32];
    size_t n = 0;
    for (const char *c = key->text; *c; c++) {
        if (*c == '_' || *c == '-' || *c == ' ')
            continue;
        if (n + 1 >= sizeof(plain))
            return false;
        plain[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    }
    plain[n] = '\0';
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(plain, names[i]) == 0) {
            pl__reader_problem(r, key->line,
                               "a key never stands in this file; name an environment variable with api_key_env, or a "
                               "file with api_key_file");
            return true;
        }
    }
    return false;
}

/* "a scalar" is no word for a user. */
static bool want_scalar(pl_section_reader *r, const pl_yaml_node *node, const char *wanted)
{
    if (node->kind != PL_YAML_SCALAR)
        pl__reader_problem(r, node->line, "must be %s, not a %s", wanted,
                           node->kind == PL_YAML_LIST ? "list" : "section");
    else if (pl__yaml_is_null(node))
        pl__reader_problem(r, node->line, "has no value; must be %s", wanted);
    else
        return true;
    return false;
}

const char *pl__read_text(pl_section_reader *r, const pl_yaml_node *node)
{
    if (!want_scalar(r, node, "a text"))
        return NULL;
    size_t len = strlen(node->text);
    if (len == 0) {
        pl__reader_problem(r, node->line, "is empty");
        return NULL;
    }
    if (len > PL_CONFIG_TEXT_BYTES_MAX) {
        pl__reader_problem(r, node->line, "is longer than %u bytes", PL_CONFIG_TEXT_BYTES_MAX);
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)node->text[i];
        if (c < 0x20 || c == 0x7f) {
            pl__reader_problem(r, node->line, "has a line break or another control character");
            return NULL;
        }
    }
    return node->text; /* lives in the reader's arena already */
}

/* Cut at the list's limit. */
static void append_word(pl_section_reader *r, const char *word, pl_str *out)
{
    if (pl__str_appendf(out, "%s%s", out->len > 0 ? ", " : "", word) == PL_E_NOMEM)
        pl__reader_no_memory(r);
}

static void append_choices(pl_section_reader *r, const pl_choice *choices, pl_str *out)
{
    for (const pl_choice *c = choices; c->word; c++) {
        if (!c->later)
            append_word(r, c->word, out);
    }
}

const pl_choice *pl__read_choice(pl_section_reader *r, const pl_yaml_node *node, const pl_choice *choices)
{
    pl_str allowed;
    pl__str_init(&allowed, PL_PROBLEM_BYTES);
    append_choices(r, choices, &allowed);
    const pl_choice *found = NULL;
    if (want_scalar(r, node, "a word")) {
        found = pl__choice_by_word(choices, node->text);
        if (!found)
            pl__reader_problem(r, node->line, "\"%.*s\" is none of: %s", SHOWN_BYTES, node->text, pl__str_c(&allowed));
        else if (found->later)
            pl__reader_problem(r, node->line, "%s does not exist yet in this version; use: %s", found->word,
                               pl__str_c(&allowed));
        if (found && found->later)
            found = NULL;
    }
    pl__str_clear(&allowed);
    return found;
}

static bool read_integer(pl_section_reader *r, const pl_yaml_node *node, const pl_field *f, int64_t *ret)
{
    int64_t value = 0;
    if (!want_scalar(r, node, "a whole number"))
        return false;
    if (!node->plain || pl__num_parse_i64(pl__view(node->text), &value) != PL_OK || value < f->min || value > f->max) {
        pl__reader_problem(r, node->line, "\"%.*s\" is no whole number from %lld to %lld", SHOWN_BYTES, node->text,
                           (long long)f->min, (long long)f->max);
        return false;
    }
    *ret = value;
    return true;
}

static bool read_real(pl_section_reader *r, const pl_yaml_node *node, const pl_field *f, double *ret)
{
    double value = 0.0;
    if (!want_scalar(r, node, "a number"))
        return false;
    if (!node->plain || pl__num_parse(pl__view(node->text), &value) != PL_OK || value < (double)f->min ||
        value > (double)f->max) {
        pl__reader_problem(r, node->line, "\"%.*s\" is no number from %lld to %lld", SHOWN_BYTES, node->text,
                           (long long)f->min, (long long)f->max);
        return false;
    }
    *ret = value + 0.0; /* -0 would be another identity than 0 */
    return true;
}

static bool read_duration(pl_section_reader *r, const pl_yaml_node *node, const pl_field *f, uint64_t *ret)
{
    uint64_t value = 0;
    if (!want_scalar(r, node, "a duration such as 10s or 2h"))
        return false;
    if (pl__num_parse_duration_ms(pl__view(node->text), &value) != PL_OK || value < (uint64_t)f->min ||
        value > (uint64_t)f->max) {
        pl__reader_problem(r, node->line, "\"%.*s\" is no duration such as 500ms, 10s, 90m or 2h (at most %lld h)",
                           SHOWN_BYTES, node->text, (long long)(f->max / 3600000));
        return false;
    }
    *ret = value;
    return true;
}

static bool read_bool(pl_section_reader *r, const pl_yaml_node *node, bool *ret)
{
    if (!want_scalar(r, node, "true or false"))
        return false;
    bool is_true = node->plain && strcmp(node->text, "true") == 0;
    if (!is_true && !(node->plain && strcmp(node->text, "false") == 0)) {
        pl__reader_problem(r, node->line, "\"%.*s\" is neither true nor false", SHOWN_BYTES, node->text);
        return false;
    }
    *ret = is_true;
    return true;
}

static bool read_number(pl_section_reader *r, const pl_yaml_node *node, const pl_field *f, char *place)
{
    int64_t integer = 0;
    double real = 0.0;
    uint64_t ms = 0;
    bool ok = false;
    switch (f->kind) {
    case PL_FIELD_U32:
        ok = read_integer(r, node, f, &integer);
        if (ok)
            memcpy(place, &(uint32_t){(uint32_t)integer}, sizeof(uint32_t));
        return ok;
    case PL_FIELD_I64:
    case PL_FIELD_U64: /* bounds keep it within both */
        ok = read_integer(r, node, f, &integer);
        if (ok)
            memcpy(place, &integer, sizeof(integer));
        return ok;
    case PL_FIELD_REAL:
        ok = read_real(r, node, f, &real);
        if (ok)
            memcpy(place, &real, sizeof(real));
        return ok;
    case PL_FIELD_DURATION_32:
        ok = read_duration(r, node, f, &ms);
        if (ok)
            memcpy(place, &(uint32_t){(uint32_t)ms}, sizeof(uint32_t));
        return ok;
    case PL_FIELD_DURATION_64:
        ok = read_duration(r, node, f, &ms);
        if (ok)
            memcpy(place, &ms, sizeof(ms));
        return ok;
    default:
        return false;
    }
}

_Static_assert(sizeof(pl_order) == sizeof(uint32_t), "choices are stored as 32 bits");

static bool read_field(pl_section_reader *r, const pl_yaml_node *node, const pl_field *f, void *target)
{
    char *place = (char *)target + f->offset;
    switch (f->kind) {
    case PL_FIELD_TEXT: {
        const char *text = pl__read_text(r, node);
        if (text)
            memcpy(place, &text, sizeof(text));
        return text != NULL;
    }
    case PL_FIELD_CHOICE: {
        const pl_choice *choice = pl__read_choice(r, node, f->choices);
        if (choice)
            memcpy(place, &choice->value, sizeof(choice->value));
        return choice != NULL;
    }
    case PL_FIELD_BOOL: {
        bool value = false;
        bool ok = read_bool(r, node, &value);
        if (ok)
            memcpy(place, &value, sizeof(value));
        return ok;
    }
    case PL_FIELD_SECTION:
        pl__read_section(r, node, f->section, target);
        return true;
    case PL_FIELD_CUSTOM:
        f->custom(r, node, target);
        return true;
    case PL_FIELD_LATER:
        pl__reader_problem(r, node->line, "does not exist yet in this version; %s", f->words);
        return false;
    default:
        return read_number(r, node, f, place);
    }
}

static void append_keys(pl_section_reader *r, const pl_section *section, pl_str *out)
{
    for (size_t i = 0; i < section->n_fields; i++) {
        if (section->fields[i].kind != PL_FIELD_LATER)
            append_word(r, section->fields[i].key, out);
    }
}

static void unknown_key(pl_section_reader *r, const pl_yaml_node *key, const pl_section *section)
{
    const char *names[FIELDS_MAX];
    if (pl__refuse_secret_key(r, key))
        return;
    if (strcmp(key->text, "<<") == 0) {
        pl__reader_problem(r, key->line, "merge keys do not exist here; an alias can stand for a whole value");
        return;
    }
    for (size_t i = 0; i < section->n_fields; i++)
        names[i] = section->fields[i].key;
    const char *nearest = pl__nearest_name(key->text, names, section->n_fields);
    if (nearest) {
        pl__reader_problem(r, key->line, "unknown key; did you mean \"%s\"?", nearest);
        return;
    }
    pl_str allowed;
    pl__str_init(&allowed, PL_PROBLEM_BYTES);
    append_keys(r, section, &allowed);
    pl__reader_problem(r, key->line, "unknown key; there are: %s%s", pl__str_c(&allowed),
                       section->hint ? section->hint : "");
    pl__str_clear(&allowed);
}

static void read_pair(pl_section_reader *r, const pl_yaml_node *key, const pl_yaml_node *value,
                      const pl_section *section, void *target, uint32_t *seen)
{
    size_t mark = pl__where_enter(r, key->text);
    size_t i = 0;
    while (i < section->n_fields && strcmp(section->fields[i].key, key->text) != 0)
        i++;
    if (i == section->n_fields) {
        unknown_key(r, key, section);
    } else if (*seen & (1u << i)) {
        pl__reader_problem(r, key->line, "stands here a second time");
    } else {
        const pl_field *f = &section->fields[i];
        *seen |= 1u << i;
        if (read_field(r, value, f, target) && f->given_offset > 0)
            memcpy((char *)target + f->given_offset, &(bool){true}, sizeof(bool));
    }
    pl__where_leave(r, mark);
}

void pl__read_section(pl_section_reader *r, const pl_yaml_node *node, const pl_section *section, void *target)
{
    uint32_t seen = 0;
    if (node->kind != PL_YAML_MAP && !pl__yaml_is_null(node)) {
        pl__reader_problem(r, node->line, "must be a section (lines of \"key: value\")");
        return;
    }
    for (size_t i = 0; i < node->n && r->rc == PL_OK && !pl__problems_full(r->problems); i++)
        read_pair(r, node->keys[i], node->values[i], section, target, &seen);
    for (size_t i = 0; i < section->n_fields; i++) {
        if (section->fields[i].required && !(seen & (1u << i)))
            pl__reader_problem(r, node->line, "has no \"%s\"", section->fields[i].key);
    }
}
