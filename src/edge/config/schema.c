#include "schema.h"

#include "chat.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define DAY_MS INT64_C(86400000)
#define YEAR_MS (INT64_C(366) * DAY_MS)

const pl_choice pl__choices_questions[] = {{"auto", PL_QUESTIONS_AUTO, false},
                                           {"generated", PL_QUESTIONS_GENERATED, false},
                                           {"given", PL_QUESTIONS_GIVEN, false},
                                           {NULL, 0, false}};
const pl_choice pl__choices_judges[] = {
    {"author", PL_JUDGES_AUTHOR, false}, {"all", PL_JUDGES_ALL, false}, {NULL, 0, false}};
const pl_choice pl__choices_order[] = {{"both", PL_ORDER_BOTH, false},
                                       {"random", PL_ORDER_RANDOM, false},
                                       {"fixed", PL_ORDER_FIXED, false},
                                       {NULL, 0, false}};
const pl_choice pl__choices_design[] = {{"full", PL_DESIGN_FULL, false},
                                        {"random", PL_DESIGN_RANDOM, false},
                                        {"adaptive", PL_DESIGN_ADAPTIVE, false},
                                        {NULL, 0, false}};
const pl_choice pl__choices_format[] = {
    {"jpeg", PL_IMAGE_JPEG, false}, {"png", PL_IMAGE_PNG, false}, {"webp", PL_IMAGE_WEBP, false}, {NULL, 0, false}};
const pl_choice pl__choices_detail[] = {
    {"auto", PL_DETAIL_AUTO, false}, {"low", PL_DETAIL_LOW, false}, {"high", PL_DETAIL_HIGH, false}, {NULL, 0, false}};
const pl_choice pl__choices_criteria[] = {
    {"correctness", PL_CRITERION_CORRECTNESS, false}, {"visual", PL_CRITERION_VISUAL, false}, {NULL, 0, false}};
const pl_choice pl__choices_item_prompt[] = {{"item", 1, false}, {NULL, 0, false}};

const pl_choice pl__choices_equivalence[] = {{"exact", PL_EQUIVALENCE_BY_TEXT, false},
                                             {"embedding", PL_EQUIVALENCE_BY_EMBEDDING, true},
                                             {"judge", PL_EQUIVALENCE_BY_JUDGE, false},
                                             {NULL, 0, false}};

/* ---- one model ---- */
#define AT(member) .offset = offsetof(pl_draft_model, member)

static const pl_field params_fields[] = {
    {.key = "temperature", .kind = PL_FIELD_REAL, AT(spec.params.temperature), .min = 0, .max = 10},
    {.key = "max_tokens", .kind = PL_FIELD_U32, AT(spec.params.max_tokens), .min = 1, .max = 1000000},
    {.key = "seed",
     .kind = PL_FIELD_I64,
     AT(spec.params.seed),
     .given_offset = offsetof(pl_draft_model, spec.params.has_seed),
     .min = INT64_MIN,
     .max = INT64_MAX},
};
static const pl_section params_section = {params_fields, COUNT(params_fields),
                                          "; what else a server understands goes under extra:"};

static const pl_field image_fields[] = {
    {.key = "max_side", .kind = PL_FIELD_U32, AT(spec.image.max_side_px), .min = 16, .max = 16384},
    {.key = "format", .kind = PL_FIELD_CHOICE, AT(spec.image.format), .choices = pl__choices_format},
    {.key = "quality", .kind = PL_FIELD_U32, AT(spec.image.quality), .min = 1, .max = 100},
    {.key = "detail", .kind = PL_FIELD_CHOICE, AT(spec.image.detail), .choices = pl__choices_detail},
};
static const pl_section image_section = {image_fields, COUNT(image_fields), NULL};

