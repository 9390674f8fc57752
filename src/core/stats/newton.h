#ifndef PL_NEWTON_H
#define PL_NEWTON_H

#include <peerless/status.h>

/* Minimises a smooth function of n numbers, some of which may have the lower bound 0: damped Newton steps, projected
 * on the bounds (Bertsekas 1982), with a backtracking line search. Deterministic. */

typedef struct pl_newton_ops {
    /* Required. F(x), and its gradient in ret_gradient. */
    double (*value)(void *user, const double *x, double *ret_gradient);
    /* Required. ret_step = -(H + damping I)^-1 gradient over the numbers that are not held; the places of held ones
     * are 0. x is the point of the latest value(). False if the matrix is not positive definite. */
    bool (*step)(void *user, const double *x, const double *gradient, double damping, const bool *held,
                 double *ret_step);
} pl_newton_ops;

typedef struct pl_newton_opts {
    double tolerance; /* on the largest element of the projected gradient */
    uint32_t max_iterations;
    const bool *bounded; /* n: is the number kept at 0 or above? NULL: none is */
} pl_newton_opts;

typedef struct pl_newton_report {
    bool converged;
    uint32_t iterations; /* steps taken */
    double value;
    double gradient; /* largest element of the projected gradient */
} pl_newton_report;

/* x: the start on entry (within bounds), the minimum found on return. scratch: PL_NEWTON_SCRATCH(n) numbers; held: n
 * places, on return which numbers stand at their bound. No allocation. */
void pl__newton_minimise(const pl_newton_ops *ops, void *user, size_t n, const pl_newton_opts *opts, double *x,
                         double *scratch, bool *held, pl_newton_report *ret);

#define PL_NEWTON_SCRATCH(n) (4 * (n))

#endif
