#ifndef PL_ITEM_H
#define PL_ITEM_H

#include "hash.h"
#include <peerless/status.h>

#define PL_ITEMS_MAX 10000000u
#define PL_ITEM_ID_BYTES_MAX 1024u
#define PL_ITEM_QUESTION_BYTES_MAX 65536u
#define PL_ITEM_OPTIONS_MAX 26u

/* One thing to ask about. Strings are borrowed from the list that holds it. */
typedef struct pl_item {
    const char *id;
    const char *image_path; /* NULL for a text-only item */
    const char *question;   /* NULL if the data gives none */
    const char *const *options;
    size_t n_options;
    const char *const *labels; /* never seen by a ranking path */
    size_t n_labels;
    const char *dataset; /* or NULL */
    uint64_t position;   /* in the sorted list of items */
    bool has_image_digest;
    pl_digest image_digest; /* SHA-256 of the source file, once it was read */
    const uint32_t *chosen; /* adaptive design: numbers of the comparisons that are asked, ascending */
    size_t n_chosen;
} pl_item;

/* Identity of the content: image digest, question and options; not the id, path or labels. An item with an
 * image_path must have its digest. PL_E_INVALID or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__item_content(const pl_item *item, pl_digest *ret, pl_error *reterr);

#endif
