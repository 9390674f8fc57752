#include "item.h"

#include "error.h"

static const char content_tag[] = "peerless item 1";

pl_status pl__item_content(const pl_item *item, pl_digest *ret, pl_error *reterr)
{
    if (item->image_path && !item->has_image_digest)
        return pl__fail(reterr, PL_E_INVALID, "item %s: the image was not read yet", item->id ? item->id : "?");
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "content of an item");
    pl__sha256_add_str(h, content_tag);
    pl__sha256_add_u64(h, item->has_image_digest);
    if (item->has_image_digest)
        pl__sha256_add(h, item->image_digest.bytes, sizeof(item->image_digest.bytes));
    pl__sha256_add_str(h, item->question);
    pl__sha256_add_u64(h, item->n_options);
    for (size_t i = 0; i < item->n_options; i++)
        pl__sha256_add_str(h, item->options[i]);
    pl__sha256_finish(h, ret);
    pl__sha256_free(h);
    return PL_OK;
}
