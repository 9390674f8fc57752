#ifndef PL_SKIP_LIST_H
#define PL_SKIP_LIST_H

#include <stddef.h>
#include <stdint.h>

/* Rows in the order of their fixed-size byte keys. Rows are added and replaced, never removed. Heights come from a
 * hash of the key, so that the same rows give the same list. */
#define PL_SKIP_LEVELS 16
#define PL_SKIP_KEY_BYTES_MAX 64

typedef struct pl_skip_node pl_skip_node;
struct pl_skip_node {
    void *value; /* pl__free'd by the list */
    uint8_t key[PL_SKIP_KEY_BYTES_MAX];
    unsigned levels;
    pl_skip_node *next[]; /* `levels` of them */
};

typedef struct pl_skip_list {
    size_t key_bytes;
    pl_skip_node *head[PL_SKIP_LEVELS];
} pl_skip_list;

void pl__skip_clear(pl_skip_list *list);                                    /* frees nodes and values */
pl_skip_node *pl__skip_node_new(const pl_skip_list *list, const void *key); /* not in the list yet; or NULL */
pl_skip_node *pl__skip_find(const pl_skip_list *list, const void *key);     /* or NULL */
pl_skip_node *pl__skip_after(const pl_skip_list *list, const void *key);    /* the first with a larger key */
pl_skip_node *pl__skip_from(const pl_skip_list *list, const void *key);     /* with a key that is not smaller */
void pl__skip_insert(pl_skip_list *list, pl_skip_node *node);               /* its key must be absent */

#endif
