#ifndef PL_STORED_RESPONSES_H
#define PL_STORED_RESPONSES_H

#include "dataset.h"
#include "records.h"
#include "replay.h"

/* The responses of a stored run's uncertainty evaluation as the lines of a log: what is ranked is what is exported. A
 * model has no line for an item when its call failed. Tokens whose bytes are no text have '?' for each byte that is
 * none, so that they stay as long as they were. */

/* Labels by item id, from an items.jsonl: a run keeps none. NULL where a function takes them: there are none. */
typedef struct pl_item_labels pl_item_labels;
PL_NODISCARD pl_status pl__item_labels_read(const char *path, pl_item_labels **ret, pl_error *reterr);
void pl__item_labels_free(pl_item_labels *labels);

/* Visits the lines in order; the document is the caller's again after the visit. PL_E_NOT_FOUND: the run has no such
 * evaluation. What the store and the visitor fail with, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__stored_responses_each(pl_replay *replay, const pl_item_labels *labels,
                                                 pl_status (*visit)(const json_t *line, void *user, pl_error *reterr),
                                                 void *user, pl_error *reterr);
/* All of them as a log. */
PL_NODISCARD pl_status pl__stored_responses_log(pl_replay *replay, const pl_item_labels *labels, pl_response_log **ret,
                                                pl_error *reterr);

#endif
