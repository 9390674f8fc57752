#ifndef PL_CLOCK_H
#define PL_CLOCK_H

#include <stdint.h>

/* Time as an argument: tests put a hand-turned clock in its place. */
typedef struct pl_clock {
    uint64_t (*now_mono_ns)(void *user);
    int64_t (*now_unix_ms)(void *user);
    void *user;
} pl_clock;

const pl_clock *pl__clock_system(void);

#endif
