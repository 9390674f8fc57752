/* The rounds of an adaptive design. Within a round there is no barrier, between rounds there is: what the next one asks
 * depends on the verdicts of all before it, and on nothing else. So it does not depend on when they came, and a run
 * that was killed goes on as if it had not been. */
#include "alloc.h"
#include "error.h"
#include "posterior.h"
#include "run_internal.h"
#include "vec.h"
#include <math.h>
#include <peerless/signal.h>
#include <stdlib.h>

#define COMPARISONS_MAX ((size_t)1 << 20) /* that a choice is made from */
#define ITEMS_MIN 10u                     /* with a verdict, before errors by image mean anything */

struct pl_adaptive {
    pl_agenda agenda;
    size_t next; /* entry to be opened */
    pl_scored_pair *pairs;
    size_t n_pairs;
    size_t cap_pairs;
    pl_adaptive_end end;
    double doubt;         /* at the latest look; NaN: none yet */
    bool short_of_memory; /* verdicts got lost: no further round may be decided */
    const char *models[PL_DESIGN_MODELS_MAX];
    const char *criteria[PL_CRITERIA_COUNT];
    double weights[PL_CRITERIA_COUNT];
    uint32_t criterion_of[PL_CRITERIA_COUNT];
    uint32_t n_criteria;
};

static void name_all(pl_adaptive *a, const pl_config *config)
{
    for (uint32_t i = 0; i < config->n_models; i++)
        a->models[i] = config->models[i].name;
    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        if (!config->peer_review.criteria[c])
            continue;
        a->criterion_of[c] = a->n_criteria;
        a->criteria[a->n_criteria] = pl__criterion_name((pl_criterion)c);
        a->weights[a->n_criteria++] = config->peer_review.weights[c];
    }
    if (a->n_criteria == 1)
        a->weights[0] = 1.0; /* a single criterion counts fully */
}

pl_status pl__adaptive_begin(pl_runner *r, pl_error *reterr)
{
    const pl_config *config = r->setup->config;
    pl_adaptive *a = NULL;
    pl_status rc = PL_OK;

    if (!config->has_peer_review || config->peer_review.design != PL_DESIGN_ADAPTIVE)
        return PL_OK;
    a = pl__calloc(1, sizeof(*a));
    if (!a)
        return pl__fail(reterr, PL_E_NOMEM, "adaptive design");
    rc = pl__agenda_open(r->setup, r->store, r->run_id, &a->agenda, reterr);
    if (rc != PL_OK) {
        pl__error_prefix(reterr, "run %lld", (long long)r->run_id);
        pl__adaptive_free(a);
        return rc;
    }
    name_all(a, config);
    a->end = PL_ADAPTIVE_OPEN;
    a->doubt = (double)NAN;
    r->adaptive = a;
    return PL_OK;
}

void pl__adaptive_free(pl_adaptive *a)
{
    if (!a)
        return;
    pl__agenda_clear(&a->agenda);
    pl__free(a->pairs);
    pl__free(a);
}

const pl_agenda_entry *pl__adaptive_peek(const pl_runner *r)
{
    const pl_adaptive *a = r->adaptive;

    return a && a->next < a->agenda.n ? &a->agenda.entries[a->next] : NULL;
}

pl_agenda_entry *pl__adaptive_take(pl_runner *r, pl_item *ret_item)
{
    pl_adaptive *a = r->adaptive;

    *ret_item = pl__agenda_item(&a->agenda, a->next);
    return &a->agenda.entries[a->next++];
}

/* What the entry asks is part of the work from now on. */
static pl_status count_tasks(pl_runner *r, pl_agenda_entry *entry, const pl_item *item, pl_error *reterr)
{
    pl_item counted = *item;
    pl_status rc = PL_OK;

    if (entry->counted || entry->problem || entry->id)
        return PL_OK;
    counted.has_image_digest = item->image_path != NULL; /* any digest counts the same */
    for (uint32_t u = 0; u < r->adaptive->agenda.units && rc == PL_OK; u++) {
        pl_unit *unit = NULL;

        rc = pl__unit_new(r->setup->eval, &counted, u, &unit, reterr);
        if (rc == PL_OK)
            entry->n_tasks += pl__unit_count(unit);
        pl__unit_free(unit);
    }
    entry->counted = rc == PL_OK;
    r->summary->tasks_total += entry->counted ? entry->n_tasks : 0;
    return rc;
}

pl_status pl__adaptive_count(pl_runner *r, const pl_open_item *item, pl_error *reterr)
{
    return r->adaptive ? count_tasks(r, item->entry, &item->item, reterr) : PL_OK;
}

void pl__adaptive_item_bad(pl_runner *r, const pl_open_item *item)
{
    if (!r->adaptive)
        return;
    item->entry->bad = true;
    if (item->entry->counted)
        r->summary->tasks_total -= item->entry->n_tasks;
    item->entry->n_tasks = 0;
}

/* ---- what judges said ---- */

