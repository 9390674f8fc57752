#ifndef RESPONSE_LINES_H
#define RESPONSE_LINES_H

#include "rng.h"
#include "str.h"

/* Appends one random line of a log of responses and its end. Mostly it is good; every `odd_every`-th (0: none) has
 * something that is unusual or bad. */
void put_response_line(pl_rng *rng, pl_str *out, uint32_t odd_every);

#endif
