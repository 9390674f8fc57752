#ifndef PL_RNG_H
#define PL_RNG_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256** seeded by splitmix64. Streams are keyed by what they are for, never by the order of drawing. */
typedef struct pl_rng {
    uint64_t s[4];
} pl_rng;

/* A stream of its own for (seed, purpose, index). */
void pl__rng_init(pl_rng *rng, uint64_t seed, const char *purpose, uint64_t index);
/* The same keyed by arbitrary bytes. */
void pl__rng_init_bytes(pl_rng *rng, uint64_t seed, const void *key, size_t key_bytes);
uint64_t pl__rng_u64(pl_rng *rng);
double pl__rng_uniform(pl_rng *rng);                 /* [0, 1), 53 bits */
uint64_t pl__rng_below(pl_rng *rng, uint64_t bound); /* unbiased; bound > 0 */
double pl__rng_normal(pl_rng *rng);                  /* N(0,1) */
void pl__rng_shuffle(pl_rng *rng, uint32_t *items, size_t n);

#endif
