#ifndef PL_TOKEN_BUCKET_H
#define PL_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Flow control is made of state machines without a clock: now_ns is monotonic time, the caller's. */

#define PL_FLOW_NEVER UINT64_MAX /* not by the passing of time alone */

/* A ceiling per minute that we keep of ourselves (leaky bucket as a meter: Turner 1986; ITU-T I.371). It holds `burst`
 * and gains `per_minute + 1 - burst` a minute, so that no half-open minute sees more than per_minute in whole costs:
 * full at its start it gives burst, then what it gains. The burst is two seconds' worth, or the largest single cost
 * seen up to half of per_minute. A cost beyond that passes when the bucket is full, and the debt is paid off
 * afterwards. */
typedef struct pl_token_bucket {
    double per_minute; /* 0: no ceiling */
    double burst;
    double level; /* may be below 0 */
    uint64_t at_ns;
} pl_token_bucket;

void pl__bucket_init(pl_token_bucket *b, uint64_t per_minute, uint64_t now_ns);
/* The earliest time, from now_ns on, at which the cost may be taken if nothing else is. */
uint64_t pl__bucket_ready_ns(pl_token_bucket *b, double cost, uint64_t now_ns);
void pl__bucket_take(pl_token_bucket *b, double cost, uint64_t now_ns);
/* An estimate that was taken turned out to be `actual`. */
void pl__bucket_correct(pl_token_bucket *b, double estimated, double actual);

#define PL_TOKENS_PER_IMAGE 1000u
#define PL_BYTES_PER_TOKEN 4u
/* What a request will count as before its usage is known: a token for four bytes of text, a thousand for an image
 * (providers count between 250 and 1,600), and all of max_tokens, which is what they set aside, too. */
double pl__tokens_estimate(size_t text_bytes, size_t n_images, uint32_t max_tokens);

#endif
