#include "dataset.h"

#include "alloc.h"
#include "dataset_build.h"
#include "error.h"
#include "file.h"
#include "json.h"

#include <string.h>

#define ITEMS_FILE_BYTES_MAX ((size_t)1 << 30)
#define ITEM_LINE_BYTES_MAX ((size_t)1 << 20)
#define ITEM_TEXT_BYTES_MAX 4096u /* an option, a label, a data set's name, a path */
#define ITEM_LABELS_MAX 1024u
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* One pass over an items file. */
typedef struct reading {
    const char *name;
    uint32_t line;
    pl_view folder; /* of the file, with its '/'; image paths start there */
    pl_dataset *dataset;
} reading;

static pl_status no_memory(const reading *r, pl_error *reterr)
{
    return pl__fail(reterr, PL_E_NOMEM, "%s:%u: no memory", r->name, r->line);
}

/* A JSON string, checked and copied into the data set. `what` names it in messages. */
static pl_status copy_text(const reading *r, const json_t *value, const char *what, size_t limit_bytes,
                           const char **ret, pl_error *reterr)
{
    if (!json_is_string(value))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s must be a string", r->name, r->line, what);
    pl_view text = pl__view_n(json_string_value(value), json_string_length(value));
    if (pl__view_trim(text).len == 0)
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s is empty", r->name, r->line, what);
    if (text.len > limit_bytes)
        return pl__fail(reterr, PL_E_LIMIT, "%s:%u: %s is longer than %zu bytes", r->name, r->line, what, limit_bytes);
    if (memchr(text.ptr, '\0', text.len))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s holds a NUL character", r->name, r->line, what);
    *ret = pl__arena_strndup(&r->dataset->arena, text.ptr, text.len);
    return *ret ? PL_OK : no_memory(r, reterr);
}

/* The same for a member that may be absent or null; *ret stays as it is then. */
static pl_status copy_member(const reading *r, const json_t *object, const char *key, size_t limit_bytes,
                             const char **ret, pl_error *reterr)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return PL_OK;
    return copy_text(r, value, key, limit_bytes, ret, reterr);
}

static pl_status copy_list(const reading *r, const json_t *object, const char *key, size_t n_max,
                           const char *const **ret, size_t *ret_n, pl_error *reterr)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return PL_OK;
    if (!json_is_array(value))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s must be a list of strings", r->name, r->line, key);
    size_t n = json_array_size(value);
    if (n == 0)
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s is an empty list", r->name, r->line, key);
    if (n > n_max)
        return pl__fail(reterr, PL_E_LIMIT, "%s:%u: %s has %zu entries, at most %zu are possible", r->name, r->line,
                        key, n, n_max);
    const char **list = pl__arena_calloc(&r->dataset->arena, n, sizeof(*list));
    if (!list)
        return no_memory(r, reterr);
    for (size_t i = 0; i < n; i++) {
        pl_status rc = copy_text(r, json_array_get(value, i), key, ITEM_TEXT_BYTES_MAX, &list[i], reterr);
        if (rc != PL_OK)
            return rc;
    }
    *ret = list;
    *ret_n = n;
    return PL_OK;
}

static pl_status check_options(const reading *r, const pl_item *item, pl_error *reterr)
{
    if (item->n_options == 1)
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: a single option is no choice", r->name, r->line);
    for (size_t i = 0; i < item->n_options; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(item->options[i], item->options[k]) == 0)
                return pl__fail(reterr, PL_E_PARSE, "%s:%u: options %zu and %zu are the same", r->name, r->line, k + 1,
                                i + 1);
        }
    }
    return PL_OK;
}

static pl_status copy_labels(const reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    const char *label = NULL;
    pl_status rc = copy_member(r, object, "label", ITEM_TEXT_BYTES_MAX, &label, reterr);
    if (rc == PL_OK)
        rc = copy_list(r, object, "labels", ITEM_LABELS_MAX, &item->labels, &item->n_labels, reterr);
    if (rc != PL_OK || !label)
        return rc;
    if (item->labels)
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: both label and labels are given", r->name, r->line);
    const char **list = pl__arena_alloc(&r->dataset->arena, sizeof(*list));
    if (!list)
        return no_memory(r, reterr);
    list[0] = label;
    item->labels = list;
    item->n_labels = 1;
    return PL_OK;
}

/* The image's path, seen from where the program runs. */
static pl_status copy_image(const reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    const char *image = NULL;
    pl_status rc = copy_member(r, object, "image", ITEM_TEXT_BYTES_MAX, &image, reterr);
    if (rc != PL_OK || !image)
        return rc;
    pl_view given = pl__view(image);
    if (pl__view_find(given, pl__view("://")) != SIZE_MAX || pl__view_starts_with(given, "data:"))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: image must be the path of a file, not an address", r->name,
                        r->line);
    item->image_path = image;
    if (image[0] == '/' || r->folder.len == 0)
        return PL_OK;
    char *path = pl__arena_alloc(&r->dataset->arena, r->folder.len + given.len + 1);
    if (!path)
        return no_memory(r, reterr);
    memcpy(path, r->folder.ptr, r->folder.len);
    memcpy(path + r->folder.len, image, given.len + 1);
    item->image_path = path;
    return PL_OK;
}

