#include "config.h"

#include "alloc.h"
#include "config_memory.h"
#include "error.h"
#include "file.h"
#include "schema.h"

#include <string.h>

#define CONFIG_VERSION 1
#define WHERE_BYTES_MAX 65536

pl_config *pl__config_new(void)
{
    pl_config *config = pl__calloc(1, sizeof(*config));
    pl_config_memory *memory = pl__calloc(1, sizeof(*memory));
    if (!config || !memory) {
        pl__free(config);
        pl__free(memory);
        return NULL;
    }
    pl__arena_init(&memory->arena);
    config->memory = memory;
    return config;
}

void pl__config_free(pl_config *config)
{
    if (!config)
        return;
    if (config->memory)
        pl__arena_clear(&config->memory->arena);
    pl__free(config->memory);
    pl__free(config);
}

void pl__peer_review_defaults(pl_peer_review_config *peer_review)
{
    *peer_review = (pl_peer_review_config){.questions = PL_QUESTIONS_AUTO,
                                           .judges = PL_JUDGES_AUTHOR,
                                           .order = PL_ORDER_BOTH,
                                           .design = PL_DESIGN_FULL,
                                           .confidence = 0.95,
                                           .criteria = {true, true},
                                           .weights = {0.4, 0.4}, /* UPME section 3: gamma = (0.4, 0.4, 0.2) */
                                           .weight_clip = 0.2};
}

void pl__uncertainty_defaults(pl_uncertainty_config *uncertainty)
{
    *uncertainty = (pl_uncertainty_config){.samples = 0, .top_logprobs = 20, .equivalence = PL_EQUIVALENCE_BY_TEXT};
}

bool pl__config_compares(const pl_config *config)
{
    return config->has_uncertainty && config->uncertainty.equivalence == PL_EQUIVALENCE_BY_JUDGE;
}

void pl__read_criteria(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    bool *criteria = ((pl_draft *)target)->peer_review.criteria;
    if (node->kind != PL_YAML_LIST || node->n == 0) {
        pl__reader_problem(r, node->line, "must be a list of correctness, visual");
        return;
    }
    for (size_t i = 0; i < PL_CRITERIA_COUNT; i++)
        criteria[i] = false;
    for (size_t i = 0; i < node->n && !pl__problems_full(r->problems); i++) {
        size_t mark = pl__where_enter_index(r, i);
        const pl_choice *choice = pl__read_choice(r, node->values[i], pl__choices_criteria);
        if (choice && criteria[choice->value])
            pl__reader_problem(r, node->values[i]->line, "%s stands here a second time", choice->word);
        if (choice)
            criteria[choice->value] = true;
        pl__where_leave(r, mark);
    }
}

static void refuse_same_name(pl_section_reader *r, const pl_draft *draft, size_t index)
{
    const pl_draft_model *model = &draft->models[index];
    for (size_t i = 0; i < index && model->spec.name; i++) {
        const pl_draft_model *earlier = &draft->models[i];
        if (earlier->spec.name && strcmp(earlier->spec.name, model->spec.name) == 0) {
            pl__reader_problem(r, model->line, "the name \"%.64s\" belongs to the model at line %u already",
                               model->spec.name, earlier->line);
            return;
        }
    }
}

void pl__read_models(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft *draft = target;
    if (node->kind != PL_YAML_LIST && !pl__yaml_is_null(node)) {
        pl__reader_problem(r, node->line, "must be a list (lines that begin with \"- name: ...\")");
        return;
    }
    draft->models_line = node->line;
    draft->models_listed = node->n;
    if (node->n == 0 || node->n > PL_MODELS_MAX)
        return; /* check_models says so */
    draft->models = pl__arena_calloc(r->arena, node->n, sizeof(*draft->models));
    if (!draft->models) {
        pl__reader_no_memory(r);
        return;
    }
    draft->n_models = node->n;
    for (size_t i = 0; i < node->n && r->rc == PL_OK && !pl__problems_full(r->problems); i++) {
        pl_draft_model *model = &draft->models[i];
        size_t mark = pl__where_enter_index(r, i);
        pl__defaults_model(model);
        model->line = node->values[i]->line;
        pl__read_section(r, node->values[i], &pl__schema_model, model);
        pl__finish_model(r, model);
        refuse_same_name(r, draft, i);
        pl__where_leave(r, mark);
    }
}

