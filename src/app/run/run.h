#ifndef PL_RUN_H
#define PL_RUN_H

#include "clock.h"
#include "config.h"
#include "dataset.h"
#include "eval.h"
#include "http.h"
#include "key_set.h"
#include "log.h"
#include "pricing.h"
#include "prompt.h"
#include "store.h"
#include <stdatomic.h>

/* What the evaluations of a config are made of, the same for planning, running and analysis. Owns everything in it. */
typedef struct pl_setup {
    const pl_config *config; /* borrowed */
    pl_dataset *dataset;     /* NULL when made from a stored run */
    pl_prompt_set *prompts;
    pl_eval *eval;
    bool generated; /* questions are written by the models */
    bool judges_all;
    bool any_image;
    bool any_text_only; /* items without an image: visual criterion dropped for them */
} pl_setup;

/* Reads the items and templates that the config names and settles the defaults that depend on them. PL_E_INVALID (an
 * item mix that must be spelled out, an author judging given questions), and what dataset and prompts may fail with. */
PL_NODISCARD pl_status pl__setup_new(const pl_config *config, pl_setup **ret, pl_error *reterr);
/* The same for a stored run: templates from its record, no dataset; `generated`/`judges_all` from its config. */
PL_NODISCARD pl_status pl__setup_from_run(const pl_config *config, const pl_store_run *run, pl_setup **ret,
                                          pl_error *reterr);
void pl__setup_free(pl_setup *setup);
/* What a run keeps of its setup, as two JSON documents (appended). The config has the defaults settled, so that an
 * analysis need not see the items to know who judges. */
PL_NODISCARD pl_status pl__setup_record(const pl_setup *setup, pl_str *config, pl_str *prompts, pl_error *reterr);

/* ---- plan ---- */
#define PL_STAGES 4                       /* pl_task_kind - 1 */
const char *pl__stage_name(size_t stage); /* "questions", "answers", "judgments", "equivalences" */

/* With a full design, items of one kind have the same tasks: bit 0 says that there is an image, bit 1 that there are
 * options. */
#define PL_ITEM_KINDS 4u
size_t pl__item_kind(const pl_item *item);

/* Calls by model and kind if nothing is stored yet, nothing fails and no two samples are the same text. */
typedef struct pl_plan {
    uint32_t n_models;
    uint64_t (*calls)[PL_STAGES];
    uint64_t total;
    uint64_t n_items;
    uint64_t n_units;
    uint64_t tasks_per_item[PL_ITEM_KINDS]; /* by pl__item_kind(), on average; 0 if there is none */
    uint64_t least;                         /* adaptive: of `total`, if it stops after the first round */
    uint64_t least_items;                   /* these are its items */
} pl_plan;
PL_NODISCARD pl_status pl__plan_new(const pl_setup *setup, pl_plan *ret, pl_error *reterr);
void pl__plan_clear(pl_plan *plan);

/* ---- money ---- */
/* What calls have cost, in nano-dollars (pricing.h); 0 where the price is not known. */
typedef struct pl_spend {
    uint64_t calls; /* with a reply that says what was used, or for which that was estimated */
    pl_usage usage;
    uint64_t nano_usd;
    uint64_t estimated;  /* of the calls: the server reported no usage, so the most it can have been is counted */
    uint64_t unreported; /* stored calls without usage, whose requests are not at hand any more: counted as nothing */
} pl_spend;
void pl__spend_sum(pl_spend *sum, const pl_spend *more);

/* Adds a stored call that is not in the set yet. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__spend_stored(pl_spend *sum, const pl_price *price, pl_key_set *counted,
                                        const pl_store_call *call);

/* What a stored response says to one task: of several samples its own. text is appended to. What the codec fails with.
 */
PL_NODISCARD pl_status pl__stored_said(const pl_store_call *call, const pl_task *task, pl_outcome *ret_outcome,
                                       pl_str *text, pl_error *reterr);

