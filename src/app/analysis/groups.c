#include "groups.h"

#include "alloc.h"
#include "error.h"
#include "str.h"

#define SHOWN_MAX 8u /* models of the smallest group that a note names */

static uint32_t find(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) {
        parent[i] = parent[parent[i]];
        i = parent[i];
    }
    return i;
}

/* Most pairs are of models that are known to belong together: their parents are the same. */
static inline void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    if (parent[a] == parent[b])
        return;
    uint32_t x = find(parent, a);
    uint32_t y = find(parent, b);
    uint32_t root = x < y ? x : y;
    parent[x] = parent[y] = root;
    parent[a] = parent[b] = root;
}

/* Every usable judgment is a ballot, or one that is alone with its order. */
static void join_all(const pl_peer_table *table, uint32_t *parent)
{
    size_t n = 0;
    const pl_vote *votes = pl_peer_table_votes(table, &n, NULL);
    for (size_t i = 0; votes && i < n; i++)
        join(parent, votes[i].a, votes[i].b);
    if (votes)
        return;
    const pl_ballot *ballots = pl_peer_table_ballots(table, &n);
    for (size_t i = 0; i < n; i++)
        join(parent, ballots[i].a, ballots[i].b);
    ballots = pl_peer_table_lone_ballots(table, &n);
    for (size_t i = 0; i < n; i++)
        join(parent, ballots[i].a, ballots[i].b);
}

/* parent[i] is i for models in no usable pair, size[root] counts a group's models. Returns how many groups. */
static uint32_t count_groups(const pl_peer_table *table, uint32_t n_models, uint32_t *parent, uint32_t *size)
{
    uint32_t n_groups = 0;

    for (uint32_t i = 0; i < n_models; i++)
        parent[i] = i;
    join_all(table, parent);
    for (uint32_t i = 0; i < n_models; i++)
        size[find(parent, i)]++;
    for (uint32_t i = 0; i < n_models; i++)
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

pl_status pl__note_groups(pl_analysis *a, const pl_peer_table *table, pl_error *reterr)
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
    n_groups = count_groups(table, n, parent, size);
    if (n_groups == 0)
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           a->set->n_rows == 0 ? "there are no judgments: nothing can be ranked"
                                               : "no judgment is usable: nothing can be ranked");
    if (n_groups < 2)
        goto out;
    rc = name_group(a, parent, size, &names);
    if (rc != PL_OK)
        rc = pl__fail(reterr, rc, "groups of %u models", n);
    else
        rc = pl__notes_add(&a->notes, &a->arena, reterr,
                           "the models fall into %u groups that were never compared with each other (one of them: "
                           "%s); only ranks within a group mean something",
                           n_groups, pl__str_c(&names));
out:
    pl__str_clear(&names);
    pl__free(parent);
    pl__free(size);
    return rc;
}