/* How many it takes is known when the evaluations are. */
static void check_models(pl_section_reader *r, const pl_draft *draft)
{
    bool review = draft->peer_review_given || !draft->uncertainty_given;
    size_t min = review ? PL_REVIEW_MODELS_MIN : PL_MODELS_MIN;
    size_t mark = 0;

    if (draft->models_line == 0 || (draft->models_listed >= min && draft->models_listed <= PL_MODELS_MAX))
        return; /* no list of models is a problem that was told */
    mark = pl__where_enter(r, "models");
    pl__reader_problem(r, draft->models_line, "%zu in the list; %s takes %zu to %d models", draft->models_listed,
                       review ? "peer review" : "uncertainty", min, PL_MODELS_MAX);
    pl__where_leave(r, mark);
}

/* n_models if there is none of this name. */
static size_t find_model(const pl_draft *draft, const char *name)
{
    size_t i = 0;
    while (i < draft->n_models && !(draft->models[i].spec.name && strcmp(draft->models[i].spec.name, name) == 0))
        i++;
    return i;
}

/* All models are known when the file is read. */
static void check_judge(pl_section_reader *r, const pl_draft *draft)
{
    const char *names[PL_MODELS_MAX];
    size_t n = 0;
    if (!draft->judge || draft->n_models == 0 || find_model(draft, draft->judge) < draft->n_models)
        return;
    for (size_t i = 0; i < draft->n_models; i++) {
        if (draft->models[i].spec.name)
            names[n++] = draft->models[i].spec.name;
    }
    const char *nearest = pl__nearest_name(draft->judge, names, n);
    size_t mark = pl__where_enter(r, "evaluations.uncertainty.judge");
    if (nearest)
        pl__reader_problem(r, draft->judge_line, "no model is named \"%.64s\"; did you mean \"%.64s\"?", draft->judge,
                           nearest);
    else
        pl__reader_problem(r, draft->judge_line, "no model is named \"%.64s\"", draft->judge);
    pl__where_leave(r, mark);
}

static void check_weights(pl_section_reader *r, const pl_draft *draft, uint32_t line)
{
    const pl_peer_review_config *p = &draft->peer_review;
    double sum = 0.0;
    size_t mark = pl__where_enter(r, "weights");
    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        if (!p->criteria[c])
            continue;
        if (draft->weights_given && !draft->weight_given[c])
            pl__reader_problem(r, line, "says nothing of \"%s\"", pl__choice_word(pl__choices_criteria, c));
        sum += p->weights[c];
    }
    if (!(sum > 0.0))
        pl__reader_problem(r, line,
                           "one criterion in use must have a weight above 0 (without an encoder clip is dropped)");
    pl__where_leave(r, mark);
}

/* What no key says alone is looked at when the keys are right by themselves. */
void pl__read_peer_review(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft *draft = target;
    pl_peer_review_config *p = &draft->peer_review;
    size_t n_before = r->problems->n;
    pl__read_section(r, node, &pl__schema_peer_review, target);
    if (r->problems->n > n_before || r->rc != PL_OK)
        return;
    bool given = p->questions == PL_QUESTIONS_GIVEN;
    if (given && p->judges_given && p->judges == PL_JUDGES_AUTHOR)
        pl__reader_problem(
            r, node->line,
            "judges: author cannot judge given questions, which no model wrote; use judges: all, or leave "
            "it out");
    if (given && !p->judges_given)
        p->judges = PL_JUDGES_ALL;
    if (p->design == PL_DESIGN_RANDOM && p->iterations == 0)
        pl__reader_problem(r, node->line,
                           "design: random needs iterations, the number of (question, judge, pair) to draw");
    if (p->design != PL_DESIGN_RANDOM && p->iterations != 0)
        pl__reader_problem(r, node->line,
                           "iterations belongs to design: random; with design: full everything is judged");
    if (p->design != PL_DESIGN_ADAPTIVE && (draft->pairs_per_question_given || draft->confidence_given))
        pl__reader_problem(r, node->line, "%s belongs to design: adaptive",
                           draft->confidence_given ? "confidence" : "pairs_per_question");
    if (!(p->confidence >= 0.5 && p->confidence <= 0.9999))
        pl__reader_problem(r, node->line, "confidence is between 0.5 and 0.9999");
    if (draft->weights_given && !draft->weight_clip_given)
        p->weight_clip = 0.0;
    check_weights(r, draft, node->line);
}

