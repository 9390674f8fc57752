/* R[j][r] and the ballots behind it (UPME, section 3.2, eqs. 6-9).
 *
 * 1. A unit is one judge's view of one pair of answers to one item: with pair_orders both orders together, otherwise
 *    each order by itself.
 * 2. A unit's score is the mean over the criteria present, weighted by gamma rescaled to them; with pair_orders a
 *    criterion is present only if both orders are, and they are averaged first, each order alike.
 * 3. Units and ballots are visited in row_order.h's order: every sum depends on content alone. */
#include <peerless/signal.h>

#include "alloc.h"
#include "error.h"
#include "judgment_check.h"
#include "peer_table.h"
#include "plain_table.h"
#include "row_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows lie far apart in the order of the keys. Fetched many at a time, with nothing that waits for one of them, they
 * come as fast as the memory can deliver. */
#define WINDOW_ROWS 128u

typedef struct window {
    size_t from; /* keys [from, from + n) */
    size_t n;
    pl_judgment rows[WINDOW_ROWS];
} window;

typedef struct builder {
    pl_peer_table *table;
    const pl_judgment_set *set;
    const pl_row_key *keys;
    size_t n_keys;
    window *window;
    const double *gamma; /* n_criteria */
    uint32_t n_counting; /* criteria with gamma > 0 */
    double lone_weight;  /* of the rows among the lone ballots */
    bool pair_orders;
} builder;

/* Sums over the rows of one criterion in one order. */
typedef struct order_sum {
    double weight;
    double low;  /* weighted score of the low candidate */
    double high; /* of the other: kept apart, so that swapping two names swaps two numbers exactly */
} order_sum;

/* A unit in the making. */
typedef struct unit_sum {
    double gamma; /* of the criteria present */
    double weight;
    double low;
    double high;
    uint32_t n_criteria;
} unit_sum;

/* The row of a key, valid until the next call. */
static const pl_judgment *row_of(builder *b, const pl_row_key *key)
{
    size_t i = (size_t)(key - b->keys);
    window *w = b->window;
    if (i < w->from || i >= w->from + w->n) {
        w->from = i;
        w->n = b->n_keys - i < WINDOW_ROWS ? b->n_keys - i : WINDOW_ROWS;
        for (size_t k = 0; k < w->n; k++)
            w->rows[k] = b->set->rows[key[k].row];
    }
    return &w->rows[i - w->from];
}

static double score_of(pl_verdict verdict, bool shown_first)
{
    if (verdict == PL_VERDICT_TIE)
        return 0.5;
    return (verdict == PL_VERDICT_A) == shown_first ? 1.0 : 0.0;
}

static void sum_orders(const pl_row_key *keys, size_t n, order_sum ret[2])
{
    ret[0] = ret[1] = (order_sum){0};
    for (size_t i = 0; i < n; i++) {
        unsigned swapped = pl__row_swapped(&keys[i]);
        pl_verdict verdict = pl__row_verdict(&keys[i]);
        order_sum *s = &ret[swapped];
        s->weight += keys[i].weight;
        s->low += keys[i].weight * score_of(verdict, swapped == 0);
        s->high += keys[i].weight * score_of(verdict, swapped == 1);
    }
}

static void add_criterion(unit_sum *unit, double gamma, const order_sum *s)
{
    unit->gamma += gamma;
    unit->weight += gamma * s->weight;
    unit->low += gamma * s->low;
    unit->high += gamma * s->high;
    unit->n_criteria++;
}

static order_sum average_orders(const order_sum s[2])
{
    double weight = 0.5 * (s[0].weight + s[1].weight);
    return (order_sum){.weight = weight,
                       .low = weight * 0.5 * (s[0].low / s[0].weight + s[1].low / s[1].weight),
                       .high = weight * 0.5 * (s[0].high / s[0].weight + s[1].high / s[1].weight)};
}

