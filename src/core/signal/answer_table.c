/* Responses by model and item.
 *
 * 1. Items keep the order of the set: of names, when a log was read. Rows may come in any order.
 * 2. What an item is (its options, its labels) is the same in all its rows: pl_response_set_check() saw to it.
 * 3. Labels are kept apart; nothing here looks at them. */
#include "answer_table.h"

#include "alloc.h"
#include "error.h"
#include "response_check.h"
#include "str.h"
#include "thread.h"

#include <math.h>
#include <string.h>

#define ITEMS_AT_ONCE 32u
#define CELLS_PER_THREAD 2048u /* fewer are done before another has begun */

const char *pl_answer_missing_text(pl_answer_missing reason)
{
    static const char *const texts[PL_ANSWER_MISSING_COUNT] = {
        [PL_ANSWER_THERE] = "not missing",
        [PL_ANSWER_NO_RESPONSE] = "no response",
        [PL_ANSWER_NO_VALUES] = "no option log-probabilities",
        [PL_ANSWER_OUTSIDE] = "an option outside the top-k",
        [PL_ANSWER_LOW_MASS] = "option mass under 1/2",
    };
    return (unsigned)reason < PL_ANSWER_MISSING_COUNT ? texts[reason] : "unknown";
}

void pl_answer_table_free(pl_answer_table *t)
{
    if (!t)
        return;
    pl__free(t->item_at);
    pl__free(t->images);
    pl__free(t->lists);
    pl__free(t->datasets);
    pl__free(t->labels);
    pl__free(t->options);
    pl__free(t->rows);
    pl__free(t->p);
    pl__free(t->choices);
    pl__free(t->missing);
    pl__free(t->letters);
    pl__free(t->may_end_mark);
    pl__free(t);
}

/* The one ASCII letter that a token is, apart from white space and the marks that tokenizers write for it. */
static char only_letter(const char *text)
{
    static const char *const BLANKS[] = {" ", "\t", "\n", "\r", "\xe2\x96\x81", "\xc4\xa0", "\xc4\x8a"};
    char found = '\0';
    while (*text) {
        size_t skip = 0;
        for (size_t k = 0; k < sizeof(BLANKS) / sizeof(BLANKS[0]) && skip == 0; k++) {
            if (strncmp(text, BLANKS[k], strlen(BLANKS[k])) == 0)
                skip = strlen(BLANKS[k]);
        }
        bool is_letter = (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z');
        if (skip == 0 && (!is_letter || found))
            return '\0';
        if (skip == 0)
            found = *text;
        text += skip > 0 ? skip : 1;
    }
    return found;
}

typedef struct builder {
    pl_answer_table *t;
    const pl_answer_opts *opts;
    uint32_t dataset;   /* PL_RESPONSE_NONE: all */
    uint32_t *place_of; /* of the set's items: place + 1, or 0 */
    uint32_t *image_of; /* of the set's images: the same */
} builder;

static bool is_wanted(const builder *b, const pl_response *row)
{
    return b->dataset == PL_RESPONSE_NONE || row->dataset == b->dataset;
}

static pl_status find_dataset(builder *b, pl_error *reterr)
{
    const pl_response_set *set = b->t->set;
    b->dataset = PL_RESPONSE_NONE;
    for (uint32_t i = 0; i < set->n_datasets && b->opts->dataset; i++) {
        if (strcmp(set->datasets[i], b->opts->dataset) == 0)
            b->dataset = i;
    }
    if (b->opts->dataset && b->dataset == PL_RESPONSE_NONE)
        return pl__fail(reterr, PL_E_NOT_FOUND, "no response is of the dataset \"%.200s\"", b->opts->dataset);
    return PL_OK;
}

/* Marks what is wanted, then numbers it in the order of the set. */
static void number_items(builder *b)
{
    pl_answer_table *t = b->t;
    const pl_response_set *set = t->set;
    for (size_t i = 0; i < set->n_rows; i++) {
        if (!is_wanted(b, &set->rows[i]))
            continue;
        b->place_of[set->rows[i].item] = 1;
        b->image_of[set->rows[i].image] = 1;
    }
    for (uint32_t i = 0; i < set->n_items; i++) {
        if (b->place_of[i])
            b->place_of[i] = ++t->n_items;
    }
    for (uint32_t i = 0; i < set->n_images; i++) {
        if (b->image_of[i])
            b->image_of[i] = ++t->n_images;
    }
}

static void fill_items(builder *b)
{
    pl_answer_table *t = b->t;
    const pl_response_set *set = t->set;
    for (uint32_t i = 0; i < t->n_items; i++)
        t->lists[i] = PL_RESPONSE_NONE;
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_response *row = &set->rows[i];
        if (!is_wanted(b, row))
            continue;
        uint32_t at = b->place_of[row->item] - 1;
        t->item_at[at] = row->item;
        t->images[at] = b->image_of[row->image] - 1;
        t->datasets[at] = row->dataset;
        if (row->options != PL_RESPONSE_NONE && t->lists[at] == PL_RESPONSE_NONE)
            t->lists[at] = row->options;
        if (row->labels)
            t->labels[at] = row->labels;
        t->rows[(size_t)row->model * t->n_items + at] = (uint32_t)(i + 1);
    }
    for (uint32_t i = 0; i < t->n_items; i++) {
        bool open = t->lists[i] == PL_RESPONSE_NONE;
        t->n_choice_items += open ? 0 : 1;
        t->options[i + 1] = t->options[i] + (open ? 0 : set->option_lists[t->lists[i]].n);
    }
}

