/* Replicate i is drawn from its own stream, the one that a drawn table would come from; blocks of replicates are handed
 * to threads as they come. */
#include "bootstrap_bt.h"

#include "alloc.h"
#include "error.h"
#include "image_wins.h"
#include "name_order.h"
#include "rng.h"
#include "strengths.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define LANES PL_LANES
#define N_MODELS 2u /* bt, bt-davidson */

static const char *const names[N_MODELS] = {"bt", "bt-davidson"};

typedef struct job {
    const pl_bootstrap *b;
    size_t n;
    bool is_jackknife;
    pl_rank_input in;
    pl_image_wins *wins;
    double *const *scores;
    bool wanted[N_MODELS];
    double *starts[N_MODELS]; /* by model: strengths from all judgments */
} job;

/* Which of the two it is, or N_MODELS. */
static size_t index_of(const char *method)
{
    size_t i = 0;
    while (i < N_MODELS && strcmp(method, names[i]) != 0)
        i++;
    return i;
}

bool pl__bootstrap_bt_method(const char *method)
{
    return index_of(method) < N_MODELS;
}

static pl_status choose(const job *j, size_t replicate, uint32_t lane, pl_lanes *lanes, pl_error *reterr)
{
    uint64_t n = j->b->n_images;
    uint64_t excess = (0 - n) % n; /* as in pl__rng_below: the same images as there */
    pl_rng rng;
    bool drawn = true;
    for (size_t i = 0; i < n && j->is_jackknife; i++)
        drawn = i == replicate || pl__lanes_draw(lanes, i, lane);
    if (j->is_jackknife)
        return drawn ? PL_OK : PL_E_LIMIT;
    pl__rng_init(&rng, j->b->seed, "bootstrap", replicate);
    for (size_t i = 0; i < n && drawn; i++) {
        uint64_t x = pl__rng_u64(&rng);
        while (n > 1 && x < excess)
            x = pl__rng_u64(&rng);
        drawn = pl__lanes_draw(lanes, x % n, lane);
    }
    return drawn ? PL_OK : pl__fail(reterr, PL_E_LIMIT, "one image is drawn more than %u times", PL_LANE_COPIES_MAX);
}

/* scores: by model; NaN where there is none. theta: scratch of the matrix's size; scratch: for pl__strengths_follow(),
 * or NULL. */
static pl_status fit(const job *j, size_t which, const pl_win_matrix *m, double *theta, double *scratch, double *scores)
{
    pl_strengths_model model = {.davidson = which == 1, .ridge = j->in.opts->bt_ridge, .start = j->starts[which]};
    pl_win_graph graph = {0};
    pl_fit_report report;
    bool done = scratch && pl__strengths_follow(m, &model, theta, scratch);
    bool needs_graph = !done && !(model.ridge > 0.0);
    pl_status rc = needs_graph ? pl__win_graph_init(&graph, m) : PL_OK;
    if (!rc && !done)
        rc = pl__strengths_fit(m, needs_graph ? &graph : NULL, &model, theta, &report);
    for (uint32_t i = 0; i < j->in.n_models && !rc; i++)
        scores[i] = m->places[i] == PL_NO_PLACE ? (double)NAN : theta[m->places[i]];
    pl__win_graph_clear(&graph);
    return rc;
}

static pl_status fit_lane(const job *j, const pl_win_matrix *m, size_t replicate, double *theta, double *scratch)
{
    double *first[N_MODELS] = {NULL, NULL}; /* a method that is wanted twice is fitted once */
    for (size_t k = 0; k < j->b->n_methods; k++) {
        size_t which = index_of(j->b->methods[k]);
        double *to = which < N_MODELS ? &j->scores[k][replicate * j->b->n_models] : NULL;
        if (!to)
            continue;
        if (first[which]) {
            memcpy(to, first[which], j->b->n_models * sizeof(*to));
            continue;
        }
        pl_status rc = fit(j, which, m, theta, scratch, to);
        if (rc)
            return rc;
        first[which] = to;
    }
    return PL_OK;
}

