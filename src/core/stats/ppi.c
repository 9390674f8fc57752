#include <peerless/ppi.h>

#include "distribution.h"
#include "error.h"

#include <math.h>

#define LEVEL_DEFAULT 0.95
#define FEW_LABELS 25u
#define FEW_CORRECTIONS 5u

/* The labelled part: labels y, predictions f. */
typedef struct part {
    size_t n;
    double mean_y;
    double mean_f;
    double yy; /* centred sums of squares and products */
    double ff;
    double yf;
    size_t n_corrections; /* labels that differ from their prediction */
} part;

static double mean_of(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : (double)NAN;
}

static part summarise(const double *y, const double *f, size_t n)
{
    part p = {.n = n, .mean_y = mean_of(y, n), .mean_f = mean_of(f, n)};
    for (size_t i = 0; i < n; i++) {
        double dy = y[i] - p.mean_y;
        double df = f[i] - p.mean_f;
        p.yy += dy * dy;
        p.ff += df * df;
        p.yf += dy * df;
        p.n_corrections += y[i] < f[i] || y[i] > f[i];
    }
    return p;
}

/* The lambda of least variance; 0 where predictions do not vary. */
static double tune(const part *labelled, const part *machine)
{
    double n = (double)labelled->n;
    double n_machine = (double)machine->n;
    double apart = labelled->mean_f - machine->mean_f;
    double squares = labelled->ff + machine->ff + apart * apart * n * n_machine / (n + n_machine);
    double variance = squares / (n + n_machine - 1.0);
    if (!(variance > 0.0))
        return 0.0;
    double lambda = labelled->yf / n / ((1.0 + n / n_machine) * variance);
    return fmin(fmax(lambda, 0.0), 1.0);
}

/* Estimate, errors and interval for one lambda. `spent` degrees of freedom went into the fit. */
static void estimate_with(double lambda, double spent, double level, const part *labelled, const part *machine,
                          pl_ppi_mean_result *r)
{
    double n = (double)labelled->n;
    double n_machine = (double)machine->n;
    double squares = labelled->yy - 2.0 * lambda * labelled->yf + lambda * lambda * labelled->ff;
    r->lambda = lambda;
    r->estimate = labelled->mean_y;
    r->error_machine = 0.0;
    if (lambda > 0.0) {
        r->estimate += lambda * (machine->mean_f - labelled->mean_f);
        r->error_machine =
            n_machine > 1.0 ? lambda * sqrt(machine->ff / (n_machine - 1.0) / n_machine) : (double)INFINITY;
    }
    r->df = n - spent;
    if (!(r->df > 0.0)) {
        r->error = r->error_labels = r->low = r->high = r->df = (double)NAN;
        return;
    }
    r->error_labels = sqrt(fmax(squares, 0.0) / r->df / n);
    r->error = hypot(r->error_labels, r->error_machine);
    double half = pl__student_quantile(0.5 + 0.5 * level, r->df) * r->error;
    r->low = r->estimate - half;
    r->high = r->estimate + half;
}

static void set_flags(const part *labelled, const part *machine, bool tuned, pl_ppi_mean_result *r)
{
    if (labelled->n < FEW_LABELS)
        r->flags |= PL_PPI_FEW_LABELS;
    if (machine->n == 0)
        r->flags |= PL_PPI_NO_PREDICTIONS;
    else if (tuned && !(r->lambda > 0.0))
        r->flags |= PL_PPI_PREDICTIONS_IDLE;
    if (r->lambda > 0.0 && labelled->n_corrections < FEW_CORRECTIONS)
        r->flags |= PL_PPI_FEW_CORRECTIONS;
    if (labelled->n > 1 && !(r->error_labels > 0.0)) {
        r->flags |= PL_PPI_NO_SPREAD;
        r->low = r->high = (double)NAN;
    }
    if (labelled->n > 1 && !(labelled->yy > 0.0))
        r->labelled_low = r->labelled_high = (double)NAN;
}

static bool is_too_large(const part *p)
{
    return p->n > 0 &&
           !(isfinite(p->yy) && isfinite(p->ff) && isfinite(p->mean_y * p->mean_y) && isfinite(p->mean_f * p->mean_f));
}

