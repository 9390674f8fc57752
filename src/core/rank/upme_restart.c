/* Where UPME's iteration ends from many random starts: one fixed point in realistic pools, several when groups of
 * judges vote only for themselves. */
#include "alloc.h"
#include "num.h"
#include "str.h"
#include "upme.h"

#include <math.h>
#include <string.h>

#define RESTART_EPOCHS_MAX 1000u
#define POINTS_MAX 8          /* fixed points that are told apart; more are only counted */
#define SAME_POINT 1e-6       /* largest difference of scores within one fixed point */
#define NAMES_MAX 16          /* models that one sentence lists */
#define SENTENCE_BYTES 100000 /* of one sentence's list */

typedef struct points {
    double *scores[POINTS_MAX];
    uint32_t starts[POINTS_MAX];
    uint32_t n;
    uint32_t n_more;    /* starts that ended elsewhere */
    uint32_t unsettled; /* starts that ended nowhere */
} points;

static bool same_point(const pl_upme *u, const double *x, const double *y)
{
    for (uint32_t m = 0; m < u->in->n_models; m++) {
        if (isnan(x[m]) != isnan(y[m]) || fabs(x[m] - y[m]) > SAME_POINT)
            return false;
    }
    return true;
}

static pl_status add_end(const pl_upme *u, points *p)
{
    if (u->gap > SAME_POINT) {
        p->unsettled++;
        return PL_OK;
    }
    uint32_t i = 0;
    while (i < p->n && !same_point(u, u->g, p->scores[i]))
        i++;
    if (i == POINTS_MAX) {
        p->n_more++;
        return PL_OK;
    }
    if (i == p->n) {
        p->scores[i] = pl__memdup(u->g, u->in->n_models * sizeof(*u->g));
        if (!p->scores[i])
            return PL_E_NOMEM;
        p->n++;
    }
    p->starts[i]++;
    return PL_OK;
}

static pl_status list_scores(const pl_upme *u, const double *scores, pl_str *list)
{
    pl_status rc = PL_OK;
    uint32_t n_listed = 0;
    for (uint32_t i = 0; i < u->in->n_models && !rc; i++) {
        uint32_t m = u->in->order[i];
        if (isnan(scores[m]))
            continue;
        char number[PL_NUM_BYTES];
        pl__num_format_fixed(scores[m], 6, number);
        if (n_listed < NAMES_MAX)
            rc = pl__str_appendf(list, "%s%s %s", n_listed > 0 ? ", " : "", u->in->models[m], number);
        n_listed++;
    }
    if (!rc && n_listed > NAMES_MAX)
        rc = pl__str_appendf(list, " and %u more", n_listed - NAMES_MAX);
    return rc;
}

static pl_status describe(const pl_upme *u, const points *p, pl_ranking *r)
{
    uint32_t n = u->in->opts->upme_restarts;
    pl_status rc = PL_OK;
    if (p->n == 1 && p->unsettled == 0 && same_point(u, p->scores[0], r->scores))
        return pl__ranking_warn(r, "all of %u random starts end in the one fixed point that is shown", n);
    if (p->n > 0)
        rc = pl__ranking_warn(r, "%u random starts end in %s%u fixed point%s: scores depend on where the weights start",
                              n, p->n_more > 0 ? "more than " : "", p->n, p->n > 1 ? "s" : "");
    for (uint32_t i = 0; i < p->n && !rc; i++) {
        pl_str list;
        pl__str_init(&list, SENTENCE_BYTES);
        rc = list_scores(u, p->scores[i], &list);
        if (rc == PL_OK || rc == PL_E_LIMIT)
            rc = pl__ranking_warn(r, "fixed point %u (%u of %u starts%s): %s", i + 1, p->starts[i], n,
                                  same_point(u, p->scores[i], r->scores) ? ", the one shown" : "", pl__str_c(&list));
        pl__str_clear(&list);
    }
    if (!rc && p->unsettled > 0)
        rc = pl__ranking_warn(r, "%u of %u random starts had not settled after %u epochs", p->unsettled, n,
                              RESTART_EPOCHS_MAX);
    return rc;
}

pl_status pl__upme_restarts(pl_upme *u, pl_ranking *r)
{
    points p = {0};
    pl_status rc = PL_OK;
    for (uint32_t i = 1; i <= u->in->opts->upme_restarts && !rc; i++) {
        pl__upme_start(u, PL_UPME_INIT_RANDOM, i);
        pl__upme_iterate(u, RESTART_EPOCHS_MAX, NULL);
        rc = add_end(u, &p);
    }
    if (!rc)
        rc = describe(u, &p, r);
    for (uint32_t i = 0; i < p.n; i++)
        pl__free(p.scores[i]);
    return rc;
}
