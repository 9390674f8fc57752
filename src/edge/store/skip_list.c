#include "skip_list.h"

#include "alloc.h"
#include "hash.h"

#include <string.h>

void pl__skip_clear(pl_skip_list *list)
{
    pl_skip_node *node = list->head[0];
    while (node) {
        pl_skip_node *next = node->next[0];
        pl__free(node->value);
        pl__free(node);
        node = next;
    }
    memset(list->head, 0, sizeof(list->head));
}

pl_skip_node *pl__skip_node_new(const pl_skip_list *list, const void *key)
{
    uint64_t bits = pl__hash64(key, list->key_bytes, 0);
    unsigned levels = 1;

    while (levels < PL_SKIP_LEVELS && (bits & 3u) == 0) { /* a quarter goes one higher */
        levels++;
        bits >>= 2;
    }
    pl_skip_node *node = pl__calloc(1, sizeof(*node) + levels * sizeof(void *));
    if (!node)
        return NULL;
    memcpy(node->key, key, list->key_bytes);
    node->levels = levels;
    return node;
}

/* The first node that is not before key. */
static pl_skip_node *seek(const pl_skip_list *list, const void *key)
{
    pl_skip_node *const *links = list->head;

    for (unsigned level = PL_SKIP_LEVELS; level-- > 0;) {
        while (links[level] && memcmp(links[level]->key, key, list->key_bytes) < 0)
            links = links[level]->next;
    }
    return links[0];
}

pl_skip_node *pl__skip_from(const pl_skip_list *list, const void *key)
{
    return seek(list, key);
}

pl_skip_node *pl__skip_find(const pl_skip_list *list, const void *key)
{
    pl_skip_node *node = seek(list, key);
    return node && memcmp(node->key, key, list->key_bytes) == 0 ? node : NULL;
}

pl_skip_node *pl__skip_after(const pl_skip_list *list, const void *key)
{
    pl_skip_node *node = seek(list, key);
    if (node && memcmp(node->key, key, list->key_bytes) == 0)
        node = node->next[0];
    return node;
}

void pl__skip_insert(pl_skip_list *list, pl_skip_node *node)
{
    pl_skip_node **links = list->head;

    for (unsigned level = PL_SKIP_LEVELS; level-- > 0;) {
        while (links[level] && memcmp(links[level]->key, node->key, list->key_bytes) < 0)
            links = links[level]->next;
        if (level < node->levels) {
            node->next[level] = links[level];
            links[level] = node;
        }
    }
}
