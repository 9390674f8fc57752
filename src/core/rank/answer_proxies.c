/* Accuracy predicted from labelled answers to other items; see <peerless/answers.h>. Every data set of the source
 * predicts by itself, and the mean is the score. */
#include "answer_proxies.h"
#include "alloc.h"
#include "error.h"
#include <peerless/stats.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Items that have what the proxy needs, by rising confidence if that is it. */
typedef struct list {
    pl_answer_source_item *items;
    size_t n;
} list;

/* What there is to learn from for one table, and for atc and doc the table's own confidences. */
struct pl_proxy {
    const pl_answer_source *source;
    uint32_t n_models;
    uint32_t n_sets;
    uint32_t n_items;
    const bool *ranked;          /* n_models, the plan's */
    uint32_t *models;            /* n_models: the source's number, or PL_RESPONSE_NONE */
    uint32_t *absent;            /* [data set * n_models + model]: labelled items without what the proxy needs */
    list *learnt;                /* [data set * n_models + model] */
    pl_answer_source_item *here; /* [model * n_items]: of the table; nothing is right or wrong. NULL: not needed */
    size_t *n_here;              /* n_models */
};

bool pl__too_few(uint32_t absent, uint32_t n)
{
    return n == 0 || absent == n || (double)absent > PL_ANSWER_MISSING_MAX * (double)n;
}

void pl__proxy_free(pl_proxy *x)
{
    if (!x)
        return;
    for (size_t i = 0; x->learnt && i < (size_t)x->n_sets * x->n_models; i++)
        pl__free(x->learnt[i].items);
    pl__free(x->models);
    pl__free(x->absent);
    pl__free(x->learnt);
    pl__free(x->here);
    pl__free(x->n_here);
    pl__free(x);
}

/* ---- what there is to learn from ---- */
static int compare_items(const void *x, const void *y)
{
    const pl_answer_source_item *a = x;
    const pl_answer_source_item *b = y;
    int c = (a->confidence > b->confidence) - (a->confidence < b->confidence);
    return c ? c : (a->image > b->image) - (a->image < b->image);
}

static pl_status learn_one(pl_proxy *x, uint32_t set, uint32_t m, bool sure)
{
    size_t n = 0;
    size_t at = (size_t)set * x->n_models + m;
    list *own = &x->learnt[at];
    const pl_answer_source_item *items = NULL;
    if (x->models[m] != PL_RESPONSE_NONE)
        items = pl_answer_source_items(x->source, set, x->models[m], &n);
    own->items = pl__calloc(n, sizeof(*own->items));
    if (!own->items)
        return PL_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!sure || !isnan(items[i].confidence))
            own->items[own->n++] = items[i];
    }
    if (sure && own->n > 0)
        qsort(own->items, own->n, sizeof(*own->items), compare_items);
    x->absent[at] = pl_answer_source_n_labelled(x->source, set) - (uint32_t)own->n;
    return PL_OK;
}

pl_status pl__proxy_new(const pl_answer_table *table, bool sure, const bool *ranked, pl_proxy **ret)
{
    pl_status rc = PL_E_NOMEM;
    pl_proxy *x = pl__calloc(1, sizeof(*x));
    if (!x)
        return PL_E_NOMEM;
    x->source = pl_answer_table_source(table);
    x->n_models = pl_answer_table_n_models(table);
    x->n_sets = pl_answer_source_n_datasets(x->source);
    x->n_items = pl_answer_table_n_items(table);
    x->ranked = ranked;
    size_t cells = x->n_sets;
    x->models = pl__calloc(x->n_models, sizeof(*x->models));
    x->absent = pl__calloc(cells, x->n_models * sizeof(*x->absent));
    x->learnt = pl__calloc(cells, x->n_models * sizeof(*x->learnt));
    if (!x->models || !x->absent || !x->learnt)
        goto out;
    for (uint32_t m = 0; m < x->n_models; m++) {
        x->models[m] = pl_answer_source_model(x->source, pl_answer_table_set(table)->models[m]);
        for (uint32_t d = 0; d < x->n_sets; d++) {
            if (learn_one(x, d, m, sure) != PL_OK)
                goto out;
        }
    }
    *ret = x;
    x = NULL;
    rc = PL_OK;
out:
    pl__proxy_free(x);
    return rc;
}

