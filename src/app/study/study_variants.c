/* Studies that count the same judgments in several ways. */
#include "alloc.h"
#include "error.h"
#include "str.h"
#include "study_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT(x) (sizeof(x) / sizeof((x)[0]))
#define DEFAULT_PAIR ((const char *const[]){"upme", "peer-review"})
#define CLIP "clip"
#define STEP_TEXT_BYTES 40

static void heads(pl_study *s, const char *const *names, size_t n)
{
    s->n_labels = n;
    for (size_t i = 0; i < n; i++)
        s->label_heads[i] = names[i];
}

/* ---- sample size ---- */

static pl_status default_sizes(const pl_study_work *w, uint64_t *ret, size_t *ret_n, pl_error *reterr)
{
    static const uint64_t sizes[] = {5, 10, 15, 20, 25, 50, 75, 100};
    const uint64_t *wanted = w->request->n_sizes > 0 ? w->request->sizes : sizes;
    size_t n = w->request->n_sizes > 0 ? w->request->n_sizes : COUNT(sizes);

    *ret_n = 0;
    for (size_t i = 0; i < n; i++) {
        bool fits = wanted[i] >= 1 && wanted[i] <= w->set->n_images;

        if (!fits && w->request->n_sizes > 0)
            return pl__fail(reterr, PL_E_INVALID, "%llu images of %u cannot be drawn", (unsigned long long)wanted[i],
                            w->set->n_images);
        if (fits)
            ret[(*ret_n)++] = wanted[i];
    }
    if (w->request->n_sizes == 0 && (*ret_n == 0 || ret[*ret_n - 1] < w->set->n_images))
        ret[(*ret_n)++] = w->set->n_images;
    return PL_OK;
}

pl_status pl__study_sample_size(pl_study_work *w, pl_error *reterr)
{
    uint64_t sizes[PL_STUDY_SIZES_MAX + 1];
    size_t n_sizes = 0;
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, DEFAULT_PAIR, 2, &n_methods);
    pl_variants v = {0};
    pl_status rc = default_sizes(w, sizes, &n_sizes, reterr);

    heads(w->study, (const char *const[]){"method", "images"}, 2);
    w->study->images = 0;
    for (size_t k = 0; k < n_methods * n_sizes && rc == PL_OK; k++) {
        uint64_t size = sizes[k % n_sizes];
        pl_variant x = {.method = methods[k / n_sizes], .images = (uint32_t)size};

        x.labels[0] = x.method;
        x.labels[1] = pl__study_text(w->study, "%llu", (unsigned long long)size);
        rc = x.labels[1] ? pl__variants_add(&v, &x, reterr) : pl__fail(reterr, PL_E_NOMEM, "study");
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK && n_sizes > 0 && sizes[n_sizes - 1] * 2 > w->set->n_images)
        rc = pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                           "draws of more than half of the %u images overlap: fresh images would differ more",
                           w->set->n_images);
    pl__free(v.list);
    return rc;
}

/* ---- criteria ---- */

/* The criteria that a name such as "correctness+visual" or "all" stands for, as a bit set. */
static pl_status parse_criteria(const pl_judgment_set *set, const char *text, uint32_t *ret, pl_error *reterr)
{
    uint32_t bits = 0;

    if (strcmp(text, "all") == 0) {
        *ret = (1u << set->n_criteria) - 1u;
        return PL_OK;
    }
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "+");
        uint32_t found = UINT32_MAX;

        for (uint32_t c = 0; c < set->n_criteria; c++) {
            if (strlen(set->criteria[c]) == n && memcmp(set->criteria[c], at, n) == 0)
                found = c;
        }
        if (found == UINT32_MAX && n == strlen(CLIP) && memcmp(at, CLIP, n) == 0)
            return pl__fail(reterr, PL_E_UNSUPPORTED,
                            "criteria with " CLIP " need an encoder of images and text, which does not exist yet");
        if (found == UINT32_MAX)
            return pl__fail(reterr, PL_E_NOT_FOUND, "no judgment has the criterion \"%.*s\"", (int)n, at);
        bits |= 1u << found;
        at += n + (at[n] == '+');
    }
    *ret = bits;
    return PL_OK;
}

