/* The low-level SHA-256 calls of libcrypto: unlike the EVP layer they allocate nothing and so cannot fail, which
 * lets an identity be computed without an error path. They are marked deprecated, not removed. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hash.h"

#include "alloc.h"

#include <openssl/sha.h>
#include <string.h>
#include <xxhash.h>

/* Records are many short fields; a call of libcrypto for each would cost as much as the hashing. */
#define PENDING_BYTES 256

struct pl_sha256 {
    SHA256_CTX ctx;
    size_t n_pending;
    uint8_t pending[PENDING_BYTES];
};

_Static_assert(sizeof(((pl_digest *)0)->bytes) == SHA256_DIGEST_LENGTH, "a digest holds one SHA-256");

pl_sha256 *pl__sha256_new(void)
{
    pl_sha256 *h = pl__malloc(sizeof(*h));
    if (h)
        pl__sha256_reset(h);
    return h;
}

void pl__sha256_free(pl_sha256 *h)
{
    pl__free(h);
}

void pl__sha256_reset(pl_sha256 *h)
{
    (void)SHA256_Init(&h->ctx);
    h->n_pending = 0;
}

static void pass_on(pl_sha256 *h)
{
    if (h->n_pending > 0)
        (void)SHA256_Update(&h->ctx, h->pending, h->n_pending);
    h->n_pending = 0;
}

void pl__sha256_add(pl_sha256 *h, const void *bytes, size_t n)
{
    if (n > sizeof(h->pending) - h->n_pending)
        pass_on(h);
    if (n > sizeof(h->pending)) {
        (void)SHA256_Update(&h->ctx, bytes, n);
    } else if (n > 0) {
        memcpy(h->pending + h->n_pending, bytes, n);
        h->n_pending += n;
    }
}

void pl__sha256_add_u64(pl_sha256 *h, uint64_t x)
{
    uint8_t le[8];
    for (unsigned i = 0; i < 8; i++)
        le[i] = (uint8_t)(x >> (8 * i));
    pl__sha256_add(h, le, sizeof(le));
}

void pl__sha256_add_field(pl_sha256 *h, const void *bytes, size_t n)
{
    pl__sha256_add_u64(h, n);
    pl__sha256_add(h, bytes, n);
}

void pl__sha256_add_str(pl_sha256 *h, const char *s)
{
    if (s)
        pl__sha256_add_field(h, s, strlen(s));
    else
        pl__sha256_add_u64(h, UINT64_MAX); /* no string is that long */
}

void pl__sha256_finish(pl_sha256 *h, pl_digest *ret)
{
    pass_on(h);
    (void)SHA256_Final(ret->bytes, &h->ctx);
}

void pl__sha256(const void *bytes, size_t n, pl_digest *ret)
{
    pl_sha256 h;
    pl__sha256_reset(&h);
    pl__sha256_add(&h, bytes, n);
    pl__sha256_finish(&h, ret);
}

void pl__digest_hex(const pl_digest *d, char ret[PL_DIGEST_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof(d->bytes); i++) {
        ret[2 * i] = digits[d->bytes[i] >> 4];
        ret[2 * i + 1] = digits[d->bytes[i] & 15];
    }
    ret[PL_DIGEST_HEX_BYTES - 1] = '\0';
}

bool pl__digest_eq(const pl_digest *a, const pl_digest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

uint64_t pl__hash64(const void *bytes, size_t n, uint64_t seed)
{
    return XXH3_64bits_withSeed(n > 0 ? bytes : "", n, seed);
}
