#ifndef PL_CLI_KIT_H
#define PL_CLI_KIT_H

/* The program as a person uses it: a served simulated pool and commands in a directory of their own. */
#include "kit.h"

typedef struct cli_pool {
    char *dir;
    char *log; /* request log: one line per answered request */
    char *port;
    pl_kit_process *server;
} cli_pool;

/* Draws scenes in dir/scenes, serves a default pool of n models, writes dir/peerless.yaml. */
void cli_pool_start(cli_pool *pool, const char *scenes, const char *models, const char *seed);
void cli_pool_stop(cli_pool *pool);
/* Runs "peerless words…" (NULL-terminated) in the pool's directory (or dir). */
void cli_run(const char *dir, pl_kit_result *ret, const char *const *words);
size_t cli_count_lines(const char *path);

#define CLI_WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