static const pl_field limits_fields[] = {
    {.key = "concurrency", .kind = PL_FIELD_U32, AT(spec.reach.concurrency), .min = 1, .max = 4096},
    {.key = "attempts", .kind = PL_FIELD_U32, AT(spec.reach.attempts_max), .min = 1, .max = 100},
    {.key = "timeout_connect",
     .kind = PL_FIELD_DURATION_32,
     AT(spec.reach.timeout_connect_ms),
     .min = 1,
     .max = DAY_MS},
    {.key = "timeout_first_byte",
     .kind = PL_FIELD_DURATION_32,
     AT(spec.reach.timeout_first_byte_ms),
     .min = 1,
     .max = DAY_MS},
    {.key = "timeout_total", .kind = PL_FIELD_DURATION_32, AT(spec.reach.timeout_total_ms), .min = 1, .max = DAY_MS},
    {.key = "rpm", .kind = PL_FIELD_U32, AT(spec.reach.rpm), .min = 1, .max = 100000000},
    {.key = "tpm", .kind = PL_FIELD_U32, AT(spec.reach.tpm), .min = 1, .max = 2000000000},
    {.key = "batch", .kind = PL_FIELD_BOOL, AT(spec.reach.batch)},
};
static const pl_section limits_section = {limits_fields, COUNT(limits_fields), NULL};

static const pl_field model_tls_fields[] = {
    {.key = "ca_file", .kind = PL_FIELD_TEXT, AT(spec.reach.ca_file)},
    {.key = "insecure",
     .kind = PL_FIELD_BOOL,
     AT(spec.reach.insecure),
     .given_offset = offsetof(pl_draft_model, insecure_given)},
};
static const pl_section model_tls_section = {model_tls_fields, COUNT(model_tls_fields), NULL};

static const pl_field price_fields[] = {
    {.key = "input", .kind = PL_FIELD_REAL, AT(price_input_usd), .min = 0, .max = PL_PRICE_USD_MAX, .required = true},
    {.key = "output", .kind = PL_FIELD_REAL, AT(price_output_usd), .min = 0, .max = PL_PRICE_USD_MAX, .required = true},
    {.key = "cached_input", .kind = PL_FIELD_REAL, AT(price_cached_usd), .min = 0, .max = PL_PRICE_USD_MAX},
};
const pl_section pl__schema_price = {price_fields, COUNT(price_fields), "; US dollars a million tokens"};

static const pl_field model_fields[] = {
    {.key = "name", .kind = PL_FIELD_TEXT, AT(spec.name), .required = true},
    {.key = "provider", .kind = PL_FIELD_CUSTOM, .custom = pl__read_provider, .required = true},
    {.key = "model", .kind = PL_FIELD_TEXT, AT(spec.model), .required = true},
    {.key = "base_url", .kind = PL_FIELD_CUSTOM, .custom = pl__read_base_urls},
    {.key = "base_urls", .kind = PL_FIELD_CUSTOM, .custom = pl__read_base_urls},
    {.key = "endpoint", .kind = PL_FIELD_TEXT, AT(spec.endpoint)},
    {.key = "api_key_env", .kind = PL_FIELD_CUSTOM, .custom = pl__read_api_key_env},
    {.key = "api_key_file", .kind = PL_FIELD_CUSTOM, .custom = pl__read_api_key_file},
    {.key = "api_version", .kind = PL_FIELD_CUSTOM, .custom = pl__read_api_version},
    {.key = "headers", .kind = PL_FIELD_CUSTOM, .custom = pl__read_headers},
    {.key = "api_key_cmd", .kind = PL_FIELD_CUSTOM, .custom = pl__read_api_key_cmd},
    {.key = "tls", .kind = PL_FIELD_SECTION, .section = &model_tls_section},
    {.key = "proxy", .kind = PL_FIELD_CUSTOM, .custom = pl__read_model_proxy},
    {.key = "family", .kind = PL_FIELD_TEXT, AT(spec.family)},
    {.key = "params", .kind = PL_FIELD_SECTION, .section = &params_section},
    {.key = "extra", .kind = PL_FIELD_CUSTOM, .custom = pl__read_extra},
    {.key = "image", .kind = PL_FIELD_SECTION, .section = &image_section},
    {.key = "limits", .kind = PL_FIELD_SECTION, .section = &limits_section},
    {.key = "price", .kind = PL_FIELD_CUSTOM, .custom = pl__read_price},
};
const pl_section pl__schema_model = {model_fields, COUNT(model_fields), NULL};