static void fill_cell(pl_answer_table *t, uint32_t m, uint32_t i)
{
    double logs[PL_RESPONSE_OPTIONS_MAX];
    double mass = 0.0;
    double *p = t->p + (size_t)m * t->options[t->n_items] + t->options[i];
    size_t n = t->options[i + 1] - t->options[i];
    if (n == 0)
        return;
    pl_answer_missing why = pl__option_logprobs(t, pl__answer_row(t, m, i), t->lists[i], logs, &mass);
    t->missing[(size_t)m * PL_ANSWER_MISSING_COUNT + why]++;
    if (why == PL_ANSWER_THERE)
        pl__normalise_logs(logs, (uint32_t)n);
    for (size_t k = 0; k < n; k++)
        p[k] = why == PL_ANSWER_THERE ? logs[k] : (double)NAN;
}

/* Some items of all of some models at a time: logs are sorted by item or by model, and rows that are near in one are
 * read near in time either way. */
static void fill_cells(pl_answer_table *t, uint32_t first_model, uint32_t end_model)
{
    for (uint32_t first = 0; first < t->n_items; first += ITEMS_AT_ONCE) {
        uint32_t end = t->n_items - first < ITEMS_AT_ONCE ? t->n_items : first + ITEMS_AT_ONCE;
        for (uint32_t m = first_model; m < end_model; m++) {
            for (uint32_t i = first; i < end; i++)
                fill_cell(t, m, i);
        }
    }
}

/* ---- the letter prior ---- */

/* Positions whose text is the same in every item of the dataset that has them; a letter alone says nothing. */
static uint64_t fixed_positions(const pl_answer_table *t, uint32_t dataset)
{
    const pl_response_set *set = t->set;
    uint32_t first[PL_RESPONSE_OPTIONS_MAX];
    uint64_t seen = 0;
    uint64_t varies = 0;
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (t->datasets[i] != dataset || t->lists[i] == PL_RESPONSE_NONE)
            continue;
        const pl_option_list *list = &set->option_lists[t->lists[i]];
        for (uint32_t k = 0; k < list->n; k++) {
            uint32_t text = set->option_texts[list->first + k];
            uint64_t bit = (uint64_t)1 << k;
            if (t->letters[text] || (seen & bit && first[k] != text))
                varies |= bit;
            first[k] = text;
            seen |= bit;
        }
    }
    return seen & ~varies;
}

static void correct_model(pl_answer_table *t, uint32_t m, uint32_t dataset, uint64_t fixed)
{
    double sum[PL_RESPONSE_OPTIONS_MAX] = {0.0};
    uint32_t count[PL_RESPONSE_OPTIONS_MAX] = {0};
    double *all = t->p + (size_t)m * t->options[t->n_items];
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < t->n_items; i++) {
            double *x = all + t->options[i];
            uint32_t n = (uint32_t)(t->options[i + 1] - t->options[i]);
            if (t->datasets[i] != dataset || n == 0 || isnan(x[0]))
                continue;
            for (uint32_t k = 0; k < n; k++) {
                bool stays = fixed >> k & 1;
                if (pass == 0) {
                    sum[k] += x[k];
                    count[k]++;
                } else if (!stays) {
                    x[k] -= sum[k] / count[k];
                }
            }
            if (pass == 1)
                pl__normalise_logs(x, n);
        }
    }
}

