/* Which option is right, as the hidden truth behind noisy votes (Dawid and Skene 1979, by EM).
 *
 * The verdicts of judges have dawid_skene.c: there are three outcomes, and votes have weights. Here an item may have
 * any number of options, and the simpler model, one accuracy a voter, works with all of them. */
#include "alloc.h"
#include "answer_votes.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-10 /* on the change of any probability */
#define ROUNDS_MAX 10000
#define VOTES_MAX 2000000000.0 /* that are looked at, over all rounds */
#define SURE 1e-10             /* no probability of a voter is nearer to 0 or 1: one error must not rule all else out */

typedef struct em {
    const pl_ballot_box *box;
    const uint32_t *copies;
    bool one_coin;
    size_t n_options;  /* of every item; 0: they differ */
    double *q;         /* by option: probability that it is right */
    double *confusion; /* [voter][right][chosen]; one coin: [voter] alone, the accuracy */
    double *logs;
    double *prior; /* by position */
} em;

static size_t cells(const em *e)
{
    return e->one_coin ? 1 : e->n_options * e->n_options;
}

static uint32_t copies_of(const em *e, uint32_t i)
{
    return e->copies[e->box->images[i]];
}

static void start(em *e)
{
    const pl_ballot_box *box = e->box;
    for (uint32_t i = 0; i < box->n_items; i++) {
        double *q = e->q + box->options[i];
        size_t n = box->options[i + 1] - box->options[i];
        double all = 0.0;
        for (uint32_t v = 0; v < box->n_voters; v++) {
            uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
            if (choice == PL_ANSWER_NO_CHOICE)
                continue;
            q[choice] += 1.0;
            all += 1.0;
        }
        for (size_t k = 0; k < n; k++)
            q[k] = all > 0.0 ? q[k] / all : 1.0 / (double)n;
    }
}

static double held(double p)
{
    return fmin(fmax(p, SURE), 1.0 - SURE);
}

static void maximise_one_coin(em *e)
{
    const pl_ballot_box *box = e->box;
    for (uint32_t v = 0; v < box->n_voters; v++) {
        double right = 0.0;
        double all = 0.0;
        for (uint32_t i = 0; i < box->n_items; i++) {
            uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
            if (choice == PL_ANSWER_NO_CHOICE)
                continue;
            right += copies_of(e, i) * e->q[box->options[i] + choice];
            all += copies_of(e, i);
        }
        e->confusion[v] = all > 0.0 ? held(right / all) : (double)NAN;
    }
}

static void maximise_full(em *e)
{
    const pl_ballot_box *box = e->box;
    size_t n = e->n_options;
    double all = 0.0;
    memset(e->confusion, 0, box->n_voters * n * n * sizeof(*e->confusion));
    memset(e->prior, 0, n * sizeof(*e->prior));
    for (uint32_t i = 0; i < box->n_items; i++) {
        const double *q = e->q + box->options[i];
        double c = copies_of(e, i);
        all += c;
        for (size_t k = 0; k < n; k++)
            e->prior[k] += c * q[k];
        for (uint32_t v = 0; v < box->n_voters; v++) {
            uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
            for (size_t k = 0; k < n && choice != PL_ANSWER_NO_CHOICE; k++)
                e->confusion[(v * n + k) * n + choice] += c * q[k];
        }
    }
    for (size_t k = 0; k < n; k++)
        e->prior[k] = held(e->prior[k] / all);
    for (size_t row = 0; row < box->n_voters * n; row++) {
        double *c = e->confusion + row * n;
        double sum = 0.0;
        for (size_t k = 0; k < n; k++)
            sum += c[k];
        for (size_t k = 0; k < n; k++)
            c[k] = sum > 0.0 ? held(c[k] / sum) : 1.0 / (double)n;
    }
}

static void add_vote(const em *e, uint32_t v, uint8_t choice, size_t n, double *logs)
{
    if (e->one_coin) {
        double a = e->confusion[v];
        double wrong = n > 1 ? log((1.0 - a) / (double)(n - 1)) : 0.0;
        logs[choice] += (n > 1 ? log(a) : 0.0) - wrong; /* the same for all options, and so left out: wrong */
        return;
    }
    const double *c = e->logs + (size_t)v * n * n + choice;
    for (size_t k = 0; k < n; k++)
        logs[k] += c[k * n];
}