static pl_status list_criteria(const pl_study_work *w, uint32_t *ret, size_t *ret_n, pl_error *reterr)
{
    uint32_t all = (1u << w->set->n_criteria) - 1u;

    *ret_n = 0;
    for (size_t i = 0; i < w->request->n_criteria; i++) {
        pl_status rc = PL_OK;

        if (*ret_n >= (1u << PL_STUDY_CRITERIA_MAX))
            return pl__fail(reterr, PL_E_LIMIT, "too many sets of criteria");
        rc = parse_criteria(w->set, w->request->criteria[i], &ret[*ret_n], reterr);
        if (rc != PL_OK)
            return rc;
        (*ret_n)++;
    }
    /* single criteria first, all of them last */
    for (uint32_t size = 1; *ret_n < all && w->request->n_criteria == 0 && size <= w->set->n_criteria; size++) {
        for (uint32_t bits = 1; bits <= all; bits++) {
            uint32_t ones = 0;

            for (uint32_t c = 0; c < w->set->n_criteria; c++)
                ones += (bits >> c) & 1u;
            if (ones == size)
                ret[(*ret_n)++] = bits;
        }
    }
    return PL_OK;
}

/* gamma of the criteria in the set alone; pl_peer_table_build() rescales it to 1. NULL: memory. */
static double *masked_gamma(pl_study_work *w, uint32_t bits, pl_error *reterr, pl_status *ret_rc)
{
    const double *given = w->request->criterion_weights;
    double *gamma = pl__arena_calloc(&w->study->arena, w->set->n_criteria, sizeof(*gamma));
    double sum = 0.0;

    *ret_rc = gamma ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "study");
    for (uint32_t c = 0; gamma && c < w->set->n_criteria; c++) {
        if ((bits >> c) & 1u)
            gamma[c] = given ? given[c] : 1.0;
        sum += gamma[c];
    }
    for (uint32_t c = 0; gamma && c < w->set->n_criteria && !(sum > 0.0); c++)
        gamma[c] = (bits >> c) & 1u ? 1.0 : 0.0; /* a criterion that counts for nothing otherwise, alone */
    return gamma;
}

pl_status pl__study_ablation(pl_study_work *w, pl_error *reterr)
{
    static const char *const own[] = {"peer-review", "upme"};
    uint32_t sets[(1u << PL_STUDY_CRITERIA_MAX) + 1] = {0};
    uint32_t n_criteria = w->set->n_criteria;
    size_t n_sets = 0;
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, own, COUNT(own), &n_methods);
    pl_study *s = w->study;
    pl_variants v = {0};
    pl_status rc = PL_OK;

    if (n_criteria + 1 > PL_STUDY_LABELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "an ablation of %u criteria; at most %d", n_criteria,
                        PL_STUDY_LABELS_MAX - 1);
    rc = list_criteria(w, sets, &n_sets, reterr);
    s->n_labels = n_criteria + 1u;
    s->label_heads[0] = "method";
    for (uint32_t c = 0; c < n_criteria && rc == PL_OK; c++) {
        s->label_heads[c + 1] = pl__study_text(s, "%s", w->set->criteria[c]);
        rc = s->label_heads[c + 1] ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "study");
    }
    for (size_t k = 0; k < n_methods * n_sets && rc == PL_OK; k++) {
        uint32_t bits = sets[k % n_sets];
        pl_variant x = {.method = methods[k / n_sets], .images = s->images};

        x.labels[0] = x.method;
        for (uint32_t c = 0; c < n_criteria; c++)
            x.labels[c + 1] = (bits >> c) & 1u ? "yes" : "";
        x.gamma = masked_gamma(w, bits, reterr, &rc);
        if (rc == PL_OK)
            rc = pl__variants_add(&v, &x, reterr);
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK)
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "rows with " CLIP
                           " (image-text correlation) need an encoder, which does not exist yet; they are left out");
    pl__free(v.list);
    return rc;
}

