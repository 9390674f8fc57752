/* The models vote on each item; a model's score is how often it is on the winning side. */
#include "answer_votes.h"
#include "alloc.h"
#include "name_order.h"

#include <math.h>
#include <string.h>

#define ROUNDS_MAX 100

void pl__ballot_box_clear(pl_ballot_box *box)
{
    pl__free(box->voters);
    pl__free(box->items);
    pl__free(box->images);
    pl__free(box->options);
    pl__free(box->choices);
    pl__free(box->p);
    memset(box, 0, sizeof(*box));
}

static pl_status list_voters(pl_ballot_box *box, const pl_answer_table *table, const bool *ranked)
{
    const pl_response_set *set = pl_answer_table_set(table);
    uint32_t *order = NULL;
    box->voters = pl__calloc(set->n_models, sizeof(*box->voters));
    if (!box->voters || pl__name_order(set->models, set->n_models, &order))
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < set->n_models; i++) {
        if (ranked[order[i]])
            box->voters[box->n_voters++] = order[i];
    }
    pl__free(order);
    return PL_OK;
}

static void list_items(pl_ballot_box *box, const pl_answer_table *table)
{
    const size_t *options = pl_answer_table_options(table);
    const uint32_t *images = pl_answer_table_images(table);
    for (uint32_t i = 0; i < pl_answer_table_n_items(table); i++) {
        if (options[i + 1] == options[i])
            continue;
        box->items[box->n_items] = i;
        box->images[box->n_items] = images[i];
        box->options[box->n_items + 1] = box->options[box->n_items] + options[i + 1] - options[i];
        box->n_items++;
    }
}

static void fill_voter(pl_ballot_box *box, const pl_answer_table *table, uint32_t v)
{
    const size_t *options = pl_answer_table_options(table);
    const double *p = pl_answer_table_probabilities(table, box->voters[v]);
    const uint8_t *choices = pl_answer_table_choices(table, box->voters[v]);
    for (uint32_t i = 0; i < box->n_items; i++) {
        size_t from = options[box->items[i]];
        bool there = !isnan(p[from]);
        uint8_t *choice = &box->choices[(size_t)i * box->n_voters + v];
        *choice = choices[box->items[i]];
        if (!box->p)
            continue;
        if (!there)
            *choice = PL_ANSWER_NO_CHOICE;
        box->complete = box->complete && there;
        for (size_t k = box->options[i]; k < box->options[i + 1]; k++)
            box->p[k * box->n_voters + v] = there ? p[from + k - box->options[i]] : 0.0;
    }
}

pl_status pl__ballot_box_init(pl_ballot_box *box, const pl_answer_table *table, const bool *ranked, bool with_p)
{
    uint32_t n = pl_answer_table_n_choice_items(table);
    memset(box, 0, sizeof(*box));
    box->complete = true;
    box->items = pl__calloc(n, sizeof(*box->items));
    box->images = pl__calloc(n, sizeof(*box->images));
    box->options = pl__calloc((size_t)n + 1, sizeof(*box->options));
    if (!box->items || !box->images || !box->options || list_voters(box, table, ranked))
        return PL_E_NOMEM;
    list_items(box, table);
    box->choices = pl__calloc(n, box->n_voters);
    if (with_p)
        box->p = pl__calloc(box->options[n], box->n_voters * sizeof(*box->p));
    if (!box->choices || (with_p && !box->p))
        return PL_E_NOMEM;
    for (uint32_t v = 0; v < box->n_voters; v++)
        fill_voter(box, table, v);
    return PL_OK;
}

uint8_t pl__first_largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t k = 1; k < n; k++)
        best = x[k] > x[best] ? k : best;
    return (uint8_t)best;
}

void pl__score_agreement(const pl_ballot_box *box, const uint32_t *copies, const uint8_t *winners, double *scores)
{
    for (uint32_t v = 0; v < box->n_voters; v++) {
        uint64_t agreed = 0;
        uint64_t n = 0;
        for (uint32_t i = 0; i < box->n_items; i++) {
            uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
            if (choice == PL_ANSWER_NO_CHOICE || winners[i] == PL_ANSWER_NO_CHOICE)
                continue;
            n += copies[box->images[i]];
            agreed += choice == winners[i] ? copies[box->images[i]] : 0;
        }
        scores[box->voters[v]] = n > 0 ? (double)agreed / (double)n : (double)NAN;
    }
}

/* Sums of the votes' weights (NULL: 1 each) for each option of item i; false if nobody votes. */
static bool count(const pl_ballot_box *box, uint32_t i, const double *weights, double *ret)
{
    bool any = false;
    memset(ret, 0, PL_RESPONSE_OPTIONS_MAX * sizeof(*ret));
    for (uint32_t v = 0; v < box->n_voters; v++) {
        uint8_t choice = box->choices[(size_t)i * box->n_voters + v];
        if (choice == PL_ANSWER_NO_CHOICE)
            continue;
        ret[choice] += weights ? weights[v] : 1.0;
        any = true;
    }
    return any;
}

