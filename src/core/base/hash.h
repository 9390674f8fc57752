#ifndef PL_HASH_H
#define PL_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SHA-256 for identity (libcrypto), xxHash for tables. */
typedef struct pl_digest {
    uint8_t bytes[32];
} pl_digest;

#define PL_DIGEST_HEX_BYTES 65

typedef struct pl_sha256 pl_sha256;
pl_sha256 *pl__sha256_new(void); /* NULL on refusal */
void pl__sha256_free(pl_sha256 *h);
void pl__sha256_reset(pl_sha256 *h);
void pl__sha256_add(pl_sha256 *h, const void *bytes, size_t n);
/* A field with its 8-byte little-endian length in front, so that ("ab","c") and ("a","bc") differ. */
void pl__sha256_add_field(pl_sha256 *h, const void *bytes, size_t n);
void pl__sha256_add_str(pl_sha256 *h, const char *s); /* a field; NULL differs from "" */
void pl__sha256_add_u64(pl_sha256 *h, uint64_t x);
void pl__sha256_finish(pl_sha256 *h, pl_digest *ret); /* h needs a reset before it is used again */

void pl__sha256(const void *bytes, size_t n, pl_digest *ret);
void pl__digest_hex(const pl_digest *d, char ret[PL_DIGEST_HEX_BYTES]);
bool pl__digest_eq(const pl_digest *a, const pl_digest *b);
uint64_t pl__hash64(const void *bytes, size_t n, uint64_t seed); /* xxh3 */

#endif
