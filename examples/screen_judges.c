/* Judges have habits. This program gives two judges the same pairs in both orders. One of them takes whatever is shown
 * first. The library says so, and the ranking is computed with and without it. What the numbers cannot say stands in
 * the warnings.
 */
#include <math.h>
#include <peerless/rank.h>
#include <stdio.h>

enum { GOOD, FAIR, POOR, NEWCOMER, CAREFUL, HASTY, N_MODELS };
enum { N_ITEMS = 8, N_PAIRS = 3, N_JUDGES = 2, N_ORDERS = 2 };
enum { N_ROWS = N_ITEMS * N_PAIRS * N_JUDGES * N_ORDERS + 1 };

static const char *const models[N_MODELS] = {"good", "fair", "poor", "newcomer", "careful", "hasty"};
static const char *const photos[N_ITEMS] = {"1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "7.jpg", "8.jpg"};
static const char *const criteria[] = {"correctness"};
static const uint32_t pairs[N_PAIRS][2] = {{GOOD, FAIR}, {GOOD, POOR}, {FAIR, POOR}};

/* In each pair the better model is the one with the smaller index, except on the last photo. */
static pl_verdict careful_verdict(uint32_t item, uint32_t first, uint32_t second)
{
    bool first_is_better = item + 1 < N_ITEMS ? first < second : first > second;
    return first_is_better ? PL_VERDICT_A : PL_VERDICT_B;
}

static void fill_rows(pl_judgment rows[N_ROWS])
{
    size_t n = 0;
    for (uint32_t item = 0; item < N_ITEMS; item++)
        for (size_t pair = 0; pair < N_PAIRS; pair++)
            for (size_t order = 0; order < N_ORDERS; order++)
                for (uint32_t judge = CAREFUL; judge <= HASTY; judge++) {
                    uint32_t a = pairs[pair][order], b = pairs[pair][1 - order];
                    pl_verdict verdict = judge == HASTY ? PL_VERDICT_A : careful_verdict(item, a, b);
                    rows[n++] = (pl_judgment){.item = item,
                                              .image = item,
                                              .judge = judge,
                                              .a = a,
                                              .b = b,
                                              .verdict = (uint8_t)verdict,
                                              .weight = 1.0};
                }
    /* The only pair with the newcomer in it was refused: nothing is known about it. */
    rows[n] = (pl_judgment){.judge = CAREFUL,
                            .a = GOOD,
                            .b = NEWCOMER,
                            .verdict = PL_VERDICT_MISSING,
                            .missing = PL_MISSING_REFUSED,
                            .weight = 1.0};
}

static pl_status rank_without(const pl_judgment_set *set, const bool exclude[N_MODELS], pl_error *reterr)
{
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_peer_table *table = NULL;
    pl_ranking *ranking = NULL;

    peer.pair_orders = true; /* both orders of a pair were asked: average them, drop halves */
    peer.exclude_judges = exclude;
    pl_status rc = pl_peer_table_build(set, &peer, &table, reterr);
    if (!rc)
        rc = pl_rank_run("peer-review", table, models, NULL, &ranking, reterr);
    if (!rc) {
        const double *scores = pl_ranking_scores(ranking);
        for (uint32_t i = 0; i <= NEWCOMER; i++) {
            if (isnan(scores[i]))
                printf("  %-8s undefined\n", models[i]);
            else
                printf("  %-8s %.4f\n", models[i], scores[i]);
        }
        size_t n_warnings = 0;
        const char *const *warnings = pl_ranking_warnings(ranking, &n_warnings);
        for (size_t i = 0; i < n_warnings; i++)
            printf("  warning: %s\n", warnings[i]);
    }
    pl_ranking_free(ranking);
    pl_peer_table_free(table);
    return rc;
}

int main(void)
{
    pl_error err = {0};
    pl_judgment rows[N_ROWS];
    pl_judge_report reports[N_MODELS];
    bool nobody[N_MODELS] = {false}, flagged[N_MODELS] = {false};

    fill_rows(rows);
    pl_judgment_set set = {.models = models,
                           .n_models = N_MODELS,
                           .items = photos,
                           .n_items = N_ITEMS,
                           .images = photos,
                           .n_images = N_ITEMS,
                           .criteria = criteria,
                           .n_criteria = 1,
                           .rows = rows,
                           .n_rows = N_ROWS};

    if (pl_judge_reports(&set, reports, &err))
        goto out;
    for (uint32_t i = CAREFUL; i <= HASTY; i++) {
        const pl_judge_report *r = &reports[i];
        printf("%s: %u of %u verdicts for the answer shown first; same winner in both orders: %u of %u pairs%s%s\n",
               models[i], (unsigned)r->first, (unsigned)r->usable, (unsigned)r->swap_consistent,
               (unsigned)r->swap_pairs, r->flags & PL_FLAG_POSITION ? "; POSITION" : "",
               r->flags & PL_FLAG_INCONSISTENT ? "; INCONSISTENT" : "");
        flagged[i] = r->flags != 0;
    }
    printf("all judges\n");
    if (rank_without(&set, nobody, &err))
        goto out;
    printf("without flagged judges\n");
    if (rank_without(&set, flagged, &err))
        goto out;
out:
    if (err.code)
        fprintf(stderr, "%s: %s\n", pl_status_text(err.code), err.msg);
    return err.code == PL_OK ? 0 : 1;
}