/* ---- estimates ---- */
typedef struct pl_stage_estimate {
    uint64_t calls;     /* at most, still to be made */
    uint64_t input_low; /* tokens */
    uint64_t input_high;
    uint64_t output_low;
    uint64_t output_high;
    uint64_t cost_low; /* nano-dollars; 0 if the price is not known */
    uint64_t cost_high;
} pl_stage_estimate;

typedef struct pl_model_estimate {
    pl_price price;
    const char *price_noted; /* of a built-in price: its month; else NULL */
    pl_stage_estimate stages[PL_STAGES];
    pl_spend stored[PL_STAGES]; /* what the store has of the same work */
} pl_model_estimate;

typedef struct pl_estimate {
    uint32_t n_models;
    pl_model_estimate *models;
    uint64_t tasks;          /* of the whole design */
    uint64_t tasks_stored;   /* of these, what needs no call any more */
    pl_stage_estimate least; /* adaptive: what is the least still to be asked, in all */
    bool has_store;
} pl_estimate;

/* What is still to be asked, its tokens and cost; calls nothing. With a store, what it has is taken off: every question
 * is looked up there. Without one, all is to be asked. What the dataset and the store may fail with. */
PL_NODISCARD pl_status pl__estimate_new(const pl_setup *setup, pl_store *store, pl_estimate *ret, pl_error *reterr);
void pl__estimate_clear(pl_estimate *estimate);
void pl__stage_estimate_sum(pl_stage_estimate *sum, const pl_stage_estimate *more);

/* ---- run ---- */
#define PL_OUTCOMES 43

typedef struct pl_run_model {
    uint64_t outcomes[PL_OUTCOMES]; /* ended tasks by pl_outcome, stored ones included */
    uint64_t calls;                 /* calls made now */
    uint64_t attempts;              /* HTTP requests of these */
    uint64_t retries[PL_OUTCOMES];  /* of the requests, those sent again, by how the one before ended */
    uint32_t attempts_most;         /* of one call */
    uint64_t throttled_ns;          /* time during which a call could go but for the endpoint's limits */
    uint64_t breaker_openings;      /* how often a server was found not to serve */
    uint32_t concurrency;           /* requests in flight that the config allows */
    uint32_t concurrency_end;       /* and what the endpoint bore at the end */
    uint64_t void_tasks;            /* not askable: a needed text was refused or empty */
    uint64_t blocked_tasks;         /* not askable yet: a needed call failed */
    uint64_t not_asked;             /* endpoint closed, budget, deadline or interrupt */
    uint64_t settled_tasks;         /* not to be asked: both answers are the same text */
    pl_usage usage;                 /* of calls made now */
    pl_price price;
    pl_spend spend[PL_STAGES];  /* of calls made now */
    pl_spend stored[PL_STAGES]; /* of these and all that the store had before of the same work, as far as it was read */
    char last_problem[256];     /* the newest error message, or "" */
} pl_run_model;

/* How an adaptive design ended. */
typedef enum pl_adaptive_end {
    PL_ADAPTIVE_NONE = 0,        /* there is none */
    PL_ADAPTIVE_OPEN = 1,        /* it has not: the run ended before */
    PL_ADAPTIVE_SEPARATED = 2,   /* the ranking is separated */
    PL_ADAPTIVE_ALL_ITEMS = 3,   /* no item is left */
    PL_ADAPTIVE_NO_VERDICTS = 4, /* a round has brought none that counts */
    PL_ADAPTIVE_TOO_MANY = 5,    /* so many comparisons that no further round can be chosen */
} pl_adaptive_end;

typedef struct pl_adaptive_summary {
    pl_adaptive_end end;
    uint32_t rounds;      /* decided */
    uint32_t rounds_most; /* that all items make */
    uint64_t items;       /* of these rounds */
    uint64_t comparisons; /* of these, with a score */
    double confidence;
    double doubt;         /* at the latest look: at most how probable it is that the order is wrong; NaN: none yet */
    double doubt_to_stop; /* less than 1 - confidence, since it is looked at after each round */
} pl_adaptive_summary;

