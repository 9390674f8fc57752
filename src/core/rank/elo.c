/* Elo's ratings (1978) as used for chat arenas: sequential, so that the order of the verdicts matters. */
#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>

#define ELO_K 32.0
#define ELO_SCALE 400.0
#define ELO_BASE 10.0
#define ELO_START 1000.0

/* Mean weight of the ballots that count: a verdict of that weight moves a rating by K at most. 0 without any. */
static double mean_weight(const pl_rank_input *in, const pl_ballot *ballots, size_t n)
{
    double sum = 0.0;
    double counted = 0.0;
    for (size_t i = 0; i < n; i++) {
        if (!pl__ballot_counts(&ballots[i], in->opts))
            continue;
        sum += ballots[i].weight;
        counted += 1.0;
    }
    return counted > 0.0 ? sum / counted : 0.0;
}

pl_status pl__rank_elo(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    size_t n = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(in->table, &n);
    double unit = mean_weight(in, ballots, n);
    pl_ranking *r = pl__ranking_new(in->n_models, false);
    if (!r)
        return pl__fail(reterr, PL_E_NOMEM, "ratings of %u models", in->n_models);
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *v = &ballots[i];
        if (!pl__ballot_counts(v, in->opts))
            continue;
        double a = isnan(r->scores[v->a]) ? ELO_START : r->scores[v->a];
        double b = isnan(r->scores[v->b]) ? ELO_START : r->scores[v->b];
        /* From the higher rating's side, so that it makes no difference which of the two is called a. */
        bool a_leads = a >= b;
        double expected = 1.0 / (1.0 + pow(ELO_BASE, -fabs(a - b) / ELO_SCALE));
        double score = a_leads ? v->a_score : 1.0 - v->a_score;
        double gain = ELO_K * (v->weight / unit) * (score - expected);
        r->scores[v->a] = a_leads ? a + gain : a - gain;
        r->scores[v->b] = a_leads ? b - gain : b + gain;
    }
    if (unit > 0.0 && pl__ranking_warn(r, "ratings depend on the order of the verdicts, which is that of the names and "
                                          "ids here; bt knows no order")) {
        pl_ranking_free(r);
        return pl__fail(reterr, PL_E_NOMEM, "a warning");
    }
    *ret = r;
    return PL_OK;
}
