#include "served.h"

#include "alloc.h"
#include "dialects.h"

#include <stdatomic.h>

static const pl_outcome outcomes[] = {
    PL_OUTCOME_ANSWERED,     PL_OUTCOME_CUT_OFF,   PL_OUTCOME_REFUSED,      PL_OUTCOME_EMPTY,
    PL_OUTCOME_BAD_REQUEST,  PL_OUTCOME_AUTH,      PL_OUTCOME_QUOTA,        PL_OUTCOME_NOT_FOUND,
    PL_OUTCOME_RATE_LIMITED, PL_OUTCOME_TIMED_OUT, PL_OUTCOME_SERVER_ERROR, PL_OUTCOME_UNREACHABLE,
    PL_OUTCOME_GARBLED,
};
#define OUTCOMES (sizeof(outcomes) / sizeof(outcomes[0]))

struct pl_sim_served {
    const pl_sim_pool *pool;
    atomic_uint_fast64_t *n; /* [model, the last for unknown ones][dialect][fault][outcome] */
};

static size_t models_of(const pl_sim_served *served)
{
    return (size_t)served->pool->n_models + 1;
}

static atomic_uint_fast64_t *cell(const pl_sim_served *served, size_t model, size_t dialect, size_t fault,
                                  size_t outcome)
{
    return &served->n[((model * PL_SIM_DIALECTS + dialect) * PL_SIM_FAULTS + fault) * OUTCOMES + outcome];
}

pl_sim_served *pl__sim_served_new(const pl_sim_pool *pool)
{
    pl_sim_served *served = pl__calloc(1, sizeof(*served));
    if (!served)
        return NULL;
    served->pool = pool;
    size_t cells = models_of(served) * PL_SIM_DIALECTS * PL_SIM_FAULTS * OUTCOMES;
    served->n = pl__calloc(cells, sizeof(*served->n));
    if (!served->n) {
        pl__free(served);
        return NULL;
    }
    for (size_t i = 0; i < cells; i++)
        atomic_init(&served->n[i], 0);
    return served;
}

void pl__sim_served_free(pl_sim_served *served)
{
    if (!served)
        return;
    pl__free(served->n);
    pl__free(served);
}

void pl__sim_served_add(pl_sim_served *served, const pl_sim_result *result)
{
    size_t model = result->model < served->pool->n_models ? result->model : served->pool->n_models;
    size_t outcome = 0;
    while (outcome + 1 < OUTCOMES && outcomes[outcome] != result->outcome)
        outcome++;
    atomic_fetch_add(cell(served, model, (size_t)result->dialect, (size_t)result->fault, outcome), 1);
}

/* Sums all cells, or those of one outcome. */
static uint64_t sum_of(const pl_sim_served *served, size_t outcome)
{
    uint64_t sum = 0;
    for (size_t m = 0; m < models_of(served); m++)
        for (size_t d = 0; d < PL_SIM_DIALECTS; d++)
            for (size_t f = 0; f < PL_SIM_FAULTS; f++)
                sum += (uint64_t)atomic_load(cell(served, m, d, f, outcome));
    return sum;
}

uint64_t pl__sim_served_responses(const pl_sim_served *served)
{
    uint64_t sum = 0;
    for (size_t o = 0; o < OUTCOMES; o++) {
        if (pl__outcome_is_response(outcomes[o]))
            sum += sum_of(served, o);
    }
    return sum;
}

static pl_status write_row(const pl_sim_served *served, size_t m, size_t d, size_t f, size_t o, uint64_t n, bool first,
                           pl_str *out)
{
    pl_status rc = pl__str_append_c(out, first ? "\n{\"model\":" : ",\n{\"model\":");
    if (!rc && m < served->pool->n_models)
        rc = pl__sim_write_string(pl__view(pl__sim_pool_name(served->pool, (uint32_t)m)), out);
    else if (!rc)
        rc = pl__str_append_c(out, "null");
    return rc ? rc
              : pl__str_appendf(out, ",\"dialect\":\"%s\",\"fault\":\"%s\",\"outcome\":\"%s\",\"n\":%llu}",
                                pl__sim_dialect_at((uint32_t)d)->name, pl__sim_fault_name((pl_sim_fault)f),
                                pl__outcome_name(outcomes[o]), (unsigned long long)n);
}

static pl_status write_rows(const pl_sim_served *served, pl_str *out)
{
    pl_status rc = PL_OK;
    bool first = true;
    size_t n_cells = models_of(served) * PL_SIM_DIALECTS * PL_SIM_FAULTS * OUTCOMES;
    for (size_t i = 0; !rc && i < n_cells; i++) {
        uint64_t n = (uint64_t)atomic_load(&served->n[i]);
        size_t rest = i / OUTCOMES;
        if (n == 0)
            continue;
        rc = write_row(served, rest / PL_SIM_FAULTS / PL_SIM_DIALECTS, rest / PL_SIM_FAULTS % PL_SIM_DIALECTS,
                       rest % PL_SIM_FAULTS, i % OUTCOMES, n, first, out);
        first = false;
    }
    return rc;
}

pl_status pl__sim_served_write(const pl_sim_served *served, const pl_sim_call_counts *calls, pl_str *out)
{
    uint64_t requests = 0;
    bool first = true;
    for (size_t o = 0; o < OUTCOMES; o++)
        requests += sum_of(served, o);
    pl_status rc = pl__str_appendf(
        out, "{\"requests\":%llu,\"calls\":%llu,\"attempts\":%llu,\"attempts_max\":%u,\"early\":%llu,\n\"outcomes\":{",
        (unsigned long long)requests, (unsigned long long)calls->calls, (unsigned long long)calls->attempts,
        (unsigned)calls->attempts_max, (unsigned long long)calls->early);
    for (size_t o = 0; !rc && o < OUTCOMES; o++) {
        uint64_t n = sum_of(served, o);
        if (n == 0)
            continue;
        rc = pl__str_appendf(out, "%s\"%s\":%llu", first ? "" : ",", pl__outcome_name(outcomes[o]),
                             (unsigned long long)n);
        first = false;
    }
    if (!rc)
        rc = pl__str_append_c(out, "},\n\"rows\":[");
    if (!rc)
        rc = write_rows(served, out);
    return rc ? rc : pl__str_append_c(out, "]}\n");
}
