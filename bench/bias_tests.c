/* How often the bias tests call a judge biased: unbiased judges of unequal quality (the level), and judges with a vice
 * (the power). Prints the tables of docs/statistics.md.
 *
 *   bias_tests [SETS [SEED]]       1,000 data sets (6,000 judges) a row, 400 with a vice, and seed 1 unless told
 *   bias_tests SETS SEED IMAGES    only judges without a vice on that many images, one by one
 *
 * Six models of strengths -1.2 … 1.2; on each image each answer's quality is its model's strength plus N(0, 0.7^2), the
 * same for all judges. Every judge judges every pair in both orders, its own answers too, 10 % ties. A judge is noisy
 * by slope (P = logistic(a d), a from 0.5 for the weakest to 1.5 for the strongest) or by guessing (the better answer
 * in 0.5 + a/3 of all verdicts). ln length = N(0, 0.3^2) of the model + N(0, 0.3^2) of the answer, nothing to do with
 * quality. A vice of x: in a share x of its verdicts the judge takes the first, the longer, its own answer (where
 * exactly one is) without looking. The reference is a seventh judge, by slope a = 3. */
#include <peerless/diagnostics.h>
#include <peerless/signal.h>

#include "num.h"
#include "rng.h"

#include <math.h>
#include <stdio.h>

#define MODELS 6u
#define IMAGES_MAX 100u
#define ROWS_MAX (IMAGES_MAX * MODELS * (MODELS - 1) * MODELS)
#define SETS_MAX 1000000u
#define POWER_SETS 400u
#define LEVEL 0.05

typedef enum vice { VICE_NONE, VICE_POSITION, VICE_VERBOSITY, VICE_SELF } vice;
enum {
    POSITION,
    POSITION_MID,
    LONGER,
    VERBOSITY,
    MCNEMAR_LONGER,
    MCNEMAR_LONGER_MID,
    VERBOSITY_REF,
    OWN,
    SELF,
    MCNEMAR_OWN,
    SELF_REF,
    TESTS
};

typedef struct cell {
    bool guesses;
    uint32_t images;
    vice vice;
    double rate;
} cell;

static pl_judgment rows[ROWS_MAX];
static pl_judgment reference_rows[ROWS_MAX / MODELS];

static double chance_of(bool guesses, double a, double d)
{
    if (guesses)
        return 0.5 + (d > 0.0 ? a : -a) / 3.0;
    return 1.0 / (1.0 + exp(-a * d));
}

static pl_verdict judge_pair(pl_rng *rng, const cell *c, double a, double d, int longer, int own)
{
    double pick = pl__rng_uniform(rng);
    double vice_draw = pl__rng_uniform(rng);
    bool tie = pl__rng_uniform(rng) < 0.1;
    int forced = c->vice == VICE_POSITION ? 1 : c->vice == VICE_VERBOSITY ? longer : c->vice == VICE_SELF ? own : 0;
    if (vice_draw < c->rate && forced != 0)
        return forced > 0 ? PL_VERDICT_A : PL_VERDICT_B;
    if (tie)
        return PL_VERDICT_TIE;
    return pick < chance_of(c->guesses, a, d) ? PL_VERDICT_A : PL_VERDICT_B;
}

static size_t judge_image(pl_rng *rng, const cell *c, uint32_t image, uint32_t judge, double a, const double *quality,
                          const uint32_t *lengths, pl_judgment *out)
{
    size_t n = 0;
    for (uint32_t x = 0; x < MODELS; x++) {
        for (uint32_t y = 0; y < MODELS; y++) {
            if (x == y)
                continue;
            int longer = (lengths[x] > lengths[y]) - (lengths[x] < lengths[y]);
            int own = (judge == x) - (judge == y);
            pl_verdict v = judge_pair(rng, c, a, quality[x] - quality[y], longer, own);
            out[n++] = (pl_judgment){.item = image,
                                     .image = image,
                                     .judge = judge,
                                     .a = x,
                                     .b = y,
                                     .verdict = (uint8_t)v,
                                     .a_length = lengths[x],
                                     .b_length = lengths[y],
                                     .weight = 1.0};
        }
    }
    return n;
}

