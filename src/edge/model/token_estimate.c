#include "token_estimate.h"

#include "pricing.h"

#include <string.h>

/* ---- text, in twelfths of a token ---- */

#define TWELFTHS 12u

typedef struct byte_weight {
    uint32_t low;
    uint32_t high;
} byte_weight;

static byte_weight weight_of(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ')
        return (byte_weight){2, 6};
    if (c >= '0' && c <= '9')
        return (byte_weight){4, 12};
    if (c < 0x80)
        return (byte_weight){3, 12};
    if (c < 0xc0)
        return (byte_weight){0, 0}; /* counted with the first byte of its character */
    if (c < 0xe0)
        return (byte_weight){3, 24};
    if (c < 0xf0)
        return (byte_weight){6, 36};
    return (byte_weight){12, 48};
}

static uint64_t tokens_up(uint64_t twelfths)
{
    return (twelfths + TWELFTHS - 1) / TWELFTHS;
}

pl_token_range pl__tokens_of_text(pl_view text)
{
    uint64_t low = 0;
    uint64_t high = 0;
    for (size_t i = 0; i < text.len; i++) {
        byte_weight w = weight_of((unsigned char)text.ptr[i]);
        low += w.low;
        high += w.high;
    }
    return (pl_token_range){tokens_up(low), tokens_up(high)};
}

/* ---- images ---- */

static uint64_t up(uint64_t a, uint64_t b)
{
    return (a + b - 1) / b;
}

