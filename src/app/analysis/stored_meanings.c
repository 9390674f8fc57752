#include "stored_meanings.h"

#include "error.h"
#include "meanings.h"

#include <string.h>

bool pl__reply_has_text(const pl_reply *reply)
{
    return (reply->outcome == PL_OUTCOME_ANSWERED || reply->outcome == PL_OUTCOME_CUT_OFF) && reply->text;
}

bool pl__stored_sample(const pl_replay_unit *u, uint32_t i, uint32_t model)
{
    const pl_task *task = pl__unit_task(u->unit, i);

    return task->kind == PL_TASK_ANSWER && task->model == model && task->sample > 0 &&
           pl__reply_has_text(&u->replies[i]);
}

static pl_parsed_equivalence verdict_of(const pl_replay_unit *u, uint32_t i)
{
    const pl_reply *reply = &u->replies[i];

    return pl__unit_equivalence(u->unit, i, reply->text ? pl__view_n(reply->text, reply->text_len) : pl__view(""));
}

static uint32_t sample_of(const pl_replay_unit *u, uint32_t pair, uint32_t which)
{
    return pl__unit_task(u->unit, pl__unit_need(u->unit, pair, which))->sample;
}

bool pl__stored_meanings(const pl_replay_unit *u, uint32_t model, uint32_t ret[PL_CHAT_SAMPLES_MAX], uint32_t *ret_n)
{
    uint8_t pairs[PL_CHAT_SAMPLES_MAX * PL_CHAT_SAMPLES_MAX] = {0};
    uint32_t place[PL_CHAT_SAMPLES_MAX + 1] = {0}; /* by number of the sample, from 1; 0: it did not come */
    uint32_t n = 0;
    bool compared = false;

    for (uint32_t i = 0; i < pl__unit_count(u->unit); i++) {
        if (pl__stored_sample(u, i, model))
            place[pl__unit_task(u->unit, i)->sample] = ++n;
    }
    for (uint32_t i = 0; i < pl__unit_count(u->unit); i++) {
        const pl_task *task = pl__unit_task(u->unit, i);
        uint32_t a = 0;
        uint32_t b = 0;

        if (task->kind != PL_TASK_EQUIVALENCE || task->first != model)
            continue;
        compared = true;
        a = place[sample_of(u, i, 0)];
        b = place[sample_of(u, i, 1)];
        if (a > 0 && b > 0)
            pairs[(size_t)(a - 1) * n + b - 1] = (uint8_t)verdict_of(u, i).equivalence;
    }
    *ret_n = n;
    return compared && pl__group_meanings(pairs, n, ret);
}

static void count_pairs(const pl_replay_unit *u, pl_meaning_counts *c)
{
    for (uint32_t i = 0; i < pl__unit_count(u->unit); i++) {
        pl_parsed_equivalence v = {PL_EQUIVALENCE_MISSING, PL_MISSING_NOT};

        if (pl__unit_task(u->unit, i)->kind != PL_TASK_EQUIVALENCE)
            continue;
        v = verdict_of(u, i);
        c->pairs++;
        if (pl__unit_state(u->unit, i) == PL_TASK_SETTLED)
            c->settled++;
        else if (v.equivalence == PL_EQUIVALENCE_MISSING)
            c->missing[v.missing]++;
        else
            *(v.equivalence == PL_EQUIVALENCE_SAME ? &c->same : &c->different) += 1;
    }
}

static pl_status count_unit(const pl_replay_unit *u, void *user, pl_error *reterr)
{
    pl_meaning_counts *c = user;

    (void)reterr;
    if (pl__unit_item(u->unit)->n_options > 0)
        return PL_OK;
    count_pairs(u, c);
    for (uint32_t i = 0; i < pl__unit_count(u->unit); i++) {
        const pl_task *task = pl__unit_task(u->unit, i);
        uint32_t meanings[PL_CHAT_SAMPLES_MAX];
        uint32_t n = 0;
        bool grouped = false;

        if (task->kind != PL_TASK_ANSWER || task->sample > 0)
            continue; /* once a model */
        grouped = pl__stored_meanings(u, task->model, meanings, &n);
        c->answers += n > 1;
        c->ungrouped += n > 1 && !grouped;
    }
    return PL_OK;
}

pl_status pl__stored_meanings_count(pl_replay *replay, pl_meaning_counts *ret, pl_error *reterr)
{
    *ret = (pl_meaning_counts){0};
    if (!pl__config_compares(pl__replay_config(replay)))
        return PL_OK;
    return pl__replay_each(replay, PL_EVAL_UNCERTAINTY, count_unit, ret, reterr);
}

/* "; 5 without a verdict (3 no mark, 2 refused); 2 of 90 answers have no meanings for it" */
static pl_status write_missing(const pl_meaning_counts *c, pl_str *out)
{
    uint64_t n = 0;
    const char *before = " (";
    pl_status rc = PL_OK;

    for (int why = 0; why < PL_MISSING_COUNT; why++)
        n += c->missing[why];
    if (n == 0)
        return PL_OK;
    rc = pl__str_appendf(out, "; %llu without a verdict", (unsigned long long)n);
    for (int why = 0; why < PL_MISSING_COUNT && rc == PL_OK; why++) {
        if (c->missing[why] == 0)
            continue;
        rc = pl__str_appendf(out, "%s%llu %s", before, (unsigned long long)c->missing[why],
                             pl_missing_text((pl_missing)why));
        before = ", ";
    }
    if (rc == PL_OK)
        rc = pl__str_appendf(out, "), so that %llu of %llu answers have no meanings", (unsigned long long)c->ungrouped,
                             (unsigned long long)c->answers);
    return rc;
}

pl_status pl__stored_meanings_note(pl_replay *replay, pl_str *out, pl_error *reterr)
{
    const pl_config *config = pl__replay_config(replay);
    pl_meaning_counts c;
    pl_status rc = pl__stored_meanings_count(replay, &c, reterr);

    if (rc != PL_OK || c.pairs == 0)
        return rc;
    rc =
        pl__str_appendf(out,
                        "%s compared %llu pairs of samples: %llu are the same text and were not asked about, %llu mean "
                        "the same, %llu do not",
                        config->models[config->uncertainty.judge].name, (unsigned long long)c.pairs,
                        (unsigned long long)c.settled, (unsigned long long)c.same, (unsigned long long)c.different);
    if (rc == PL_OK)
        rc = write_missing(&c, out);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "comparisons of samples");
}
