#include "probe_report.h"

#include "error.h"
#include "json.h"
#include "num.h"
#include "stored_abilities.h"
#include "table.h"

#include <stdio.h>
#include <string.h>

/* Heads are short: with sixteen abilities a row should still fit a terminal. */
static const struct {
    pl_ability ability;
    const char *head;
} columns[] = {
    {PL_ABILITY_TEXT, "text"},
    {PL_ABILITY_IMAGES, "images"},
    {PL_ABILITY_SIGHT, "sees"},
    {PL_ABILITY_IMAGE_SIDE, "side px"},
    {PL_ABILITY_LOGPROBS, "logprobs"},
    {PL_ABILITY_N, "n"},
    {PL_ABILITY_REPEATABLE, "repeats"},
    {PL_ABILITY_SEED, "seed"},
    {PL_ABILITY_TEMPERATURE, "temp."},
    {PL_ABILITY_MAX_TOKENS, "max_tokens"},
    {PL_ABILITY_MAX_COMPLETION_TOKENS, "max_compl."},
    {PL_ABILITY_CONTEXT, "context"},
    {PL_ABILITY_REASONING, "reasons"},
    {PL_ABILITY_PREFILL, "prefill"},
    {PL_ABILITY_USAGE, "usage"},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void finding_cell(pl_table *t, const pl_finding *f)
{
    char text[64];

    if (f->state == PL_ABILITY_UNKNOWN && f->amount > 0)
        (void)snprintf(text, sizeof(text), "%llu?", (unsigned long long)f->amount);
    else if (f->amount > 0)
        (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)f->amount);
    else
        (void)snprintf(text, sizeof(text), "%s",
                       f->state == PL_ABILITY_UNKNOWN ? "?" : pl__ability_state_name(f->state));
    pl__table_text(t, text);
}

