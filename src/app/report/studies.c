#include "studies.h"

#include "cross_study.h"
#include "error.h"
#include "json.h"
#include "num.h"
#include "number_json.h"
#include "table.h"

#include <math.h>
#include <stdio.h>

#define CELL_BYTES 120

/* "0.9442 ± 0.0011", the mean alone where there is one value; what is undefined for some seeds says so. */
static void add_cell(pl_table *t, const pl_study_row *row, size_t metric, unsigned decimals)
{
    char mean[PL_NUM_BYTES];
    char sd[PL_NUM_BYTES];
    char text[CELL_BYTES];
    char part[CELL_BYTES / 2] = "";

    if (row->n_defined[metric] == 0) {
        pl__table_text(t, "–");
        return;
    }
    pl__num_format_fixed(row->mean[metric], decimals, mean);
    if (row->n_defined[metric] < row->n_values)
        (void)snprintf(part, sizeof(part), " (%zu of %zu)", row->n_defined[metric], row->n_values);
    if (isnan(row->sd[metric])) {
        (void)snprintf(text, sizeof(text), "%s%s", mean, part);
    } else {
        pl__num_format_fixed(row->sd[metric], decimals, sd);
        (void)snprintf(text, sizeof(text), "%s ± %s%s", mean, sd, part);
    }
    pl__table_text(t, text);
}

static void add_heads(const pl_study *s, pl_table *t, bool csv)
{
    static const char *const columns[] = {"mean", "sd", "n"};
    char name[CELL_BYTES];

    for (size_t i = 0; i < s->n_labels; i++)
        pl__table_column(t, s->label_heads[i], false);
    for (size_t k = 0; k < s->n_metrics; k++) {
        if (!csv)
            pl__table_column(t, s->metrics[k].title, true);
        for (size_t c = 0; csv && c < 3; c++) {
            (void)snprintf(name, sizeof(name), "%s_%s", s->metrics[k].name, columns[c]);
            pl__table_column(t, name, true);
        }
    }
}

static void fill_table(const pl_study *s, pl_table *t, bool csv)
{
    add_heads(s, t, csv);
    for (size_t i = 0; i < s->n_rows; i++) {
        const pl_study_row *row = &s->rows[i];

        for (size_t k = 0; k < s->n_labels; k++)
            pl__table_text(t, row->labels[k]);
        for (size_t k = 0; k < s->n_metrics; k++) {
            if (!csv) {
                add_cell(t, row, k, s->metrics[k].decimals);
                continue;
            }
            pl__table_full(t, row->mean[k]);
            pl__table_full(t, row->sd[k]);
            pl__table_count(t, row->n_defined[k]);
        }
    }
}

static pl_status write_facts(const pl_study *s, pl_str *out)
{
    pl_status rc = s->n_facts > 0 ? pl__str_append_char(out, '\n') : PL_OK;

    for (size_t i = 0; i < s->n_facts && rc == PL_OK; i++) {
        double value = s->facts[i].value;
        bool whole = value == floor(value) && fabs(value) < 1e15;
        char text[PL_NUM_BYTES];

        pl__num_format_fixed(value, whole ? 0 : fabs(value) < 1e-3 ? 15 : 4, text);
        rc = pl__str_appendf(out, "%s: %s\n", s->facts[i].name, isnan(value) ? "undefined" : text);
    }
    return rc;
}

static pl_status write_head(const pl_study *s, pl_str *out)
{
    pl_status rc = pl__str_appendf(out, "%s: %s\nagreement with ", s->name, s->title);

    if (rc == PL_OK)
        rc = pl__append_clean(out, pl__view(s->reference));
    if (rc == PL_OK)
        rc = pl__str_appendf(out, "; %u seed%s from %llu, ", s->n_seeds, s->n_seeds == 1 ? "" : "s",
                             (unsigned long long)s->first_seed);
    if (rc == PL_OK && s->images > 0)
        rc = pl__str_appendf(out, "%u of %u images each", s->images, s->n_images);
    else if (rc == PL_OK)
        rc = pl__str_appendf(out, "%u images", s->n_images);
    return rc == PL_OK ? pl__str_append_c(out, "; mean ± sample standard deviation\n\n") : rc;
}

static pl_status write_table(const pl_study *s, bool csv, pl_str *out, pl_error *reterr)
{
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    fill_table(s, &t, csv);
    if (csv) {
        rc = pl__table_write_csv(&t, out, reterr);
        pl__table_clear(&t);
        return rc;
    }
    rc = write_head(s, out);
    rc = rc == PL_OK ? pl__table_write(&t, out, reterr) : pl__fail(reterr, rc, "report of a study");
    pl__table_clear(&t);
    if (rc != PL_OK)
        return rc;
    rc = write_facts(s, out);
    if (rc == PL_OK)
        rc = pl__append_notes(out, s->notes.texts, s->notes.n);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report of a study");
}

/* ---- JSON ---- */

static json_t *metric_json(const pl_study_row *row, size_t metric)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_number(doc, "mean", row->mean[metric]) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "sd", row->sd[metric]);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n", (int64_t)row->n_defined[metric]);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "values", pl__number_list_json(row->values + metric * row->n_values, row->n_values));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *row_json(const void *from, size_t r)
{
    const pl_study *s = from;
    const pl_study_row *row = &s->rows[r];
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t i = 0; i < s->n_labels && rc == PL_OK; i++)
        rc = pl__json_set_string(doc, s->label_heads[i], row->labels[i]);
    for (size_t k = 0; k < s->n_metrics && rc == PL_OK; k++)
        rc = pl__json_set(doc, s->metrics[k].name, metric_json(row, k));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static json_t *facts_json(const pl_study *s)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t i = 0; i < s->n_facts && rc == PL_OK; i++)
        rc = pl__json_set_number(doc, s->facts[i].name, s->facts[i].value);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

static pl_status write_json(const pl_study *s, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "version", 1) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "study", s->name);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "reference", s->reference);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "first_seed", (int64_t)s->first_seed);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "seeds", s->n_seeds);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "images", s->images > 0 ? json_integer(s->images) : json_null());
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "n_images", s->n_images);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "rows", pl__list_json(row_json, s, s->n_rows));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "summary", facts_json(s));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "notes", pl__text_list_json(s->notes.texts, s->notes.n));
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "JSON of a study");
}

pl_status pl__report_study(const pl_study *study, pl_format format, pl_str *out, pl_error *reterr)
{
    if (format == PL_FORMAT_JSON)
        return write_json(study, out, reterr);
    return write_table(study, format == PL_FORMAT_CSV, out, reterr);
}

pl_status pl__report_study_kinds(pl_format format, pl_str *out, pl_error *reterr)
{
    size_t n = 0;
    const pl_study_kind *kinds = pl__study_kinds(&n);
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    pl__table_column(&t, "study", false);
    pl__table_column(&t, "what it shows", false);
    for (size_t i = 0; i < n; i++) {
        pl__table_text(&t, kinds[i].name);
        pl__table_text(&t, kinds[i].what);
    }
    pl__table_text(&t, PL_CROSS_NAME);
    pl__table_text(&t, PL_CROSS_WHAT);
    rc = format == PL_FORMAT_CSV ? pl__table_write_csv(&t, out, reterr) : pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}
