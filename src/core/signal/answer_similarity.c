/* How alike two texts are.
 *
 * BLEU-4 (Papineni et al. 2002) of single sentences, 1 added to the matches and totals of 2- to 4-grams (Lin and Och
 * 2004), words between ASCII white space, case kept. ROUGE-L (Lin 2004): F1 of the longest common subsequence of the
 * runs of ASCII letters and digits, in lower case. */
#include "alloc.h"
#include "answer_table.h"
#include "hash.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS 4u

typedef struct words {
    uint64_t *ids; /* hashes of the words */
    uint32_t n;
} words;

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return "abcdefghijklmnopqrstuvwxyz"[c - 'A'];
    return c;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (folded(c) >= 'a' && folded(c) <= 'z');
}

/* Steps over one word and returns its hash; false at the end. FNV-1a, then mixed: only equality matters. */
static bool next_word(const char **at, bool fold, uint64_t *ret)
{
    const char *c = *at;
    uint64_t hash = 0xcbf29ce484222325u;
    while (*c && (fold ? !is_alnum(*c) : is_blank(*c)))
        c++;
    if (!*c)
        return false;
    while (*c && (fold ? is_alnum(*c) : !is_blank(*c))) {
        hash = (hash ^ (unsigned char)(fold ? folded(*c) : *c)) * 0x100000001b3u;
        c++;
    }
    *at = c;
    *ret = hash ^ hash >> 29;
    return true;
}

static pl_status split(const char *text, bool fold, words *ret)
{
    uint64_t id = 0;
    const char *at = text;
    while (ret->n < PL_SIMILARITY_WORDS_MAX && next_word(&at, fold, &id))
        ret->n++;
    ret->ids = pl__calloc(ret->n, sizeof(*ret->ids));
    if (!ret->ids)
        return PL_E_NOMEM;
    at = text;
    for (uint32_t i = 0; i < ret->n && next_word(&at, fold, &id); i++)
        ret->ids[i] = id;
    return PL_OK;
}

double pl__similarity_exact(const char *sample, const char *answer)
{
    return pl__view_eq(pl__view_trim(pl__view(sample)), pl__view_trim(pl__view(answer))) ? 1.0 : 0.0;
}

static int compare_ids(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x;
    uint64_t b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

/* Sorted hashes of all runs of `order` words; returns how many there are. */
static uint32_t grams(const words *w, uint32_t order, uint64_t *ret)
{
    uint32_t n = w->n >= order ? w->n - order + 1 : 0;
    for (uint32_t i = 0; i < n; i++) {
        ret[i] = 0;
        for (uint32_t k = 0; k < order; k++)
            ret[i] = (ret[i] * 0x9e3779b97f4a7c15u + w->ids[i + k]) ^ (ret[i] >> 31);
    }
    if (n > 1)
        qsort(ret, n, sizeof(*ret), compare_ids);
    return n;
}

static uint32_t common(const uint64_t *x, uint32_t n_x, const uint64_t *y, uint32_t n_y)
{
    uint32_t found = 0;
    for (uint32_t i = 0, k = 0; i < n_x && k < n_y;) {
        if (x[i] == y[k]) {
            found++;
            i++;
            k++;
        } else if (x[i] < y[k]) {
            i++;
        } else {
            k++;
        }
    }
    return found;
}

static double bleu(const words *sample, const words *answer, uint64_t *x, uint64_t *y)
{
    double logs = 0.0;
    for (uint32_t order = 1; order <= ORDERS; order++) {
        uint32_t n_x = grams(sample, order, x);
        uint32_t n_y = grams(answer, order, y);
        double more = order > 1 ? 1.0 : 0.0;
        double matches = common(x, n_x, y, n_y) + more;
        if (!(matches > 0.0))
            return 0.0;
        logs += log(matches / (n_x + more));
    }
    double brevity = sample->n < answer->n ? exp(1.0 - (double)answer->n / sample->n) : 1.0;
    return brevity * exp(logs / ORDERS);
}

pl_status pl__similarity_bleu(const char *sample, const char *answer, double *ret)
{
    pl_status rc = PL_OK;
    words a = {NULL, 0};
    words b = {NULL, 0};
    uint64_t *x = NULL;
    uint64_t *y = NULL;
    if (split(sample, false, &a) || split(answer, false, &b)) {
        rc = PL_E_NOMEM;
        goto out;
    }
    x = pl__calloc(a.n, sizeof(*x));
    y = pl__calloc(b.n, sizeof(*y));
    if (!x || !y) {
        rc = PL_E_NOMEM;
        goto out;
    }
    *ret = bleu(&a, &b, x, y);
out:
    pl__free(a.ids);
    pl__free(b.ids);
    pl__free(x);
    pl__free(y);
    return rc;
}

static uint32_t longest_common(const words *a, const words *b, uint32_t *row)
{
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t diagonal = 0;
        for (uint32_t k = 0; k < b->n; k++) {
            uint32_t above = row[k + 1];
            if (a->ids[i] == b->ids[k])
                row[k + 1] = diagonal + 1;
            else if (row[k] > above)
                row[k + 1] = row[k];
            diagonal = above;
        }
    }
    return row[b->n];
}

