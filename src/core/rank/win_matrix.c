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

static void mark_models(const pl_rank_input *in, size_t n_lists, uint32_t *places)
{
    for (size_t l = 0; l < n_lists; l++) {
        size_t n = 0;
        const pl_ballot *ballots = lists[l](in->table, &n);
        for (size_t i = 0; i < n; i++) {
            if (pl__ballot_counts(&ballots[i], in->opts))
                places[ballots[i].a] = places[ballots[i].b] = 0;
        }
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
            size_t a = m->places[v->a];
            size_t b = m->places[v->b];
            pl_outcome o = pl__outcome(v->a_score);
            double weight = pl__ballot_weight(v, in);
            m->wins[a * m->n + b] += weight * o.win;
            m->wins[b * m->n + a] += weight * o.loss;
            m->ties[a * m->n + b] += weight * o.tie;
            m->total += weight;
        }
    }
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

pl_status pl__win_matrix_init(pl_win_matrix *matrix, const pl_rank_input *in, bool with_lone, pl_error *reterr)
{
    size_t n_lists = with_lone ? 2 : 1;
    pl_status rc = PL_OK;
    pl_win_matrix m = {0};

    m.places = pl__calloc(in->n_models, sizeof(*m.places));
    m.models = pl__calloc(in->n_models, sizeof(*m.models));
    if (!m.places || !m.models) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%u models", in->n_models);
        goto out;
    }
    for (uint32_t i = 0; i < in->n_models; i++)
        m.places[i] = PL_NO_PLACE;
    mark_models(in, n_lists, m.places);
    for (uint32_t i = 0; i < in->n_models; i++) {
        uint32_t model = in->order[i];
        if (m.places[model] == PL_NO_PLACE)
            continue;
        m.places[model] = m.n;
        m.models[m.n++] = model;
    }
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
    add_ballots(&m, in, n_lists);
    mirror_ties(&m);
    *matrix = m;
    m = (pl_win_matrix){0};
out:
    pl__win_matrix_clear(&m);
    return rc;
}

void pl__win_matrix_clear(pl_win_matrix *matrix)
{
    pl__free(matrix->models);
    pl__free(matrix->places);
    pl__free(matrix->wins);
    pl__free(matrix->ties);
    *matrix = (pl_win_matrix){0};
}
