#include "chat.h"
#include "keys_golden.h"
#include "kit.h"
#include "specimen.h"

#include <math.h>

typedef struct request {
    pl_model_spec model;
    pl_part parts[4];
    pl_chat chat;
} request;

static void request_init(request *r)
{
    *r = (request){.model = specimen_model()};
    r->parts[0] = (pl_part){.role = PL_ROLE_SYSTEM, .kind = PL_PART_TEXT, .text = pl__view("Be brief.")};
    r->parts[1] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_IMAGE, .image_digest = specimen_image()};
    r->parts[2] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_TEXT, .text = pl__view("What is \xc3\xa9?")};
    r->chat = (pl_chat){.model = &r->model, .parts = r->parts, .n_parts = 3, .max_tokens = 512, .top_logprobs = 20};
}

static pl_digest key_of(const request *r)
{
    pl_digest key = {{0}};
    pl_error err = {0};
    PL_KIT_OK(pl__chat_key(&r->chat, &key, &err), &err);
    return key;
}

static void assert_key(const request *r, const char *hex)
{
    char got[PL_DIGEST_HEX_BYTES];
    pl_digest key = key_of(r);
    pl__digest_hex(&key, got);
    assert_string_equal(got, hex);
}

static void keys_are_pinned(void **state)
{
    (void)state;
    request r;
    request_init(&r);
    assert_key(&r, GOLDEN_CALL);
    r.chat.n_parts = 0;
    r.model.params.has_seed = true;
    r.model.params.seed = -7;
    r.model.params.extra = "{\"top_k\":40}";
    assert_key(&r, GOLDEN_CALL_BARE);
}

/* One change of a logical field each; 0 is no change. */
static bool change(request *r, unsigned which)
{
    switch (which) {
    case 0:
        break;
    case 1:
        r->model.endpoint = "https://api.example.org/v2";
        break;
    case 2:
        r->model.provider = "gemini";
        break;
    case 3:
        r->model.model = "small-vl-3";
        break;
    case 4:
        r->model.params.temperature = 0.5;
        break;
    case 5:
        r->model.params.has_seed = true;
        break;
    case 6:
        r->model.params.has_seed = true;
        r->model.params.seed = 1;
        break;
    case 7:
        r->model.params.extra = "{\"a\":1}";
        break;
    case 8:
        r->model.image.max_side_px = 512;
        break;
    case 9:
        r->model.image.format = PL_IMAGE_WEBP;
        break;
    case 10:
        r->model.image.quality = 80;
        break;
    case 11:
        r->model.image.detail = PL_DETAIL_LOW;
        break;
    case 12:
        r->chat.max_tokens = 513;
        break;
    case 13:
        r->chat.top_logprobs = 5;
        break;
    case 14:
        r->chat.sample = 1;
        break;
    case 15:
        r->parts[0].role = PL_ROLE_USER;
        break;
    case 16:
        r->parts[1].image_digest.bytes[31] ^= 1;
        break;
    case 17:
        r->parts[2].text = pl__view("What is e?");
        break;
    case 18:
        r->chat.n_parts = 2;
        break;
    case 19:
        r->parts[1] = r->parts[2];
        r->parts[2] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_IMAGE, .image_digest = specimen_image()};
        break;
    case 20:
        r->parts[0].text = pl__view("Be");
        break;
    case 21:
        r->parts[2].text = pl__view("");
        break;
    case 22:
        r->parts[3] = (pl_part){.role = PL_ROLE_USER, .kind = PL_PART_TEXT};
        r->chat.n_parts = 4;
        break;
    case 23:
        r->model.provider = NULL;
        break;
    case 24:
        r->model.provider = "";
        break;
    case 25:
        r->model.params.temperature = nan("");
        break;
    case 26:
        r->model.params.temperature = 0;
        break;
    case 27:
        r->chat.n = 2;
        break;
    case 28:
        r->chat.n = 3;
        break;
    case 29: /* the same bytes at the end, but as a part of the sample's number */
        r->chat.sample = 2;
        break;
    default:
        return false;
    }
    return true;
}