/* ---- the file ---- */
#undef AT
#define AT(member) .offset = offsetof(pl_draft, member)

static const pl_field weights_fields[] = {
    {.key = "correctness",
     .kind = PL_FIELD_REAL,
     AT(peer_review.weights[PL_CRITERION_CORRECTNESS]),
     .given_offset = offsetof(pl_draft, weight_given[PL_CRITERION_CORRECTNESS]),
     .min = 0,
     .max = 1000},
    {.key = "visual",
     .kind = PL_FIELD_REAL,
     AT(peer_review.weights[PL_CRITERION_VISUAL]),
     .given_offset = offsetof(pl_draft, weight_given[PL_CRITERION_VISUAL]),
     .min = 0,
     .max = 1000},
    {.key = "clip",
     .kind = PL_FIELD_REAL,
     AT(peer_review.weight_clip),
     .given_offset = offsetof(pl_draft, weight_clip_given),
     .min = 0,
     .max = 1000},
};
static const pl_section weights_section = {weights_fields, COUNT(weights_fields), NULL};

static const pl_field peer_review_fields[] = {
    {.key = "questions", .kind = PL_FIELD_CHOICE, AT(peer_review.questions), .choices = pl__choices_questions},
    {.key = "judges",
     .kind = PL_FIELD_CHOICE,
     AT(peer_review.judges),
     .given_offset = offsetof(pl_draft, peer_review.judges_given),
     .choices = pl__choices_judges},
    {.key = "order", .kind = PL_FIELD_CHOICE, AT(peer_review.order), .choices = pl__choices_order},
    {.key = "design", .kind = PL_FIELD_CHOICE, AT(peer_review.design), .choices = pl__choices_design},
    {.key = "iterations", .kind = PL_FIELD_U64, AT(peer_review.iterations), .min = 1, .max = 1000000000},
    {.key = "pairs_per_question",
     .kind = PL_FIELD_U32,
     AT(peer_review.pairs_per_question),
     .given_offset = offsetof(pl_draft, pairs_per_question_given),
     .min = 1,
     .max = 1000000},
    {.key = "confidence",
     .kind = PL_FIELD_REAL,
     AT(peer_review.confidence),
     .given_offset = offsetof(pl_draft, confidence_given),
     .min = 0,
     .max = 1},
    {.key = "criteria", .kind = PL_FIELD_CUSTOM, .custom = pl__read_criteria},
    {.key = "weights",
     .kind = PL_FIELD_SECTION,
     .given_offset = offsetof(pl_draft, weights_given),
     .section = &weights_section},
    {.key = "self_review", .kind = PL_FIELD_BOOL, AT(peer_review.self_review)},
    {.key = "prompts", .kind = PL_FIELD_TEXT, AT(peer_review.prompts_dir)},
    {.key = "encoder", .kind = PL_FIELD_LATER, .words = "leave it out: weights.clip is dropped without an encoder"},
};
const pl_section pl__schema_peer_review = {peer_review_fields, COUNT(peer_review_fields), NULL};