static void correct_prior(builder *b)
{
    pl_answer_table *t = b->t;
    for (uint32_t d = 0; d < t->set->n_datasets; d++) {
        if (b->dataset != PL_RESPONSE_NONE && d != b->dataset)
            continue;
        uint64_t fixed = fixed_positions(t, d) | b->opts->fixed_options;
        for (uint32_t m = 0; m < t->n_models; m++)
            correct_model(t, m, d, fixed);
    }
}

/* From logarithms to probabilities and choices. */
static void choose(pl_answer_table *t, uint32_t m)
{
    for (uint32_t i = 0; i < t->n_items; i++) {
        double *p = t->p + (size_t)m * t->options[t->n_items] + t->options[i];
        size_t n = t->options[i + 1] - t->options[i];
        uint8_t *choice = &t->choices[(size_t)m * t->n_items + i];
        const pl_response *row = pl__answer_row(t, m, i);
        *choice = PL_ANSWER_CHOICE_NONE;
        if (n == 0)
            continue;
        if (row && isnan(p[0]) && row->prediction != PL_RESPONSE_NONE)
            *choice = (uint8_t)row->prediction;
        size_t best = 0;
        for (size_t k = 0; k < n && !isnan(p[0]); k++) {
            best = p[k] > p[best] ? k : best;
            *choice = (uint8_t)best;
        }
        for (size_t k = 0; k < n; k++)
            p[k] = exp(p[k]);
    }
}

static void choose_all(pl_answer_table *t, uint32_t first_model, uint32_t end_model)
{
    for (uint32_t m = first_model; m < end_model; m++)
        choose(t, m);
}

/* ---- by several threads ---- */

typedef void models_fn(pl_answer_table *t, uint32_t first_model, uint32_t end_model);

typedef struct share {
    pl_answer_table *t;
    models_fn *work;
    size_t n;
} share;

static pl_status do_share(size_t index, void *user, pl_error *reterr)
{
    const share *s = user;
    uint64_t n_models = s->t->n_models;
    (void)reterr;
    s->work(s->t, (uint32_t)(n_models * index / s->n), (uint32_t)(n_models * (index + 1) / s->n));
    return PL_OK;
}

/* Each model's cells are its own. */
static pl_status for_all_models(pl_answer_table *t, models_fn *work, pl_error *reterr)
{
    uint32_t threads = pl__answer_threads(t);
    share s = {.t = t, .work = work, .n = threads < t->n_models ? threads : t->n_models};
    return pl__parallel_for(s.n, threads, do_share, &s, reterr);
}

uint32_t pl__answer_threads(const pl_answer_table *t)
{
    return (size_t)t->n_models * t->n_items < CELLS_PER_THREAD ? 1 : t->threads;
}

static pl_status allocate_items(pl_answer_table *t)
{
    size_t n = t->n_items;
    t->item_at = pl__calloc(n, sizeof(*t->item_at));
    t->images = pl__calloc(n, sizeof(*t->images));
    t->lists = pl__calloc(n, sizeof(*t->lists));
    t->datasets = pl__calloc(n, sizeof(*t->datasets));
    t->labels = pl__calloc(n, sizeof(*t->labels));
    t->options = pl__calloc(n + 1, sizeof(*t->options));
    t->rows = pl__calloc(n, (size_t)t->n_models * sizeof(*t->rows));
    t->choices = pl__calloc(n, t->n_models);
    t->missing = pl__calloc(t->n_models, PL_ANSWER_MISSING_COUNT * sizeof(*t->missing));
    bool fine = t->item_at && t->images && t->lists && t->datasets && t->labels && t->options && t->rows &&
                t->choices && t->missing;
    return fine ? PL_OK : PL_E_NOMEM;
}

static pl_status fill(builder *b, pl_error *reterr)
{
    pl_answer_table *t = b->t;
    for (uint32_t i = 0; i < t->set->n_texts; i++) {
        t->letters[i] = only_letter(t->set->texts[i]);
        t->may_end_mark[i] = strpbrk(t->set->texts[i], ">]") != NULL;
    }
    number_items(b);
    if (allocate_items(t))
        return pl__fail(reterr, PL_E_NOMEM, "%u models and %u items", t->n_models, t->n_items);
    fill_items(b);
    size_t n = t->options[t->n_items];
    if (n > 0 && t->n_models > PL_ANSWER_OPTION_CELLS_MAX / n)
        return pl__fail(reterr, PL_E_LIMIT, "%u models and %zu options are more than can be ranked", t->n_models, n);
    t->p = pl__calloc(n, (size_t)t->n_models * sizeof(*t->p));
    if (!t->p)
        return pl__fail(reterr, PL_E_NOMEM, "%u models and %zu options", t->n_models, n);
    pl_status rc = for_all_models(t, fill_cells, reterr);
    if (rc == PL_OK && b->opts->prior == PL_PRIOR_CORRECTED)
        correct_prior(b);
    return rc == PL_OK ? for_all_models(t, choose_all, reterr) : rc;
}