static pl_ballot ballot_of(builder *b, const pl_row_key *key, unsigned n_orders)
{
    const pl_judgment *row = row_of(b, key);
    bool a_first = row->a < row->b;
    return (pl_ballot){
        .item = row->item,
        .image = row->image,
        .judge = row->judge,
        .a = a_first ? row->a : row->b,
        .b = a_first ? row->b : row->a,
        .criterion = row->criterion,
        .a_first = a_first,
        .a_score = score_of(pl__row_verdict(key), a_first),
        .weight = b->table->criterion_shares[row->criterion] / n_orders * key->weight,
        .a_length = a_first ? row->a_length : row->b_length,
        .b_length = a_first ? row->b_length : row->a_length,
    };
}

static void add_ballots(builder *b, const pl_row_key *keys, size_t n, unsigned n_orders)
{
    for (size_t i = 0; i < n; i++)
        b->table->ballots[b->table->n_ballots++] = ballot_of(b, &keys[i], n_orders);
}

/* There is room for them. */
static void add_lone_ballots(builder *b, const pl_row_key *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        b->table->lone[b->table->n_lone++] = ballot_of(b, &keys[i], 1);
        b->lone_weight += keys[i].weight;
    }
}

static void close_unit(builder *b, const unit_sum *unit, uint32_t low, uint32_t high, uint32_t judge,
                       pl_comparison_sum *kept)
{
    if (unit->n_criteria == 0)
        return;
    size_t m = b->table->n_models;
    size_t cell_low = low * m + judge;
    size_t cell_high = high * m + judge;
    b->table->mean[cell_low] += unit->low / unit->gamma;
    b->table->mean[cell_high] += unit->high / unit->gamma;
    b->table->count[cell_low] += unit->weight / unit->gamma;
    b->table->count[cell_high] += unit->weight / unit->gamma;
    kept->low += unit->low / unit->gamma;
    kept->high += unit->high / unit->gamma;
    kept->weight += unit->weight / unit->gamma;
    b->table->rescaled_pairs += unit->n_criteria < b->n_counting;
}

/* keys[0..n) are one judge's usable rows on one pair and item. */
static void add_unit(builder *b, const pl_row_key *keys, size_t n)
{
    const pl_judgment *row = row_of(b, &keys[0]);
    bool swapped = pl__row_swapped(&keys[0]) == 1;
    uint32_t low = swapped ? row->b : row->a;
    uint32_t high = swapped ? row->a : row->b;
    uint32_t judge = row->judge;
    unit_sum unit[2] = {{0}};
    pl_comparison_sum kept = {.first_ballot = (uint32_t)b->table->n_ballots, .low_is_a = low < high};
    bool lone = false;
    size_t end = 0;

    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && pl__row_case(&keys[end]) == pl__row_case(&keys[i]); end++)
            ;
        double gamma = b->gamma[row_of(b, &keys[i])->criterion];
        order_sum s[2];
        sum_orders(&keys[i], end - i, s);
        if (b->pair_orders && !(s[0].weight > 0.0 && s[1].weight > 0.0)) {
            lone = lone || gamma > 0.0;
            add_lone_ballots(b, &keys[i], end - i);
            continue;
        }
        add_ballots(b, &keys[i], end - i, b->pair_orders ? 2 : 1);
        if (!(gamma > 0.0))
            continue;
        if (b->pair_orders) {
            order_sum both = average_orders(s);
            add_criterion(&unit[0], gamma, &both);
            continue;
        }
        for (size_t o = 0; o < 2; o++) {
            if (s[o].weight > 0.0)
                add_criterion(&unit[o], gamma, &s[o]);
        }
    }
    close_unit(b, &unit[0], low, high, judge, &kept);
    close_unit(b, &unit[1], low, high, judge, &kept);
    kept.n_ballots = (uint32_t)(b->table->n_ballots - kept.first_ballot);
    if (kept.n_ballots > 0)
        b->table->units[b->table->n_units++] = kept;
    b->table->dropped_pairs += lone && unit[0].n_criteria == 0;
}

void pl__peer_table_divide(pl_peer_table *t)
{
    size_t n_cells = (size_t)t->n_models * t->n_models;
    for (size_t c = 0; c < n_cells; c++)
        t->mean[c] = t->count[c] > 0.0 ? t->mean[c] / t->count[c] : 0.0;
}