static void make_set(pl_rng *rng, const cell *c, pl_judgment_set *set, pl_judgment_set *reference)
{
    static const cell honest = {false, 0, VICE_NONE, 0.0};
    double wordy[MODELS];
    set->n_rows = reference->n_rows = 0;
    set->n_items = set->n_images = reference->n_items = reference->n_images = c->images;
    for (uint32_t j = 0; j < MODELS; j++)
        wordy[j] = 0.3 * pl__rng_normal(rng);
    for (uint32_t i = 0; i < c->images; i++) {
        double quality[MODELS];
        uint32_t lengths[MODELS];
        for (uint32_t j = 0; j < MODELS; j++) {
            quality[j] = -1.2 + 2.4 * j / (MODELS - 1) + 0.7 * pl__rng_normal(rng);
            lengths[j] = 1 + (uint32_t)(100.0 * exp(wordy[j] + 0.3 * pl__rng_normal(rng)));
        }
        for (uint32_t r = 0; r < MODELS; r++)
            set->n_rows +=
                judge_image(rng, c, i, r, 0.5 + (double)r / (MODELS - 1), quality, lengths, rows + set->n_rows);
        reference->n_rows += judge_image(rng, &honest, i, 0, 3.0, quality, lengths, reference_rows + reference->n_rows);
    }
}

static bool count_hits(const pl_judgment_set *set, const pl_judgment_set *reference, uint64_t hits[MODELS][TESTS])
{
    pl_error err = {0};
    pl_judge_report reports[MODELS];
    pl_diagnostics *alone = NULL;
    pl_diagnostics *held = NULL;
    pl_diagnostics_opts opts = PL_DIAGNOSTICS_OPTS_INIT;
    opts.reference = reference;
    bool ok = !pl_judge_reports(set, reports, &err) && !pl_diagnostics_run(set, NULL, &alone, &err) &&
              !pl_diagnostics_run(set, &opts, &held, &err);
    for (uint32_t r = 0; r < MODELS && ok; r++) {
        const pl_judge_diagnosis *a = &pl_diagnostics_judges(alone)[r];
        const pl_judge_diagnosis *h = &pl_diagnostics_judges(held)[r];
        const double p[TESTS] = {
            reports[r].position_p,  reports[r].position_p_mid,    a->verbosity.share_p, a->verbosity.p,
            h->verbosity.mcnemar_p, h->verbosity.mcnemar_p_mid,   h->verbosity.p,       a->self_preference.share_p,
            a->self_preference.p,   h->self_preference.mcnemar_p, h->self_preference.p};
        for (unsigned t = 0; t < TESTS; t++)
            hits[r][t] += p[t] < LEVEL;
    }
    if (!ok)
        (void)fprintf(stderr, "%s\n", err.msg);
    pl_diagnostics_free(alone);
    pl_diagnostics_free(held);
    return ok;
}

static void print_percent(double share)
{
    char text[PL_NUM_BYTES];
    pl__num_format_fixed(100.0 * share, 1, text);
    printf(" %s", text);
}

/* One row a judge, weakest first. */
static void print_judges(const cell *c, uint64_t sets, uint64_t hits[MODELS][TESTS])
{
    for (uint32_t r = 0; r < MODELS; r++) {
        printf("| %s | judge %u | %u | – |", c->guesses ? "guessing" : "slope", r + 1, c->images);
        for (unsigned t = 0; t < TESTS; t++) {
            print_percent((double)hits[r][t] / (double)sets);
            printf(" |");
        }
        printf("\n");
    }
}

