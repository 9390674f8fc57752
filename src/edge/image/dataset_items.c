#include "dataset.h"

#include "alloc.h"
#include "dataset_build.h"
#include "error.h"
#include "file.h"
#include "json.h"
#include "line_file.h"
#include "map.h"

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
    pl_map *kept; /* strings that many items share -> their one copy in the arena */
    pl_str path;  /* of the image of the item being read */
    const char *options[PL_ITEM_OPTIONS_MAX];
    const char *labels[ITEM_LABELS_MAX];
} reading;

static pl_status no_memory(const reading *r, pl_error *reterr)
{
    return pl__fail(reterr, PL_E_NOMEM, "%s:%u: no memory", r->name, r->line);
}

/* Images, options, labels and data sets' names come again and again: one copy serves all. */
static pl_status keep_once(const reading *r, pl_view text, const char **ret, pl_error *reterr)
{
    uintptr_t found = 0;

    if (!pl__map_get(r->kept, text.ptr, text.len, &found)) {
        found = (uintptr_t)pl__arena_strndup(&r->dataset->arena, text.ptr, text.len);
        if (!found || pl__map_put(r->kept, text.ptr, text.len, found) != PL_OK)
            return no_memory(r, reterr);
    }
    *ret = (const char *)found;
    return PL_OK;
}

/* A JSON string, checked; it is the JSON's still. `what` names it in messages. */
static pl_status get_text(const reading *r, const json_t *value, const char *what, size_t limit_bytes, const char **ret,
                          pl_error *reterr)
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
    *ret = text.ptr;
    return PL_OK;
}

/* The same for a member that may be absent or null; *ret stays as it is then. */
static pl_status get_member(const reading *r, const json_t *object, const char *key, size_t limit_bytes,
                            const char **ret, pl_error *reterr)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return PL_OK;
    return get_text(r, value, key, limit_bytes, ret, reterr);
}

/* room: for n_max strings; what stays is a copy of it. */
static pl_status copy_list(const reading *r, const json_t *object, const char *key, const char **room, size_t n_max,
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
    for (size_t i = 0; i < n; i++) {
        pl_status rc = get_text(r, json_array_get(value, i), key, ITEM_TEXT_BYTES_MAX, &room[i], reterr);
        if (rc == PL_OK)
            rc = keep_once(r, pl__view(room[i]), &room[i], reterr);
        if (rc != PL_OK)
            return rc;
    }
    const char **list = pl__arena_alloc(&r->dataset->arena, n * sizeof(*list));
    if (!list)
        return no_memory(r, reterr);
    memcpy(list, room, n * sizeof(*list));
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

static pl_status copy_labels(reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    const char *label = NULL;
    pl_status rc = get_member(r, object, "label", ITEM_TEXT_BYTES_MAX, &label, reterr);
    if (rc == PL_OK)
        rc = copy_list(r, object, "labels", r->labels, ITEM_LABELS_MAX, &item->labels, &item->n_labels, reterr);
    if (rc != PL_OK || !label)
        return rc;
    if (item->labels)
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: both label and labels are given", r->name, r->line);
    const char **list = pl__arena_alloc(&r->dataset->arena, sizeof(*list));
    if (!list)
        return no_memory(r, reterr);
    rc = keep_once(r, pl__view(label), &list[0], reterr);
    if (rc != PL_OK)
        return rc;
    item->labels = list;
    item->n_labels = 1;
    return PL_OK;
}

/* The image's path, seen from where the program runs. */
static pl_status copy_image(reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    const char *image = NULL;
    pl_status rc = get_member(r, object, "image", ITEM_TEXT_BYTES_MAX, &image, reterr);
    if (rc != PL_OK || !image)
        return rc;
    pl_view given = pl__view(image);
    if (pl__view_find(given, pl__view("://")) != SIZE_MAX || pl__view_starts_with(given, "data:"))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: image must be the path of a file, not an address", r->name,
                        r->line);
    pl__str_reset(&r->path);
    if (image[0] != '/')
        rc = pl__str_append_view(&r->path, r->folder);
    if (rc == PL_OK)
        rc = pl__str_append_view(&r->path, given);
    return rc == PL_OK ? keep_once(r, pl__view_n(r->path.ptr, r->path.len), &item->image_path, reterr)
                       : no_memory(r, reterr);
}

static pl_status read_item(reading *r, const json_t *object, pl_item *item, pl_error *reterr)
{
    if (!json_is_object(object))
        return pl__fail(reterr, PL_E_PARSE, "%s:%u: an item must be a JSON object", r->name, r->line);
    pl_status rc = get_member(r, object, "id", PL_ITEM_ID_BYTES_MAX, &item->id, reterr);
    if (rc == PL_OK && !item->id)
        rc = pl__fail(reterr, PL_E_PARSE, "%s:%u: id is missing", r->name, r->line);
    if (rc == PL_OK)
        rc = copy_image(r, object, item, reterr);
    if (rc == PL_OK)
        rc = get_member(r, object, "question", PL_ITEM_QUESTION_BYTES_MAX, &item->question, reterr);
    if (rc == PL_OK && !item->image_path && !item->question)
        rc = pl__fail(reterr, PL_E_PARSE, "%s:%u: an item needs an image or a question", r->name, r->line);
    if (rc == PL_OK)
        rc = copy_list(r, object, "options", r->options, PL_ITEM_OPTIONS_MAX, &item->options, &item->n_options, reterr);
    if (rc == PL_OK)
        rc = check_options(r, item, reterr);
    if (rc == PL_OK)
        rc = copy_labels(r, object, item, reterr);
    if (rc == PL_OK)
        rc = get_member(r, object, "dataset", ITEM_TEXT_BYTES_MAX, &item->dataset, reterr);
    if (rc == PL_OK && item->dataset)
        rc = keep_once(r, pl__view(item->dataset), &item->dataset, reterr);
    return rc;
}

