/* Verdicts as noisy labels of what really came out (Dawid and Skene 1979, section 3, by EM).
 *
 * 1. A task is one pair of answers to one item as shown, under one criterion; its outcome is that the first wins, a
 *    tie, or that the second wins. Tasks and votes stand in an order that depends on their content alone.
 * 2. A task weighs as its heaviest ballot; within a task votes count relative to that one. So neither gamma nor the
 *    number of orders changes a posterior. */
#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-10 /* on the change of any probability */
#define ITERATIONS_MAX 10000
#define VOTES_MAX 2000000000.0 /* that are looked at, over all iterations: a minute or so */
#define OUTCOMES 3u            /* first, tie, second */

typedef struct task {
    uint32_t first; /* the model shown first */
    uint32_t second;
    uint32_t criterion;
    double weight;
    size_t n_votes;
    double posterior[OUTCOMES];
    double top; /* the votes' likelihood is exp(top) sum */
    double sum;
} task;

typedef struct vote {
    uint32_t task;
    uint32_t judge;
    uint32_t label;
    double weight;
} vote;

typedef struct em {
    bool one_coin;
    uint32_t n_models;
    task *tasks;
    size_t n_tasks;
    vote *votes; /* by task */
    size_t n_votes;
    bool several_voters;
    double prior[OUTCOMES];
    double *confusion; /* [judge][outcome][label]; sums, then probabilities */
    double *logs;      /* their logarithms */
    double *given;     /* by judge: weight of the votes */
} em;

static bool same_pair(const pl_ballot *x, const pl_ballot *y)
{
    return x->item == y->item && x->a == y->a && x->b == y->b;
}

/* The vote's task among those of its block, [from, n_tasks); a new one if it is the first. */
static uint32_t find_task(em *e, size_t from, const pl_ballot *v)
{
    uint32_t first = v->a_first ? v->a : v->b;
    for (size_t t = from; t < e->n_tasks; t++) {
        if (e->tasks[t].first == first && e->tasks[t].criterion == v->criterion)
            return (uint32_t)t;
    }
    e->tasks[e->n_tasks] = (task){.first = first, .second = v->a_first ? v->b : v->a, .criterion = v->criterion};
    return (uint32_t)e->n_tasks++;
}

static uint32_t label_of(const pl_ballot *v)
{
    double first_score = v->a_first ? v->a_score : 1.0 - v->a_score;
    if (first_score > 0.75)
        return 0;
    return first_score < 0.25 ? 2 : 1;
}

/* votes come in the order of the ballots, and are then sorted by task, keeping that order. */
static void list_votes(em *e, const pl_rank_input *in, vote *unsorted)
{
    size_t n_ballots = 0;
    const pl_ballot *ballots = pl_peer_table_ballots(in->table, &n_ballots);
    size_t from = 0;
    size_t n = 0;
    for (size_t i = 0; i < n_ballots; i++) {
        const pl_ballot *v = &ballots[i];
        if (i > 0 && !same_pair(v, &ballots[i - 1]))
            from = e->n_tasks;
        if (!pl__ballot_counts(v, in->opts))
            continue;
        vote x = {.task = find_task(e, from, v), .judge = v->judge, .label = label_of(v)};
        x.weight = pl__ballot_weight(v, in);
        e->tasks[x.task].weight = fmax(e->tasks[x.task].weight, x.weight);
        e->tasks[x.task].n_votes++;
        unsorted[n++] = x;
    }
    e->n_votes = n;
}

static void sort_votes(em *e, const vote *unsorted, size_t *ends)
{
    size_t end = 0;
    for (size_t t = 0; t < e->n_tasks; t++) {
        ends[t] = end;
        end += e->tasks[t].n_votes;
    }
    for (size_t i = 0; i < e->n_votes; i++) {
        vote *v = &e->votes[ends[unsorted[i].task]++];
        *v = unsorted[i];
        v->weight /= e->tasks[v->task].weight;
        e->given[v->judge] += e->tasks[v->task].weight * v->weight;
        e->tasks[v->task].posterior[v->label] += v->weight;
        if (v > e->votes && v[-1].task == v->task && v[-1].judge != v->judge)
            e->several_voters = true;
    }
    for (size_t t = 0; t < e->n_tasks; t++) {
        double *p = e->tasks[t].posterior;
        double sum = p[0] + p[1] + p[2];
        for (unsigned c = 0; c < OUTCOMES; c++)
            p[c] /= sum;
    }
}