/* The usable verdicts of a unit; *ret_rows has room for all its tasks. */
static size_t rows_of(const pl_adaptive *a, const pl_unit *unit, pl_judgment *rows)
{
    size_t n = 0;

    for (uint32_t i = 0; i < pl__unit_count(unit); i++) {
        const pl_task *task = pl__unit_task(unit, i);
        pl_parsed_verdict v = pl__unit_kept_verdict(unit, i);

        if (task->kind != PL_TASK_JUDGMENT || v.verdict == PL_VERDICT_MISSING)
            continue;
        rows[n++] = (pl_judgment){.judge = task->model,
                                  .a = task->first,
                                  .b = task->second,
                                  .criterion = a->criterion_of[task->criterion],
                                  .verdict = (uint8_t)v.verdict,
                                  .weight = 1.0};
    }
    return n;
}

static pl_status add_pairs(pl_adaptive *a, const pl_peer_table *table, uint32_t cluster)
{
    size_t n = pl_peer_table_n_comparisons(table);

    if (pl__vec_reserve(&a->pairs, &a->cap_pairs, a->n_pairs + n, sizeof(*a->pairs)) != PL_OK)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        pl_comparison c = pl_peer_table_comparison(table, i);
        double sum = c.a_score + c.b_score; /* 1, but for rounding and for comparisons that count for nothing */

        if (!(sum > 0.0))
            continue;
        a->pairs[a->n_pairs++] = (pl_scored_pair){
            .cluster = cluster, .judge = c.judge, .a = c.a, .b = c.b, .score = fmin(1.0, fmax(0.0, c.a_score / sum))};
    }
    return PL_OK;
}

/* The comparisons of a unit, scored as a ranking scores them. */
static pl_status score_unit(pl_runner *r, const pl_open_unit *u)
{
    static const char *const one[] = {"one"};
    pl_adaptive *a = r->adaptive;
    pl_judgment *rows = pl__calloc((size_t)pl__unit_count(u->unit) + 1, sizeof(*rows));
    pl_judgment_set set = {.models = a->models,
                           .n_models = r->setup->config->n_models,
                           .items = one,
                           .n_items = 1,
                           .images = one,
                           .n_images = 1,
                           .criteria = a->criteria,
                           .n_criteria = a->n_criteria,
                           .rows = rows};
    pl_peer_opts opts = PL_PEER_OPTS_INIT;
    pl_peer_table *table = NULL;
    pl_status rc = rows ? PL_OK : PL_E_NOMEM;

    opts.criterion_weights = a->weights;
    opts.pair_orders = r->setup->config->peer_review.order == PL_ORDER_BOTH;
    if (rc == PL_OK)
        set.n_rows = rows_of(a, u->unit, rows);
    if (rc == PL_OK && set.n_rows > 0)
        rc = pl_peer_table_build(&set, &opts, &table, NULL);
    if (rc == PL_OK && table)
        rc = add_pairs(a, table, (uint32_t)u->item->position);
    pl_peer_table_free(table);
    pl__free(rows);
    return rc;
}

void pl__adaptive_ended(pl_runner *r, const pl_open_unit *u)
{
    if (r->adaptive && score_unit(r, u) != PL_OK)
        r->adaptive->short_of_memory = true;
}

/* ---- from round to round ---- */

/* In an order that does not depend on when they came; those of items that turned out unusable are dropped. Counts the
 * items behind them, and the comparisons of the latest round. */
static void settle_pairs(pl_adaptive *a, size_t *ret_items, size_t *ret_latest)
{
    size_t kept = 0;

    *ret_items = 0;
    *ret_latest = 0;
    for (size_t i = 0; i < a->n_pairs; i++) {
        if (!a->agenda.entries[a->pairs[i].cluster].bad)
            a->pairs[kept++] = a->pairs[i];
    }
    a->n_pairs = kept;
    if (kept > 1)
        qsort(a->pairs, kept, sizeof(*a->pairs), pl__scored_pair_order);
    for (size_t i = 0; i < kept; i++) {
        *ret_items += i == 0 || a->pairs[i].cluster != a->pairs[i - 1].cluster;
        *ret_latest += a->agenda.entries[a->pairs[i].cluster].round + 1 == a->agenda.n_rounds;
    }
}

static double doubt_to_stop(const pl_runner *r)
{
    return pl__stopping_doubt(r->setup->config->peer_review.confidence, pl__agenda_rounds_most(&r->adaptive->agenda));
}

static pl_status read_item(pl_agenda_entry *entry, const pl_item *item, void *user, pl_error *reterr)
{
    pl_item read = *item;
    pl_error err = {0};
    pl_status rc = PL_OK;

    if (!item->image_path)
        return PL_OK;
    rc = pl__run_item_digest(user, &read, &err);
    if (rc == PL_OK) {
        entry->has_digest = true;
        entry->digest = read.image_digest;
    } else if (pl__run_is_item_problem(rc)) {
        entry->problem = pl__strdup(err.msg);
        rc = entry->problem ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "item");
    } else if (reterr) {
        *reterr = err;
    }
    return rc;
}

