/* What is accepted passes the set's own check, or contradicts itself; then tables, signals and rankings of it are made
 * and hold no number that is infinite. Lenient reading takes what strict reading takes. */
#include "error.h"
#include "records.h"
#include <peerless/answers.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 4096u

static void check_signal(const pl_answer_table *t, const char *name)
{
    static double values[CELLS_MAX];
    static double upper[CELLS_MAX];
    size_t n = (size_t)pl_answer_table_n_models(t) * pl_answer_table_n_items(t);
    pl_error err = {0};
    pl_status rc = pl_answer_signal_values(t, name, values, upper, &err);
    PL_ASSERT(rc == PL_OK || rc == PL_E_UNSUPPORTED);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        PL_ASSERT(isnan(values[i]) || isfinite(values[i]));
}

static void check_accepted(const pl_response_set *set)
{
    pl_answer_opts opts = PL_ANSWER_OPTS_INIT;
    pl_answer_table *t = NULL;
    pl_error err = {0};
    size_t n = 0;
    pl_status rc = pl_answer_table_build(set, &opts, &t, &err);
    PL_ASSERT((rc == PL_OK) == (t != NULL));
    PL_ASSERT(rc == PL_OK || rc == PL_E_CONFLICT || rc == PL_E_LIMIT);
    if (!t || (size_t)set->n_models * set->n_items > CELLS_MAX) {
        pl_answer_table_free(t);
        return;
    }
    const pl_answer_signal *signals = pl_answer_signals(&n);
    for (size_t k = 0; k < n; k++)
        check_signal(t, signals[k].name);
    pl_ranking *r = NULL;
    rc = pl_answer_rank_run("within", t, NULL, &r, &err);
    PL_ASSERT(rc == PL_OK && r);
    pl_ranking_free(r);
    pl_answer_table_free(t);
    t = NULL;
    opts.prior = PL_PRIOR_CORRECTED;
    rc = pl_answer_table_build(set, &opts, &t, &err);
    PL_ASSERT(rc == PL_OK);
    pl_answer_table_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_response_log *strict = NULL;
    pl_response_log *lenient = NULL;
    pl_error err = {0};

    pl_status rc = pl__records_parse_responses("f", text, false, &strict, &err);
    PL_ASSERT((rc == PL_OK) == (strict != NULL));
    if (strict)
        check_accepted(pl__response_log_set(strict));
    pl_status rc_skip = pl__records_parse_responses("f", text, true, &lenient, &err);
    PL_ASSERT((rc_skip == PL_OK) == (lenient != NULL));
    if (lenient) {
        check_accepted(pl__response_log_set(lenient));
        PL_ASSERT((rc == PL_OK) == (pl__response_log_bad_lines(lenient) == 0));
    }
    pl__response_log_free(strict);
    pl__response_log_free(lenient);
    return 0;
}
