#include "alloc.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "peer_review.h"
#include "posterior.h"
#include "run.h"
#include "uncertainty.h"
#include <stdio.h>

/* Reads the templates from kind `first` to before `end` that the folder holds; those are one at least. */
static pl_status read_folder(const char *dir, size_t first, size_t end, pl_str texts[PL_PROMPT_KINDS],
                             const char *templates[PL_PROMPT_KINDS], pl_error *reterr)
{
    size_t found = 0;

    for (size_t k = first; dir && k < end; k++) {
        pl_status rc = PL_OK;
        pl_error err = {0};
        pl_str path;

        pl__str_init(&path, 4096);
        rc = pl__str_appendf(&path, "%s/%s.txt", dir, pl__prompt_kind_name((pl_prompt_kind)k));
        if (rc == PL_OK)
            rc = pl__file_read(pl__str_c(&path), PL_PROMPT_TEMPLATE_BYTES_MAX, &texts[k], &err);
        pl__str_clear(&path);
        if (rc == PL_OK) {
            templates[k] = pl__str_c(&texts[k]);
            found++;
        } else if (rc != PL_E_NOT_FOUND) {
            if (reterr)
                *reterr = err;
            return rc;
        }
    }
    if (dir && found == 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "prompts: %s has none of %s", dir,
                        first == 0 ? "question.txt, answer.txt, judge_correctness.txt, judge_visual.txt"
                                   : "choice.txt, open.txt, equivalence.txt");
    return PL_OK;
}

static pl_status read_templates(const pl_config *config, pl_prompt_set **ret, pl_error *reterr)
{
    const char *review = config->has_peer_review ? config->peer_review.prompts_dir : NULL;
    const char *items = config->has_uncertainty ? config->uncertainty.prompts_dir : NULL;
    pl_str texts[PL_PROMPT_KINDS];
    const char *templates[PL_PROMPT_KINDS] = {NULL};
    pl_status rc = PL_OK;

    for (size_t k = 0; k < PL_PROMPT_KINDS; k++)
        pl__str_init(&texts[k], PL_PROMPT_TEMPLATE_BYTES_MAX);
    rc = read_folder(review, 0, PL_PROMPT_REVIEW_KINDS, texts, templates, reterr);
    if (rc == PL_OK)
        rc = read_folder(items, PL_PROMPT_REVIEW_KINDS, PL_PROMPT_KINDS, texts, templates, reterr);
    if (rc == PL_OK)
        rc = pl__prompt_set_new(templates, ret, reterr);
    for (size_t k = 0; k < PL_PROMPT_KINDS; k++)
        pl__str_clear(&texts[k]);
    return rc;
}

/* What a design that is made round by round cannot do with. */
static pl_status check_adaptive(const pl_config *config, pl_error *reterr)
{
    if (config->n_models > PL_DESIGN_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "design: adaptive takes at most %u models", PL_DESIGN_MODELS_MAX);
    if (config->has_uncertainty)
        return pl__fail(reterr, PL_E_INVALID,
                        "design: adaptive stops before the last item, uncertainty asks about all: give each a file of "
                        "its own (they may share the store)");
    for (uint32_t i = 0; i < config->n_models; i++) {
        if (config->models[i].reach.batch)
            return pl__fail(reterr, PL_E_INVALID,
                            "design: adaptive waits for each round's verdicts, and each round would wait for batches "
                            "three times: leave out limits: {batch: true} of %s",
                            config->models[i].name);
    }
    return PL_OK;
}

/* Settles who asks and who judges: given if every item has a question, generated if none has; a mixture must be spelled
 * out. */
