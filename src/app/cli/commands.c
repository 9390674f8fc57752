#include "commands.h"

#include "cmd_study.h"
#include "cmd_study_cross.h"
#include "error.h"
#include "json.h"
#include "out.h"
#include <peerless/version.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(x) (sizeof(x) / sizeof((x)[0]))

static const pl_option DEMO[] = {
    {"images", 'n', PL_OPTION_COUNT, "N", "scenes to judge by (default 25)"},
    {"models", 0, PL_OPTION_COUNT, "N", "simulated models, 3 to 64 (default 6)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "of scenes and models (default 1)"},
    {"out", 'o', PL_OPTION_TEXT, "DIR",
     "where everything is written (default ./peerless-demo); continued if it exists"},
};
static const pl_option INIT[] = {
    {"output", 'o', PL_OPTION_TEXT, "FILE", "the file to write (default " PL_CONFIG_DEFAULT "); never overwritten"},
};
static const pl_option PLAN[] = {
    {"config", 'c', PL_OPTION_TEXT, "FILE", "the configuration (default " PL_CONFIG_DEFAULT ")"},
    {"store", 0, PL_OPTION_TEXT, "FILE", "what is stored there need not be asked (default: the configuration's)"},
};
static const pl_option PROBE[] = {
    {"config", 'c', PL_OPTION_TEXT, "FILE", "the configuration (default " PL_CONFIG_DEFAULT ")"},
    {"store", 0, PL_OPTION_TEXT, "FILE", "where findings are kept (default: the configuration's)"},
    {"deep", 0, PL_OPTION_FLAG, NULL, "also send long prompts, which cost, to find how long a context is"},
};
static const pl_option RUN[] = {
    {"config", 'c', PL_OPTION_TEXT, "FILE", "the configuration (default " PL_CONFIG_DEFAULT ")"},
    {"store", 0, PL_OPTION_TEXT, "FILE", "where results are kept (default: the configuration's)"},
    {"max-calls", 0, PL_OPTION_COUNT, "N", "make at most N calls now"},
    {"max-cost", 0, PL_OPTION_NUMBER, "USD", "spend at most this much now, in US dollars; needs every model's price"},
    {"deadline", 0, PL_OPTION_DURATION, "TIME", "start no calls after this time, such as 2h"},
    {"retry-failed", 0, PL_OPTION_FLAG, NULL, "also ask again what was refused as a bad request"},
    {"fail-fast", 0, PL_OPTION_FLAG, NULL, "stop at the first failed call"},
    {"no-rank", 0, PL_OPTION_FLAG, NULL, "end without showing the ranking"},
    {"probe", 0, PL_OPTION_FLAG, NULL, "first probe the endpoints that no probe has asked yet"},
    {"record", 0, PL_OPTION_TEXT, "DIR", "also write every request and reply to DIR; keys are never in it"},
    {"replay", 0, PL_OPTION_TEXT, "DIR", "take the replies from a recording: no network, no keys, no waiting"},
    {"in-time", 0, PL_OPTION_FLAG, NULL, "with --replay: replies take as long as they took"},
};
static const pl_option EXPORT[] = {
    {"store", 0, PL_OPTION_TEXT, "FILE", "a store that a run has written (default run.db)"},
    {"run", 0, PL_OPTION_COUNT, "ID", "which of its runs (default: the latest)"},
    {"what", 0, PL_OPTION_TEXT, "judgments|answers|texts|responses",
     "what to write; texts: questions and answers; responses: for rank --responses (default judgments)"},
    {"labels", 0, PL_OPTION_TEXT, "items.jsonl", "labels of the items, to go with responses"},
    {"output", 'o', PL_OPTION_TEXT, "FILE", "JSONL; .gz compresses, - is standard output (default -)"},
};
static const pl_option SCENES[] = {
    {"number", 'n', PL_OPTION_COUNT, "N", "how many (default 25)"},
    {"first", 0, PL_OPTION_COUNT, "K", "number of the first scene (default 0)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "same seed, same pixels (default 1)"},
    {"output", 'o', PL_OPTION_TEXT, "DIR", "the folder to write (default ./scenes)"},
};
static const pl_option SERVE[] = {
    {"port", 'p', PL_OPTION_COUNT, "P", "on 127.0.0.1; 0 takes a free one (default 0)"},
    {"pool", 0, PL_OPTION_TEXT, "FILE.json", "models and their vices (default: from nearly blind to sharp)"},
    {"models", 0, PL_OPTION_COUNT, "N", "size of the default pool (default 6)"},
    {"seed", 0, PL_OPTION_COUNT, "S", "of the default pool (default 1)"},
    {"faults", 0, PL_OPTION_LIST, "NAME=P,...",
     "what goes wrong, and how often: rate-limit=0.05,cut=0.02,latency=lognormal:200ms:0.8; all=0.2 is everything"},
    {"abilities", 0, PL_OPTION_LIST, "NAME,...",
     "what the endpoints do not do, or do otherwise: no-images,no-logprobs,max-side=512 (docs/simulator.md)"},
    {"batches", 0, PL_OPTION_LIST, "NAME=X,...",
     "how batches go: delay=300ms,expired=0.1,errored=0.1,lost=0.1 (created, and no answer)"},
    {"stats", 0, PL_OPTION_TEXT, "FILE", "write the server's own count there at the end"},
    {"request-log", 0, PL_OPTION_TEXT, "FILE", "one line per answered request"},
    {"port-file", 0, PL_OPTION_TEXT, "FILE", "write the port here once requests are answered"},
};
static const pl_option SIM_CONFIG[] = {
    {"port", 'p', PL_OPTION_COUNT, "P", "where sim serve listens"},
    {"images", 0, PL_OPTION_TEXT, "DIR", "the images to rank on (default ./scenes)"},
    {"store", 0, PL_OPTION_TEXT, "FILE", "the store's name (default run.db)"},
    {"dialect", 0, PL_OPTION_TEXT, "openai|anthropic|gemini|mixed",
     "what the models speak; mixed: they take turns (default openai)"},
    {"pool", 0, PL_OPTION_TEXT, "FILE.json", "as for sim serve"},
    {"models", 0, PL_OPTION_COUNT, "N", "as for sim serve"},
    {"seed", 0, PL_OPTION_COUNT, "S", "as for sim serve"},
};

static const pl_command COMMANDS[] = {
    {"demo", "the whole job on simulated models whose truth is known", "", 0, DEMO, COUNT(DEMO),
     "peerless demo --images 25 --seed 1", pl__cmd_demo},
    {"init", "write a commented " PL_CONFIG_DEFAULT, "", 0, INIT, COUNT(INIT), "peerless init && $EDITOR peerless.yaml",
     pl__cmd_init},
    {"plan", "calls, tokens and cost that a run would take; makes none", "", 0, PLAN, COUNT(PLAN),
     "peerless plan -c peerless.yaml", pl__cmd_plan},
    {"probe", "what each endpoint really does: a few small calls", "", 0, PROBE, COUNT(PROBE),
     "peerless probe -c peerless.yaml", pl__cmd_probe},
    {"run", "ask, answer, judge; keeps everything and continues where it ended", "", 0, RUN, COUNT(RUN),
     "peerless run -c peerless.yaml --max-calls 1000", pl__cmd_run},
    {"rank", "rank models from a store or from logs of judgments or responses", "", 0, pl__ranking_options,
     PL_RANKING_OPTIONS,
     "peerless rank --judgments judgments.jsonl.gz --methods upme,peer-review,majority-vote --truth truth.csv\n"
     "  peerless rank --responses VLMEvalKit/outputs --dataset MMBench_DEV_EN --methods majority",
     pl__cmd_rank},
    {"diagnose", "how each judge judges: habits, biases, agreement, missing verdicts", "", 0, pl__ranking_options,
     PL_RANKING_OPTIONS, "peerless diagnose --store run.db --reference people.jsonl", pl__cmd_diagnose},
    {"study cross", "what models' scores on one data set say of those on another", "", 0, pl__study_cross_options,
     PL_STUDY_CROSS_OPTIONS,
     "peerless study cross --responses vqa.jsonl.gz charts.jsonl.gz --embeddings vectors.jsonl.gz --tsne map.csv",
     pl__cmd_study_cross},
    {"study", "what a ranking owes to images, criteria, weights, orders and judges", "STUDY", 1, pl__study_options,
     PL_STUDY_OPTIONS, "peerless study sample-size --store run.db --truth truth.csv", pl__cmd_study},
    {"export", "write what a store holds as JSONL", "", 0, EXPORT, COUNT(EXPORT),
     "peerless export --store run.db --what judgments -o judgments.jsonl.gz", pl__cmd_export},
    {"sim scenes", "draw simulated scenes with known truth", "", 0, SCENES, COUNT(SCENES),
     "peerless sim scenes -n 25 --seed 1 -o scenes", pl__cmd_sim_scenes},
    {"sim serve", "serve the simulated models on the loopback interface", "", 0, SERVE, COUNT(SERVE),
     "peerless sim serve --port 8080", pl__cmd_sim_serve},
    {"sim config", "print a peerless.yaml for served simulated models", "", 0, SIM_CONFIG, COUNT(SIM_CONFIG),
     "peerless sim config --port 8080 --images scenes > peerless.yaml", pl__cmd_sim_config},
};

static int show_help(pl_status (*write)(const pl_command *command, pl_str *out), const pl_command *command)
{
    pl_str out;
    int code = PL_EXIT_FAILED;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if ((command ? write(command, &out) : pl__program_help(COMMANDS, COUNT(COMMANDS), &out)) == PL_OK)
        code = pl__out_result(pl__view_n(pl__str_c(&out), out.len));
    pl__str_clear(&out);
    return code;
}

/* Finds the command that the first words name ("sim scenes" has two; "study cross" stands before "study"). */
static const pl_command *find_command(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < COUNT(COMMANDS); i++) {
        const char *space = strchr(COMMANDS[i].name, ' ');

        if (!space && strcmp(COMMANDS[i].name, argv[1]) == 0) {
            *ret_words = 1;
            return &COMMANDS[i];
        }
        if (space && argc > 2 && strncmp(COMMANDS[i].name, argv[1], (size_t)(space - COMMANDS[i].name)) == 0 &&
            argv[1][space - COMMANDS[i].name] == '\0' && strcmp(space + 1, argv[2]) == 0) {
            *ret_words = 2;
            return &COMMANDS[i];
        }
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *nearest = pl__command_nearest(COMMANDS, COUNT(COMMANDS), name);

    if (strcmp(name, "sim") == 0)
        return pl__out_usage("sim what? There are sim scenes, sim serve and sim config");
    if (pl__command_later(name))
        return pl__out_usage("%s does not exist yet in this version; peerless --help shows what does",
                             pl__command_later(name));
    if (nearest)
        return pl__out_usage("there is no command \"%s\"; did you mean %s?", name, nearest);
    return pl__out_usage("there is no command \"%s\"; peerless --help shows all", name);
}

/* A large pool keeps more connections open than the soft limit of most shells allows. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit); /* without it the transport keeps fewer connections */
    }
}

int pl__cli_main(int argc, char **argv)
{
    const pl_command *command = NULL;
    pl_args args = {0};
    pl_error err = {0};
    pl_status rc = PL_OK;
    int words = 0;
    int code = PL_EXIT_OK;

    pl__json_use_alloc();
    raise_file_limit();
    if (argc < 2) {
        (void)show_help(NULL, NULL);
        return PL_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return show_help(NULL, NULL);
    if (strcmp(argv[1], "--version") == 0)
        return pl__out_result(pl__view("peerless " PL_VERSION_TEXT "\n"));
    command = find_command(argc, argv, &words);
    if (!command)
        return unknown_command(argv[1]);
    rc = pl__args_parse(command, argc - 1 - words, argv + 1 + words, &args, &err);
    if (rc == PL_E_CANCELLED)
        return show_help(pl__command_help, command);
    if (rc != PL_OK)
        return pl__out_error(&err);
    args.log.sink = pl__out_log_sink;
    code = command->run(&args);
    pl__args_clear(&args);
    return code;
}
