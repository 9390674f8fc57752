#include "clock.h"

#include <stddef.h>
#include <time.h>

static uint64_t mono_ns(void *user)
{
    (void)user;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int64_t unix_ms(void *user)
{
    (void)user;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + (int64_t)now.tv_nsec / 1000000;
}

const pl_clock *pl__clock_system(void)
{
    static const pl_clock system_clock = {mono_ns, unix_ms, NULL};
    return &system_clock;
}
