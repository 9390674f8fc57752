/* How sure the models are, and how right. */
#include "answer_report.h"
#include "error.h"
#include "num.h"
#include "number_json.h"
#include "table.h"
#include <math.h>

static json_t *bins_json(const pl_reliability_bin *bins)
{
    json_t *list = json_array();

    for (uint32_t b = 0; b < PL_CALIBRATION_BINS && list; b++) {
        json_t *bin = json_object();
        pl_status rc = bin ? pl__json_set_number(bin, "lower", (double)b / PL_CALIBRATION_BINS) : PL_E_NOMEM;

        if (rc == PL_OK)
            rc = pl__json_set_number(bin, "upper", (double)(b + 1) / PL_CALIBRATION_BINS);
        if (rc == PL_OK)
            rc = pl__json_set_integer(bin, "n", (int64_t)bins[b].n);
        if (rc == PL_OK)
            rc = pl__json_set_number(bin, "confidence", bins[b].confidence);
        if (rc == PL_OK)
            rc = pl__json_set_number(bin, "accuracy", bins[b].accuracy);
        if (rc != PL_OK) {
            json_decref(bin);
            bin = NULL;
        }
        if (json_array_append_new(list, bin) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *model_json(const pl_calibration_part *part, uint32_t m, bool with_bins)
{
    const pl_calibration *c = &part->models[m];
    json_t *doc = json_object();
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"accuracy", c->accuracy}, {"ece", c->ece}, {"mce", c->mce}, {"aurc", c->aurc}, {"mass", part->mass[m]}};
    const struct {
        const char *key;
        uint64_t value;
    } counts[] = {{"n", c->n}, {"right", c->right}, {"missing", c->missing}, {"n_with_probabilities", c->n_sure}};
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && rc == PL_OK; i++)
        rc = pl__json_set_number(doc, numbers[i].key, numbers[i].value);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) && rc == PL_OK; i++)
        rc = pl__json_set_integer(doc, counts[i].key, (int64_t)counts[i].value);
    if (rc == PL_OK)
        rc = pl__json_set(doc, "option_missing",
                          pl__answer_missing_json(part->missing + (size_t)m * PL_ANSWER_MISSING_COUNT));
    if (rc == PL_OK && with_bins)
        rc = pl__json_set(doc, "reliability", bins_json(part->bins + (size_t)m * PL_CALIBRATION_BINS));
    if (rc == PL_OK)
        return doc;
    json_decref(doc);
    return NULL;
}

static pl_status add_datasets(const pl_calibration_study *s, uint32_t m, json_t *model)
{
    json_t *doc = s->n_parts > 1 ? json_object() : NULL;
    pl_status rc = PL_OK;

    if (s->n_parts <= 1)
        return PL_OK;
    for (size_t i = 1; i < s->n_parts && doc && rc == PL_OK; i++)
        rc = pl__json_set(doc, s->parts[i].dataset, model_json(&s->parts[i], m, false));
    if (rc != PL_OK) {
        json_decref(doc);
        return rc;
    }
    return pl__json_set(model, "datasets", doc);
}

static json_t *pool_json(const pl_calibration_part *part)
{
    return json_pack("{s:f, s:I}", "accuracy", part->pool_accuracy, "n", (json_int_t)part->pool_n);
}

static pl_status write_json(const pl_calibration_study *s, const char *const *notes, size_t n_notes, pl_str *out)
{
    json_t *doc = json_object();
    json_t *models = json_object();
    pl_status rc = doc && models ? pl__json_set_integer(doc, "version", 1) : PL_E_NOMEM;

    for (uint32_t m = 0; m < s->n_models && rc == PL_OK; m++) {
        json_t *model = model_json(&s->parts[0], m, true);

        rc = pl__json_set(models, s->set->models[m], model); /* from here on it is the document's */
        if (rc == PL_OK)
            rc = add_datasets(s, m, model);
    }
    if (rc == PL_OK && s->parts[0].pool_n > 0)
        rc = pl__json_set(doc, "pool", pool_json(&s->parts[0]));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "models", json_incref(models));
    if (rc == PL_OK)
        rc = pl__json_set(doc, "notes", pl__text_list_json(notes, n_notes));
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    if (rc == PL_OK)
        rc = pl__str_append_char(out, '\n');
    json_decref(models);
    json_decref(doc);
    return rc;
}

static void number(pl_table *t, double x, bool is_csv)
{
    if (is_csv)
        pl__table_full(t, x);
    else
        pl__table_fixed(t, x, 4);
}

static void add_part(const pl_calibration_study *s, const pl_calibration_part *part, bool is_csv, pl_table *t)
{
    for (uint32_t m = 0; m < s->n_models; m++) {
        const pl_calibration *c = &part->models[m];
        const uint32_t *missing = part->missing + (size_t)m * PL_ANSWER_MISSING_COUNT;

        if (s->n_parts > 1)
            pl__table_text(t, part->dataset ? part->dataset : "all");
        pl__table_text(t, s->set->models[m]);
        number(t, c->accuracy, is_csv);
        pl__table_count(t, c->n);
        pl__table_count(t, c->missing);
        number(t, c->ece, is_csv);
        number(t, c->mce, is_csv);
        number(t, c->aurc, is_csv);
        number(t, part->mass[m], is_csv);
        for (int why = PL_ANSWER_THERE; why < PL_ANSWER_MISSING_COUNT; why++)
            pl__table_count(t, missing[why]);
    }
}

static pl_status write_pool(const pl_calibration_study *s, pl_str *out)
{
    char number_text[PL_NUM_BYTES];
    const pl_calibration_part *all = &s->parts[0];

    if (all->pool_n == 0)
        return PL_OK;
    pl__num_format_fixed(all->pool_accuracy, 4, number_text);
    return pl__str_appendf(out, "\nthe pool of within is right at %s of %llu labelled items\n", number_text,
                           (unsigned long long)all->pool_n);
}

static pl_status write_table(const pl_calibration_study *s, bool is_csv, pl_str *out, pl_error *reterr)
{
    static const char *const heads[] = {"accuracy", "labelled", "no answer", "ECE", "MCE", "AURC", "option mass"};
    pl_table t;
    pl_status rc = PL_OK;

    pl__table_init(&t);
    if (s->n_parts > 1)
        pl__table_column(&t, "dataset", false);
    pl__table_column(&t, "model", false);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        pl__table_column(&t, heads[i], true);
    pl__table_column(&t, "with option probabilities", true);
    for (int why = PL_ANSWER_NO_RESPONSE; why < PL_ANSWER_MISSING_COUNT; why++)
        pl__table_column(&t, pl_answer_missing_text((pl_answer_missing)why), true);
    for (size_t i = 0; i < s->n_parts; i++)
        add_part(s, &s->parts[i], is_csv, &t);
    rc = is_csv ? pl__table_write_csv(&t, out, reterr) : pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

pl_status pl__report_calibration(const pl_calibration_study *s, const char *const *notes, size_t n_notes,
                                 pl_format format, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (format == PL_FORMAT_JSON)
        rc = write_json(s, notes, n_notes, out);
    else
        rc = write_table(s, format == PL_FORMAT_CSV, out, reterr);
    if (rc == PL_OK && format == PL_FORMAT_TABLE)
        rc = write_pool(s, out);
    if (rc == PL_OK && format == PL_FORMAT_TABLE)
        rc = pl__append_notes(out, notes, n_notes);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}
