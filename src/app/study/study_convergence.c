/* upme from random initial weights, epoch by epoch (UPME, Figure 3). The values of a row are those of the starts. */
#include "alloc.h"
#include "error.h"
#include "study_parts.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define EPOCHS_DEFAULT 30u
#define EPOCHS_MAX 1000u
#define NO_STEP 1e-15 /* a step so small that the scores are those of the initial weights */

typedef struct convergence {
    const pl_study_work *w;
    const pl_peer_table *table;
    uint32_t epochs;
    uint32_t starts;
    double *loss;   /* [epoch * starts + start], epochs 0 .. epochs */
    double *agree;  /* [(epoch * starts + start) * PL_AGREEMENT_METRICS] */
    double *scores; /* after the last epoch [start * n_models + model] */
} convergence;

static pl_status rank_after(const convergence *c, uint32_t start, uint32_t epochs, double step, pl_ranking **ret,
                            pl_error *reterr)
{
    pl_rank_opts opts = c->w->request->rank;

    opts.upme_init = PL_UPME_INIT_RANDOM;
    opts.upme_restarts = 0;
    opts.upme_epochs = epochs;
    opts.upme_step = step > 0.0 ? step : opts.upme_step;
    opts.seed += start;
    opts.criterion = c->w->criterion;
    return pl_rank_run("upme", c->table, c->w->set->models, &opts, ret, reterr);
}

/* The loss before each epoch, and before one more than there are: that of the final weights. */
static pl_status take_losses(convergence *c, uint32_t start, pl_error *reterr)
{
    pl_ranking *ranking = NULL;
    size_t n = 0;
    pl_status rc = rank_after(c, start, c->epochs + 1, 0.0, &ranking, reterr);
    const double *loss = rc == PL_OK ? pl_ranking_loss(ranking, &n) : NULL;

    for (uint32_t e = 0; rc == PL_OK && n > 0 && e <= c->epochs; e++)
        c->loss[(size_t)e * c->starts + start] = loss[e < n ? e : n - 1];
    pl_ranking_free(ranking);
    return rc;
}

static pl_status one_start(size_t index, void *user, pl_error *reterr)
{
    convergence *c = user;
    uint32_t n = c->w->set->n_models;
    pl_status rc = take_losses(c, (uint32_t)index, reterr);

    for (uint32_t e = 0; e <= c->epochs && rc == PL_OK; e++) {
        size_t at = ((size_t)e * c->starts + index) * PL_AGREEMENT_METRICS;
        pl_ranking *ranking = NULL;

        rc = rank_after(c, (uint32_t)index, e > 0 ? e : 1, e > 0 ? 0.0 : NO_STEP, &ranking, reterr);
        if (rc == PL_OK)
            rc = pl__agree_with(pl_ranking_scores(ranking), c->w->reference, n, c->agree + at, reterr);
        if (rc == PL_OK && e == c->epochs)
            memcpy(c->scores + index * n, pl_ranking_scores(ranking), n * sizeof(*c->scores));
        pl_ranking_free(ranking);
    }
    return rc;
}

static pl_status add_epochs(pl_study_work *w, const convergence *c, pl_error *reterr)
{
    for (uint32_t e = 0; e <= c->epochs; e++) {
        const char *label = pl__study_text(w->study, "%u", e);
        pl_study_row *row = NULL;
        pl_status rc =
            label ? pl__study_row(w->study, &label, c->starts, &row, reterr) : pl__fail(reterr, PL_E_NOMEM, "study");

        if (rc != PL_OK || !row)
            return rc;
        for (uint32_t k = 0; k < c->starts; k++) {
            size_t at = (size_t)e * c->starts + k;

            row->values[k] = c->loss[at];
            for (size_t m = 0; m < PL_AGREEMENT_METRICS; m++)
                row->values[(m + 1) * c->starts + k] = c->agree[at * PL_AGREEMENT_METRICS + m];
        }
    }
    return PL_OK;
}

