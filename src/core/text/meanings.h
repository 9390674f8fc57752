#ifndef PL_MEANINGS_H
#define PL_MEANINGS_H

#include "verdict.h"

/* Groups n answers to one question by meaning (Kuhn, Gal and Farquhar 2023, algorithm 1): in order, each joins the
 * first group whose first answer it means the same as, else it opens one. pairs[i * n + k], i < k, says what a
 * comparison of the i-th and the k-th has found; others are not looked at. ret[i] is the group's number, from 0 in
 * order of appearance. False: a comparison that this needs has no verdict; ret is then of no use. */
bool pl__group_meanings(const uint8_t *pairs, uint32_t n, uint32_t *ret);

#endif
