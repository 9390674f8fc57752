/* What the store is told of an item, and remembers of its file. */
#include "error.h"
#include "file.h"
#include "json.h"
#include "run_internal.h"

/* What a run keeps of an item: everything but its labels. */
static pl_status item_json(const pl_item *item, const pl_agenda_entry *entry, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    pl_status rc = doc ? PL_OK : PL_E_NOMEM;

    if (rc == PL_OK)
        rc = pl__json_set_string(doc, "id", item->id);
    if (rc == PL_OK && item->image_path)
        rc = pl__json_set_string(doc, "image", item->image_path);
    if (rc == PL_OK && item->question)
        rc = pl__json_set_string(doc, "question", item->question);
    if (rc == PL_OK && item->dataset)
        rc = pl__json_set_string(doc, "dataset", item->dataset);
    if (rc == PL_OK && item->n_options > 0) {
        json_t *options = json_array();

        for (size_t i = 0; i < item->n_options && options; i++) {
            if (json_array_append_new(options, json_string(item->options[i])) != 0) {
                json_decref(options);
                options = NULL;
            }
        }
        rc = pl__json_set(doc, "options", options);
    }
    if (rc == PL_OK && entry)
        rc = pl__agenda_write(doc, entry);
    if (rc == PL_OK)
        rc = pl__json_write(doc, out);
    json_decref(doc);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "item %s", item->id);
}

pl_status pl__run_item_row(const pl_runner *r, const pl_item *item, const pl_agenda_entry *entry, const char *problem,
                           pl_str *json, pl_store_write *ret, pl_error *reterr)
{
    pl_status rc = item_json(item, entry, json, reterr);

    if (rc != PL_OK)
        return rc;
    *ret = (pl_store_write){.kind = PL_WRITE_ITEM};
    ret->u.item = (pl_store_item){.run_id = r->run_id,
                                  .position = item->position,
                                  .id = item->id,
                                  .json = pl__str_c(json),
                                  .has_image = item->has_image_digest,
                                  .image_digest = item->image_digest,
                                  .problem = problem};
    return PL_OK;
}

pl_status pl__run_item_write(pl_runner *r, const pl_open_item *it, const char *problem, pl_error *reterr)
{
    pl_store_write write;
    pl_str json;
    pl_status rc = PL_OK;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    rc = pl__run_item_row(r, &it->item, it->entry, problem, &json, &write, reterr);
    if (rc == PL_OK)
        rc = pl__store_writer_submit(r->writer, &write, 1, 0, reterr);
    pl__str_clear(&json);
    return rc;
}

pl_status pl__run_item_digest(pl_runner *r, pl_item *item, pl_error *reterr)
{
    pl_file_info info = {0};
    bool found = false;
    pl_status rc = pl__file_stat(item->image_path, &info, reterr);

    if (rc == PL_OK)
        rc = r->store->ops->file_get(r->store, item->image_path, info.size_bytes, info.mtime_ns, &item->image_digest,
                                     &found, reterr);
    if (rc == PL_OK && !found) {
        rc = pl__image_digest(item->image_path, &item->image_digest, reterr);
        if (rc == PL_OK) {
            pl_store_write write = {.kind = PL_WRITE_FILE};

            write.u.file = (pl_store_file){.path = item->image_path,
                                           .size_bytes = info.size_bytes,
                                           .mtime_ns = info.mtime_ns,
                                           .digest = item->image_digest};
            rc = pl__store_writer_submit(r->writer, &write, 1, 0, reterr);
        }
    }
    item->has_image_digest = rc == PL_OK;
    return rc;
}

bool pl__run_is_item_problem(pl_status rc)
{
    return rc == PL_E_NOT_FOUND || rc == PL_E_IO || rc == PL_E_LIMIT || rc == PL_E_PARSE;
}