pl_status pl__similarity_rouge(const char *sample, const char *answer, double *ret)
{
    pl_status rc = PL_OK;
    words a = {NULL, 0};
    words b = {NULL, 0};
    uint32_t *row = NULL;
    if (split(sample, true, &a) || split(answer, true, &b)) {
        rc = PL_E_NOMEM;
        goto out;
    }
    row = pl__calloc((size_t)b.n + 1, sizeof(*row));
    if (!row) {
        rc = PL_E_NOMEM;
        goto out;
    }
    double shared = longest_common(&a, &b, row);
    double precision = shared / (a.n > 0 ? a.n : 1);
    double recall = shared / (b.n > 0 ? b.n : 1);
    *ret = shared > 0.0 ? 2.0 * precision * recall / (precision + recall) : 0.0;
out:
    pl__free(a.ids);
    pl__free(b.ids);
    pl__free(row);
    return rc;
}

pl_status pl__semantic_entropy(const pl_response_set *set, const pl_response *row, double *ret)
{
    uint32_t n = row->n_samples;
    double entropy = 0.0;
    uint64_t *keys = pl__calloc(n, sizeof(*keys));
    if (!keys)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        size_t at = row->first_sample + i;
        pl_view text = pl__view_trim(pl__view(set->texts[set->samples[at]]));
        bool named = set->sample_options && set->sample_options[at] != PL_RESPONSE_NONE;
        keys[i] = named ? set->sample_options[at] : pl__hash64(text.ptr, text.len, 0) | PL_RESPONSE_OPTIONS_MAX;
    }
    if (n > 1)
        qsort(keys, n, sizeof(*keys), compare_ids);
    for (uint32_t i = 0; i < n;) {
        uint32_t first = i;
        while (i < n && keys[i] == keys[first])
            i++;
        double share = (double)(i - first) / n;
        entropy -= share * log(share);
    }
    *ret = entropy > 0.0 ? entropy : 0.0;
    pl__free(keys);
    return PL_OK;
}

pl_status pl__meaning_entropy(const uint32_t *meanings, uint32_t n, double *ret)
{
    double entropy = 0.0;
    uint32_t *sizes = pl__calloc(n, sizeof(*sizes));
    if (!sizes)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        sizes[meanings[i]]++;
    for (uint32_t k = 0; k < n && sizes[k] > 0; k++) {
        double share = (double)sizes[k] / n;
        entropy -= share * log(share);
    }
    *ret = entropy > 0.0 ? entropy : 0.0;
    pl__free(sizes);
    return PL_OK;
}
