#include "dataset.h"

#include "alloc.h"
#include "dataset_build.h"
#include "error.h"
#include "file.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char *const image_endings[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff"};

#define POINTER_BYTES sizeof(void *)

/* What few items have. */
typedef struct more_of_item {
    const char *const *options;
    size_t n_options;
    const char *const *labels;
    size_t n_labels;
    const char *dataset;
} more_of_item;

/* A record: flags (1 byte), line (4), then, each if its flag is set: image_path (a pointer), more (a pointer), where
 * the id begins in image_path (4) or else the id itself with its NUL, the question with its NUL. Nothing is aligned. */
enum { HAS_IMAGE = 1, HAS_MORE = 2, ID_IN_PATH = 4, HAS_QUESTION = 8 };

pl_dataset *pl__dataset_new(void)
{
    pl_dataset *dataset = pl__calloc(1, sizeof(*dataset));
    if (dataset)
        pl__arena_init(&dataset->arena);
    return dataset;
}

void pl__dataset_free(pl_dataset *dataset)
{
    if (!dataset)
        return;
    pl__free(dataset->records.ptr);
    pl__arena_clear(&dataset->arena);
    pl__free(dataset);
}

size_t pl__dataset_count(const pl_dataset *dataset)
{
    return dataset->records.len;
}

static const char *take(const char *at, void *to, size_t n)
{
    memcpy(to, at, n);
    return at + n;
}

static pl_item unpack(const char *record, uint32_t *ret_line)
{
    pl_item item = {0};
    const more_of_item *more = NULL;
    uint32_t id_at = 0;
    uint8_t flags = 0;
    const char *at = take(take(record, &flags, sizeof(flags)), ret_line, sizeof(*ret_line));

    if (flags & HAS_IMAGE)
        at = take(at, &item.image_path, POINTER_BYTES);
    if (flags & HAS_MORE)
        at = take(at, &more, POINTER_BYTES);
    if ((flags & ID_IN_PATH) && item.image_path) {
        at = take(at, &id_at, sizeof(id_at));
        item.id = item.image_path + id_at;
    } else {
        item.id = at;
        at += strlen(at) + 1;
    }
    if (flags & HAS_QUESTION)
        item.question = at;
    if (more) {
        item.options = more->options;
        item.n_options = more->n_options;
        item.labels = more->labels;
        item.n_labels = more->n_labels;
        item.dataset = more->dataset;
    }
    return item;
}

pl_item pl__dataset_item(const pl_dataset *dataset, size_t index)
{
    uint32_t line = 0;
    PL_ASSERT(index < dataset->records.len);
    return unpack(dataset->records.ptr[index], &line);
}

uint32_t pl__dataset_line(const pl_dataset *dataset, size_t index)
{
    uint32_t line = 0;
    (void)unpack(dataset->records.ptr[index], &line);
    return line;
}

uint64_t pl__dataset_skipped(const pl_dataset *dataset)
{
    return dataset->skipped;
}

static char *put(char *at, const void *from, size_t n)
{
    memcpy(at, from, n);
    return at + n;
}

static const char *pack(pl_arena *arena, const pl_item *item, uint32_t line)
{
    uintptr_t path = (uintptr_t)item->image_path;
    uintptr_t id = (uintptr_t)item->id;
    bool in_path = item->image_path && id >= path && id <= path + strlen(item->image_path);
    size_t id_bytes = in_path ? sizeof(uint32_t) : strlen(item->id) + 1;
    size_t question_bytes = item->question ? strlen(item->question) + 1 : 0;
    more_of_item *more = NULL;
    uint32_t id_at = in_path ? (uint32_t)(id - path) : 0;
    uint8_t flags = (uint8_t)((item->image_path ? HAS_IMAGE : 0) | (in_path ? ID_IN_PATH : 0) |
                              (item->question ? HAS_QUESTION : 0));

    if (item->options || item->labels || item->dataset) {
        flags |= HAS_MORE;
        more = pl__arena_alloc(arena, sizeof(*more));
        if (!more)
            return NULL;
        *more = (more_of_item){.options = item->options,
                               .n_options = item->n_options,
                               .labels = item->labels,
                               .n_labels = item->n_labels,
                               .dataset = item->dataset};
    }
    char *record = pl__arena_alloc(arena, sizeof(flags) + sizeof(line) + (item->image_path ? POINTER_BYTES : 0) +
                                              (more ? POINTER_BYTES : 0) + id_bytes + question_bytes);
    if (!record)
        return NULL;
    char *at = put(put(record, &flags, sizeof(flags)), &line, sizeof(line));
    if (item->image_path)
        at = put(at, &item->image_path, POINTER_BYTES);
    if (more)
        at = put(at, &more, POINTER_BYTES);
    at = in_path ? put(at, &id_at, sizeof(id_at)) : put(at, item->id, id_bytes);
    if (item->question)
        (void)put(at, item->question, question_bytes);
    return record;
}