/* ---- weights ---- */

/* Equally spaced weights by the truth's order, of the candidates in it: 1 for the best down to 0, or the other way
 * round; equal truths share their mean. Judges without a truth weigh 1/2. */
static double *weights_by_truth(pl_study_work *w, bool reverse, pl_error *reterr, pl_status *ret_rc)
{
    uint32_t n = w->set->n_models;
    const double *truth = w->reference;
    double *weights = pl__arena_calloc(&w->study->arena, n, sizeof(*weights));
    uint32_t known = 0;

    *ret_rc = weights ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "study");
    for (uint32_t i = 0; i < n; i++)
        known += isnan(truth[i]) ? 0u : 1u;
    for (uint32_t i = 0; weights && i < n; i++) {
        double below = 0.0;

        for (uint32_t k = 0; k < n; k++)
            below += truth[k] < truth[i] ? 1.0 : truth[k] > truth[i] || isnan(truth[k]) || k == i ? 0.0 : 0.5;
        weights[i] = isnan(truth[i]) || known < 2 ? 0.5 : below / (double)(known - 1u);
        weights[i] = reverse ? 1.0 - weights[i] : weights[i];
    }
    return weights;
}

pl_status pl__study_weights(pl_study_work *w, pl_error *reterr)
{
    pl_study *s = w->study;
    pl_variants v = {0};
    pl_variant rows[] = {
        {.labels = {"reverse", "by the truth"}, .method = "weights:reverse", .images = s->images},
        {.labels = {"uniform", "peer-review"}, .method = "peer-review", .images = s->images},
        {.labels = {"consistent", "by the truth"}, .method = "weights:consistent", .images = s->images},
        {.labels = {"learnt", "upme"}, .method = "upme", .images = s->images}};
    pl_status rc = PL_OK;

    heads(s, (const char *const[]){"weights", "from"}, 2);
    if (w->request->n_methods > 0)
        return pl__fail(reterr, PL_E_INVALID, "the study of weights has its own methods");
    for (size_t i = 0; i < COUNT(rows) && rc == PL_OK; i++) {
        bool by_truth = strncmp(rows[i].method, "weights:", 8) == 0;

        if (by_truth && !w->request->truth)
            continue;
        if (by_truth)
            rows[i].judge_weights = weights_by_truth(w, i == 0, reterr, &rc);
        if (rc == PL_OK)
            rc = pl__variants_add(&v, &rows[i], reterr);
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK)
        rc = w->request->truth ? pl__notes_add(&s->notes, &s->arena, reterr,
                                               "consistent and reverse weights are made from the truth: they show "
                                               "what weights can do, and are no ranking that could be used")
                               : pl__notes_add(&s->notes, &s->arena, reterr,
                                               "consistent and reverse weights are made from a truth: give --truth");
    pl__free(v.list);
    return rc;
}

/* ---- gamma ---- */

static const char *share_text(pl_study *s, double share)
{
    return pl__study_text(s, "%u.%03u", (unsigned)(share + 0.0005), (unsigned)(share * 1000.0 + 0.5) % 1000u);
}

static pl_status add_gamma(pl_study_work *w, pl_variants *v, const char *method, const double *shares, pl_error *reterr)
{
    uint32_t n = w->set->n_criteria;
    pl_variant x = {.method = method, .images = w->study->images, .labels = {method}};
    double *gamma = pl__arena_calloc(&w->study->arena, n, sizeof(*gamma));

    if (!gamma)
        return pl__fail(reterr, PL_E_NOMEM, "study");
    for (uint32_t c = 0; c < n; c++) {
        gamma[c] = shares[c];
        x.labels[c + 1] = share_text(w->study, shares[c]);
        if (!x.labels[c + 1])
            return pl__fail(reterr, PL_E_NOMEM, "study");
    }
    x.gamma = gamma;
    return pl__variants_add(v, &x, reterr);
}

