/* A labelled set held against its labels: all that a proxy may know of labels. */
#include "alloc.h"
#include "answer_table.h"
#include "arena.h"
#include "error.h"
#include "map.h"

#include <math.h>
#include <string.h>

typedef struct list {
    pl_answer_source_item *items;
    size_t n;
} list;

typedef struct part {
    const char *name;
    uint32_t n_labelled;
    list *lists; /* n_models */
} part;

struct pl_answer_source {
    pl_arena arena; /* everything below but the names */
    pl_names *models;
    uint32_t n_models;
    uint32_t n_parts;
    part *parts;
    uint32_t *images; /* n_parts + 1 */
};

void pl_answer_source_free(pl_answer_source *source)
{
    if (!source)
        return;
    pl__names_free(source->models);
    pl__arena_clear(&source->arena);
    pl__free(source);
}

/* Is there a label that an answer to the item can be held against? */
static bool is_labelled(const pl_answer_table *t, uint32_t item)
{
    if (t->options[item + 1] > t->options[item])
        return t->labels[item] != 0;
    for (uint32_t m = 0; m < t->n_models; m++) {
        const pl_response *row = pl__answer_row(t, m, item);
        if (row && row->matches >= 0)
            return true;
    }
    return false;
}

/* False: the model's answer is neither right nor wrong. */
static bool is_known(const pl_answer_table *t, uint32_t m, uint32_t item, bool *ret_right)
{
    uint8_t choice = pl_answer_table_choices(t, m)[item];
    const pl_response *row = pl__answer_row(t, m, item);
    if (t->options[item + 1] == t->options[item]) {
        *ret_right = row && row->matches > 0;
        return row && row->matches >= 0;
    }
    *ret_right = choice != PL_ANSWER_CHOICE_NONE && (t->labels[item] >> choice & 1);
    return choice != PL_ANSWER_CHOICE_NONE;
}

static pl_status fill_list(pl_answer_source *s, const pl_answer_table *t, uint32_t m, const bool *labelled,
                           const double *confidences, uint32_t first_image, list *ret)
{
    size_t n = 0;
    bool right = false;
    for (uint32_t i = 0; i < t->n_items; i++)
        n += labelled[i] && is_known(t, m, i, &right) ? 1 : 0;
    ret->items = pl__arena_calloc(&s->arena, n, sizeof(*ret->items));
    if (!ret->items)
        return PL_E_NOMEM;
    for (uint32_t i = 0; i < t->n_items; i++) {
        if (labelled[i] && is_known(t, m, i, &right))
            ret->items[ret->n++] = (pl_answer_source_item){
                .confidence = confidences[i], .image = first_image + t->images[i], .right = right};
    }
    return PL_OK;
}

static pl_status fill_part(pl_answer_source *s, const pl_answer_table *t, part *p, uint32_t first_image,
                           pl_error *reterr)
{
    pl_status rc = PL_OK;
    bool *labelled = pl__calloc(t->n_items, sizeof(*labelled));
    double *confidences = pl__calloc(t->n_models, t->n_items * sizeof(*confidences));
    p->lists = pl__arena_calloc(&s->arena, t->n_models, sizeof(*p->lists));
    if (!labelled || !confidences || !p->lists) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a source of %u items", t->n_items);
        goto out;
    }
    for (uint32_t i = 0; i < t->n_items; i++) {
        labelled[i] = is_labelled(t, i);
        p->n_labelled += labelled[i] ? 1 : 0;
    }
    rc = pl_answer_signal_values(t, "max_prob", confidences, NULL, reterr);
    for (uint32_t m = 0; m < t->n_models && rc == PL_OK; m++) {
        rc = fill_list(s, t, m, labelled, confidences + (size_t)m * t->n_items, first_image, &p->lists[m]);
        if (rc != PL_OK)
            (void)pl__fail(reterr, rc, "a source of %u items", t->n_items);
    }
out:
    pl__free(labelled);
    pl__free(confidences);
    return rc;
}