/* The largest difference, over the models, between the scores that two starts end with. */
static double largest_difference(const convergence *c)
{
    uint32_t n = c->w->set->n_models;
    double largest = 0.0;

    for (uint32_t m = 0; m < n; m++) {
        double low = HUGE_VAL;
        double high = -HUGE_VAL;

        for (uint32_t k = 0; k < c->starts; k++) {
            double x = c->scores[(size_t)k * n + m];

            low = isnan(x) ? low : fmin(low, x);
            high = isnan(x) ? high : fmax(high, x);
        }
        largest = high > low ? fmax(largest, high - low) : largest;
    }
    return largest;
}

static pl_status run_starts(pl_study_work *w, convergence *c, pl_error *reterr)
{
    pl_study *s = w->study;
    pl_status rc = pl__parallel_for(c->starts, w->request->threads, one_start, c, reterr);

    if (rc == PL_OK)
        rc = add_epochs(w, c, reterr);
    if (rc != PL_OK)
        return rc;
    pl__study_fact(s, "starts", c->starts);
    pl__study_fact(s, "largest_difference_of_a_score", largest_difference(c));
    return pl__notes_add(&s->notes, &s->arena, reterr,
                         "the mean and spread are over %u starts on one draw of images; epoch 0 is the random start "
                         "itself",
                         c->starts);
}

pl_status pl__study_convergence(pl_study_work *w, pl_error *reterr)
{
    const pl_study_request *request = w->request;
    pl_study *s = w->study;
    pl_variant v = {.images = s->images};
    pl_peer_opts peer = PL_PEER_OPTS_INIT;
    pl_judgment *rows = NULL;
    pl_judgment_set set = {0};
    pl_peer_table *table = NULL;
    convergence c = {.w = w,
                     .epochs = request->rank.upme_epochs > 0 ? request->rank.upme_epochs : EPOCHS_DEFAULT,
                     .starts = request->starts};
    size_t cells = ((size_t)c.epochs + 1) * c.starts;
    pl_status rc = PL_OK;

    if (request->n_methods > 0)
        return pl__fail(reterr, PL_E_INVALID, "convergence is a study of upme");
    if (c.epochs > EPOCHS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "convergence looks at %u epochs at most", EPOCHS_MAX);
    s->n_seeds = 1;
    s->n_labels = 1;
    s->label_heads[0] = "epoch";
    s->n_metrics = PL_AGREEMENT_METRICS + 1;
    s->metrics[0] = (pl_study_metric){.name = "loss", .title = "loss", .decimals = 8};
    memcpy(s->metrics + 1, pl__agreement_metrics, sizeof(pl__agreement_metrics));
    peer.criterion_weights = request->criterion_weights;
    peer.pair_orders = request->pair_orders;
    peer.drop_self_reviews = request->drop_self_reviews;
    peer.exclude_judges = request->exclude_judges;
    rc = pl__variant_rows(w, &v, request->rank.seed, &rows, &set, reterr);
    if (rc == PL_OK)
        rc = pl_peer_table_build(&set, &peer, &table, reterr);
    c.table = table;
    c.loss = pl__calloc(cells, sizeof(*c.loss));
    c.agree = pl__calloc(cells * PL_AGREEMENT_METRICS, sizeof(*c.agree));
    c.scores = pl__calloc((size_t)c.starts * w->set->n_models, sizeof(*c.scores));
    if (rc == PL_OK && (!c.loss || !c.agree || !c.scores))
        rc = pl__fail(reterr, PL_E_NOMEM, "a study of %u starts", c.starts);
    if (rc == PL_OK)
        rc = run_starts(w, &c, reterr);
    pl__free(c.loss);
    pl__free(c.agree);
    pl__free(c.scores);
    pl_peer_table_free(table);
    pl__free(rows);
    return rc;
}
