#include "kit.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

static pl_truth accept(const char *text)
{
    pl_truth truth = {0};
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_truth("t.csv", pl__view(text), &truth, &err), &err);
    return truth;
}

static void refuse(const char *text, const char *message)
{
    pl_truth truth = {0};
    pl_error err = {0};
    PL_KIT_STATUS(pl__records_parse_truth("t.csv", pl__view(text), &truth, &err), PL_E_PARSE, &err);
    assert_null(truth.models);
    if (strcmp(err.msg, message) != 0)
        fail_msg("\"%s\", wanted \"%s\"", err.msg, message);
}

static void fields(void **state)
{
    (void)state;
    pl_truth t = accept("\xef\xbb\xbfmodel,score\r\na,0.5\r\n\r\n\"b, \"\"c\"\"\",-1e-2\r\n\"d\ne\", 3");
    assert_int_equal(t.n, 3);
    assert_string_equal(t.models[0], "a");
    assert_string_equal(t.models[1], "b, \"c\"");
    assert_string_equal(t.models[2], "d\ne");
    PL_KIT_CLOSE(t.scores[0], 0.5, 0.0);
    PL_KIT_CLOSE(t.scores[1], -0.01, 0.0);
    PL_KIT_CLOSE(t.scores[2], 3.0, 0.0);
    pl__truth_clear(&t);
    assert_int_equal(t.n, 0);
    t = accept("rank,score,model\n1,0.25,x\n"); /* columns are found by name */
    assert_int_equal(t.n, 1);
    assert_string_equal(t.models[0], "x");
    PL_KIT_CLOSE(t.scores[0], 0.25, 0.0);
    pl__truth_clear(&t);
    t = accept("model,score\n");
    assert_int_equal(t.n, 0);
    pl__truth_clear(&t);
    pl__truth_clear(NULL);
}

static void refuses(void **state)
{
    (void)state;
    const char *header = "t.csv:1: the first line must be a header with the columns model,score";
    refuse("", header);
    refuse("a,0.5\n", header);
    refuse("model,points\na,1\n", header);
    refuse("model,score,model\n", "t.csv:1: the header names a column twice");
    refuse("model,score\na,1\nb,2\n\na,3\n", "t.csv:5: the model \"a\" has a score at line 2 already");
    refuse("model,score\na,high\n", "t.csv:2: the score is no number");
    refuse("model,score\na,nan\n", "t.csv:2: the score is no number");
    refuse("model,score\na,\n", "t.csv:2: the score is no number");
    refuse("model,score\n\"x\ny\",1\na\n", "t.csv:4: the score is no number");
    refuse("model,score\n,1\n", "t.csv:2: there is no model");
    refuse("model,score\n\"a,1\n", "t.csv:2: a quote that is not closed");
    refuse("model,score\na\"b,1\n", "t.csv:2: a quote inside a field that does not begin with one");
    refuse("model,score\n\"a\"b,1\n", "t.csv:2: text behind a closing quote, or a stray carriage return");
    refuse("model,score\na,1\rb,2\n", "t.csv:2: text behind a closing quote, or a stray carriage return");
}

static void from_file(void **state)
{
    const char *dir = *state;
    pl_truth t = {0};
    pl_error err = {0};
    char *path = pl__kit_write_text(dir, "t.csv", "model,score\na,1\n");
    PL_KIT_OK(pl__records_read_truth(path, &t, &err), &err);
    assert_int_equal(t.n, 1);
    pl__truth_clear(&t);
    free(path);
    path = pl__kit_path(dir, "absent");
    PL_KIT_STATUS(pl__records_read_truth(path, &t, &err), PL_E_NOT_FOUND, &err);
    free(path);
    path = pl__kit_write_text(dir, "empty.csv", "");
    PL_KIT_STATUS(pl__records_read_truth(path, &t, &err), PL_E_PARSE, &err);
    free(path);
}

static pl_status once(void *user, pl_error *err)
{
    pl_truth t = {0};
    pl_status rc = pl__records_parse_truth("t.csv", pl__view(user), &t, err);
    pl__truth_clear(&t);
    return rc;
}

static void faults(void **state)
{
    (void)state;
    char text[] = "model,score\na,1\n\"b\",2\nc,3\n";
    pl__kit_fault_loop("truth", once, text);
}

/* Judge weights: the same table with another column, so that a truth is not taken for weights by mistake. */
static void weights_have_a_column_of_their_own(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    pl_truth t = {0};
    char *path = pl__kit_write_text(dir, "weights.csv", "score,model,weight\n9,gpt-4,1\n8,vicuna,0.25\n");

    PL_KIT_OK(pl__records_read_weights(path, &t, &err), &err);
    assert_int_equal(t.n, 2);
    assert_string_equal(t.models[1], "vicuna");
    PL_KIT_CLOSE(t.scores[1], 0.25, 0);
    pl__truth_clear(&t);
    free(path);
    path = pl__kit_write_text(dir, "truth.csv", "model,score\ngpt-4,1\n");
    PL_KIT_STATUS(pl__records_read_weights(path, &t, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "model,weight"));
    free(path);
    path = pl__kit_write_text(dir, "bad.csv", "model,weight\ngpt-4,heavy\n");
    PL_KIT_STATUS(pl__records_read_weights(path, &t, &err), PL_E_PARSE, &err);
    assert_non_null(strstr(err.msg, "the weight is no number"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),
        cmocka_unit_test(refuses),
        cmocka_unit_test_setup_teardown(from_file, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test_setup_teardown(weights_have_a_column_of_their_own, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
