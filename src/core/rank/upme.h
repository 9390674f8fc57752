#ifndef PL_UPME_H
#define PL_UPME_H

#include "rank_method.h"

#define PL_UPME_SETTLED 1e-12 /* largest |w - G| at which the iteration stops */

/* How a model's weight moves. A candidate's G may also be undefined although others judged it: all of their weights
 * are 0. Its weight then stays where it is for that epoch. */
typedef enum pl_upme_role {
    PL_UPME_NONE,    /* neither scored nor judging: no weight */
    PL_UPME_LEARNER, /* candidate and judge: steps towards its own score */
    PL_UPME_SCORED,  /* candidate whose judgments, if any, are all unusable: w = G */
    PL_UPME_OUTSIDER /* judge without a score: w = the candidates' mean */
} pl_upme_role;

typedef struct pl_upme {
    const pl_rank_input *in;
    pl_upme_role *roles; /* n_models */
    uint32_t n_scored;   /* learners and scored: the m of eq. 10 */
    double *w;
    double *g;
    uint32_t epochs; /* that the last run took */
    double gap;      /* the largest |w - G| that it left */
} pl_upme;

/* Allocates and finds the roles. Close in any case. */
PL_NODISCARD pl_status pl__upme_open(pl_upme *u, const pl_rank_input *in);
void pl__upme_close(pl_upme *u);
bool pl__upme_has_score(const pl_upme *u, uint32_t m);
/* Judges without a score get the mean weight of the models with one. */
void pl__upme_weigh_outsiders(pl_upme *u);
double pl__upme_loss(const pl_upme *u); /* eq. 10 for the present w and g */
/* Starts at weights 1, or at random ones drawn for `start` (0 is the reported run's). */
void pl__upme_start(pl_upme *u, pl_upme_init init, uint64_t start);
/* Iterates; loss has room for max_epochs or is NULL. Leaves w and the G that belongs to it. */
void pl__upme_iterate(pl_upme *u, uint32_t max_epochs, double *loss);
/* Repeats from opts->upme_restarts random starts and says in warnings where they end; r holds the reported scores. */
PL_NODISCARD pl_status pl__upme_restarts(pl_upme *u, pl_ranking *r);

#endif
