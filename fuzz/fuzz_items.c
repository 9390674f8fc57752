/* Same input, same result; accepted if and only if there is a list, and then every item keeps the promises of the
 * format: sorted by unique ids, an image or a question, options that differ. */
#include "dataset.h"
#include "error.h"

#include <string.h>

static void check_item(const pl_item *item)
{
    PL_ASSERT(item->id && item->id[0] != '\0' && strlen(item->id) <= PL_ITEM_ID_BYTES_MAX);
    PL_ASSERT(pl__utf8_valid(pl__view(item->id)));
    PL_ASSERT(item->image_path || item->question);
    PL_ASSERT(!item->question || strlen(item->question) <= PL_ITEM_QUESTION_BYTES_MAX);
    PL_ASSERT(item->n_options != 1 && item->n_options <= PL_ITEM_OPTIONS_MAX);
    for (size_t i = 1; i < item->n_options; i++)
        PL_ASSERT(strcmp(item->options[i], item->options[i - 1]) != 0);
    for (size_t i = 0; i < item->n_labels; i++)
        PL_ASSERT(item->labels[i] && item->labels[i][0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_dataset *items = NULL;
    pl_dataset *again = NULL;
    pl_error err = {0};
    pl_error err_again = {0};

    pl_status rc = pl__dataset_parse_items("data/items.jsonl", text, &items, &err);
    pl_status rc_again = pl__dataset_parse_items("data/items.jsonl", text, &again, &err_again);
    PL_ASSERT(rc == rc_again && strcmp(err.msg, err_again.msg) == 0);
    PL_ASSERT((rc == PL_OK) == (items != NULL));
    PL_ASSERT(rc == PL_OK || (err.code == rc && strncmp(err.msg, "data/items.jsonl:", 17) == 0));
    (void)rc_again;
    for (size_t i = 0; rc == PL_OK && i < pl__dataset_count(items); i++) {
        pl_item item = pl__dataset_item(items, i);

        check_item(&item);
        PL_ASSERT(i == 0 || strcmp(pl__dataset_item(items, i - 1).id, item.id) < 0);
    }
    pl__dataset_free(items);
    pl__dataset_free(again);
    return 0;
}
