#ifndef PL_AGENDA_H
#define PL_AGENDA_H

#include "json.h"
#include "peer_review.h"
#include "run.h"

struct pl_posterior;

/* What an adaptive design asks, and when: the items in the order in which they come, by rounds, and which comparisons
 * of each. What was decided once is a fact. It stands in the item's row of the run, and is read there ever after. */

#define PL_AGENDA_ROUNDS 10u         /* that all items are divided into, as far as the next two allow */
#define PL_AGENDA_ROUND_ITEMS_MIN 5u /* items of a round */
#define PL_AGENDA_ROUND_ITEMS_MAX 1000u
#define PL_AGENDA_OFFERS_MAX 4000000u /* comparisons that one round is chosen from, if it has two items or more */
#define PL_AGENDA_SHARE 4u            /* by default one in so many of a question's comparisons is asked */
#define PL_AGENDA_ROUND_NUMBER_MAX 10000000u

typedef struct pl_agenda_entry {
    size_t index; /* in the dataset; SIZE_MAX: it is not there any more */
    char *id;     /* then, what it was called */
    uint32_t round;
    uint32_t *chosen; /* numbers of its comparisons (peer_review.h), ascending */
    size_t n_chosen;
    bool has_digest;
    pl_digest digest;
    char *problem;    /* why it could not be read when its round was made; or NULL */
    bool bad;         /* it turned out unusable in this run */
    uint64_t n_tasks; /* if counted */
    bool counted;
} pl_agenda_entry;

typedef struct pl_agenda {
    const pl_setup *setup;
    pl_triple *triples; /* of each item */
    size_t n_triples;
    uint32_t units;    /* questions of an item */
    uint64_t quota;    /* comparisons of a question */
    uint32_t *waiting; /* indices in the dataset of what has no entry, in the order in which it comes */
    size_t n_waiting;
    size_t next_waiting;
    pl_agenda_entry *entries; /* an entry's place is its item's position in the run */
    size_t n;
    size_t cap;
    uint32_t n_rounds;
} pl_agenda;

/* With a store, what its run `run_id` has decided; else nothing was decided yet. PL_E_PARSE (damaged rows), PL_E_LIMIT,
 * PL_E_NOMEM, and what the store fails with. */
PL_NODISCARD pl_status pl__agenda_open(const pl_setup *setup, pl_store *store, int64_t run_id, pl_agenda *ret,
                                       pl_error *reterr);
void pl__agenda_clear(pl_agenda *agenda);

/* Reads an item's file: fills in its digest or its problem. */
typedef pl_status (*pl_agenda_read)(pl_agenda_entry *entry, const pl_item *item, void *user, pl_error *reterr);

/**
 * Decides on the next round: takes items from those that wait, as many as a round has and can be read, and chooses
 * among their comparisons. It depends on the seed, the items, what was decided before and the posterior alone.
 * @param known fitted; without comparisons in it the choice is even
 * @param read  or NULL: all can be read
 */
PL_NODISCARD pl_status pl__agenda_decide(pl_agenda *agenda, const struct pl_posterior *known, pl_agenda_read read,
                                         void *user, pl_error *reterr);
/* The agenda as far as it is known, and at most `rounds` further ones as they would be if nothing were learnt. */
PL_NODISCARD pl_status pl__agenda_foresee(pl_agenda *agenda, uint32_t rounds, pl_error *reterr);
/* How many rounds all items make, those that were decided included. */
uint32_t pl__agenda_rounds_most(const pl_agenda *agenda);
/* The entry's item with its comparisons; borrowed from the dataset and the entry. */
pl_item pl__agenda_item(const pl_agenda *agenda, size_t entry);

/* An item's part of the agenda in its row. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__agenda_write(json_t *row, const pl_agenda_entry *entry);
/* *ret_chosen is NULL if the row says nothing. PL_E_PARSE, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__agenda_read(const json_t *row, uint32_t *ret_round, uint32_t **ret_chosen, size_t *ret_n,
                                       pl_error *reterr);

#endif
