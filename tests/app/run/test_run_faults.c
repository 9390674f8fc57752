/* One bad endpoint or image never stops the rest; each is named with its count, and the next run asks again what
 * failed. */
#include "image.h"
#include "pool_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fault_case {
    const char *name;
    pl_outcome outcome;
} fault_case;

static const fault_case FAULTS[] = {
    {"html-1", PL_OUTCOME_GARBLED},     {"401-1", PL_OUTCOME_AUTH},         {"404-1", PL_OUTCOME_NOT_FOUND},
    {"429-1", PL_OUTCOME_RATE_LIMITED}, {"500-1", PL_OUTCOME_SERVER_ERROR}, {"cut-1", PL_OUTCOME_UNREACHABLE},
    {"badjson-1", PL_OUTCOME_GARBLED},  {"empty-1", PL_OUTCOME_EMPTY},      {"refusal-1", PL_OUTCOME_REFUSED},
    {"length-1", PL_OUTCOME_CUT_OFF},   {"down-1", PL_OUTCOME_UNREACHABLE},
};

static void each_bad_endpoint_is_counted_and_healed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(FAULTS) / sizeof(FAULTS[0]); i++) {
        const char *names[] = {"m1", "m2", "m3", FAULTS[i].name, NULL};
        bool is_response = pl__outcome_is_response(FAULTS[i].outcome);
        pool_server server;
        pool_run run;
        char *dir = pl__kit_temp_new();
        char *items = pool_write_items(dir, 2);
        const pl_run_model *bad = NULL;

        print_message("%s\n", FAULTS[i].name);
        pool_server_start(&server);
        pool_open(&run, dir, pl__httpd_port(server.httpd), "items: items.jsonl", names, NULL);
        PL_KIT_OK(pool_execute(&run, NULL), &run.err);
        bad = pool_model(&run, FAULTS[i].name);
        assert_true(bad->outcomes[FAULTS[i].outcome] > 0);
        assert_int_equal(run.summary.state, is_response ? PL_RUN_COMPLETE : PL_RUN_INCOMPLETE);
        if (!is_response)
            assert_true(bad->last_problem[0] != '\0');
        for (size_t k = 0; k < 3;
             k++) { /* the others: 2 answers each, and every judgment that does not need the bad one */
            const pl_run_model *good = pool_model(&run, names[k]);

            assert_true(good->outcomes[PL_OUTCOME_ANSWERED] >= 2 + 2 * 2);
            assert_int_equal(good->not_asked, 0);
        }
        if (strcmp(FAULTS[i].name, "down-1") != 0) {
            atomic_store(&server.healed, true);
            PL_KIT_OK(pool_execute(&run, NULL), &run.err);
            assert_int_equal(run.summary.state, PL_RUN_COMPLETE);
            assert_true(is_response == (run.summary.calls == 0));
        }
        pool_close(&run);
        pool_server_stop(&server);
        free(items);
        pl__kit_temp_free(dir);
    }
}

