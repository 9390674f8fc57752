#include "pricing.h"

#include "host.h"

#include <stdio.h>
#include <string.h>

#define TOKENS_PER_PRICE UINT64_C(1000000)

/* US dollars a million tokens as microdollars, so that the table holds whole numbers. Prices of short prompts, where
 * a provider asks for more beyond 100,000 or 200,000 tokens. */
typedef struct price_row {
    const char *provider;
    const char *model;
    const char *noted; /* month in which the price was looked up */
    uint32_t input_micro;
    uint32_t output_micro;
    uint32_t cached_micro;
} price_row;

#define OPENAI(model, noted, input, output, cached)                                                                    \
    {                                                                                                                  \
        "openai", model, noted, input, output, cached                                                                  \
    }
#define ANTHROPIC(model, noted, input, output, cached)                                                                 \
    {                                                                                                                  \
        "anthropic", model, noted, input, output, cached                                                               \
    }
#define GEMINI(model, noted, input, output, cached)                                                                    \
    {                                                                                                                  \
        "gemini", model, noted, input, output, cached                                                                  \
    }

static const price_row PRICES[] = {
    OPENAI("gpt-4o", "2026-11", 2500000, 10000000, 1250000),
    OPENAI("gpt-4o-2024-05-13", "2026-11", 5000000, 15000000, 5000000),
    OPENAI("gpt-4o-mini", "2026-11", 150000, 600000, 75000),
    OPENAI("gpt-4.1", "2026-11", 2000000, 8000000, 500000),
    OPENAI("gpt-4.1-mini", "2026-11", 400000, 1600000, 100000),
    OPENAI("gpt-4.1-nano", "2026-11", 100000, 400000, 25000),
    OPENAI("gpt-5", "2026-11", 1250000, 10000000, 125000),
    OPENAI("gpt-5-mini", "2026-11", 250000, 2000000, 25000),
    OPENAI("gpt-5-nano", "2026-11", 50000, 400000, 5000),
    OPENAI("gpt-5.1", "2026-11", 1250000, 10000000, 125000),
    OPENAI("gpt-5.2", "2026-11", 1750000, 14000000, 175000),
    OPENAI("gpt-5.4", "2026-11", 2500000, 15000000, 250000),
    OPENAI("gpt-5.4-mini", "2026-11", 750000, 4500000, 75000),
    OPENAI("o1", "2026-11", 15000000, 60000000, 7500000),
    OPENAI("o3", "2026-11", 2000000, 8000000, 500000),
    OPENAI("o4-mini", "2026-11", 1100000, 4400000, 275000),
    ANTHROPIC("claude-fable-5-1", "2026-11", 10000000, 50000000, 250000),
    ANTHROPIC("claude-fable-5", "2026-11", 10000000, 50000000, 1000000),
    ANTHROPIC("claude-opus-5-5", "2026-11", 4000000, 20000000, 200000),
    ANTHROPIC("claude-opus-5", "2026-11", 5000000, 25000000, 500000),
    ANTHROPIC("claude-opus-4-8", "2026-11", 5000000, 25000000, 500000),
    ANTHROPIC("claude-opus-4-7", "2026-11", 5000000, 25000000, 500000),
    ANTHROPIC("claude-opus-4-6", "2026-11", 5000000, 25000000, 500000),
    ANTHROPIC("claude-opus-4-5", "2026-11", 5000000, 25000000, 500000),
    ANTHROPIC("claude-opus-4-1", "2026-11", 15000000, 75000000, 1500000),
    ANTHROPIC("claude-sonnet-5-5", "2026-11", 2000000, 10000000, 100000),
    ANTHROPIC("claude-sonnet-5", "2026-11", 2000000, 10000000, 200000),
    ANTHROPIC("claude-sonnet-4-6", "2026-11", 3000000, 15000000, 300000),
    ANTHROPIC("claude-sonnet-4-5", "2026-11", 3000000, 15000000, 300000),
    ANTHROPIC("claude-sonnet-4", "2026-11", 3000000, 15000000, 300000),
    ANTHROPIC("claude-haiku-5-5", "2026-11", 100000, 500000, 10000),
    ANTHROPIC("claude-haiku-4-5", "2026-11", 1000000, 5000000, 100000),
    GEMINI("gemini-2.5-pro", "2026-11", 1250000, 10000000, 125000),
    GEMINI("gemini-2.5-flash", "2026-11", 300000, 2500000, 30000),
    GEMINI("gemini-2.5-flash-lite", "2026-11", 100000, 400000, 10000),
    GEMINI("gemini-3.1-pro-preview", "2026-11", 2000000, 12000000, 200000),
    GEMINI("gemini-3-flash-preview", "2026-11", 500000, 3000000, 50000),
};

static const struct {
    const char *provider;
    const char *host;
} SERVICES[] = {
    {"openai", "api.openai.com"},
    {"anthropic", "api.anthropic.com"},
    {"gemini", "generativelanguage.googleapis.com"},
};

/* What may follow a model's name without another model being meant: a date ("-2024-11-20", "-20250929"), a number of
 * three digits ("-001") or "-latest". "gpt-5-pro" is no "gpt-5", and "claude-opus-4-1" no "claude-opus-4". */
