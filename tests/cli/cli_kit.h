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
/* Starts "peerless sim serve words…" in dir and waits until it answers; *ret_port is its port, to be freed. */
pl_kit_process *cli_serve(const char *dir, const char *const *words, char **ret_port);
/* Runs "peerless words…" (NULL-terminated) in the pool's directory (or dir). */
void cli_run(const char *dir, pl_kit_result *ret, const char *const *words);
/* The same, and it must succeed; what it printed, to be freed. */
char *cli_output(const char *dir, const char *const *words);
/* Tables of several methods over a store, as JSON; to be freed. */
char *cli_rank(const char *dir, const char *store);
size_t cli_count_lines(const char *path);
/* The same of a request log, once the server has answered what a program that ended early has left with it. */
size_t cli_settled_lines(const char *path);
/* The pool's config, with these keys more among each model's limits: "attempts: 10". */
void cli_more_limits(const char *dir, const char *keys);

#define CLI_WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