pl_status pl__dataset_add(pl_dataset *dataset, const pl_item *item, uint32_t line, pl_error *reterr)
{
    size_t n = dataset->records.len;
    if (n >= PL_ITEMS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %u items", PL_ITEMS_MAX);
    const char *record = pack(&dataset->arena, item, line);
    if (!record ||
        pl__vec_reserve(&dataset->records.ptr, &dataset->records.cap, n + 1, sizeof(*dataset->records.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%zu items", n + 1);
    dataset->records.ptr[n] = record;
    dataset->records.len++;
    return PL_OK;
}

static int compare_records(const void *a, const void *b)
{
    uint32_t x_line = 0;
    uint32_t y_line = 0;
    pl_item x = unpack(*(const char *const *)a, &x_line);
    pl_item y = unpack(*(const char *const *)b, &y_line);
    int order = strcmp(x.id, y.id);
    if (order != 0)
        return order;
    return x_line < y_line ? -1 : x_line > y_line;
}

void pl__dataset_sort(pl_dataset *dataset)
{
    if (dataset->records.len > 1)
        qsort(dataset->records.ptr, dataset->records.len, sizeof(*dataset->records.ptr), compare_records);
    /* It stays for the whole run: the room left by doubling is given back. */
    const char **fitted =
        dataset->records.len > 0 ? pl__reallocarray(dataset->records.ptr, dataset->records.len, sizeof(*fitted)) : NULL;
    if (fitted) {
        dataset->records.ptr = fitted;
        dataset->records.cap = dataset->records.len;
    }
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name);
    size_t m = strlen(ending);
    if (n <= m)
        return false;
    for (size_t i = 0; i < m; i++) {
        if (lower(name[n - m + i]) != ending[i])
            return false;
    }
    return true;
}

/* Ids go into JSON: a name that is no UTF-8 cannot be one. */
static bool is_image_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t n = strlen(path);
    if (n > PL_ITEM_ID_BYTES_MAX || !pl__utf8_valid(pl__view_n(path, n)))
        return false;
    for (size_t i = 0; i < sizeof(image_endings) / sizeof(image_endings[0]); i++) {
        if (ends_with(name, image_endings[i]))
            return true;
    }
    return false;
}

typedef struct gathering {
    pl_dataset *dataset;
    const char *prefix; /* folder with its '/', or "" */
} gathering;

static pl_status add_file(const char *relative, void *user, pl_error *reterr)
{
    gathering *g = user;
    pl_item item = {0};

    if (!is_image_name(relative)) {
        g->dataset->skipped++;
        return PL_OK;
    }
    size_t prefix_bytes = strlen(g->prefix);
    size_t id_bytes = strlen(relative);
    char *path = pl__arena_alloc(&g->dataset->arena, prefix_bytes + id_bytes + 1);
    if (!path)
        return pl__fail(reterr, PL_E_NOMEM, "%zu images", g->dataset->records.len + 1);
    memcpy(path, g->prefix, prefix_bytes);
    memcpy(path + prefix_bytes, relative, id_bytes + 1);
    item.image_path = path;
    item.id = path + prefix_bytes;
    return pl__dataset_add(g->dataset, &item, 0, reterr);
}

static pl_status gather_folder(gathering *g, const char *folder, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_str prefix;

    pl__str_init(&prefix, PL_STR_LIMIT_DEFAULT);
    bool has_slash = folder[strlen(folder) - 1] == '/';
    if (pl__str_appendf(&prefix, "%s%s", folder, has_slash ? "" : "/") != PL_OK) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", folder);
        goto out;
    }
    g->prefix = pl__str_c(&prefix);
    rc = pl__dir_walk(folder, add_file, g, reterr);
out:
    g->prefix = "";
    pl__str_clear(&prefix);
    return rc;
}

static pl_status gather_glob(gathering *g, const char *pattern, pl_error *reterr)
{
    pl_status rc = PL_OK;
    glob_t found = {0};
    int outcome = glob(pattern, GLOB_NOSORT, NULL, &found);

    if (outcome == GLOB_NOSPACE)
        rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pattern);
    else if (outcome == GLOB_ABORTED)
        rc = pl__fail(reterr, PL_E_IO, "%s: a folder cannot be read", pattern);
    for (size_t i = 0; rc == PL_OK && outcome == 0 && i < found.gl_pathc; i++) {
        pl_file_info info;
        if (pl__file_stat(found.gl_pathv[i], &info, NULL) == PL_OK && !info.is_dir)
            rc = add_file(found.gl_pathv[i], g, reterr);
    }
    globfree(&found);
    return rc;
}

pl_status pl__dataset_from_images(const char *folder_or_glob, pl_dataset **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_file_info info = {0};
    gathering g = {.prefix = ""};

    if (!folder_or_glob || !*folder_or_glob || !ret)
        return pl__fail(reterr, PL_E_INVALID, "no folder or pattern");
    g.dataset = pl__dataset_new();
    if (!g.dataset)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", folder_or_glob);
    /* What exists under the very name is meant, even when the name could be a pattern. */
    bool exists = pl__file_stat(folder_or_glob, &info, NULL) == PL_OK;
    if (exists && info.is_dir)
        rc = gather_folder(&g, folder_or_glob, reterr);
    else if (exists)
        rc = add_file(folder_or_glob, &g, reterr);
    else
        rc = gather_glob(&g, folder_or_glob, reterr);
    if (rc != PL_OK)
        goto out;
    if (g.dataset->records.len == 0) {
        rc = pl__fail(reterr, PL_E_NOT_FOUND,
                      "%s: no images there (looked for .jpg .jpeg .png .webp .gif .tif .tiff; %llu other files%s)",
                      folder_or_glob, (unsigned long long)g.dataset->skipped,
                      exists ? "" : "; it is no folder, and as a pattern it matches no image");
        goto out;
    }
    pl__dataset_sort(g.dataset);
    *ret = g.dataset;
    g.dataset = NULL;
out:
    pl__dataset_free(g.dataset);
    return rc;
}
