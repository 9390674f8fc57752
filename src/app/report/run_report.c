#include "error.h"
#include "num.h"
#include "report.h"
#include "spend_report.h"
#include "table.h"
#include <math.h>

#define HELD_BACK_NS_MIN UINT64_C(1000000000) /* less is not worth a line */

static const char *state_words(pl_run_state state)
{
    switch (state) {
    case PL_RUN_COMPLETE:
        return "complete: every task ended in a response";
    case PL_RUN_INCOMPLETE:
        return "incomplete: some tasks have no response";
    case PL_RUN_STOPPED:
        return "stopped";
    case PL_RUN_INTERRUPTED:
        return "interrupted; what arrived is stored";
    case PL_RUN_RUNNING:
        break;
    }
    return "not finished";
}

static pl_status write_totals(const pl_run_summary *s, pl_str *out)
{
    char seconds[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    pl__num_format_fixed((double)s->elapsed_ns * 1e-9, 1, seconds);
    rc = pl__str_appendf(out, "run %lld %s%s%s\n", (long long)s->run_id, state_words(s->state),
                         s->stop_reason[0] ? ": " : "", s->stop_reason);
    if (rc == PL_OK)
        rc = pl__str_appendf(
            out, "%llu of %llu tasks have a response; %llu calls now (%llu requests), %llu reused, %s s\n",
            (unsigned long long)s->tasks_ended, (unsigned long long)s->tasks_total, (unsigned long long)s->calls,
            (unsigned long long)s->attempts, (unsigned long long)s->reused, seconds);
    return rc;
}

/* "with 2 earlier commands: 948 calls (1066 requests), 65.3 s" */
static pl_status write_together(const pl_run_summary *s, pl_str *out)
{
    const pl_run_earlier *e = &s->earlier;
    char seconds[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    if (e->commands > 0) {
        pl__num_format_fixed((double)e->elapsed_ms * 1e-3 + (double)s->elapsed_ns * 1e-9, 1, seconds);
        rc = pl__str_appendf(out, "with %llu earlier command%s: %llu calls (%llu requests), %s s\n",
                             (unsigned long long)e->commands, e->commands == 1 ? "" : "s",
                             (unsigned long long)(e->calls + s->calls), (unsigned long long)(e->attempts + s->attempts),
                             seconds);
    }
    if (rc == PL_OK && e->broken_off)
        rc = pl__str_append_c(out, "an earlier command was broken off: what it had stored is among the reused, and in "
                                   "the cost in the store\n");
    return rc;
}

/* "adaptive: separated at 95 % after 1,200 comparisons (20 of 100 items, 4 rounds)" */
static pl_status write_adaptive(const pl_run_summary *s, pl_str *out)
{
    static const char *const words[] = {
        [PL_ADAPTIVE_OPEN] = "not separated yet",
        [PL_ADAPTIVE_SEPARATED] = "separated",
        [PL_ADAPTIVE_ALL_ITEMS] = "not separated",
        [PL_ADAPTIVE_NO_VERDICTS] = "not separated; the latest round has brought no verdict that counts;",
        [PL_ADAPTIVE_TOO_MANY] = "not separated; no more comparisons than these can be chosen by;",
    };
    const pl_adaptive_summary *a = &s->adaptive;
    char confidence[PL_NUM_BYTES]; /* in per cent */
    char doubt[PL_NUM_BYTES];
    char wanted[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    if (a->end == PL_ADAPTIVE_NONE)
        return PL_OK;
    pl__num_format_fixed(100.0 * a->confidence, a->confidence > 0.99 ? 2 : 0, confidence);
    pl__num_format_fixed(a->doubt, 4, doubt);
    pl__num_format_fixed(a->doubt_to_stop, 4, wanted);
    rc = pl__str_appendf(out, "adaptive: %s at %s %% after %llu comparisons (%llu of %llu items, %u %s)", words[a->end],
                         confidence, (unsigned long long)a->comparisons, (unsigned long long)a->items,
                         (unsigned long long)s->n_items, a->rounds, a->rounds == 1 ? "round" : "rounds");
    if (rc == PL_OK && !isnan(a->doubt))
        rc = pl__str_appendf(out, "; doubt %s, it stops at %s", doubt, wanted);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    if (rc == PL_OK && a->end == PL_ADAPTIVE_ALL_ITEMS)
        rc = pl__str_append_c(out,
                              "More items can be added and the same command run again; pairs_per_question asks more "
                              "of each question, in a run of its own.\n");
    return rc;
}

static pl_status write_problem(pl_str *out, const char *model, uint64_t n, const char *what, const char *detail)
{
    pl_status rc = pl__str_append_c(out, "  ");

    if (rc == PL_OK)
        rc = pl__append_clean(out, pl__view(model));
    if (rc == PL_OK)
        rc = pl__str_appendf(out, ": %llu %s", (unsigned long long)n, what);
    if (rc == PL_OK && detail[0]) {
        rc = pl__str_append_c(out, ": ");
        if (rc == PL_OK)
            rc = pl__append_clean(out, pl__view(detail));
    }
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

static pl_status write_model(const pl_run_model *m, const char *name, pl_str *out)
{
    pl_status rc = PL_OK;

    for (int o = PL_OUTCOME_ANSWERED + 1; o < PL_OUTCOMES && rc == PL_OK; o++) {
        bool is_response = pl__outcome_is_response((pl_outcome)o);

        if (m->outcomes[o] > 0)
            rc = write_problem(out, name, m->outcomes[o], pl__outcome_name((pl_outcome)o),
                               is_response ? "" : m->last_problem);
    }
    if (rc == PL_OK && m->void_tasks > 0)
        rc = write_problem(out, name, m->void_tasks, "not askable, for a question or answer was refused or empty", "");
    if (rc == PL_OK && m->settled_tasks > 0)
        rc = write_problem(out, name, m->settled_tasks, "not to be asked, for both answers are the same text", "");
    if (rc == PL_OK && m->blocked_tasks > 0)
        rc = write_problem(out, name, m->blocked_tasks, "waiting for a question or answer that failed", "");
    if (rc == PL_OK && m->not_asked > 0)
        rc = write_problem(out, name, m->not_asked, "not asked", m->last_problem);
    return rc;
}

/* "cat: 12 requests sent again (9 rate limited, 3 server error), at most 3 for a call; held back 41.5 s; …" */
static pl_status write_retries(const pl_run_model *m, pl_str *out)
{
    uint64_t n = 0;
    const char *before = " (";
    pl_status rc = PL_OK;

    for (int o = 0; o < PL_OUTCOMES; o++)
        n += m->retries[o];
    if (n == 0)
        return PL_OK;
    rc = pl__str_appendf(out, "%llu requests sent again", (unsigned long long)n);
    for (int o = 0; o < PL_OUTCOMES && rc == PL_OK; o++) {
        if (m->retries[o] == 0)
            continue;
        rc = pl__str_appendf(out, "%s%llu %s", before, (unsigned long long)m->retries[o],
                             pl__outcome_name((pl_outcome)o));
        before = ", ";
    }
    return rc == PL_OK ? pl__str_appendf(out, "), at most %u for a call; ", m->attempts_most) : rc;
}

static pl_status write_flow(const pl_run_model *m, const char *name, pl_str *out)
{
    char seconds[PL_NUM_BYTES];
    bool resent = m->attempts_most > 1;
    pl_status rc = PL_OK;

    if (!resent && m->throttled_ns < HELD_BACK_NS_MIN && m->breaker_openings == 0)
        return PL_OK;
    pl__num_format_fixed((double)m->throttled_ns * 1e-9, 1, seconds);
    rc = pl__str_append_c(out, "  ");
    if (rc == PL_OK)
        rc = pl__append_clean(out, pl__view(name));
    if (rc == PL_OK)
        rc = pl__str_append_c(out, ": ");
    if (rc == PL_OK)
        rc = write_retries(m, out);
    if (rc == PL_OK)
        rc = pl__str_appendf(out, "held back %s s; concurrency %u of %u at the end", seconds, m->concurrency_end,
                             m->concurrency);
    if (rc == PL_OK && m->breaker_openings > 0)
        rc = pl__str_appendf(out, "; %llu times a server did not serve", (unsigned long long)m->breaker_openings);
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

static pl_status write_next_step(const pl_run_summary *s, pl_str *out)
{
    bool final_errors = false;

    for (uint32_t i = 0; i < s->n_models; i++) {
        for (int o = PL_OUTCOME_BAD_REQUEST; o < PL_OUTCOME_AUTH; o++)
            final_errors = final_errors || s->models[i].outcomes[o] > 0;
    }
    if (s->state == PL_RUN_COMPLETE)
        return PL_OK;
    return pl__str_appendf(out, "The same command continues where this one ended%s.\n",
                           final_errors ? "; with --retry-failed it also asks again what was refused as a bad request"
                                        : "");
}

pl_status pl__report_run(const pl_run_summary *s, const pl_config *config, pl_str *out, pl_error *reterr)
{
    pl_status rc = write_totals(s, out);

    if (rc == PL_OK)
        rc = write_together(s, out);
    if (rc == PL_OK)
        rc = write_adaptive(s, out);
    for (uint32_t i = 0; i < s->n_models && rc == PL_OK; i++)
        rc = write_model(&s->models[i], config->models[i].name, out);
    for (uint32_t i = 0; i < s->n_models && rc == PL_OK; i++)
        rc = write_flow(&s->models[i], config->models[i].name, out);
    for (uint64_t i = 0; i < s->item_problems_count && i < PL_RUN_PROBLEMS_MAX && rc == PL_OK; i++) {
        rc = pl__str_append_c(out, "  left out: ");
        if (rc == PL_OK)
            rc = pl__append_clean(out, pl__view(s->item_problems[i]));
        if (rc == PL_OK)
            rc = pl__str_append_char(out, '\n');
    }
    if (rc == PL_OK && s->item_problems_count > 0)
        rc = pl__str_appendf(out, "%llu of %llu items were left out\n", (unsigned long long)s->item_problems_count,
                             (unsigned long long)s->n_items);
    if (rc == PL_OK)
        rc = pl__report_spend(s, config, out, reterr);
    if (rc == PL_OK)
        rc = write_next_step(s, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "summary of the run");
}
