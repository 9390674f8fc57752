#include "kit.h"

#include "abilities.h"
#include "image.h"
#include "picture.h"
#include "stored_abilities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pl_model_spec plain_model(void)
{
    return (pl_model_spec){.name = "cat", .provider = "openai", .model = "m", .endpoint = "http://a/v1"};
}

static pl_abilities some_abilities(void)
{
    pl_abilities a = {.top_logprobs_max = 5,
                      .calls = 12,
                      .requests = 14,
                      .usage = {.input_tokens = 300, .output_tokens = 90},
                      .elapsed_ms = 1234,
                      .probed_unix_ms = 1700000000000};
    for (unsigned i = 0; i < PL_ABILITIES; i++) {
        a.of[i].state = (pl_ability_state)(i % 3);
        a.of[i].amount = (uint64_t)i * 100;
        (void)snprintf(a.of[i].why, sizeof(a.of[i].why), "reason \"%u\" \xc3\xa4", i);
    }
    return a;
}

static void what_is_stored_comes_back(void **state)
{
    pl_abilities a = some_abilities();
    pl_abilities b = {.calls = 0};
    pl_model_spec cat = plain_model();
    pl_model_spec other = plain_model();
    pl_store *store = NULL;
    pl_error err = {0};
    bool found = true;

    (void)state;
    other.model = "n";
    PL_KIT_OK(pl__store_open_memory(&store, &err), &err);
    PL_KIT_OK(pl__abilities_load(store, &cat, &b, &found, &err), &err);
    assert_false(found);
    PL_KIT_OK(pl__abilities_store(store, &cat, &a, &err), &err);
    PL_KIT_OK(pl__abilities_load(store, &cat, &b, &found, &err), &err);
    assert_true(found);
    for (unsigned i = 0; i < PL_ABILITIES; i++) {
        assert_int_equal(a.of[i].state, b.of[i].state);
        assert_int_equal(a.of[i].amount, b.of[i].amount);
        assert_string_equal(a.of[i].why, b.of[i].why);
    }
    assert_int_equal(b.top_logprobs_max, 5);
    assert_int_equal(b.calls, 12);
    assert_int_equal(b.requests, 14);
    assert_int_equal(b.usage.output_tokens, 90);
    assert_int_equal(b.elapsed_ms, 1234);
    assert_true(b.probed_unix_ms == 1700000000000);
    PL_KIT_OK(pl__abilities_load(store, &other, &b, &found, &err), &err);
    assert_false(found);
    pl__store_close(store);
}

static void an_endpoint_is_known_by_what_it_serves(void **state)
{
    pl_model_spec a = plain_model();
    pl_model_spec b = plain_model();
    pl_digest ka;
    pl_digest kb;

    (void)state;
    b.name = "dog";
    b.params.temperature = 0.5;
    b.params.max_tokens = 7;
    b.params.extra = "{}";
    b.image.max_side_px = 99;
    PL_KIT_OK(pl__abilities_key(&a, &ka, NULL), NULL);
    PL_KIT_OK(pl__abilities_key(&b, &kb, NULL), NULL);
    assert_true(pl__digest_eq(&ka, &kb));
    b.params.extra = "{\"think\":true}";
    PL_KIT_OK(pl__abilities_key(&b, &kb, NULL), NULL);
    assert_false(pl__digest_eq(&ka, &kb));
    b = plain_model();
    b.endpoint = "http://b/v1";
    PL_KIT_OK(pl__abilities_key(&b, &kb, NULL), NULL);
    assert_false(pl__digest_eq(&ka, &kb));
}

static void odd_records_are_refused(void **state)
{
    static const struct {
        const char *json;
        pl_status want;
    } cases[] = {{"", PL_E_PARSE},
                 {"{}", PL_E_PARSE},
                 {"{\"version\":2}", PL_E_VERSION},
                 {"{\"version\":1,\"calls\":\"x\"}", PL_E_PARSE},
                 {"{\"version\":1,\"abilities\":{\"images\":{\"state\":7}}}", PL_E_PARSE},
                 {"{\"version\":1}", PL_OK},
                 {"{\"version\":1,\"abilities\":{\"images\":{\"state\":\"perhaps\"},\"later\":{}}}", PL_OK}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_abilities a = some_abilities();
        pl_error err = {0};
        PL_KIT_STATUS(pl__abilities_read(pl__view(cases[i].json), &a, &err), cases[i].want, &err);
        if (cases[i].want == PL_OK)
            assert_int_equal(a.of[PL_ABILITY_IMAGES].state, PL_ABILITY_UNKNOWN);
    }
}

