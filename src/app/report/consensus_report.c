/* What the methods' rankings have to do with each other: a matrix for people, and the same for programs. */
#include "consensus_report.h"

#include "number_json.h"
#include "table.h"

#define COLUMNS_BEFORE 2 /* method, weight */

pl_status pl__consensus_table(const pl_analysis *a, pl_str *out, pl_error *reterr)
{
    size_t n = a->n_combined;
    const double *spearman = pl_consensus_spearman(a->consensus);
    const double *weights = pl_consensus_weights(a->consensus);
    pl_table t;
    pl_status rc = PL_OK;

    if (n + COLUMNS_BEFORE > PL_TABLE_COLUMNS_MAX)
        return pl__str_append_c(out,
                                "\ncorrelation of the rankings: too many methods for a table, see --format json\n");
    pl__table_init(&t);
    pl__table_column(&t, "correlation of the rankings", false);
    pl__table_column(&t, "weight", true);
    for (size_t k = 0; k < n; k++)
        pl__table_column(&t, a->methods[k].name, true);
    for (size_t i = 0; i < n; i++) {
        pl__table_text(&t, a->methods[i].name);
        pl__table_fixed(&t, weights[i], 4);
        for (size_t k = 0; k < n; k++)
            pl__table_fixed(&t, spearman[i * n + k], 4);
    }
    rc = pl__str_append_char(out, '\n');
    if (rc == PL_OK)
        rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

typedef struct square {
    const double *x;
    size_t n;
} square;

static json_t *row_of(const void *from, size_t i)
{
    const square *s = from;

    return pl__number_list_json(s->x + i * s->n, s->n);
}

static json_t *matrix(const double *x, size_t n)
{
    return pl__list_json(row_of, &(square){x, n}, n);
}

static json_t *method_name(const void *from, size_t i)
{
    const pl_analysis *a = from;

    return json_string(a->methods[i].name);
}

json_t *pl__consensus_json(const pl_analysis *a)
{
    size_t n = a->n_combined;
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set(doc, "methods", pl__list_json(method_name, a, n)) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set(doc, "weights", pl__number_list_json(pl_consensus_weights(a->consensus), n));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spearman", matrix(pl_consensus_spearman(a->consensus), n));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "kendall", matrix(pl_consensus_kendall(a->consensus), n));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "kemeny_distance", pl__number_json(pl_consensus_distance(a->consensus)));
    if (rc == PL_OK)
        rc = pl__json_set_bool(doc, "kemeny_exact", pl_consensus_is_exact(a->consensus));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}
