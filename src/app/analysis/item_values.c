#include "item_values.h"

#include "alloc.h"
#include "error.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define UPPER_SUFFIX ".upper"

void pl__item_values_free(pl_item_values *values)
{
    if (!values)
        return;
    pl__arena_clear(&values->arena);
    pl__free(values);
}

bool pl__signal_is_bounded(const char *name)
{
    return strncmp(name, "entropy.", 8) == 0;
}

static bool is_signal(const char *name)
{
    size_t n = 0;
    const pl_answer_signal *signals = pl_answer_signals(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(signals[i].name, name) == 0)
            return true;
    }
    return false;
}

static const char *upper_name(pl_arena *arena, const char *name)
{
    size_t size = strlen(name) + sizeof(UPPER_SUFFIX);
    char *copy = pl__arena_alloc(arena, size);

    if (copy)
        (void)snprintf(copy, size, "%s" UPPER_SUFFIX, name);
    return copy;
}

static bool any_number(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i]))
            return true;
    }
    return false;
}

static pl_status add_signal(pl_item_values *v, const char *name, pl_error *reterr)
{
    size_t n_models = pl_answer_table_n_models(v->table);
    size_t n_items = pl_answer_table_n_items(v->table);
    double *values = pl__arena_calloc(&v->arena, n_models, n_items * sizeof(*values));
    double *upper = NULL;
    bool bounded = pl__signal_is_bounded(name);
    pl_status rc = PL_OK;

    if (bounded)
        upper = pl__arena_calloc(&v->arena, n_models, n_items * sizeof(*upper));
    if (!values || (bounded && !upper))
        return pl__fail(reterr, PL_E_NOMEM, "%s of %zu items", name, n_items);
    rc = pl_answer_signal_values(v->table, name, values, upper, reterr);
    if (rc != PL_OK)
        return rc;
    v->columns[v->n_columns++] = (pl_item_column){name, values};
    if (!bounded || !any_number(upper, n_models * n_items))
        return PL_OK; /* no vocabulary is known */
    name = upper_name(&v->arena, name);
    if (!name)
        return pl__fail(reterr, PL_E_NOMEM, "names");
    v->columns[v->n_columns++] = (pl_item_column){name, upper};
    return PL_OK;
}

static pl_status add_pool(pl_item_values *v, pl_error *reterr)
{
    uint8_t *pool = pl__arena_alloc(&v->arena, pl_answer_table_n_items(v->table));

    if (!pool)
        return pl__fail(reterr, PL_E_NOMEM, "pool");
    v->pool = pool;
    return pl_answer_pool_choices(v->table, pool, reterr);
}

static bool was_given(const char *const *methods, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        if (strcmp(methods[i], methods[k]) == 0)
            return true;
    }
    return false;
}

static pl_status fill(pl_item_values *v, const char *const *methods, size_t n, pl_error *reterr)
{
    pl_status rc = PL_OK;

    v->columns = pl__arena_calloc(&v->arena, 2 * n + 1, sizeof(*v->columns));
    v->others = pl__arena_calloc(&v->arena, n + 1, sizeof(*v->others));
    if (!v->columns || !v->others)
        return pl__fail(reterr, PL_E_NOMEM, "%zu methods", n);
    for (size_t k = 0; k < n && rc == PL_OK; k++) {
        if (was_given(methods, k))
            continue;
        if (is_signal(methods[k]))
            rc = add_signal(v, methods[k], reterr);
        else if (strcmp(methods[k], "within") == 0)
            rc = add_pool(v, reterr);
        else
            v->others[v->n_others++] = methods[k];
    }
    return rc;
}

pl_status pl__item_values_new(const pl_answer_table *table, const char *const *methods, size_t n_methods,
                              pl_item_values **ret, pl_error *reterr)
{
    pl_item_values *v = pl__calloc(1, sizeof(*v));
    pl_status rc = PL_OK;

    if (!v)
        return pl__fail(reterr, PL_E_NOMEM, "values of items");
    pl__arena_init(&v->arena);
    v->table = table;
    rc = fill(v, methods, n_methods, reterr);
    if (rc != PL_OK) {
        pl__item_values_free(v);
        return rc;
    }
    *ret = v;
    return PL_OK;
}
