#include "commands.h"
#include "error.h"
#include "json.h"
#include "out.h"
#include "stored_responses.h"
#include <string.h>

/* One visit of a stored run, written line by line: nothing of the run is held but the unit at hand. */
typedef struct export_visit {
    pl_record_writer *writer;
    const pl_config *config;
    pl_stored_judgments *judgments;
    size_t next_row;
    pl_str line;
    pl_task_kind kind; /* of the texts to write; 0 both questions and answers */
} export_visit;

static pl_status write_line(export_visit *v, pl_error *reterr)
{
    pl_status rc = pl__record_writer_write(v->writer, pl__view_n(v->line.ptr, v->line.len), reterr);

    pl__str_reset(&v->line);
    return rc;
}

static pl_status export_judgments(const pl_replay_unit *u, void *user, pl_error *reterr)
{
    export_visit *v = user;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; rc == PL_OK && i < pl__unit_count(u->unit); i++) {
        const pl_reply *reply = &u->replies[i];
        const char *finish = reply->outcome == PL_OUTCOME_CUT_OFF ? "length" : reply->finish;

        if (pl__unit_task(u->unit, i)->kind != PL_TASK_JUDGMENT)
            continue;
        rc = pl__records_write_judgment(pl__stored_judgments_set(v->judgments), v->next_row++,
                                        reply->text ? reply->text : NULL, finish, &v->line, reterr);
        if (rc == PL_OK)
            rc = write_line(v, reterr);
    }
    return rc;
}

static pl_status text_line(export_visit *v, const pl_replay_unit *u, uint32_t i)
{
    const pl_task *task = pl__unit_task(u->unit, i);
    const pl_reply *reply = &u->replies[i];
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_string(doc, "item", u->question_id) : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "image", pl__unit_item(u->unit)->id);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "kind", task->kind == PL_TASK_QUESTION ? "question" : "answer");
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "model", v->config->models[task->model].name);
    if (rc == PL_OK && task->sample > 0)
        rc = pl__json_set_integer(doc, "sample", task->sample);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "outcome", pl__outcome_name(pl__unit_outcome(u->unit, i)));
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "text", reply->text);
    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "finish", reply->finish);
    if (rc == PL_OK)
        rc = pl__json_set_integer(doc, "output_tokens", (int64_t)reply->usage.output_tokens);
    if (rc == PL_OK)
        rc = pl__json_write(doc, &v->line);
    if (rc == PL_OK)
        rc = pl__str_append_char(&v->line, '\n');
    json_decref(doc);
    return rc;
}

static pl_status export_texts(const pl_replay_unit *u, void *user, pl_error *reterr)
{
    export_visit *v = user;
    pl_status rc = PL_OK;

    for (uint32_t i = 0; rc == PL_OK && i < pl__unit_count(u->unit); i++) {
        pl_task_kind kind = pl__unit_task(u->unit, i)->kind;

        if (kind == PL_TASK_JUDGMENT || kind == PL_TASK_EQUIVALENCE || (v->kind != 0 && kind != v->kind))
            continue;
        rc = text_line(v, u, i);
        if (rc == PL_OK)
            rc = write_line(v, reterr);
    }
    return rc;
}

static pl_status export_response(const json_t *line, void *user, pl_error *reterr)
{
    export_visit *v = user;
    pl_status rc = pl__json_write(line, &v->line);

    if (rc == PL_OK)
        rc = pl__str_append_char(&v->line, '\n');
    return rc == PL_OK ? write_line(v, reterr) : pl__fail(reterr, rc, "response");
}

static pl_status export_responses(pl_replay *replay, const char *labels_path, export_visit *v, pl_error *reterr)
{
    pl_item_labels *labels = NULL;
    pl_status rc = labels_path ? pl__item_labels_read(labels_path, &labels, reterr) : PL_OK;

    if (rc == PL_OK)
        rc = pl__stored_responses_each(replay, labels, export_response, v, reterr);
    pl__item_labels_free(labels);
    return rc;
}

static pl_status export_what(const pl_args *args, const char *what, pl_replay *replay, export_visit *v,
                             pl_error *reterr)
{
    pl_status rc = PL_OK;

    if (strcmp(what, "responses") == 0)
        return export_responses(replay, pl__arg_text(args, "labels", NULL), v, reterr);

    if (strcmp(what, "judgments") == 0) {
        rc = pl__stored_judgments_new(replay, &v->judgments, reterr);
        if (rc == PL_OK)
            rc = pl__replay_each(replay, PL_EVAL_PEER_REVIEW, export_judgments, v, reterr);
        pl__stored_judgments_free(v->judgments);
        return rc;
    }
    v->kind = strcmp(what, "answers") == 0 ? PL_TASK_ANSWER : (pl_task_kind)0;
    rc = pl__replay_each(replay, PL_EVAL_PEER_REVIEW, export_texts, v, reterr);
    return rc == PL_OK ? pl__replay_each(replay, PL_EVAL_UNCERTAINTY, export_texts, v, reterr) : rc;
}

int pl__cmd_export(const pl_args *args)
{
    const char *what = pl__arg_text(args, "what", "judgments");
    pl_store *store = NULL;
    pl_replay *replay = NULL;
    export_visit v = {0};
    pl_error err = {0};
    pl_status rc = PL_OK;

    if (strcmp(what, "judgments") != 0 && strcmp(what, "answers") != 0 && strcmp(what, "texts") != 0 &&
        strcmp(what, "responses") != 0)
        return pl__out_usage(
            "--what is judgments, answers, texts or responses (finetune and labels do not exist yet), not \"%s\"",
            what);
    if (pl__arg_given(args, "labels") && strcmp(what, "responses") != 0)
        return pl__out_usage("--labels goes with --what responses");
    pl__str_init(&v.line, PL_STR_LIMIT_DEFAULT);
    rc = pl__store_open_sqlite(pl__arg_text(args, "store", "run.db"), PL_STORE_READ_ONLY, &store, &err);
    if (rc == PL_OK)
        rc = pl__replay_open(store, (int64_t)pl__arg_count(args, "run", 0), &replay, &err);
    if (rc == PL_OK)
        rc = pl__record_writer_open(pl__arg_text(args, "output", "-"), &v.writer, &err);
    if (rc == PL_OK) {
        v.config = pl__replay_config(replay);
        rc = export_what(args, what, replay, &v, &err);
        if (rc == PL_OK)
            rc = pl__record_writer_close(v.writer, &err);
        else
            pl__record_writer_abort(v.writer);
    }
    pl__str_clear(&v.line);
    pl__replay_free(replay);
    pl__store_close(store);
    return rc == PL_OK ? PL_EXIT_OK : pl__out_error(&err);
}
