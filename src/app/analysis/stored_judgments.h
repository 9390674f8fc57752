#ifndef PL_STORED_JUDGMENTS_H
#define PL_STORED_JUDGMENTS_H

#include "replay.h"
#include <peerless/judgments.h>

/* The judgments of a stored run: one row per judgment task that belongs to it, missing ones included with their reason.
 * Owns its strings. */
typedef struct pl_stored_judgments pl_stored_judgments;
PL_NODISCARD pl_status pl__stored_judgments_new(pl_replay *replay, pl_stored_judgments **ret, pl_error *reterr);
void pl__stored_judgments_free(pl_stored_judgments *judgments);
const pl_judgment_set *pl__stored_judgments_set(const pl_stored_judgments *judgments); /* borrowed */
/* gamma by criterion index of the set: the config's, for the criteria that were asked. n_criteria places. */
const double *pl__stored_judgments_weights(const pl_stored_judgments *judgments);

/* Does the run have items without an image? Their judgments know no visual criterion. */
bool pl__stored_judgments_text_only(const pl_stored_judgments *judgments);

/* The row of judgment task i of a visited unit; item and image indices are left to the caller. */
pl_judgment pl__unit_judgment(const pl_replay_unit *unit, uint32_t i);

#endif