/* The largest change of a probability. */
static double expect(em *e)
{
    const pl_ballot_box *box = e->box;
    double change = 0.0;
    double logs[PL_RESPONSE_OPTIONS_MAX];
    for (size_t k = 0; k < box->n_voters * cells(e) && !e->one_coin; k++)
        e->logs[k] = log(e->confusion[k]);
    for (uint32_t i = 0; i < box->n_items; i++) {
        double *q = e->q + box->options[i];
        size_t n = box->options[i + 1] - box->options[i];
        double sum = 0.0;
        if (copies_of(e, i) == 0)
            continue;
        for (size_t k = 0; k < n; k++)
            logs[k] = e->one_coin ? 0.0 : log(e->prior[k]);
        for (uint32_t v = 0; v < box->n_voters; v++) {
            uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
            if (choice != PL_ANSWER_NO_CHOICE)
                add_vote(e, v, choice, n, logs);
        }
        double top = logs[pl__first_largest(logs, n)];
        for (size_t k = 0; k < n; k++)
            sum += logs[k] = exp(logs[k] - top);
        for (size_t k = 0; k < n; k++) {
            change = fmax(change, fabs(logs[k] / sum - q[k]));
            q[k] = logs[k] / sum;
        }
    }
    return change;
}

static double score_of(const em *e, uint32_t v)
{
    double sum = 0.0;
    if (e->one_coin)
        return e->confusion[v];
    for (size_t k = 0; k < e->n_options; k++)
        sum += e->prior[k] * e->confusion[(v * e->n_options + k) * e->n_options + k];
    return sum;
}

static size_t common_options(const pl_ballot_box *box)
{
    size_t n = box->n_items > 0 ? box->options[1] : 0;
    for (uint32_t i = 0; i < box->n_items; i++) {
        if (box->options[i + 1] - box->options[i] != n)
            return 0;
    }
    return n;
}

static bool em_open(em *e)
{
    size_t n = e->box->n_voters * (cells(e) > 0 ? cells(e) : 1);
    e->q = pl__calloc(e->box->options[e->box->n_items], sizeof(*e->q));
    e->confusion = pl__calloc(n, sizeof(*e->confusion));
    e->logs = pl__calloc(n, sizeof(*e->logs));
    e->prior = pl__calloc(PL_RESPONSE_OPTIONS_MAX, sizeof(*e->prior));
    return e->q && e->confusion && e->logs && e->prior;
}

static pl_status run(const pl_ballot_box *box, const uint32_t *copies, bool one_coin, double *scores, pl_ranking *r)
{
    em e = {.box = box, .copies = copies, .one_coin = one_coin, .n_options = common_options(box)};
    double change = 1.0;
    double work = fmax(1.0, (double)box->n_items * box->n_voters * (one_coin ? 1.0 : (double)e.n_options));
    double limit = fmin(ROUNDS_MAX, fmax(1.0, VOTES_MAX / work));
    pl_status rc = PL_OK;

    if (!one_coin && e.n_options == 0)
        return r && box->n_items > 0
                   ? pl__ranking_warn(r, "the items have different numbers of options; dawid-skene-one-coin takes them")
                   : PL_OK;
    if (!em_open(&e)) {
        rc = PL_E_NOMEM;
        goto out;
    }
    start(&e);
    for (double round = 0.0; round < limit && change > TOLERANCE && box->n_voters > 0; round += 1.0) {
        if (one_coin)
            maximise_one_coin(&e);
        else
            maximise_full(&e);
        change = expect(&e);
    }
    for (uint32_t v = 0; v < box->n_voters; v++)
        scores[box->voters[v]] = score_of(&e, v);
    if (r && change > TOLERANCE && box->n_voters > 0)
        rc = pl__ranking_warn(r, "the fit did not converge");
out:
    pl__free(e.q);
    pl__free(e.confusion);
    pl__free(e.logs);
    pl__free(e.prior);
    return rc;
}

pl_status pl__answer_dawid_skene(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                                 pl_ranking *r)
{
    (void)weights;
    return run(box, copies, false, scores, r);
}

pl_status pl__answer_one_coin(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                              pl_ranking *r)
{
    (void)weights;
    return run(box, copies, true, scores, r);
}
