#ifndef PL_COMMANDS_H
#define PL_COMMANDS_H

#include "cli.h"
#include "option.h"
#include "ranking_input.h"
#include "run.h"

/* One file per subcommand; each fills a row of the table in commands.c. */
int pl__cmd_demo(const pl_args *args);
int pl__cmd_diagnose(const pl_args *args);
int pl__cmd_export(const pl_args *args);
int pl__cmd_init(const pl_args *args);
int pl__cmd_plan(const pl_args *args);
int pl__cmd_probe(const pl_args *args);
int pl__cmd_rank(const pl_args *args);
int pl__cmd_run(const pl_args *args);
int pl__cmd_sim_config(const pl_args *args);
int pl__cmd_sim_scenes(const pl_args *args);
int pl__cmd_sim_serve(const pl_args *args);
int pl__cmd_study(const pl_args *args);
int pl__cmd_study_cross(const pl_args *args);

/* ---- what several commands share ---- */

#define PL_CONFIG_DEFAULT "peerless.yaml"

/* Loads a config, showing every problem in it; *ret_exit is set when it returns NULL. */
pl_config *pl__cli_config(const char *path, int *ret_exit);
/* Opens what a config names; shows the error and sets *ret_exit when it returns NULL. */
pl_setup *pl__cli_setup(const pl_config *config, int *ret_exit);

/* Before a command reads the config's keys: from then on the process leaves no core file with them in it. */
void pl__cli_guard_keys(const pl_config *config);

typedef struct pl_probe_wishes {
    bool deep;
    bool missing_only; /* ask only those whose abilities the store lacks */
    bool show;         /* on standard output */
} pl_probe_wishes;
/* Asks the config's endpoints what they can do and keeps it in the store. The exit code; 1 also when an endpoint that
 * is shown does not answer. */
int pl__cli_probe(const pl_args *args, const pl_config *config, pl_store *store, const pl_probe_wishes *wishes);

typedef struct pl_run_wishes {
    uint64_t max_calls;
    uint64_t max_cost_nano_usd; /* 0: none */
    uint64_t deadline_ms;
    bool retry_failed;
    bool fail_fast;
    const char *record_dir; /* or NULL; so is the next */
    const char *replay_dir;
    bool replay_in_time;
} pl_run_wishes;
/* Runs with progress on standard error and shows the summary there. The exit code of the run; *ret_ran tells whether
 * there is a run to rank. */
int pl__cli_run(const pl_args *args, const pl_setup *setup, pl_store *store, const pl_run_wishes *wishes,
                int64_t *ret_run_id);
/* Writes an analysis to standard output in the wanted format. */
int pl__cli_show_rank(const pl_args *args, const pl_analysis *analysis);

#endif
