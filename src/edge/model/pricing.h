#ifndef PL_PRICING_H
#define PL_PRICING_H

#include "model_spec.h"
#include "reply.h"

/* Money is whole nano-dollars (1e-9 US dollars) everywhere; sums stop at UINT64_MAX instead of wrapping. */
#define PL_MONEY_BYTES 40

/* What the model costs: as the user says; else, at the provider's own service, as the built-in table says for exactly
 * this model or a dated version of it. Anything else is not known: a gateway or a server of one's own has prices of its
 * own. In batches it costs half. *ret_noted: the month of the table's row ("2026-11"), NULL for the user's price; it
 * may be NULL. */
pl_price pl__price_of(const pl_model_spec *spec, const char **ret_noted);
/* Is every address of the model the provider's own service? */
bool pl__is_own_service(const pl_model_spec *spec);

/* Cost of a call, rounded to the nearest nano-dollar. Reasoning tokens are output tokens. 0 for a price not known. */
uint64_t pl__cost_of(const pl_price *price, const pl_usage *usage);
/* The least and the most that so many tokens can cost: all input read from the cache; all of it written there. */
uint64_t pl__cost_least(const pl_price *price, uint64_t input_tokens, uint64_t output_tokens);
uint64_t pl__cost_most(const pl_price *price, uint64_t input_tokens, uint64_t output_tokens);
uint64_t pl__money_add(uint64_t a, uint64_t b);

/* "$12.34": four decimals below a hundred dollars, six below a tenth of a cent, nine below a
 * thousandth of that. */
void pl__money_text(uint64_t nano_usd, char ret[PL_MONEY_BYTES]);

#endif
