#include "item_report.h"
#include "item_values.h"
#include "kit.h"
#include "records.h"

#include <string.h>

/* Model n is certain of the first item, misses the second, and puts little on the options of the third. */
static const char *const LINES =
    "{\"item\":\"1\",\"dataset\":\"d\",\"model\":\"m\",\"options\":[\"cat\",\"a, b\"],\"option_logits\":[0,0]}\n"
    "{\"item\":\"1\",\"dataset\":\"d\",\"model\":\"n\",\"options\":[\"cat\",\"a, b\"],"
    "\"option_logits\":[800,0]}\n"
    "{\"item\":\"2\",\"dataset\":\"d\",\"model\":\"m\",\"options\":[\"x\",\"y\"],\"option_logits\":[0,0]}\n"
    "{\"item\":\"3\",\"dataset\":\"d\",\"model\":\"m\",\"options\":[\"x\",\"y\"],\"option_logits\":[0,0]}\n"
    "{\"item\":\"3\",\"dataset\":\"d\",\"model\":\"n\",\"options\":[\"x\",\"y\"],\"option_logprobs\":[-3,-3]}\n";

typedef struct request {
    const char *methods[5];
    size_t n;
    const pl_answer_table *table;
    pl_str out;
    pl_status refusal; /* of every piece */
} request;

static pl_status collect(void *user, pl_view piece, pl_error *reterr)
{
    request *r = user;
    (void)reterr;
    return r->refusal != PL_OK ? r->refusal : pl__str_append_view(&r->out, piece);
}

static pl_status report_once(void *user, pl_error *err)
{
    request *r = user;
    pl_item_values *values = NULL;
    pl_status rc = pl__item_values_new(r->table, r->methods, r->n, &values, err);
    pl__str_reset(&r->out);
    if (rc == PL_OK)
        rc = pl__report_items(values, collect, r, err);
    pl__item_values_free(values);
    return rc;
}

static pl_response_log *parse(pl_answer_table **ret_table)
{
    pl_response_log *log = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(LINES), false, &log, &err), &err);
    PL_KIT_OK(pl_answer_table_build(pl__response_log_set(log), NULL, ret_table, &err), &err);
    return log;
}

static void rows_of_all_items(void **state)
{
    (void)state;
    pl_answer_table *table = NULL;
    pl_response_log *log = parse(&table);
    pl_error err = {0};
    request r = {.methods = {"margin", "majority", "margin"}, .n = 3, .table = table};
    pl__str_init(&r.out, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(report_once(&r, &err), &err);
    assert_string_equal(pl__str_c(&r.out), "dataset,item,model,choice,missing,margin\n"
                                           "d,1,m,cat,,0\n"
                                           "d,1,n,cat,,1\n"
                                           "d,2,m,x,,0\n"
                                           "d,2,n,,no response,\n"
                                           "d,3,m,x,,0\n"
                                           "d,3,n,,option mass under 1/2,\n");
    pl__kit_fault_loop("values of items", report_once, &r);
    r.refusal = PL_E_FULL;
    PL_KIT_STATUS(report_once(&r, &err), PL_E_FULL, &err);
    pl__str_clear(&r.out);
    pl_answer_table_free(table);
    pl__response_log_free(log);
}

static void pool_and_bounds(void **state)
{
    (void)state;
    static const char *const with_tokens =
        "{\"item\":\"1\",\"model\":\"m\",\"options\":[\"A\",\"B\"],\"option_logits\":[1,0],\"vocab_size\":4,"
        "\"tokens\":[{\"t\":\"A\",\"lp\":-0.6931471805599453,\"top\":[[\"A\",-0.6931471805599453]]}]}\n"
        "{\"item\":\"1\",\"model\":\"n\",\"options\":[\"A\",\"B\"],\"option_logits\":[1,0]}\n";
    pl_response_log *log = NULL;
    pl_answer_table *table = NULL;
    pl_item_values *values = NULL;
    pl_error err = {0};
    const char *const methods[] = {"within", "entropy.first", "soft-vote"};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(with_tokens), false, &log, &err), &err);
    PL_KIT_OK(pl_answer_table_build(pl__response_log_set(log), NULL, &table, &err), &err);
    PL_KIT_OK(pl__item_values_new(table, methods, 3, &values, &err), &err);
    assert_int_equal(values->n_columns, 2);
    assert_string_equal(values->columns[1].name, "entropy.first.upper");
    /* half on A; the other half as one more bucket, or over three tokens */
    PL_KIT_CLOSE(values->columns[0].values[0], -0.69314718055994529, 1e-15);
    PL_KIT_CLOSE(values->columns[1].values[0], -0.69314718055994529 - 0.5 * 1.0986122886681098, 1e-15);
    assert_non_null(values->pool);
    assert_int_equal(values->pool[0], 0);
    assert_int_equal(values->n_others, 1);
    assert_string_equal(values->others[0], "soft-vote");
    pl__item_values_free(values);
    pl_answer_table_free(table);
    pl__response_log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_all_items),
        cmocka_unit_test(pool_and_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
