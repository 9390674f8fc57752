/* Rankings as tables, CSV and JSON: what every format must hold, for results of every kind. */
#include "analysis.h"
#include "report.h"

#include "json.h"
#include "judgment_maker.h"
#include "kit.h"

#include <math.h>
#include <string.h>

#define N(x) (sizeof(x) / sizeof((x)[0]))

static pl_analysis *analyse(const pl_judgment_set *set, const pl_rank_request *request)
{
    pl_analysis *a = NULL;
    pl_error err = {0};

    PL_KIT_OK(pl__analysis_new(set, request, &a, &err), &err);
    return a;
}

static void report(const pl_analysis *a, pl_format format, pl_str *out)
{
    pl_error err = {0};

    pl__str_init(out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__report_rank(a, format, out, &err), &err);
}

static json_t *parsed(const pl_analysis *a)
{
    json_t *doc = NULL;
    pl_str out;
    pl_error err = {0};

    report(a, PL_FORMAT_JSON, &out);
    PL_KIT_OK(pl__json_parse(pl__view(pl__str_c(&out)), &doc, &err), &err);
    pl__str_clear(&out);
    return doc;
}

/* The value at "methods/upme/scores/m000". */
static const json_t *at(const json_t *doc, const char *path)
{
    char key[64];

    while (doc && *path) {
        size_t n = strcspn(path, "/");

        assert_true(n < sizeof(key));
        memcpy(key, path, n);
        key[n] = '\0';
        doc = json_is_array(doc) ? json_array_get(doc, (size_t)(key[0] - '0')) : json_object_get(doc, key);
        path += path[n] == '/' ? n + 1 : n;
    }
    return doc;
}

static size_t lines_with(const char *text, const char *word)
{
    size_t n = 0;

    for (const char *p = text; (p = strstr(p, word)); p += strlen(word))
        n++;
    return n;
}

/* 0 beats 1 beats 2; judge 3; 4 is never compared and never judges. */
static pl_maker *ladder(uint32_t items)
{
    pl_maker *k = pl__maker_new(5, items, 1);

    for (uint32_t i = 0; i < items; i++) {
        pl__maker_add(k, i, 3, 0, 1, 0, i % 5 ? PL_VERDICT_A : PL_VERDICT_B);
        pl__maker_add(k, i, 3, 2, 1, 0, i % 4 ? PL_VERDICT_B : PL_VERDICT_A);
        pl__maker_add(k, i, 3, 0, 2, 0, i % 6 ? PL_VERDICT_A : PL_VERDICT_TIE);
    }
    return k;
}

static void json_has_numbers_nulls_and_reasons(void **state)
{
    static const char *const methods[] = {"upme", "bt"};
    pl_maker *k = ladder(30);
    pl_rank_request request = {.methods = methods, .n_methods = 2, .rank = PL_RANK_OPTS_INIT};
    pl_analysis *a = analyse(&k->set, &request);
    json_t *doc = parsed(a);

    (void)state;
    assert_int_equal(json_integer_value(at(doc, "version")), 1);
    assert_int_equal(json_integer_value(at(doc, "n_judgments")), 90);
    PL_KIT_CLOSE(json_real_value(at(doc, "methods/upme/scores/m000")), a->methods[0].scores[0], 0.0);
    assert_int_equal(json_integer_value(at(doc, "methods/bt/rank/m002")), 3);
    assert_true(json_is_null(at(doc, "methods/bt/scores/m004"))); /* never compared */
    assert_true(json_is_null(at(doc, "methods/bt/rank/m004")));
    assert_int_equal(json_integer_value(at(doc, "judges/m003/usable")), 90);
    assert_null(at(doc, "judges/m000"));
    assert_null(at(doc, "bootstrap"));
    assert_null(at(doc, "consensus"));
    assert_null(at(doc, "ppi"));
    assert_null(at(doc, "methods/bt/weights"));
    json_decref(doc);
    pl__analysis_free(a);
    pl__maker_free(k);
}

static void every_part_has_its_section(void **state)
{
    static const char *const methods[] = {"peer-review", "bt"};
    static const char *const sections[] = {"95 % intervals (expanded percentile) from 40 resamples of 30 images",
                                           "ppi: win rate by people's verdicts",
                                           "correlation of the rankings",
                                           "agreement with the truth",
                                           "note: ",
                                           "consensus-kemeny"};
    char *names[] = {(char[]){"m000"}, (char[]){"m001"}, (char[]){"m002"}};
    double scores[] = {3.0, 2.0, 1.0};
    pl_truth truth = {names, scores, 3};
    pl_maker *k = ladder(30);
    pl_maker *people = ladder(10);
    pl_rank_request request = {.methods = methods,
                               .n_methods = 2,
                               .rank = PL_RANK_OPTS_INIT,
                               .truth = &truth,
                               .bootstrap = 40,
                               .threads = 1,
                               .consensus = true,
                               .reference = &people->set};
    pl_analysis *a = analyse(&k->set, &request);
    json_t *doc = parsed(a);
    pl_str out;

    (void)state;
    report(a, PL_FORMAT_TABLE, &out);
    for (size_t i = 0; i < N(sections); i++) {
        if (!strstr(pl__str_c(&out), sections[i]))
            fail_msg("no \"%s\" in\n%s", sections[i], pl__str_c(&out));
    }
    pl__str_clear(&out);
    report(a, PL_FORMAT_CSV, &out); /* a head, then five methods of five models */
    assert_int_equal(lines_with(pl__str_c(&out), "\n"), 26);
    assert_true(strncmp(pl__str_c(&out), "method,model,rank,score,weight,worst,best,ci_low,", 49) == 0);
    assert_int_equal(lines_with(pl__str_c(&out), "\nppi,"), 5);
    pl__str_clear(&out);
    assert_int_equal(json_integer_value(at(doc, "bootstrap/replicates")), 40);
    assert_true(json_is_null(at(doc, "methods/consensus-borda/ci/m000/0")));
    assert_int_equal(json_integer_value(at(doc, "methods/consensus-borda/rank_ci/m002/0")), 3);
    assert_int_equal(json_array_size(at(doc, "consensus/methods")), 2);
    assert_int_equal(json_integer_value(at(doc, "ppi/models/m000/images_labelled")), 10);
    assert_int_equal(json_integer_value(at(doc, "ppi/models/m000/images_unlabelled")), 20);
    PL_KIT_CLOSE(json_number_value(at(doc, "methods/ppi/ci/m000/0")), a->corrected->models[0].win_rate.low, 0.0);
    PL_KIT_CLOSE(json_number_value(at(doc, "truth/ppi/spearman")), 1.0, 1e-12);
    json_decref(doc);
    pl__analysis_free(a);
    pl__maker_free(people);
    pl__maker_free(k);
}