/* Every way to divide `steps` among the criteria, in falling order of the first one's part. */
static pl_status add_grid(pl_study_work *w, pl_variants *v, const char *method, uint32_t steps, pl_error *reterr)
{
    uint32_t n = w->set->n_criteria;
    uint32_t part[PL_STUDY_CRITERIA_MAX] = {steps};
    pl_status rc = PL_OK;

    while (rc == PL_OK) {
        double shares[PL_STUDY_CRITERIA_MAX];
        uint32_t from = n - 1;
        uint32_t rest = 0;

        for (uint32_t c = 0; c < n; c++)
            shares[c] = (double)part[c] / (double)steps;
        rc = add_gamma(w, v, method, shares, reterr);
        /* the last part before the end that is not 0 gives one to its neighbour, which takes what stands at the end */
        do {
            from--;
        } while (from > 0 && part[from] == 0);
        if (part[from] == 0)
            return rc;
        rest = part[n - 1];
        part[n - 1] = 0;
        part[from]--;
        part[from + 1] = rest + 1;
    }
    return rc;
}

pl_status pl__study_gamma(pl_study_work *w, pl_error *reterr)
{
    static const char *const own[] = {"upme"};
    uint32_t n = w->set->n_criteria;
    double steps = round(1.0 / w->request->gamma_step);
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, own, COUNT(own), &n_methods);
    pl_study *s = w->study;
    pl_variants v = {0};
    pl_status rc = PL_OK;

    if (n < 2)
        return pl__fail(reterr, PL_E_INVALID, "the judgments have one criterion: there is nothing to weigh");
    if (n + 1 > PL_STUDY_LABELS_MAX || steps > PL_STUDY_ROWS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a grid over %u criteria of more than %u rows", n,
                        (unsigned)PL_STUDY_ROWS_MAX);
    s->n_labels = n + 1u;
    s->label_heads[0] = "method";
    for (uint32_t c = 0; c < n && rc == PL_OK; c++) {
        s->label_heads[c + 1] = pl__study_text(s, "%s", w->set->criteria[c]);
        rc = s->label_heads[c + 1] ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "study");
    }
    for (size_t k = 0; k < n_methods && rc == PL_OK; k++)
        rc = add_grid(w, &v, methods[k], (uint32_t)steps, reterr);
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK)
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "there is no encoder yet: the share of " CLIP " is 0 throughout, the others add up to 1");
    pl__free(v.list);
    return rc;
}

/* ---- seeds, order, single judges ---- */

pl_status pl__study_seeds(pl_study_work *w, pl_error *reterr)
{
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, DEFAULT_PAIR, 2, &n_methods);
    pl_variants v = {0};
    pl_status rc = PL_OK;

    heads(w->study, (const char *const[]){"method", "seed"}, 2);
    for (size_t k = 0; k < n_methods && rc == PL_OK; k++) {
        for (uint32_t i = 0; i <= w->request->n_seeds && rc == PL_OK; i++) {
            bool all = i == w->request->n_seeds;
            pl_variant x = {.method = methods[k], .images = w->study->images, .one_seed = !all, .seed = i};

            x.labels[0] = x.method;
            x.labels[1] = all ? "all" : pl__study_text(w->study, "%llu", (unsigned long long)w->study->first_seed + i);
            rc = x.labels[1] ? pl__variants_add(&v, &x, reterr) : pl__fail(reterr, PL_E_NOMEM, "study");
        }
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    pl__free(v.list);
    return rc;
}

