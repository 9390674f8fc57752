#include "alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef PL_FAULTS
#include <stdatomic.h>

static atomic_ulong fault_countdown; /* allocations until the refusal, 0: disarmed */
static atomic_bool fault_happened;
static atomic_long live_blocks;

void pl__fault_arm(unsigned long nth)
{
    atomic_store(&fault_happened, false);
    atomic_store(&fault_countdown, nth);
}

bool pl__fault_fired(void)
{
    return atomic_load(&fault_happened);
}

long pl__live_blocks(void)
{
    return atomic_load(&live_blocks);
}

/* Exactly one of any number of concurrent callers takes the countdown from 1 to 0. */
static bool refused(void)
{
    unsigned long left = atomic_load(&fault_countdown);
    while (left > 0 && !atomic_compare_exchange_weak(&fault_countdown, &left, left - 1)) {
    }
    if (left != 1)
        return false;
    atomic_store(&fault_happened, true);
    return true;
}

static void count_blocks(long more)
{
    atomic_fetch_add(&live_blocks, more);
}
#else
static bool refused(void)
{
    return false;
}

static void count_blocks(long more)
{
    (void)more;
}
#endif

/* Nothing larger than PTRDIFF_MAX is handed out: pointer differences would overflow. */
static bool product(size_t n, size_t size_bytes, size_t *ret)
{
    if (size_bytes > 0 && n > (size_t)PTRDIFF_MAX / size_bytes)
        return false;
    *ret = n * size_bytes;
    return true;
}

void *pl__malloc(size_t size_bytes)
{
    if (size_bytes > (size_t)PTRDIFF_MAX || refused())
        return NULL;
    void *p = malloc(size_bytes > 0 ? size_bytes : 1);
    if (p)
        count_blocks(1);
    return p;
}

void *pl__calloc(size_t n, size_t size_bytes)
{
    size_t total = 0;
    if (!product(n, size_bytes, &total) || refused())
        return NULL;
    void *p = calloc(total > 0 ? total : 1, 1);
    if (p)
        count_blocks(1);
    return p;
}

void *pl__realloc(void *p, size_t size_bytes)
{
    if (!p)
        return pl__malloc(size_bytes);
    if (size_bytes > (size_t)PTRDIFF_MAX || refused())
        return NULL;
    return realloc(p, size_bytes > 0 ? size_bytes : 1);
}

void *pl__reallocarray(void *p, size_t n, size_t size_bytes)
{
    size_t total = 0;
    if (!product(n, size_bytes, &total))
        return NULL;
    return pl__realloc(p, total);
}

void pl__free(void *p)
{
    if (!p)
        return;
    count_blocks(-1);
    free(p);
}

char *pl__strdup(const char *s)
{
    return pl__strndup(s, strlen(s));
}

char *pl__strndup(const char *s, size_t n)
{
    if (n >= (size_t)PTRDIFF_MAX)
        return NULL;
    char *copy = pl__malloc(n + 1);
    if (!copy)
        return NULL;
    if (n > 0)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void *pl__memdup(const void *p, size_t size_bytes)
{
    void *copy = pl__malloc(size_bytes);
    if (copy && size_bytes > 0)
        memcpy(copy, p, size_bytes);
    return copy;
}
