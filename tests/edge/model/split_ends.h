#ifndef SPLIT_ENDS_H
#define SPLIT_ENDS_H

#include "http.h"

/* Both ends of connections on this machine in one thread: libcurl's transport, and plain sockets that send a response
 * in two pieces, the second after the first has been read. */
#define SPLIT_AT_ONCE 128u

typedef struct split_ends {
    int listener;
    unsigned port;
    pl_transport *t;
} split_ends;

void split_open(split_ends *e);
void split_close(split_ends *e);

/* Sends `response` n <= SPLIT_AT_ONCE times side by side, cut at its bytes first_cut, first_cut + 1, … ret[i] is what
 * came of the i-th; the caller clears its reply. */
void split_exchange(split_ends *e, pl_view response, size_t first_cut, size_t n, pl_http_completion *ret);

#endif
