#include "dataset.h"

#include "alloc.h"
#include "dataset_build.h"
#include "error.h"
#include "file.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char *const image_endings[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff"};

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
    pl__free(dataset->entries.ptr);
    pl__arena_clear(&dataset->arena);
    pl__free(dataset);
}

size_t pl__dataset_count(const pl_dataset *dataset)
{
    return dataset->entries.len;
}

const pl_item *pl__dataset_item(const pl_dataset *dataset, size_t index)
{
    PL_ASSERT(index < dataset->entries.len);
    return &dataset->entries.ptr[index].item;
}

uint64_t pl__dataset_skipped(const pl_dataset *dataset)
{
    return dataset->skipped;
}

pl_status pl__dataset_add(pl_dataset *dataset, const pl_item *item, uint32_t line, pl_error *reterr)
{
    size_t n = dataset->entries.len;
    if (n >= PL_ITEMS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "more than %u items", PL_ITEMS_MAX);
    if (pl__vec_reserve(&dataset->entries.ptr, &dataset->entries.cap, n + 1, sizeof(*dataset->entries.ptr)) != PL_OK)
        return pl__fail(reterr, PL_E_NOMEM, "%zu items", n + 1);
    dataset->entries.ptr[n] = (pl_dataset_entry){.item = *item, .line = line};
    dataset->entries.len++;
    return PL_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const pl_dataset_entry *x = a;
    const pl_dataset_entry *y = b;
    int order = strcmp(x->item.id, y->item.id);
    if (order != 0)
        return order;
    return x->line < y->line ? -1 : x->line > y->line;
}

void pl__dataset_sort(pl_dataset *dataset)
{
    if (dataset->entries.len > 1)
        qsort(dataset->entries.ptr, dataset->entries.len, sizeof(*dataset->entries.ptr), compare_entries);
    /* It stays for the whole run: the room left by doubling is given back. */
    pl_dataset_entry *fitted =
        dataset->entries.len > 0 ? pl__reallocarray(dataset->entries.ptr, dataset->entries.len, sizeof(*fitted)) : NULL;
    if (fitted) {
        dataset->entries.ptr = fitted;
        dataset->entries.cap = dataset->entries.len;
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
        return pl__fail(reterr, PL_E_NOMEM, "%zu images", g->dataset->entries.len + 1);
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
    if (g.dataset->entries.len == 0) {
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
