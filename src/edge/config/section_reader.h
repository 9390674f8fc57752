#ifndef PL_SECTION_READER_H
#define PL_SECTION_READER_H

#include "problems.h"
#include "yaml_tree.h"

#define PL_CONFIG_TEXT_BYTES_MAX 4096u

typedef enum pl_field_kind {
    PL_FIELD_TEXT = 1, /* const char *; printable, not empty */
    PL_FIELD_U32 = 2,
    PL_FIELD_I64 = 3,
    PL_FIELD_U64 = 4,
    PL_FIELD_REAL = 5,
    PL_FIELD_BOOL = 6,
    PL_FIELD_DURATION_32 = 7, /* uint32_t milliseconds */
    PL_FIELD_DURATION_64 = 8, /* uint64_t milliseconds */
    PL_FIELD_CHOICE = 9,      /* an enumeration */
    PL_FIELD_SECTION = 10,    /* keys of its own, same target */
    PL_FIELD_CUSTOM = 11,
    PL_FIELD_LATER = 12 /* known, but does not exist yet: `words` says what to do */
} pl_field_kind;

typedef struct pl_choice {
    const char *word; /* NULL ends the table */
    uint32_t value;
    bool later; /* does not exist yet */
} pl_choice;

typedef struct pl_section pl_section;
typedef struct pl_section_reader pl_section_reader;

typedef struct pl_field {
    const char *key;
    pl_field_kind kind;
    bool required;
    size_t offset;       /* of the value in the target */
    size_t given_offset; /* of a bool that says the key was written; 0: none */
    int64_t min;         /* of a number (durations: milliseconds) */
    int64_t max;
    const pl_choice *choices;
    const pl_section *section;
    void (*custom)(pl_section_reader *r, const pl_yaml_node *node, void *target);
    const char *words;
} pl_field;

struct pl_section {
    const pl_field *fields;
    size_t n_fields;  /* at most 32 */
    const char *hint; /* added to an unknown key's message; or NULL */
};

/* Walks a YAML tree by tables, writes into targets, collects problems. */
struct pl_section_reader {
    pl_problems *problems;
    pl_arena *arena;
    pl_str where; /* the path of keys to the value being read */
    pl_status rc; /* PL_OK, or PL_E_NOMEM: then everything read is void */
};

/* A mapping by its table; nothing at all counts as an empty mapping. */
void pl__read_section(pl_section_reader *r, const pl_yaml_node *node, const pl_section *section, void *target);
/* Steps into and out of a key or an index; `pl__where_leave` takes what enter returned. */
size_t pl__where_enter(pl_section_reader *r, const char *key);
size_t pl__where_enter_index(pl_section_reader *r, size_t index);
void pl__where_leave(pl_section_reader *r, size_t mark);
/* A problem with the value being read. */
void pl__reader_problem(pl_section_reader *r, uint32_t line, const char *fmt, ...) PL_PRINTF(3, 4);
/* A copied non-empty printable text, or NULL (then the problem is noted). */
const char *pl__read_text(pl_section_reader *r, const pl_yaml_node *node);
/* The choice's row, or NULL (then the problem is noted). */
const pl_choice *pl__read_choice(pl_section_reader *r, const pl_yaml_node *node, const pl_choice *choices);
const pl_choice *pl__choice_by_word(const pl_choice *choices, const char *word);
const char *pl__choice_word(const pl_choice *choices, uint32_t value); /* NULL if absent */
/* Is this the name of something whose value is a secret ("api_key", "Authorization")? Notes the problem if so. */
bool pl__refuse_secret_key(pl_section_reader *r, const pl_yaml_node *key);
void pl__reader_no_memory(pl_section_reader *r);

#endif
