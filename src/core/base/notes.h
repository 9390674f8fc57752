#ifndef PL_NOTES_H
#define PL_NOTES_H

#include "arena.h"

#include <peerless/status.h>

#define PL_NOTES_MAX 64u

/* Sentences that go with a result in every form of output. */
typedef struct pl_notes {
    const char *texts[PL_NOTES_MAX];
    size_t n;
} pl_notes;

/* Adds a sentence, kept in the arena and cut to PL_ERROR_MSG_BYTES as messages are. Beyond PL_NOTES_MAX they are
 * dropped. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__notes_add(pl_notes *notes, pl_arena *arena, pl_error *reterr, const char *fmt, ...)
    PL_PRINTF(4, 5);

#endif
