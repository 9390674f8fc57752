/* Fills a store with what a run of a configuration would have asked, through the store's own interface and without any
 * endpoint: the same units, the same keys, sample replies.
 *
 *   fill_store CONFIG STORE CALLS
 *
 * Stops after CALLS calls (0: at the end of the work). Used by resume_time.py. */
#include "alloc.h"
#include "config.h"
#include "dataset.h"
#include "eval.h"
#include "image.h"
#include "run.h"
#include "sample_reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_WRITES 4096u
#define CALLS_MAX 1000000000UL

typedef struct filler {
    pl_setup *setup;
    pl_store *store;
    pl_chat_builder builder;
    pl_store_write writes[BATCH_WRITES];
    pl_str bodies[BATCH_WRITES];
    size_t n;
    unsigned long n_calls;
    unsigned long calls_max;
} filler;

static pl_status flush(filler *f, pl_error *err)
{
    pl_status rc = f->n > 0 ? f->store->ops->write(f->store, f->writes, f->n, err) : PL_OK;
    f->n = 0;
    return rc;
}

static pl_status put_task(filler *f, pl_unit *unit, uint32_t i, pl_error *err)
{
    const pl_task *task = pl__unit_task(unit, i);
    bool is_judgment = task->kind == PL_TASK_JUDGMENT;
    pl_digest key;
    pl_usage usage;
    pl_str text;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__unit_chat(unit, i, &f->builder, err);
    rc = rc ? rc : pl__chat_key(&f->builder.chat, &key, err);
    if (!rc && f->n + 2 > BATCH_WRITES)
        rc = flush(f, err);
    pl_str *body = &f->bodies[f->n];
    rc = rc ? rc : pl__sample_reply(f->n_calls, is_judgment, body, &usage);
    rc = rc ? rc : pl__sample_text(f->n_calls, is_judgment, &text);
    if (!rc) {
        f->writes[f->n].kind = PL_WRITE_CALL;
        f->writes[f->n++].u.call = (pl_store_call){.key = key,
                                                   .outcome = PL_OUTCOME_ANSWERED,
                                                   .http_status = 200,
                                                   .attempts = 1,
                                                   .usage = usage,
                                                   .elapsed_ns = 900000000 + f->n_calls,
                                                   .created_unix_ms = 1760000000000 + (int64_t)f->n_calls,
                                                   .codec = "openai",
                                                   .body = {body->ptr, body->len}};
        f->writes[f->n].kind = PL_WRITE_TASK;
        f->writes[f->n++].u.task = (pl_store_task){*pl__unit_key(unit), task->key, key};
        f->n_calls++;
        pl__unit_start(unit, i);
        rc = pl__unit_finish(unit, i, PL_OUTCOME_ANSWERED, pl__view_n(text.ptr, text.len), err);
    }
    pl__str_clear(&text);
    return rc;
}

static pl_status put_unit(filler *f, const pl_item *item, uint32_t index, pl_error *err)
{
    pl_unit *unit = NULL;
    pl_status rc = pl__unit_new(f->setup->eval, item, index, &unit, err);
    for (uint32_t i = 0; !rc && i < pl__unit_count(unit) && f->n_calls < f->calls_max; i++)
        if (pl__unit_state(unit, i) == PL_TASK_READY) /* needs come first */
            rc = put_task(f, unit, i, err);
    pl__unit_free(unit);
    return rc;
}

static pl_status fill(filler *f, pl_error *err)
{
    size_t n = pl__dataset_count(f->setup->dataset);
    pl_status rc = PL_OK;
    for (size_t i = 0; i < n && f->n_calls < f->calls_max && !rc; i++) {
        pl_item item = pl__dataset_item(f->setup->dataset, i);
        item.position = i;
        if (item.image_path) {
            rc = pl__image_digest(item.image_path, &item.image_digest, err);
            item.has_image_digest = rc == PL_OK;
        }
        for (uint32_t u = 0; u < pl__eval_units_per_item(f->setup->eval) && f->n_calls < f->calls_max && !rc; u++)
            rc = put_unit(f, &item, u, err);
    }
    return rc ? rc : flush(f, err);
}

static pl_status go(filler *f, const char *config_path, const char *store_path, pl_error *err)
{
    pl_config *config = NULL;
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_load(config_path, &config, &problems, err);
    rc = rc ? rc : pl__setup_new(config, &f->setup, err);
    rc = rc ? rc : pl__store_open_sqlite(store_path, PL_STORE_CREATE, &f->store, err);
    rc = rc ? rc : fill(f, err);
    pl__store_close(f->store);
    pl__setup_free(f->setup);
    pl__config_free(config);
    pl__str_clear(&problems);
    return rc;
}

int main(int argc, char **argv)
{
    pl_error err = {0};
    char *end = NULL;
    filler *f = pl__calloc(1, sizeof(*f));
    errno = 0;
    unsigned long n = argc == 4 ? strtoul(argv[3], &end, 10) : 0;
    if (!f || !end || *end || errno || n > CALLS_MAX) {
        fprintf(stderr, "usage: fill_store CONFIG STORE CALLS\n");
        pl__free(f);
        return 2;
    }
    f->calls_max = n > 0 ? n : CALLS_MAX;
    pl__chat_builder_init(&f->builder);
    for (size_t i = 0; i < BATCH_WRITES; i++)
        pl__str_init(&f->bodies[i], PL_STR_LIMIT_DEFAULT);
    pl_status rc = go(f, argv[1], argv[2], &err);
    if (rc)
        fprintf(stderr, "fill_store: %s\n", err.msg);
    else
        printf("%lu\n", f->n_calls);
    for (size_t i = 0; i < BATCH_WRITES; i++)
        pl__str_clear(&f->bodies[i]);
    pl__chat_builder_clear(&f->builder);
    pl__free(f);
    return rc ? 2 : 0;
}
