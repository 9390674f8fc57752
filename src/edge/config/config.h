#ifndef PL_CONFIG_H
#define PL_CONFIG_H

#include "model_spec.h"
#include "str.h"
#include "task.h"

#define PL_CONFIG_BYTES_MAX ((size_t)1 << 20)
#define PL_CONFIG_ERRORS_MAX 20

typedef enum pl_question_source {
    PL_QUESTIONS_AUTO = 0,
    PL_QUESTIONS_GENERATED = 1,
    PL_QUESTIONS_GIVEN = 2
} pl_question_source;
typedef enum pl_judge_source { PL_JUDGES_AUTHOR = 1, PL_JUDGES_ALL = 2 } pl_judge_source;
typedef enum pl_order { PL_ORDER_BOTH = 1, PL_ORDER_RANDOM = 2, PL_ORDER_FIXED = 3 } pl_order;
typedef enum pl_design { PL_DESIGN_FULL = 1, PL_DESIGN_RANDOM = 2, PL_DESIGN_ADAPTIVE = 3 } pl_design;

typedef struct pl_peer_review_config {
    pl_question_source questions; /* AUTO: given if every item has a question, generated if none has */
    pl_judge_source judges;       /* default: author for generated, all for given questions */
    bool judges_given;            /* was `judges` written in the file? */
    pl_order order;
    pl_design design;
    uint64_t iterations;   /* design random: triples (question, judge, pair) to draw; 0 otherwise */
    uint64_t design_items; /* over how many items; settled by the run that is stored, 0 in a file that was just read */
    uint32_t pairs_per_question; /* design adaptive: (judge, pair) of each question; 0: a quarter of what there are */
    double confidence;           /* design adaptive: it stops once the ranking is separated at this */
    bool criteria[PL_CRITERIA_COUNT];
    double weights[PL_CRITERIA_COUNT]; /* gamma as written; the unused ones are ignored */
    double weight_clip;                /* gamma_3 as written: dropped, and said so, while there is no encoder */
    bool self_review;
    const char *prompts_dir; /* absolute or relative to the working directory; NULL: built in */
} pl_peer_review_config;

/* How samples of an open answer are found to mean the same. */
typedef enum pl_equivalence_source {
    PL_EQUIVALENCE_BY_TEXT = 1,
    PL_EQUIVALENCE_BY_EMBEDDING = 2, /* refused while there is no encoder */
    PL_EQUIVALENCE_BY_JUDGE = 3,
} pl_equivalence_source;

/* Models' own answers to the items' questions, and how sure they are of them. */
typedef struct pl_uncertainty_config {
    uint32_t samples;      /* random answers beside the greedy one */
    uint32_t top_logprobs; /* alternatives of each token; 0: no log-probabilities are asked for */
    pl_equivalence_source equivalence;
    uint32_t judge;          /* BY_JUDGE: the model that compares samples; else 0 */
    const char *prompts_dir; /* as in peer review; NULL: built in */
} pl_uncertainty_config;

typedef struct pl_budget {
    uint64_t max_calls;         /* 0: none */
    uint64_t deadline_ms;       /* 0: none */
    uint64_t max_cost_nano_usd; /* 0: none */
} pl_budget;

/* A checked peerless.yaml. Owns all strings. Paths in `data`, `prompts` and `api_key_file` are taken relative to the
 * file's folder. */
typedef struct pl_config {
    const char *path;
    const char *data_images; /* a folder or a glob; NULL if items */
    const char *data_items;  /* a JSONL file; NULL if images */
    const pl_model_spec *models;
    uint32_t n_models;
    bool has_peer_review; /* which evaluations it asks for: at least one */
    bool has_uncertainty;
    pl_peer_review_config peer_review;
    pl_uncertainty_config uncertainty;
    pl_budget budget;
    const char *store; /* as written, relative to the working directory; default "run.db" */
    uint64_t seed;
    struct pl_config_memory *memory;
} pl_config;

/* Does it ask a judge which samples mean the same? */
bool pl__config_compares(const pl_config *config);

/* Parses and checks. All problems found (up to PL_CONFIG_ERRORS_MAX) go to `problems`, one line each:
 * "peerless.yaml:12: models[2].parms: unknown key; did you mean "params"?". PL_E_PARSE when there is any; PL_E_LIMIT,
 * PL_E_NOMEM; reterr holds the first. A literal key (api_key) is refused without repeating it. */
PL_NODISCARD pl_status pl__config_parse(const char *path, pl_view text, pl_config **ret, pl_str *problems,
                                        pl_error *reterr);
/* Reads the file, then as above. Also PL_E_NOT_FOUND (says how to make one: peerless init), PL_E_IO. */
PL_NODISCARD pl_status pl__config_load(const char *path, pl_config **ret, pl_str *problems, pl_error *reterr);
void pl__config_free(pl_config *config);

/* Appends the config as canonical JSON without secrets, reach, budget or store path, paths as written: what a stored
 * run keeps, and what tells whether a command continues it. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__config_canonical(const pl_config *config, pl_str *out, pl_error *reterr);
/* Reads such JSON back (models without reach, paths as written), for analysis of a stored run. PL_E_PARSE,
 * PL_E_VERSION, PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__config_from_canonical(pl_view json, pl_config **ret, pl_error *reterr);

/* The commented file that `peerless init` writes; every default is in it. Static storage. */
const char *pl__config_template(void);

#endif
