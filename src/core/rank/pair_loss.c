#include "pair_loss.h"

#include <math.h>

pl_pair_loss pl__bt_loss(const pl_outcome *weights, double d)
{
    double e = exp(-fabs(d));
    double small = e / (1.0 + e);
    double large = 1.0 / (1.0 + e);
    double wins = d < 0.0 ? small : large;
    double loses = d < 0.0 ? large : small;
    double won = weights->win + 0.5 * weights->tie;
    double lost = weights->loss + 0.5 * weights->tie;
    return (pl_pair_loss){
        .value = (won + lost) * log1p(e) + (d < 0.0 ? won * -d : lost * d),
        .d = lost * wins - won * loses,
        .dd = (won + lost) * wins * loses,
    };
}

/* Differences of probabilities are written as sums, so that nothing cancels where one of them is near 1. */
pl_pair_loss pl__davidson_loss(const pl_outcome *weights, double d, double k)
{
    double half = 0.5 * d;
    double top = fmax(fabs(half), k);
    double e_win = exp(half - top);
    double e_loss = exp(-half - top);
    double e_tie = exp(k - top);
    double sum = e_win + e_loss + e_tie;
    double wins = e_win / sum;
    double loses = e_loss / sum;
    double ties = e_tie / sum;
    double lead = wins - loses;
    double decided = wins + loses;
    double n = weights->win + weights->tie + weights->loss;
    return (pl_pair_loss){
        .value = n * (top + log(sum)) - half * (weights->win - weights->loss) - k * weights->tie,
        .d = 0.5 * (weights->loss * (2.0 * wins + ties) - weights->win * (2.0 * loses + ties) + weights->tie * lead),
        .k = (weights->win + weights->loss) * ties - weights->tie * decided,
        .dd = 0.25 * n * (decided * ties + 4.0 * wins * loses), /* decided - lead^2 */
        .dk = -0.5 * n * lead * ties,
        .kk = n * ties * decided,
    };
}
