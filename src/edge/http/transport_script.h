#ifndef PL_TRANSPORT_SCRIPT_H
#define PL_TRANSPORT_SCRIPT_H

#include "http.h"

/* A transport without a network: a function answers each request, and time is a number that poll turns forward. */
typedef struct pl_script_reply {
    pl_http_failure failure; /* PL_HTTP_OK: the reply below */
    int status;
    const char *headers; /* "name: value\n" lines, names lower-case; NULL for none. Copied. */
    pl_view body;        /* copied */
    uint64_t delay_ns;   /* from submit to completion */
} pl_script_reply;

/* nth counts the submitted requests from 1. *ret is zeroed before the call. */
typedef void (*pl_script_answer)(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user);

/* The clock starts at 1 s. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__transport_script_new(pl_script_answer answer, void *user, pl_transport **ret,
                                                pl_error *reterr);
uint64_t pl__transport_script_now_ns(const pl_transport *t);
void pl__transport_script_advance_ns(pl_transport *t, uint64_t by_ns);
uint64_t pl__transport_script_submitted(const pl_transport *t);

#endif
