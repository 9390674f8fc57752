#include "option.h"

#include "alloc.h"
#include "error.h"
#include "host.h"
#include "num.h"
#include <string.h>

#define HELP_COLUMN 30

static const pl_option COMMON[] = {
    {"format", 0, PL_OPTION_TEXT, "table|json|csv", "how results are written (default table)"},
    {"threads", 0, PL_OPTION_COUNT, "N",
     "threads to compute with (default: one a processor); results never depend on it"},
    {"quiet", 'q', PL_OPTION_FLAG, NULL, "no progress and no remarks on standard error"},
    {"verbose", 'v', PL_OPTION_FLAG, NULL, "more remarks on standard error"},
    {"help", 'h', PL_OPTION_FLAG, NULL, "this text"},
};
#define N_COMMON (sizeof(COMMON) / sizeof(COMMON[0]))

/* What is planned and this version lacks. */
static const char *const LATER_COMMANDS[] = {"report", "serve", "import", "worker", "merge", "completions", "man"};

const pl_option *pl__common_options(size_t *ret_n)
{
    *ret_n = N_COMMON;
    return COMMON;
}

/* ---- nearest names ---- */

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[64];
    size_t n = strlen(b);

    if (n >= 64)
        return SIZE_MAX;
    for (size_t k = 0; k <= n; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < n; k++) {
            size_t above = row[k + 1];

            row[k + 1] = min3(above + 1, row[k] + 1, diagonal + (a[i] != b[k]));
            diagonal = above;
        }
    }
    return row[n];
}

static void consider(const char *wanted, const char *name, size_t *best, const char **nearest)
{
    size_t d = edit_distance(wanted, name);

    if (d < *best) {
        *best = d;
        *nearest = name;
    }
}

const char *pl__command_nearest(const pl_command *commands, size_t n, const char *name)
{
    size_t best = 4; /* more than three slips are another word */
    const char *nearest = NULL;

    for (size_t i = 0; i < n; i++)
        consider(name, commands[i].name, &best, &nearest);
    return nearest;
}

const char *pl__command_later(const char *name)
{
    for (size_t i = 0; i < sizeof(LATER_COMMANDS) / sizeof(LATER_COMMANDS[0]); i++) {
        if (strcmp(name, LATER_COMMANDS[i]) == 0)
            return LATER_COMMANDS[i];
    }
    return NULL;
}

/* ---- finding ---- */

static size_t n_options(const pl_command *command)
{
    return command->n_options + N_COMMON;
}

static const pl_option *option_at(const pl_command *command, size_t i)
{
    return i < command->n_options ? &command->options[i] : &COMMON[i - command->n_options];
}

static size_t find_long(const pl_command *command, pl_view name)
{
    for (size_t i = 0; i < n_options(command); i++) {
        if (pl__view_eq_str(name, option_at(command, i)->name))
            return i;
    }
    return SIZE_MAX;
}

static size_t find_letter(const pl_command *command, char letter)
{
    for (size_t i = 0; i < n_options(command); i++) {
        if (option_at(command, i)->letter == letter)
            return i;
    }
    return SIZE_MAX;
}

static pl_status unknown_option(const pl_command *command, pl_view name, pl_error *reterr)
{
    char wanted[64];
    size_t best = 4;
    const char *nearest = NULL;
    size_t n = name.len < sizeof(wanted) - 1 ? name.len : sizeof(wanted) - 1;

    memcpy(wanted, name.ptr, n);
    wanted[n] = '\0';
    for (size_t i = 0; i < n_options(command); i++)
        consider(wanted, option_at(command, i)->name, &best, &nearest);
    if (nearest)
        return pl__fail(reterr, PL_E_INVALID, "%s: unknown option --%s; did you mean --%s?", command->name, wanted,
                        nearest);
    return pl__fail(reterr, PL_E_INVALID, "%s: unknown option --%s; see peerless %s --help", command->name, wanted,
                    command->name);
}

/* ---- values ---- */

static pl_status add_word(pl_args *args, pl_option_value *v, const char *word, size_t len, pl_error *reterr)
{
    if (!v->list) {
        v->list = pl__arena_calloc(&args->arena, PL_OPTION_WORDS_MAX, sizeof(*v->list));
        if (!v->list)
            return pl__fail(reterr, PL_E_NOMEM, "options");
    }
    if (v->n_list >= PL_OPTION_WORDS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "more than %d values for one option", PL_OPTION_WORDS_MAX);
    v->list[v->n_list] = pl__arena_strndup(&args->arena, word, len);
    if (!v->list[v->n_list])
        return pl__fail(reterr, PL_E_NOMEM, "options");
    v->n_list++;
    return PL_OK;
}

