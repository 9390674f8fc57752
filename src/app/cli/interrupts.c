#include "interrupts.h"

#include <signal.h>
#include <stddef.h>

/* The one global of the program: a signal handler can reach nothing else. */
static atomic_int interrupts;

static void on_signal(int signo)
{
    (void)signo;
    if (atomic_load(&interrupts) < 2)
        atomic_fetch_add(&interrupts, 1);
}

const atomic_int *pl__interrupts_install(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)sigemptyset(&action.sa_mask);
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    return &interrupts;
}
