/* Four models judged each other's answers to two questions. Who is best, and whose judgment counts most?
 *
 *   cc rank_judgments.c $(pkg-config --cflags --libs peerless) -o rank_judgments && ./rank_judgments
 */
#include <peerless/rank.h>
#include <stdio.h>

enum { ASH, BIRCH, CEDAR, ELM, N_MODELS };
enum { PARK, HARBOUR, N_IMAGES };

static const char *const models[N_MODELS] = {"ash", "birch", "cedar", "elm"};
static const char *const questions[] = {"which bird?", "how many boats?"};
static const char *const images[N_IMAGES] = {"park.jpg", "harbour.jpg"};
static const char *const criteria[] = {"correctness"};

/* Question, judge, answer shown first, answer shown second, verdict. Names are indices into the arrays above. */
static const struct vote {
    uint32_t question, judge, first, second;
    uint8_t verdict;
} votes[] = {
    {0, CEDAR, ASH, BIRCH, PL_VERDICT_A},
    {0, ELM, BIRCH, ASH, PL_VERDICT_A},
    {0, BIRCH, ASH, CEDAR, PL_VERDICT_A},
    {0, ELM, CEDAR, ASH, PL_VERDICT_TIE},
    {0, BIRCH, ASH, ELM, PL_VERDICT_A},
    {0, CEDAR, ELM, ASH, PL_VERDICT_B},
    {0, ASH, BIRCH, CEDAR, PL_VERDICT_A},
    {0, ELM, CEDAR, BIRCH, PL_VERDICT_A},
    {0, ASH, BIRCH, ELM, PL_VERDICT_A},
    {0, CEDAR, ELM, BIRCH, PL_VERDICT_B},
    {0, ASH, CEDAR, ELM, PL_VERDICT_A},
    {0, BIRCH, ELM, CEDAR, PL_VERDICT_B},
    {1, CEDAR, BIRCH, ASH, PL_VERDICT_B},
    {1, ELM, ASH, BIRCH, PL_VERDICT_A},
    {1, BIRCH, CEDAR, ASH, PL_VERDICT_B},
    {1, ELM, ASH, CEDAR, PL_VERDICT_B},
    {1, BIRCH, ELM, ASH, PL_VERDICT_B},
    {1, CEDAR, ASH, ELM, PL_VERDICT_A},
    {1, ASH, CEDAR, BIRCH, PL_VERDICT_TIE},
    {1, ELM, BIRCH, CEDAR, PL_VERDICT_B},
    {1, ASH, ELM, BIRCH, PL_VERDICT_B},
    {1, CEDAR, BIRCH, ELM, PL_VERDICT_A},
    {1, ASH, ELM, CEDAR, PL_VERDICT_B},
    /* This judge said nothing that could be read. That is neither a tie nor a loss. */
    {1, BIRCH, CEDAR, ELM, PL_VERDICT_MISSING},
};
enum { N_VOTES = sizeof(votes) / sizeof(votes[0]) };

static pl_status rank(const char *method, const pl_peer_table *table, pl_error *reterr)
{
    pl_rank_opts opts = PL_RANK_OPTS_INIT;
    opts.bt_ridge = 0.1; /* of the methods below, "bt" alone reads it */
    pl_ranking *ranking = NULL;
    pl_status rc = pl_rank_run(method, table, models, &opts, &ranking, reterr);
    if (rc)
        return rc;

    const double *scores = pl_ranking_scores(ranking);
    const double *weights = pl_ranking_weights(ranking); /* NULL: this method trusts every judge alike */
    printf("%s\n", method);
    for (uint32_t i = 0; i < N_MODELS; i++) {
        printf("  %-6s %7.4f", models[i], scores[i]);
        if (weights)
            printf("  weight as a judge %.4f", weights[i]);
        printf("\n");
    }
    const pl_fit_report *fit = pl_ranking_fit(ranking); /* NULL: this method fits nothing */
    if (fit)
        printf("  %s, log-likelihood %.4f\n", fit->state == PL_FIT_CONVERGED ? "converged" : "did not converge",
               fit->log_likelihood);
    size_t n_warnings = 0;
    const char *const *warnings = pl_ranking_warnings(ranking, &n_warnings);
    for (size_t i = 0; i < n_warnings; i++)
        printf("  warning: %s\n", warnings[i]);
    pl_ranking_free(ranking);
    return PL_OK;
}

int main(void)
{
    pl_error err = {0};
    pl_peer_table *table = NULL;
    pl_judgment rows[N_VOTES];

    for (size_t i = 0; i < N_VOTES; i++) {
        const struct vote *v = &votes[i];
        rows[i] = (pl_judgment){
            .item = v->question,
            .image = v->question == 0 ? PARK : HARBOUR,
            .judge = v->judge,
            .a = v->first,
            .b = v->second,
            .verdict = v->verdict,
            .missing = v->verdict == PL_VERDICT_MISSING ? PL_MISSING_NO_MARK : PL_MISSING_NOT,
            .weight = 1.0,
        };
    }
    /* The set borrows all of these arrays. */
    pl_judgment_set set = {
        .models = models,
        .n_models = N_MODELS,
        .items = questions,
        .n_items = sizeof(questions) / sizeof(questions[0]),
        .images = images,
        .n_images = N_IMAGES,
        .criteria = criteria,
        .n_criteria = 1,
        .rows = rows,
        .n_rows = N_VOTES,
    };

    /* One table serves every method. elm never won: only the penalty keeps its strength under "bt" finite, and a
     * warning says so. */
    if (pl_peer_table_build(&set, NULL, &table, &err) || rank("upme", table, &err) ||
        rank("peer-review", table, &err) || rank("bt", table, &err))
        fprintf(stderr, "%s: %s\n", pl_status_text(err.code), err.msg);
    pl_peer_table_free(table); /* NULL is fine */
    return err.code == PL_OK ? 0 : 1;
}
