#include "blob.h"

#include "alloc.h"
#include <stdatomic.h>
#include <string.h>

struct pl_blob {
    atomic_size_t refs;
    char *ptr;
    size_t len;
};

static pl_blob *blob_of(char *ptr, size_t len)
{
    pl_blob *blob = pl__malloc(sizeof(*blob));

    if (!blob)
        return NULL;
    atomic_init(&blob->refs, 1);
    blob->ptr = ptr;
    blob->len = len;
    return blob;
}

pl_blob *pl__blob_from_str(pl_str *s)
{
    pl_blob *blob = blob_of(s->ptr, s->len);

    if (blob) {
        s->ptr = NULL;
        pl__str_clear(s);
    }
    return blob;
}

pl_blob *pl__blob_copy(const void *bytes, size_t n)
{
    pl_blob *blob = NULL;
    char *copy = pl__memdup(bytes, n);

    if (!copy)
        return NULL;
    blob = blob_of(copy, n);
    if (!blob)
        pl__free(copy);
    return blob;
}

pl_blob *pl__blob_ref(pl_blob *blob)
{
    if (blob)
        atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
    return blob;
}

void pl__blob_unref(pl_blob *blob)
{
    if (!blob || atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) != 1)
        return;
    pl__free(blob->ptr);
    pl__free(blob);
}

pl_view pl__blob_view(const pl_blob *blob)
{
    pl_view v = {"", 0};

    if (blob && blob->len > 0) {
        v.ptr = blob->ptr;
        v.len = blob->len;
    }
    return v;
}