static pl_status read_line(reading *r, pl_view line, pl_error *reterr)
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
    if (rc == PL_OK) {
        rc = pl__dataset_add(r->dataset, &item, r->line, reterr);
        if (rc != PL_OK)
            pl__error_prefix(reterr, "%s:%u", r->name, r->line);
    }
    json_decref(object);
    return rc;
}

/* Sorted items: names the first line of the file whose id was there before. */
static pl_status check_ids(const char *name, const pl_dataset *dataset, pl_error *reterr)
{
    pl_item before = {0};
    uint32_t before_line = 0;
    const char *again = NULL;
    uint32_t again_line = 0;
    uint32_t first_line = 0;

    for (size_t i = 0; i < pl__dataset_count(dataset); i++) {
        pl_item item = pl__dataset_item(dataset, i);
        uint32_t line = pl__dataset_line(dataset, i);
        if (i > 0 && strcmp(item.id, before.id) == 0 && (!again || line < again_line)) {
            again = item.id;
            again_line = line;
            first_line = before_line;
        }
        before = item;
        before_line = line;
    }
    if (!again)
        return PL_OK;
    return pl__fail(reterr, PL_E_CONFLICT, "%s:%u: the id of line %u again: %s", name, again_line, first_line, again);
}

static pl_view folder_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? pl__view_n(name, (size_t)(slash - name) + 1) : pl__view_n("", 0);
}

static pl_status reading_begin(reading *r, const char *name, pl_error *reterr)
{
    r->name = name;
    r->folder = folder_of(name);
    pl__str_init(&r->path, PL_STR_LIMIT_DEFAULT);
    r->dataset = pl__dataset_new();
    r->kept = pl__map_new();
    return r->dataset && r->kept ? PL_OK : pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
}

/* One more line of the file, without its break. */
static pl_status reading_line(reading *r, pl_view line, pl_error *reterr)
{
    if (r->line == 0 && pl__view_starts_with(line, BYTE_ORDER_MARK))
        line = pl__view_n(line.ptr + strlen(BYTE_ORDER_MARK), line.len - strlen(BYTE_ORDER_MARK));
    r->line++;
    return read_line(r, line, reterr);
}

/* rc: of the lines. */
static pl_status reading_end(reading *r, pl_status rc, pl_dataset **ret, pl_error *reterr)
{
    if (rc == PL_OK && r->dataset->records.len == 0)
        rc = pl__fail(reterr, PL_E_NOT_FOUND, "%s: no items", r->name);
    if (rc == PL_OK) {
        pl__dataset_sort(r->dataset);
        rc = check_ids(r->name, r->dataset, reterr);
    }
    if (rc == PL_OK) {
        *ret = r->dataset;
        r->dataset = NULL;
    }
    pl__map_free(r->kept);
    pl__str_clear(&r->path);
    pl__dataset_free(r->dataset);
    return rc;
}

pl_status pl__dataset_parse_items(const char *name, pl_view text, pl_dataset **ret, pl_error *reterr)
{
    reading r = {.name = name};

    if (!name || (!text.ptr && text.len > 0) || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    pl_status rc = reading_begin(&r, name, reterr);
    while (rc == PL_OK && text.len > 0) {
        const char *newline = memchr(text.ptr, '\n', text.len);
        size_t n = newline ? (size_t)(newline - text.ptr) : text.len;
        rc = reading_line(&r, pl__view_n(text.ptr, n), reterr);
        n += newline ? 1 : 0;
        text = pl__view_n(text.ptr + n, text.len - n);
    }
    return reading_end(&r, rc, ret, reterr);
}

/* Line by line: memory shall not follow the file's size. */
static pl_status read_file(reading *r, const char *path, pl_error *reterr)
{
    pl_line_file *file = NULL;
    uint64_t offset = 0;
    bool more = true;
    pl_str line;
    pl_status rc = pl__line_file_read_open(path, &file, reterr);

    pl__str_init(&line, PL_LINE_BYTES_MAX);
    while (rc == PL_OK) {
        rc = pl__line_file_next(file, &line, &offset, &more, reterr);
        if (rc != PL_OK || !more)
            break;
        rc = offset + line.len > ITEMS_FILE_BYTES_MAX
                 ? pl__fail(reterr, PL_E_LIMIT, "%s: larger than %zu bytes", path, ITEMS_FILE_BYTES_MAX)
                 : reading_line(r, pl__view_n(pl__str_c(&line), line.len), reterr);
    }
    pl__str_clear(&line);
    pl__line_file_close(file);
    return rc;
}

pl_status pl__dataset_from_items(const char *path, pl_dataset **ret, pl_error *reterr)
{
    reading r = {.name = path};
    pl_status rc = PL_OK;
    pl_str bytes;

    if (!path || !ret)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (strcmp(path, "-") != 0) {
        rc = reading_begin(&r, path, reterr);
        if (rc == PL_OK)
            rc = read_file(&r, path, reterr);
        return reading_end(&r, rc, ret, reterr);
    }
    pl__str_init(&bytes, ITEMS_FILE_BYTES_MAX);
    rc = pl__file_read(path, ITEMS_FILE_BYTES_MAX, &bytes, reterr);
    if (rc == PL_OK)
        rc = pl__dataset_parse_items(path, pl__view_n(pl__str_c(&bytes), bytes.len), ret, reterr);
    pl__str_clear(&bytes);
    return rc;
}
