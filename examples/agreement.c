/* How well does a ranking that used no labels agree with a truth that was measured some other way?
 *
 * Both are lists of scores, one place a model; only their order counts for all measures but Pearson's.
 */
#include <math.h>
#include <peerless/stats.h>
#include <stdio.h>

enum { N_MODELS = 6 };

static void show(const char *name, double value)
{
    if (isnan(value)) /* undefined: fewer than two models, or one of the lists is constant */
        printf("%-20s undefined\n", name);
    else
        printf("%-20s %.4f\n", name, value);
}

static pl_status compare(const double *predicted, const double *truth, pl_error *reterr)
{
    double spearman, kendall, entropy, ranks[N_MODELS];
    uint64_t inversions, lis;
    pl_status rc;

    if ((rc = pl_stats_spearman(predicted, truth, N_MODELS, &spearman, reterr)) ||
        (rc = pl_stats_kendall(predicted, truth, N_MODELS, &kendall, reterr)) ||
        (rc = pl_stats_permutation_entropy(predicted, truth, N_MODELS, &entropy, reterr)) ||
        (rc = pl_stats_order(predicted, truth, N_MODELS, &inversions, &lis, reterr)) ||
        (rc = pl_stats_ranks_descending(predicted, N_MODELS, ranks, reterr)))
        return rc;

    printf("%-20s", "predicted ranks");
    for (size_t i = 0; i < N_MODELS; i++)
        printf(" %.1f", ranks[i]);
    printf("\n");
    show("Pearson", pl_stats_pearson(predicted, truth, N_MODELS));
    show("Spearman", spearman);
    show("Kendall tau-b", kendall);
    show("permutation entropy", entropy);
    printf("%-20s %u\n", "inversions", (unsigned)inversions);
    printf("%-20s %u\n", "longest right order", (unsigned)lis);
    printf("%-20s %s\n", "best model found", pl_stats_top1(predicted, truth, N_MODELS) ? "yes" : "no");
    return PL_OK;
}

int main(void)
{
    static const double truth[N_MODELS] = {0.91, 0.84, 0.80, 0.62, 0.55, 0.31}; /* accuracy on labelled questions */
    static const double scores[N_MODELS] = {0.65, 0.58, 0.60, 0.52, 0.38, 0.25};
    static const double shrug[N_MODELS] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}; /* all tied: the first counts as best */
    pl_error err = {0};

    if (compare(scores, truth, &err))
        goto out;
    printf("\nall tied\n");
    if (compare(shrug, truth, &err))
        goto out;
out:
    if (err.code)
        fprintf(stderr, "%s: %s\n", pl_status_text(err.code), err.msg);
    return err.code == PL_OK ? 0 : 1;
}