static pl_status add_list(pl_args *args, pl_option_value *v, const char *text, pl_error *reterr)
{
    pl_status rc = PL_OK;

    while (*text && rc == PL_OK) {
        size_t n = strcspn(text, ",");

        if (n > 0)
            rc = add_word(args, v, text, n, reterr);
        text += n + (text[n] == ',');
    }
    return rc;
}

static pl_status take_value(pl_args *args, const pl_option *option, pl_option_value *v, const char *text,
                            pl_error *reterr)
{
    pl_status rc = PL_OK;

    v->text = text;
    switch (option->kind) {
    case PL_OPTION_COUNT:
        rc = pl__num_parse_u64(pl__view(text), &v->count);
        break;
    case PL_OPTION_NUMBER:
        rc = pl__num_parse(pl__view(text), &v->number);
        break;
    case PL_OPTION_DURATION:
        rc = pl__num_parse_duration_ms(pl__view(text), &v->count);
        break;
    case PL_OPTION_LIST:
        return add_list(args, v, text, reterr);
    case PL_OPTION_FILES:
        return add_word(args, v, text, strlen(text), reterr);
    case PL_OPTION_TEXT:
    case PL_OPTION_FLAG:
        break;
    }
    if (rc != PL_OK)
        return pl__fail(reterr, PL_E_INVALID, "--%s takes %s, not \"%s\"", option->name,
                        option->kind == PL_OPTION_COUNT      ? "a whole number"
                        : option->kind == PL_OPTION_DURATION ? "a time such as 90s, 30m or 2h"
                                                             : "a number",
                        text);
    return PL_OK;
}

typedef struct words {
    int n;
    char *const *ptr;
    int at;
} words;

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static pl_status one_option(pl_args *args, words *w, size_t index, const char *attached, pl_error *reterr)
{
    const pl_option *option = option_at(args->command, index);
    pl_option_value *v = &args->values[index];
    pl_status rc = PL_OK;

    v->given = true;
    if (option->kind == PL_OPTION_FLAG) {
        if (attached)
            return pl__fail(reterr, PL_E_INVALID, "--%s takes no value", option->name);
        return PL_OK;
    }
    if (!attached) {
        if (w->at >= w->n)
            return pl__fail(reterr, PL_E_INVALID, "--%s needs a value: %s", option->name, option->value);
        attached = w->ptr[w->at++];
    }
    rc = take_value(args, option, v, attached, reterr);
    while (rc == PL_OK && option->kind == PL_OPTION_FILES && w->at < w->n && !is_option(w->ptr[w->at]))
        rc = take_value(args, option, v, w->ptr[w->at++], reterr);
    return rc;
}

static pl_status one_word(pl_args *args, words *w, pl_error *reterr)
{
    const char *word = w->ptr[w->at++];
    const char *equals = strchr(word, '=');
    size_t index = SIZE_MAX;

    if (!is_option(word)) {
        if (args->n_operands >= args->command->n_operands_max)
            return pl__fail(reterr, PL_E_INVALID, "%s: what is \"%s\"? See peerless %s --help", args->command->name,
                            word, args->command->name);
        args->operands[args->n_operands++] = word;
        return PL_OK;
    }
    if (word[1] != '-') {
        index = word[2] == '\0' ? find_letter(args->command, word[1]) : SIZE_MAX;
        if (index == SIZE_MAX)
            return pl__fail(reterr, PL_E_INVALID, "%s: unknown option %s; see peerless %s --help", args->command->name,
                            word, args->command->name);
        return one_option(args, w, index, NULL, reterr);
    }
    {
        pl_view name = pl__view_n(word + 2, equals ? (size_t)(equals - word) - 2 : strlen(word) - 2);

        index = find_long(args->command, name);
        if (index == SIZE_MAX)
            return unknown_option(args->command, name, reterr);
    }
    return one_option(args, w, index, equals ? equals + 1 : NULL, reterr);
}

static pl_status settle_common(pl_args *args, pl_error *reterr)
{
    const char *format = pl__arg_text(args, "format", "table");

    args->quiet = pl__arg_given(args, "quiet");
    args->verbose = pl__arg_given(args, "verbose");
    args->log.min_level = args->verbose ? PL_LOG_DEBUG : args->quiet ? PL_LOG_ERROR : PL_LOG_WARN;
    if (strcmp(format, "table") == 0)
        args->format = PL_FORMAT_TABLE;
    else if (strcmp(format, "json") == 0)
        args->format = PL_FORMAT_JSON;
    else if (strcmp(format, "csv") == 0)
        args->format = PL_FORMAT_CSV;
    else
        return pl__fail(reterr, PL_E_INVALID, "--format is table, json or csv, not \"%s\"", format);
    return PL_OK;
}

