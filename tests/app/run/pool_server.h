#ifndef PL_POOL_SERVER_H
#define PL_POOL_SERVER_H

/* A pool of models on a loopback port that behave as their names say, and everything a run over them needs. */
#include "config.h"
#include "httpd.h"
#include "kit.h"
#include "run.h"
#include "store.h"

typedef struct pool_server {
    pl_httpd *httpd;
    atomic_uint requests;
    atomic_bool healed;   /* every model is well from now on */
    atomic_uint delay_ms; /* of each answer */
} pool_server;

void pool_server_start(pool_server *server);
void pool_server_stop(pool_server *server);

/* A peerless.yaml over models of these names (NULL-terminated) in dir, with dir/items.jsonl or dir/images as its data.
 * A name
 * "<fault>-N" makes the model fail that way: html, 401, 404, 429, 500, cut, badjson, empty, refusal, length, reasoning,
 * stubborn (these two refuse parameters), down. */
typedef struct pool_run {
    pl_config *config;
    pl_setup *setup;
    pl_store *store;
    pl_run_summary summary;
    pl_error err;
} pool_run;

char *pool_write_items(const char *dir, unsigned n);
void pool_open(pool_run *run, const char *dir, uint16_t port, const char *data, const char *const *names,
               const char *more);
/* The same, with more keys for each model: "price: {...}". */
void pool_open_with(pool_run *run, const char *dir, uint16_t port, const char *data, const char *const *names,
                    const char *model_keys, const char *more);
pl_status pool_execute(pool_run *run, const pl_run_opts *opts);
void pool_close(pool_run *run);
/* The model's place in the summary. */
const pl_run_model *pool_model(const pool_run *run, const char *name);

#endif
