/* The diagnosis as tables, CSV and JSON: fitted biases, annotators, and what is left out where nothing is known. */
#include "analysis.h"
#include "report.h"

#include "json.h"
#include "judgment_maker.h"
#include "kit.h"
#include "rng.h"
#include "study_report.h"

#include <math.h>
#include <string.h>

static pl_maker *random_set(uint32_t items)
{
    pl_maker *k = pl__maker_new(4, items, 1);
    pl_rng rng;

    pl__rng_init(&rng, 5, "report", 0);
    for (uint32_t i = 0; i < items; i++) {
        for (uint32_t n = 0; n < 6; n++) {
            uint32_t a = n % 3;
            uint32_t b = (a + 1) % 3;
            pl_judgment *row = pl__maker_add(k, i, 3, n < 3 ? a : b, n < 3 ? b : a, 0,
                                             pl__rng_uniform(&rng) < 0.6 ? PL_VERDICT_A : PL_VERDICT_B);

            row->a_length = 5 + (uint32_t)pl__rng_below(&rng, 20);
            row->b_length = 5 + (uint32_t)pl__rng_below(&rng, 20);
        }
    }
    return k;
}

typedef struct both {
    pl_analysis *a;
    pl_judge_study *s;
    pl_format format;
} both;

static both study(const pl_maker *k, const pl_judgment_set *reference)
{
    static const char *const methods[] = {"peer-review"};
    pl_rank_request request = {.methods = methods, .n_methods = 1, .rank = PL_RANK_OPTS_INIT};
    both b = {NULL, NULL, PL_FORMAT_TABLE};
    pl_error err = {0};

    PL_KIT_OK(pl__analysis_new(&k->set, &request, &b.a, &err), &err);
    PL_KIT_OK(pl__judge_study_new(b.a, &request, reference, &b.s, &err), &err);
    return b;
}

static void close_study(both *b)
{
    pl__judge_study_free(b->s);
    pl__analysis_free(b->a);
}

static void report(const both *b, pl_str *out)
{
    pl_error err = {0};

    pl__str_init(out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__report_diagnose(b->a, b->s, b->format, out, &err), &err);
}

static void fitted_biases_stand_with_their_intervals(void **state)
{
    pl_maker *k = random_set(40);
    both b = study(k, NULL);
    const pl_judge_bias *bias = &pl_ranking_bias(b.s->judge_bt)->judges[3];
    double values[PL_BIAS_COLUMNS];
    json_t *doc = pl__bias_json(b.s, 3);
    json_t *ci = NULL;

    (void)state;
    pl__bias_values(b.s, 3, values);
    PL_KIT_CLOSE(values[0], bias->delta.estimate, 0.0);
    PL_KIT_CLOSE(values[3], bias->beta.error, 0.0);
    assert_true(isnan(values[4]) && isnan(values[5])); /* it never judged its own */
    ci = json_object_get(json_object_get(doc, "position"), "ci");
    PL_KIT_CLOSE(json_number_value(json_array_get(ci, 0)), bias->delta.estimate - 1.959963984540054 * bias->delta.error,
                 1e-12);
    assert_null(json_object_get(json_object_get(doc, "position"), "not_identified"));
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(json_object_get(doc, "self_preference"), "not_identified"), 0)),
                        pl_bias_reason_text(PL_BIAS_NO_OWN_PAIR));
    assert_true(json_is_null(json_object_get(json_object_get(doc, "ties"), "se"))); /* no verdict is a tie */
    json_decref(doc);
    close_study(&b);
    pl__maker_free(k);
}

static void no_verdict_is_no_bias(void **state)
{
    pl_maker *k = pl__maker_new(4, 2, 1);
    pl_str out;
    both b = {NULL, NULL, PL_FORMAT_TABLE};

    (void)state;
    pl__maker_add(k, 0, 3, 0, 1, 0, PL_VERDICT_MISSING);
    b = study(k, &k->set);
    report(&b, &out);
    assert_null(strstr(pl__str_c(&out), "biases as judge-bt fits them"));
    assert_non_null(strstr(pl__str_c(&out), "the reference: 0 verdicts of 1 annotator\n"));
    pl__str_clear(&out);
    for (int f = PL_FORMAT_JSON; f <= PL_FORMAT_CSV; f++) {
        b.format = (pl_format)f;
        report(&b, &out);
        assert_null(strstr(pl__str_c(&out), "nan"));
        pl__str_clear(&out);
    }
    close_study(&b);
    pl__maker_free(k);
}

static void annotators_are_listed_when_there_are_several(void **state)
{
    pl_maker *k = random_set(12);
    pl_maker *people = random_set(12);
    pl_str out;
    both b = {NULL, NULL, PL_FORMAT_TABLE};
    json_t *doc = NULL;

    (void)state;
    for (size_t i = 0; i < people->set.n_rows; i += 2)
        people->rows[i].judge = 2;
    b = study(k, &people->set);
    report(&b, &out);
    assert_non_null(strstr(pl__str_c(&out), "the reference: 72 verdicts of 2 annotators\n"));
    assert_non_null(strstr(pl__str_c(&out), "pairs with the others"));
    assert_non_null(strstr(pl__str_c(&out), "Krippendorff's alpha between annotators: "));
    pl__str_clear(&out);
    doc = pl__people_json(b.s);
    assert_int_equal(json_object_size(json_object_get(doc, "annotators")), 2);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(json_object_get(doc, "annotators"), "m002"), "usable")), 36);
    json_decref(doc);
    close_study(&b);
    pl__maker_free(people);
    pl__maker_free(k);
}

static pl_status once(void *user, pl_error *err)
{
    const both *b = user;
    pl_str out;
    pl_status rc = PL_OK;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    rc = pl__report_diagnose(b->a, b->s, b->format, &out, err);
    pl__str_clear(&out);
    return rc;
}

static void refused_memory_is_told(void **state)
{
    pl_maker *k = random_set(12);
    pl_maker *people = random_set(12);
    both b = {NULL, NULL, PL_FORMAT_TABLE};

    (void)state;
    people->rows[0].judge = 2;
    b = study(k, &people->set);
    for (int f = PL_FORMAT_TABLE; f <= PL_FORMAT_CSV; f++) {
        b.format = (pl_format)f;
        pl__kit_fault_loop("report of a diagnosis", once, &b);
    }
    close_study(&b);
    pl__maker_free(people);
    pl__maker_free(k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fitted_biases_stand_with_their_intervals),
        cmocka_unit_test(no_verdict_is_no_bias),
        cmocka_unit_test(annotators_are_listed_when_there_are_several),
        cmocka_unit_test(refused_memory_is_told),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
