#include "token_bucket.h"

#include <math.h>

#define MINUTE_NS 60e9
#define BURSTS_PER_MINUTE 30.0 /* two seconds' worth */
#define TOLERANCE 1e-6         /* of rounding, in units of cost */

void pl__bucket_init(pl_token_bucket *b, uint64_t per_minute, uint64_t now_ns)
{
    *b = (pl_token_bucket){.per_minute = (double)per_minute, .at_ns = now_ns};
    b->burst = fmax(1.0, floor(b->per_minute / BURSTS_PER_MINUTE));
    b->level = b->burst;
}

static double per_ns(const pl_token_bucket *b)
{
    return (b->per_minute + 1.0 - b->burst) / MINUTE_NS;
}

static void refill(pl_token_bucket *b, uint64_t now_ns)
{
    if (now_ns <= b->at_ns)
        return;
    b->level = fmin(b->burst, b->level + (double)(now_ns - b->at_ns) * per_ns(b));
    b->at_ns = now_ns;
}

uint64_t pl__bucket_ready_ns(pl_token_bucket *b, double cost, uint64_t now_ns)
{
    if (b->per_minute <= 0.0)
        return now_ns;
    refill(b, now_ns);
    double largest = fmax(b->burst, floor(b->per_minute / 2.0));
    b->burst = fmax(b->burst, fmin(ceil(cost), largest));
    double lacking = fmin(cost, b->burst) - b->level;
    if (lacking <= TOLERANCE)
        return now_ns;
    return now_ns + (uint64_t)ceil(lacking / per_ns(b));
}

void pl__bucket_take(pl_token_bucket *b, double cost, uint64_t now_ns)
{
    if (b->per_minute <= 0.0)
        return;
    refill(b, now_ns);
    b->level -= cost;
}

void pl__bucket_correct(pl_token_bucket *b, double estimated, double actual)
{
    if (b->per_minute > 0.0)
        b->level = fmin(b->burst, b->level + estimated - actual);
}

double pl__tokens_estimate(size_t text_bytes, size_t n_images, uint32_t max_tokens)
{
    return ceil((double)text_bytes / PL_BYTES_PER_TOKEN) + (double)n_images * PL_TOKENS_PER_IMAGE + (double)max_tokens;
}