pl_status pl__proxy_look_here(pl_proxy *x, const pl_answer_table *table, const double *confidences)
{
    const uint32_t *images = pl_answer_table_images(table);
    x->here = pl__calloc(x->n_models, x->n_items * sizeof(*x->here));
    x->n_here = pl__calloc(x->n_models, sizeof(*x->n_here));
    if (!x->here || !x->n_here)
        return PL_E_NOMEM;
    for (uint32_t m = 0; m < x->n_models; m++) {
        pl_answer_source_item *own = x->here + (size_t)m * x->n_items;
        for (uint32_t i = 0; i < x->n_items; i++) {
            double c = confidences[(size_t)m * x->n_items + i];
            if (!isnan(c))
                own[x->n_here[m]++] = (pl_answer_source_item){.confidence = c, .image = images[i]};
        }
        if (x->n_here[m] > 0)
            qsort(own, x->n_here[m], sizeof(*own), compare_items);
    }
    return PL_OK;
}

uint32_t pl__proxy_absent(const pl_proxy *x, uint32_t set, uint32_t m)
{
    return x->absent[(size_t)set * x->n_models + m];
}

uint32_t pl__proxy_least_images(const pl_proxy *x, uint32_t n_images)
{
    const uint32_t *first = pl_answer_source_images(x->source);
    uint32_t least = n_images;
    for (uint32_t d = 0; d < x->n_sets; d++)
        least = first[d + 1] - first[d] < least ? first[d + 1] - first[d] : least;
    return least;
}

pl_status pl__proxy_explain(const pl_proxy *x, uint32_t m, const char *name, pl_ranking *r, bool *ret_done)
{
    pl_status rc = PL_OK;
    *ret_done = true;
    if (x->models[m] == PL_RESPONSE_NONE)
        return pl__ranking_warn(r, "%s is not ranked: the source has no answer of it", name);
    *ret_done = false;
    for (uint32_t d = 0; d < x->n_sets && rc == PL_OK; d++) {
        uint32_t n = pl_answer_source_n_labelled(x->source, d);
        if (!pl__too_few(pl__proxy_absent(x, d, m), n))
            continue;
        *ret_done = true;
        rc = pl__ranking_warn(r,
                              "%s is not ranked: there is nothing to learn from at %u of %u labelled items of the "
                              "source \"%.100s\"",
                              name, pl__proxy_absent(x, d, m), n, pl_answer_source_dataset(x->source, d));
    }
    return rc;
}

/* ---- what they predict ---- */
static double count_of(const uint32_t *copies, const pl_answer_source_item *item)
{
    return copies ? copies[item->image] : 1.0;
}

/* NaN where nothing was drawn. ret_confidence: its mean; NULL: not wanted. */
static double accuracy_of(const pl_answer_source_item *items, size_t n, const uint32_t *copies, double *ret_confidence)
{
    double all = 0.0;
    double right = 0.0;
    double confidence = 0.0;
    for (size_t i = 0; i < n; i++) {
        double c = count_of(copies, &items[i]);
        all += c;
        right += items[i].right ? c : 0.0;
        confidence += ret_confidence ? c * items[i].confidence : 0.0;
    }
    if (ret_confidence)
        *ret_confidence = confidence / all; /* 0 / 0 is NaN, here and below */
    return right / all;
}

static const pl_answer_source_item *learnt(const pl_proxy *x, uint32_t set, uint32_t m, size_t *ret_n)
{
    const list *own = &x->learnt[(size_t)set * x->n_models + m];
    *ret_n = own->n;
    return own->items;
}

pl_status pl__proxy_aol(const pl_proxy *x, const pl_proxy_draw *draw, double *scores)
{
    for (uint32_t m = 0; m < x->n_models; m++) {
        double sum = 0.0;
        for (uint32_t d = 0; d < x->n_sets && x->ranked[m]; d++) {
            size_t n = 0;
            const pl_answer_source_item *items = learnt(x, d, m, &n);
            sum += accuracy_of(items, n, draw->learnt, NULL);
        }
        scores[m] = x->ranked[m] ? sum / x->n_sets : (double)NAN;
    }
    return PL_OK;
}