static bool is_version(const char *rest)
{
    size_t digits = 0;
    if (*rest == '\0' || strcmp(rest, "-latest") == 0)
        return true;
    if (*rest++ != '-')
        return false;
    while (rest[digits] >= '0' && rest[digits] <= '9')
        digits++;
    return digits >= 3 && strspn(rest, "0123456789-") == strlen(rest);
}

bool pl__is_own_service(const pl_model_spec *spec)
{
    const char *host = NULL;
    for (size_t i = 0; i < sizeof(SERVICES) / sizeof(SERVICES[0]); i++)
        if (strcmp(SERVICES[i].provider, spec->provider) == 0)
            host = SERVICES[i].host;
    for (size_t i = 0; host && i < spec->reach.n_base_urls; i++)
        if (!pl__view_eq_str(pl__url_host(spec->reach.base_urls[i]), host))
            return false;
    return host && spec->reach.n_base_urls > 0;
}

static pl_price listed_price(const pl_model_spec *spec, const char **ret_noted)
{
    const price_row *best = NULL;
    if (ret_noted)
        *ret_noted = NULL;
    if (spec->price.known || !pl__is_own_service(spec))
        return spec->price;
    for (size_t i = 0; i < sizeof(PRICES) / sizeof(PRICES[0]); i++) {
        const price_row *row = &PRICES[i];
        size_t len = strlen(row->model);
        if (strcmp(row->provider, spec->provider) == 0 && strncmp(spec->model, row->model, len) == 0 &&
            is_version(spec->model + len) && (!best || len > strlen(best->model)))
            best = row;
    }
    if (!best)
        return (pl_price){0};
    if (ret_noted)
        *ret_noted = best->noted;
    return (pl_price){.known = true,
                      .input = UINT64_C(1000) * best->input_micro,
                      .output = UINT64_C(1000) * best->output_micro,
                      .cached_input = UINT64_C(1000) * best->cached_micro,
                      .cache_written = pl__price_cache_written(best->provider, UINT64_C(1000) * best->input_micro)};
}

pl_price pl__price_of(const pl_model_spec *spec, const char **ret_noted)
{
    pl_price price = listed_price(spec, ret_noted);
    if (spec->reach.batch) { /* what both providers ask for a batch: half */
        price.input /= 2;
        price.output /= 2;
        price.cached_input /= 2;
        price.cache_written /= 2;
    }
    return price;
}

uint64_t pl__money_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* Exact: `whole` collects whole nano-dollars, *rest what is left of a million, below 2e18 for each of four prices. */
static uint64_t whole_cost(uint64_t tokens, uint64_t price, uint64_t *rest)
{
    uint64_t millions = tokens / TOKENS_PER_PRICE;
    *rest += tokens % TOKENS_PER_PRICE * price;
    return price > 0 && millions > UINT64_MAX / price ? UINT64_MAX : millions * price;
}

uint64_t pl__cost_of(const pl_price *price, const pl_usage *usage)
{
    uint64_t rest = TOKENS_PER_PRICE / 2;
    uint64_t input = usage->input_tokens;
    uint64_t cached = usage->cached_tokens < input ? usage->cached_tokens : input;
    uint64_t written = usage->cache_written_tokens < input - cached ? usage->cache_written_tokens : input - cached;
    if (!price->known)
        return 0;
    uint64_t sum = whole_cost(input - cached - written, price->input, &rest);
    sum = pl__money_add(sum, whole_cost(cached, price->cached_input, &rest));
    sum = pl__money_add(sum, whole_cost(written, price->cache_written, &rest));
    sum = pl__money_add(sum, whole_cost(usage->output_tokens, price->output, &rest));
    return pl__money_add(sum, rest / TOKENS_PER_PRICE);
}

uint64_t pl__cost_least(const pl_price *price, uint64_t input_tokens, uint64_t output_tokens)
{
    bool cached = price->cached_input < price->input;
    pl_usage usage = {
        .input_tokens = input_tokens, .output_tokens = output_tokens, .cached_tokens = cached ? input_tokens : 0};
    return pl__cost_of(price, &usage);
}

uint64_t pl__cost_most(const pl_price *price, uint64_t input_tokens, uint64_t output_tokens)
{
    bool cached = price->cached_input > price->input && price->cached_input > price->cache_written;
    bool written = !cached && price->cache_written > price->input;
    pl_usage usage = {.input_tokens = input_tokens,
                      .output_tokens = output_tokens,
                      .cached_tokens = cached ? input_tokens : 0,
                      .cache_written_tokens = written ? input_tokens : 0};
    return pl__cost_of(price, &usage);
}

void pl__money_text(uint64_t nano_usd, char ret[PL_MONEY_BYTES])
{
    uint64_t step = 100000; /* nano-dollars of the last decimal shown */
    int decimals = 4;
    if (nano_usd > 0 && nano_usd < PL_NANO_PER_USD / 1000000) {
        step = 1;
        decimals = 9;
    } else if (nano_usd > 0 && nano_usd < PL_NANO_PER_USD / 1000) {
        step = 1000;
        decimals = 6;
    } else if (nano_usd >= 100 * PL_NANO_PER_USD) {
        step = 10000000;
        decimals = 2;
    }
    uint64_t shown = nano_usd / step + (nano_usd % step >= step / 2 && step > 1);
    uint64_t per_usd = PL_NANO_PER_USD / step;
    (void)snprintf(ret, PL_MONEY_BYTES, "$%llu.%0*llu", (unsigned long long)(shown / per_usd), decimals,
                   (unsigned long long)(shown % per_usd));
}
