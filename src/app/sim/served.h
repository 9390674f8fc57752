#ifndef PL_SIM_SERVED_H
#define PL_SIM_SERVED_H

#include "call_log.h"
#include "dialect.h"
#include "faults.h"

/* The server's own count of what it did to whom. Used by several threads. */
typedef struct pl_sim_served pl_sim_served;

/* How one request ended, as a careful client sees it. */
typedef struct pl_sim_result {
    uint32_t model; /* UINT32_MAX: none of the pool's */
    pl_sim_dialect_id dialect;
    pl_sim_fault fault;
    pl_outcome outcome;
} pl_sim_result;

/* pool is borrowed. NULL on refusal. */
pl_sim_served *pl__sim_served_new(const pl_sim_pool *pool);
void pl__sim_served_free(pl_sim_served *served);
void pl__sim_served_add(pl_sim_served *served, const pl_sim_result *result);
uint64_t pl__sim_served_responses(const pl_sim_served *served); /* answers of any kind that left whole */
/* Appends the counts as JSON. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_served_write(const pl_sim_served *served, const pl_sim_call_counts *calls, pl_str *out);

#endif
