#ifndef PL_YAML_TREE_H
#define PL_YAML_TREE_H

#include "arena.h"
#include "str.h"

#define PL_YAML_DEPTH_MAX 32u
#define PL_YAML_NODES_MAX 100000u /* with aliases counted each time they stand for something */
#define PL_YAML_ANCHORS_MAX 1000u

typedef enum pl_yaml_kind { PL_YAML_SCALAR = 1, PL_YAML_LIST = 2, PL_YAML_MAP = 3 } pl_yaml_kind;

/* A YAML value, aliases resolved. Lives in the arena it was parsed into. */
typedef struct pl_yaml_node pl_yaml_node;
struct pl_yaml_node {
    pl_yaml_kind kind;
    uint32_t line;    /* from 1 */
    bool plain;       /* a scalar without quotes: may be a number, a truth value or nothing */
    const char *text; /* of a scalar; no NUL inside */
    size_t n;         /* of a list: values; of a map: pairs */
    const pl_yaml_node *const *values;
    const pl_yaml_node *const *keys; /* of a map */
};

/* One document. PL_E_PARSE (message without file and line; the line is in *ret_line), PL_E_LIMIT (the same),
 * PL_E_NOMEM. */
PL_NODISCARD pl_status pl__yaml_parse(pl_view text, pl_arena *arena, const pl_yaml_node **ret, uint32_t *ret_line,
                                      pl_error *reterr);
bool pl__yaml_is_null(const pl_yaml_node *node); /* nothing, ~ or null */

#endif
