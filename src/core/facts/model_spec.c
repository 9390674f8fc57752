#include "model_spec.h"

#include "error.h"
#include "key.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(double) == sizeof(uint64_t), "a double is hashed by its 64 bits");

static const char identity_tag[] = "peerless model 1";

const char *pl__image_format_name(pl_image_format f)
{
    static const char *const names[] = {[PL_IMAGE_JPEG] = "jpeg", [PL_IMAGE_PNG] = "png", [PL_IMAGE_WEBP] = "webp"};
    if (f < PL_IMAGE_JPEG || f > PL_IMAGE_WEBP)
        return "unknown";
    return names[f];
}

const char *pl__image_detail_name(pl_image_detail d)
{
    static const char *const names[] = {[PL_DETAIL_AUTO] = "auto", [PL_DETAIL_LOW] = "low", [PL_DETAIL_HIGH] = "high"};
    if ((unsigned)d > PL_DETAIL_HIGH)
        return "unknown";
    return names[d];
}

uint64_t pl__price_cache_written(const char *provider, uint64_t input)
{
    return provider && strcmp(provider, "anthropic") == 0 ? input + input / 4 : input;
}

void pl__key_add_double(pl_sha256 *h, double x)
{
    static const uint64_t nan_bits = 0x7ff8000000000000u;
    uint64_t bits = 0;
    if (isnan(x))
        bits = nan_bits;
    else if (x < 0 || x > 0)
        memcpy(&bits, &x, sizeof(bits));
    pl__sha256_add_u64(h, bits);
}

void pl__key_add_image_policy(pl_sha256 *h, const pl_image_policy *policy)
{
    bool lossy = policy->format != PL_IMAGE_PNG; /* PNG has no quality, so it cannot tell two requests apart */
    pl__sha256_add_u64(h, policy->max_side_px);
    pl__sha256_add_str(h, pl__image_format_name(policy->format));
    pl__sha256_add_u64(h, lossy ? policy->quality : 0);
    pl__sha256_add_str(h, pl__image_detail_name(policy->detail));
}

void pl__key_add_model(pl_sha256 *h, const pl_model_spec *spec)
{
    const pl_model_params *params = &spec->params;
    bool has_extra = params->extra && strcmp(params->extra, "{}") != 0; /* nothing to pass through is one thing */
    pl__sha256_add_str(h, spec->endpoint);
    pl__sha256_add_str(h, spec->provider);
    pl__sha256_add_str(h, spec->model);
    pl__key_add_double(h, params->temperature);
    pl__sha256_add_u64(h, params->has_seed);
    pl__sha256_add_u64(h, params->has_seed ? (uint64_t)params->seed : 0);
    pl__sha256_add_str(h, has_extra ? params->extra : NULL);
}

pl_status pl__model_identity(pl_model_spec *spec, pl_error *reterr)
{
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "identity of a model");
    pl__sha256_add_str(h, identity_tag);
    pl__key_add_model(h, spec);
    pl__sha256_add_u64(h, spec->params.max_tokens);
    pl__key_add_image_policy(h, &spec->image);
    pl__sha256_finish(h, &spec->identity);
    pl__sha256_free(h);
    return PL_OK;
}
