#ifndef PL_OPTION_H
#define PL_OPTION_H

#include "log.h"
#include "report.h"
#include "str.h"

/* Commands and options as tables: parsing, --help and suggestions all come from them. */

typedef enum pl_option_kind {
    PL_OPTION_FLAG = 0,
    PL_OPTION_TEXT = 1,
    PL_OPTION_COUNT = 2, /* an unsigned integer */
    PL_OPTION_NUMBER = 3,
    PL_OPTION_DURATION = 4, /* "2h" */
    PL_OPTION_LIST = 5,     /* may be repeated; commas separate */
    PL_OPTION_FILES = 6,    /* takes all words up to the next option; may be repeated */
} pl_option_kind;

typedef struct pl_option {
    const char *name; /* without dashes */
    char letter;      /* or 0 */
    pl_option_kind kind;
    const char *value; /* name of the value in --help; NULL for a flag */
    const char *help;
} pl_option;

#define PL_OPTIONS_MAX 40
#define PL_OPTION_WORDS_MAX 1024 /* values of one list */

typedef struct pl_option_value {
    bool given;
    const char *text;
    uint64_t count;
    double number;
    const char **list;
    size_t n_list;
} pl_option_value;

struct pl_command;
typedef struct pl_args {
    const struct pl_command *command;
    pl_option_value values[PL_OPTIONS_MAX];
    pl_arena arena;
    const char **operands;
    size_t n_operands;
    bool quiet;
    bool verbose;
    pl_format format;
    pl_log log;
} pl_args;

typedef struct pl_command {
    const char *name;     /* "rank", "sim scenes" */
    const char *summary;  /* one line */
    const char *operands; /* shown in the usage line, or "" */
    size_t n_operands_max;
    const pl_option *options;
    size_t n_options;
    const char *example;
    int (*run)(const pl_args *args);
} pl_command;

/* Options that every command has: --format --threads --quiet -v --help. */
const pl_option *pl__common_options(size_t *ret_n);

/* Parses the words behind the command's name. PL_OK; PL_E_INVALID with a message (unknown option: the nearest is named;
 * an option that does not exist yet is refused in words); PL_E_CANCELLED when --help was asked for. Words are borrowed.
 */
PL_NODISCARD pl_status pl__args_parse(const pl_command *command, int n_words, char *const *words, pl_args *ret,
                                      pl_error *reterr);
void pl__args_clear(pl_args *args);
PL_NODISCARD pl_status pl__command_help(const pl_command *command, pl_str *out);
PL_NODISCARD pl_status pl__program_help(const pl_command *commands, size_t n, pl_str *out);
/* Words for a command that is planned and this version lacks; NULL if it is simply unknown. */
const char *pl__command_later(const char *name);
/* The name of the command nearest to a mistyped one, or NULL. */
const char *pl__command_nearest(const pl_command *commands, size_t n, const char *name);

bool pl__arg_given(const pl_args *args, const char *option);
const char *pl__arg_text(const pl_args *args, const char *option, const char *otherwise);
uint64_t pl__arg_count(const pl_args *args, const char *option, uint64_t otherwise);
double pl__arg_number(const pl_args *args, const char *option, double otherwise);
const char *const *pl__arg_list(const pl_args *args, const char *option, size_t *ret_n);
/* --threads, or as many as there are processors; never more than PL_ARG_THREADS_MAX. */
#define PL_ARG_THREADS_MAX 256u
uint32_t pl__arg_threads(const pl_args *args);

#endif
