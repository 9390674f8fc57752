#include "answer_report.h"
#include "confidence_report.h"
#include "consensus_report.h"
#include "corrected_report.h"
#include "error.h"
#include "rank_json.h"
#include "report.h"
#include "table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The method that the rows are ordered by: the first one that ranks anybody, or the first one. */
static size_t leading_method(const pl_analysis *a)
{
    for (size_t k = 0; k < a->n_methods; k++) {
        for (uint32_t i = 0; i < a->set->n_models; i++) {
            if (a->methods[k].rank[i] > 0)
                return k;
        }
    }
    return 0;
}

/* Models by the leading method's rank, then in the set's order; undefined ones last. */
static bool stands_before(const uint32_t *rank, uint32_t x, uint32_t y)
{
    uint32_t rx = rank[x] ? rank[x] : UINT32_MAX;
    uint32_t ry = rank[y] ? rank[y] : UINT32_MAX;

    return rx != ry ? rx < ry : x < y;
}

static uint32_t *ordered_models(const pl_analysis *a, pl_arena *arena)
{
    uint32_t n = a->set->n_models;
    uint32_t *order = pl__arena_calloc(arena, n > 0 ? n : 1, sizeof(*order));
    const uint32_t *rank = a->methods[leading_method(a)].rank;

    for (uint32_t i = 0; order && i < n; i++) {
        uint32_t k = i;

        for (; k > 0 && stands_before(rank, i, order[k - 1]); k--)
            order[k] = order[k - 1];
        order[k] = i;
    }
    return order;
}

static pl_status flag_words(uint32_t flags, pl_str *out)
{
    static const char *const words[] = {"unusable", "position", "inconsistent"};
    pl_status rc = PL_OK;

    for (size_t i = 0; i < 3 && rc == PL_OK; i++) {
        if (!(flags & (1u << i)))
            continue;
        if (out->len > 0)
            rc = pl__str_append_c(out, " ");
        if (rc == PL_OK)
            rc = pl__str_append_c(out, words[i]);
    }
    return rc;
}

/* A table for people holds so many columns; the methods that do not fit follow in another one. */
#define COLUMNS_OF_MODEL 5u

static size_t columns_of(const pl_method_result *m)
{
    return 1u + (m->low ? 2u : 0u) + (m->weights ? 1u : 0u);
}

/* Behind the last method that fits into one table with method `first`. */
static size_t fitting(const pl_analysis *a, size_t first)
{
    size_t columns = COLUMNS_OF_MODEL;
    size_t k = first;

    while (k < a->n_methods && columns + columns_of(&a->methods[k]) <= PL_TABLE_COLUMNS_MAX)
        columns += columns_of(&a->methods[k++]);
    return k;
}

static void add_heads(const pl_analysis *a, size_t first, size_t end, pl_table *t)
{
    pl__table_column(t, "rank", true);
    pl__table_column(t, "model", false);
    for (size_t k = first; k < end; k++) {
        pl__table_column(t, a->methods[k].name, true);
        if (a->methods[k].low) {
            pl__table_column(t, "worst", true);
            pl__table_column(t, "best", true);
        }
        if (a->methods[k].weights)
            pl__table_column(t, "weight", true);
    }
    if (a->answers) {
        pl__answer_heads(t);
        return;
    }
    pl__table_column(t, "usable verdicts", true);
    pl__table_column(t, "missing", true);
    pl__table_column(t, "flags", false);
}

static pl_status add_model(const pl_analysis *a, uint32_t i, uint32_t rank, size_t first, size_t end, pl_table *t)
{
    const pl_judge_report *judge = a->judges ? &a->judges[i] : NULL;
    pl_str flags;
    pl_status rc = PL_OK;

    if (rank > 0)
        pl__table_count(t, rank);
    else
        pl__table_fixed(t, (double)NAN, 0);
    pl__table_text(t, a->set->models[i]);
    for (size_t k = first; k < end; k++) {
        const pl_method_result *m = &a->methods[k];

        pl__table_fixed(t, m->scores[i], 4);
        if (m->low) {
            pl__table_fixed(t, m->low[i], 4);
            pl__table_fixed(t, m->high[i], 4);
        }
        if (m->weights)
            pl__table_fixed(t, m->weights[i], 4);
    }
    if (!judge) {
        pl__answer_cells(a, i, t);
        return PL_OK;
    }
    pl__table_count(t, judge->usable);
    pl__table_count(t, judge->asked - judge->usable);
    pl__str_init(&flags, 256);
    rc = flag_words(judge->flags, &flags);
    pl__table_text(t, pl__str_c(&flags));
    pl__str_clear(&flags);
    return rc;
}