static void bad_images_are_named_and_the_rest_goes_on(void **state)
{
    /* A 2x2 PNG, and what the world makes of such files. */
    static const unsigned char png[] = {0x89, 'P',  'N',  'G',  0x0d, 0x0a, 0x1a, 0x0a, 0,    0,    0,    0x0d, 'I',
                                        'H',  'D',  'R',  0,    0,    0,    2,    0,    0,    0,    2,    8,    2,
                                        0,    0,    0,    0xfd, 0xd4, 0x9a, 0x73, 0,    0,    0,    0x14, 'I',  'D',
                                        'A',  'T',  0x78, 0xda, 0x63, 0xf8, 0xcf, 0xc0, 0xf0, 0x9f, 0x81, 0xe1, 0x3f,
                                        0x03, 0xc3, 0x7f, 0x06, 0x20, 0,    0x1f, 0xf0, 0x05, 0xfb, 0,    0,    0,
                                        0,    'I',  'E',  'N',  'D',  0xae, 0x42, 0x60, 0x82};
    const char *names[] = {"m1", "m2", "m3", NULL};
    pool_server server;
    pool_run run;
    char *dir = pl__kit_temp_new();
    char *paths[6] = {NULL};
    unsigned named = 0;

    (void)state;
    paths[0] = pl__kit_write(dir, "images/broken.png", png, 30);
    paths[1] = pl__kit_write(dir, "images/empty.jpg", "", 0);
    paths[2] = pl__kit_write_text(dir, "images/text.jpg", "this is no image");
    paths[3] = pl__kit_write_text(dir, "images/page.png", "<html>");
    pool_server_start(&server);
    {
        pl_pixels pixels = {malloc((size_t)3 * 64 * 64), 64, 64};
        pl_str bytes;
        pl_error err = {0};

        assert_non_null(pixels.rgb);
        memset(pixels.rgb, 200, (size_t)3 * 64 * 64);
        pl__str_init(&bytes, 1 << 20);
        PL_KIT_OK(pl__image_encode_png(&pixels, &bytes, &err), &err);
        paths[4] = pl__kit_write(dir, "images/good.png", bytes.ptr, bytes.len);
        paths[5] = pl__kit_write(dir, "images/truncated.png", bytes.ptr, bytes.len * 2 / 3);
        pl__str_clear(&bytes);
        free(pixels.rgb);
    }
    pool_open(&run, dir, pl__httpd_port(server.httpd), "images: images/good.png", names, NULL);
    PL_KIT_OK(pool_execute(&run, &(pl_run_opts){.max_calls = 2}), &run.err);
    assert_int_equal(run.summary.state, PL_RUN_STOPPED); /* what waits for its image is within the budget */
    assert_int_equal(run.summary.calls, 2);
    assert_int_equal(atomic_load(&server.requests), 2);
    pool_close(&run);
    pool_open(&run, dir, pl__httpd_port(server.httpd), "images: images", names, NULL);
    PL_KIT_OK(pool_execute(&run, NULL), &run.err);
    assert_int_equal(run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(run.summary.item_problems_count, 5);
    for (size_t i = 0; i < 5; i++)
        named += strstr(run.summary.item_problems[i], ".png:") || strstr(run.summary.item_problems[i], ".jpg:");
    assert_int_equal(named, 5);
    assert_int_equal(run.summary.tasks_total, 3 * (1 + 2 + 4));
    assert_int_equal(run.summary.tasks_ended, run.summary.tasks_total);
    pool_close(&run);
    pool_server_stop(&server);
    for (size_t i = 0; i < 6; i++)
        free(paths[i]);
    pl__kit_temp_free(dir);
}

static void fail_fast_stops_at_the_first_failure(void **state)
{
    const char *names[] = {"m1", "m2", "401-1", NULL};
    pl_run_opts opts = {.fail_fast = true};
    pool_server server;
    pool_run run;
    char *dir = pl__kit_temp_new();
    char *items = pool_write_items(dir, 200);

    (void)state;
    pool_server_start(&server);
    pool_open(&run, dir, pl__httpd_port(server.httpd), "items: items.jsonl", names, NULL);
    PL_KIT_OK(pool_execute(&run, &opts), &run.err);
    assert_int_equal(run.summary.state, PL_RUN_INCOMPLETE);
    assert_non_null(strstr(run.summary.stop_reason, "401-1"));
    assert_true(run.summary.calls < 600);
    pool_close(&run);
    pool_server_stop(&server);
    free(items);
    pl__kit_temp_free(dir);
}

typedef struct warnings {
    unsigned n;
    char last[512];
} warnings;

static void note_warning(pl_log_level level, const char *message, void *user)
{
    warnings *w = user;

    if (level != PL_LOG_WARN)
        return;
    w->n++;
    (void)snprintf(w->last, sizeof(w->last), "%s", message);
}

/* A reasoning model refuses max_tokens and temperature, one after the other: its calls are put again without them, all
 * later ones are never put so, and none has failed. */
static void refused_parameters_are_left_out_from_then_on(void **state)
{
    const char *names[] = {"m1", "m2", "m3", "reasoning-1", NULL};
    warnings said = {0};
    pl_log log = {.sink = note_warning, .user = &said, .min_level = PL_LOG_WARN};
    pl_run_opts opts = {.log = &log};
    pool_server server;
    pool_run run;
    char *dir = pl__kit_temp_new();
    char *items = pool_write_items(dir, 20);
    const pl_run_model *m = NULL;
    uint64_t retries = 0;

    (void)state;
    pool_server_start(&server);
    pool_open(&run, dir, pl__httpd_port(server.httpd), "items: items.jsonl", names, NULL);
    PL_KIT_OK(pool_execute(&run, &opts), &run.err);
    m = pool_model(&run, "reasoning-1");
    assert_int_equal(run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(run.summary.attempts, atomic_load(&server.requests));
    assert_int_equal(run.summary.calls + run.summary.reused, run.summary.tasks_total);
    assert_int_equal(m->outcomes[PL_OUTCOME_BAD_REQUEST], 0);
    for (size_t o = 0; o < PL_OUTCOMES; o++)
        retries += m->retries[o];
    assert_int_equal(m->retries[PL_OUTCOME_BAD_REQUEST], retries);
    assert_int_equal(m->attempts, m->calls + retries);
    assert_true(retries > 0 && retries <= 8); /* each of what was in flight (4) at either refusal */
    assert_int_equal(m->attempts_most, 3);
    assert_int_equal(said.n, 2);
    assert_non_null(strstr(said.last, "reasoning-1"));
    assert_non_null(strstr(said.last, "temperature"));
    pool_close(&run);
    pool_server_stop(&server);
    free(items);
    pl__kit_temp_free(dir);
}

/* Where leaving it out does not help, the refusal is a bad request after all, and one more request has shown it. */
static void a_refusal_that_stays_is_a_bad_request(void **state)
{
    const char *names[] = {"m1", "m2", "stubborn-1", NULL};
    pool_server server;
    pool_run run;
    char *dir = pl__kit_temp_new();
    char *items = pool_write_items(dir, 3);
    const pl_run_model *m = NULL;

    (void)state;
    pool_server_start(&server);
    pool_open(&run, dir, pl__httpd_port(server.httpd), "items: items.jsonl", names, NULL);
    PL_KIT_OK(pool_execute(&run, NULL), &run.err);
    m = pool_model(&run, "stubborn-1");
    assert_int_equal(run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(m->outcomes[PL_OUTCOME_BAD_REQUEST], m->calls);
    assert_true(m->calls > 0);
    assert_true(m->attempts <= m->calls + 4);
    assert_int_equal(m->attempts_most, 2);
    assert_int_equal(run.summary.attempts, atomic_load(&server.requests));
    pool_close(&run);
    pool_server_stop(&server);
    free(items);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_endpoint_is_counted_and_healed),
        cmocka_unit_test(bad_images_are_named_and_the_rest_goes_on),
        cmocka_unit_test(fail_fast_stops_at_the_first_failure),
        cmocka_unit_test(refused_parameters_are_left_out_from_then_on),
        cmocka_unit_test(a_refusal_that_stays_is_a_bad_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