static pl_status open_em(em *e, const pl_rank_input *in)
{
    size_t n = 0;
    pl_status rc = PL_E_NOMEM;
    (void)pl_peer_table_ballots(in->table, &n);
    vote *unsorted = pl__calloc(n, sizeof(*unsorted));
    size_t *ends = pl__calloc(n, sizeof(*ends));
    size_t n_cells = (size_t)in->n_models * OUTCOMES * OUTCOMES;

    e->n_models = in->n_models;
    e->tasks = pl__calloc(n, sizeof(*e->tasks));
    e->votes = pl__calloc(n, sizeof(*e->votes));
    e->confusion = pl__calloc(n_cells, sizeof(*e->confusion));
    e->logs = pl__calloc(n_cells, sizeof(*e->logs));
    e->given = pl__calloc(in->n_models, sizeof(*e->given));
    if (!unsorted || !ends || !e->tasks || !e->votes || !e->confusion || !e->logs || !e->given)
        goto out;
    list_votes(e, in, unsorted);
    sort_votes(e, unsorted, ends);
    rc = PL_OK;
out:
    pl__free(unsorted);
    pl__free(ends);
    return rc;
}

static void close_em(em *e)
{
    pl__free(e->tasks);
    pl__free(e->votes);
    pl__free(e->confusion);
    pl__free(e->logs);
    pl__free(e->given);
}

/* An outcome that the judge never met has no row of its own: the judge is taken to be right, so that EM, for which
 * any row would do, brings nothing up that was ruled out. */
static void share(double *cells, unsigned right)
{
    double total = cells[0] + cells[1] + cells[2];
    for (unsigned k = 0; k < OUTCOMES; k++)
        cells[k] = total > 0.0 ? cells[k] / total : (k == right ? 1.0 : 0.0);
}

static void one_coin(double *c)
{
    double right = c[0] + c[4] + c[8];
    double total = 0.0;
    for (unsigned k = 0; k < OUTCOMES * OUTCOMES; k++)
        total += c[k];
    double p = total > 0.0 ? right / total : 1.0; /* no votes: of no consequence */
    for (unsigned k = 0; k < OUTCOMES * OUTCOMES; k++)
        c[k] = k % (OUTCOMES + 1) == 0 ? p : 0.5 * (1.0 - p);
}

static void maximise(em *e)
{
    size_t n_cells = (size_t)e->n_models * OUTCOMES * OUTCOMES;
    memset(e->prior, 0, sizeof(e->prior));
    memset(e->confusion, 0, n_cells * sizeof(*e->confusion));
    for (size_t t = 0; t < e->n_tasks; t++) {
        for (unsigned c = 0; c < OUTCOMES; c++)
            e->prior[c] += e->tasks[t].weight * e->tasks[t].posterior[c];
    }
    share(e->prior, 0);
    for (size_t i = 0; i < e->n_votes; i++) {
        const vote *v = &e->votes[i];
        const task *t = &e->tasks[v->task];
        double *c = e->confusion + (size_t)v->judge * OUTCOMES * OUTCOMES + v->label;
        for (unsigned k = 0; k < OUTCOMES; k++)
            c[(size_t)k * OUTCOMES] += t->weight * v->weight * t->posterior[k];
    }
    for (size_t j = 0; j < e->n_models; j++) {
        double *c = e->confusion + j * OUTCOMES * OUTCOMES;
        if (e->one_coin)
            one_coin(c);
        for (unsigned k = 0; k < OUTCOMES && !e->one_coin; k++)
            share(c + (size_t)k * OUTCOMES, k);
    }
    for (size_t k = 0; k < n_cells; k++)
        e->logs[k] = log(e->confusion[k]);
}

/* Returns the largest change of a posterior. */
static double expect(em *e)
{
    const double start[OUTCOMES] = {log(e->prior[0]), log(e->prior[1]), log(e->prior[2])};
    double change = 0.0;
    size_t end = 0;
    for (size_t t = 0, i = 0; t < e->n_tasks; t++) {
        double p[OUTCOMES] = {start[0], start[1], start[2]};
        for (end = i + e->tasks[t].n_votes; i < end; i++) {
            const vote *v = &e->votes[i];
            const double *l = e->logs + (size_t)v->judge * OUTCOMES * OUTCOMES + v->label;
            for (unsigned c = 0; c < OUTCOMES; c++)
                p[c] += v->weight * l[(size_t)c * OUTCOMES];
        }
        double top = p[0] > p[1] ? p[0] : p[1];
        top = p[2] > top ? p[2] : top;
        if (!isfinite(top))
            continue; /* underflow: weights too far apart to learn from */
        double sum = 0.0;
        for (unsigned c = 0; c < OUTCOMES; c++)
            sum += p[c] = exp(p[c] - top);
        e->tasks[t].top = top;
        e->tasks[t].sum = sum;
        for (unsigned c = 0; c < OUTCOMES; c++) {
            double moved = fabs(p[c] / sum - e->tasks[t].posterior[c]);
            change = moved > change ? moved : change;
            e->tasks[t].posterior[c] = p[c] / sum;
        }
    }
    return change;
}

