/* 1. x is feasible throughout, and `value` was last called at x before `step` is.
 * 2. F never rises, but for its own rounding error when the gradient falls.
 * 3. A number is held at its bound while the gradient pushes it outwards. */
#include "newton.h"

#include <math.h>
#include <string.h>

#define ARMIJO 1e-4
#define HALVINGS_MAX 60
#define DAMPING_FIRST 1e-2 /* of the largest element of the gradient or 1 */
#define DAMPING_GROWTH 4.0
#define DAMPING_TRIES_MAX 100
#define ROUNDING 1e-13    /* of |F|: differences below it mean nothing */
#define SETTLED_STEP 1e-9 /* relative length of the last step, so that flat directions are followed to the end */
#define IDLE_STEPS_MAX 3  /* steps without a better gradient once it is within the tolerance */

typedef struct state {
    const pl_newton_ops *ops;
    void *user;
    size_t n;
    const pl_newton_opts *opts;
    double *x;
    bool *held;
    double *gradient;
    double *step;
    double *trial;
    double *trial_gradient;
    double value;
} state;

static bool is_bounded(const state *s, size_t i)
{
    return s->opts->bounded && s->opts->bounded[i];
}

/* The largest element of the gradient that a feasible step could follow; marks the numbers to hold. NaN if the
 * gradient is not finite. */
static double hold(state *s, const double *x, const double *gradient)
{
    double largest = 0.0;
    for (size_t i = 0; i < s->n; i++) {
        s->held[i] = is_bounded(s, i) && !(x[i] > 0.0) && gradient[i] >= 0.0;
        if (!isfinite(gradient[i]))
            return (double)NAN;
        if (!s->held[i])
            largest = fmax(largest, fabs(gradient[i]));
    }
    return largest;
}

static bool find_step(state *s, double gradient)
{
    double damping = 0.0;
    for (unsigned k = 0; k < DAMPING_TRIES_MAX; k++) {
        if (s->ops->step(s->user, s->x, s->gradient, damping, s->held, s->step))
            return true;
        damping = damping > 0.0 ? damping * DAMPING_GROWTH : DAMPING_FIRST * fmax(gradient, 1.0);
    }
    return false;
}

/* The trial point at `length` along the step; returns the decrease that the gradient promises there. */
static double place_trial(state *s, double length)
{
    double promised = 0.0;
    for (size_t i = 0; i < s->n; i++) {
        s->trial[i] = s->x[i] + length * s->step[i];
        if (is_bounded(s, i) && s->trial[i] < 0.0)
            s->trial[i] = 0.0;
        promised -= s->gradient[i] * (s->trial[i] - s->x[i]);
    }
    return promised;
}

/* Moves to the trial point; returns how far that is, relative to the size of the numbers. */
static double accept(state *s, double value)
{
    double moved = 0.0;
    for (size_t i = 0; i < s->n; i++)
        moved = fmax(moved, fabs(s->trial[i] - s->x[i]) / (1.0 + fabs(s->x[i])));
    memcpy(s->x, s->trial, s->n * sizeof(*s->x));
    memcpy(s->gradient, s->trial_gradient, s->n * sizeof(*s->gradient));
    s->value = value;
    return moved;
}

/* False if no length along the step helps. */
static bool line_search(state *s, double old_gradient, double *ret_moved, double *ret_gradient)
{
    double length = 1.0;
    for (unsigned k = 0; k < HALVINGS_MAX; k++, length *= 0.5) {
        double promised = place_trial(s, length);
        double value = s->ops->value(s->user, s->trial, s->trial_gradient);
        double rounding = ROUNDING * (1.0 + fabs(s->value));
        bool falls = promised >= 0.0 && value <= s->value - ARMIJO * promised; /* bounds may turn a long step round */
        if (falls || (fabs(promised) <= rounding && value <= s->value + rounding)) {
            double gradient = hold(s, s->trial, s->trial_gradient);
            if (!falls && !(gradient < old_gradient))
                return false;
            *ret_moved = accept(s, value);
            *ret_gradient = gradient;
            return true;
        }
    }
    return false;
}

void pl__newton_minimise(const pl_newton_ops *ops, void *user, size_t n, const pl_newton_opts *opts, double *x,
                         double *scratch, bool *held, pl_newton_report *ret)
{
    state s = {.ops = ops,
               .user = user,
               .n = n,
               .opts = opts,
               .x = x,
               .held = held,
               .gradient = scratch,
               .step = scratch + n,
               .trial = scratch + 2 * n,
               .trial_gradient = scratch + 3 * n};
    s.value = ops->value(user, x, s.gradient);
    double gradient = hold(&s, x, s.gradient);
    double moved = (double)INFINITY;
    unsigned idle = 0;
    uint32_t k = 0;
    while (k < opts->max_iterations && isfinite(gradient) && gradient > 0.0) {
        double old = gradient;
        if (gradient <= opts->tolerance && (moved <= SETTLED_STEP || idle >= IDLE_STEPS_MAX))
            break;
        if (!find_step(&s, gradient) || !line_search(&s, old, &moved, &gradient))
            break;
        idle = gradient < old ? 0 : idle + 1;
        k++;
    }
    gradient = hold(&s, s.x, s.gradient);
    *ret = (pl_newton_report){
        .converged = gradient <= opts->tolerance, .iterations = k, .value = s.value, .gradient = gradient};
}
