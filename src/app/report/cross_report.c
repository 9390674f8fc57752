#include "cross_report.h"

#include "alloc.h"
#include "error.h"
#include "json.h"
#include "num.h"
#include "number_json.h"
#include "table.h"

#include <math.h>

#define MATRIX_MAX 30u /* data sets, for a matrix that people can read */
#define DECIMALS 4
#define DECIMALS_MATRIX 3

/* ---- for people ---- */
static pl_status write_text(pl_table *t, pl_str *out, pl_error *reterr)
{
    pl_status rc = pl__table_write(t, out, reterr);

    pl__table_clear(t);
    return rc;
}

/* The correlation of two data sets; 1 of one with itself. */
static double correlation(const pl_cross_study *s, uint32_t a, uint32_t b)
{
    uint32_t x = a < b ? a : b;
    uint32_t y = a < b ? b : a;
    size_t before = (size_t)x * (2 * (size_t)s->n_datasets - x - 1) / 2;

    return x == y ? 1.0 : s->pairs[before + (y - x - 1)].spearman;
}

static pl_status write_matrix(const pl_cross_study *s, pl_str *out, pl_error *reterr)
{
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "Spearman", false);
    for (uint32_t d = 0; d < s->n_datasets; d++)
        pl__table_column(&t, s->datasets[d], true);
    for (uint32_t a = 0; a < s->n_datasets; a++) {
        pl__table_text(&t, s->datasets[a]);
        for (uint32_t b = 0; b < s->n_datasets; b++)
            pl__table_fixed(&t, correlation(s, a, b), DECIMALS_MATRIX);
    }
    return write_text(&t, out, reterr);
}

static void add_number(pl_table *t, double x, bool csv)
{
    if (csv)
        pl__table_full(t, x);
    else
        pl__table_fixed(t, x, DECIMALS);
}

static void fill_pairs(const pl_cross_study *s, pl_table *t, bool csv)
{
    bool with_distance = csv || s->points > 0;

    pl__table_column(t, "x", false);
    pl__table_column(t, "y", false);
    pl__table_column(t, "models", true);
    pl__table_column(t, csv ? "spearman" : "Spearman", true);
    pl__table_column(t, "slope", true);
    pl__table_column(t, "intercept", true);
    pl__table_column(t, csv ? "r2" : "R²", true);
    pl__table_column(t, csv ? "down_weighted" : "down-weighted", true);
    if (with_distance)
        pl__table_column(t, csv ? "distance" : "Fréchet", true);
    for (size_t i = 0; i < s->n_pairs; i++) {
        const pl_cross_pair *p = &s->pairs[i];

        pl__table_text(t, s->datasets[p->x]);
        pl__table_text(t, s->datasets[p->y]);
        pl__table_count(t, p->n_models);
        add_number(t, p->spearman, csv);
        add_number(t, p->slope, csv);
        add_number(t, p->intercept, csv);
        add_number(t, p->r2, csv);
        pl__table_count(t, p->n_weighted);
        if (with_distance)
            add_number(t, p->distance, csv);
    }
}