/* By item the rank of its image, as found so far; becomes the image's place among those that are used. */
static pl_status number_clusters(pl_peer_table *t, uint32_t n_images, pl_error *reterr)
{
    uint32_t *places = pl__calloc(n_images, sizeof(*places)); /* by the image's rank: is it used? then its place */
    if (!places)
        return pl__fail(reterr, PL_E_NOMEM, "%u images", n_images);
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->clusters[i] != PL_NO_CLUSTER)
            places[t->clusters[i]] = 1;
    }
    for (uint32_t i = 0; i < n_images; i++)
        places[i] = places[i] ? t->n_clusters++ : PL_NO_CLUSTER;
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->clusters[i] != PL_NO_CLUSTER)
            t->clusters[i] = places[t->clusters[i]];
    }
    pl__free(places);
    return PL_OK;
}

/* Each item belongs to the image of its first usable row. */
static pl_status find_clusters(const builder *b, size_t n, pl_error *reterr)
{
    pl_peer_table *t = b->table;
    for (uint32_t i = 0; i < t->n_items; i++)
        t->clusters[i] = PL_NO_CLUSTER;
    bool split = false;
    uint32_t item = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_first = i == 0 || pl__row_item(&b->keys[i - 1]) != pl__row_item(&b->keys[i]);
        if (is_first) {
            item = b->set->rows[b->keys[i].row].item;
            t->clusters[item] = b->keys[i].image;
            split = false;
        } else if (t->clusters[item] != b->keys[i].image && !split) {
            t->split_items++;
            split = true;
        }
    }
    return number_clusters(t, b->set->n_images, reterr);
}

static pl_status find_plain_clusters(pl_peer_table *t, const pl_row_words *w, pl_error *reterr)
{
    for (uint32_t i = 0; i < t->n_items; i++)
        t->clusters[i] = w->image_of[i] == PL_NO_IMAGE ? PL_NO_CLUSTER : w->image_ranks[w->image_of[i]];
    return number_clusters(t, w->set->n_images, reterr);
}

static pl_status add_units(builder *b, size_t n, pl_error *reterr)
{
    pl_peer_table *t = b->table;
    size_t end = 0;
    for (size_t i = 0; i < n; i = end) {
        for (end = i + 1; end < n && b->keys[end].pair == b->keys[i].pair &&
                          pl__row_unit(&b->keys[end]) == pl__row_unit(&b->keys[i]);
             end++)
            ;
        add_unit(b, &b->keys[i], end - i);
    }
    size_t n_cells = (size_t)t->n_models * t->n_models;
    double total = b->lone_weight; /* only its being finite matters: then every sum over parts of it is */
    for (size_t c = 0; c < n_cells; c++)
        total += t->count[c];
    pl__peer_table_divide(t);
    if (!isfinite(total))
        return pl__fail(reterr, PL_E_RANGE, "the weights of the judgments are too large to add up");
    return PL_OK;
}

