#ifndef PL_STORED_MEANINGS_H
#define PL_STORED_MEANINGS_H

#include "replay.h"

/* Which samples of an open answer mean the same, as a stored run's judge has found. */

bool pl__reply_has_text(const pl_reply *reply); /* answered or cut off: a refusal's words are no answer */
/* Is task i a sample of this model's answer that came? */
bool pl__stored_sample(const pl_replay_unit *u, uint32_t i, uint32_t model);
/* Groups the *ret_n samples that came, in order (meanings.h). False: nobody compared them, or a comparison that this
 * needs has no verdict. */
bool pl__stored_meanings(const pl_replay_unit *u, uint32_t model, uint32_t ret[PL_CHAT_SAMPLES_MAX], uint32_t *ret_n);

typedef struct pl_meaning_counts {
    uint64_t pairs;
    uint64_t settled; /* of these: the same text */
    uint64_t same;
    uint64_t different;
    uint64_t missing[PL_MISSING_COUNT]; /* by reason */
    uint64_t answers;                   /* with two samples or more, compared */
    uint64_t ungrouped;                 /* of these: no meanings, since a verdict is missing */
} pl_meaning_counts;
/* What the store fails with. */
PL_NODISCARD pl_status pl__stored_meanings_count(pl_replay *replay, pl_meaning_counts *ret, pl_error *reterr);
/* The same in words, appended; nothing for a run without comparisons. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__stored_meanings_note(pl_replay *replay, pl_str *out, pl_error *reterr);

#endif
