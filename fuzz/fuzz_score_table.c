/* Same input, same result; what is accepted has names for all, and scores that are finite or missing. */
#include "error.h"
#include "score_table.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_score_table table = {0};
    pl_score_table again = {0};
    pl_error err = {0};
    pl_error err_again = {0};

    pl_status rc = pl__score_table_parse("s", text, &table, &err);
    pl_status rc_again = pl__score_table_parse("s", text, &again, &err_again);
    PL_ASSERT(rc == rc_again && strcmp(err.msg, err_again.msg) == 0);
    PL_ASSERT((rc == PL_OK) == (table.datasets != NULL));
    (void)rc_again;
    for (size_t i = 0; i < table.n_models; i++)
        PL_ASSERT(table.models[i] && strcmp(table.models[i], again.models[i]) == 0);
    for (size_t i = 0; i < table.n_models * table.n_datasets; i++)
        PL_ASSERT(isnan(table.scores[i]) || isfinite(table.scores[i]));
    pl__score_table_clear(&table);
    pl__score_table_clear(&again);
    return 0;
}
