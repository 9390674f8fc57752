#include "kit.h"

#include "pricing.h"
#include "rng.h"
#include "token_estimate.h"

#include <string.h>

static pl_model_spec at(const char *provider, const char *model, const char *const *url)
{
    return (pl_model_spec){.provider = provider,
                           .model = model,
                           .image = {.max_side_px = 1536, .format = PL_IMAGE_JPEG, .quality = 90},
                           .reach = {.base_urls = url, .n_base_urls = 1}};
}

static const char *const OPENAI[] = {"https://api.openai.com/v1"};
static const char *const ANTHROPIC[] = {"https://api.anthropic.com"};
static const char *const GEMINI[] = {"https://generativelanguage.googleapis.com"};
static const char *const LOCAL[] = {"http://127.0.0.1:8000/v1"};
static const char *const LOOKALIKE[] = {"https://api.openai.com.example.org/v1"};

static bool known(const char *provider, const char *model, const char *const *url)
{
    pl_model_spec spec = at(provider, model, url);
    return pl__price_of(&spec, NULL).known;
}

static void the_table_knows_models_and_their_dated_versions(void **state)
{
    pl_model_spec spec = at("openai", "gpt-4o-2024-11-20", OPENAI);
    const char *noted = NULL;
    pl_price p = pl__price_of(&spec, &noted);
    (void)state;
    assert_true(p.known);
    assert_int_equal(p.input, 2500000000);
    assert_int_equal(p.output, 10000000000);
    assert_int_equal(p.cached_input, 1250000000);
    assert_int_equal(p.cache_written, p.input);
    assert_int_equal(strlen(noted), 7);
    spec = at("openai", "gpt-4o-2024-05-13", OPENAI); /* dearer than its later versions */
    assert_int_equal(pl__price_of(&spec, NULL).input, 5000000000);
    spec = at("anthropic", "claude-sonnet-4-5-20250929", ANTHROPIC);
    assert_int_equal(pl__price_of(&spec, NULL).cache_written, 3750000000);
    assert_true(known("gemini", "gemini-2.5-flash", GEMINI));
    assert_true(known("openai", "gpt-4.1-mini", OPENAI));
}

static void another_model_or_another_server_is_not_known(void **state)
{
    (void)state;
    assert_false(known("openai", "gpt-5-pro", OPENAI)); /* no version of gpt-5 */
    assert_false(known("openai", "gpt-4o-audio-preview", OPENAI));
    assert_false(known("openai", "gpt-4o-", OPENAI));
    assert_false(known("openai", "gpt-4", OPENAI));
    assert_false(known("anthropic", "claude-opus-4-9", ANTHROPIC));
    assert_false(known("openai", "gpt-4o", LOCAL)); /* whatever a server of one's own calls its model */
    assert_false(known("openai", "gpt-4o", LOOKALIKE));
    assert_false(known("openai", "qwen2-vl-7b", LOCAL));
}

static void the_users_price_wins(void **state)
{
    pl_model_spec spec = at("openai", "gpt-4o", OPENAI);
    const char *noted = "";
    (void)state;
    spec.price = (pl_price){.known = true};
    assert_true(pl__price_of(&spec, &noted).known);
    assert_int_equal(pl__price_of(&spec, NULL).input, 0); /* 0 because the user says so */
    assert_null(noted);
}

static void a_cost_is_tokens_by_price(void **state)
{
    const pl_price p = {true, 3000000000, 15000000000, 300000000, 3750000000};
    const pl_price none = {0};
    pl_usage usage = {.input_tokens = 1000,
                      .output_tokens = 70,
                      .cached_tokens = 600,
                      .reasoning_tokens = 50, /* part of the output: nothing on top */
                      .cache_written_tokens = 300};
    (void)state;
    assert_int_equal(pl__cost_of(&p, &usage), 100 * 3000 + 600 * 300 + 300 * 3750 + 70 * 15000);
    assert_int_equal(pl__cost_of(&none, &usage), 0);
    usage = (pl_usage){.input_tokens = 10, .cached_tokens = 1000}; /* more cached than there was */
    assert_int_equal(pl__cost_of(&p, &usage), 10 * 300);
    const pl_price fine = {true, 37500000, 0, 37500000, 37500000}; /* 37.5 nano-dollars a token */
    usage = (pl_usage){.input_tokens = 3};
    assert_int_equal(pl__cost_of(&fine, &usage), 113); /* 112.5 */
    usage = (pl_usage){.input_tokens = UINT64_MAX, .output_tokens = UINT64_MAX};
    assert_true(pl__cost_of(&p, &usage) == UINT64_MAX);
    assert_true(pl__money_add(UINT64_MAX - 1, 2) == UINT64_MAX);
}

