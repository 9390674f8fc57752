#include "study.h"

#include "alloc.h"
#include "error.h"
#include "name_order.h"
#include "study_parts.h"

#include <math.h>
#include <string.h>

#define STARTS_DEFAULT 64u
#define GAMMA_STEP_DEFAULT 0.1
#define TARGET_DEFAULT 0.95
#define CONFIDENCE_DEFAULT 0.95
#define METHOD_DEFAULT "upme"

/* One row per study: name, description, function. */
#define STUDIES(ROW)                                                                                                   \
    ROW("sample-size", "agreement with more and more images", pl__study_sample_size)                                   \
    ROW("ablation", "each set of criteria, with and without learnt weights", pl__study_ablation)                       \
    ROW("weights", "learnt, uniform and, with --truth, consistent and reverse judge weights", pl__study_weights)       \
    ROW("gamma", "shares of the criteria in a score, over a grid", pl__study_gamma)                                    \
    ROW("convergence", "loss and agreement by epoch from random initial weights", pl__study_convergence)               \
    ROW("seeds", "each seed's draw of images by itself", pl__study_seeds)                                              \
    ROW("order", "answers shown in both orders, one of the two, or a drawn one", pl__study_order_of_answers)           \
    ROW("single-judges", "each judge alone, beside the ways to put judges together", pl__study_single_judges)          \
    ROW("adaptive", "judgments needed for the full design's ranking: adaptive against random choice",                  \
        pl__study_adaptive)

#define KIND(name, what, run) {name, what},
static const pl_study_kind kinds[] = {STUDIES(KIND)};
#undef KIND
#define FUNCTION(name, what, run) run,
static pl_study_fn *const functions[] = {STUDIES(FUNCTION)};
#undef FUNCTION
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const pl_study_kind *pl__study_kinds(size_t *ret_n)
{
    *ret_n = N_KINDS;
    return kinds;
}

static size_t find_kind(const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return i;
    }
    return N_KINDS;
}

static pl_status no_such_study(const char *name, pl_error *reterr)
{
    char list[200] = "";
    size_t used = 0;

    if (strcmp(name, "encoder") == 0 || strcmp(name, "batch") == 0)
        return pl__fail(reterr, PL_E_UNSUPPORTED, "study %s does not exist yet in this version", name);
    for (size_t i = 0; i < N_KINDS; i++) {
        size_t length = strlen(kinds[i].name);

        if (used + length + 3 > sizeof(list))
            break;
        memcpy(list + used, i > 0 ? ", " : "", i > 0 ? 2 : 0);
        used += i > 0 ? 2 : 0;
        memcpy(list + used, kinds[i].name, length);
        used += length;
    }
    list[used] = '\0';
    return pl__fail(reterr, PL_E_NOT_FOUND, "no study \"%s\"; there are: %s", name, list);
}

static pl_status settle(pl_study_request *r, const pl_judgment_set *set, bool adaptive, pl_error *reterr)
{
    if (r->n_seeds == 0)
        r->n_seeds = adaptive ? PL_SEEDS_ADAPTIVE : PL_STUDY_SEEDS_DEFAULT;
    if (r->starts == 0)
        r->starts = STARTS_DEFAULT;
    if (r->images == 0)
        r->images = PL_STUDY_IMAGES_DEFAULT;
    if (r->images > set->n_images)
        r->images = set->n_images;
    r->gamma_step = r->gamma_step > 0.0 ? r->gamma_step : GAMMA_STEP_DEFAULT;
    r->target = r->target > 0.0 ? r->target : TARGET_DEFAULT;
    r->confidence = r->confidence > 0.0 ? r->confidence : CONFIDENCE_DEFAULT;
    if (r->n_seeds > PL_STUDY_SEEDS_MAX || r->starts > PL_STUDY_STARTS_MAX)
        return pl__fail(reterr, PL_E_INVALID, "at most %u seeds and %u starts", PL_STUDY_SEEDS_MAX,
                        PL_STUDY_STARTS_MAX);
    if (r->n_methods > PL_STUDY_METHODS_MAX || r->n_sizes > PL_STUDY_SIZES_MAX)
        return pl__fail(reterr, PL_E_INVALID, "at most %u methods and %u sizes at once", PL_STUDY_METHODS_MAX,
                        PL_STUDY_SIZES_MAX);
    if (!(r->gamma_step <= 1.0 && r->target <= 1.0 && r->confidence < 1.0))
        return pl__fail(reterr, PL_E_INVALID, "a step and a target are at most 1, a confidence is below 1");
    if (set->n_models > PL_STUDY_MODELS_MAX || set->n_criteria > PL_STUDY_CRITERIA_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%u models and %u criteria; a study takes at most %u and %u", set->n_models,
                        set->n_criteria, PL_STUDY_MODELS_MAX, PL_STUDY_CRITERIA_MAX);
    if (set->n_rows == 0)
        return pl__fail(reterr, PL_E_INVALID, "there are no judgments to study");
    return PL_OK;
}

