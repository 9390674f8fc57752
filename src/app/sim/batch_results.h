#ifndef PL_SIM_BATCH_RESULTS_H
#define PL_SIM_BATCH_RESULTS_H

#include "batch_api.h"

/* What becomes of the requests of a batch. */
typedef struct pl_sim_batch_counts {
    size_t succeeded;
    size_t errored;
    size_t expired;
} pl_sim_batch_counts;

typedef struct pl_sim_batch_work {
    const pl_sim_batches_opts *opts;
    const pl_sim_dialect *dialect;
    const pl_httpd_request *request; /* whose headers count */
    uint64_t number;                 /* of the batch */
    pl_str output;
    pl_str errors; /* OpenAI has them apart */
    pl_sim_batch_counts counts;
} pl_sim_batch_work;

/* Answers every line {"custom_id":…,"body":…}. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_batch_answer(pl_sim_batch_work *work, pl_view lines);
/* Appends such lines for Anthropic's list of {"custom_id":…,"params":…}. */
PL_NODISCARD pl_status pl__sim_batch_lines(const json_t *list, pl_str *out);
/* Leading digits. */
bool pl__sim_batch_number(const char *text, uint64_t *ret);
/* In [0, 1), of nothing but its arguments. */
double pl__sim_batch_draw(uint64_t seed, const char *what, pl_view id, uint64_t number);

#endif
