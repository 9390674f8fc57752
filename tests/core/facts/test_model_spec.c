#include "keys_golden.h"
#include "kit.h"
#include "specimen.h"

static void assert_identity(pl_model_spec spec, const char *hex)
{
    char got[PL_DIGEST_HEX_BYTES];
    pl_error err = {0};
    PL_KIT_OK(pl__model_identity(&spec, &err), &err);
    pl__digest_hex(&spec.identity, got);
    assert_string_equal(got, hex);
}

static void identities_are_pinned(void **state)
{
    (void)state;
    pl_model_spec spec = specimen_model();
    assert_identity(spec, GOLDEN_MODEL);
    spec.name = "another name";
    spec.family = "another family";
    spec.reach = (pl_endpoint_spec){.concurrency = 1};
    spec.identity.bytes[7] = 9;
    assert_identity(spec, GOLDEN_MODEL);
    spec.image.format = PL_IMAGE_PNG;
    assert_identity(spec, GOLDEN_MODEL_PNG);
    spec.image.quality = 3; /* PNG has none */
    assert_identity(spec, GOLDEN_MODEL_PNG);
}

static bool change(pl_model_spec *spec, unsigned which)
{
    switch (which) {
    case 0:
        break;
    case 1:
        spec->endpoint = "openai/small-vl-2";
        break;
    case 2:
        spec->provider = "other";
        break;
    case 3:
        spec->model = "openai";
        break;
    case 4:
        spec->params.temperature = 1;
        break;
    case 5:
        spec->params.max_tokens = 17;
        break;
    case 6:
        spec->params.has_seed = true;
        break;
    case 7:
        spec->params.has_seed = true;
        spec->params.seed = INT64_MIN;
        break;
    case 8:
        spec->params.extra = "{\"think\":false}";
        break;
    case 9:
        spec->image.max_side_px = 7;
        break;
    case 10:
        spec->image.format = PL_IMAGE_PNG;
        break;
    case 11:
        spec->image.quality = 1;
        break;
    case 12:
        spec->image.detail = PL_DETAIL_AUTO;
        break;
    default:
        return false;
    }
    return true;
}

static void every_field_counts(void **state)
{
    (void)state;
    pl_digest seen[32];
    size_t n = 0;
    for (;; n++) {
        pl_model_spec spec = specimen_model();
        pl_error err = {0};
        if (!change(&spec, (unsigned)n))
            break;
        PL_KIT_OK(pl__model_identity(&spec, &err), &err);
        seen[n] = spec.identity;
        for (size_t i = 0; i < n; i++)
            assert_false(pl__digest_eq(&seen[i], &seen[n]));
    }
    assert_int_equal(n, 13);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(pl__image_format_name(PL_IMAGE_JPEG), "jpeg");
    assert_string_equal(pl__image_format_name(PL_IMAGE_PNG), "png");
    assert_string_equal(pl__image_format_name(PL_IMAGE_WEBP), "webp");
    assert_string_equal(pl__image_format_name((pl_image_format)0), "unknown");
    assert_string_equal(pl__image_format_name((pl_image_format)4), "unknown");
    assert_string_equal(pl__image_detail_name(PL_DETAIL_AUTO), "auto");
    assert_string_equal(pl__image_detail_name(PL_DETAIL_LOW), "low");
    assert_string_equal(pl__image_detail_name(PL_DETAIL_HIGH), "high");
    assert_string_equal(pl__image_detail_name((pl_image_detail)3), "unknown");
}

static pl_status identify(void *user, pl_error *err)
{
    return pl__model_identity(user, err);
}

static void survives_refused_memory(void **state)
{
    (void)state;
    pl_model_spec spec = specimen_model();
    pl__kit_fault_loop("model identity", identify, &spec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_are_pinned),
        cmocka_unit_test(every_field_counts),
        cmocka_unit_test(names),
        cmocka_unit_test(survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
