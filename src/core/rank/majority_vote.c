#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>

/* Sums of the same ballot weights in another order may differ in the last bits: votes this close are equal. */
#define EQUAL_VOTES 1e-9

/* The votes on one pair of answers to one item. */
typedef struct poll {
    double for_a;
    double for_b;
    double tie;
    uint32_t judge;
    bool several_judges;
} poll;

static void add_vote(poll *p, const pl_ballot *v)
{
    if (p->for_a + p->for_b + p->tie > 0.0)
        p->several_judges = p->several_judges || p->judge != v->judge;
    p->judge = v->judge;
    if (v->a_score > 0.75)
        p->for_a += v->weight;
    else if (v->a_score < 0.25)
        p->for_b += v->weight;
    else
        p->tie += v->weight;
}

/* 1, 1/2 or 0 for a: the option with most votes; where two options share the lead it is a tie. */
static double plurality(const poll *p)
{
    double margin = EQUAL_VOTES * (p->for_a + p->for_b + p->tie);
    if (p->for_a > p->for_b + margin && p->for_a > p->tie + margin)
        return 1.0;
    if (p->for_b > p->for_a + margin && p->for_b > p->tie + margin)
        return 0.0;
    return 0.5;
}

pl_status pl__rank_majority_vote(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    size_t n_ballots = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(in->table, &n_ballots);
    pl_ranking *r = pl__ranking_new(in->n_models, false);
    double *polls = pl__calloc(in->n_models, sizeof(*polls)); /* how many each candidate stood in */
    double *won = pl__calloc(in->n_models, sizeof(*won));
    bool several_judges = false;
    bool any = false;
    pl_status rc = PL_OK;
    size_t end = 0;

    if (!r || !polls || !won) {
        rc = pl__fail(reterr, PL_E_NOMEM, "scores of %u models", in->n_models);
        goto out;
    }
    for (size_t i = 0; i < n_ballots; i = end) { /* the ballots are sorted by (item, pair) */
        const pl_ballot *first = &ballots[i];
        poll p = {0};
        for (end = i; end < n_ballots && ballots[end].item == first->item && ballots[end].a == first->a &&
                      ballots[end].b == first->b;
             end++) {
            if (pl__ballot_counts(&ballots[end], in->opts))
                add_vote(&p, &ballots[end]);
        }
        if (!(p.for_a + p.for_b + p.tie > 0.0))
            continue;
        double a_score = plurality(&p);
        won[first->a] += a_score;
        won[first->b] += 1.0 - a_score;
        polls[first->a] += 1.0;
        polls[first->b] += 1.0;
        several_judges = several_judges || p.several_judges;
        any = true;
    }
    for (uint32_t m = 0; m < in->n_models; m++) {
        if (polls[m] > 0.0)
            r->scores[m] = won[m] / polls[m];
    }
    if (any && !several_judges &&
        pl__ranking_warn(r, "every question has one judge, so there is no majority to take: this is peer-review, with "
                            "each pair rounded to a win, a tie or a loss")) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a warning");
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    pl__free(polls);
    pl__free(won);
    pl_ranking_free(r);
    return rc;
}