static uint64_t min_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t max_of(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

typedef struct size {
    uint64_t w;
    uint64_t h;
} size;

/* Shrunk, never enlarged, until `side` (the longest or the shortest) is `most`. */
static size shrunk(size s, uint64_t side, uint64_t most)
{
    if (side <= most)
        return s;
    return (size){up(s.w * most, side), up(s.h * most, side)};
}

/* OpenAI's rules by model: tiles of so many tokens on top of those of the image, or patches of so many hundredths. */
typedef struct vision_rule {
    const char *prefix;
    uint32_t base;
    uint32_t tile;
    uint32_t patch_percent; /* 0: by tiles */
} vision_rule;

/* A prefix that begins another's stands behind it. */
static const vision_rule VISION[] = {
    {"gpt-4o-mini", 2833, 5667, 0}, {"gpt-4o", 85, 170, 0},    {"gpt-4.1-mini", 0, 0, 162}, {"gpt-4.1-nano", 0, 0, 246},
    {"gpt-4.1", 85, 170, 0},        {"gpt-5-mini", 0, 0, 162}, {"gpt-5-nano", 0, 0, 246},   {"gpt-5.4-mini", 0, 0, 162},
    {"gpt-5", 70, 140, 0},          {"o4-mini", 0, 0, 172},    {"o1", 75, 150, 0},          {"o3", 75, 150, 0},
};

#define OPENAI_SIDE_PX 2048u
#define OPENAI_SHORT_SIDE_PX 768u
#define OPENAI_TILE_PX 512u
#define OPENAI_PATCH_PX 32u
#define OPENAI_PATCHES_MAX 1536u
#define OPENAI_PATCHES_LOW 256u /* detail low: an image of 512 x 512 */

static pl_token_range by_patches(const vision_rule *rule, pl_image_detail detail, size s)
{
    uint64_t patches = min_of(up(s.w, OPENAI_PATCH_PX) * up(s.h, OPENAI_PATCH_PX), OPENAI_PATCHES_MAX);
    uint64_t high = up(patches * rule->patch_percent, 100);
    uint64_t low = up(min_of(patches, OPENAI_PATCHES_LOW) * rule->patch_percent, 100);
    if (detail == PL_DETAIL_HIGH)
        return (pl_token_range){high, high};
    return (pl_token_range){low, detail == PL_DETAIL_LOW ? low : high};
}

static pl_token_range by_tiles(const vision_rule *rule, pl_image_detail detail, size s)
{
    s = shrunk(s, max_of(s.w, s.h), OPENAI_SIDE_PX);
    s = shrunk(s, min_of(s.w, s.h), OPENAI_SHORT_SIDE_PX);
    uint64_t high = rule->base + rule->tile * up(s.w, OPENAI_TILE_PX) * up(s.h, OPENAI_TILE_PX);
    if (detail == PL_DETAIL_HIGH)
        return (pl_token_range){high, high};
    return (pl_token_range){rule->base, detail == PL_DETAIL_LOW ? rule->base : high};
}

#define ANTHROPIC_PX_PER_TOKEN 750u
#define ANTHROPIC_SIDE_PX 1568u
#define ANTHROPIC_TOKENS_OLDER 1600u /* beyond this the older models shrink */

/* A tenth to either side: the rule is the provider's own approximation. */
static pl_token_range of_anthropic(size s)
{
    uint64_t high = up(s.w * s.h, ANTHROPIC_PX_PER_TOKEN);
    size small = shrunk(s, max_of(s.w, s.h), ANTHROPIC_SIDE_PX);
    uint64_t low = min_of(small.w * small.h / ANTHROPIC_PX_PER_TOKEN, ANTHROPIC_TOKENS_OLDER);
    return (pl_token_range){low - low / 10, high + up(high, 10) + 16};
}

#define GEMINI_TOKENS 258u
#define GEMINI_SMALL_PX 384u
#define GEMINI_TILE_PX 768u
#define GEMINI_TOKENS_NEWER 1120u

/* Tiles are squares of the shorter side over 1.5, 256 to 768 pixels wide. */
static pl_token_range of_gemini(size s)
{
    uint64_t side = min_of(max_of(min_of(s.w, s.h) * 2 / 3, 256), GEMINI_TILE_PX);
    uint64_t tiles = max_of(s.w, s.h) <= GEMINI_SMALL_PX ? 1 : up(s.w, side) * up(s.h, side);
    return (pl_token_range){GEMINI_TOKENS, max_of(tiles * GEMINI_TOKENS, GEMINI_TOKENS_NEWER)};
}

#define ANY_TOKENS_LOW 64u
#define ANY_PATCH_PX 14u

static pl_token_range of_any(size s)
{
    return (pl_token_range){ANY_TOKENS_LOW, max_of(ANY_TOKENS_LOW, up(s.w, ANY_PATCH_PX) * up(s.h, ANY_PATCH_PX))};
}

static pl_token_range of_size(const pl_model_spec *spec, size s)
{
    if (!pl__is_own_service(spec))
        return of_any(s);
    if (strcmp(spec->provider, "anthropic") == 0)
        return of_anthropic(s);
    if (strcmp(spec->provider, "gemini") == 0)
        return of_gemini(s);
    for (size_t i = 0; i < sizeof(VISION) / sizeof(VISION[0]); i++) {
        if (strncmp(spec->model, VISION[i].prefix, strlen(VISION[i].prefix)) != 0)
            continue;
        return VISION[i].patch_percent > 0 ? by_patches(&VISION[i], spec->image.detail, s)
                                           : by_tiles(&VISION[i], spec->image.detail, s);
    }
    return of_any(s);
}

#define SHAPES 16u /* from a strip to a square */

pl_token_range pl__tokens_of_image(const pl_model_spec *spec, uint32_t width_px, uint32_t height_px)
{
    uint64_t side = spec->image.max_side_px;
    size given = {width_px, height_px};
    if (width_px > 0 && height_px > 0)
        return of_size(spec, shrunk(given, max_of(given.w, given.h), side));
    pl_token_range all = of_size(spec, (size){1, 1});
    for (uint64_t k = 1; k <= SHAPES; k++) {
        pl_token_range r = of_size(spec, (size){side, max_of(side * k / SHAPES, 1)});
        all.high = max_of(all.high, r.high);
        all.low = min_of(all.low, r.low);
    }
    return all;
}
