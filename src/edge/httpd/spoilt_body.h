#ifndef PL_SPOILT_BODY_H
#define PL_SPOILT_BODY_H

#include "delay_queue.h"
#include "httpd.h"

#include <microhttpd.h>

/* A response whose body arrives as `how` says. Takes over *body; pauses wait in `delays`, which must fire by resuming
 * the connection. NULL: no memory. */
struct MHD_Response *pl__spoilt_body_response(pl_str *body, const pl_httpd_spoil *how, pl_delay_queue *delays,
                                              struct MHD_Connection *connection);

#endif