static pl_status check_numbers(const char *what, const double *x, size_t n, pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return pl__fail(reterr, PL_E_RANGE, "%s %zu is no finite number", what, i);
    }
    return PL_OK;
}

static pl_status check_opts(const pl_ppi_opts *given, pl_ppi_opts *ret, pl_error *reterr)
{
    static const pl_ppi_opts defaults = PL_PPI_OPTS_INIT;
    pl_ppi_opts opts = given ? *given : defaults;
    if (opts.size_bytes != sizeof(opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    if (!(opts.level >= 0.0 && opts.level < 1.0))
        return pl__fail(reterr, PL_E_INVALID, "the level of an interval lies in (0, 1)");
    if (opts.fixed_lambda && !(opts.lambda >= 0.0 && opts.lambda <= 1.0))
        return pl__fail(reterr, PL_E_INVALID, "lambda lies in [0, 1]");
    if (!(opts.level > 0.0))
        opts.level = LEVEL_DEFAULT;
    *ret = opts;
    return PL_OK;
}

static pl_status check_values(const double *labels, const double *predictions, size_t n, const double *machine,
                              size_t n_machine, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (((!labels || !predictions) && n > 0) || (!machine && n_machine > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    rc = check_numbers("label", labels, n, reterr);
    if (rc == PL_OK)
        rc = check_numbers("prediction", predictions, n, reterr);
    return rc == PL_OK ? check_numbers("unlabelled prediction", machine, n_machine, reterr) : rc;
}

pl_status pl_ppi_mean(const double *labels, const double *predictions, size_t n, const double *machine,
                      size_t n_machine, const pl_ppi_opts *opts, pl_ppi_mean_result *ret, pl_error *reterr)
{
    pl_ppi_opts filled = PL_PPI_OPTS_INIT;
    pl_ppi_mean_result r = {0};
    pl_status rc = PL_OK;

    if (!ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    rc = check_opts(opts, &filled, reterr);
    if (rc == PL_OK)
        rc = check_values(labels, predictions, n, machine, n_machine, reterr);
    if (rc != PL_OK)
        return rc;
    part labelled = summarise(labels, predictions, n);
    part rest = summarise(machine, machine, n_machine);
    if (is_too_large(&labelled) || is_too_large(&rest))
        return pl__fail(reterr, PL_E_RANGE, "values too large to square");

    bool can_tune = n > 2 && n_machine > 1;
    estimate_with(0.0, 1.0, filled.level, &labelled, &rest, &r);
    r.labelled_estimate = r.estimate;
    r.labelled_low = r.low;
    r.labelled_high = r.high;
    if (filled.fixed_lambda && n > 0 && n_machine > 0) {
        estimate_with(filled.lambda, 1.0, filled.level, &labelled, &rest, &r);
    } else if (!filled.fixed_lambda && can_tune) {
        pl_ppi_mean_result alone = r;
        estimate_with(tune(&labelled, &rest), 2.0, filled.level, &labelled, &rest, &r);
        if (!(r.lambda > 0.0 && r.high - r.low <= alone.high - alone.low))
            r = alone;
    }
    set_flags(&labelled, &rest, !filled.fixed_lambda, &r);
    *ret = r;
    return PL_OK;
}

const char *pl_ppi_flag_text(uint32_t flag)
{
    static const struct {
        uint32_t flag;
        const char *text;
    } rows[] = {
        {PL_PPI_FEW_LABELS, "fewer than 25 labelled items: the interval may be too narrow"},
        {PL_PPI_FEW_CORRECTIONS, "fewer than 5 labels differ from their prediction: the interval may be too narrow"},
        {PL_PPI_NO_SPREAD, "nothing varies among the labelled items: there is no interval"},
        {PL_PPI_NO_PREDICTIONS, "no unlabelled item has a prediction: this is the labelled part alone"},
        {PL_PPI_PREDICTIONS_IDLE, "the predictions do not sharpen the estimate: this is the labelled part alone"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].flag == flag)
            return rows[i].text;
    }
    return "no flag";
}
