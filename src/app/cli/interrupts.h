#ifndef PL_INTERRUPTS_H
#define PL_INTERRUPTS_H

#include <stdatomic.h>

/* SIGINT and SIGTERM count up to 2; SIGPIPE is ignored, and SIGXFSZ too: a limit on the size of files is then an error
 * like a full disk. The first asks to finish what is in flight, the second to stop at once. */
const atomic_int *pl__interrupts_install(void);

#endif
