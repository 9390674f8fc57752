/* Which model is best, when nobody knows the right answers? Four models chose among three options, ten times, and said
 * how likely they held each of them. The models are ranked by how sure they are, by how often they agree with the
 * plurality, and by `within`, which pools them so that models with the same errors share their weight.
 */
#include <math.h>
#include <peerless/answers.h>
#include <stdio.h>

enum { N_MODELS = 4, N_ITEMS = 10, N_OPTIONS = 3, N_ROWS = N_MODELS * N_ITEMS };

static const char *const models[N_MODELS] = {"careful", "decent", "guessing", "loud"};
static const char *const items[N_ITEMS] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static const char *const texts[N_OPTIONS] = {"A", "B", "C"};
static const char *const datasets[] = {""};
static const uint32_t option_texts[N_OPTIONS] = {0, 1, 2};
static const pl_option_list lists[] = {{.first = 0, .n = N_OPTIONS}};

/* What each model chooses; the right options, which nobody tells, are A B C A B C A B C A. */
static const char *const chosen[N_MODELS] = {"ABCABCABCB", "ABCABCAACA", "BBAACCBBAA", "CBBACAABAC"};
static const double gap[N_MODELS] = {2.0, 1.5, 0.3, 1.8}; /* by how much the chosen option's logit is ahead */

int main(void)
{
    static const char *const methods[] = {"margin", "majority", "within"};
    static double logits[N_ROWS * N_OPTIONS];
    static pl_response rows[N_ROWS];
    pl_answer_table *table = NULL;
    pl_error err = {0};

    for (uint32_t i = 0; i < N_ROWS; i++) {
        uint32_t model = i / N_ITEMS, item = i % N_ITEMS;
        rows[i] = (pl_response){.item = item,
                                .model = model,
                                .image = item, /* the cluster of a bootstrap */
                                .text = PL_RESPONSE_NONE,
                                .prediction = PL_RESPONSE_NONE,
                                .first_value = (uint64_t)i * N_OPTIONS,
                                .value_kind = PL_OPTION_VALUES_LOGIT,
                                .matches = -1};
        logits[i * N_OPTIONS + (uint32_t)(chosen[model][item] - 'A')] = gap[model];
    }
    const pl_response_set set = {.models = models,
                                 .n_models = N_MODELS,
                                 .items = items,
                                 .n_items = N_ITEMS,
                                 .images = items,
                                 .n_images = N_ITEMS,
                                 .datasets = datasets,
                                 .n_datasets = 1,
                                 .texts = texts,
                                 .n_texts = N_OPTIONS,
                                 .option_lists = lists,
                                 .n_option_lists = 1,
                                 .option_texts = option_texts,
                                 .n_option_texts = N_OPTIONS,
                                 .option_values = logits,
                                 .n_option_values = N_ROWS * N_OPTIONS,
                                 .rows = rows,
                                 .n_rows = N_ROWS};

    if (pl_answer_table_build(&set, NULL, &table, &err))
        goto out;
    for (size_t k = 0; k < sizeof(methods) / sizeof(methods[0]); k++) {
        pl_ranking *ranking = NULL;
        size_t n = 0;
        if (pl_answer_rank_run(methods[k], table, NULL, &ranking, &err))
            goto out;
        printf("%s\n", methods[k]);
        for (uint32_t m = 0; m < N_MODELS; m++) {
            printf("  %-10s %.4f", models[m], pl_ranking_scores(ranking)[m]);
            if (pl_ranking_weights(ranking))
                printf("  weight %.4f", pl_ranking_weights(ranking)[m]);
            printf("\n");
        }
        const char *const *warnings = pl_ranking_warnings(ranking, &n);
        for (size_t i = 0; i < n; i++)
            printf("  %s\n", warnings[i]);
        pl_ranking_free(ranking);
    }
out:
    pl_answer_table_free(table);
    if (err.code)
        fprintf(stderr, "%s: %s\n", pl_status_text(err.code), err.msg);
    return err.code == PL_OK ? 0 : 1;
}
