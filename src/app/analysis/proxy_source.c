#include "proxy_source.h"

#include "alloc.h"
#include "error.h"
#include "map.h"
#include "responses_import.h"

#include <string.h>

static bool has_dataset(const pl_response_set *set, const char *name)
{
    for (uint32_t d = 0; d < set->n_datasets; d++) {
        if (strcmp(set->datasets[d], name) == 0)
            return true;
    }
    return false;
}

static pl_status from_target(const char *const *given, size_t n, const pl_response_set *target,
                             const pl_answer_opts *opts, pl_answer_source **ret, pl_error *reterr)
{
    if (!opts->dataset)
        return pl__fail(reterr, PL_E_INVALID,
                        "--source %.200s is a data set of the responses: --dataset says which other one to rank on",
                        given[0]);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(given[i], opts->dataset) == 0)
            return pl__fail(reterr, PL_E_INVALID,
                            "\"%.200s\" is ranked on: no proxy sees its labels. Another data set can be the source",
                            given[i]);
    }
    return pl_answer_source_build(target, opts, given, n, ret, reterr);
}

/* Is an item in both? Ids carry their data set's name, so one data set alone, left out of the source, has none there.
 */
static pl_status refuse_overlap(const pl_response_set *source, const pl_response_set *target,
                                const pl_answer_opts *opts, pl_error *reterr)
{
    uint32_t at = 0;
    pl_status rc = PL_OK;
    pl_names *items = NULL;

    if (opts->dataset)
        return PL_OK;
    items = pl__names_new();
    if (!items)
        return pl__fail(reterr, PL_E_NOMEM, "a source");
    for (uint32_t i = 0; i < source->n_items && rc == PL_OK; i++)
        rc = pl__names_intern(items, pl__view(source->items[i]), &at);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "a source of %u items", source->n_items);
    for (size_t i = 0; i < target->n_rows && rc == PL_OK; i++) {
        const char *item = target->items[target->rows[i].item];

        if (pl__names_find(items, pl__view(item)) != PL_NAME_NONE)
            rc = pl__fail(reterr, PL_E_INVALID,
                          "the item \"%.200s\" is in the source and ranked on; if these are different questions, give "
                          "their data sets different names",
                          item);
    }
    pl__names_free(items);
    return rc;
}

/* The names of the source's labelled data sets other than the one that is ranked on. */
static pl_status other_datasets(const pl_response_set *set, const char *ranked, const char ***ret, size_t *ret_n,
                                pl_error *reterr)
{
    const char **names = pl__calloc(set->n_datasets, sizeof(*names));
    bool *labelled = pl__calloc(set->n_datasets, sizeof(*labelled));

    if (!names || !labelled) {
        pl__free(names);
        pl__free(labelled);
        return pl__fail(reterr, PL_E_NOMEM, "a source of %u data sets", set->n_datasets);
    }
    for (size_t i = 0; i < set->n_rows; i++) {
        const pl_response *row = &set->rows[i];

        if (row->labels != 0 || (row->options == PL_RESPONSE_NONE && row->matches >= 0))
            labelled[row->dataset] = true;
    }
    *ret_n = 0;
    for (uint32_t d = 0; d < set->n_datasets; d++) {
        if (labelled[d] && strcmp(set->datasets[d], ranked) != 0)
            names[(*ret_n)++] = set->datasets[d];
    }
    pl__free(labelled);
    *ret = names;
    return PL_OK;
}

static pl_status from_files(const char *const *given, size_t n, bool skip_bad, const pl_response_set *target,
                            const pl_answer_opts *opts, pl_answer_source **ret, pl_error *reterr)
{
    pl_import files = {0};
    const char **names = NULL;
    const pl_response_set *set = NULL;
    size_t n_names = 0;
    pl_status rc = pl__import_paths(given, n, skip_bad, &files, reterr);

    if (rc != PL_OK)
        goto out;
    set = pl__response_log_set(files.log);
    if (set->n_datasets > PL_PROXY_SOURCE_SETS_MAX) {
        rc = pl__fail(reterr, PL_E_LIMIT, "a source has at most %u data sets", PL_PROXY_SOURCE_SETS_MAX);
        goto out;
    }
    rc = refuse_overlap(set, target, opts, reterr);
    if (rc == PL_OK && !(opts->dataset && has_dataset(set, opts->dataset))) {
        rc = pl_answer_source_build(set, opts, NULL, 0, ret, reterr);
        goto out;
    }
    if (rc == PL_OK)
        rc = other_datasets(set, opts->dataset, &names, &n_names, reterr);
    if (rc == PL_OK && n_names == 0)
        rc =
            pl__fail(reterr, PL_E_INVALID,
                     "the source has no labelled data set but \"%.200s\", which is ranked on: no proxy sees its labels",
                     opts->dataset);
    if (rc == PL_OK)
        rc = pl_answer_source_build(set, opts, names, n_names, ret, reterr);
out:
    pl__free(names);
    pl__import_clear(&files);
    return rc;
}

pl_status pl__proxy_source_open(const char *const *given, size_t n, bool skip_bad, const pl_response_set *target,
                                const pl_answer_opts *opts, pl_answer_source **ret, pl_error *reterr)
{
    size_t n_sets = 0;

    for (size_t i = 0; i < n; i++)
        n_sets += has_dataset(target, given[i]) ? 1 : 0;
    if (n_sets > 0 && n_sets < n)
        return pl__fail(reterr, PL_E_INVALID, "--source names either data sets of the responses or files, not both");
    return n_sets > 0 ? from_target(given, n, target, opts, ret, reterr)
                      : from_files(given, n, skip_bad, target, opts, ret, reterr);
}