static double log_likelihood(const em *e)
{
    double sum = 0.0;
    for (size_t t = 0; t < e->n_tasks; t++)
        sum += e->tasks[t].weight * (e->tasks[t].top + log(e->tasks[t].sum));
    return sum;
}

static pl_status score(const em *e, pl_ranking *r)
{
    double *weight = pl__calloc(e->n_models, sizeof(*weight));
    double *won = pl__calloc(e->n_models, sizeof(*won));
    if (!weight || !won) {
        pl__free(weight);
        pl__free(won);
        return PL_E_NOMEM;
    }
    for (size_t i = 0; i < e->n_tasks; i++) {
        const task *t = &e->tasks[i];
        won[t->first] += t->weight * (t->posterior[0] + 0.5 * t->posterior[1]);
        won[t->second] += t->weight * (t->posterior[2] + 0.5 * t->posterior[1]);
        weight[t->first] += t->weight;
        weight[t->second] += t->weight;
    }
    for (size_t m = 0; m < e->n_models; m++) {
        const double *c = e->confusion + m * OUTCOMES * OUTCOMES;
        if (weight[m] > 0.0)
            r->scores[m] = won[m] / weight[m];
        if (e->given[m] > 0.0)
            r->weights[m] = e->prior[0] * c[0] + e->prior[1] * c[4] + e->prior[2] * c[8];
    }
    pl__free(weight);
    pl__free(won);
    return PL_OK;
}

static pl_status warn(const em *e, pl_ranking *r)
{
    pl_status rc = PL_OK;
    if (e->n_tasks > 0 && !e->several_voters)
        rc = pl__ranking_warn(r, "every comparison has one voter, so that the judges' accuracies are not identified: "
                                 "the scores are the plain win rate");
    if (rc == PL_OK && r->fit.state == PL_FIT_STOPPED)
        rc = pl__ranking_warn(r, "the fit did not converge in %u iterations", r->fit.iterations);
    return rc;
}

static pl_status rank_dawid_skene(const pl_rank_input *in, bool is_one_coin, pl_ranking **ret, pl_error *reterr)
{
    pl_status rc = PL_E_NOMEM;
    em e = {.one_coin = is_one_coin};
    pl_ranking *r = pl__ranking_new(in->n_models, true);
    double change = 0.0;
    uint32_t k = 0;

    if (!r || open_em(&e, in))
        goto out;
    double most = fmax(1.0, VOTES_MAX / fmax(1.0, (double)e.n_votes));
    uint32_t limit = most < ITERATIONS_MAX ? (uint32_t)most : ITERATIONS_MAX;
    for (k = 0; k < limit && e.n_tasks > 0; k++) {
        maximise(&e);
        change = expect(&e);
        if (change <= TOLERANCE)
            break;
    }
    r->has_fit = true;
    r->fit = (pl_fit_report){.state = e.n_tasks == 0        ? PL_FIT_NOTHING
                                      : change <= TOLERANCE ? PL_FIT_CONVERGED
                                                            : PL_FIT_STOPPED,
                             .iterations = k < limit && e.n_tasks > 0 ? k + 1 : k,
                             .gradient = change,
                             .tolerance = TOLERANCE,
                             .log_likelihood = log_likelihood(&e),
                             .nu = (double)NAN};
    rc = score(&e, r);
    if (rc == PL_OK)
        rc = warn(&e, r);
    if (rc)
        goto out;
    *ret = r;
    r = NULL;
out:
    if (rc)
        rc = pl__fail(reterr, rc, "true outcomes of the comparisons of %u models", in->n_models);
    close_em(&e);
    pl_ranking_free(r);
    return rc;
}

pl_status pl__rank_dawid_skene(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    return rank_dawid_skene(in, false, ret, reterr);
}

pl_status pl__rank_dawid_skene_one_coin(const pl_rank_input *in, pl_ranking **ret, pl_error *reterr)
{
    return rank_dawid_skene(in, true, ret, reterr);
}