static pl_status write_matrix(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n, pl_str *out,
                              pl_error *reterr)
{
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "model", false);
    for (size_t c = 0; c < COLUMNS; c++)
        pl__table_column(&t, columns[c].head, true);
    for (uint32_t m = 0; m < n; m++) {
        pl__table_text(&t, models[m].name);
        for (size_t c = 0; c < COLUMNS; c++)
            finding_cell(&t, &abilities[m].of[columns[c].ability]);
    }
    pl_status rc = pl__table_write(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static bool same_finding(const pl_finding *a, const pl_finding *b)
{
    return a->state == b->state && a->amount == b->amount && strcmp(a->why, b->why) == 0;
}

/* What an endpoint that cannot be used has to say is said once, not for each ability. */
static bool worth_a_line(const pl_abilities *a, pl_ability ability)
{
    const pl_finding *f = &a->of[ability];
    bool reached = a->of[PL_ABILITY_REACHABLE].state == PL_ABILITY_YES;

    if (ability == PL_ABILITY_REASONING)
        return f->state == PL_ABILITY_YES;
    if (!reached)
        return ability == PL_ABILITY_REACHABLE;
    if (a->of[PL_ABILITY_TEXT].state != PL_ABILITY_YES)
        return ability == PL_ABILITY_TEXT;
    return f->state != PL_ABILITY_YES;
}

static bool told_before(const pl_abilities *abilities, uint32_t m, pl_ability ability)
{
    for (uint32_t k = 0; k < m; k++) {
        if (worth_a_line(&abilities[k], ability) && same_finding(&abilities[k].of[ability], &abilities[m].of[ability]))
            return true;
    }
    return false;
}

/* "images: a, b: no: refused: …": endpoints of which the same is to be said share a line. */
static pl_status write_reason(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n, uint32_t first,
                              pl_ability ability, pl_str *out)
{
    const pl_finding *f = &abilities[first].of[ability];
    pl_status rc = pl__str_appendf(out, "  %s: ", pl__ability_name(ability));

    for (uint32_t m = first; m < n && !rc; m++) {
        if (!worth_a_line(&abilities[m], ability) || !same_finding(f, &abilities[m].of[ability]))
            continue;
        rc = pl__str_append_c(out, m == first ? "" : ", ");
        if (!rc)
            rc = pl__append_clean(out, pl__view(models[m].name));
    }
    if (!rc)
        rc = pl__str_appendf(out, ": %s: ", pl__ability_state_name(f->state));
    if (!rc)
        rc = pl__append_clean(out, pl__view(f->why));
    return rc ? rc : pl__str_append_char(out, '\n');
}

static pl_status write_reasons(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n, pl_str *out)
{
    pl_status rc = pl__str_append_char(out, '\n');

    for (unsigned i = 0; i < PL_ABILITIES && !rc; i++) {
        for (uint32_t m = 0; m < n && !rc; m++) {
            if (worth_a_line(&abilities[m], (pl_ability)i) && !told_before(abilities, m, (pl_ability)i))
                rc = write_reason(models, abilities, n, m, (pl_ability)i, out);
        }
    }
    return rc;
}

static pl_status write_csv(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n, pl_str *out,
                           pl_error *reterr)
{
    pl_table t;

    pl__table_init(&t);
    pl__table_column(&t, "model", false);
    pl__table_column(&t, "ability", false);
    pl__table_column(&t, "state", false);
    pl__table_column(&t, "amount", true);
    pl__table_column(&t, "why", false);
    for (uint32_t m = 0; m < n; m++) {
        for (unsigned i = 0; i < PL_ABILITIES; i++) {
            const pl_finding *f = &abilities[m].of[i];

            pl__table_text(&t, models[m].name);
            pl__table_text(&t, pl__ability_name((pl_ability)i));
            pl__table_text(&t, pl__ability_state_name(f->state));
            if (f->amount > 0)
                pl__table_count(&t, f->amount);
            else
                pl__table_text(&t, "");
            pl__table_text(&t, f->why);
        }
    }
    pl_status rc = pl__table_write_csv(&t, out, reterr);
    pl__table_clear(&t);
    return rc;
}

static pl_status model_json(const pl_model_spec *model, const pl_abilities *a, json_t *list, pl_error *reterr)
{
    json_t *doc = NULL;
    pl_str text;

    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__abilities_write(a, &text, reterr);
    if (!rc)
        rc = pl__json_parse(pl__view_n(pl__str_c(&text), text.len), &doc, reterr);
    if (!rc)
        rc = pl__json_set_string(doc, "endpoint", model->endpoint);
    if (!rc) {
        (void)json_object_del(doc, "version"); /* the report has one of its own */
        rc = pl__json_set(list, model->name, doc);
        doc = NULL;
    }
    json_decref(doc);
    pl__str_clear(&text);
    return rc;
}

static pl_status write_json(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n, pl_str *out,
                            pl_error *reterr)
{
    json_t *doc = json_object();
    json_t *list = json_object();
    pl_status rc = doc && list ? pl__json_set_integer(doc, "version", 1) : PL_E_NOMEM;

    for (uint32_t m = 0; m < n && !rc; m++)
        rc = model_json(&models[m], &abilities[m], list, reterr);
    if (!rc) {
        rc = pl__json_set(doc, "models", list);
        list = NULL;
    }
    if (!rc)
        rc = pl__json_write(doc, out);
    json_decref(list);
    json_decref(doc);
    return rc ? rc : pl__str_append_char(out, '\n');
}

pl_status pl__report_probe(const pl_model_spec *models, const pl_abilities *abilities, uint32_t n_models,
                           pl_format format, pl_str *out, pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (format == PL_FORMAT_JSON)
        rc = write_json(models, abilities, n_models, out, reterr);
    else if (format == PL_FORMAT_CSV)
        rc = write_csv(models, abilities, n_models, out, reterr);
    else
        rc = write_matrix(models, abilities, n_models, out, reterr);
    if (!rc && format == PL_FORMAT_TABLE)
        rc = write_reasons(models, abilities, n_models, out);
    return rc ? pl__fail(reterr, rc, "abilities") : PL_OK;
}
