#ifndef PL_PAIR_LOSS_H
#define PL_PAIR_LOSS_H

#include "win_matrix.h"

/* Minus the log-likelihood of weighted outcomes of one pair whose first is ahead by d, with its derivatives by d and
 * by k = ln nu. */
typedef struct pl_pair_loss {
    double value;
    double d;
    double k;
    double dd;
    double dk;
    double kk;
} pl_pair_loss;

/* P(win) = 1 / (1 + e^-d), a tie being half a win each (Bradley and Terry 1952). All that has k is 0. */
pl_pair_loss pl__bt_loss(const pl_outcome *weights, double d);
/* P(win) : P(tie) : P(loss) = e^(d/2) : e^k : e^(-d/2) (Davidson 1970). */
pl_pair_loss pl__davidson_loss(const pl_outcome *weights, double d, double k);

#endif
