#ifndef PL_PROBE_VERDICT_H
#define PL_PROBE_VERDICT_H

#include "abilities.h"
#include "asking.h"

/* Pure: what the replies to a probe's questions say about the endpoint. Fills all of *ret but the time. */
void pl__probe_judge(const pl_subject *s, pl_abilities *ret);

#endif
