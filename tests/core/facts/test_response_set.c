#include "kit.h"
#include "response_check.h"
#include "rng.h"

#include <peerless/responses.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const MODELS[] = {"m", "n"};
static const char *const ITEMS[] = {"1", "2"};
static const char *const TEXTS[] = {"A", "B"};
static const char *const DATASETS[] = {""};
static const uint32_t OPTION_TEXTS[] = {0, 1, 1, 0, 0, 1};
static const pl_option_list LISTS[] = {{0, 2}, {2, 2}, {4, 2}}; /* the third is the first again */

static const uint32_t SAMPLES[] = {0, 1, 0};

typedef struct specimen {
    uint32_t meanings[3];
    pl_response rows[3];
    double values[6];
    pl_response_token token;
    uint32_t top;
    double top_logprob;
    pl_response_set set;
} specimen;

static void make(specimen *s)
{
    memset(s, 0, sizeof(*s));
    for (uint32_t i = 0; i < 3; i++)
        s->rows[i] = (pl_response){.item = i == 2,
                                   .model = i == 1,
                                   .image = i == 2,
                                   .text = PL_RESPONSE_NONE,
                                   .prediction = PL_RESPONSE_NONE,
                                   .first_value = 2 * (uint64_t)i,
                                   .labels = 1,
                                   .value_kind = PL_OPTION_VALUES_LOGIT,
                                   .matches = -1};
    s->token = (pl_response_token){.n_top = 1, .logprob = -1.0};
    s->top_logprob = -1.0;
    s->set = (pl_response_set){.models = MODELS,
                               .n_models = 2,
                               .items = ITEMS,
                               .n_items = 2,
                               .images = ITEMS,
                               .n_images = 2,
                               .datasets = DATASETS,
                               .n_datasets = 1,
                               .texts = TEXTS,
                               .n_texts = 2,
                               .option_lists = LISTS,
                               .n_option_lists = 3,
                               .option_texts = OPTION_TEXTS,
                               .n_option_texts = 6,
                               .option_values = s->values,
                               .n_option_values = 6,
                               .tokens = &s->token,
                               .n_tokens = 1,
                               .top_texts = &s->top,
                               .top_logprobs = &s->top_logprob,
                               .n_tops = 1,
                               .rows = s->rows,
                               .n_rows = 3};
}

static void check(const specimen *s, pl_status wanted, const char *words)
{
    pl_error err = {0};
    PL_KIT_STATUS(pl_response_set_check(&s->set, &err), wanted, &err);
    if (!strstr(err.msg, words))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, words);
}

#define REFUSED(change, status, words)                                                                                 \
    do {                                                                                                               \
        specimen s;                                                                                                    \
        make(&s);                                                                                                      \
        change;                                                                                                        \
        check(&s, status, words);                                                                                      \
    } while (0)

static void give_meanings(specimen *s, uint32_t a, uint32_t b, uint32_t c)
{
    s->meanings[0] = a;
    s->meanings[1] = b;
    s->meanings[2] = c;
    s->set.samples = SAMPLES;
    s->set.sample_meanings = s->meanings;
    s->set.n_samples = 3;
    s->rows[2].n_samples = 3;
}

static void accepted(void **state)
{
    (void)state;
    specimen s;
    pl_error err = {0};
    make(&s);
    PL_KIT_OK(pl_response_set_check(&s.set, &err), &err);
    s.rows[1].options = 2; /* the same texts in another list */
    PL_KIT_OK(pl_response_set_check(&s.set, &err), &err);
    give_meanings(&s, 0, 1, 0);
    PL_KIT_OK(pl_response_set_check(&s.set, &err), &err);
    give_meanings(&s, PL_RESPONSE_NONE, PL_RESPONSE_NONE, PL_RESPONSE_NONE);
    PL_KIT_OK(pl_response_set_check(&s.set, &err), &err);
    s.set = (pl_response_set){.datasets = DATASETS, .n_datasets = 1};
    PL_KIT_OK(pl_response_set_check(&s.set, &err), &err);
}

