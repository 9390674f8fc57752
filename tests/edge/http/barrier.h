#ifndef PL_TEST_BARRIER_H
#define PL_TEST_BARRIER_H

/* An HTTP server on 127.0.0.1 that answers nobody until `crowd` whole requests wait for it, then all of them: whoever
 * is answered was in flight together with the others. One thread. */
typedef struct barrier barrier;
barrier *barrier_start(unsigned crowd);
void barrier_stop(barrier *b);
unsigned barrier_port(const barrier *b);
unsigned barrier_rounds(const barrier *b); /* how often the crowd was complete */
/* Of the requests of all rounds: how many carried a header "X-Protocol: HTTP/2.0", and how many different values of
 * X-Connection there were (the proxy in front says these). */
unsigned barrier_http2(const barrier *b);
unsigned barrier_connections(const barrier *b);

#endif