static pl_status work(size_t block, void *user, pl_error *reterr)
{
    const job *j = user;
    size_t from = block * LANES;
    uint32_t n = (uint32_t)(j->n - from < LANES ? j->n - from : LANES);
    const pl_cluster_sums *sums = pl__image_wins_sums(j->wins);
    pl_lanes lanes = {0};
    pl_win_matrix m = {0};
    size_t n_models = j->in.n_models;
    double *theta = pl__calloc(n_models, sizeof(*theta));
    double *scratch = pl__calloc(PL_STRENGTHS_SCRATCH(n_models), sizeof(*scratch));
    pl_status rc = pl__lanes_init(&lanes, sums, reterr);
    if (!rc)
        rc = pl__win_matrix_open(&m, &j->in, reterr);
    for (uint32_t lane = 0; lane < n && !rc; lane++)
        rc = choose(j, from + lane, lane, &lanes, reterr);
    if (!rc && !(theta && scratch))
        rc = pl__fail(reterr, PL_E_NOMEM, "strengths of %u models", j->in.n_models);
    if (!rc)
        pl__lanes_add(&lanes, sums);
    for (uint32_t lane = 0; lane < n && !rc; lane++) {
        pl__image_wins_take(j->wins, &lanes, lane, &m);
        rc = fit_lane(j, &m, from + lane, theta, scratch);
        if (rc)
            rc = pl__fail(reterr, rc, "strengths of %u models", j->in.n_models);
    }
    pl__win_matrix_clear(&m);
    pl__lanes_clear(&lanes);
    pl__free(scratch);
    pl__free(theta);
    return rc;
}

/* Where the fits start. */
static pl_status fit_all_judgments(job *j, pl_error *reterr)
{
    pl_win_matrix m = {0};
    double *theta = pl__calloc(j->in.n_models, sizeof(*theta));
    pl_status rc = pl__win_matrix_init(&m, &j->in, false, reterr);
    for (size_t i = 0; i < N_MODELS && !rc; i++) {
        double *start = pl__calloc(j->in.n_models, sizeof(*start));
        rc = !j->wanted[i] ? PL_OK : start && theta ? fit(j, i, &m, theta, NULL, start) : PL_E_NOMEM;
        j->starts[i] = start;
        if (rc)
            rc = pl__fail(reterr, rc, "strengths of %u models", j->in.n_models);
    }
    pl__win_matrix_clear(&m);
    pl__free(theta);
    return rc;
}

pl_status pl__bootstrap_bt(const pl_bootstrap *b, size_t n, bool is_jackknife, double *const *scores, bool *ret_done,
                           pl_error *reterr)
{
    job j = {.b = b, .n = n, .is_jackknife = is_jackknife, .scores = scores};
    uint32_t *order = NULL;
    pl_status rc = PL_OK;
    *ret_done = false;
    for (size_t k = 0; k < b->n_methods; k++) {
        size_t which = index_of(b->methods[k]);
        if (which < N_MODELS)
            j.wanted[which] = true;
    }
    if (n == 0 || !(j.wanted[0] || j.wanted[1]))
        return PL_OK;
    if (pl__name_order(b->models, b->n_models, &order))
        return pl__fail(reterr, PL_E_NOMEM, "an order for %u models", b->n_models);
    j.in = (pl_rank_input){
        .table = b->table, .models = b->models, .n_models = b->n_models, .order = order, .opts = &b->rank};
    rc = pl__image_wins_new(&j.in, b->threads, &j.wins, reterr);
    if (rc || !j.wins)
        goto out;
    rc = fit_all_judgments(&j, reterr);
    if (!rc)
        rc = pl__parallel_for((n + LANES - 1) / LANES, b->threads, work, &j, reterr);
    *ret_done = rc == PL_OK;
out:
    for (size_t i = 0; i < N_MODELS; i++)
        pl__free(j.starts[i]);
    pl__image_wins_free(j.wins);
    pl__free(order);
    return rc;
}
