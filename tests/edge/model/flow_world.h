#ifndef PL_FLOW_WORLD_H
#define PL_FLOW_WORLD_H

/* A client over servers that behave badly, in virtual time: whole outages in milliseconds. */
#include "client.h"
#include "kit.h"
#include "rng.h"
#include "transport_script.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
#define FLOW_SERVERS 4 /* http://a/v1 to http://d/v1 */
#define FLOW_MODELS 3
#define FLOW_CALLS_MAX 4000u
#define FLOW_REQUESTS_MAX 20000

typedef struct flow_server {
    uint64_t delay_ns;
    uint64_t jitter_ns;
    uint64_t down_from_ns; /* refuses connections in between */
    uint64_t down_to_ns;
    double failing;         /* share of requests that get a 500 */
    uint32_t capacity;      /* more at a time get a 429; 0: any number */
    const char *rate_reply; /* headers of those */
    double bucket;          /* requests a minute, said in headers; 0: none */
    double level;
    uint64_t level_ns;
    uint64_t busy_until_ns[FLOW_CALLS_MAX];
    uint64_t requests;
    uint64_t refused; /* 429 */
    uint64_t at_ns[FLOW_REQUESTS_MAX];
    char headers[256];
} flow_server;

typedef struct flow_world {
    pl_transport *t;
    pl_clock clock;
    pl_client *c;
    pl_log log;
    pl_rng rng;
    flow_server servers[FLOW_SERVERS];
    pl_model_spec models[FLOW_MODELS];
    const char *model_urls[FLOW_MODELS][FLOW_SERVERS];
    uint32_t n_models;
    uint64_t images[FLOW_CALLS_MAX]; /* by tag: which picture a call is about, 0 for none */
    char hosts[FLOW_CALLS_MAX];      /* by picture: where it went first, '!' when to several */
    char warned[2048];
    uint64_t asked[FLOW_MODELS];
    uint64_t answered[FLOW_MODELS];
    uint64_t ended[FLOW_MODELS];
    uint64_t attempts[FLOW_MODELS];
    uint32_t attempts_most;
    uint64_t last_ns[FLOW_MODELS]; /* of an end */
    uint64_t outcomes[PL_CLIENT_OUTCOMES];
} flow_world;

uint64_t flow_now_ns(void *world);
/* Model i is served by server i; change what differs, then open. */
flow_world *flow_build(uint32_t n_models, uint32_t concurrency);
void flow_replicas(flow_world *w, size_t n); /* the first model has the first n servers */
pl_status flow_open_status(flow_world *w, pl_error *err);
void flow_open(flow_world *w);
void flow_close(flow_world *w);
pl_status flow_ask(flow_world *w, uint32_t model, uint64_t tag, pl_error *err);
/* As a run does: asks n calls of each model while there are slots, takes what comes, until all have ended. */
void flow_finish(flow_world *w, const uint32_t *n);
void flow_finish_one(flow_world *w, uint32_t n); /* of the first model */
/* The most requests that a server saw in any half-open minute. */
uint64_t flow_busiest_minute(const flow_server *s);
uint64_t flow_requests_between(const flow_server *s, uint64_t from_ns, uint64_t to_ns);

#endif
