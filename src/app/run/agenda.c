#include "agenda.h"

#include "alloc.h"
#include "error.h"
#include "map.h"
#include "posterior.h"
#include "rng.h"
#include "round_choice.h"
#include "vec.h"
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

pl_status pl__agenda_write(json_t *row, const pl_agenda_entry *entry)
{
    json_t *list = json_array();
    pl_status rc = pl__json_set_integer(row, "round", entry->round);

    for (size_t i = 0; i < entry->n_chosen && list; i++) {
        if (json_array_append_new(list, json_integer(entry->chosen[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    if (rc == PL_OK)
        return pl__json_set(row, "asked", list);
    json_decref(list);
    return rc;
}

pl_status pl__agenda_read(const json_t *row, uint32_t *ret_round, uint32_t **ret_chosen, size_t *ret_n,
                          pl_error *reterr)
{
    const json_t *list = json_object_get(row, "asked");
    json_int_t round = json_integer_value(json_object_get(row, "round"));
    size_t n = json_array_size(list);
    uint32_t *chosen = NULL;

    *ret_chosen = NULL;
    *ret_n = 0;
    if (!list)
        return PL_OK;
    if (!json_is_array(list) || round < 0 || round > PL_AGENDA_ROUND_NUMBER_MAX || n > PL_UNIT_TASKS_MAX)
        return pl__fail(reterr, PL_E_PARSE, "stored item: what was asked of it cannot be read");
    chosen = pl__calloc(n + 1, sizeof(*chosen));
    if (!chosen)
        return pl__fail(reterr, PL_E_NOMEM, "stored item");
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(list, i);
        json_int_t value = json_is_integer(number) ? json_integer_value(number) : -1;

        if (value < 0 || value >= PL_UNIT_TASKS_MAX || (i > 0 && value <= (json_int_t)chosen[i - 1])) {
            pl__free(chosen);
            return pl__fail(reterr, PL_E_PARSE, "stored item: what was asked of it cannot be read");
        }
        chosen[i] = (uint32_t)value;
    }
    *ret_round = (uint32_t)round;
    *ret_chosen = chosen;
    *ret_n = n;
    return PL_OK;
}

static void clear_entry(pl_agenda_entry *e)
{
    pl__free(e->id);
    pl__free(e->chosen);
    pl__free(e->problem);
}

void pl__agenda_clear(pl_agenda *a)
{
    for (size_t i = 0; i < a->n; i++)
        clear_entry(&a->entries[i]);
    pl__free(a->entries);
    pl__free(a->waiting);
    pl__free(a->triples);
    *a = (pl_agenda){0};
}

/* Takes the entry over on success. */
static pl_status add_entry(pl_agenda *a, const pl_agenda_entry *entry, pl_error *reterr)
{
    if (pl__vec_reserve(&a->entries, &a->cap, a->n + 1, sizeof(*a->entries)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "items of a round");
    a->entries[a->n++] = *entry;
    return PL_OK;
}

/* ---- what was decided ---- */

typedef struct loading {
    pl_agenda *agenda;
    pl_map *by_id;  /* made when the first row comes: id -> index in the dataset */
    uint8_t *taken; /* by index: it has an entry */
} loading;

static pl_status index_ids(loading *l, pl_error *reterr)
{
    const pl_dataset *dataset = l->agenda->setup->dataset;

    l->by_id = pl__map_new();
    if (!l->by_id)
        return pl__fail(reterr, PL_E_NOMEM, "items");
    for (size_t i = 0; i < pl__dataset_count(dataset); i++) {
        const char *id = pl__dataset_item(dataset, i).id;

        if (pl__map_put(l->by_id, id, strlen(id), i) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "items");
    }
    return PL_OK;
}

static pl_status load_row(const pl_store_item *stored, void *user, pl_error *reterr)
{
    loading *l = user;
    pl_agenda_entry e = {.index = SIZE_MAX};
    json_t *row = NULL;
    uintptr_t found = 0;
    pl_status rc = l->by_id ? PL_OK : index_ids(l, reterr);

    if (rc == PL_OK)
        rc = pl__json_parse(pl__view(stored->json), &row, reterr);
    if (rc == PL_OK)
        rc = pl__agenda_read(row, &e.round, &e.chosen, &e.n_chosen, reterr);
    if (rc == PL_OK && (!e.chosen || stored->position != l->agenda->n || e.round > l->agenda->n_rounds ||
                        e.round + 1 < l->agenda->n_rounds))
        rc = pl__fail(reterr, PL_E_PARSE, "stored item %s: it stands in no round", stored->id);
    if (rc == PL_OK && pl__map_get(l->by_id, stored->id, strlen(stored->id), &found) && !l->taken[found]) {
        e.index = found;
        l->taken[found] = 1;
    } else if (rc == PL_OK) {
        e.id = pl__strdup(stored->id);
        rc = e.id ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "stored item");
    }
    if (rc == PL_OK)
        rc = add_entry(l->agenda, &e, reterr);
    if (rc == PL_OK)
        l->agenda->n_rounds = e.round + 1;
    else
        clear_entry(&e);
    json_decref(row);
    return rc;
}

/* ---- what waits ---- */

typedef struct keyed {
    uint64_t key;
    uint32_t index;
} keyed;

static int by_key(const void *x, const void *y)
{
    const keyed *a = x;
    const keyed *b = y;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* A random order that is each item's own: others may be added without a change in it. */
static pl_status queue_up(pl_agenda *a, const uint8_t *taken, pl_error *reterr)
{
    size_t n = pl__dataset_count(a->setup->dataset);
    keyed *keys = pl__calloc(n, sizeof(*keys));
    size_t n_keys = 0;

    a->waiting = pl__calloc(n, sizeof(*a->waiting));
    if (!keys || !a->waiting) {
        pl__free(keys);
        return pl__fail(reterr, PL_E_NOMEM, "order of %zu items", n);
    }
    for (size_t i = 0; i < n; i++) {
        const char *id = pl__dataset_item(a->setup->dataset, i).id;
        pl_rng of_item;
        pl_rng rng;

        if (taken[i])
            continue;
        pl__rng_init_bytes(&of_item, a->setup->config->seed, id, strlen(id));
        pl__rng_init(&rng, pl__rng_u64(&of_item), "adaptive order", 0);
        keys[n_keys++] = (keyed){.key = pl__rng_u64(&rng), .index = (uint32_t)i};
    }
    if (n_keys > 1)
        qsort(keys, n_keys, sizeof(*keys), by_key);
    for (size_t i = 0; i < n_keys; i++)
        a->waiting[i] = keys[i].index;
    a->n_waiting = n_keys;
    pl__free(keys);
    return PL_OK;
}

pl_status pl__agenda_open(const pl_setup *setup, pl_store *store, int64_t run_id, pl_agenda *ret, pl_error *reterr)
{
    pl_agenda a = {.setup = setup, .units = pl__eval_units_per_item(setup->eval)};
    loading l = {.agenda = &a};
    pl_status rc = pl__peer_review_triples(setup->eval, &a.triples, &a.n_triples, reterr);

    if (rc != PL_OK)
        goto out;
    a.quota = setup->config->peer_review.pairs_per_question;
    if (a.quota == 0)
        a.quota = (a.n_triples / a.units + PL_AGENDA_SHARE - 1) / PL_AGENDA_SHARE;
    l.taken = pl__calloc(pl__dataset_count(setup->dataset), sizeof(*l.taken));
    if (!l.taken) {
        rc = pl__fail(reterr, PL_E_NOMEM, "items");
        goto out;
    }
    if (store)
        rc = store->ops->item_each(store, run_id, load_row, &l, reterr);
    if (rc == PL_OK)
        rc = queue_up(&a, l.taken, reterr);
out:
    pl__map_free(l.by_id);
    pl__free(l.taken);
    if (rc == PL_OK)
        *ret = a;
    else
        pl__agenda_clear(&a);
    return rc;
}

/* ---- the next round ---- */

static size_t round_items(const pl_agenda *a)
{
    size_t n = (a->n + a->n_waiting - a->next_waiting + PL_AGENDA_ROUNDS - 1) / PL_AGENDA_ROUNDS;

    n = n < PL_AGENDA_ROUND_ITEMS_MIN ? PL_AGENDA_ROUND_ITEMS_MIN : n;
    n = n > PL_AGENDA_ROUND_ITEMS_MAX ? PL_AGENDA_ROUND_ITEMS_MAX : n;
    while (n > 1 && n * a->n_triples > PL_AGENDA_OFFERS_MAX)
        n /= 2;
    return n;
}

uint32_t pl__agenda_rounds_most(const pl_agenda *a)
{
    size_t n = round_items(a);

    return a->n_rounds + (uint32_t)((a->n_waiting - a->next_waiting + n - 1) / n);
}

pl_item pl__agenda_item(const pl_agenda *a, size_t entry)
{
    const pl_agenda_entry *e = &a->entries[entry];
    pl_item item = {.id = e->id};

    if (e->index != SIZE_MAX)
        item = pl__dataset_item(a->setup->dataset, e->index);
    item.position = entry;
    item.chosen = e->chosen;
    item.n_chosen = e->n_chosen;
    if (e->has_digest) {
        item.has_image_digest = true;
        item.image_digest = e->digest;
    }
    return item;
}

/* Entries for the next round's items. */
static pl_status gather(pl_agenda *a, pl_agenda_read read, void *user, pl_error *reterr)
{
    size_t wanted = round_items(a);
    pl_status rc = PL_OK;

    for (size_t readable = 0; readable < wanted && a->next_waiting < a->n_waiting && rc == PL_OK;) {
        pl_agenda_entry e = {.index = a->waiting[a->next_waiting], .round = a->n_rounds};
        pl_item item = pl__dataset_item(a->setup->dataset, e.index);

        if (read)
            rc = read(&e, &item, user, reterr);
        if (rc == PL_OK)
            rc = add_entry(a, &e, reterr);
        if (rc != PL_OK) {
            clear_entry(&e);
            break;
        }
        readable += !e.problem;
        a->next_waiting++;
    }
    return rc;
}

/* The comparisons of the entries from `first` on that can be read, an entry's together and by their numbers. */
static size_t make_offers(const pl_agenda *a, size_t first, pl_offer *offers)
{
    uint32_t question = 0;
    size_t n = 0;

    for (size_t i = first; i < a->n; i++) {
        if (a->entries[i].problem)
            continue;
        for (size_t t = 0; t < a->n_triples; t++) {
            const pl_triple *triple = &a->triples[t];

            offers[n++] = (pl_offer){
                .question = question + triple->unit, .judge = triple->judge, .low = triple->low, .high = triple->high};
        }
        question += a->units;
    }
    return n;
}

static pl_status note_chosen(pl_agenda *a, size_t first, const uint8_t *chosen, pl_error *reterr)
{
    for (size_t i = first; i < a->n; i++) {
        pl_agenda_entry *e = &a->entries[i];
        size_t n = 0;

        for (size_t t = 0; t < a->n_triples && !e->problem; t++)
            n += chosen[t];
        e->chosen = pl__calloc(n + 1, sizeof(*e->chosen));
        if (!e->chosen)
            return pl__fail(reterr, PL_E_NOMEM, "comparisons of an item");
        for (size_t t = 0; t < a->n_triples && !e->problem; t++) {
            if (chosen[t])
                e->chosen[e->n_chosen++] = (uint32_t)t;
        }
        chosen += e->problem ? 0 : a->n_triples;
    }
    return PL_OK;
}

/* As many as the questions' quotas together; in the first round each pair of models at least. */
static size_t wanted_of(const pl_agenda *a, size_t n_offers)
{
    uint64_t n_models = a->setup->config->n_models;
    uint64_t pairs = a->n_rounds == 0 ? n_models * (n_models - 1) / 2 : 0;
    uint64_t wanted = a->n_triples > 0 ? n_offers / a->n_triples * a->units * a->quota : 0;

    wanted = wanted < pairs ? pairs : wanted;
    return wanted < n_offers ? (size_t)wanted : n_offers;
}

pl_status pl__agenda_decide(pl_agenda *a, const pl_posterior *known, pl_agenda_read read, void *user, pl_error *reterr)
{
    size_t first = a->n;
    size_t n = 0;
    pl_offer *offers = NULL;
    uint8_t *chosen = NULL;
    pl_rng rng;
    pl_status rc = gather(a, read, user, reterr);

    if (rc != PL_OK)
        return rc;
    offers = pl__calloc((a->n - first) * a->n_triples + 1, sizeof(*offers));
    chosen = pl__calloc((a->n - first) * a->n_triples + 1, sizeof(*chosen));
    if (!offers || !chosen) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a round of %zu items", a->n - first);
        goto out;
    }
    n = make_offers(a, first, offers);
    pl__rng_init(&rng, a->setup->config->seed, "adaptive round", a->n_rounds);
    rc = pl__choose_round(known, offers, n, wanted_of(a, n), &rng, chosen, reterr);
    if (rc == PL_OK)
        rc = note_chosen(a, first, chosen, reterr);
    a->n_rounds += rc == PL_OK;
out:
    pl__free(offers);
    pl__free(chosen);
    return rc;
}

pl_status pl__agenda_foresee(pl_agenda *a, uint32_t rounds, pl_error *reterr)
{
    pl_posterior nothing = {0};
    uint32_t n_models = a->setup->config->n_models;
    pl_status rc = pl__posterior_open(&nothing, n_models, n_models, reterr);

    for (; rounds > 0 && a->next_waiting < a->n_waiting && rc == PL_OK; rounds--)
        rc = pl__agenda_decide(a, &nothing, NULL, NULL, reterr);
    pl__posterior_close(&nothing);
    return rc;
}