static void refused(void **state)
{
    (void)state;
    PL_KIT_STATUS(pl_response_set_check(NULL, NULL), PL_E_INVALID, NULL);
    REFUSED(s.set.models = NULL, PL_E_INVALID, "models");
    REFUSED(s.set.n_datasets = 0, PL_E_INVALID, "no dataset");
    REFUSED(s.set.tokens = NULL, PL_E_INVALID, "tokens");
    REFUSED(s.set.n_models = PL_RESPONSE_MODELS_MAX + 1; s.set.models = NULL, PL_E_INVALID, "models");
    REFUSED(s.rows[0].item = 2, PL_E_RANGE, "response 0: item");
    REFUSED(s.rows[1].model = 2, PL_E_RANGE, "response 1: model");
    REFUSED(s.rows[2].image = 2, PL_E_RANGE, "image");
    REFUSED(s.rows[2].dataset = 1, PL_E_RANGE, "dataset");
    REFUSED(s.rows[2].options = 3, PL_E_RANGE, "options");
    REFUSED(s.rows[2].text = 2, PL_E_RANGE, "text");
    REFUSED(s.rows[2].prediction = 2, PL_E_RANGE, "prediction");
    REFUSED(s.rows[2].labels = 4, PL_E_RANGE, "label");
    REFUSED(s.rows[2].first_value = 5, PL_E_RANGE, "values out of range");
    REFUSED(s.rows[2].value_kind = 3, PL_E_RANGE, "kind");
    REFUSED(s.rows[2].options = PL_RESPONSE_NONE; s.rows[2].labels = 0, PL_E_RANGE, "without options");
    REFUSED(s.rows[2].n_tokens = 2, PL_E_RANGE, "tokens");
    REFUSED(s.rows[2].n_samples = 1, PL_E_RANGE, "samples");
    REFUSED(give_meanings(&s, 0, 2, 0), PL_E_RANGE, "response 2: meanings");
    REFUSED(give_meanings(&s, 0, PL_RESPONSE_NONE, 0), PL_E_RANGE, "meanings");
    REFUSED(give_meanings(&s, PL_RESPONSE_NONE, PL_RESPONSE_NONE, 0), PL_E_RANGE, "meanings");
    REFUSED(s.values[0] = (double)INFINITY, PL_E_RANGE, "not finite");
    REFUSED(s.values[0] = 0.1; s.rows[0].value_kind = PL_OPTION_VALUES_LOGPROB, PL_E_RANGE, "above 0");
    REFUSED(s.token.text = 2, PL_E_RANGE, "token 0");
    REFUSED(s.token.logprob = 0.5, PL_E_RANGE, "above 0");
    REFUSED(s.top_logprob = (double)NAN, PL_E_RANGE, "alternative 0");
    REFUSED(s.top = 9, PL_E_RANGE, "token 0");
    REFUSED(s.rows[1].model = 0, PL_E_CONFLICT, "two answers of m to item 1");
    REFUSED(s.rows[1].image = 1, PL_E_CONFLICT, "another image");
    REFUSED(s.rows[1].options = 1, PL_E_CONFLICT, "other options");
    REFUSED(s.rows[1].labels = 2, PL_E_CONFLICT, "another label");
}

/* As many that threads share them: what is wrong is found, and the first of it told. */
static void many_alternatives(void **state)
{
    enum { N = 3 * 65536 + 5 };
    specimen s;
    pl_rng rng;
    pl_response_token *tokens = calloc(N, sizeof(*tokens));
    uint32_t *texts = calloc(N, sizeof(*texts));
    double *logprobs = calloc(N, sizeof(*logprobs));
    (void)state;
    assert_true(tokens && texts && logprobs);
    make(&s);
    s.set.tokens = tokens;
    s.set.top_texts = texts;
    s.set.top_logprobs = logprobs;
    s.set.n_tokens = s.set.n_tops = N;
    for (uint32_t i = 0; i < N; i++)
        tokens[i] = (pl_response_token){.n_top = 1, .first_top = i};
    pl__rng_init(&rng, pl__kit_seed(), "alternatives", 0);
    for (uint32_t i = 0; i < 24; i++) {
        uint32_t at = i == 0 ? N - 1 : (uint32_t)pl__rng_below(&rng, N);
        char words[64];
        pl_error err = {0};
        (void)snprintf(words, sizeof(words), i % 2 ? "token %u: out of range" : "alternative %u: is no", at);
        PL_KIT_OK(pl__response_set_check(&s.set, 1 + i % 3, &err), &err);
        uint32_t later = N - 1 - (N - 1 - at) / 2;
        texts[at] = texts[later] = i % 2 ? 2 : 0;
        logprobs[at] = logprobs[later] = i % 2 ? 0.0 : (i % 4 ? 0.5 : (double)NAN);
        PL_KIT_STATUS(pl__response_set_check(&s.set, 1 + i % 3, &err), PL_E_RANGE, &err);
        if (!strstr(err.msg, words))
            fail_msg("\"%s\" does not say \"%s\"", err.msg, words);
        texts[at] = texts[later] = 0;
        logprobs[at] = logprobs[later] = 0.0;
    }
    pl_error err = {0};
    texts[5] = 2; /* of no token's */
    tokens[5].n_top = 0;
    PL_KIT_OK(pl__response_set_check(&s.set, 2, &err), &err);
    free(tokens);
    free(texts);
    free(logprobs);
}

static pl_status run_once(void *user, pl_error *err)
{
    return pl_response_set_check(user, err);
}

static void refused_memory(void **state)
{
    (void)state;
    specimen s;
    make(&s);
    pl__kit_fault_loop("response set", run_once, &s.set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted),
        cmocka_unit_test(refused),
        cmocka_unit_test(many_alternatives),
        cmocka_unit_test(refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