void pl__read_equivalence(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_uncertainty_config *u = &((pl_draft *)target)->uncertainty;
    if (node->kind == PL_YAML_SCALAR && strcmp(node->text, "embedding") == 0) {
        pl__reader_problem(r, node->line,
                           "does not exist yet in this version; embedding needs an encoder, use exact or judge");
        return;
    }
    const pl_choice *choice = pl__read_choice(r, node, pl__choices_equivalence);
    if (choice)
        u->equivalence = (pl_equivalence_source)choice->value;
}

void pl__read_judge(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft *draft = target;
    draft->judge = pl__read_text(r, node);
    draft->judge_line = node->line;
}

void pl__read_uncertainty(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    const pl_draft *draft = target;
    size_t n_before = r->problems->n;
    pl__read_section(r, node, &pl__schema_uncertainty, target);
    if (r->problems->n > n_before || r->rc != PL_OK)
        return;
    bool judged = draft->uncertainty.equivalence == PL_EQUIVALENCE_BY_JUDGE;
    if (judged && !draft->judge)
        pl__reader_problem(r, node->line,
                           "equivalence: judge needs judge, the name of the model that says which samples mean the "
                           "same");
    if (!judged && draft->judge)
        pl__reader_problem(r, draft->judge_line, "judge belongs to equivalence: judge");
    if (judged && draft->uncertainty.samples < 2)
        pl__reader_problem(r, node->line, "equivalence: judge compares samples; it needs samples: 2 or more");
}

void pl__read_data(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    const pl_draft *draft = target;
    size_t n_before = r->problems->n;
    pl__read_section(r, node, &pl__schema_data, target);
    if (r->problems->n == n_before && !draft->images == !draft->items)
        pl__reader_problem(r, node->line, "must hold either images or items, %s",
                           draft->images ? "not both" : "and holds neither");
}

/* A path of the file, relative to the file's folder. NULL when memory is short. */
static const char *beside(pl_arena *arena, const char *config_path, const char *written)
{
    const char *slash = strrchr(config_path, '/');
    if (written[0] == '/' || !slash)
        return written;
    size_t folder_len = (size_t)(slash - config_path) + 1;
    size_t written_len = strlen(written);
    char *joined = pl__arena_alloc(arena, folder_len + written_len + 1);
    if (!joined)
        return NULL;
    memcpy(joined, config_path, folder_len);
    memcpy(joined + folder_len, written, written_len + 1);
    return joined;
}

static bool place_path(pl_config *config, const char *written, const char **ret)
{
    if (!written)
        return true;
    const char *path = beside(&config->memory->arena, config->path, written);
    if (path)
        *ret = path;
    return path != NULL;
}

static pl_status build_models(pl_config *config, const pl_draft *draft, pl_error *reterr)
{
    pl_model_spec *models = pl__arena_calloc(&config->memory->arena, draft->n_models, sizeof(*models));
    if (!models)
        return pl__fail(reterr, PL_E_NOMEM, "%zu models", draft->n_models);
    for (size_t i = 0; i < draft->n_models; i++) {
        models[i] = draft->models[i].spec;
        pl_endpoint_spec *reach = &models[i].reach;
        if (!place_path(config, reach->api_key_file, &reach->api_key_file) ||
            !place_path(config, reach->ca_file, &reach->ca_file))
            return pl__fail(reterr, PL_E_NOMEM, "%zu models", draft->n_models);
        pl_status rc = pl__model_identity(&models[i], reterr);
        if (rc != PL_OK)
            return rc;
    }
    config->models = models;
    config->n_models = (uint32_t)draft->n_models;
    return PL_OK;
}

