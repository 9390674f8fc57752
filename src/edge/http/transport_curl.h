#ifndef PL_TRANSPORT_CURL_H
#define PL_TRANSPORT_CURL_H

/* Inside of the curl transport only: transport_curl.c (the loop), curl_transfer.c (one request), curl_socket.c (what
 * the loop watches). Invariants:
 *  1. One thread runs everything here; wake is the only exception and touches nothing but the uv_async_t.
 *  2. A transfer is idle, or in the multi handle, or done; only one in the multi handle may have a first-byte deadline.
 *  3. curl never sees a socket of its own closed behind its back, and the loop never watches a closed one: every
 *     connection's socket is opened and closed by our callbacks.
 *  4. A submitted request is sent once at most. */

#include "deadlines.h"
#include "http.h"

#include <curl/curl.h>
#include <uv.h>

typedef struct pl_curl_watch pl_curl_watch;
typedef struct pl_curl_transfer pl_curl_transfer;

typedef struct pl_curl_transport {
    pl_transport base;
    uv_loop_t loop;
    uv_async_t async;
    uv_timer_t curl_timer;
    uv_timer_t due_timer;
    uint64_t due_timer_ns; /* what due_timer is set to, UINT64_MAX when it is not */
    CURLM *multi;
    char *ca_file;
    pl_curl_transfer **transfers; /* by index */
    size_t n_transfers;
    size_t cap_transfers;
    pl_curl_transfer *idle;
    pl_curl_transfer *done_first;
    pl_curl_transfer *done_last;
    pl_deadlines first_bytes; /* by transfer index */
    pl_curl_watch **watches;  /* by file descriptor */
    size_t n_watches;
    pl_curl_watch *spare_watches;
    bool woken;
    bool starved; /* a socket could not be watched for want of memory: whatever is in flight fails */
} pl_curl_transport;

struct pl_curl_transfer {
    pl_curl_transport *transport;
    pl_curl_transfer *next; /* in idle or done */
    CURL *easy;
    struct curl_slist *headers;
    uint32_t index;
    bool in_flight;
    bool first_byte;
    bool too_large;
    bool no_memory;
    bool sent;         /* curl has begun to send the request */
    bool resent;       /* it wanted to send it once more, and was refused */
    bool own_ca;       /* the handle trusts an authority that the next request may not name */
    bool headers_over; /* the next status line starts a new response */
    pl_http_req req;
    size_t at_part;
    size_t at_byte;
    uint64_t tag;
    uint64_t started_ns;
    uint64_t ended_ns;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    pl_http_failure failure;
    pl_error error;
    pl_http_reply reply;
    char curl_words[CURL_ERROR_SIZE];
};

/* curl_transfer.c */
pl_curl_transfer *pl__curl_transfer_new(pl_curl_transport *t, uint32_t index); /* NULL when memory is short */
void pl__curl_transfer_free(pl_curl_transfer *x);
/* Takes over *req and sets the handle up for it. PL_E_INVALID (URL) or PL_E_NOMEM. */
PL_NODISCARD pl_status pl__curl_transfer_load(pl_curl_transfer *x, pl_http_req *req, uint64_t tag, pl_error *reterr);
/* Fills failure, error, counts and times; drops the request. */
void pl__curl_transfer_end(pl_curl_transfer *x, CURLcode code);
/* The same for a transfer that we end ourselves. */
void pl__curl_transfer_give_up(pl_curl_transfer *x, pl_http_failure failure, pl_status code, const char *words);

/* curl_socket.c */
int pl__curl_on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user);
curl_socket_t pl__curl_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address);
int pl__curl_close_socket(void *user, curl_socket_t fd);
void pl__curl_watches_clear(pl_curl_transport *t); /* after the multi handle is gone; then the loop must run out */
void pl__curl_spare_watches_free(pl_curl_transport *t);

#endif