static pl_status check_opts(const pl_judgment_set *set, const pl_peer_opts *opts, pl_error *reterr)
{
    if (opts->size_bytes != sizeof(*opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    if (!opts->criterion_weights)
        return PL_OK;
    double largest = 0.0;
    for (uint32_t c = 0; c < set->n_criteria; c++) {
        double gamma = opts->criterion_weights[c];
        if (!(gamma >= 0.0 && isfinite(gamma)))
            return pl__fail(reterr, PL_E_RANGE, "the weight of criterion %s is negative or no number",
                            set->criteria[c]);
        largest = fmax(largest, gamma);
    }
    if (!(largest > 0.0))
        return pl__fail(reterr, PL_E_RANGE, "no criterion has a weight above zero");
    return PL_OK;
}

/* n_ballots: of a table that keeps ballots. */
static pl_peer_table *new_table(const pl_judgment_set *set, size_t n_ballots, bool pair_orders)
{
    size_t m = set->n_models;
    pl_peer_table *t = pl__calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->n_models = set->n_models;
    t->mean = pl__calloc(m * m, sizeof(*t->mean));
    t->count = pl__calloc(m * m, sizeof(*t->count));
    t->candidate = pl__calloc(m, sizeof(*t->candidate));
    t->judge = pl__calloc(m, sizeof(*t->judge));
    t->ballots = pl__calloc(n_ballots, sizeof(*t->ballots));
    t->lone = pl__calloc(pair_orders ? n_ballots : 0, sizeof(*t->lone));
    t->n_criteria = set->n_criteria;
    t->criterion_shares = pl__calloc(set->n_criteria, sizeof(*t->criterion_shares));
    t->families = pl__calloc(m, sizeof(*t->families));
    t->units = pl__calloc(n_ballots, sizeof(*t->units));
    t->n_items = set->n_items;
    t->clusters = pl__calloc(set->n_items, sizeof(*t->clusters));
    if (!t->mean || !t->count || !t->candidate || !t->judge || !t->ballots || !t->lone || !t->criterion_shares ||
        !t->families || !t->units || !t->clusters) {
        pl_peer_table_free(t);
        return NULL;
    }
    return t;
}

typedef struct member {
    const char *family;
    uint32_t model;
} member;

static int compare_members(const void *x, const void *y)
{
    const member *a = x;
    const member *b = y;
    int c = strcmp(a->family, b->family);
    return c ? c : (a->model > b->model) - (a->model < b->model);
}

/* A family's number is that of its first member. */
static pl_status number_families(pl_peer_table *t, const pl_judgment_set *set)
{
    member *members = NULL;
    for (uint32_t i = 0; i < t->n_models; i++)
        t->families[i] = i;
    if (!set->families || t->n_models == 0)
        return PL_OK;
    members = pl__calloc(t->n_models, sizeof(*members));
    if (!members)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < t->n_models; i++)
        members[i] = (member){set->families[i], i};
    qsort(members, t->n_models, sizeof(*members), compare_members);
    for (uint32_t i = 1; i < t->n_models; i++) {
        if (strcmp(members[i].family, members[i - 1].family) == 0)
            t->families[members[i].model] = t->families[members[i - 1].model];
    }
    pl__free(members);
    return PL_OK;
}

static int compare_doubles(const void *x, const void *y)
{
    double a = *(const double *)x;
    double b = *(const double *)y;
    return (a > b) - (a < b);
}

/* gamma by criterion, divided by the largest: a common factor changes nothing, and equal ones become exactly 1. The
 * sum runs from the smallest up, not by index. ret_shares is gamma over that sum. */
static pl_status scale_gamma(const pl_judgment_set *set, const double *given, double **ret, double *ret_shares)
{
    uint32_t n = set->n_criteria;
    double *gamma = pl__calloc(n, sizeof(*gamma));
    double *sorted = pl__calloc(n, sizeof(*sorted));
    if (!gamma || !sorted) {
        pl__free(gamma);
        pl__free(sorted);
        return PL_E_NOMEM;
    }
    double largest = given ? 0.0 : 1.0;
    for (uint32_t c = 0; given && c < n; c++)
        largest = fmax(largest, given[c]);
    for (uint32_t c = 0; c < n; c++)
        sorted[c] = gamma[c] = given ? given[c] / largest : 1.0;
    qsort(sorted, n, sizeof(*sorted), compare_doubles);
    double sum = 0.0;
    for (uint32_t c = 0; c < n; c++)
        sum += sorted[c];
    for (uint32_t c = 0; c < n; c++)
        ret_shares[c] = gamma[c] / sum;
    pl__free(sorted);
    *ret = gamma;
    return PL_OK;
}

/* Ballots, comparisons and sums of any table. */
static pl_status fill_table(pl_peer_table *table, const pl_row_words *words, const double *gamma, bool pair_orders,
                            pl_error *reterr)
{
    pl_row_key *keys = NULL;
    window rows = {0};
    builder b = {.table = table, .set = words->set, .window = &rows, .gamma = gamma, .pair_orders = pair_orders};
    pl_status rc = pl__row_keys(words, &keys, reterr);
    if (rc)
        return rc;
    b.keys = keys;
    b.n_keys = words->n;
    for (uint32_t c = 0; c < words->set->n_criteria; c++)
        b.n_counting += gamma[c] > 0.0;
    rc = add_units(&b, words->n, reterr);
    if (!rc)
        rc = find_clusters(&b, words->n, reterr);
    pl__free(keys);
    return rc;
}

static pl_status fill_plain(pl_peer_table *table, pl_row_words *words, pl_error *reterr)
{
    pl_status rc = pl__plain_fill(table, words, reterr);
    if (rc)
        return rc;
    pl__peer_table_divide(table);
    return find_plain_clusters(table, words, reterr);
}

/* The options were checked. */
static pl_status make_table(pl_row_words *words, const pl_peer_opts *opts, pl_peer_table **ret, pl_error *reterr)
{
    const pl_judgment_set *set = words->set;
    double *gamma = NULL;
    bool plain = pl__plain_rows(words, opts->pair_orders);
    pl_peer_table *table = new_table(set, plain ? 0 : words->n, opts->pair_orders);
    pl_status rc = PL_OK;
    if (!table || number_families(table, set) ||
        scale_gamma(set, opts->criterion_weights, &gamma, table->criterion_shares)) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a table of %u models and %zu judgments", set->n_models, words->n);
        goto out;
    }
    memcpy(table->candidate, words->candidate, set->n_models * sizeof(*table->candidate));
    memcpy(table->judge, words->judge, set->n_models * sizeof(*table->judge));
    if (!plain || !words->without_lengths)
        rc = pl__rows_expand(set, words->rules.source, reterr);
    if (!rc)
        rc = plain ? fill_plain(table, words, reterr) : fill_table(table, words, gamma, opts->pair_orders, reterr);
    if (rc)
        goto out;
    *ret = table;
    table = NULL;
out:
    pl__free(gamma);
    pl_peer_table_free(table);
    return rc;
}

