/* peerless probe, and runs that know what it found. */
#include "cli_kit.h"

#include <stdlib.h>
#include <string.h>

static const char pool_json[] =
    "{\"seed\":1,\"models\":[{\"name\":\"sharp\",\"resolution\":96},{\"name\":\"fair\",\"resolution\":54},"
    "{\"name\":\"no-eyes\",\"resolution\":96,\"abilities\":[\"no-images\"]}]}";

typedef struct fixture {
    char *dir;
    char *port;
    pl_kit_process *server;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->dir = pl__kit_temp_new();
    free(pl__kit_write_text(f->dir, "pool.json", pool_json));
    free(cli_output(f->dir, CLI_WORDS("sim", "scenes", "-n", "2", "-o", "scenes", "-q")));
    f->server = cli_serve(f->dir, CLI_WORDS("--pool", "pool.json", "--request-log", "requests.log"), &f->port);
    char *config = cli_output(f->dir, CLI_WORDS("sim", "config", "--pool", "pool.json", "--port", f->port));
    free(pl__kit_write_text(f->dir, "peerless.yaml", config));
    free(config);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    pl_kit_result result = {0};
    pl__kit_signal(f->server, 15);
    pl__kit_wait(f->server, &result);
    pl__kit_result_clear(&result);
    pl__kit_temp_free(f->dir);
    free(f->port);
    free(f);
    return 0;
}

static void says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" is not in:\n%s", words, text);
}

static size_t requests(const fixture *f)
{
    char *path = pl__kit_path(f->dir, "requests.log");
    size_t n = pl__kit_exists(path) ? cli_count_lines(path) : 0;
    free(path);
    return n;
}

static void a_run_knows_what_a_probe_found(void **state)
{
    fixture *f = *state;
    pl_kit_result r = {0};

    cli_run(f->dir, &r, CLI_WORDS("probe"));
    assert_int_equal(r.code, 0);
    says(r.out, "images: no-eyes: no: refused: image input is not supported by this model");
    says(r.err, "Asking 3 models at most some 12 small questions each");
    pl__kit_result_clear(&r);
    cli_run(f->dir, &r, CLI_WORDS("run", "--no-rank"));
    assert_int_equal(r.code, 1);
    const char *told = strstr(r.err, "no-eyes takes no images, as a probe found");
    assert_non_null(told);
    assert_true(told < strstr(r.err, "run 1 ")); /* at once, not at the end */
    says(r.err, " not asked: takes no images, as a probe found: refused");
    assert_null(strstr(r.err, "image unsupported"));
    pl__kit_result_clear(&r);
}

static void a_run_without_a_probe_asks(void **state)
{
    fixture *f = *state;
    pl_kit_result r = {0};

    cli_run(f->dir, &r, CLI_WORDS("run", "--no-rank"));
    assert_int_equal(r.code, 1);
    says(r.err, "image unsupported");
    assert_null(strstr(r.err, "as a probe found"));
    pl__kit_result_clear(&r);
}

static void a_run_may_probe_what_is_not_known(void **state)
{
    fixture *f = *state;
    pl_kit_result r = {0};

    cli_run(f->dir, &r, CLI_WORDS("run", "--probe", "--no-rank", "--max-calls", "1"));
    says(r.err, "Asking 3 models");
    says(r.err, "no-eyes takes no images");
    assert_int_equal(r.out_bytes, 0);
    pl__kit_result_clear(&r);
    size_t before = requests(f);
    assert_true(before > 30);
    cli_run(f->dir, &r, CLI_WORDS("run", "--probe", "--no-rank", "--max-calls", "1"));
    assert_null(strstr(r.err, "Asking")); /* all are known */
    pl__kit_result_clear(&r);
    assert_true(requests(f) <= before + 1);
    cli_run(f->dir, &r, CLI_WORDS("run", "--probe", "--replay", "none"));
    assert_int_equal(r.code, 2);
    pl__kit_result_clear(&r);
}

static void formats_say_the_same(void **state)
{
    fixture *f = *state;
    char *csv = cli_output(f->dir, CLI_WORDS("probe", "-q", "--format", "csv"));
    char *json = cli_output(f->dir, CLI_WORDS("probe", "-q", "--format", "json"));

    says(csv, "model,ability,state,amount,why\nsharp,reachable,yes,,it answers\n");
    says(csv, "no-eyes,images,no,,refused: image input is not supported by this model\n");
    says(csv, "sharp,image_side,yes,1536,");
    says(json, "{\"version\":1,\"models\":{\"sharp\":{\"probed_unix_ms\":");
    says(json, "\"image_side\":{\"state\":\"yes\",\"amount\":1536,");
    says(json, "\"images\":{\"state\":\"no\",\"why\":\"refused: image input is not supported by this model\"}");
    free(csv);
    free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_knows_what_a_probe_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_without_a_probe_asks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_may_probe_what_is_not_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(formats_say_the_same, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