pl_status pl_answer_table_build(const pl_response_set *set, const pl_answer_opts *opts, pl_answer_table **ret,
                                pl_error *reterr)
{
    static const pl_answer_opts defaults = PL_ANSWER_OPTS_INIT;
    builder b = {.opts = opts ? opts : &defaults};

    if (!ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (b.opts->size_bytes != sizeof(*b.opts))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    if (b.opts->prior != PL_PRIOR_RAW && b.opts->prior != PL_PRIOR_CORRECTED)
        return pl__fail(reterr, PL_E_INVALID, "unknown letter prior");
    pl_status rc = pl__response_set_check(set, b.opts->threads, reterr);
    if (rc != PL_OK)
        return rc;
    b.t = pl__calloc(1, sizeof(*b.t));
    b.place_of = pl__calloc(set->n_items, sizeof(*b.place_of));
    b.image_of = pl__calloc(set->n_images, sizeof(*b.image_of));
    if (b.t)
        b.t->letters = pl__calloc(set->n_texts, 1);
    if (b.t)
        b.t->may_end_mark = pl__calloc(set->n_texts, sizeof(*b.t->may_end_mark));
    if (!b.t || !b.place_of || !b.image_of || !b.t->letters || !b.t->may_end_mark) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%u items", set->n_items);
        goto out;
    }
    b.t->set = set;
    b.t->source = b.opts->source;
    b.t->threads = b.opts->threads > 0 ? b.opts->threads : 1;
    b.t->n_models = set->n_models;
    rc = find_dataset(&b, reterr);
    if (rc == PL_OK)
        rc = fill(&b, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = b.t;
    b.t = NULL;
out:
    pl__free(b.place_of);
    pl__free(b.image_of);
    pl_answer_table_free(b.t);
    return rc;
}

const pl_response_set *pl_answer_table_set(const pl_answer_table *t)
{
    return t->set;
}

const pl_answer_source *pl_answer_table_source(const pl_answer_table *t)
{
    return t->source;
}

uint32_t pl_answer_table_n_models(const pl_answer_table *t)
{
    return t->n_models;
}

uint32_t pl_answer_table_n_items(const pl_answer_table *t)
{
    return t->n_items;
}

uint32_t pl_answer_table_n_choice_items(const pl_answer_table *t)
{
    return t->n_choice_items;
}

uint32_t pl_answer_table_n_images(const pl_answer_table *t)
{
    return t->n_images;
}

const uint32_t *pl_answer_table_items(const pl_answer_table *t)
{
    return t->item_at;
}

const pl_response *pl_answer_table_response(const pl_answer_table *t, uint32_t model, uint32_t item)
{
    return pl__answer_row(t, model, item);
}

pl_answer_missing pl_answer_table_why_missing(const pl_answer_table *t, uint32_t model, uint32_t item)
{
    const pl_response *row = pl__answer_row(t, model, item);
    double logs[PL_RESPONSE_OPTIONS_MAX];
    double mass = 0.0;
    if (!row)
        return PL_ANSWER_NO_RESPONSE;
    if (t->lists[item] == PL_RESPONSE_NONE)
        return PL_ANSWER_THERE;
    return pl__option_logprobs(t, row, t->lists[item], logs, &mass);
}

const uint32_t *pl_answer_table_images(const pl_answer_table *t)
{
    return t->images;
}

const size_t *pl_answer_table_options(const pl_answer_table *t)
{
    return t->options;
}

const double *pl_answer_table_probabilities(const pl_answer_table *t, uint32_t model)
{
    return t->p + (size_t)model * t->options[t->n_items];
}

const uint8_t *pl_answer_table_choices(const pl_answer_table *t, uint32_t model)
{
    return t->choices + (size_t)model * t->n_items;
}

const uint32_t *pl_answer_table_missing(const pl_answer_table *t, uint32_t model)
{
    return t->missing + (size_t)model * PL_ANSWER_MISSING_COUNT;
}

uint32_t pl_answer_table_answered(const pl_answer_table *t, uint32_t model)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_items; i++)
        n += pl__answer_row(t, model, i) ? 1 : 0;
    return n;
}