static pl_status write_scores(const pl_analysis *a, size_t first, size_t end, pl_str *out, pl_error *reterr)
{
    const uint32_t *rank = a->methods[leading_method(a)].rank;
    pl_table t;
    uint32_t *order = NULL;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    order = ordered_models(a, &t.arena);
    if (!order)
        rc = pl__fail(reterr, PL_E_NOMEM, "table");
    add_heads(a, first, end, &t);
    for (uint32_t i = 0; order && i < a->set->n_models && rc == PL_OK; i++)
        rc = add_model(a, order[i], rank[order[i]], first, end, &t);
    if (rc == PL_OK)
        rc = pl__table_write(&t, out, reterr);
    if (rc == PL_OK && end < a->n_methods)
        rc = pl__str_append_char(out, '\n');
    pl__table_clear(&t);
    return rc;
}

static pl_status write_agreement(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    pl_table t;
    pl_status rc = PL_OK;

    if (a->n_methods == 0 || !a->methods[0].has_agreement)
        return PL_OK;
    pl__table_init(&t);
    pl__table_column(&t, "agreement with the truth", false);
    pl__table_column(&t, "models", true);
    pl__table_column(&t, "Pearson", true);
    pl__table_column(&t, "Spearman", true);
    pl__table_column(&t, "Kendall", true);
    pl__table_column(&t, "perm. entropy", true);
    pl__table_column(&t, "inversions", true);
    pl__table_column(&t, "top-1", false);
    for (size_t k = 0; k < a->n_methods; k++) {
        const pl_agreement *g = &a->methods[k].agreement;

        if (!a->methods[k].has_agreement)
            continue;
        pl__table_text(&t, a->methods[k].name);
        pl__table_count(&t, g->n);
        pl__table_fixed(&t, g->pearson, 4);
        pl__table_fixed(&t, g->spearman, 4);
        pl__table_fixed(&t, g->kendall, 4);
        pl__table_fixed(&t, g->permutation_entropy, 4);
        pl__table_count(&t, g->inversions);
        pl__table_text(&t, g->top1 ? "yes" : "no");
    }
    rc = pl__str_append_char(out, '\n');
    if (rc == PL_OK)
        rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static pl_status write_remarks(const pl_analysis *a, pl_str *out)
{
    size_t leading = leading_method(a);
    bool any = a->notes.n > 0 || leading > 0;
    pl_status rc = PL_OK;

    for (size_t k = 0; k < a->n_methods; k++)
        any = any || a->methods[k].n_warnings > 0;
    if (any)
        rc = pl__str_append_char(out, '\n');
    if (rc == PL_OK && leading > 0)
        rc = pl__str_appendf(out, "note: the ranks are by %s: %s ranks no model\n", a->methods[leading].name,
                             a->methods[0].name);
    for (size_t i = 0; i < a->notes.n && rc == PL_OK; i++)
        rc = pl__append_line(out, "note: ", a->notes.texts[i]);
    for (size_t k = 0; k < a->n_methods && rc == PL_OK; k++) {
        for (size_t i = 0; i < a->methods[k].n_warnings && rc == PL_OK; i++) {
            rc = pl__str_append_c(out, a->methods[k].name);
            if (rc == PL_OK)
                rc = pl__append_line(out, ": ", a->methods[k].warnings[i]);
        }
    }
    return rc;
}

static pl_status write_counts(const pl_analysis *a, pl_str *out)
{
    const char *what = a->answers ? "responses to" : "judgments of";
    pl_status rc = pl__str_appendf(out, "\n%zu %s %u questions", a->set->n_rows, what, a->set->n_items);

    if (rc == PL_OK && a->set->n_images != a->set->n_items) /* one each: the items may have no image at all */
        rc = pl__str_appendf(out, " on %u images", a->set->n_images);
    if (rc == PL_OK && !a->answers)
        rc = pl__str_appendf(out, ", %llu missing", (unsigned long long)a->missing);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    return rc == PL_OK && a->answers ? pl__answer_pool(a, out) : rc;
}

static pl_status write_table(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t k = 0, end = 0; k < a->n_methods && rc == PL_OK; k = end) {
        end = fitting(a, k);
        rc = write_scores(a, k, end, out, reterr);
    }
    if (rc == PL_OK)
        rc = write_counts(a, out);
    if (rc == PL_OK && a->uncertainty)
        rc = pl__confidence_table(a, out, reterr);
    if (rc == PL_OK && a->corrected)
        rc = pl__corrected_table(a, out, reterr);
    if (rc == PL_OK)
        rc = write_agreement(a, out, reterr);
    if (rc == PL_OK && a->consensus)
        rc = pl__consensus_table(a, out, reterr);
    return rc == PL_OK ? write_remarks(a, out) : rc;
}

