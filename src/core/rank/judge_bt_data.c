#include "judge_bt_parts.h"

#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* x is not yet in units of its standard deviation. */
static pl_judge_cell cell_of(const pl_judge_data *d, const pl_rank_input *in, const uint32_t *judge_places,
                             const pl_ballot *v)
{
    const uint32_t *families = pl_peer_table_families(in->table);
    double weight = pl__ballot_weight(v, in);
    uint32_t first = v->a_first ? v->a : v->b;
    uint32_t second = v->a_first ? v->b : v->a;
    pl_outcome o = pl__outcome(v->a_first ? v->a_score : 1.0 - v->a_score);
    pl_judge_cell c = {
        .judge = judge_places[v->judge],
        .first = d->matrix.places[first],
        .second = d->matrix.places[second],
        .first_length = v->a_first ? v->a_length : v->b_length,
        .second_length = v->a_first ? v->b_length : v->a_length,
        .weights = {weight * o.win, weight * o.tie, weight * o.loss},
    };
    if (c.first_length != 0 && c.second_length != 0)
        c.x = log((double)c.first_length / (double)c.second_length);
    c.f = (families[first] == families[v->judge] ? 1.0 : 0.0) - (families[second] == families[v->judge] ? 1.0 : 0.0);
    return c;
}

static int compare_u32(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int compare_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_places(const pl_judge_cell *a, const pl_judge_cell *b)
{
    int c = compare_u32(a->judge, b->judge);
    if (!c)
        c = compare_u32(a->first, b->first);
    if (!c)
        c = compare_u32(a->second, b->second);
    if (!c)
        c = compare_u32(a->first_length, b->first_length);
    return c ? c : compare_u32(a->second_length, b->second_length);
}

/* The weights too: cells that are added to each other must come in an order of their own. */
static int compare_cells(const void *x, const void *y)
{
    const pl_judge_cell *a = x;
    const pl_judge_cell *b = y;
    int c = compare_places(a, b);
    if (!c)
        c = compare_doubles(a->weights.win, b->weights.win);
    if (!c)
        c = compare_doubles(a->weights.tie, b->weights.tie);
    return c ? c : compare_doubles(a->weights.loss, b->weights.loss);
}

static void merge_cells(pl_judge_data *d)
{
    size_t n = 0;
    if (d->n_cells > 0)
        qsort(d->cells, d->n_cells, sizeof(*d->cells), compare_cells);
    for (size_t i = 0; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        if (n == 0 || compare_places(&d->cells[n - 1], c) != 0) {
            d->cells[n++] = *c;
            continue;
        }
        pl_outcome *sum = &d->cells[n - 1].weights;
        sum->win += c->weights.win;
        sum->tie += c->weights.tie;
        sum->loss += c->weights.loss;
    }
    d->n_cells = n;
}

static double weight_of(const pl_judge_cell *c)
{
    return c->weights.win + c->weights.tie + c->weights.loss;
}

static void span_judges(pl_judge_data *d)
{
    size_t i = 0;
    for (uint32_t j = 0; j < d->n_judges; j++) {
        pl_judge_span *s = &d->judges[j];
        for (s->first = i; i < d->n_cells && d->cells[i].judge == j; i++) {
            s->weight += weight_of(&d->cells[i]);
            s->tied += d->cells[i].weights.tie;
            s->decided += d->cells[i].weights.win + d->cells[i].weights.loss;
        }
        s->end = i;
        s->only_ties = !(s->decided > 0.0);
        s->has_nu = s->decided > 0.0 && s->tied > 0.0;
    }
}

/* The standard deviation is taken about 0: which answer was shown first must not change it. */
static void scale_lengths(pl_judge_data *d)
{
    double squares = 0.0;
    double known = 0.0;
    double total = 0.0;
    for (size_t i = 0; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        total += weight_of(c);
        if (c->first_length == 0 || c->second_length == 0)
            continue;
        squares += weight_of(c) * c->x * c->x;
        known += weight_of(c);
    }
    d->known_lengths = total > 0.0 ? known / total : 0.0;
    d->length_sd = known > 0.0 ? sqrt(squares / known) : 0.0;
    for (size_t i = 0; i < d->n_cells && d->length_sd > 0.0; i++)
        d->cells[i].x /= d->length_sd;
    for (size_t i = 0; i < d->n_votes && d->length_sd > 0.0; i++)
        d->votes[i].x /= d->length_sd;
}

static bool same_comparison(const pl_ballot *x, const pl_ballot *y)
{
    return x->item == y->item && x->judge == y->judge && x->a == y->a && x->b == y->b;
}

/* All ballots of one comparison: its cells, and its votes from *unit on. */
static void add_comparison(pl_judge_data *d, const pl_rank_input *in, const uint32_t *judge_places,
                           const pl_ballot *ballots, size_t n, uint32_t *unit)
{
    size_t start = d->n_cells;
    bool repeated = false;
    const pl_ballot *before = NULL;
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *v = &ballots[i];
        if (!pl__ballot_counts(v, in->opts))
            continue;
        repeated = repeated || (before && before->criterion == v->criterion && before->a_first == v->a_first);
        before = v;
        d->cells[d->n_cells++] = cell_of(d, in, judge_places, v);
    }
    if (d->n_cells - start > 1) /* ballots that differ in their lengths alone come in any order */
        qsort(d->cells + start, d->n_cells - start, sizeof(*d->cells), compare_cells);
    for (size_t i = start; i < d->n_cells; i++) {
        const pl_judge_cell *c = &d->cells[i];
        d->votes[d->n_votes++] = (pl_judge_vote){.judge = c->judge,
                                                 .first = c->first,
                                                 .second = c->second,
                                                 .unit = *unit,
                                                 .weights = c->weights,
                                                 .x = c->x,
                                                 .f = c->f};
        *unit += repeated;
    }
    *unit += !repeated;
}

