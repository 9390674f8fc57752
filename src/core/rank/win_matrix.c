#include "win_matrix.h"

#include "alloc.h"
#include "error.h"
#include "tally.h"

#include <math.h>
#include <string.h>

pl_outcome pl__outcome(double score)
{
    double lead = 2.0 * score - 1.0;
    return (pl_outcome){.win = fmax(lead, 0.0), .tie = 1.0 - fabs(lead), .loss = fmax(-lead, 0.0)};
}

typedef const pl_ballot *list_fn(const pl_peer_table *table, size_t *ret_n);

static list_fn *const lists[] = {pl_peer_table_ballots, pl_peer_table_lone_ballots};

/* Every candidate gets a place, by name; those that stand in no ballot lose it again. */
static void place_candidates(pl_win_matrix *m, const pl_rank_input *in)
{
    m->n = 0;
    for (uint32_t i = 0; i < in->n_models; i++)
        m->places[i] = PL_NO_PLACE;
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t model = in->order[i];
        if (!pl_peer_table_is_candidate(in->table, model))
            continue;
        m->places[model] = m->n;
        m->models[m->n++] = model;
    }
}

static void add_ballots(pl_win_matrix *m, const pl_rank_input *in, size_t n_lists)
{
    for (size_t l = 0; l < n_lists; l++) {
        size_t n_ballots = 0;
        const pl_ballot *ballots = lists[l](in->table, &n_ballots);
        for (size_t i = 0; i < n_ballots; i++) {
            const pl_ballot *v = &ballots[i];
            if (!pl__ballot_counts(v, in->opts))
                continue;
            size_t there = (size_t)m->places[v->a] * m->n + m->places[v->b];
            size_t back = (size_t)m->places[v->b] * m->n + m->places[v->a];
            double weight = pl__ballot_weight(v, in);
            m->total += weight;
            if (v->a_score >= 1.0) {
                m->wins[there] += weight;
            } else if (v->a_score <= 0.0) {
                m->wins[back] += weight;
            } else {
                pl_outcome o = pl__outcome(v->a_score);
                m->wins[there] += weight * o.win;
                m->wins[back] += weight * o.loss;
                m->ties[there] += weight * o.tie;
            }
        }
    }
}

/* [place of a][place of b][halves of a win for a], and one to make it four. */
#define PAIR_COUNTS 4u
#define COUNTED_MAX 512u /* models; beyond, the counts are too many to pay */

/* Sums of votes are exact, so that counts times their weight are the same. PL_E_NOMEM, or *ret_done. */
static pl_status count_votes(pl_win_matrix *m, const pl_rank_input *in, bool *ret_done)
{
    size_t n_votes = 0;
    double weight = 0.0;
    const pl_vote *votes = pl__counting_votes(in, &n_votes, &weight);
    if (!votes || m->n > COUNTED_MAX)
        return PL_OK;
    uint32_t *counts = pl__calloc((size_t)m->n * m->n * PAIR_COUNTS, sizeof(*counts));
    if (!counts)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n_votes; i++) {
        size_t pair = (size_t)m->places[votes[i].a] * m->n + m->places[votes[i].b];
        counts[pair * PAIR_COUNTS + votes[i].a_halves]++;
    }
    for (size_t a = 0; a < m->n; a++) {
        for (size_t b = 0; b < m->n; b++) {
            const uint32_t *c = &counts[(a * m->n + b) * PAIR_COUNTS];
            m->wins[b * m->n + a] += weight * c[0];
            m->ties[a * m->n + b] += weight * c[1];
            m->wins[a * m->n + b] += weight * c[2];
        }
    }
    m->total = weight * (double)n_votes;
    pl__free(counts);
    *ret_done = true;
    return PL_OK;
}

/* Ties were added above or below the diagonal as the indices of the models stood. */
static void mirror_ties(pl_win_matrix *m)
{
    for (size_t i = 0; i < m->n; i++) {
        for (size_t j = 0; j < i; j++) {
            double t = m->ties[i * m->n + j] + m->ties[j * m->n + i];
            m->ties[i * m->n + j] = m->ties[j * m->n + i] = t;
            m->tie_total += t;
        }
    }
}