#define N_INTERVALS 7

static void add_place(pl_table *t, uint32_t place)
{
    if (place > 0)
        pl__table_count(t, place);
    else
        pl__table_text(t, "");
}

static void add_confidence(pl_table *t, const pl_method_uncertainty *x, uint32_t i)
{
    pl__table_full(t, x->low[i]);
    pl__table_full(t, x->high[i]);
    pl__table_full(t, x->se[i]);
    add_place(t, x->rank_low[i]);
    add_place(t, x->rank_high[i]);
    pl__table_full(t, x->p_best[i]);
    add_place(t, x->group[i]);
}

/* What the method has of the seven columns. */
static void add_intervals(const pl_analysis *a, const pl_method_result *m, pl_table *t, uint32_t i)
{
    size_t n = 0;

    if (m->uncertainty) {
        add_confidence(t, m->uncertainty, i);
        return;
    }
    if (a->corrected && m == &a->methods[a->n_methods - 1]) {
        pl__table_full(t, a->corrected->models[i].win_rate.low);
        pl__table_full(t, a->corrected->models[i].win_rate.high);
        pl__table_full(t, a->corrected->models[i].win_rate.error);
        n = 3;
    }
    for (; n < N_INTERVALS; n++)
        pl__table_text(t, "");
}

static pl_status write_csv(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"method", "model", "rank", "score", "weight", "worst", "best"};
    static const char *const more[N_INTERVALS] = {"ci_low",    "ci_high", "se",        "rank_low",
                                                  "rank_high", "p_best",  "tied_group"};
    bool intervals = a->uncertainty || a->corrected;
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(&t, heads[i], false);
    for (size_t i = 0; intervals && i < N_INTERVALS; i++)
        pl__table_column(&t, more[i], false);
    for (size_t k = 0; k < a->n_methods; k++) {
        const pl_method_result *m = &a->methods[k];

        for (uint32_t i = 0; i < a->set->n_models; i++) {
            pl__table_text(&t, m->name);
            pl__table_text(&t, a->set->models[i]);
            if (m->rank[i] > 0)
                pl__table_count(&t, m->rank[i]);
            else
                pl__table_full(&t, (double)NAN);
            pl__table_full(&t, m->scores[i]);
            pl__table_full(&t, m->weights ? m->weights[i] : (double)NAN);
            pl__table_full(&t, m->low ? m->low[i] : (double)NAN);
            pl__table_full(&t, m->high ? m->high[i] : (double)NAN);
            if (intervals)
                add_intervals(a, m, &t, i);
        }
    }
    rc = pl__table_write_csv(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

pl_status pl__report_rank(const pl_analysis *a, pl_format format, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (format == PL_FORMAT_JSON)
        return pl__rank_json(a, out, reterr);
    rc = format == PL_FORMAT_CSV ? write_csv(a, out, reterr) : write_table(a, out, reterr);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}