static pl_status find_criterion(pl_study_work *w, pl_error *reterr)
{
    const char *wanted = w->request->criterion ? w->request->criterion : "correctness";

    w->criterion = UINT32_MAX;
    for (uint32_t c = 0; c < w->set->n_criteria; c++) {
        if (strcmp(w->set->criteria[c], wanted) == 0)
            w->criterion = c;
    }
    if (w->criterion == UINT32_MAX && w->request->criterion && strcmp(wanted, "all") != 0)
        return pl__fail(reterr, PL_E_NOT_FOUND, "no judgment has the criterion \"%s\"", wanted);
    return PL_OK;
}

/* The truth by model; without one the scores of the first method on everything, with notes for whom it leaves out. */
static pl_status set_reference(pl_study_work *w, bool adaptive, pl_error *reterr)
{
    const pl_truth *truth = w->request->truth;
    const char *method = w->request->n_methods > 0 ? w->request->methods[0] : METHOD_DEFAULT;
    pl_status rc = PL_OK;

    if (adaptive)
        return PL_OK; /* it has its own */
    if (!truth) {
        pl_variant all = {.method = method};

        w->study->reference = pl__study_text(w->study, "%s on all %u images", method, w->set->n_images);
        return w->study->reference ? pl__variant_scores(w, &all, w->request->rank.seed, w->reference, reterr)
                                   : pl__fail(reterr, PL_E_NOMEM, "study");
    }
    w->study->reference = "the truth";
    for (uint32_t m = 0; m < w->set->n_models && rc == PL_OK; m++) {
        w->reference[m] = (double)NAN;
        for (size_t i = 0; i < truth->n; i++) {
            if (strcmp(truth->models[i], w->set->models[m]) == 0)
                w->reference[m] = truth->scores[i];
        }
        if (isnan(w->reference[m]))
            rc = pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                               "the truth has no %s, which is left out of the agreement", w->set->models[m]);
    }
    return rc;
}

static pl_status make(pl_study_work *w, size_t kind, pl_error *reterr)
{
    pl_study *s = w->study;
    bool adaptive = functions[kind] == pl__study_adaptive;
    pl_status rc = PL_OK;

    s->name = kinds[kind].name;
    s->title = kinds[kind].what;
    s->first_seed = w->request->rank.seed;
    s->n_seeds = w->request->n_seeds;
    s->n_images = w->set->n_images;
    s->images = w->request->images;
    s->n_metrics = PL_AGREEMENT_METRICS;
    memcpy(s->metrics, pl__agreement_metrics, sizeof(pl__agreement_metrics));
    w->reference = pl__calloc(w->set->n_models, sizeof(*w->reference));
    if (!w->reference || pl__name_order(w->set->images, w->set->n_images, &w->by_name) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "study");
    rc = find_criterion(w, reterr);
    if (rc == PL_OK)
        rc = set_reference(w, adaptive, reterr);
    if (rc == PL_OK)
        rc = functions[kind](w, reterr);
    if (rc == PL_OK)
        pl__study_sum_up(s);
    return rc;
}

pl_status pl__study_new(const char *kind, const pl_judgment_set *set, const pl_study_request *request, pl_study **ret,
                        pl_error *reterr)
{
    size_t which = find_kind(kind);
    pl_study_request filled = *request;
    pl_study_work w = {.set = set, .request = &filled};
    pl_status rc = PL_OK;

    if (which == N_KINDS)
        return no_such_study(kind, reterr);
    rc = pl_judgment_set_check(set, reterr);
    if (rc == PL_OK)
        rc = settle(&filled, set, functions[which] == pl__study_adaptive, reterr);
    if (rc != PL_OK)
        return rc;
    w.study = pl__calloc(1, sizeof(*w.study));
    if (!w.study)
        return pl__fail(reterr, PL_E_NOMEM, "study");
    pl__arena_init(&w.study->arena);
    rc = make(&w, which, reterr);
    pl__free(w.reference);
    pl__free(w.by_name);
    if (rc != PL_OK) {
        pl__study_free(w.study);
        return rc;
    }
    *ret = w.study;
    return PL_OK;
}

void pl__study_free(pl_study *study)
{
    if (!study)
        return;
    pl__free(study->rows);
    pl__arena_clear(&study->arena);
    pl__free(study);
}