/* A data set without labels is passed over, unless it was asked for by name. */
static pl_status add_part(pl_answer_source *s, const pl_response_set *set, const pl_answer_opts *opts, const char *name,
                          bool is_named, pl_error *reterr)
{
    pl_answer_opts own = PL_ANSWER_OPTS_INIT;
    pl_answer_table *t = NULL;
    part p = {0};
    uint32_t first_image = s->images[s->n_parts];
    own.prior = opts->prior;
    own.fixed_options = opts->fixed_options;
    own.dataset = name;
    for (uint32_t i = 0; i < s->n_parts; i++) {
        if (strcmp(s->parts[i].name, name) == 0)
            return pl__fail(reterr, PL_E_INVALID, "the data set \"%.200s\" is in the source twice", name);
    }
    pl_status rc = pl_answer_table_build(set, &own, &t, reterr);
    if (rc != PL_OK)
        return rc;
    p.name = pl__arena_strdup(&s->arena, name);
    rc = p.name ? fill_part(s, t, &p, first_image, reterr) : pl__fail(reterr, PL_E_NOMEM, "a source");
    if (rc == PL_OK && p.n_labelled == 0 && is_named)
        rc = pl__fail(reterr, PL_E_INVALID, "the data set \"%.200s\" has no labels to learn from", name);
    if (rc == PL_OK && p.n_labelled > 0) {
        s->images[s->n_parts + 1] = first_image + t->n_images;
        s->parts[s->n_parts++] = p;
    }
    pl_answer_table_free(t);
    return rc;
}

static pl_status name_models(pl_answer_source *s, const pl_response_set *set, pl_error *reterr)
{
    uint32_t index = 0;
    pl_status rc = (s->models = pl__names_new()) ? PL_OK : PL_E_NOMEM;
    s->n_models = set->n_models;
    for (uint32_t m = 0; m < set->n_models && rc == PL_OK; m++)
        rc = pl__names_intern(s->models, pl__view(set->models[m]), &index);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "a source of %u models", set->n_models);
}

pl_status pl_answer_source_build(const pl_response_set *set, const pl_answer_opts *opts, const char *const *datasets,
                                 size_t n_datasets, pl_answer_source **ret, pl_error *reterr)
{
    static const pl_answer_opts defaults = PL_ANSWER_OPTS_INIT;
    const pl_answer_opts *given = opts ? opts : &defaults;
    if (!ret || (!datasets && n_datasets > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (given->size_bytes != sizeof(*given))
        return pl__fail(reterr, PL_E_INVALID, "options of another version");
    for (size_t i = 0; i < n_datasets; i++) {
        if (!datasets[i])
            return pl__fail(reterr, PL_E_INVALID, "null argument");
    }
    pl_status rc = pl_response_set_check(set, reterr);
    if (rc != PL_OK)
        return rc;
    size_t n = n_datasets > 0 ? n_datasets : set->n_datasets;
    pl_answer_source *s = pl__calloc(1, sizeof(*s));
    if (!s)
        return pl__fail(reterr, PL_E_NOMEM, "a source");
    pl__arena_init(&s->arena);
    s->parts = pl__arena_calloc(&s->arena, n, sizeof(*s->parts));
    s->images = pl__arena_calloc(&s->arena, n + 1, sizeof(*s->images));
    if (!s->parts || !s->images) {
        pl_answer_source_free(s);
        return pl__fail(reterr, PL_E_NOMEM, "a source");
    }
    rc = name_models(s, set, reterr);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        rc = add_part(s, set, given, n_datasets > 0 ? datasets[i] : set->datasets[i], n_datasets > 0, reterr);
    if (rc == PL_OK && s->n_parts == 0)
        rc = pl__fail(reterr, PL_E_INVALID, "the source has no labels to learn from");
    if (rc != PL_OK) {
        pl_answer_source_free(s);
        return rc;
    }
    *ret = s;
    return PL_OK;
}

uint32_t pl_answer_source_n_datasets(const pl_answer_source *source)
{
    return source->n_parts;
}

const char *pl_answer_source_dataset(const pl_answer_source *source, uint32_t dataset)
{
    return source->parts[dataset].name;
}

uint32_t pl_answer_source_n_labelled(const pl_answer_source *source, uint32_t dataset)
{
    return source->parts[dataset].n_labelled;
}

const uint32_t *pl_answer_source_images(const pl_answer_source *source)
{
    return source->images;
}

uint32_t pl_answer_source_model(const pl_answer_source *source, const char *name)
{
    uint32_t at = pl__names_find(source->models, pl__view(name));
    return at == PL_NAME_NONE ? PL_RESPONSE_NONE : at;
}

const pl_answer_source_item *pl_answer_source_items(const pl_answer_source *source, uint32_t dataset, uint32_t model,
                                                    size_t *ret_n)
{
    *ret_n = source->parts[dataset].lists[model].n;
    return source->parts[dataset].lists[model].items;
}
