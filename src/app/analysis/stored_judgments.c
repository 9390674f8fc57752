#include "stored_judgments.h"

#include "alloc.h"
#include "answer.h"
#include "arena.h"
#include "error.h"
#include "map.h"
#include "vec.h"

struct pl_stored_judgments {
    pl_judgment_set set;
    pl_arena strings;
    const char *models[PL_MODELS_MAX];
    const char *families[PL_MODELS_MAX];
    const char *criteria[PL_CRITERIA_COUNT];
    uint32_t criterion_of[PL_CRITERIA_COUNT]; /* index in the set, PL_INDEX_NONE if not asked */
    double weights[PL_CRITERIA_COUNT];
    const char **items;
    size_t cap_items;
    const char **images;
    size_t cap_images;
    bool text_only;
    uint64_t last_position;
    pl_judgment *rows;
    size_t cap_rows;
};

static pl_status name_models(pl_stored_judgments *j, const pl_config *config, pl_error *reterr)
{
    for (uint32_t i = 0; i < config->n_models; i++) {
        j->models[i] = pl__arena_strdup(&j->strings, config->models[i].name);
        j->families[i] = pl__arena_strdup(&j->strings, config->models[i].family);
        if (!j->models[i] || !j->families[i])
            return pl__fail(reterr, PL_E_NOMEM, "judgments");
    }
    j->set.models = j->models;
    j->set.families = j->families;
    j->set.n_models = config->n_models;
    for (uint32_t c = 0; c < PL_CRITERIA_COUNT; c++) {
        j->criterion_of[c] = PL_INDEX_NONE;
        if (!config->peer_review.criteria[c])
            continue;
        j->criterion_of[c] = j->set.n_criteria;
        j->weights[j->set.n_criteria] = config->peer_review.weights[c];
        j->criteria[j->set.n_criteria++] = pl__criterion_name((pl_criterion)c);
    }
    if (j->set.n_criteria == 1)
        j->weights[0] = 1.0; /* a single criterion counts fully */
    j->set.criteria = j->criteria;
    return PL_OK;
}

static pl_status add_name(pl_stored_judgments *j, const char ***list, size_t *cap, uint32_t *count, const char *name,
                          pl_error *reterr)
{
    if (pl__vec_reserve(list, cap, (size_t)*count + 1, sizeof(**list)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "judgments");
    (*list)[*count] = pl__arena_strdup(&j->strings, name);
    if (!(*list)[*count])
        return pl__fail(reterr, PL_E_NOMEM, "judgments");
    (*count)++;
    return PL_OK;
}

pl_judgment pl__unit_judgment(const pl_replay_unit *u, uint32_t i)
{
    const pl_task *task = pl__unit_task(u->unit, i);
    const pl_reply *reply = &u->replies[i];
    pl_parsed_verdict v = pl__unit_verdict(u->unit, i, pl__view_n(reply->text ? reply->text : "", reply->text_len));
    pl_judgment row = {.judge = task->model, .a = task->first, .b = task->second, .criterion = task->criterion};

    row.verdict = (uint8_t)v.verdict;
    row.missing = (uint8_t)v.missing;
    row.a_length = pl__count_words(pl__unit_text(u->unit, pl__unit_need(u->unit, i, 0)));
    row.b_length = pl__count_words(pl__unit_text(u->unit, pl__unit_need(u->unit, i, 1)));
    row.weight = 1.0;
    return row;
}

static pl_status add_unit(const pl_replay_unit *u, void *user, pl_error *reterr)
{
    pl_stored_judgments *j = user;
    pl_status rc = add_name(j, &j->items, &j->cap_items, &j->set.n_items, u->question_id, reterr);

    if (rc == PL_OK && (j->set.n_images == 0 || u->position != j->last_position)) {
        rc = add_name(j, &j->images, &j->cap_images, &j->set.n_images, pl__unit_item(u->unit)->id, reterr);
        j->last_position = u->position;
    }
    j->text_only = j->text_only || !pl__unit_item(u->unit)->image_path;
    for (uint32_t i = 0; rc == PL_OK && i < pl__unit_count(u->unit); i++) {
        pl_judgment row;

        if (pl__unit_task(u->unit, i)->kind != PL_TASK_JUDGMENT)
            continue;
        row = pl__unit_judgment(u, i);
        row.criterion = j->criterion_of[row.criterion];
        row.item = j->set.n_items - 1;
        row.image = j->set.n_images - 1;
        if (pl__vec_reserve(&j->rows, &j->cap_rows, j->set.n_rows + 1, sizeof(*j->rows)) != PL_OK)
            return pl__fail(reterr, PL_E_NOMEM, "judgments");
        j->rows[j->set.n_rows++] = row;
    }
    return rc;
}

pl_status pl__stored_judgments_new(pl_replay *replay, pl_stored_judgments **ret, pl_error *reterr)
{
    pl_stored_judgments *j = NULL;
    pl_status rc = PL_OK;

    if (!pl__replay_config(replay)->has_peer_review)
        return pl__fail(reterr, PL_E_NOT_FOUND, "run %lld has no judgments: it did not evaluate by peer review",
                        (long long)pl__replay_run(replay)->id);
    j = pl__calloc(1, sizeof(*j));

    if (!j)
        return pl__fail(reterr, PL_E_NOMEM, "judgments");
    pl__arena_init(&j->strings);
    rc = name_models(j, pl__replay_config(replay), reterr);
    if (rc == PL_OK)
        rc = pl__replay_each(replay, PL_EVAL_PEER_REVIEW, add_unit, j, reterr);
    if (rc != PL_OK) {
        pl__stored_judgments_free(j);
        return rc;
    }
    j->set.items = j->items;
    j->set.images = j->images;
    j->set.rows = j->rows;
    *ret = j;
    return PL_OK;
}

void pl__stored_judgments_free(pl_stored_judgments *j)
{
    if (!j)
        return;
    pl__free(j->items);
    pl__free(j->images);
    pl__free(j->rows);
    pl__arena_clear(&j->strings);
    pl__free(j);
}

const pl_judgment_set *pl__stored_judgments_set(const pl_stored_judgments *j)
{
    return &j->set;
}

const double *pl__stored_judgments_weights(const pl_stored_judgments *j)
{
    return j->weights;
}

bool pl__stored_judgments_text_only(const pl_stored_judgments *j)
{
    return j->text_only;
}