static void chats_are_adapted(void **state)
{
    pl_abilities a = {.calls = 0};
    pl_chat chat = {.top_logprobs = 20, .n = 5};

    (void)state;
    assert_int_equal(pl__abilities_adapt(&a, &chat), 1); /* nothing known, nothing changed */
    assert_int_equal(chat.top_logprobs, 20);
    assert_int_equal(chat.n, 5);
    assert_int_equal(chat.omit, 0);
    assert_false(pl__abilities_refuse_images(&a));

    a.top_logprobs_max = 5;
    a.of[PL_ABILITY_N].state = PL_ABILITY_NO;
    a.of[PL_ABILITY_TEMPERATURE].state = PL_ABILITY_NO;
    a.of[PL_ABILITY_IMAGES].state = PL_ABILITY_NO;
    assert_int_equal(pl__abilities_adapt(&a, &chat), 5);
    assert_int_equal(chat.n, 1);
    assert_int_equal(chat.top_logprobs, 5);
    assert_int_equal(chat.omit, PL_PARAM_TEMPERATURE);
    assert_true(pl__abilities_refuse_images(&a));

    a.of[PL_ABILITY_LOGPROBS].state = PL_ABILITY_NO;
    a.of[PL_ABILITY_MAX_TOKENS].state = PL_ABILITY_NO; /* of no use while the other name is not known to do */
    chat = (pl_chat){.top_logprobs = 2, .n = 1};
    assert_int_equal(pl__abilities_adapt(&a, &chat), 1);
    assert_int_equal(chat.top_logprobs, 0);
    assert_int_equal(chat.omit, PL_PARAM_TEMPERATURE);
    a.of[PL_ABILITY_MAX_COMPLETION_TOKENS].state = PL_ABILITY_YES;
    (void)pl__abilities_adapt(&a, &chat);
    assert_int_equal(chat.omit, PL_PARAM_TEMPERATURE | PL_PARAM_MAX_TOKENS);
}

static const uint8_t *pixel(const pl_pixels *p, uint32_t x, uint32_t y)
{
    return p->rgb + 3 * ((size_t)y * p->width_px + x);
}

static void pictures_are_what_they_say(void **state)
{
    static const uint32_t sides[] = {1, 7, 224, 1000, PL_PICTURE_SIDE_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        for (unsigned c = 0; c < PL_PICTURE_COLOURS; c++) {
            uint32_t n = sides[i];
            unsigned strong = c == PL_PICTURE_RED ? 0 : 2;
            pl_chat_image image = {.base64 = NULL};
            pl_digest digest;
            pl_digest again;
            pl_error err = {0};
            pl_pixels pixels = {0};
            pl_str png;

            pl__str_init(&png, PL_STR_LIMIT_DEFAULT);
            PL_KIT_OK(pl__picture_draw((pl_picture_colour)c, n, &image, &digest, &err), &err);
            PL_KIT_OK(pl__str_append_base64_decoded(&png, pl__blob_view(image.base64)), NULL);
            pl__sha256(png.ptr, png.len, &again);
            assert_true(pl__digest_eq(&digest, &again));
            PL_KIT_OK(pl__image_decode(png.ptr, png.len, &pixels, &err), &err);
            assert_int_equal(pixels.width_px, n);
            assert_int_equal(pixels.height_px, n);
            assert_true(pixel(&pixels, n / 2, n / 2)[strong] > 200);
            assert_true(pixel(&pixels, n / 2, n / 2)[2 - strong] < 100);
            if (n >= 4)
                assert_true(pixel(&pixels, 0, 0)[2 - strong] > 200);
            pl__pixels_clear(&pixels);
            pl__blob_unref(image.base64);
            pl__str_clear(&png);
        }
    }
}

static void no_picture_is_too_large(void **state)
{
    pl_chat_image image = {.base64 = NULL};
    pl_digest digest;
    pl_error err = {0};

    (void)state;
    PL_KIT_STATUS(pl__picture_draw(PL_PICTURE_RED, 0, &image, &digest, &err), PL_E_LIMIT, &err);
    err = (pl_error){0};
    PL_KIT_STATUS(pl__picture_draw(PL_PICTURE_RED, PL_PICTURE_SIDE_MAX + 1, &image, &digest, &err), PL_E_LIMIT, &err);
}

static pl_status store_and_load(void *user, pl_error *err)
{
    pl_abilities a = some_abilities();
    pl_model_spec cat = plain_model();
    pl_chat_image image = {.base64 = NULL};
    pl_digest digest;
    pl_store *store = NULL;
    bool found = false;

    (void)user;
    pl_status rc = pl__store_open_memory(&store, err);
    if (!rc)
        rc = pl__abilities_store(store, &cat, &a, err);
    if (!rc)
        rc = pl__abilities_load(store, &cat, &a, &found, err);
    if (!rc)
        rc = pl__picture_draw(PL_PICTURE_BLUE, 9, &image, &digest, err);
    pl__blob_unref(image.base64);
    pl__store_close(store);
    return rc;
}

static void refused_memory_is_said(void **state)
{
    (void)state;
    pl__kit_fault_loop("abilities", store_and_load, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_comes_back),  cmocka_unit_test(an_endpoint_is_known_by_what_it_serves),
        cmocka_unit_test(odd_records_are_refused),    cmocka_unit_test(chats_are_adapted),
        cmocka_unit_test(pictures_are_what_they_say), cmocka_unit_test(no_picture_is_too_large),
        cmocka_unit_test(refused_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
