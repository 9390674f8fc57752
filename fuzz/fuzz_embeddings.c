/* Same input, same result; what is accepted is sorted, of one length and finite. */
#include "embedding_log.h"
#include "error.h"

#include <math.h>
#include <string.h>

static void check_row(const pl_embedding_set *set, size_t i)
{
    PL_ASSERT(set->datasets[i] < set->n_datasets);
    for (size_t k = 0; k < set->dims; k++)
        PL_ASSERT(fabs(set->vectors[i][k]) <= PL_EMBEDDING_ABS_MAX);
    if (i == 0)
        return;
    PL_ASSERT(set->datasets[i - 1] <= set->datasets[i]);
    PL_ASSERT(set->datasets[i - 1] < set->datasets[i] || strcmp(set->items[i - 1], set->items[i]) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_embedding_log *log = NULL;
    pl_embedding_log *again = NULL;
    pl_error err = {0};
    pl_error err_again = {0};

    pl_status rc = pl__embeddings_parse("e", text, &log, &err);
    pl_status rc_again = pl__embeddings_parse("e", text, &again, &err_again);
    PL_ASSERT(rc == rc_again && strcmp(err.msg, err_again.msg) == 0);
    PL_ASSERT((rc == PL_OK) == (log != NULL));
    (void)rc_again;
    for (size_t i = 0; rc == PL_OK && i < pl__embedding_log_set(log)->n; i++)
        check_row(pl__embedding_log_set(log), i);
    pl__embedding_log_free(log);
    pl__embedding_log_free(again);
    return 0;
}