/* The judges of all ballots that count, by name; then the cells and the votes. */
static pl_status fill(pl_judge_data *d, const pl_rank_input *in)
{
    size_t n[2] = {0};
    const pl_ballot *lists[2] = {pl_peer_table_ballots(in->table, &n[0]), pl_peer_table_lone_ballots(in->table, &n[1])};
    uint32_t unit = 0;
    uint32_t *places = pl__calloc(in->n_models, sizeof(*places));
    d->judges = pl__calloc(in->n_models, sizeof(*d->judges));
    d->cells = pl__calloc(n[0] + n[1], sizeof(*d->cells));
    d->votes = pl__calloc(n[0] + n[1], sizeof(*d->votes));
    if (!places || !d->judges || !d->cells || !d->votes) {
        pl__free(places);
        return PL_E_NOMEM;
    }
    for (unsigned l = 0; l < 2; l++) {
        for (size_t i = 0; i < n[l]; i++) {
            if (pl__ballot_counts(&lists[l][i], in->opts))
                places[lists[l][i].judge] = 1;
        }
    }
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t model = in->order[i];
        if (places[model] == 0)
            continue;
        d->judges[d->n_judges].model = model;
        places[model] = d->n_judges++;
    }
    for (unsigned l = 0; l < 2; l++) {
        for (size_t i = 0, end = 0; i < n[l]; i = end) {
            while (end < n[l] && same_comparison(&lists[l][i], &lists[l][end]))
                end++;
            add_comparison(d, in, places, &lists[l][i], end - i, &unit);
        }
    }
    pl__free(places);
    return PL_OK;
}

pl_status pl__judge_data_init(pl_judge_data *data, const pl_rank_input *in, pl_error *reterr)
{
    pl_judge_data d = {0};
    pl_status rc = pl__win_matrix_init(&d.matrix, in, true, reterr);
    if (rc)
        return rc;
    if (fill(&d, in)) {
        pl__judge_data_clear(&d);
        return pl__fail(reterr, PL_E_NOMEM, "verdicts of %u judges", in->n_models);
    }
    merge_cells(&d);
    span_judges(&d);
    scale_lengths(&d);
    *data = d;
    return PL_OK;
}

void pl__judge_data_clear(pl_judge_data *data)
{
    pl__win_matrix_clear(&data->matrix);
    pl__free(data->cells);
    pl__free(data->votes);
    pl__free(data->judges);
    *data = (pl_judge_data){0};
}