/* The rows of the entries from `first` on, in one transaction. */
static pl_status write_round(pl_runner *r, size_t first, pl_error *reterr)
{
    const pl_agenda *agenda = &r->adaptive->agenda;
    size_t n = agenda->n - first;
    pl_store_write *writes = pl__calloc(n + 1, sizeof(*writes));
    pl_str *rows = pl__calloc(n + 1, sizeof(*rows));
    pl_status rc = writes && rows ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "a round of %zu items", n);

    for (size_t i = 0; rows && i < n; i++)
        pl__str_init(&rows[i], PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        pl_item item = pl__agenda_item(agenda, first + i);
        const pl_agenda_entry *entry = &agenda->entries[first + i];

        rc = pl__run_item_row(r, &item, entry, entry->problem, &rows[i], &writes[i], reterr);
    }
    if (rc == PL_OK && n > 0)
        rc = r->store->ops->write(r->store, writes, n, reterr);
    for (size_t i = 0; rows && i < n; i++)
        pl__str_clear(&rows[i]);
    pl__free(rows);
    pl__free(writes);
    return rc;
}

static pl_status count_from(pl_runner *r, size_t first, pl_error *reterr)
{
    pl_agenda *agenda = &r->adaptive->agenda;
    pl_status rc = PL_OK;

    for (size_t i = first; i < agenda->n && rc == PL_OK; i++) {
        pl_item item = pl__agenda_item(agenda, i);

        rc = count_tasks(r, &agenda->entries[i], &item, reterr);
    }
    return rc;
}

/* Looks at the ranking, and whether there is a further round: then the design stays OPEN. */
static pl_status decide_end(pl_runner *r, const pl_posterior *p, size_t n_items, size_t n_latest, pl_error *reterr)
{
    pl_adaptive *a = r->adaptive;

    if (n_items >= ITEMS_MIN) {
        a->doubt = pl__posterior_doubt(p);
        if (isnan(a->doubt))
            return pl__fail(reterr, PL_E_NOMEM, "doubt in a ranking");
    }
    if (a->doubt <= doubt_to_stop(r))
        a->end = PL_ADAPTIVE_SEPARATED;
    else if (a->agenda.next_waiting >= a->agenda.n_waiting)
        a->end = PL_ADAPTIVE_ALL_ITEMS;
    else if (a->agenda.n_rounds > 0 && n_latest == 0)
        a->end = PL_ADAPTIVE_NO_VERDICTS;
    else if (a->n_pairs >= COMPARISONS_MAX)
        a->end = PL_ADAPTIVE_TOO_MANY;
    return PL_OK;
}

pl_status pl__adaptive_advance(pl_runner *r, bool *ret_more, pl_error *reterr)
{
    pl_adaptive *a = r->adaptive;
    uint32_t n_models = r->setup->config->n_models;
    size_t n_items = 0;
    size_t n_latest = 0;
    size_t first = 0;
    pl_posterior p = {0};
    pl_status rc = PL_OK;

    *ret_more = false;
    if (!a || a->end != PL_ADAPTIVE_OPEN)
        return PL_OK;
    if (a->short_of_memory)
        return pl__fail(reterr, PL_E_NOMEM, "verdicts of a round");
    settle_pairs(a, &n_items, &n_latest);
    /* from the same start every time: a fit from where the last one ended would differ in its last digits */
    rc = pl__posterior_open(&p, n_models, n_models, reterr);
    if (rc == PL_OK)
        rc = pl__posterior_add(&p, a->pairs, a->n_pairs, reterr);
    if (rc != PL_OK)
        goto out;
    pl__posterior_fit(&p);
    rc = decide_end(r, &p, n_items, n_latest, reterr);
    if (rc != PL_OK || a->end != PL_ADAPTIVE_OPEN)
        goto out;
    first = a->agenda.n;
    rc = pl__agenda_decide(&a->agenda, &p, read_item, r, reterr);
    if (rc == PL_OK)
        rc = write_round(r, first, reterr);
    if (rc == PL_OK)
        rc = count_from(r, first, reterr);
    *ret_more = rc == PL_OK;
out:
    pl__posterior_close(&p);
    return rc;
}

pl_status pl__adaptive_count_rest(pl_runner *r, pl_error *reterr)
{
    return r->adaptive ? count_from(r, r->adaptive->next, reterr) : PL_OK;
}

void pl__adaptive_sum_up(pl_runner *r)
{
    const pl_adaptive *a = r->adaptive;

    if (!a)
        return;
    r->summary->adaptive = (pl_adaptive_summary){.end = a->end,
                                                 .rounds = a->agenda.n_rounds,
                                                 .rounds_most = pl__agenda_rounds_most(&a->agenda),
                                                 .items = a->agenda.n,
                                                 .comparisons = a->n_pairs,
                                                 .confidence = r->setup->config->peer_review.confidence,
                                                 .doubt = a->doubt,
                                                 .doubt_to_stop = doubt_to_stop(r)};
}
