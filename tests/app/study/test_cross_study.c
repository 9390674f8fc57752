#include "cross_study.h"
#include "json.h"
#include "kit.h"
#include "records.h"
#include "rng.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MODELS 12u
#define SETS 4u
#define VECTORS 40u
#define DIMS 5u

/* "model,d0,d1,…": a skill that all data sets share, and noise; m03 has no score on d2. */
static pl_score_table scores_of(uint64_t seed)
{
    pl_rng rng;
    pl_str text;
    pl_error err = {0};
    pl_score_table t = {0};
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__rng_init(&rng, seed, "scores", 0);
    PL_KIT_OK(pl__str_append_c(&text, "model,d0,d1,d2,d3\n"), NULL);
    for (unsigned m = 0; m < MODELS; m++) {
        unsigned skill = (unsigned)pl__rng_below(&rng, 600);
        PL_KIT_OK(pl__str_appendf(&text, "m%02u", m), NULL);
        for (unsigned d = 0; d < SETS; d++)
            PL_KIT_OK(m == 3 && d == 2
                          ? pl__str_append_char(&text, ',')
                          : pl__str_appendf(&text, ",0.%03u", 200u + skill + (unsigned)pl__rng_below(&rng, 99)),
                      NULL);
        PL_KIT_OK(pl__str_append_char(&text, '\n'), NULL);
    }
    PL_KIT_OK(pl__score_table_parse("s", pl__view(pl__str_c(&text)), &t, &err), &err);
    pl__str_clear(&text);
    return t;
}

/* Data set d stands around (d, 0, …), with VECTORS + d vectors; "extra" has no scores. Backwards on demand. */
static pl_embedding_log *embeddings_of(uint64_t seed, bool backwards)
{
    static const char *const names[] = {"d0", "d1", "d2", "extra"};
    pl_rng rng;
    pl_str text;
    pl_str line;
    pl_error err = {0};
    pl_embedding_log *log = NULL;
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
    pl__rng_init(&rng, seed, "vectors", 0);
    for (unsigned d = 0; d < 4; d++) {
        for (unsigned i = 0; i < VECTORS + d; i++) {
            pl__str_reset(&line);
            PL_KIT_OK(pl__str_appendf(&line, "{\"dataset\":\"%s\",\"item\":\"q%u\",\"vector\":[%u", names[d], i,
                                      1000u * d + (unsigned)pl__rng_below(&rng, 700)),
                      NULL);
            for (unsigned k = 1; k < DIMS; k++)
                PL_KIT_OK(pl__str_appendf(&line, ",%u", (unsigned)pl__rng_below(&rng, 700)), NULL);
            PL_KIT_OK(pl__str_append_c(&line, "]}\n"), NULL);
            if (backwards)
                PL_KIT_OK(pl__str_append(&line, pl__str_c(&text), text.len), NULL);
            else
                PL_KIT_OK(pl__str_append(&text, pl__str_c(&line), line.len), NULL);
            if (backwards) {
                pl_str swap = text;
                text = line;
                line = swap;
            }
        }
    }
    PL_KIT_OK(pl__embeddings_parse("e", pl__view_n(pl__str_c(&text), text.len), &log, &err), &err);
    pl__str_clear(&text);
    pl__str_clear(&line);
    return log;
}

static pl_cross_study *study_of(const pl_score_table *scores, const pl_cross_request *request)
{
    pl_cross_study *s = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__cross_study_new(scores, request, &s, &err), &err);
    return s;
}

static bool says(const pl_cross_study *s, const char *words)
{
    for (size_t i = 0; i < s->notes.n; i++) {
        if (strstr(s->notes.texts[i], words))
            return true;
    }
    return false;
}

static void whole(void **state)
{
    (void)state;
    pl_score_table scores = scores_of(pl__kit_seed());
    pl_embedding_log *log = embeddings_of(pl__kit_seed(), false);
    pl_cross_request request = {.embeddings = pl__embedding_log_set(log), .wants_map = true, .seed = 1};
    pl_cross_study *s = study_of(&scores, &request);
    assert_int_equal(s->n_pairs, 6);
    assert_int_equal(s->points, VECTORS);
    assert_int_equal(s->n_measured, 3); /* d3 has no embeddings */
    assert_true(says(s, "d3 has no embeddings"));
    for (size_t i = 0; i < s->n_pairs; i++) {
        const pl_cross_pair *p = &s->pairs[i];
        bool measured = p->x != 3 && p->y != 3;
        assert_int_equal(p->n_models, p->x == 2 || p->y == 2 ? MODELS - 1 : MODELS);
        assert_true(p->spearman > 0.2 && p->slope > 0.2 && p->converged);
        assert_true(measured ? p->distance > 0.0 : isnan(p->distance));
    }
    /* one apart, two apart, one apart: in thousands, squared */
    PL_KIT_CLOSE(s->pairs[0].distance / 1e6, 1.0, 0.5);
    PL_KIT_CLOSE(s->pairs[1].distance / 1e6, 4.0, 1.0);
    assert_true(fabs(s->distance_pearson) <= 1.0 && fabs(s->distance_spearman) <= 1.0);
    assert_int_equal(s->n_map, 4 * VECTORS); /* the one without scores too */
    assert_string_equal(s->map[4 * VECTORS - 1].dataset, "extra");
    PL_KIT_CLOSE(s->perplexity, 30.0, 0.0);
    pl__cross_study_free(s);
    pl__embedding_log_free(log);
    pl__score_table_clear(&scores);
}

