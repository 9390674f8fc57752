#ifndef PL_CONFIG_MEMORY_H
#define PL_CONFIG_MEMORY_H

#include "arena.h"
#include "config.h"

/* Everything a config owns besides itself, and its paths as they were written: the canonical form must not depend on
 * the directory a command was started in. */
typedef struct pl_config_memory {
    pl_arena arena;
    const char *written_images;
    const char *written_items;
    const char *written_prompts;
    const char *written_item_prompts;
} pl_config_memory;

/* An empty config with memory; NULL on refusal. */
pl_config *pl__config_new(void);
void pl__peer_review_defaults(pl_peer_review_config *peer_review);
void pl__uncertainty_defaults(pl_uncertainty_config *uncertainty);

#endif