/* Against a sum in a wider type. */
static void costs_are_exact(void **state)
{
    uint64_t seed = pl__kit_seed();
    (void)state;
    for (uint64_t round = 0; round < 2000; round++) {
        pl_rng rng;
        pl__rng_init(&rng, seed, "costs", round);
        pl_price p = {true, pl__rng_below(&rng, 1000000000000), pl__rng_below(&rng, 1000000000000), 0, 0};
        pl_usage u = {.input_tokens = pl__rng_below(&rng, 1000), .output_tokens = pl__rng_below(&rng, 100000)};
        p.cached_input = p.cache_written = p.input;
        long double exact = ((long double)u.input_tokens * (long double)p.input +
                             (long double)u.output_tokens * (long double)p.output) /
                            1e6L;
        long double cost = (long double)pl__cost_of(&p, &u);
        assert_true(cost - exact <= 0.5L && exact - cost <= 0.5L);
        assert_true(pl__cost_least(&p, u.input_tokens, u.output_tokens) <= pl__cost_of(&p, &u));
        assert_true(pl__cost_most(&p, u.input_tokens, u.output_tokens) >= pl__cost_of(&p, &u));
    }
}

static void expect_text(uint64_t nano, const char *wanted)
{
    char text[PL_MONEY_BYTES];
    pl__money_text(nano, text);
    assert_string_equal(text, wanted);
}

static void money_reads_well(void **state)
{
    (void)state;
    expect_text(0, "$0.0000");
    expect_text(1, "$0.000000001");
    expect_text(55000, "$0.000055");
    expect_text(12345678, "$0.0123");
    expect_text(12350000, "$0.0124");
    expect_text(5 * PL_NANO_PER_USD, "$5.0000");
    expect_text(1234 * PL_NANO_PER_USD + 567000000, "$1234.57");
    expect_text(UINT64_MAX, "$18446744073.71");
}

/* ---- tokens ---- */

static void expect_text_tokens(const char *text, uint64_t low, uint64_t high)
{
    pl_token_range r = pl__tokens_of_text(pl__view(text));
    assert_int_equal(r.low, low);
    assert_int_equal(r.high, high);
}

static void text_counts_by_script(void **state)
{
    (void)state;
    expect_text_tokens("", 0, 0);
    expect_text_tokens("what is to be seen here", 4, 12);         /* 23 letters and spaces */
    expect_text_tokens("123456", 2, 6);                           /* digits */
    expect_text_tokens("\xd0\xba\xd0\xbe\xd1\x82\xd1\x8b", 1, 8); /* 4 Cyrillic letters */
    expect_text_tokens("\xe7\x8c\xab\xe7\x8c\xab", 1, 6);         /* 2 Chinese characters */
    expect_text_tokens("\xf0\x9f\x90\x88", 1, 4);                 /* a cat */
    expect_text_tokens("\x80\x80", 0, 0);                         /* the rest of no character */
}

static void expect_image(const pl_model_spec *spec, uint32_t w, uint32_t h, uint64_t low, uint64_t high)
{
    pl_token_range r = pl__tokens_of_image(spec, w, h);
    assert_int_equal(r.low, low);
    assert_int_equal(r.high, high);
}

static void images_count_by_the_providers_rule(void **state)
{
    pl_model_spec spec = at("openai", "gpt-4o", OPENAI);
    (void)state;
    spec.image.detail = PL_DETAIL_HIGH;
    expect_image(&spec, 1024, 1024, 765, 765);   /* 768 x 768: 4 tiles */
    expect_image(&spec, 2048, 4096, 1105, 1105); /* 768 x 1536: 6 tiles */
    expect_image(&spec, 300, 200, 255, 255);
    spec.image.detail = PL_DETAIL_LOW;
    expect_image(&spec, 1024, 1024, 85, 85);
    spec.image.detail = PL_DETAIL_AUTO;
    expect_image(&spec, 1024, 1024, 85, 765);
    expect_image(&spec, 0, 0, 85, 1105); /* any shape */
    spec = at("openai", "gpt-4.1-mini-2025-04-14", OPENAI);
    spec.image.detail = PL_DETAIL_HIGH;
    expect_image(&spec, 1024, 1024, 1659, 1659); /* 1024 patches, 1.62 each */
    expect_image(&spec, 4096, 4096, 2489, 2489); /* at most 1536 */
    spec = at("anthropic", "claude-sonnet-4-5", ANTHROPIC);
    assert_true(pl__tokens_of_image(&spec, 1000, 1000).low <= 1334);
    assert_true(pl__tokens_of_image(&spec, 1000, 1000).high >= 1334);
    assert_true(pl__tokens_of_image(&spec, 1000, 1000).high < 1500);
    spec = at("gemini", "gemini-2.5-flash", GEMINI);
    expect_image(&spec, 384, 384, 258, 1120);
    expect_image(&spec, 3072, 1536, 258, 1548);
    spec = at("openai", "gpt-4o", LOCAL);
    expect_image(&spec, 448, 448, 64, 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_knows_models_and_their_dated_versions),
        cmocka_unit_test(another_model_or_another_server_is_not_known),
        cmocka_unit_test(the_users_price_wins),
        cmocka_unit_test(a_cost_is_tokens_by_price),
        cmocka_unit_test(costs_are_exact),
        cmocka_unit_test(money_reads_well),
        cmocka_unit_test(text_counts_by_script),
        cmocka_unit_test(images_count_by_the_providers_rule),
    };
    return cmocka_run_group_tests_name("prices and estimates", tests, NULL, NULL);
}