static bool leaves_out(const pl_peer_opts *opts, uint32_t n_models)
{
    bool any = opts->drop_self_reviews;
    for (uint32_t i = 0; i < n_models && opts->exclude_judges; i++)
        any = any || opts->exclude_judges[i];
    return any;
}

static pl_row_rules rules_of(const pl_peer_opts *opts)
{
    return (pl_row_rules){
        .drop_self_reviews = opts->drop_self_reviews, .exclude_judges = opts->exclude_judges, .threads = opts->threads};
}

pl_status pl__peer_table_from_words(pl_row_words *words, const pl_peer_opts *opts, pl_peer_table **ret,
                                    pl_error *reterr)
{
    const pl_judgment_set *set = words->set;
    pl_status rc = check_opts(set, opts, reterr);
    if (!rc && leaves_out(opts, set->n_models)) {
        pl_row_rules rules = rules_of(opts);
        rules.source = words->rules.source;
        pl__row_words_clear(words);
        rc = pl__row_words_make(set, &rules, words, reterr);
    }
    return rc ? rc : make_table(words, opts, ret, reterr);
}

pl_status pl_peer_table_build(const pl_judgment_set *set, const pl_peer_opts *opts, pl_peer_table **ret,
                              pl_error *reterr)
{
    static const pl_peer_opts defaults = PL_PEER_OPTS_INIT;
    pl_row_words words = {0};

    if (!set || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (!opts)
        opts = &defaults;
    pl_status rc = pl__judgment_names_check(set, reterr);
    if (!rc)
        rc = check_opts(set, opts, reterr);
    if (rc)
        return rc;
    pl_row_rules rules = rules_of(opts);
    rules.check_rows = true;
    rc = pl__row_words_make(set, &rules, &words, reterr);
    if (!rc)
        rc = make_table(&words, opts, ret, reterr);
    pl__row_words_clear(&words);
    return rc;
}

void pl_peer_table_free(pl_peer_table *table)
{
    if (!table)
        return;
    pl__free(table->mean);
    pl__free(table->count);
    pl__free(table->candidate);
    pl__free(table->judge);
    pl__free(table->ballots);
    pl__free(table->lone);
    pl__free(table->criterion_shares);
    pl__free(table->families);
    pl__free(table->units);
    pl__free(table->clusters);
    pl__deferred_free(table->deferred);
    pl__plain_free(table->plain);
    pl__free(table);
}
