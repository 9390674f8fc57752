#ifndef PL_SCHEMA_H
#define PL_SCHEMA_H

#include "config.h"
#include "section_reader.h"

#define PL_MODELS_MIN 2
#define PL_REVIEW_MODELS_MIN 3 /* an author and two candidates */
#define PL_BASE_URLS_MAX 64

/* A model while it is read; becomes a pl_model_spec. */
typedef struct pl_draft_model {
    pl_model_spec spec;
    uint32_t line;
    const char *base_url;
    const char **base_urls;
    size_t n_base_urls;
    bool insecure_given;
    double price_input_usd; /* a million tokens */
    double price_output_usd;
    double price_cached_usd; /* < 0: not given */
} pl_draft_model;

/* The file while it is read, defaults filled in. */
typedef struct pl_draft {
    int64_t version;
    const char *images;
    const char *items;
    pl_draft_model *models;
    size_t n_models;
    uint32_t models_line; /* of the list, and how long it is */
    size_t models_listed;
    pl_peer_review_config peer_review;
    bool peer_review_given;
    pl_uncertainty_config uncertainty;
    uint32_t prompt;   /* of uncertainty: there is one choice */
    const char *judge; /* of uncertainty: a model's name; NULL: none */
    uint32_t judge_line;
    bool uncertainty_given;
    bool weights_given;
    bool weight_given[PL_CRITERIA_COUNT];
    bool weight_clip_given;
    bool pairs_per_question_given;
    bool confidence_given;
    pl_budget budget;
    const char *store;
    int64_t seed;
    const char *ca_file; /* this and the next two: for models that say nothing of their own */
    const char *proxy;
    bool insecure;
} pl_draft;

extern const pl_section pl__schema_file;        /* target: pl_draft */
extern const pl_section pl__schema_data;        /* the same */
extern const pl_section pl__schema_peer_review; /* the same */
extern const pl_section pl__schema_uncertainty; /* the same */
extern const pl_section pl__schema_model;       /* target: pl_draft_model */
extern const pl_section pl__schema_price;       /* the same */

/* The words that a file may use for a choice, by table. */
extern const pl_choice pl__choices_questions[];
extern const pl_choice pl__choices_judges[];
extern const pl_choice pl__choices_order[];
extern const pl_choice pl__choices_design[];
extern const pl_choice pl__choices_format[];
extern const pl_choice pl__choices_detail[];
extern const pl_choice pl__choices_criteria[];
extern const pl_choice pl__choices_item_prompt[];
extern const pl_choice pl__choices_equivalence[];

/* Fields that are more than one value. */
void pl__read_models(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_base_urls(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_extra(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_provider(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_api_key_env(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_api_key_file(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_api_version(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_headers(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_api_key_cmd(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_price(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_max_cost(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_model_proxy(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_file_proxy(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_data(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_peer_review(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_uncertainty(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_equivalence(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_judge(pl_section_reader *r, const pl_yaml_node *node, void *target);
void pl__read_criteria(pl_section_reader *r, const pl_yaml_node *node, void *target);

/* A name of an environment variable, and no pasted key. */
bool pl__is_env_name(const char *name);

/* What one model's keys must satisfy together; then fills in what follows from them. */
void pl__finish_model(pl_section_reader *r, pl_draft_model *model);
/* Fills in what follows from a price that was given, once the provider is known. */
void pl__settle_price(pl_model_spec *spec);
void pl__defaults_model(pl_draft_model *model);
/* Fills in what the file says for all models about reaching them; a key over plain http must be spelled out. */
void pl__settle_reach(pl_section_reader *r, pl_draft *draft);

#endif
