#include "file.h"

#include "alloc.h"
#include "error.h"
#include "vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static pl_status make_one(const char *path, pl_error *reterr)
{
    struct stat info;
    if (mkdir(path, 0777) == 0)
        return PL_OK;
    int code = errno; /* stat overwrites it */
    if (code != EEXIST && code != EROFS && code != EACCES)
        return pl__fail_errno(reterr, code, path);
    if (stat(path, &info) != 0)
        return pl__fail_errno(reterr, code == EEXIST ? errno : code, path);
    if (!S_ISDIR(info.st_mode))
        return pl__fail_detail(reterr, PL_E_IO, ENOTDIR, "%s: exists and is not a folder", path);
    return PL_OK;
}

pl_status pl__dir_make(const char *path, pl_error *reterr)
{
    pl_status rc = PL_OK;
    char *copy = NULL;

    if (!path || !*path)
        return pl__fail(reterr, PL_E_INVALID, "a folder needs a name");
    copy = pl__strdup(path);
    if (!copy)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", path);
    for (char *slash = strchr(copy + 1, '/'); slash && rc == PL_OK; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        rc = make_one(copy, reterr);
        *slash = '/';
    }
    if (rc == PL_OK)
        rc = make_one(copy, reterr);
    pl__free(copy);
    return rc;
}

typedef struct entry {
    char *name; /* a folder's ends in '/': so the order of names is the byte order of the paths below */
    bool is_dir;
    dev_t device;
    ino_t inode;
} entry;

typedef struct walk {
    pl_status (*fn)(const char *relative, void *user, pl_error *reterr);
    void *user;
    pl_str path;         /* the folder being read, with a '/' at its end */
    size_t prefix_bytes; /* where relative paths begin */
    uint32_t depth;
    dev_t devices[PL_DIR_DEPTH_MAX + 1]; /* of the folders being read: a link back to one of them is not followed */
    ino_t inodes[PL_DIR_DEPTH_MAX + 1];
} walk;

typedef PL_VEC(entry) entries;

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static void entries_clear(entries *list)
{
    for (size_t i = 0; i < list->len; i++)
        pl__free(list->ptr[i].name);
    pl__free(list->ptr);
}

static pl_status add_entry(walk *w, const char *name, entries *list, pl_error *reterr)
{
    struct stat info;
    size_t folder_bytes = w->path.len;
    pl_str label;

    pl__str_init(&label, PL_STR_LIMIT_DEFAULT);
    if (pl__str_append_c(&w->path, name) != PL_OK)
        goto no_memory;
    /* What cannot be followed (a dangling link) is no regular file. */
    bool known = stat(pl__str_c(&w->path), &info) == 0;
    w->path.len = folder_bytes;
    w->path.ptr[folder_bytes] = '\0';
    if (!known || (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)))
        return PL_OK;
    if (list->len >= PL_DIR_ENTRIES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "%s: more than %u entries", pl__str_c(&w->path), PL_DIR_ENTRIES_MAX);
    bool is_dir = S_ISDIR(info.st_mode);
    if (pl__vec_reserve(&list->ptr, &list->cap, list->len + 1, sizeof(*list->ptr)) != PL_OK ||
        pl__str_appendf(&label, "%s%s", name, is_dir ? "/" : "") != PL_OK)
        goto no_memory;
    list->ptr[list->len++] =
        (entry){.name = pl__str_take(&label), .is_dir = is_dir, .device = info.st_dev, .inode = info.st_ino};
    return PL_OK;
no_memory:
    pl__str_clear(&label);
    return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__str_c(&w->path));
}

static pl_status read_entries(walk *w, entries *list, pl_error *reterr)
{
    pl_status rc = PL_OK;
    DIR *dir = opendir(pl__str_c(&w->path));
    if (!dir)
        return pl__fail_errno(reterr, errno, pl__str_c(&w->path));
    while (rc == PL_OK) {
        errno = 0;
        const struct dirent *found = readdir(dir);
        if (!found) {
            if (errno != 0)
                rc = pl__fail_errno(reterr, errno, pl__str_c(&w->path));
            break;
        }
        if (found->d_name[0] != '.')
            rc = add_entry(w, found->d_name, list, reterr);
    }
    (void)closedir(dir);
    if (rc == PL_OK && list->len > 1)
        qsort(list->ptr, list->len, sizeof(*list->ptr), compare_entries);
    return rc;
}

static bool is_ancestor(const walk *w, const entry *e)
{
    for (uint32_t i = 0; i <= w->depth; i++) {
        if (w->devices[i] == e->device && w->inodes[i] == e->inode)
            return true;
    }
    return false;
}

static pl_status walk_folder(walk *w, pl_error *reterr)
{
    entries list = {0};
    size_t folder_bytes = w->path.len;
    pl_status rc = read_entries(w, &list, reterr);

    for (size_t i = 0; i < list.len && rc == PL_OK; i++) {
        const entry *e = &list.ptr[i];
        if (e->is_dir && is_ancestor(w, e))
            continue;
        if (pl__str_append_c(&w->path, e->name) != PL_OK) {
            rc = pl__fail(reterr, PL_E_NOMEM, "%s: no memory", pl__str_c(&w->path));
        } else if (!e->is_dir) {
            rc = w->fn(pl__str_c(&w->path) + w->prefix_bytes, w->user, reterr);
        } else if (w->depth >= PL_DIR_DEPTH_MAX) {
            rc = pl__fail(reterr, PL_E_LIMIT, "%s: folders nested deeper than %u", pl__str_c(&w->path),
                          PL_DIR_DEPTH_MAX);
        } else {
            w->depth++;
            w->devices[w->depth] = e->device;
            w->inodes[w->depth] = e->inode;
            rc = walk_folder(w, reterr);
            w->depth--;
        }
        w->path.len = folder_bytes;
        w->path.ptr[folder_bytes] = '\0';
    }
    entries_clear(&list);
    return rc;
}

pl_status pl__dir_walk(const char *dir, pl_status (*fn)(const char *relative, void *user, pl_error *reterr), void *user,
                       pl_error *reterr)
{
    struct stat info;
    walk w = {.fn = fn, .user = user};

    if (!dir || !fn)
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    if (stat(dir, &info) != 0)
        return pl__fail_errno(reterr, errno, dir);
    if (!S_ISDIR(info.st_mode))
        return pl__fail_detail(reterr, PL_E_IO, ENOTDIR, "%s: is not a folder", dir);
    pl__str_init(&w.path, PL_STR_LIMIT_DEFAULT);
    w.devices[0] = info.st_dev;
    w.inodes[0] = info.st_ino;
    bool has_slash = dir[0] != '\0' && dir[strlen(dir) - 1] == '/';
    pl_status rc = pl__str_appendf(&w.path, "%s%s", dir, has_slash ? "" : "/");
    if (rc != PL_OK)
        return pl__fail(reterr, rc, "%s: no memory", dir);
    w.prefix_bytes = w.path.len;
    rc = walk_folder(&w, reterr);
    pl__str_clear(&w.path);
    return rc;
}