/* Neither the order of lines nor threads matter; the seed does, where something is drawn. */
static void same_bytes(void **state)
{
    (void)state;
    pl_score_table scores = scores_of(7);
    pl_embedding_log *one = embeddings_of(7, false);
    pl_embedding_log *two = embeddings_of(7, true);
    pl_cross_request request = {
        .embeddings = pl__embedding_log_set(one), .points = 20, .wants_map = true, .seed = 3, .threads = 1};
    pl_cross_study *a = study_of(&scores, &request);
    for (size_t m = 0; m < MODELS / 2; m++) { /* rows the other way round */
        char *model = scores.models[m];
        scores.models[m] = scores.models[MODELS - 1 - m];
        scores.models[MODELS - 1 - m] = model;
        for (size_t d = 0; d < SETS; d++) {
            double x = scores.scores[m * SETS + d];
            scores.scores[m * SETS + d] = scores.scores[(MODELS - 1 - m) * SETS + d];
            scores.scores[(MODELS - 1 - m) * SETS + d] = x;
        }
    }
    request.embeddings = pl__embedding_log_set(two);
    request.threads = 3;
    pl_cross_study *b = study_of(&scores, &request);
    request.seed = 4;
    pl_cross_study *c = study_of(&scores, &request);
    assert_int_equal(a->points, 20);
    assert_memory_equal(a->pairs, b->pairs, a->n_pairs * sizeof(*a->pairs));
    for (size_t i = 0; i < a->n_map; i++) {
        assert_string_equal(a->map[i].item, b->map[i].item);
        assert_memory_equal(&a->map[i].x, &b->map[i].x, 2 * sizeof(double));
    }
    assert_true(fabs(a->pairs[0].distance - c->pairs[0].distance) > 0.0);
    pl__cross_study_free(a);
    pl__cross_study_free(b);
    pl__cross_study_free(c);
    pl__embedding_log_free(one);
    pl__embedding_log_free(two);
    pl__score_table_clear(&scores);
}

static void words(void **state)
{
    (void)state;
    pl_score_table scores = {0};
    pl_cross_study *s = NULL;
    pl_embedding_log *log = NULL;
    pl_error err = {0};
    pl_cross_request request = {.seed = 1};
    PL_KIT_OK(pl__score_table_parse("s", pl__view("model,a\nm,1\n"), &scores, &err), &err);
    PL_KIT_STATUS(pl__cross_study_new(&scores, &request, &s, &err), PL_E_INVALID, &err);
    pl__score_table_clear(&scores);
    err = (pl_error){0};
    PL_KIT_OK(pl__score_table_parse("s", pl__view("model,a,b,c\nm,1,2,\nn,2,1,3\no,3,,4\n"), &scores, &err), &err);
    PL_KIT_OK(pl__embeddings_parse("e",
                                   pl__view("{\"dataset\":\"a\",\"item\":\"p\",\"vector\":[1,2]}\n"
                                            "{\"dataset\":\"b\",\"item\":\"p\",\"vector\":[1,2]}\n"
                                            "{\"dataset\":\"b\",\"item\":\"q\",\"vector\":[1,3]}\n"),
                                   &log, &err),
              &err);
    request.embeddings = pl__embedding_log_set(log);
    request.wants_map = true;
    s = study_of(&scores, &request);
    assert_true(isnan(s->pairs[0].spearman));
    assert_true(says(s, "a and b have 2 models in common: too few"));
    assert_true(says(s, "b and c have 1 models in common"));
    assert_true(says(s, "a has one embedding"));
    assert_true(says(s, "fewer than two data sets have embeddings"));
    assert_true(says(s, "too few for a map"));
    assert_true(s->points == 0 && !s->map);
    pl__cross_study_free(s);
    s = NULL;
    request.points = 1;
    PL_KIT_STATUS(pl__cross_study_new(&scores, &request, &s, &err), PL_E_INVALID, &err);
    request.points = 0;
    request.perplexity = 0.5;
    PL_KIT_STATUS(pl__cross_study_new(&scores, &request, &s, &err), PL_E_INVALID, &err);
    pl__embedding_log_free(log);
    pl__score_table_clear(&scores);
}

/* ---- accuracies of responses ---- */
#define LINE(item, model, dataset, prediction)                                                                         \
    "{\"item\":\"" item "\",\"model\":\"" model "\"," dataset "\"options\":[\"x\",\"y\"],\"prediction\":\"" prediction \
    "\",\"label\":\"x\"}\n"