static pl_status read_item(const reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    if (!json_is_object(object))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: an item must be a JSON object", r->name, r->line);
    pl_status rc = copy_member(r, object, "id", PL_ITEM_ID_BYTES_MAX, &item->id, reterr);
    if (rc == PL_OK && !item->id)
        rc = pl__fail(reterr, PL_E_PARSE, "%s:%u: id is missing", r->name, r->line);
    if (rc == PL_OK)
        rc = copy_image(r, object, item, reterr);
    if (rc == PL_OK)
        rc = copy_member(r, object, "question", PL_ITEM_QUESTION_BYTES_MAX, &item->question, reterr);
    if (rc == PL_OK && !item->image_path && !item->question)
        rc = pl__fail(reterr, PL_E_PARSE, "%s:%u: an item needs an image or a question", r->name, r->line);
    if (rc == PL_OK)
        rc = copy_list(r, object, "options", PL_ITEM_OPTIONS_MAX, &item->options, &item->n_options, reterr);
    if (rc == PL_OK)
        rc = check_options(r, item, reterr);
    if (rc == PL_OK)
        rc = copy_labels(r, object, item, reterr);
    if (rc == PL_OK)
        rc = copy_member(r, object, "dataset", ITEM_TEXT_BYTES_MAX, &item->dataset, reterr);
    return rc;
}

static pl_status read_line(const reading *r, pl_view line, pl_error *reterr)
{
    json_t *object = NULL;
    pl_item item = {0};

    line = pl__view_trim(line);
    if (line.len == 0)
        return PL_OK;
    if (line.len > ITEM_LINE_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s:%u: line is longer than %zu bytes", r->name, r->line,
                        ITEM_LINE_BYTES_MAX);
    pl_status rc = pl__json_parse(line, &object, reterr);
    if (rc != PL_OK) {
        pl__error_prefix(reterr, "%s:%u", r->name, r->line);
        return rc;
    }
    rc = read_item(r, object, &item, reterr);
    json_decref(object);
    if (rc != PL_OK)
        return rc;
    rc = pl__dataset_add(r->dataset, &item, r->line, reterr);
    if (rc != PL_OK)
        pl__error_prefix(reterr, "%s:%u", r->name, r->line);
    return rc;
}

/* Sorted items: names the first line of the file whose id was there before. */
static pl_status check_ids(const char *name, const pl_dataset *dataset, pl_error *reterr)
{
    const pl_dataset_entry *again = NULL;
    const pl_dataset_entry *before = NULL;

    for (size_t i = 1; i < dataset->entries.len; i++) {
        const pl_dataset_entry *e = &dataset->entries.ptr[i];
        if (strcmp(e->item.id, e[-1].item.id) == 0 && (!again || e->line < again->line)) {
            again = e;
            before = e - 1;
        }
    }
    if (!again)
        return PL_OK;
    return pl__fail(reterr, PL_E_CONFLICT, "%s:%u: the id of line %u again: %s", name, again->line, before->line,
                    again->item.id);
}

static pl_view folder_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? pl__view_n(name, (size_t)(slash - name) + 1) : pl__view_n("", 0);
}

pl_status pl__dataset_parse_items(const char *name, pl_view text, pl_dataset **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    reading r = {.name = name};

    if (!name || (!text.ptr && text.len > 0) || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    r.folder = folder_of(name);
    r.dataset = pl__dataset_new();
    if (!r.dataset)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    if (pl__view_starts_with(text, BYTE_ORDER_MARK))
        text = pl__view_n(text.ptr + strlen(BYTE_ORDER_MARK), text.len - strlen(BYTE_ORDER_MARK));
    while (rc == PL_OK && text.len > 0) {
        const char *newline = memchr(text.ptr, '\n', text.len);
        size_t n = newline ? (size_t)(newline - text.ptr) : text.len;
        r.line++;
        rc = read_line(&r, pl__view_n(text.ptr, n), reterr);
        n += newline ? 1 : 0;
        text = pl__view_n(text.ptr + n, text.len - n);
    }
    if (rc != PL_OK)
        goto out;
    if (r.dataset->entries.len == 0) {
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "%s: no items", name);
        goto out;
    }
    pl__dataset_sort(r.dataset);
    rc = check_ids(name, r.dataset, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = r.dataset;
    r.dataset = NULL;
out:
    pl__dataset_free(r.dataset);
    return rc;
}

pl_status pl__dataset_from_items(const char *path, pl_dataset **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_str bytes;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl__str_init(&bytes, ITEMS_FILE_BYTES_MAX);
    rc = pl__file_read(path, ITEMS_FILE_BYTES_MAX, &bytes, reterr);
    if (rc == PL_OK)
        rc = pl__dataset_parse_items(path, pl__view_n(pl__str_c(&bytes), bytes.len), ret, reterr);
    pl__str_clear(&bytes);
    return rc;
}
