#include "alloc.h"
#include "error.h"
#include "str.h"
#include "tally.h"

#include <string.h>

#define LIST_LIMIT_BYTES ((size_t)1 << 20)

static pl_status no_such_judge(const pl_rank_input *in, pl_error *reterr)
{
    pl_str list;
    pl__str_init(&list, LIST_LIMIT_BYTES);
    pl_status rc = PL_OK;
    for (uint32_t i = 0; i < in->n_models && !rc; i++) {
        uint32_t m = in->order[i];
        if (pl_peer_table_is_judge(in->table, m))
            rc = pl__str_appendf(&list, "%s%s", list.len > 0 ? ", " : "", in->models[m]);
    }
    if (rc == PL_E_NOMEM)
        rc = pl__fail(reterr, rc, "the names of the judges");
    else
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "nothing judged by \"%s\"; judges are: %s", in->argument,
                      list.len > 0 ? pl__str_c(&list) : "none");
    pl__str_clear(&list);
    return rc;
}

pl_status pl__rank_single(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    size_t n = in->n_models;
    uint32_t judge = 0;
    while (judge < n && strcmp(in->models[judge], in->argument) != 0)
        judge++;
    if (judge == n || !pl_peer_table_is_judge(in->table, judge))
        return no_such_judge(in, reterr);

    pl_tally tally = {0};
    pl_ranking *r = pl__ranking_new(in->n_models, false);
    if (!r || pl__tally_init(&tally, in)) {
        pl_ranking_free(r);
        return pl__fail(reterr, PL_E_NOMEM, "scores of %u models", in->n_models);
    }
    for (size_t m = 0; m < n; m++) {
        if (tally.count[m * n + judge] > 0.0)
            r->scores[m] = tally.won[m * n + judge] / tally.count[m * n + judge];
    }
    pl__tally_clear(&tally);
    *ret = r;
    return PL_OK;
}