static pl_status write_pairs(const pl_cross_study *s, bool csv, pl_str *out, pl_error *reterr)
{
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    fill_pairs(s, &t, csv);
    if (!csv)
        return write_text(&t, out, reterr);
    rc = pl__table_write_csv(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static pl_status write_distances(const pl_cross_study *s, pl_str *out)
{
    char pearson[PL_NUM_BYTES];
    char spearman[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    if (s->points == 0)
        return PL_OK;
    rc = pl__str_appendf(out, "\nsquared Fréchet distances from %zu points of each data set in %zu dimensions\n",
                         s->points, s->dims);
    if (rc != PL_OK || isnan(s->distance_spearman))
        return rc;
    pl__num_format_fixed(s->distance_pearson, DECIMALS, pearson);
    pl__num_format_fixed(s->distance_spearman, DECIMALS, spearman);
    return pl__str_appendf(out, "distance against Spearman over %zu pairs: Pearson %s, Spearman %s\n", s->n_measured,
                           pearson, spearman);
}

static pl_status write_map_line(const pl_cross_study *s, const char *path, pl_str *out)
{
    char perplexity[PL_NUM_BYTES];
    char kl[PL_NUM_BYTES];
    pl_status rc = PL_OK;

    if (!s->map)
        return PL_OK;
    pl__num_format_fixed(s->perplexity, 1, perplexity);
    pl__num_format_fixed(s->kl, DECIMALS, kl);
    rc = pl__str_appendf(out, "t-SNE of %zu points, %zu of each data set: perplexity %s, KL %s", s->n_map,
                         s->map_points, perplexity, kl);
    if (rc == PL_OK && path) {
        rc = pl__str_append_c(out, "; ");
        rc = rc == PL_OK ? pl__append_clean(out, pl__view(path)) : rc;
    }
    return rc == PL_OK ? pl__str_append_char(out, '\n') : rc;
}

static pl_status write_table(const pl_cross_study *s, const char *map_path, pl_str *out, pl_error *reterr)
{
    pl_status rc = pl__str_appendf(out, "cross: scores of %u models on %u data sets\n\n", s->n_models, s->n_datasets);

    if (rc == PL_OK && s->n_datasets <= MATRIX_MAX) {
        rc = write_matrix(s, out, reterr);
        if (rc == PL_OK)
            rc = pl__str_append_char(out, '\n');
    }
    if (rc == PL_OK)
        rc = write_pairs(s, false, out, reterr);
    if (rc == PL_OK)
        rc = write_distances(s, out);
    if (rc == PL_OK)
        rc = write_map_line(s, map_path, out);
    if (rc == PL_OK)
        rc = pl__append_notes(out, s->notes.texts, s->notes.n);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report of a study");
}

/* ---- JSON ---- */
static json_t *scores_json(const pl_cross_study *s)
{
    json_t *doc = json_object();

    for (uint32_t d = 0; doc && d < s->n_datasets; d++) {
        if (pl__json_set(doc, s->datasets[d],
                         pl__numbers_by_name_json(s->models, s->scores + d, s->n_models, s->n_datasets)) != PL_OK) {
            json_decref(doc);
            doc = NULL;
        }
    }
    return doc;
}

typedef struct matrix_row {
    const pl_cross_study *study;
    uint32_t dataset;
} matrix_row;

static json_t *correlation_json(const void *from, size_t i)
{
    const matrix_row *row = from;

    return pl__number_json(correlation(row->study, row->dataset, (uint32_t)i));
}

static json_t *row_json(const void *from, size_t i)
{
    const pl_cross_study *s = from;

    return pl__list_json(correlation_json, &(matrix_row){s, (uint32_t)i}, s->n_datasets);
}

static json_t *pair_json(const void *from, size_t i)
{
    const pl_cross_study *s = from;
    const pl_cross_pair *p = &s->pairs[i];
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_string(doc, "x", s->datasets[p->x]) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "y", s->datasets[p->y]);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "models", p->n_models);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "spearman", p->spearman);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "slope", p->slope);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "intercept", p->intercept);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "scale", p->scale);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "r2", p->r2);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "down_weighted", (int64_t)p->n_weighted);
    if (rc == PL_OK && s->points > 0)
        rc = pl__json_set_number(doc, "distance", p->distance);
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static json_t *distances_json(const pl_cross_study *s)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "points", (int64_t)s->points) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "dimensions", (int64_t)s->dims);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "pairs", (int64_t)s->n_measured);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "pearson", s->distance_pearson);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "spearman", s->distance_spearman);
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static json_t *point_json(const void *from, size_t i)
{
    const pl_cross_point *p = &((const pl_cross_study *)from)->map[i];
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_string(doc, "dataset", p->dataset) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "item", p->item);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "x", p->x);
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "y", p->y);
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static json_t *map_json(const pl_cross_study *s)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_number(doc, "perplexity", s->perplexity) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "kl", s->kl);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "points", pl__list_json(point_json, s, s->n_map));
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static pl_status write_json(const pl_cross_study *s, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "version", 1) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "study", "cross");
    if (rc == PL_OK)
        rc = pl__json_set(doc, "models", pl__text_list_json(s->models, s->n_models));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "datasets", pl__text_list_json(s->datasets, s->n_datasets));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "scores", scores_json(s));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "spearman", pl__list_json(row_json, s, s->n_datasets));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "pairs", pl__list_json(pair_json, s, s->n_pairs));
    if (rc == PL_OK && s->points > 0)
        rc = pl__json_set(doc, "distances", distances_json(s));
    if (rc == PL_OK && s->map)
        rc = pl__json_set(doc, "map", map_json(s));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "notes", pl__text_list_json(s->notes.texts, s->notes.n));
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "JSON of a study");
}

pl_status pl__report_cross(const pl_cross_study *s, const char *map_path, pl_format format, pl_str *out,
                           pl_error *reterr)
{
    if (format == PL_FORMAT_JSON)
        return write_json(s, out, reterr);
    if (format == PL_FORMAT_CSV)
        return write_pairs(s, true, out, reterr);
    return write_table(s, map_path, out, reterr);
}

pl_status pl__report_cross_map(const pl_cross_study *s, pl_str *out, pl_error *reterr)
{
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    pl__table_column(&t, "dataset", false);
    pl__table_column(&t, "item", false);
    pl__table_column(&t, "x", true);
    pl__table_column(&t, "y", true);
    for (size_t i = 0; i < s->n_map; i++) {
        pl__table_text(&t, s->map[i].dataset);
        pl__table_text(&t, s->map[i].item);
        pl__table_full(&t, s->map[i].x);
        pl__table_full(&t, s->map[i].y);
    }
    rc = pl__table_write_csv(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}