pl_status pl__proxy_aol_rank(const pl_proxy *x, const pl_proxy_draw *draw, double *scores)
{
    double *accuracies = pl__calloc(x->n_models, sizeof(*accuracies));
    double *ranks = pl__calloc(x->n_models, sizeof(*ranks));
    pl_status rc = accuracies && ranks ? PL_OK : PL_E_NOMEM;
    for (uint32_t m = 0; m < x->n_models; m++)
        scores[m] = x->ranked[m] ? 0.0 : (double)NAN;
    for (uint32_t d = 0; d < x->n_sets && rc == PL_OK; d++) {
        for (uint32_t m = 0; m < x->n_models; m++) {
            size_t n = 0;
            const pl_answer_source_item *items = learnt(x, d, m, &n);
            accuracies[m] = x->ranked[m] ? accuracy_of(items, n, draw->learnt, NULL) : (double)NAN;
        }
        rc = pl_stats_ranks_descending(accuracies, x->n_models, ranks, NULL);
        for (uint32_t m = 0; m < x->n_models && rc == PL_OK; m++)
            scores[m] -= isnan(accuracies[m]) ? (double)NAN : ranks[m] / x->n_sets;
    }
    pl__free(accuracies);
    pl__free(ranks);
    return rc;
}

/* The confidence below which there are as many items as are wrong, and which share of those that have it counts as
 * wrong to get there. NaN where nothing was drawn. */
static double threshold_of(const pl_answer_source_item *items, size_t n, const uint32_t *copies, double *ret_share)
{
    double all = 0.0;
    double wrong = 0.0;
    double below = 0.0;
    for (size_t i = 0; i < n; i++) {
        all += count_of(copies, &items[i]);
        wrong += items[i].right ? 0.0 : count_of(copies, &items[i]);
    }
    *ret_share = 0.0;
    if (!(all > 0.0))
        return (double)NAN;
    if (!(wrong > 0.0))
        return -HUGE_VAL;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        double equal = 0.0;
        while (end < n && !(items[end].confidence > items[i].confidence))
            equal += count_of(copies, &items[end++]);
        if (below + equal >= wrong) {
            *ret_share = (wrong - below) / equal;
            return items[i].confidence;
        }
        below += equal;
        i = end;
    }
    return HUGE_VAL; /* unreachable: wrong <= all, in whole numbers */
}

static double share_above(const pl_answer_source_item *items, size_t n, const uint32_t *copies, double threshold,
                          double share_wrong)
{
    double all = 0.0;
    double above = 0.0;
    for (size_t i = 0; i < n; i++) {
        double c = count_of(copies, &items[i]);
        all += c;
        if (items[i].confidence > threshold)
            above += c;
        else if (!(items[i].confidence < threshold))
            above += c * (1.0 - share_wrong);
    }
    return isnan(threshold) ? (double)NAN : above / all;
}

pl_status pl__proxy_atc(const pl_proxy *x, const pl_proxy_draw *draw, double *scores)
{
    for (uint32_t m = 0; m < x->n_models; m++) {
        double sum = 0.0;
        for (uint32_t d = 0; d < x->n_sets && x->ranked[m]; d++) {
            size_t n = 0;
            double share = 0.0;
            const pl_answer_source_item *items = learnt(x, d, m, &n);
            double threshold = threshold_of(items, n, draw->learnt, &share);
            sum += share_above(x->here + (size_t)m * x->n_items, x->n_here[m], draw->here, threshold, share);
        }
        scores[m] = x->ranked[m] ? sum / x->n_sets : (double)NAN;
    }
    return PL_OK;
}

pl_status pl__proxy_doc(const pl_proxy *x, const pl_proxy_draw *draw, double *scores)
{
    for (uint32_t m = 0; m < x->n_models; m++) {
        double sum = 0.0;
        double here = (double)NAN;
        if (x->ranked[m])
            (void)accuracy_of(x->here + (size_t)m * x->n_items, x->n_here[m], draw->here, &here);
        for (uint32_t d = 0; d < x->n_sets && x->ranked[m]; d++) {
            size_t n = 0;
            double there = 0.0;
            const pl_answer_source_item *items = learnt(x, d, m, &n);
            double accuracy = accuracy_of(items, n, draw->learnt, &there);
            sum += accuracy - (there - here);
        }
        scores[m] = x->ranked[m] ? sum / x->n_sets : (double)NAN;
    }
    return PL_OK;
}
