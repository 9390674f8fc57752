/* One hot path at a time, on little data, for counting its instructions: see bench/instructions.py.
 *
 *   hot_paths            lists the paths: name, and how many lines, judgments, fits or replicates it does
 *   hot_paths NAME       does it once
 *   hot_paths --build    says what compiled it
 *
 * What is counted is what pl_bench_measured() calls; the rest makes the data. */
#include <peerless/rank.h>

#include "alloc.h"
#include "bootstrap.h"
#include "error.h"
#include "num.h"
#include "records.h"
#include "rng.h"
#include "strengths.h"
#include "verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MODELS 20u
#define IMAGES 200u
#define JUDGMENTS 20000u
#define RESPONSES 2000u
#define ANSWERS 200u /* with log-probabilities of tokens */
#define TOKENS 16u
#define TOPS 20u
#define WORDS 3000u
#define VERDICTS 500u
#define REPLICATES 20u
#define NAME_BYTES 32
#define LINE_BYTES 512
#define SPREAD 3.0
#define DECIDED 0.85

typedef struct world {
    pl_judgment_set set;
    pl_judgment rows[JUDGMENTS];
    char names[MODELS + IMAGES][NAME_BYTES];
    const char *pointers[MODELS + IMAGES];
    uint32_t order[MODELS];
    pl_str text; /* of a log, or of a reply */
    pl_peer_table *table;
    pl_rank_opts opts;
    pl_rank_input in;
    pl_win_matrix matrix;
    double scores[REPLICATES * MODELS];
} world;

typedef struct path {
    const char *name;
    unsigned n;
    pl_status (*open)(world *w, pl_error *reterr); /* or NULL */
    pl_status (*run)(world *w, pl_error *reterr);
} path;

static pl_judgment draw_row(pl_rng *rng)
{
    uint32_t a = (uint32_t)pl__rng_below(rng, MODELS);
    uint32_t b = (a + 1 + (uint32_t)pl__rng_below(rng, MODELS - 1)) % MODELS;
    uint32_t image = (uint32_t)pl__rng_below(rng, IMAGES);
    double first = DECIDED / (1.0 + exp(SPREAD * ((double)b - (double)a) / MODELS));
    double u = pl__rng_uniform(rng);
    pl_verdict v = u < first ? PL_VERDICT_A : u < DECIDED ? PL_VERDICT_B : PL_VERDICT_TIE;
    return (pl_judgment){.item = image,
                         .image = image,
                         .judge = (uint32_t)pl__rng_below(rng, MODELS),
                         .a = a,
                         .b = b,
                         .verdict = (uint8_t)v,
                         .weight = 1.0};
}

