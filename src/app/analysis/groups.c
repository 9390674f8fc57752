#include "groups.h"

#include "alloc.h"
#include "error.h"
#include "row_order.h"

#define SHOWN_MAX 8u /* models of the smallest group that a note names */

static uint32_t find(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* parent[i] is i for models in no usable pair, size[root] counts a group's models. Returns how many groups. */
static uint32_t join(const pl_analysis *a, bool drop_self_reviews, uint32_t *parent, uint32_t *size)
{
    uint32_t n_groups = 0;

    for (uint32_t i = 0; i < a->set->n_models; i++)
        parent[i] = i;
    for (size_t i = 0; i < a->set->n_rows; i++) {
        const pl_judgment *row = &a->set->rows[i];
        uint32_t x = 0;
        uint32_t y = 0;

        if (row->verdict == PL_VERDICT_MISSING || pl__row_excluded(row, drop_self_reviews, a->excluded))
            continue;
        x = find(parent, row->a);
        y = find(parent, row->b);
        if (x < y)
            parent[y] = x;
        else
            parent[x] = y;
    }
    for (uint32_t i = 0; i < a->set->n_models; i++)
        size[find(parent, i)]++;
    for (uint32_t i = 0; i < a->set->n_models; i++)
        n_groups += size[i] > 1;
    return n_groups;
}

/* One whole group as an example: the smallest, of equals the first. */
static pl_status name_group(const pl_analysis *a, uint32_t *parent, const uint32_t *size, pl_str *out)
{
    uint32_t smallest = UINT32_MAX;
    uint32_t named = 0;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; i < a->set->n_models; i++) {
        if (size[i] > 1 && (smallest == UINT32_MAX || size[i] < size[smallest]))
            smallest = i;
    }
    for (uint32_t i = 0; i < a->set->n_models && rc == PL_OK && named < SHOWN_MAX; i++) {
        if (find(parent, i) != smallest)
            continue;
        rc = pl__str_appendf(out, "%s%s", named > 0 ? ", " : "", a->set->models[i]);
        named++;
    }
    if (rc == PL_OK && size[smallest] > named)
        rc = pl__str_appendf(out, " and %u more", size[smallest] - named);
    return rc;
}

pl_status pl__note_groups(pl_analysis *a, bool drop_self_reviews, pl_error *reterr)
{
    uint32_t n = a->set->n_models;
    uint32_t *parent = pl__calloc(n, sizeof(*parent));
    uint32_t *size = pl__calloc(n, sizeof(*size));
    uint32_t n_groups = 0;
    pl_str names;
    pl_status rc = PL_OK;

    pl__str_init(&names, PL_STR_LIMIT_DEFAULT);
    if (!parent || !size) {
        rc = pl__fail(reterr, PL_E_NOMEM, "groups of %u models", n);
        goto out;
    }
    n_groups = join(a, drop_self_reviews, parent, size);
    if (n_groups == 0)
        rc = pl__analysis_note(a, reterr,
                               a->set->n_rows == 0 ? "there are no judgments: nothing can be ranked"
                                                   : "no judgment is usable: nothing can be ranked");
    if (n_groups < 2)
        goto out;
    rc = name_group(a, parent, size, &names);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "groups of %u models", n);
    else
        rc = pl__analysis_note(a, reterr,
                               "the models fall into %u groups that were never compared with each other (one of them: "
                               "%s); only ranks within a group mean something",
                               n_groups, pl__str_c(&names));
out:
    pl__str_clear(&names);
    pl__free(parent);
    pl__free(size);
    return rc;
}
