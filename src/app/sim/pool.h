#ifndef PL_SIM_POOL_H
#define PL_SIM_POOL_H

#include "endpoint_habits.h"
#include "faults.h"
#include "perception.h"
#include "sim.h"

#define PL_SIM_NAME_BYTES_MAX 64u
#define PL_SIM_POOL_JSON_BYTES_MAX ((size_t)1 << 20)
#define PL_SIM_STYLES 6u

/* Faults of character, all 0 by default. Rates are shares of the occasions; which ones is a matter of the request. */
typedef struct pl_sim_vices {
    double position_bias;        /* -1..1: judges for the answer shown first (negative: last) without looking */
    double verbosity_preference; /* 0..1: judges for the longer answer without looking */
    double family_preference;    /* 0..1: judges for the answer that is worded as its own family words things */
    double verbose_style;        /* 0..1: adds up to PL_SIM_FILLERS sentences that say nothing */
    double malformed_verdicts;   /* 0..1: ends a judgment without a usable mark */
    double refusals;             /* 0..1: declines to answer or judge */
} pl_sim_vices;

typedef struct pl_sim_model {
    char *name;
    char *family;
    uint32_t style; /* how its family words things, < PL_SIM_STYLES */
    pl_sim_eyes eyes;
    pl_sim_vices vices;
    pl_sim_faults faults; /* of the endpoint that serves it */
    pl_sim_habits habits; /* of the same */
} pl_sim_model;

struct pl_sim_pool {
    uint64_t seed;
    pl_sim_model *models;
    uint32_t n_models;
};

/* The default noise at a resolution: finer cells gather less light. */
double pl__sim_usual_noise(uint32_t resolution_px);
/* Index of the model with this name, UINT32_MAX if there is none. */
uint32_t pl__sim_pool_find(const pl_sim_pool *pool, pl_view name);
/* An empty pool with room for n models; NULL on refusal. */
pl_sim_pool *pl__sim_pool_new(uint32_t n_models, uint64_t seed);
/* Sets the names of model i (NULL family: the default one) and its family's style. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_pool_name_model(pl_sim_pool *pool, uint32_t i, const char *name, const char *family,
                                               pl_error *reterr);

#endif