static void draw_world(world *w)
{
    static const char *const one[] = {"overall"};
    pl_rng rng;
    pl__rng_init(&rng, 1, "hot paths", 0);
    for (size_t i = 0; i < MODELS + IMAGES; i++) {
        bool is_model = i < MODELS;
        (void)snprintf(w->names[i], NAME_BYTES, is_model ? "model-%02zu" : "q%06zu", is_model ? i : i - MODELS);
        w->pointers[i] = w->names[i];
        if (is_model)
            w->order[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < JUDGMENTS; i++)
        w->rows[i] = draw_row(&rng);
    w->set = (pl_judgment_set){.models = w->pointers,
                               .n_models = MODELS,
                               .items = w->pointers + MODELS,
                               .n_items = IMAGES,
                               .images = w->pointers + MODELS,
                               .n_images = IMAGES,
                               .criteria = one,
                               .n_criteria = 1,
                               .rows = w->rows,
                               .n_rows = JUDGMENTS};
    w->opts = (pl_rank_opts)PL_RANK_OPTS_INIT;
}

/* ---- logs and replies ---- */

static pl_status open_judgments(world *w, pl_error *reterr)
{
    static const char *const verdicts[] = {"", "a", "b", "tie"};
    pl_status rc = PL_OK;
    for (size_t i = 0; i < JUDGMENTS && !rc; i++) {
        const pl_judgment *row = &w->rows[i];
        char line[LINE_BYTES];
        (void)snprintf(line, sizeof(line),
                       "{\"item\":\"%s\",\"judge\":\"%s\",\"a\":\"%s\",\"b\":\"%s\",\"verdict\":\"%s\"}\n",
                       w->set.items[row->item], w->set.models[row->judge], w->set.models[row->a], w->set.models[row->b],
                       verdicts[row->verdict]);
        rc = pl__str_append_c(&w->text, line);
    }
    return rc ? pl__fail(reterr, rc, "a log") : PL_OK;
}

static pl_status run_judgments(world *w, pl_error *reterr)
{
    static const pl_records_opts opts = {.threads = 1};
    pl_judgment_log *log = NULL;
    pl_status rc = pl__records_parse_judgments("log", pl__view_n(w->text.ptr, w->text.len), &opts, &log, reterr);
    pl__judgment_log_free(log);
    return rc;
}

static pl_status open_responses(world *w, pl_error *reterr)
{
    pl_status rc = PL_OK;
    for (size_t i = 0; i < RESPONSES && !rc; i++) {
        char line[LINE_BYTES];
        (void)snprintf(
            line, sizeof(line),
            "{\"item\":\"q%06zu\",\"model\":\"model-%02zu\",\"text\":\"It is a red cube, so the answer is (%c).\","
            "\"options\":[\"a red cube\",\"a blue ball\",\"a green cone\"],"
            "\"option_logprobs\":[-0.%03zu,-2.5,-3.25]}\n",
            i / MODELS, i % MODELS, "ABC"[i % 3], 100 + i % 800);
        rc = pl__str_append_c(&w->text, line);
    }
    return rc ? pl__fail(reterr, rc, "a log") : PL_OK;
}

/* Words of 1 to 12 letters, the first ones the most frequent; some begin with a letter beyond ASCII. */
static pl_status put_pair(pl_rng *rng, double logprob, pl_str *out)
{
    static const char *const starts[] = {" ", "", "\xc3\xa9", "\\u0120"};
    static const char letters[] = "etaoinshrdlu";
    unsigned word = (unsigned)exp(pl__rng_uniform(rng) * log(WORDS));
    return pl__str_appendf(out, "[\"%s%.*s%u\",-%u.%08u]", starts[word % 4], (int)(word % 7), letters + word % 5, word,
                           (unsigned)logprob, (unsigned)(fmod(logprob, 1.0) * 1e8));
}

static pl_status put_tokens(pl_rng *rng, pl_str *out)
{
    pl_status rc = PL_OK;
    for (unsigned i = 0; i < TOKENS && !rc; i++) {
        double logprob = pl__rng_uniform(rng);
        rc = pl__str_appendf(out, "%s{\"t\":\"%u\",\"lp\":-0.5,\"top\":[", i > 0 ? "," : "", i);
        for (unsigned k = 0; k < TOPS && !rc; k++) {
            rc = k > 0 ? pl__str_append_c(out, ",") : PL_OK;
            rc = rc ? rc : put_pair(rng, logprob, out);
            logprob += 0.9 * pl__rng_uniform(rng);
        }
        rc = rc ? rc : pl__str_append_c(out, "]}");
    }
    return rc;
}

static pl_status open_tokens(world *w, pl_error *reterr)
{
    pl_rng rng;
    pl_status rc = PL_OK;
    pl__rng_init(&rng, 1, "tokens", 0);
    for (unsigned i = 0; i < ANSWERS && !rc; i++) {
        rc = pl__str_appendf(&w->text, "{\"item\":\"q%06u\",\"model\":\"model-%02u\",\"tokens\":[", i / MODELS,
                             i % MODELS);
        rc = rc ? rc : put_tokens(&rng, &w->text);
        rc = rc ? rc : pl__str_append_c(&w->text, "]}\n");
    }
    return rc ? pl__fail(reterr, rc, "a log") : PL_OK;
}

static pl_status run_responses(world *w, pl_error *reterr)
{
    pl_response_log *log = NULL;
    pl_status rc = pl__records_parse_responses("log", pl__view_n(w->text.ptr, w->text.len), false, &log, reterr);
    pl__response_log_free(log);
    return rc;
}

static pl_status run_verdicts(world *w, pl_error *reterr)
{
    static const char instruction[] = "Compare the two answers to the question about the image. Say which is better: "
                                      "[[A]], [[B]], or [[C]] for a tie, on a line of its own at the end.";
    static const char *const replies[] = {
        "Answer A names the cube and its colour. Answer B is wrong about the colour.\n\n[[A]]",
        "Both describe the same object; neither says where it stands.\nFinal verdict: **[[C]]**.",
        "I think [[B]] is better, since it counts all of the objects and A misses one behind the cone.",
        "Neither answer is supported by what can be seen in the image, and I cannot decide between the two of them."};
    (void)w;
    unsigned usable = 0;
    for (size_t i = 0; i < VERDICTS; i++) {
        pl_parsed_verdict v = pl__verdict_parse(pl__view(replies[i % 4]), pl__view(instruction), false);
        usable += v.verdict != PL_VERDICT_MISSING;
    }
    return usable == VERDICTS / 4 * 3 ? PL_OK : pl__fail(reterr, PL_E_INVALID, "%u verdicts", usable);
}

/* ---- tables and rankings ---- */

static pl_status run_table(world *w, pl_error *reterr)
{
    return pl_peer_table_build(&w->set, NULL, &w->table, reterr);
}

static pl_status open_table(world *w, pl_error *reterr)
{
    pl_status rc = run_table(w, reterr);
    w->in = (pl_rank_input){
        .table = w->table, .models = w->set.models, .n_models = MODELS, .order = w->order, .opts = &w->opts};
    return rc;
}

static pl_status run_wins(world *w, pl_error *reterr)
{
    return pl__win_matrix_init(&w->matrix, &w->in, false, reterr);
}

static pl_status open_wins(world *w, pl_error *reterr)
{
    pl_status rc = open_table(w, reterr);
    return rc ? rc : run_wins(w, reterr);
}

static pl_status run_fit(world *w, pl_error *reterr)
{
    static const pl_strengths_model model = {.ridge = 1e-3};
    pl_fit_report report = {0};
    pl_status rc = pl__strengths_fit(&w->matrix, NULL, &model, w->scores, &report);
    return rc ? pl__fail(reterr, rc, "a fit") : PL_OK;
}

static pl_status run_upme(world *w, pl_error *reterr)
{
    pl_ranking *r = NULL;
    pl_status rc = pl_rank_run("upme", w->table, w->set.models, NULL, &r, reterr);
    pl_ranking_free(r);
    return rc;
}

static pl_status bootstrap(world *w, const char *method, pl_error *reterr)
{
    const char *const methods[] = {method};
    double *const scores[] = {w->scores};
    pl_resampler *resampler = NULL;
    pl_bootstrap b = {.methods = methods,
                      .n_methods = 1,
                      .models = w->set.models,
                      .n_models = MODELS,
                      .n_images = pl_peer_table_n_images(w->table),
                      .rank = w->opts,
                      .table = w->table,
                      .resampler = &resampler,
                      .seed = 1,
                      .threads = 1};
    pl_status rc = pl__bootstrap_draw(&b, REPLICATES, scores, reterr);
    pl_resampler_free(resampler);
    return rc;
}

static pl_status run_bt_replicates(world *w, pl_error *reterr)
{
    return bootstrap(w, "bt", reterr);
}

static pl_status run_upme_replicates(world *w, pl_error *reterr)
{
    return bootstrap(w, "upme", reterr);
}

static const path paths[] = {
    {"judgment-lines", JUDGMENTS, open_judgments, run_judgments},
    {"response-lines", RESPONSES, open_responses, run_responses},
    {"token-lines", ANSWERS, open_tokens, run_responses},
    {"verdicts", VERDICTS, NULL, run_verdicts},
    {"table", JUDGMENTS, NULL, run_table},
    {"wins", JUDGMENTS, open_table, run_wins},
    {"bt-fit", 1, open_wins, run_fit},
    {"upme", 1, open_table, run_upme},
    {"bt-replicates", REPLICATES, open_table, run_bt_replicates},
    {"upme-replicates", REPLICATES, open_table, run_upme_replicates},
};

/* valgrind knows it by its name; called by a pointer, it is neither inlined nor copied. */
pl_status pl_bench_measured(const path *p, world *w, pl_error *reterr);
pl_status pl_bench_measured(const path *p, world *w, pl_error *reterr)
{
    return p->run(w, reterr);
}
static pl_status (*volatile measured)(const path *, world *, pl_error *) = pl_bench_measured;

static int run_path(const path *p)
{
    pl_error err = {0};
    world *w = pl__calloc(1, sizeof(*w));
    pl_status rc = PL_E_NOMEM;
    if (!w)
        return 1;
    pl__str_init(&w->text, PL_STR_LIMIT_DEFAULT);
    draw_world(w);
    rc = p->open ? p->open(w, &err) : PL_OK;
    if (!rc)
        rc = measured(p, w, &err);
    if (rc)
        (void)fprintf(stderr, "hot_paths: %s: %s\n", p->name, err.msg[0] ? err.msg : pl_status_text(rc));
    pl__win_matrix_clear(&w->matrix);
    pl_peer_table_free(w->table);
    pl__str_clear(&w->text);
    pl__free(w);
    return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
    size_t n = sizeof(paths) / sizeof(paths[0]);
    if (argc > 1 && strcmp(argv[1], "--build") == 0) {
        printf("%s\n", __VERSION__);
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (argc < 2)
            printf("%s %u\n", paths[i].name, paths[i].n);
        else if (strcmp(argv[1], paths[i].name) == 0)
            return run_path(&paths[i]);
    }
    return argc < 2 ? 0 : 2;
}
