#ifndef PL_SIM_H
#define PL_SIM_H

#include "httpd.h"
#include "str.h"

/* The simulated pool: small models that really look (see docs/simulator.md). Always called simulated. */
#define PL_SIM_SCENE_SIDE_PX 448
#define PL_SIM_MODELS_MAX 64

/* ---- scenes ---- */
/* Writes n scenes and DIR/truth.jsonl and DIR/choices.jsonl (their questions as multiple choice), starting at index
 * `first`; index 0 is DIR/scene-00001.png. Same seed, same pixels. DIR is made. PL_E_LIMIT (none or too many), PL_E_IO,
 * PL_E_FULL, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_write_scenes(const char *dir, uint32_t n, uint32_t first, uint64_t seed,
                                            pl_error *reterr);

/* ---- the pool ---- */
typedef struct pl_sim_pool pl_sim_pool; /* immutable; used by several threads */
/* The default pool: n_models (1..PL_SIM_MODELS_MAX, default 6) from nearly blind to sharp. */
PL_NODISCARD pl_status pl__sim_pool_default(uint32_t n_models, uint64_t seed, pl_sim_pool **ret, pl_error *reterr);
/* From JSON: {"seed":1,"models":[{"name":…,"family":…,"resolution":…,"noise":…,"vices":{…}}]}; see docs/simulator.md.
 * PL_E_PARSE, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_pool_parse(pl_view json, pl_sim_pool **ret, pl_error *reterr);
/* Lets things go wrong for every model of the pool, before it is served: "cut=0.05", "latency=lognormal:200ms:0.8"; see
 * docs/simulator.md. PL_E_PARSE. */
PL_NODISCARD pl_status pl__sim_pool_add_fault(pl_sim_pool *pool, const char *spec, pl_error *reterr);
/* What the endpoints of all models do not do, or do otherwise: "no-images", "max-side=512"; see docs/simulator.md.
 * PL_E_PARSE. */
PL_NODISCARD pl_status pl__sim_pool_add_habit(pl_sim_pool *pool, const char *spec, pl_error *reterr);
void pl__sim_pool_free(pl_sim_pool *pool);
uint32_t pl__sim_pool_count(const pl_sim_pool *pool);
const char *pl__sim_pool_name(const pl_sim_pool *pool, uint32_t model);

/* Truth, measured: each model's accuracy on the own questions of n_scenes further scenes (first index `first`), asked
 * in-process. ret: one share per model. Results do not depend on threads. Never called before a ranking is made. */
PL_NODISCARD pl_status pl__sim_measure_truth(const pl_sim_pool *pool, uint32_t n_scenes, uint32_t first, uint64_t seed,
                                             uint32_t threads, double *ret, pl_error *reterr);

/* ---- the server ---- */
/* How batches go: each time and share 0 if all is well. */
typedef struct pl_sim_batch_faults {
    uint32_t delay_ms; /* until a batch has ended */
    double expired;    /* share of requests that are not asked in time */
    double errored;    /* that fail */
    double lost;       /* share of batches that are created without an answer */
} pl_sim_batch_faults;
/* Adds "delay=300ms", "expired=0.1", "errored=0.1" or "lost=0.5". PL_E_PARSE. */
PL_NODISCARD pl_status pl__sim_batch_faults_add(pl_sim_batch_faults *faults, const char *spec, pl_error *reterr);

typedef struct pl_sim_server_opts {
    const pl_sim_pool *pool; /* borrowed; must outlive the server */
    uint16_t port;           /* 0: any */
    uint32_t threads;
    pl_sim_batch_faults batches;
    const char *request_log; /* appends a line "<sha256 of the request body> <model>" per answered request; or NULL */
} pl_sim_server_opts;
typedef struct pl_sim_server pl_sim_server;
PL_NODISCARD pl_status pl__sim_server_start(const pl_sim_server_opts *opts, pl_sim_server **ret, pl_error *reterr);
uint16_t pl__sim_server_port(const pl_sim_server *server);
uint64_t pl__sim_server_requests(const pl_sim_server *server); /* chats answered so far, in any dialect */
/* Appends the server's own count of requests, as GET /sim/stats gives it. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_server_stats(const pl_sim_server *server, pl_str *out, pl_error *reterr);
void pl__sim_server_stop(pl_sim_server *server);

/* What a configuration for a served pool says. */
typedef struct pl_sim_config_opts {
    uint16_t port; /* at 127.0.0.1 */
    const char *images;
    const char *store;
    uint64_t seed;
    const char *dialect; /* "openai", "anthropic", "gemini", or "mixed": the models take turns; NULL: openai */
} pl_sim_config_opts;
/* Appends a peerless.yaml that runs the pool; endpoint: names stand for the port. PL_E_INVALID (no such dialect),
 * PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_config(const pl_sim_pool *pool, const pl_sim_config_opts *opts, pl_str *out,
                                      pl_error *reterr);

#endif