static void ppi_alone_needs_no_bootstrap_columns_but_its_own(void **state)
{
    pl_maker *k = ladder(30);
    pl_rank_request request = {.rank = PL_RANK_OPTS_INIT, .reference = &k->set};
    pl_analysis *a = analyse(&k->set, &request);
    pl_str out;

    (void)state;
    report(a, PL_FORMAT_CSV, &out);
    assert_int_equal(lines_with(pl__str_c(&out), "\n"), 6);
    assert_non_null(strstr(pl__str_c(&out), "ci_low,ci_high,se,rank_low,rank_high,p_best,tied_group\n"));
    assert_non_null(strstr(pl__str_c(&out), ",,,,\n")); /* ranks, P(best) and group are not ppi's */
    pl__str_clear(&out);
    report(a, PL_FORMAT_TABLE, &out);
    assert_non_null(strstr(pl__str_c(&out), "this is the labelled part alone"));
    pl__str_clear(&out);
    pl__analysis_free(a);
    pl__maker_free(k);
}

static void more_methods_than_columns_go_into_a_second_table(void **state)
{
    static const char *const methods[] = {"upme",          "upme-ema", "upme-sum", "pico",       "peer-review",
                                          "majority-vote", "elo",      "prd",      "bt",         "bt-davidson",
                                          "judge-bt",      "upme",     "upme-ema", "dawid-skene"};
    pl_maker *k = ladder(10);
    pl_rank_request request = {.methods = methods, .n_methods = N(methods), .rank = PL_RANK_OPTS_INIT};
    pl_analysis *a = NULL;
    pl_str out;

    (void)state;
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_MISSING); /* more than 2 %: best and worst */
    a = analyse(&k->set, &request);
    assert_non_null(a->methods[0].low);
    report(a, PL_FORMAT_TABLE, &out);
    assert_int_equal(lines_with(pl__str_c(&out), "rank  model"), 2);
    assert_int_equal(lines_with(pl__str_c(&out), "m002"), 2);
    assert_int_equal(lines_with(pl__str_c(&out), "judgments of"), 1);
    pl__str_clear(&out);
    pl__analysis_free(a);
    pl__maker_free(k);
}

static void an_empty_set_makes_an_empty_table(void **state)
{
    static const char *const methods[] = {"upme"};
    pl_maker *k = pl__maker_new(0, 0, 1);
    pl_rank_request request = {.methods = methods, .n_methods = 1, .rank = PL_RANK_OPTS_INIT, .bootstrap = 5};
    pl_analysis *a = analyse(&k->set, &request);
    json_t *doc = parsed(a);
    pl_str out;

    (void)state;
    assert_int_equal(json_object_size(at(doc, "methods/upme/scores")), 0);
    json_decref(doc);
    report(a, PL_FORMAT_TABLE, &out);
    assert_non_null(strstr(pl__str_c(&out), "there are no judgments"));
    pl__str_clear(&out);
    pl__analysis_free(a);
    pl__maker_free(k);
}

typedef struct wish {
    const pl_analysis *a;
    pl_format format;
} wish;

static pl_status once(void *user, pl_error *err)
{
    const wish *w = user;
    pl_str out;
    pl_status rc = PL_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = pl__report_rank(w->a, w->format, &out, err);
    pl__str_clear(&out);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    static const char *const methods[] = {"upme", "bt"};
    pl_maker *k = ladder(4);
    pl_rank_request request = {.methods = methods,
                               .n_methods = 2,
                               .rank = PL_RANK_OPTS_INIT,
                               .bootstrap = 3,
                               .threads = 1,
                               .consensus = true,
                               .reference = &k->set};
    pl_analysis *a = analyse(&k->set, &request);

    (void)state;
    for (int f = PL_FORMAT_TABLE; f <= PL_FORMAT_CSV; f++) {
        wish w = {a, (pl_format)f};

        pl__kit_fault_loop("report of a ranking", once, &w);
    }
    pl__analysis_free(a);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_numbers_nulls_and_reasons),
        cmocka_unit_test(every_part_has_its_section),
        cmocka_unit_test(ppi_alone_needs_no_bootstrap_columns_but_its_own),
        cmocka_unit_test(more_methods_than_columns_go_into_a_second_table),
        cmocka_unit_test(an_empty_set_makes_an_empty_table),
        cmocka_unit_test(refused_memory_is_told),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
