#include "item.h"
#include "keys_golden.h"
#include "kit.h"
#include "specimen.h"

static const char *const options[] = {"one", "two", "three"};

static pl_item specimen_item(void)
{
    return (pl_item){.id = "a",
                     .image_path = "a.png",
                     .question = "How many?",
                     .options = options,
                     .n_options = 2,
                     .has_image_digest = true,
                     .image_digest = specimen_image()};
}

static pl_digest content_of(const pl_item *item)
{
    pl_digest d = {{0}};
    pl_error err = {0};
    PL_KIT_OK(pl__item_content(item, &d, &err), &err);
    return d;
}

static void assert_content(const pl_item *item, const char *hex)
{
    char got[PL_DIGEST_HEX_BYTES];
    pl_digest d = content_of(item);
    pl__digest_hex(&d, got);
    assert_string_equal(got, hex);
}

static void contents_are_pinned(void **state)
{
    (void)state;
    static const char *const labels[] = {"two"};
    pl_item item = specimen_item();
    assert_content(&item, GOLDEN_ITEM);
    item.id = "b";
    item.image_path = "elsewhere/b.png";
    item.labels = labels;
    item.n_labels = 1;
    item.dataset = "d";
    assert_content(&item, GOLDEN_ITEM);
    assert_content(&(pl_item){.id = "t", .question = "How many?"}, GOLDEN_ITEM_TEXT);
    item = (pl_item){.id = "i", .image_path = "i", .has_image_digest = true, .image_digest = specimen_image()};
    assert_content(&item, GOLDEN_ITEM_IMAGE);
}

static void content_counts(void **state)
{
    (void)state;
    static const char *const joined[] = {"onetwo"};
    pl_digest seen[8];
    for (size_t which = 0; which < 8; which++) {
        pl_item item = specimen_item();
        if (which == 1)
            item.question = "How many";
        else if (which == 2)
            item.question = NULL;
        else if (which == 3)
            item.question = "";
        else if (which == 4)
            item.n_options = 3;
        else if (which == 5)
            item.options = joined, item.n_options = 1;
        else if (which == 6)
            item.image_digest.bytes[0] = 99;
        else if (which == 7)
            item.image_path = NULL, item.has_image_digest = false;
        seen[which] = content_of(&item);
        for (size_t i = 0; i < which; i++)
            assert_false(pl__digest_eq(&seen[i], &seen[which]));
    }
}

static void an_unread_image_has_no_content(void **state)
{
    (void)state;
    pl_item item = specimen_item();
    pl_digest d = {{7}};
    pl_error err = {0};
    item.has_image_digest = false;
    PL_KIT_STATUS(pl__item_content(&item, &d, &err), PL_E_INVALID, &err);
    assert_int_equal(d.bytes[0], 7);
    item.id = NULL;
    PL_KIT_STATUS(pl__item_content(&item, &d, NULL), PL_E_INVALID, NULL);
}

static pl_status make_content(void *user, pl_error *err)
{
    pl_digest d;
    return pl__item_content(user, &d, err);
}

static void survives_refused_memory(void **state)
{
    (void)state;
    pl_item item = specimen_item();
    pl__kit_fault_loop("item content", make_content, &item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contents_are_pinned),
        cmocka_unit_test(content_counts),
        cmocka_unit_test(an_unread_image_has_no_content),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