static bool met_anyone(const pl_win_matrix *m, size_t i)
{
    for (size_t j = 0; j < m->n; j++) {
        if (m->wins[i * m->n + j] + m->wins[j * m->n + i] + m->ties[i * m->n + j] > 0.0)
            return true;
    }
    return false;
}

/* Closes the gaps that models without a ballot leave. keep has n places. */
static void drop_idle(pl_win_matrix *m, uint32_t *keep)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        if (met_anyone(m, i))
            keep[n++] = i;
    }
    if (n == m->n)
        return;
    for (uint32_t i = 0; i < m->n; i++)
        m->places[m->models[i]] = PL_NO_PLACE;
    for (size_t i = 0; i < n; i++) { /* what is read lies at or behind what is written */
        for (size_t j = 0; j < n; j++) {
            m->wins[i * n + j] = m->wins[(size_t)keep[i] * m->n + keep[j]];
            m->ties[i * n + j] = m->ties[(size_t)keep[i] * m->n + keep[j]];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        m->models[i] = m->models[keep[i]];
        m->places[m->models[i]] = i;
    }
    m->n = n;
}

pl_status pl__win_matrix_open(pl_win_matrix *matrix, const pl_rank_input *in, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_win_matrix m = {0};

    m.places = pl__calloc(in->n_models, sizeof(*m.places));
    m.models = pl__calloc(in->n_models, sizeof(*m.models));
    m.keep = pl__calloc(in->n_models, sizeof(*m.keep));
    if (!m.places || !m.models || !m.keep) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%u models", in->n_models);
        goto out;
    }
    place_candidates(&m, in);
    if (m.n > PL_FIT_MODELS_MAX) {
        rc = pl__fail(reterr, PL_E_LIMIT, "strengths of %u models; at most %u can be fitted", m.n, PL_FIT_MODELS_MAX);
        goto out;
    }
    m.wins = pl__calloc((size_t)m.n * m.n, sizeof(*m.wins));
    m.ties = pl__calloc((size_t)m.n * m.n, sizeof(*m.ties));
    if (!m.wins || !m.ties) {
        rc = pl__fail(reterr, PL_E_NOMEM, "wins of %u models", m.n);
        goto out;
    }
    *matrix = m;
    m = (pl_win_matrix){0};
out:
    pl__win_matrix_clear(&m);
    return rc;
}

void pl__win_matrix_reset(pl_win_matrix *m, const pl_rank_input *in)
{
    place_candidates(m, in);
    memset(m->wins, 0, (size_t)m->n * m->n * sizeof(*m->wins));
    memset(m->ties, 0, (size_t)m->n * m->n * sizeof(*m->ties));
    m->total = 0.0;
    m->tie_total = 0.0;
}

void pl__win_matrix_close(pl_win_matrix *m)
{
    mirror_ties(m);
    drop_idle(m, m->keep);
}

pl_status pl__win_matrix_init(pl_win_matrix *matrix, const pl_rank_input *in, bool with_lone, pl_error *reterr)
{
    bool counted = false;
    pl_status rc = pl__win_matrix_open(matrix, in, reterr);
    if (rc)
        return rc;
    if (count_votes(matrix, in, &counted)) {
        pl__win_matrix_clear(matrix);
        return pl__fail(reterr, PL_E_NOMEM, "wins of %u models", in->n_models);
    }
    if (!counted) /* votes stand alone: where there are some, there is no lone ballot */
        add_ballots(matrix, in, with_lone ? 2 : 1);
    pl__win_matrix_close(matrix);
    return PL_OK;
}

void pl__win_matrix_clear(pl_win_matrix *matrix)
{
    pl__free(matrix->models);
    pl__free(matrix->places);
    pl__free(matrix->keep);
    pl__free(matrix->wins);
    pl__free(matrix->ties);
    *matrix = (pl_win_matrix){0};
}