pl_status pl__study_order_of_answers(pl_study_work *w, pl_error *reterr)
{
    static const struct {
        const char *label;
        pl_study_order order;
    } orders[] = {{"both", PL_STUDY_ORDER_AS_IT_IS},
                  {"random", PL_STUDY_ORDER_RANDOM},
                  {"fixed", PL_STUDY_ORDER_FIXED},
                  {"reversed", PL_STUDY_ORDER_REVERSED}};
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, DEFAULT_PAIR, 2, &n_methods);
    pl_variants v = {0};
    bool both = false;
    pl_status rc = pl__has_both_orders(w->set, &both, reterr);

    if (rc == PL_OK && !both)
        return pl__fail(reterr, PL_E_INVALID, "no pair of answers was judged in both orders by one judge");
    heads(w->study, (const char *const[]){"method", "order"}, 2);
    for (size_t k = 0; k < n_methods * COUNT(orders) && rc == PL_OK; k++) {
        pl_variant x = {
            .method = methods[k / COUNT(orders)], .images = w->study->images, .order = orders[k % COUNT(orders)].order};

        x.labels[0] = x.method;
        x.labels[1] = orders[k % COUNT(orders)].label;
        rc = pl__variants_add(&v, &x, reterr);
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK)
        rc = pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                           "fixed: of each pair %s shown first; reversed: the other one; both orders cost twice as "
                           "many judgments",
                           "the model that stands first in the list of models is");
    pl__free(v.list);
    return rc;
}

static pl_status add_judges(pl_study_work *w, pl_variants *v, pl_error *reterr)
{
    const pl_judgment_set *set = w->set;
    pl_status rc = PL_OK;
    bool *judges = pl__calloc(set->n_models, sizeof(*judges));

    if (!judges)
        return pl__fail(reterr, PL_E_NOMEM, "study");
    for (size_t i = 0; i < set->n_rows; i++)
        judges[set->rows[i].judge] = true;
    for (uint32_t r = 0; r < set->n_models && rc == PL_OK; r++) {
        pl_variant x = {.images = w->study->images, .labels = {"single judge"}};

        if (!judges[r] || (w->request->exclude_judges && w->request->exclude_judges[r]))
            continue;
        x.labels[1] = pl__study_text(w->study, "%s", set->models[r]);
        x.method = pl__study_text(w->study, "single:%s", set->models[r]);
        rc = x.labels[1] && x.method ? pl__variants_add(v, &x, reterr) : pl__fail(reterr, PL_E_NOMEM, "study");
    }
    pl__free(judges);
    return rc;
}

pl_status pl__study_single_judges(pl_study_work *w, pl_error *reterr)
{
    static const char *const own[] = {"peer-review", "majority-vote", "rating-vote", "prd", "upme"};
    size_t n_methods = 0;
    const char *const *methods = pl__study_methods(w->request, own, COUNT(own), &n_methods);
    pl_variants v = {0};
    pl_status rc = add_judges(w, &v, reterr);

    heads(w->study, (const char *const[]){"judged by", "method"}, 2);
    for (size_t k = 0; k < n_methods && rc == PL_OK; k++) {
        pl_variant x = {.method = methods[k], .images = w->study->images, .labels = {"all judges", methods[k]}};

        rc = pl__variants_add(&v, &x, reterr);
    }
    if (rc == PL_OK)
        rc = pl__study_measure(w, &v, reterr);
    if (rc == PL_OK)
        rc = pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                           "a judge without a score of its own stands outside its own comparison: one model fewer");
    if (rc == PL_OK && w->criterion != UINT32_MAX && w->set->n_criteria > 1)
        rc =
            pl__notes_add(&w->study->notes, &w->study->arena, reterr,
                          "single judges, votes and prd know no weights of criteria: they count %s alone (--criterion)",
                          w->set->criteria[w->criterion]);
    pl__free(v.list);
    return rc;
}