pl_status pl__args_parse(const pl_command *command, int n_words, char *const *list, pl_args *ret, pl_error *reterr)
{
    words w = {n_words, list, 0};
    pl_args args = {.command = command};
    pl_status rc = PL_OK;

    PL_ASSERT(n_options(command) <= PL_OPTIONS_MAX);
    pl__arena_init(&args.arena);
    args.operands = pl__arena_calloc(&args.arena, command->n_operands_max + 1, sizeof(*args.operands));
    if (!args.operands)
        return pl__fail(reterr, PL_E_NOMEM, "options");
    while (rc == PL_OK && w.at < w.n) {
        rc = one_word(&args, &w, reterr);
        if (rc == PL_OK && pl__arg_given(&args, "help"))
            rc = PL_E_CANCELLED;
    }
    if (rc == PL_OK)
        rc = settle_common(&args, reterr);
    if (rc != PL_OK) {
        pl__args_clear(&args);
        return rc;
    }
    *ret = args;
    return PL_OK;
}

void pl__args_clear(pl_args *args)
{
    pl__arena_clear(&args->arena);
}

static const pl_option_value *value_of(const pl_args *args, const char *option)
{
    size_t index = find_long(args->command, pl__view(option));

    PL_ASSERT(index != SIZE_MAX);
    return index == SIZE_MAX ? NULL : &args->values[index];
}

bool pl__arg_given(const pl_args *args, const char *option)
{
    const pl_option_value *v = value_of(args, option);

    return v && v->given;
}

const char *pl__arg_text(const pl_args *args, const char *option, const char *otherwise)
{
    const pl_option_value *v = value_of(args, option);

    return v && v->given ? v->text : otherwise;
}

uint64_t pl__arg_count(const pl_args *args, const char *option, uint64_t otherwise)
{
    const pl_option_value *v = value_of(args, option);

    return v && v->given ? v->count : otherwise;
}

double pl__arg_number(const pl_args *args, const char *option, double otherwise)
{
    const pl_option_value *v = value_of(args, option);

    return v && v->given ? v->number : otherwise;
}

const char *const *pl__arg_list(const pl_args *args, const char *option, size_t *ret_n)
{
    const pl_option_value *v = value_of(args, option);

    *ret_n = v ? v->n_list : 0;
    return v ? v->list : NULL;
}

uint32_t pl__arg_threads(const pl_args *args)
{
    uint64_t n = pl__arg_count(args, "threads", pl__host_processors());
    return n < PL_ARG_THREADS_MAX ? (uint32_t)n : PL_ARG_THREADS_MAX;
}

/* ---- help ---- */

static pl_status help_line(const pl_option *option, pl_str *out)
{
    size_t start = out->len;
    pl_status rc = option->letter ? pl__str_appendf(out, "  -%c, --%s", option->letter, option->name)
                                  : pl__str_appendf(out, "      --%s", option->name);

    if (rc == PL_OK && option->value)
        rc = pl__str_appendf(out, " %s", option->value);
    if (rc == PL_OK && out->len - start + 2 > HELP_COLUMN) {
        rc = pl__str_append_char(out, '\n');
        start = out->len;
    }
    while (rc == PL_OK && out->len - start < HELP_COLUMN)
        rc = pl__str_append_char(out, ' ');
    if (rc == PL_OK)
        rc = pl__str_appendf(out, "%s\n", option->help);
    return rc;
}

pl_status pl__command_help(const pl_command *command, pl_str *out)
{
    pl_status rc = pl__str_appendf(out, "peerless %s %s%s[options]\n\n%s\n\n", command->name, command->operands,
                                   command->operands[0] ? " " : "", command->summary);

    for (size_t i = 0; i < n_options(command) && rc == PL_OK; i++)
        rc = help_line(option_at(command, i), out);
    if (rc == PL_OK)
        rc = pl__str_appendf(out, "\nExample:\n  %s\n", command->example);
    return rc;
}

pl_status pl__program_help(const pl_command *commands, size_t n, pl_str *out)
{
    pl_status rc = pl__str_append_c(out, "peerless ranks vision-language models on your own images, without labels.\n\n"
                                         "peerless COMMAND [options]\n\n");

    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = pl__str_appendf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    if (rc == PL_OK)
        rc = pl__str_append_c(out, "\npeerless COMMAND --help shows a command's options and an example.\n"
                                   "To see it at work without keys or cost: peerless demo\n");
    return rc;
}
