#ifndef PL_BLOB_H
#define PL_BLOB_H

#include "str.h"

/* Immutable bytes shared between threads by reference count: an image's base64 is in memory once, however many
 * requests carry it. */
typedef struct pl_blob pl_blob;

/* Takes over what *s holds (s becomes empty); NULL on refusal, then s keeps its bytes. One reference. */
pl_blob *pl__blob_from_str(pl_str *s);
pl_blob *pl__blob_copy(const void *bytes, size_t n); /* NULL on refusal */
pl_blob *pl__blob_ref(pl_blob *blob);                /* the same pointer; NULL stays NULL */
void pl__blob_unref(pl_blob *blob);                  /* NULL is a no-op */
pl_view pl__blob_view(const pl_blob *blob);          /* valid while a reference is held; NULL gives an empty view */

#endif
