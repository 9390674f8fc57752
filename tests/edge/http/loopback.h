#ifndef PL_LOOPBACK_H
#define PL_LOOPBACK_H

#include <stddef.h>
#include <stdint.h>

/* A badly behaved HTTP server on 127.0.0.1, a thread for each connection. The path says how to behave; see loopback.c.
 */
typedef struct loopback loopback;
loopback *loopback_start(void);
void loopback_stop(loopback *s); /* closes what is open, waits for the threads */
unsigned loopback_port(const loopback *s);
unsigned loopback_connections(const loopback *s);
unsigned loopback_requests(const loopback *s);
unsigned loopback_expects(const loopback *s); /* requests with an Expect header */
unsigned loopback_dropped(const loopback *s); /* read whole and left without a byte of an answer, after "/forget" */
void loopback_wait_closed(const loopback *s); /* until the server has closed all that was opened */

#endif