static void every_logical_field_counts(void **state)
{
    (void)state;
    pl_digest keys[64];
    size_t n = 0;
    request r;
    for (;; n++) {
        request_init(&r);
        if (!change(&r, (unsigned)n))
            break;
        keys[n] = key_of(&r);
        for (size_t i = 0; i < n; i++)
            if (pl__digest_eq(&keys[i], &keys[n]))
                fail_msg("changes %zu and %zu have the same key", i, n);
    }
    assert_int_equal(n, 30);
}

static void reach_and_names_do_not_count(void **state)
{
    (void)state;
    static const char *const ports[] = {"http://127.0.0.1:41234/v1", "http://127.0.0.1:41235/v1"};
    request r;
    request_init(&r);
    pl_digest key = key_of(&r);
    r.model.name = "other";
    r.model.family = "elsewhere";
    r.model.max_completion_tokens = true;
    r.model.params.max_tokens = 8192;
    r.model.params.extra = "{}";
    r.model.reach = (pl_endpoint_spec){.base_urls = ports, .n_base_urls = 2, .api_key_env = "KEY", .concurrency = 99};
    r.model.identity.bytes[0] = 1;
    pl_digest same = key_of(&r);
    assert_true(pl__digest_eq(&key, &same));
}

/* Wishes that came later: where they are not made, a stored call is still found. keys_are_pinned says the rest. */
static void defaults_leave_the_key_alone(void **state)
{
    (void)state;
    request r;
    request_init(&r);
    pl_digest key = key_of(&r);
    r.chat.n = 1;
    r.chat.omit = PL_PARAM_TEMPERATURE | PL_PARAM_MAX_TOKENS;
    r.model.reach.api_version = "2024-10-21";
    r.model.reach.headers = &(pl_header_spec){.name = "x-team", .value = "a"};
    r.model.reach.n_headers = 1;
    pl_digest same = key_of(&r);
    assert_true(pl__digest_eq(&key, &same));
    assert_key(&r, GOLDEN_CALL);
}

/* Where two spellings mean one number, they are one request. */
static void doubles_count_by_value(void **state)
{
    (void)state;
    request r;
    request_init(&r);
    r.model.params.temperature = 0.0;
    pl_digest zero = key_of(&r);
    r.model.params.temperature = -0.0;
    pl_digest minus_zero = key_of(&r);
    assert_true(pl__digest_eq(&zero, &minus_zero));
    r.model.params.temperature = 5e-324;
    pl_digest tiny = key_of(&r);
    assert_false(pl__digest_eq(&zero, &tiny));
}

static void texts_do_not_run_together(void **state)
{
    (void)state;
    static const char *const cuts[][2] = {{"ab", "c"}, {"a", "bc"}, {"abc", ""}, {"", "abc"}};
    pl_digest keys[4];
    for (size_t i = 0; i < 4; i++) {
        request r;
        request_init(&r);
        r.parts[0].text = pl__view(cuts[i][0]);
        r.parts[1] = (pl_part){.role = PL_ROLE_SYSTEM, .kind = PL_PART_TEXT, .text = pl__view(cuts[i][1])};
        keys[i] = key_of(&r);
        for (size_t k = 0; k < i; k++)
            assert_false(pl__digest_eq(&keys[k], &keys[i]));
    }
}

/* A text-only request does not depend on how images would be fitted. */
static void the_policy_counts_with_images_only(void **state)
{
    (void)state;
    request r;
    request_init(&r);
    r.chat.n_parts = 1;
    pl_digest key = key_of(&r);
    r.model.image.max_side_px = 64;
    pl_digest same = key_of(&r);
    assert_true(pl__digest_eq(&key, &same));
}

static pl_status make_key(void *user, pl_error *err)
{
    pl_digest key;
    const request *r = user;
    return pl__chat_key(&r->chat, &key, err);
}

static void survives_refused_memory(void **state)
{
    (void)state;
    request r;
    request_init(&r);
    pl__kit_fault_loop("chat key", make_key, &r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_pinned),
        cmocka_unit_test(every_logical_field_counts),
        cmocka_unit_test(reach_and_names_do_not_count),
        cmocka_unit_test(defaults_leave_the_key_alone),
        cmocka_unit_test(doubles_count_by_value),
        cmocka_unit_test(texts_do_not_run_together),
        cmocka_unit_test(the_policy_counts_with_images_only),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