static pl_status settle_review(pl_setup *s, size_t n, size_t with_question, size_t with_image, pl_error *reterr)
{
    const pl_peer_review_config *pr = &s->config->peer_review;

    s->generated =
        pr->questions == PL_QUESTIONS_GENERATED || (pr->questions == PL_QUESTIONS_AUTO && with_question == 0);
    if (pr->questions == PL_QUESTIONS_AUTO && with_question != 0 && with_question != n)
        return pl__fail(
            reterr, PL_E_INVALID,
            "%zu of %zu items have a question of their own: write questions: given (and complete the items) or "
            "questions: generated",
            with_question, n);
    if (!s->generated && with_question != n)
        return pl__fail(reterr, PL_E_INVALID, "questions: given, but %zu of %zu items have no question",
                        n - with_question, n);
    if (s->generated && with_image != n)
        return pl__fail(reterr, PL_E_INVALID,
                        "questions: generated, but %zu of %zu items have no image to ask about: give them questions",
                        n - with_image, n);
    if (!s->generated && pr->judges_given && pr->judges == PL_JUDGES_AUTHOR)
        return pl__fail(reterr, PL_E_INVALID,
                        "judges: author needs generated questions: a given question has no author");
    if (pr->design == PL_DESIGN_ADAPTIVE) {
        pl_status rc = check_adaptive(s->config, reterr);

        if (rc != PL_OK)
            return rc;
    }
    if (!s->any_image && pr->criteria[PL_CRITERION_VISUAL] && !pr->criteria[PL_CRITERION_CORRECTNESS])
        return pl__fail(reterr, PL_E_INVALID, "criteria: visual alone, but no item has an image");
    s->judges_all = !s->generated || pr->judges == PL_JUDGES_ALL;
    return PL_OK;
}

/* Counts what kinds of items there are, and whether the evaluations can do with them. */
static pl_status settle(pl_setup *s, pl_error *reterr)
{
    size_t n = pl__dataset_count(s->dataset);
    size_t with_question = 0;
    size_t with_image = 0;

    for (size_t i = 0; i < n; i++) {
        pl_item item = pl__dataset_item(s->dataset, i);

        with_question += item.question != NULL;
        with_image += item.image_path != NULL;
        if (s->config->has_uncertainty) {
            pl_status rc = pl__uncertainty_check(&item, reterr);

            if (rc != PL_OK)
                return rc;
        }
    }
    s->any_image = with_image > 0;
    s->any_text_only = with_image < n;
    return s->config->has_peer_review ? settle_review(s, n, with_question, with_image, reterr) : PL_OK;
}

static pl_presentation presentation_of(pl_order order)
{
    switch (order) {
    case PL_ORDER_RANDOM:
        return PL_PRESENT_RANDOM;
    case PL_ORDER_FIXED:
        return PL_PRESENT_FIXED;
    case PL_ORDER_BOTH:
        break;
    }
    return PL_PRESENT_BOTH;
}

static pl_status make_review(const pl_setup *s, pl_eval **ret, pl_error *reterr)
{
    pl_peer_review_design design = {.models = s->config->models,
                                    .n_models = s->config->n_models,
                                    .prompts = s->prompts,
                                    .generated = s->generated,
                                    .judges_all = s->judges_all,
                                    .self_review = s->config->peer_review.self_review,
                                    .presentation = presentation_of(s->config->peer_review.order),
                                    .seed = s->config->seed,
                                    .iterations = s->config->peer_review.iterations,
                                    .adaptive = s->config->peer_review.design == PL_DESIGN_ADAPTIVE,
                                    .n_items = s->dataset ? pl__dataset_count(s->dataset)
                                                          : s->config->peer_review.design_items};

    for (size_t c = 0; c < PL_CRITERIA_COUNT; c++)
        design.criteria[c] = s->config->peer_review.criteria[c];
    return pl__peer_review_new(&design, ret, reterr);
}

static pl_status make_eval(pl_setup *s, pl_error *reterr)
{
    const pl_uncertainty_design design = {.models = s->config->models,
                                          .n_models = s->config->n_models,
                                          .prompts = s->prompts,
                                          .samples = s->config->uncertainty.samples,
                                          .top_logprobs = s->config->uncertainty.top_logprobs,
                                          .judged = pl__config_compares(s->config),
                                          .judge = s->config->uncertainty.judge};
    pl_eval *review = NULL;
    pl_eval *uncertainty = NULL;
    pl_status rc = PL_OK;

    if (s->config->has_peer_review)
        rc = make_review(s, &review, reterr);
    if (rc == PL_OK && s->config->has_uncertainty)
        rc = pl__uncertainty_new(&design, &uncertainty, reterr);
    if (rc == PL_OK && review && uncertainty)
        rc = pl__eval_join(review, uncertainty, &s->eval, reterr);
    else if (rc == PL_OK)
        s->eval = review ? review : uncertainty;
    if (rc != PL_OK) {
        pl__eval_free(review);
        pl__eval_free(uncertainty);
    }
    return rc;
}

