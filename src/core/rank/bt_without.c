#include "bt_without.h"

#include "alloc.h"
#include "name_order.h"
#include "strengths.h"
#include "tally.h"

#include <math.h>
#include <string.h>

#define MODELS_MAX 1024u

struct pl_bt_without {
    pl_rank_opts opts;
    pl_rank_input in;
    bool davidson;
    uint32_t *order;
    const pl_vote *votes; /* of the table; or NULL, and: */
    const pl_ballot *ballots;
    uint32_t *first; /* n_comparisons + 1: where their ballots begin */
    double unit;     /* what each ballot weighs */
    double *wins;    /* ballots won, of what is left, [i * n + j] by place; */
    double *ties;    /* tied, below the diagonal */
    size_t n;
    pl_win_matrix matrix; /* what is scored */
};

void pl__bt_without_free(pl_bt_without *w)
{
    if (!w)
        return;
    pl__free(w->order);
    pl__free(w->first);
    pl__free(w->wins);
    pl__free(w->ties);
    pl__win_matrix_clear(&w->matrix);
    pl__free(w);
}

static void add(pl_bt_without *w, uint32_t a_model, uint32_t b_model, uint32_t a_halves, double sign)
{
    size_t a = w->matrix.places[a_model];
    size_t b = w->matrix.places[b_model];
    if (a_halves == 2)
        w->wins[a * w->n + b] += sign;
    else if (a_halves == 0)
        w->wins[b * w->n + a] += sign;
    else
        w->ties[a > b ? a * w->n + b : b * w->n + a] += sign;
}

/* Votes or ballots [from, to). */
static void add_range(pl_bt_without *w, size_t from, size_t to, double sign)
{
    for (size_t i = from; i < to && w->votes; i++)
        add(w, w->votes[i].a, w->votes[i].b, w->votes[i].a_halves, sign);
    for (size_t i = from; i < to && w->ballots; i++) {
        const pl_ballot *v = &w->ballots[i];
        if (pl__ballot_counts(v, w->in.opts))
            add(w, v->a, v->b, pl__ballot_halves(v), sign);
    }
}

/* Do all ballots weigh the same, and does each comparison have its ballots together? */
static bool look_at_ballots(pl_bt_without *w, size_t n, size_t n_comparisons)
{
    size_t found = 0;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const pl_ballot *v = &w->ballots[i];
        const pl_ballot *u = i > 0 ? v - 1 : v;
        bool begins = i == 0 || u->item != v->item || u->judge != v->judge || u->a != v->a || u->b != v->b;
        if (begins && found == n_comparisons)
            return false;
        if (begins)
            w->first[found++] = (uint32_t)i;
        if (!pl__ballot_counts(v, w->in.opts))
            continue;
        double weight = pl__ballot_weight(v, &w->in);
        if (any && (weight < w->unit || weight > w->unit))
            return false;
        w->unit = weight;
        any = true;
    }
    w->first[n_comparisons] = (uint32_t)n;
    return any && found == n_comparisons;
}

static bool look_at_votes(pl_bt_without *w, size_t n, size_t n_comparisons)
{
    size_t n_blocks = 0;
    const pl_vote_block *blocks = pl_peer_table_vote_blocks(w->in.table, &n_blocks);
    size_t found = 0;
    for (size_t k = 0; k < n_blocks; k++) {
        for (size_t i = blocks[k].first; i < blocks[k].first + blocks[k].n; i++) {
            const pl_vote *v = &w->votes[i];
            const pl_vote *u = i > 0 ? v - 1 : v;
            bool begins = i == blocks[k].first || u->judge != v->judge || u->a != v->a || u->b != v->b;
            if (begins && found == n_comparisons)
                return false;
            if (begins)
                w->first[found++] = (uint32_t)i;
        }
    }
    w->first[n_comparisons] = (uint32_t)n;
    return n > 0 && found == n_comparisons;
}

static pl_status keep_whole(pl_bt_without *w, size_t n)
{
    if (pl__win_matrix_open(&w->matrix, &w->in, NULL))
        return PL_E_NOMEM;
    w->n = w->matrix.n;
    w->wins = pl__calloc(w->n * w->n, sizeof(*w->wins));
    w->ties = pl__calloc(w->n * w->n, sizeof(*w->ties));
    if (!w->wins || !w->ties)
        return PL_E_NOMEM;
    add_range(w, 0, n, 1.0);
    return PL_OK;
}

pl_status pl__bt_without_new(const char *method, const pl_peer_table *table, const char *const *models,
                             const pl_rank_opts *opts, pl_bt_without **ret)
{
    static const pl_rank_opts defaults = PL_RANK_OPTS_INIT;
    pl_status rc = PL_E_NOMEM;
    size_t n = 0;
    size_t n_comparisons = pl_peer_table_n_comparisons(table);
    bool davidson = strcmp(method, "bt-davidson") == 0;
    if ((!davidson && strcmp(method, "bt") != 0) || pl_peer_table_n_models(table) > MODELS_MAX)
        return PL_OK;
    pl_bt_without *w = pl__calloc(1, sizeof(*w));
    if (!w)
        return rc;
    w->opts = opts ? *opts : defaults;
    w->davidson = davidson;
    w->in =
        (pl_rank_input){.table = table, .models = models, .n_models = pl_peer_table_n_models(table), .opts = &w->opts};
    w->first = pl__calloc(n_comparisons + 1, sizeof(*w->first));
    if (!w->first || pl__name_order(models, w->in.n_models, &w->order))
        goto out;
    w->in.order = w->order;
    rc = PL_OK;
    w->votes = pl__counting_votes(&w->in, &n, &w->unit);
    if (!w->votes)
        w->ballots = pl_peer_table_ballots(table, &n);
    if (n > UINT32_MAX || !(w->votes ? look_at_votes(w, n, n_comparisons) : look_at_ballots(w, n, n_comparisons)))
        goto out;
    rc = keep_whole(w, n);
    if (rc)
        goto out;
    *ret = w;
    w = NULL;
out:
    pl__bt_without_free(w);
    return rc;
}

void pl__bt_without_drop(pl_bt_without *w, size_t comparison)
{
    add_range(w, w->first[comparison], w->first[comparison + 1], -1.0);
}

void pl__bt_without_restore(pl_bt_without *w, size_t comparison)
{
    add_range(w, w->first[comparison], w->first[comparison + 1], 1.0);
}

pl_status pl__bt_without_scores(pl_bt_without *w, double *scores)
{
    pl_win_matrix *m = &w->matrix;
    pl_strengths_model model = {.davidson = w->davidson, .ridge = w->in.opts->bt_ridge};
    pl_win_graph graph = {0};
    pl_fit_report report;
    pl__win_matrix_reset(m, &w->in);
    for (size_t c = 0; c < w->n * w->n; c++) {
        m->wins[c] = w->wins[c] * w->unit;
        m->ties[c] = w->ties[c] * w->unit;
        m->total += m->wins[c] + m->ties[c];
    }
    pl__win_matrix_close(m);
    double *theta = pl__calloc(m->n, sizeof(*theta));
    pl_status rc = theta ? pl__win_graph_init(&graph, m) : PL_E_NOMEM;
    if (!rc)
        rc = pl__strengths_fit(m, &graph, &model, theta, &report);
    for (uint32_t i = 0; i < w->in.n_models && !rc; i++)
        scores[i] = m->places[i] == PL_NO_PLACE ? (double)NAN : theta[m->places[i]];
    pl__win_graph_clear(&graph);
    pl__free(theta);
    return rc;
}
