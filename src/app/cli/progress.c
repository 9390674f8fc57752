#include "progress.h"

#include "clock.h"
#include "num.h"
#include "out.h"
#include <stdio.h>

#define LINE_INTERVAL_NS ((uint64_t)10 * 1000000000)

static void eta_text(double seconds, char *ret, size_t n)
{
    unsigned long s = (unsigned long)(seconds < 0.0 ? 0.0 : seconds > 8.64e6 ? 8.64e6 : seconds);

    if (seconds < 0.0)
        (void)snprintf(ret, n, "unknown");
    else if (s >= 3600)
        (void)snprintf(ret, n, "%luh%02lum", s / 3600, s / 60 % 60);
    else if (s >= 60)
        (void)snprintf(ret, n, "%lum%02lus", s / 60, s % 60);
    else
        (void)snprintf(ret, n, "%lus", s);
}

/* "  $0.0123 of $5.0000", or nothing where no price is known. */
static void money_text(const pl_run_progress *p, char *ret, size_t n)
{
    char spent[PL_MONEY_BYTES];
    char cap[PL_MONEY_BYTES];

    pl__money_text(p->nano_usd, spent);
    pl__money_text(p->max_cost_nano_usd, cap);
    if (p->any_price)
        (void)snprintf(ret, n, "  %s%s%s%s", spent, p->all_prices ? "" : " + unknown",
                       p->max_cost_nano_usd > 0 ? " of " : "", p->max_cost_nano_usd > 0 ? cap : "");
    else
        ret[0] = '\0';
}

void pl__progress_show(const pl_run_progress *p, void *user)
{
    pl_progress_view *view = user;
    uint64_t now = pl__clock_system()->now_mono_ns(NULL);
    char rate[PL_NUM_BYTES];
    char eta[32];
    char money[2 * PL_MONEY_BYTES + 32];
    char waiting[48] = "";
    char round[48] = "";
    char line[448];

    pl__num_format_fixed(p->calls_per_second, 1, rate);
    eta_text(p->eta_seconds, eta, sizeof(eta));
    money_text(p, money, sizeof(money));
    if (p->waiting_for_retry + p->held_back > 0)
        (void)snprintf(waiting, sizeof(waiting), ", %llu of them waiting",
                       (unsigned long long)(p->waiting_for_retry + p->held_back));
    if (p->round > 0)
        (void)snprintf(round, sizeof(round), "round %u of at most %u: ", p->round, p->rounds_most);
    (void)snprintf(line, sizeof(line),
                   "%s%llu/%llu tasks  %s calls/s  ETA %s  %llu failed  %llu in flight%s  %lluk+%lluk tokens%s", round,
                   (unsigned long long)p->tasks_ended, (unsigned long long)p->tasks_total, rate, eta,
                   (unsigned long long)p->failures, (unsigned long long)p->in_flight, waiting,
                   (unsigned long long)(p->input_tokens / 1000), (unsigned long long)(p->output_tokens / 1000), money);
    if (p->stopping && !view->said_stopping && p->in_flight > 0) {
        view->said_stopping = true;
        pl__out_say(
            "Stopping: waiting for %llu calls that are in flight, so that nothing paid for is lost. Ctrl-C once more "
            "gives them up.",
            (unsigned long long)p->in_flight);
    }
    if (pl__out_is_terminal()) {
        pl__out_status_line(line);
    } else if (now >= view->next_line_ns) {
        if (view->next_line_ns > 0)
            pl__out_say("%s", line);
        view->next_line_ns = now + LINE_INTERVAL_NS;
    }
}
