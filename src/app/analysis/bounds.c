/* Best and worst cases: what a model's score would be if every missing verdict of its pairs had gone its way, or
 * against it. The missing verdicts of other pairs stay missing. */
#include "bounds.h"

#include "alloc.h"
#include "error.h"
#include <math.h>
#include <string.h>

static void impute(const pl_judgment_set *set, uint32_t model, bool wins, pl_judgment *rows)
{
    memcpy(rows, set->rows, set->n_rows * sizeof(*rows));
    for (size_t i = 0; i < set->n_rows; i++) {
        if (rows[i].verdict != PL_VERDICT_MISSING || (rows[i].a != model && rows[i].b != model))
            continue;
        rows[i].verdict = (uint8_t)((rows[i].a == model) == wins ? PL_VERDICT_A : PL_VERDICT_B);
        rows[i].missing = PL_MISSING_NOT;
    }
}

static pl_status one_case(const pl_judgment_set *set, const pl_peer_opts *peer, const pl_rank_opts *rank,
                          uint32_t model, pl_method_result *methods, size_t n_methods, bool wins, pl_error *reterr)
{
    pl_peer_table *table = NULL;
    pl_status rc = pl_peer_table_build(set, peer, &table, reterr);

    for (size_t k = 0; k < n_methods && rc == PL_OK; k++) {
        pl_ranking *ranking = NULL;

        rc = pl_rank_run(methods[k].name, table, set->models, rank, &ranking, reterr);
        if (rc == PL_OK)
            (wins ? methods[k].high : methods[k].low)[model] = pl_ranking_scores(ranking)[model];
        pl_ranking_free(ranking);
    }
    pl_peer_table_free(table);
    return rc;
}

pl_status pl__bounds(pl_arena *arena, const pl_judgment_set *set, const pl_peer_opts *peer, const pl_rank_opts *rank,
                     pl_method_result *methods, size_t n_methods, pl_error *reterr)
{
    pl_judgment_set imputed = *set;
    pl_judgment *rows = pl__calloc(set->n_rows, sizeof(*rows));
    pl_status rc = PL_OK;

    if (!rows)
        return pl__fail(reterr, PL_E_NOMEM, "bounds");
    for (size_t k = 0; k < n_methods; k++) {
        methods[k].low = pl__arena_calloc(arena, set->n_models, sizeof(double));
        methods[k].high = pl__arena_calloc(arena, set->n_models, sizeof(double));
        if (!methods[k].low || !methods[k].high) {
            rc = pl__fail(reterr, PL_E_NOMEM, "bounds");
            goto out;
        }
    }
    imputed.rows = rows;
    for (uint32_t model = 0; model < set->n_models && rc == PL_OK; model++) {
        for (int wins = 0; wins < 2 && rc == PL_OK; wins++) {
            impute(set, model, wins, rows);
            rc = one_case(&imputed, peer, rank, model, methods, n_methods, wins, reterr);
        }
    }
out:
    pl__free(rows);
    return rc;
}
