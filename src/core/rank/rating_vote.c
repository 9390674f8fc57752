/* Rating through voting (Allahbakhsh and Ignjatovic 2012, alpha = 1): judges are trusted as far as others vote like
 * them. A poll is one pair of answers to one item, with the options a, tie and b:
 *
 *   rho[l][o] = S[l][o] / sqrt(sum over o' of S[l][o']^2), S[l][o] = sum over r of v[l][r][o] T[r]
 *   T[r]      = sum over l and o of v[l][r][o] rho[l][o]
 *
 * where v is the weight of r's ballots for o (1 for a judge that says one thing, by the unit of weight). Each step
 * maximises sum over l of |S[l]| in one argument, so that the iteration climbs. */
#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>

#define SETTLED 1e-10
#define ITERATIONS_MAX 10000u
#define OPTIONS 3

typedef struct vote {
    uint32_t poll;
    uint32_t judge;
    uint8_t option; /* 0: a, 1: tie, 2: b */
    double weight;  /* at most 1 */
} vote;

typedef struct poll {
    uint32_t a;
    uint32_t b;
    double rho[OPTIONS];
    double sum[OPTIONS];
} poll;

typedef struct voting {
    const pl_rank_input *in;
    vote *votes; /* sorted by poll */
    size_t n_votes;
    poll *polls;
    size_t n_polls;
    double *trust;  /* n_models, largest 1 */
    bool *judges;   /* n_models: those with a vote */
    bool compared;  /* does any poll have two judges? */
    uint32_t steps; /* taken */
    double change;  /* the last one's largest, in rho */
} voting;

static uint8_t option_of(const pl_ballot *v)
{
    if (v->a_score > 0.75)
        return 0;
    return v->a_score < 0.25 ? 2 : 1;
}

static void collect(voting *v)
{
    size_t n = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(v->in->table, &n);
    const pl_ballot *before = NULL;
    double largest = 0.0;
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *x = &ballots[i];
        if (!pl__ballot_counts(x, v->in->opts))
            continue;
        bool same = before && before->item == x->item && before->a == x->a && before->b == x->b;
        if (!same)
            v->polls[v->n_polls++] = (poll){.a = x->a, .b = x->b};
        v->compared = v->compared || (same && before->judge != x->judge);
        v->votes[v->n_votes++] =
            (vote){.poll = (uint32_t)(v->n_polls - 1), .judge = x->judge, .option = option_of(x), .weight = x->weight};
        v->judges[x->judge] = true;
        v->trust[x->judge] = 1.0;
        largest = fmax(largest, x->weight);
        before = x;
    }
    for (size_t i = 0; i < v->n_votes; i++)
        v->votes[i].weight /= largest;
}

/* rho of the present trust; returns its largest change. */
static double rate_options(voting *v)
{
    double change = 0.0;
    for (size_t l = 0; l < v->n_polls; l++)
        v->polls[l].sum[0] = v->polls[l].sum[1] = v->polls[l].sum[2] = 0.0;
    for (size_t i = 0; i < v->n_votes; i++)
        v->polls[v->votes[i].poll].sum[v->votes[i].option] += v->votes[i].weight * v->trust[v->votes[i].judge];
    for (size_t l = 0; l < v->n_polls; l++) {
        poll *p = &v->polls[l];
        double largest = fmax(p->sum[0], fmax(p->sum[1], p->sum[2])); /* squares of tiny weights would vanish */
        double scaled[OPTIONS];
        for (size_t o = 0; o < OPTIONS; o++)
            scaled[o] = largest > 0.0 ? p->sum[o] / largest : 0.0;
        /* a and b first: it must make no difference which of the two is called a. */
        double norm = scaled[0] * scaled[0] + scaled[2] * scaled[2] + scaled[1] * scaled[1];
        for (size_t o = 0; o < OPTIONS; o++) {
            double rho = norm > 0.0 ? scaled[o] / sqrt(norm) : 0.0;
            change = fmax(change, fabs(rho - p->rho[o]));
            p->rho[o] = rho;
        }
    }
    return change;
}

static void trust_judges(voting *v)
{
    double largest = 0.0;
    for (uint32_t r = 0; r < v->in->n_models; r++)
        v->trust[r] = 0.0;
    for (size_t i = 0; i < v->n_votes; i++)
        v->trust[v->votes[i].judge] += v->votes[i].weight * v->polls[v->votes[i].poll].rho[v->votes[i].option];
    for (uint32_t r = 0; r < v->in->n_models; r++)
        largest = fmax(largest, v->trust[r]);
    for (uint32_t r = 0; r < v->in->n_models && largest > 0.0; r++)
        v->trust[r] /= largest; /* rho does not mind a common factor */
}

static void iterate(voting *v)
{
    for (v->steps = 0; v->steps < ITERATIONS_MAX;) {
        v->change = rate_options(v);
        v->steps++;
        trust_judges(v);
        if (v->change < SETTLED)
            break;
    }
}

/* Weights: trust of mean 1 over the judges. */
static pl_status report(const voting *v, double *won, double *total, pl_ranking *r)
{
    double sum = 0.0;
    uint32_t n_judges = 0;
    for (size_t l = 0; l < v->n_polls; l++) {
        const poll *p = &v->polls[l];
        double all = p->rho[0] + p->rho[2] + p->rho[1];
        won[p->a] += p->rho[0] + 0.5 * p->rho[1];
        won[p->b] += p->rho[2] + 0.5 * p->rho[1];
        total[p->a] += all;
        total[p->b] += all;
    }
    for (uint32_t i = 0; i < v->in->n_models; i++) {
        uint32_t m = v->in->order[i];
        if (total[m] > 0.0)
            r->scores[m] = won[m] / total[m];
        if (v->judges[m]) {
            sum += v->trust[m];
            n_judges++;
        }
    }
    for (uint32_t m = 0; m < v->in->n_models; m++) {
        if (v->judges[m])
            r->weights[m] = v->trust[m] * n_judges / sum;
    }
    if (v->n_votes > 0 && !v->compared)
        return pl__ranking_warn(r, "every question has one judge, so nobody votes like anyone: this is peer-review, "
                                   "but for pairs that were judged differently in their two orders");
    if (!(v->change < SETTLED))
        return pl__ranking_warn(r, "trust has not settled after %u iterations", v->steps);
    return PL_OK;
}

pl_status pl__rank_rating_vote(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    size_t n = 0;
    (void)pl_peer_table_ballots(in->table, &n);
    pl_status rc = PL_OK;
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    double *won = pl__calloc(in->n_models, sizeof(*won));
    double *total = pl__calloc(in->n_models, sizeof(*total));
    voting v = {.in = in,
                .votes = pl__calloc(n, sizeof(*v.votes)),
                .polls = pl__calloc(n, sizeof(*v.polls)),
                .trust = pl__calloc(in->n_models, sizeof(*v.trust)),
                .judges = pl__calloc(in->n_models, sizeof(*v.judges))};

    if (!r || !won || !total || !v.votes || !v.polls || !v.trust || !v.judges) {
        rc = pl__fail(reterr, PL_E_NOMEM, "votes of %u models", in->n_models);
        goto out;
    }
    collect(&v);
    iterate(&v);
    if (report(&v, won, total, r)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a warning");
        goto out;
    }
    *ret = r;
    r = NULL;
out:
    pl__free(won);
    pl__free(total);
    pl__free(v.votes);
    pl__free(v.polls);
    pl__free(v.trust);
    pl__free(v.judges);
    pl_ranking_free(r);
    return rc;
}