#define VQA "\"dataset\":\"vqa\","

static pl_status gather(const char *const *texts, const char *const *names, size_t n, pl_score_table *ret,
                        size_t *ret_sparse, pl_error *err)
{
    pl_cross_gather *g = pl__cross_gather_new();
    pl_status rc = g ? PL_OK : PL_E_NOMEM;
    for (size_t i = 0; i < n && rc == PL_OK; i++) {
        pl_response_log *log = NULL;
        rc = pl__records_parse_responses(names[i], pl__view(texts[i]), false, &log, err);
        if (rc == PL_OK)
            rc = pl__cross_gather_add(g, pl__response_log_set(log), names[i], err);
        pl__response_log_free(log);
    }
    if (rc == PL_OK)
        rc = pl__cross_gather_finish(g, ret, ret_sparse, err);
    pl__cross_gather_free(g);
    return rc;
}

static const char *const GATHERED[] = {LINE("p", "m", VQA, "x") LINE("q", "m", VQA, "y") LINE("p", "m", "", "x"),
                                       LINE("p", "n", VQA, "x") LINE("q", "n", VQA, "x"),
                                       LINE("p", "n", "", "x") LINE("q", "n", "", "y") LINE("r", "n", "", "y")
                                           LINE("p", "o", "", "x")};
static const char *const FILES[] = {"first", "second", "third"};

/* A data set in two files, one without a name in each of two, a model that misses too much. */
static void gathers(void **state)
{
    (void)state;
    pl_score_table t = {0};
    size_t sparse = 0;
    pl_error err = {0};
    static const char *const unlabelled[] = {"{\"item\":\"p\",\"model\":\"m\",\"options\":[\"x\",\"y\"]}\n"};
    PL_KIT_OK(gather(GATHERED, FILES, 3, &t, &sparse, &err), &err);
    assert_int_equal(t.n_datasets, 3);
    assert_int_equal(t.n_models, 3);
    assert_string_equal(t.datasets[1], "third");
    assert_string_equal(t.datasets[2], "vqa");
    assert_string_equal(t.models[2], "o");
    PL_KIT_CLOSE(t.scores[0], 1.0, 0.0);           /* m on first */
    PL_KIT_CLOSE(t.scores[2], 0.5, 0.0);           /* m on vqa */
    assert_true(isnan(t.scores[1]));               /* m on third */
    PL_KIT_CLOSE(t.scores[3 + 1], 1.0 / 3, 1e-15); /* n on third */
    PL_KIT_CLOSE(t.scores[3 + 2], 1.0, 0.0);
    assert_true(isnan(t.scores[6 + 1])); /* o misses two thirds of third */
    assert_int_equal(sparse, 1);
    pl__score_table_clear(&t);
    PL_KIT_STATUS(gather(unlabelled, FILES, 1, &t, &sparse, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, "no response has a label"));
    pl__cross_gather_free(NULL);
}

static pl_status gather_once(void *user, pl_error *err)
{
    pl_score_table t = {0};
    size_t sparse = 0;
    (void)user;
    pl_status rc = gather(GATHERED, FILES, 3, &t, &sparse, err);
    pl__score_table_clear(&t);
    return rc;
}

typedef struct faulty {
    const pl_score_table *scores;
    pl_cross_request request;
} faulty;

static pl_status study_once(void *user, pl_error *err)
{
    const faulty *f = user;
    pl_cross_study *s = NULL;
    pl_status rc = pl__cross_study_new(f->scores, &f->request, &s, err);
    pl__cross_study_free(s);
    return rc;
}

static void refused_memory(void **state)
{
    (void)state;
    pl_score_table scores = {0};
    pl_embedding_log *log = NULL;
    pl_error err = {0};
    pl_str text;
    PL_KIT_OK(pl__score_table_parse("s", pl__view("model,a,b,c\nm,1,2,\nn,2,1,3\no,3,4,4\n"), &scores, &err), &err);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    for (unsigned i = 0; i < 12; i++)
        PL_KIT_OK(pl__str_appendf(&text, "{\"dataset\":\"%c\",\"item\":\"q%u\",\"vector\":[%u,%u]}\n",
                                  'a' + (int)(i % 3), i, i * i, i),
                  NULL);
    PL_KIT_OK(pl__embeddings_parse("e", pl__view(pl__str_c(&text)), &log, &err), &err);
    faulty f = {&scores, {.embeddings = pl__embedding_log_set(log), .points = 3, .wants_map = true, .seed = 1}};
    pl__kit_fault_loop("cross", study_once, &f);
    pl__kit_fault_loop("gather", gather_once, NULL);
    pl__str_clear(&text);
    pl__embedding_log_free(log);
    pl__score_table_clear(&scores);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),   cmocka_unit_test(same_bytes),     cmocka_unit_test(words),
        cmocka_unit_test(gathers), cmocka_unit_test(refused_memory),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