static void print_cell(const cell *c, uint64_t sets, uint64_t hits[MODELS][TESTS])
{
    static const char *const vices[] = {"none", "position", "verbosity", "own"};
    char rate[PL_NUM_BYTES];
    pl__num_format_fixed(c->rate, 2, rate);
    printf("| %s | %s | %u | %s |", c->guesses ? "guessing" : "slope", vices[c->vice], c->images, rate);
    for (unsigned t = 0; t < TESTS; t++) {
        double all = 0.0;
        double least = 1.0;
        double most = 0.0;
        for (uint32_t r = 0; r < MODELS; r++) {
            double share = (double)hits[r][t] / (double)sets;
            all += share / MODELS;
            least = fmin(least, share);
            most = fmax(most, share);
        }
        print_percent(all);
        printf(" (");
        print_percent(least);
        printf(" –");
        print_percent(most);
        printf(") |");
    }
    printf("\n");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    static const cell cells[] = {{false, 25, VICE_NONE, 0.0},      {false, 100, VICE_NONE, 0.0},
                                 {true, 25, VICE_NONE, 0.0},       {true, 100, VICE_NONE, 0.0},
                                 {false, 25, VICE_POSITION, 0.1},  {false, 100, VICE_POSITION, 0.1},
                                 {false, 25, VICE_VERBOSITY, 0.1}, {false, 100, VICE_VERBOSITY, 0.1},
                                 {false, 25, VICE_SELF, 0.1},      {false, 100, VICE_SELF, 0.1}};
    static const char *const models[MODELS] = {"m0", "m1", "m2", "m3", "m4", "m5"};
    static const char *const criteria[] = {"overall"};
    static char names[IMAGES_MAX][8];
    const char *items[IMAGES_MAX];
    uint64_t sets = 1000;
    uint64_t seed = 1;
    uint64_t only_images = 0;
    if ((argc > 1 && pl__num_parse_u64(pl__view(argv[1]), &sets) != PL_OK) || sets < 1 || sets > SETS_MAX ||
        (argc > 2 && pl__num_parse_u64(pl__view(argv[2]), &seed) != PL_OK) ||
        (argc > 3 && pl__num_parse_u64(pl__view(argv[3]), &only_images) != PL_OK))
        return 2;
    for (uint32_t i = 0; i < IMAGES_MAX; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "i%03u", i);
        items[i] = names[i];
    }
    pl_judgment_set set = {.models = models,
                           .n_models = MODELS,
                           .items = items,
                           .images = items,
                           .criteria = criteria,
                           .n_criteria = 1,
                           .rows = rows};
    pl_judgment_set reference = set;
    reference.rows = reference_rows;
    printf("%llu data sets of 6 judges a row (at most 400 with a vice), seed %llu; percent of p < 0.05: mean over "
           "judges (least – most)\n\n",
           (unsigned long long)sets, (unsigned long long)seed);
    printf("| noise | vice | images | rate | position | position mid-p | longer share | verbosity | McNemar longer | "
           "McNemar longer mid-p | verbosity, reference | own share | self-preference | McNemar own | "
           "self-preference, reference |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t k = 0; k < sizeof(cells) / sizeof(cells[0]); k++) {
        uint64_t hits[MODELS][TESTS] = {{0}};
        if (only_images > 0 && (cells[k].vice != VICE_NONE || cells[k].images != only_images))
            continue;
        uint64_t n = cells[k].vice == VICE_NONE || sets < POWER_SETS ? sets : POWER_SETS;
        for (uint64_t i = 0; i < n; i++) {
            pl_rng rng;
            pl__rng_init(&rng, seed, "bias tests", k << 32 | i);
            make_set(&rng, &cells[k], &set, &reference);
            if (!count_hits(&set, &reference, hits))
                return 1;
        }
        print_cell(&cells[k], n, hits);
        if (only_images > 0)
            print_judges(&cells[k], n, hits);
    }
    return 0;
}
