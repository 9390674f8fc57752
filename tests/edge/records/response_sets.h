#ifndef RESPONSE_SETS_H
#define RESPONSE_SETS_H

#include <peerless/responses.h>

/* Fails the test unless both sets are the same, number by number and name by name, texts' indices included. */
void check_same_responses(const pl_response_set *x, const pl_response_set *y);

#endif