/* What the commands did that carried out the same run before. */
typedef struct pl_run_earlier {
    uint64_t commands; /* that came to an end; the next three are theirs */
    uint64_t calls;
    uint64_t attempts;
    uint64_t elapsed_ms;
    bool broken_off; /* others did not: of what they did, the store knows only calls that had ended */
} pl_run_earlier;

#define PL_RUN_PROBLEMS_MAX 20 /* item problems that are kept by name; all are counted */

typedef struct pl_run_summary {
    pl_run_state state;
    int64_t run_id;
    uint64_t n_items;
    uint64_t tasks_total; /* of the plan, without unusable items and what was settled; adaptive: of the rounds so far */
    uint64_t tasks_ended; /* in a response */
    uint64_t reused;      /* tasks answered by a stored call or one that another task shares */
    uint64_t calls;
    uint64_t attempts;
    uint64_t elapsed_ns;
    pl_run_earlier earlier; /* in none of the numbers around it */
    uint32_t n_models;
    pl_run_model *models;
    uint64_t item_problems_count;
    char (*item_problems)[512]; /* "id: what is wrong", the first PL_RUN_PROBLEMS_MAX */
    char stop_reason[256];      /* why it stopped early, or "" */
    uint64_t max_cost_nano_usd; /* the cap; 0: none */
    pl_adaptive_summary adaptive;
    bool stored_in_part; /* it ended before all was looked up: `stored` is a lower bound */
} pl_run_summary;
void pl__run_summary_clear(pl_run_summary *summary);

typedef struct pl_run_progress {
    uint64_t tasks_total;
    uint64_t tasks_ended; /* answered, void or failed */
    uint64_t reused;
    uint64_t calls; /* finished now */
    uint64_t failures;
    uint64_t in_flight;
    uint64_t waiting_for_retry;
    uint64_t held_back; /* could go but for their endpoints' limits */
    uint64_t input_tokens;
    uint64_t output_tokens;
    uint64_t nano_usd;          /* spent now, where the price is known */
    bool any_price;             /* is it of any model? */
    bool all_prices;            /* of all? */
    uint64_t max_cost_nano_usd; /* the cap; 0: none */
    double calls_per_second;    /* over the last seconds */
    double eta_seconds;         /* < 0: unknown */
    bool stopping;              /* waiting for what is in flight */
    uint32_t round; /* of an adaptive design, from 1; 0: there is none. Tasks are those of the rounds so far */
    uint32_t rounds_most;
} pl_run_progress;

typedef struct pl_run_opts {
    const pl_setup *setup;
    pl_store *store;
    pl_transport *transport; /* NULL: libcurl */
    const pl_clock *clock;   /* NULL: the system's */
    const pl_log *log;
    uint64_t max_calls;         /* 0: none */
    uint64_t max_cost_nano_usd; /* 0: none. A call is started only while what was spent now, the most that the calls in
                                 * flight can cost and the most that it can cost itself stay within; needs the price of
                                 * every model, else PL_E_INVALID before anything is sent */
    uint64_t deadline_ms;       /* 0: none; from the start of this run */
    bool retry_failed;
    bool fail_fast;
    const char *record_dir;      /* every exchange is recorded there (transport_record.h); NULL: none is */
    const char *replay_dir;      /* answers come from this recording, without keys and network; NULL: from endpoints */
    bool replay_in_time;         /* they take as long as they took */
    const atomic_int *interrupt; /* set by a signal handler: 1 = start nothing new, finish what is in flight; 2 = now */
    void (*progress)(const pl_run_progress *progress, void *user); /* a few times a second; or NULL */
    void *user;
} pl_run_opts;

/* Runs to the end of the work, the budget or an interrupt. PL_OK with a summary whatever the endpoints did; otherwise
 * what the store, a recording or memory failed with (what was stored before stays valid; a recording that cannot go on
 * lets what is in flight end first). *ret is filled in both cases once the run
 * began. */
PL_NODISCARD pl_status pl__run_execute(const pl_run_opts *opts, pl_run_summary *ret, pl_error *reterr);

#endif