static void elect(const pl_ballot_box *box, const double *weights, uint8_t *winners)
{
    double votes[PL_RESPONSE_OPTIONS_MAX];
    for (uint32_t i = 0; i < box->n_items; i++) {
        bool any = count(box, i, weights, votes);
        winners[i] = any ? pl__first_largest(votes, box->options[i + 1] - box->options[i]) : PL_ANSWER_NO_CHOICE;
    }
}

pl_status pl__answer_majority(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                              pl_ranking *r)
{
    (void)weights;
    (void)r;
    uint8_t *winners = pl__calloc(box->n_items, 1);
    if (!winners)
        return PL_E_NOMEM;
    elect(box, NULL, winners);
    pl__score_agreement(box, copies, winners, scores);
    pl__free(winners);
    return PL_OK;
}

pl_status pl__answer_soft_vote(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                               pl_ranking *r)
{
    (void)weights;
    (void)r;
    double sums[PL_RESPONSE_OPTIONS_MAX] = {0.0};
    uint8_t *winners = pl__calloc(box->n_items, 1);
    if (!winners)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < box->n_items; i++) {
        size_t n = box->options[i + 1] - box->options[i];
        double all = 0.0;
        for (size_t k = 0; k < n; k++) {
            const double *p = box->p + (box->options[i] + k) * box->n_voters;
            sums[k] = 0.0;
            for (uint32_t v = 0; v < box->n_voters; v++)
                sums[k] += p[v];
            all += sums[k];
        }
        winners[i] = all > 0.0 ? pl__first_largest(sums, n) : PL_ANSWER_NO_CHOICE;
    }
    pl__score_agreement(box, copies, winners, scores);
    pl__free(winners);
    return PL_OK;
}

/* Agreements of each voter with the weighted plurality of the others, and the weights that follow. */
static void reweigh(const pl_ballot_box *box, const uint32_t *copies, const double *old, double *ret)
{
    double votes[PL_RESPONSE_OPTIONS_MAX];
    double *agreed = ret;
    double *met = ret + box->n_voters;
    double options = 0.0;
    double items = 0.0;
    memset(ret, 0, 2 * (size_t)box->n_voters * sizeof(*ret));
    for (uint32_t i = 0; i < box->n_items; i++) {
        size_t n = box->options[i + 1] - box->options[i];
        double c = copies[box->images[i]];
        const uint8_t *choices = box->choices + (size_t)i * box->n_voters;
        if (copies[box->images[i]] == 0 || !count(box, i, old, votes))
            continue;
        options += c * (double)n;
        items += c;
        for (uint32_t v = 0; v < box->n_voters; v++) {
            if (choices[v] == PL_ANSWER_NO_CHOICE)
                continue;
            votes[choices[v]] -= old[v];
            agreed[v] += pl__first_largest(votes, n) == choices[v] ? c : 0.0;
            votes[choices[v]] += old[v];
            met[v] += c;
        }
    }
    double mean_options = items > 0.0 ? options / items : 2.0;
    for (uint32_t v = 0; v < box->n_voters; v++) {
        double a = (agreed[v] + 1.0) / (met[v] + 2.0);
        double w = log(fmax(mean_options - 1.0, 1.0) * a / (1.0 - a));
        ret[v] = w > 0.0 ? w : 0.0;
    }
}

pl_status pl__answer_weighted_vote(const pl_ballot_box *box, const uint32_t *copies, double *scores, double *weights,
                                   pl_ranking *r)
{
    pl_status rc = PL_OK;
    double *now = pl__calloc(2 * (size_t)box->n_voters, sizeof(*now));
    double *next = pl__calloc(2 * (size_t)box->n_voters, sizeof(*next));
    uint8_t *winners = pl__calloc(box->n_items, 1);
    bool settled = false;
    if (!now || !next || !winners) {
        rc = PL_E_NOMEM;
        goto out;
    }
    for (uint32_t v = 0; v < box->n_voters; v++)
        now[v] = 1.0;
    for (int round = 0; round < ROUNDS_MAX && !settled; round++) {
        reweigh(box, copies, now, next);
        settled = memcmp(now, next, box->n_voters * sizeof(*now)) == 0;
        memcpy(now, next, box->n_voters * sizeof(*now));
    }
    elect(box, now, winners);
    pl__score_agreement(box, copies, winners, scores);
    for (uint32_t v = 0; v < box->n_voters && weights; v++)
        weights[box->voters[v]] = now[v];
    if (r && !settled && box->n_voters > 0)
        rc = pl__ranking_warn(r, "the weights did not settle in %d rounds", ROUNDS_MAX);
out:
    pl__free(now);
    pl__free(next);
    pl__free(winners);
    return rc;
}