pl_status pl__setup_new(const pl_config *config, pl_setup **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_setup *s = pl__calloc(1, sizeof(*s));

    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "setup");
    s->config = config;
    if (config->data_items)
        rc = pl__dataset_from_items(config->data_items, &s->dataset, reterr);
    else
        rc = pl__dataset_from_images(config->data_images, &s->dataset, reterr);
    if (rc == PL_OK && pl__dataset_count(s->dataset) == 0)
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "%s has no items",
                      config->data_items ? config->data_items : config->data_images);
    if (rc == PL_OK)
        rc = read_templates(config, &s->prompts, reterr);
    if (rc == PL_OK)
        rc = settle(s, reterr);
    if (rc == PL_OK)
        rc = make_eval(s, reterr);
    if (rc != PL_OK) {
        pl__setup_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}

static pl_status stored_templates(const pl_store_run *run, pl_prompt_set **ret, pl_error *reterr)
{
    const char *templates[PL_PROMPT_KINDS] = {NULL};
    json_t *doc = NULL;
    pl_status rc = pl__json_parse(pl__view(run->prompts), &doc, reterr);

    for (size_t k = 0; k < PL_PROMPT_KINDS && rc == PL_OK; k++)
        rc = pl__json_get_string(doc, pl__prompt_kind_name((pl_prompt_kind)k), &templates[k], reterr);
    if (rc == PL_OK)
        rc = pl__prompt_set_new(templates, ret, reterr);
    json_decref(doc);
    return rc;
}

pl_status pl__setup_from_run(const pl_config *config, const pl_store_run *run, pl_setup **ret, pl_error *reterr)
{
    pl_setup *s = pl__calloc(1, sizeof(*s));
    pl_status rc = PL_OK;

    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "setup");
    s->config = config;
    s->generated = config->peer_review.questions == PL_QUESTIONS_GENERATED;
    s->judges_all = config->peer_review.judges == PL_JUDGES_ALL;
    rc = stored_templates(run, &s->prompts, reterr);
    if (rc == PL_OK)
        rc = make_eval(s, reterr);
    if (rc != PL_OK) {
        pl__error_prefix(reterr, "run %lld", (long long)run->id);
        pl__setup_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}

/* The words of comparisons are kept where there are any: without, a run is what it was before they existed. */
static pl_status prompts_json(const pl_prompt_set *prompts, bool compares, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t k = 0; k < PL_PROMPT_KINDS && rc == PL_OK; k++) {
        if (k != PL_PROMPT_EQUIVALENCE || compares)
            rc = pl__json_set_string(doc, pl__prompt_kind_name((pl_prompt_kind)k),
                                     pl__prompt_set_template(prompts, (pl_prompt_kind)k));
    }
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "prompts");
}

pl_status pl__setup_record(const pl_setup *s, pl_str *config, pl_str *prompts, pl_error *reterr)
{
    pl_config settled = *s->config;
    pl_status rc = PL_OK;

    settled.peer_review.questions = s->generated ? PL_QUESTIONS_GENERATED : PL_QUESTIONS_GIVEN;
    settled.peer_review.judges = s->judges_all ? PL_JUDGES_ALL : PL_JUDGES_AUTHOR;
    settled.peer_review.design_items = settled.peer_review.iterations ? pl__dataset_count(s->dataset) : 0;
    rc = pl__config_canonical(&settled, config, reterr);
    return rc == PL_OK ? prompts_json(s->prompts, pl__config_compares(s->config), prompts, reterr) : rc;
}

void pl__setup_free(pl_setup *s)
{
    if (!s)
        return;
    pl__eval_free(s->eval);
    pl__prompt_set_free(s->prompts);
    pl__dataset_free(s->dataset);
    pl__free(s);
}
