#ifndef PL_SERVER_WINDOW_H
#define PL_SERVER_WINDOW_H

#include "token_bucket.h"

/* What a server said of one of its counters (requests, tokens) with one reply. */
typedef struct pl_window_report {
    bool has_limit;
    bool has_remaining;
    bool has_reset;
    double limit;
    double remaining;
    uint64_t reset_ms; /* until it is full again */
} pl_window_report;

#define PL_WINDOW_WAIT_MS_MAX 600000u /* after a report; then a request shows how things stand */

/* A copy of the server's own bucket. Limit, remaining and reset give it whole: it holds `limit`, has `remaining`, and
 * gains (limit - remaining) / reset. Without a limit it gains nothing until the reset. A server that counts by fixed
 * windows gains later than this; it then answers 429, and the delay that it asks for is kept. */
typedef struct pl_server_window {
    bool heard; /* ever */
    bool known;
    double limit;
    double level;
    double per_ns;
    uint64_t sent_ns; /* of the request that the newest report answers */
    uint64_t at_ns;
    uint64_t full_ns;
    uint64_t give_up_ns; /* PL_WINDOW_WAIT_MS_MAX after the report */
} pl_server_window;

/* in_flight: what is on its way, in this counter's unit; the server may or may not have counted it, so it is taken off.
 * A report without remaining or reset says nothing, and neither does one of a request that was not sent after
 * all that have reported. A full counter forgets what was known. */
void pl__window_report(pl_server_window *w, const pl_window_report *report, double in_flight, uint64_t sent_ns,
                       uint64_t now_ns);
uint64_t pl__window_ready_ns(pl_server_window *w, double cost, uint64_t now_ns);
void pl__window_take(pl_server_window *w, double cost, uint64_t now_ns);

#endif
