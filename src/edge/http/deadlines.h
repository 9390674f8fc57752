#ifndef PL_DEADLINES_H
#define PL_DEADLINES_H

#include <peerless/status.h>

/* A min-heap of due times, at most one for each small index (a transfer, a waiting call): set and drop are O(log n),
 * first is O(1). Equal times come in index order. */
typedef struct pl_deadlines {
    uint32_t *heap;   /* indices, the earliest due at 0 */
    uint32_t *place;  /* by index: position in heap plus 1, or 0 */
    uint64_t *due_ns; /* by index */
    size_t n;
    size_t n_indices;
} pl_deadlines;

/* Makes room for indices below n_indices: what follows cannot fail. PL_OK or PL_E_NOMEM. A zeroed value is empty. */
PL_NODISCARD pl_status pl__deadlines_reserve(pl_deadlines *d, size_t n_indices);
void pl__deadlines_clear(pl_deadlines *d);
void pl__deadlines_set(pl_deadlines *d, uint32_t index, uint64_t due_ns); /* replaces an earlier one */
void pl__deadlines_drop(pl_deadlines *d, uint32_t index);                 /* absent: a no-op */
bool pl__deadlines_first(const pl_deadlines *d, uint32_t *ret_index, uint64_t *ret_due_ns);

#endif
