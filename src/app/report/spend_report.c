#include "spend_report.h"

#include "error.h"

void pl__table_money(pl_table *t, bool known, uint64_t nano_usd)
{
    char text[PL_MONEY_BYTES];

    pl__money_text(nano_usd, text);
    pl__table_text(t, known ? text : "unknown");
}

/* Sums over the models whose price is known, and what is said about the rest. */
typedef struct spend_totals {
    pl_spend stages[PL_STAGES];
    pl_spend now;
    pl_spend stored;
    uint32_t known;
    size_t n_stages; /* equivalences have a column where there are any */
} spend_totals;

static uint64_t total(const pl_spend spend[PL_STAGES])
{
    uint64_t sum = 0;

    for (size_t k = 0; k < PL_STAGES; k++)
        sum = pl__money_add(sum, spend[k].nano_usd);
    return sum;
}

static void add_up(const pl_run_summary *s, spend_totals *ret)
{
    size_t last = PL_TASK_EQUIVALENCE - 1;
    bool any = false;

    *ret = (spend_totals){0};
    for (uint32_t i = 0; i < s->n_models; i++) {
        const pl_run_model *m = &s->models[i];

        ret->known += m->price.known;
        for (size_t k = 0; k < PL_STAGES; k++) {
            pl__spend_sum(&ret->stages[k], &m->spend[k]);
            pl__spend_sum(&ret->now, &m->spend[k]);
            pl__spend_sum(&ret->stored, &m->stored[k]);
        }
        any = any || m->stored[last].calls + m->stored[last].unreported > 0;
    }
    ret->n_stages = any ? PL_STAGES : last;
}

static void fill(pl_table *t, const pl_run_summary *s, const pl_config *config, const spend_totals *all)
{
    pl__table_column(t, "cost", false);
    for (size_t k = 0; k < all->n_stages; k++)
        pl__table_column(t, pl__stage_name(k), true);
    pl__table_column(t, "in this command", true);
    pl__table_column(t, s->stored_in_part ? "in the store, at least" : "in the store", true);
    for (uint32_t i = 0; i < s->n_models; i++) {
        const pl_run_model *m = &s->models[i];

        pl__table_text(t, config->models[i].name);
        for (size_t k = 0; k < all->n_stages; k++)
            pl__table_money(t, m->price.known, m->spend[k].nano_usd);
        pl__table_money(t, m->price.known, total(m->spend));
        pl__table_money(t, m->price.known, total(m->stored));
    }
    pl__table_text(t, all->known < s->n_models ? "all known" : "all");
    for (size_t k = 0; k < all->n_stages; k++)
        pl__table_money(t, true, all->stages[k].nano_usd);
    pl__table_money(t, true, all->now.nano_usd);
    pl__table_money(t, true, all->stored.nano_usd);
}

static pl_status write_remarks(const spend_totals *all, pl_str *out)
{
    pl_status rc = PL_OK;

    if (all->now.estimated > 0)
        rc = pl__str_appendf(
            out, "%llu calls came back without usage: the most that they can have used is counted (estimated)\n",
            (unsigned long long)all->now.estimated);
    if (rc == PL_OK && all->stored.unreported > 0)
        rc = pl__str_appendf(out, "%llu stored calls came back without usage: they are not in the store's sum\n",
                             (unsigned long long)all->stored.unreported);
    return rc;
}

pl_status pl__report_spend(const pl_run_summary *s, const pl_config *config, pl_str *out, pl_error *reterr)
{
    spend_totals all;
    pl_table t;
    pl_status rc = PL_OK;

    add_up(s, &all);
    if (all.now.calls + all.stored.calls + all.stored.unreported == 0)
        return PL_OK;
    if (all.known == 0) {
        rc = pl__str_appendf(
            out, "cost unknown, no model has a price: %llu input and %llu output tokens in this command%s\n",
            (unsigned long long)all.now.usage.input_tokens, (unsigned long long)all.now.usage.output_tokens,
            all.now.estimated > 0 ? " (estimated in part)" : "");
        return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "spend of the run");
    }
    pl__table_init(&t);
    fill(&t, s, config, &all);
    rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    if (rc == PL_OK)
        rc = write_remarks(&all, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "spend of the run");
}
