#include "rng.h"

#include "error.h"
#include "hash.h"

#include <math.h>
#include <string.h>

#define TWO_PI 6.283185307179586476925286766559

/* splitmix64: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators". */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t splitmix_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

static void seed_from(pl_rng *rng, uint64_t key)
{
    for (size_t i = 0; i < 4; i++)
        rng->s[i] = splitmix_next(&key);
}

void pl__rng_init(pl_rng *rng, uint64_t seed, const char *purpose, uint64_t index)
{
    /* For one seed and purpose the key is a bijection of the index: no two of these streams coincide. */
    uint64_t stream = pl__hash64(purpose, strlen(purpose), seed);
    seed_from(rng, mix(stream + splitmix_next(&index)));
}

void pl__rng_init_bytes(pl_rng *rng, uint64_t seed, const void *key, size_t key_bytes)
{
    seed_from(rng, mix(pl__hash64(key, key_bytes, seed)));
}

static uint64_t rotl(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

/* xoshiro256**: Blackman, Vigna 2021, "Scrambled linear pseudorandom number generators". */
uint64_t pl__rng_u64(pl_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double pl__rng_uniform(pl_rng *rng)
{
    return (double)(pl__rng_u64(rng) >> 11) * 0x1p-53;
}

uint64_t pl__rng_below(pl_rng *rng, uint64_t bound)
{
    PL_ASSERT(bound > 0);
    if (bound <= 1)
        return 0;
    uint64_t excess = (0 - bound) % bound; /* 2^64 mod bound: that many values would be favoured */
    uint64_t x = pl__rng_u64(rng);
    while (x < excess)
        x = pl__rng_u64(rng);
    return x % bound;
}

/* Box and Muller 1958; the second value is dropped, so that the state is nothing but the generator's. */
double pl__rng_normal(pl_rng *rng)
{
    double u = 1.0 - pl__rng_uniform(rng); /* (0, 1]: the logarithm is finite */
    double v = pl__rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(TWO_PI * v);
}

void pl__rng_shuffle(pl_rng *rng, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)pl__rng_below(rng, i);
        uint32_t held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}