static const pl_field uncertainty_fields[] = {
    {.key = "prompt", .kind = PL_FIELD_CHOICE, AT(prompt), .choices = pl__choices_item_prompt},
    {.key = "samples", .kind = PL_FIELD_U32, AT(uncertainty.samples), .min = 0, .max = PL_CHAT_SAMPLES_MAX},
    {.key = "top_logprobs",
     .kind = PL_FIELD_U32,
     AT(uncertainty.top_logprobs),
     .min = 0,
     .max = PL_CHAT_TOP_LOGPROBS_MAX},
    {.key = "prompts", .kind = PL_FIELD_TEXT, AT(uncertainty.prompts_dir)},
    {.key = "equivalence", .kind = PL_FIELD_CUSTOM, .custom = pl__read_equivalence},
    {.key = "judge", .kind = PL_FIELD_CUSTOM, .custom = pl__read_judge},
    {.key = "encoder", .kind = PL_FIELD_LATER, .words = "leave it out: there is no encoder yet"},
};
const pl_section pl__schema_uncertainty = {uncertainty_fields, COUNT(uncertainty_fields), NULL};

static const pl_field evaluations_fields[] = {
    {.key = "peer_review",
     .kind = PL_FIELD_CUSTOM,
     .given_offset = offsetof(pl_draft, peer_review_given),
     .custom = pl__read_peer_review},
    {.key = "uncertainty",
     .kind = PL_FIELD_CUSTOM,
     .given_offset = offsetof(pl_draft, uncertainty_given),
     .custom = pl__read_uncertainty},
    {.key = "self_assessment", .kind = PL_FIELD_LATER, .words = "there are peer_review and uncertainty"},
    {.key = "classification", .kind = PL_FIELD_LATER, .words = "there are peer_review and uncertainty"},
};
static const pl_section evaluations_section = {evaluations_fields, COUNT(evaluations_fields), NULL};

static const pl_field budget_fields[] = {
    {.key = "max_calls", .kind = PL_FIELD_U64, AT(budget.max_calls), .min = 1, .max = INT64_MAX},
    {.key = "deadline", .kind = PL_FIELD_DURATION_64, AT(budget.deadline_ms), .min = 1, .max = YEAR_MS},
    {.key = "max_cost_usd", .kind = PL_FIELD_CUSTOM, .custom = pl__read_max_cost},
};
static const pl_section budget_section = {budget_fields, COUNT(budget_fields), NULL};

static const pl_field data_fields[] = {
    {.key = "images", .kind = PL_FIELD_TEXT, AT(images)},
    {.key = "items", .kind = PL_FIELD_TEXT, AT(items)},
};
const pl_section pl__schema_data = {data_fields, COUNT(data_fields), NULL};

static const pl_field file_tls_fields[] = {
    {.key = "ca_file", .kind = PL_FIELD_TEXT, AT(ca_file)},
    {.key = "insecure", .kind = PL_FIELD_BOOL, AT(insecure)},
};
static const pl_section file_tls_section = {file_tls_fields, COUNT(file_tls_fields), NULL};

static const pl_field file_fields[] = {
    {.key = "version", .kind = PL_FIELD_I64, AT(version), .min = 1, .max = INT64_MAX},
    {.key = "data", .kind = PL_FIELD_CUSTOM, .custom = pl__read_data, .required = true},
    {.key = "models", .kind = PL_FIELD_CUSTOM, .custom = pl__read_models, .required = true},
    {.key = "evaluations", .kind = PL_FIELD_SECTION, .section = &evaluations_section},
    {.key = "encoders", .kind = PL_FIELD_LATER, .words = "leave it out: weights.clip is dropped without an encoder"},
    {.key = "budget", .kind = PL_FIELD_SECTION, .section = &budget_section},
    {.key = "tls", .kind = PL_FIELD_SECTION, .section = &file_tls_section},
    {.key = "proxy", .kind = PL_FIELD_CUSTOM, .custom = pl__read_file_proxy},
    {.key = "store", .kind = PL_FIELD_TEXT, AT(store)},
    {.key = "seed", .kind = PL_FIELD_I64, AT(seed), .min = 0, .max = INT64_MAX},
};
const pl_section pl__schema_file = {file_fields, COUNT(file_fields), NULL};