static pl_status build_config(pl_config *config, const pl_draft *draft, pl_error *reterr)
{
    pl_config_memory *memory = config->memory;
    config->has_peer_review = draft->peer_review_given || !draft->uncertainty_given;
    config->has_uncertainty = draft->uncertainty_given;
    config->peer_review = draft->peer_review;
    config->uncertainty = draft->uncertainty;
    config->budget = draft->budget;
    if (draft->judge)
        config->uncertainty.judge = (uint32_t)find_model(draft, draft->judge);
    config->store = draft->store;
    config->seed = (uint64_t)draft->seed;
    memory->written_images = draft->images;
    memory->written_items = draft->items;
    memory->written_prompts = draft->peer_review.prompts_dir;
    memory->written_item_prompts = draft->uncertainty.prompts_dir;
    if (!place_path(config, draft->images, &config->data_images) ||
        !place_path(config, draft->items, &config->data_items) ||
        !place_path(config, draft->peer_review.prompts_dir, &config->peer_review.prompts_dir) ||
        !place_path(config, draft->uncertainty.prompts_dir, &config->uncertainty.prompts_dir))
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", config->path);
    return build_models(config, draft, reterr);
}

static pl_status read_draft(const char *path, const pl_yaml_node *root, pl_arena *arena, pl_problems *problems,
                            pl_draft *ret, pl_error *reterr)
{
    pl_section_reader r = {.problems = problems, .arena = arena, .rc = PL_OK};
    pl_draft draft = {.version = CONFIG_VERSION, .store = "run.db", .seed = 1};

    pl__str_init(&r.where, WHERE_BYTES_MAX);
    pl__peer_review_defaults(&draft.peer_review);
    pl__uncertainty_defaults(&draft.uncertainty);
    pl__read_section(&r, root, &pl__schema_file, &draft);
    check_models(&r, &draft);
    check_judge(&r, &draft);
    if (draft.version > CONFIG_VERSION)
        pl__problems_add(problems, 1, "version", "%lld is newer than what this program reads (%d)",
                         (long long)draft.version, CONFIG_VERSION);
    pl__settle_reach(&r, &draft);
    pl__str_clear(&r.where);
    if (r.rc != PL_OK)
        return pl__fail(reterr, r.rc, "%s: no memory", path);
    if (problems->n == 0)
        *ret = draft;
    return PL_OK;
}

pl_status pl__config_parse(const char *path, pl_view text, pl_config **ret, pl_str *problems, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_config *config = NULL;
    pl_problems *found = NULL;
    const pl_yaml_node *root = NULL;
    uint32_t line = 1;
    pl_draft draft = {0};
    pl_error err = {0};

    if (!path || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (text.len > PL_CONFIG_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: larger than %zu bytes", path, PL_CONFIG_BYTES_MAX);
    config = pl__config_new();
    found = pl__calloc(1, sizeof(*found));
    if (!config || !found || !(config->path = pl__arena_strdup(&config->memory->arena, path))) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
        goto out;
    }
    rc = pl__yaml_parse(text, &config->memory->arena, &root, &line, &err);
    if (rc == PL_OK) {
        rc = read_draft(path, root, &config->memory->arena, found, &draft, reterr);
    } else if (rc == PL_E_NOMEM) {
        rc = pl__fail(reterr, rc, "%s: no memory", path);
    } else {
        pl__problems_add(found, line, "", "%s", err.msg);
        rc = PL_OK;
    }
    if (rc == PL_OK && found->n > 0)
        rc = pl__problems_report(found, path, problems, reterr);
    if (rc == PL_OK)
        rc = build_config(config, &draft, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = config;
    config = NULL;
out:
    pl__free(found);
    pl__config_free(config);
    return rc;
}

pl_status pl__config_load(const char *path, pl_config **ret, pl_str *problems, pl_error *reterr)
{
    pl_str text;
    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = pl__file_read(path, PL_CONFIG_BYTES_MAX, &text, reterr);
    if (rc == PL_E_NOT_FOUND)
        return pl__fail(reterr, rc, "%s: there is no such file; \"peerless init\" writes one to start from", path);
    if (rc != PL_OK)
        return rc;
    rc = pl__config_parse(path, pl__view_n(text.ptr ? text.ptr : "", text.len), ret, problems, reterr);
    pl__str_clear(&text);
    return rc;
}
