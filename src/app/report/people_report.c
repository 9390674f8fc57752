/* Who stands behind the reference, and how far they agree with each other. */
#include "study_report.h"

#include "error.h"
#include "num.h"
#include "table.h"

#include <math.h>

static double consistency(const pl_annotator *p)
{
    return p->pairs > 0 ? (double)p->same / (double)p->pairs : (double)NAN;
}

static pl_status alpha_line(const pl_annotators *people, pl_str *out)
{
    char text[PL_NUM_BYTES];

    if (isnan(people->alpha))
        return PL_OK;
    pl__num_format_fixed(people->alpha, 3, text);
    return pl__str_appendf(out, "Krippendorff's alpha between annotators: %s (%llu units)\n", text,
                           (unsigned long long)people->n_units);
}

pl_status pl__people_table(const pl_judge_study *s, pl_str *out, pl_error *reterr)
{
    const pl_annotators *people = &s->annotators;
    pl_table t;
    pl_status rc = pl__str_appendf(out, "\nthe reference: %llu verdicts of %u annotator%s\n",
                                   (unsigned long long)people->n_usable, people->n, people->n == 1 ? "" : "s");

    if (rc != PL_OK)
        return pl__fail(reterr, rc, "report");
    if (!people->compared)
        return PL_OK;
    pl__table_init(&t);
    pl__table_column(&t, "annotator", false);
    pl__table_column(&t, "verdicts", true);
    pl__table_column(&t, "pairs with the others", true);
    pl__table_column(&t, "consistency", true);
    for (uint32_t i = 0; i < people->n; i++) {
        pl__table_text(&t, people->all[i].name);
        pl__table_count(&t, people->all[i].usable);
        pl__table_count(&t, people->all[i].pairs);
        pl__table_fixed(&t, consistency(&people->all[i]), 3);
    }
    rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    if (rc == PL_OK)
        rc = alpha_line(people, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "report");
}

static json_t *annotator_json(const pl_annotators *people, const pl_annotator *p)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_integer(doc, "usable", (int64_t)p->usable) : PL_E_NOMEM;

    if (rc == PL_OK && people->compared)
        rc = pl__json_set_integer(doc, "pairs", (int64_t)p->pairs);
    if (rc == PL_OK && people->compared)
        rc = pl__json_set_integer(doc, "same", (int64_t)p->same);
    if (rc == PL_OK && people->compared)
        rc = pl__json_set_number(doc, "consistency", consistency(p));
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}

json_t *pl__people_json(const pl_judge_study *s)
{
    const pl_annotators *people = &s->annotators;
    json_t *doc = json_object();
    json_t *all = json_object();
    pl_status rc = doc && all ? PL_OK : PL_E_NOMEM;

    for (uint32_t i = 0; i < people->n && rc == PL_OK; i++)
        rc = pl__json_set(all, people->all[i].name, annotator_json(people, &people->all[i]));
    if (rc == PL_OK) {
        rc = pl__json_set(doc, "annotators", all);
        all = NULL;
    }
    if (rc == PL_OK)
        rc = pl__json_set_number(doc, "alpha", people->alpha);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "units", (int64_t)people->n_units);
    json_decref(all);
    if (rc != PL_OK) {
        json_decref(doc);
        return NULL;
    }
    return doc;
}
