/* Recordings of whole runs, and what must never be in them or anywhere else: the keys. */
#include "cli_kit.h"
#include "httpd.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *rank_of(const char *dir, const char *store)
{
    pl_kit_result result = {0};

    cli_run(dir, &result, CLI_WORDS("rank", "--store", store, "--format", "json", "--methods", "upme,majority-vote"));
    assert_int_equal(result.code, 0);
    char *out = strdup(result.out);
    pl__kit_result_clear(&result);
    return out;
}

static void check_well(const pl_kit_result *result)
{
    if (result->code != 0)
        print_message("%s\n", result->err);
    assert_int_equal(result->code, 0);
}

static void run_well(const char *dir, const char *const *words)
{
    pl_kit_result result = {0};

    cli_run(dir, &result, words);
    check_well(&result);
    pl__kit_result_clear(&result);
}

static void a_replayed_run_ends_in_the_same_table(void **state)
{
    cli_pool pool = {0};
    pl_kit_result result = {0};

    (void)state;
    cli_pool_start(&pool, "4", "5", "8");
    run_well(pool.dir, CLI_WORDS("run", "--record", "recording", "--store", "a.db", "--no-rank", "-q"));
    size_t asked = cli_count_lines(pool.log);
    run_well(pool.dir, CLI_WORDS("run", "--replay", "recording", "--store", "b.db", "--no-rank", "-q"));
    assert_int_equal(cli_count_lines(pool.log), asked);
    char *recorded = rank_of(pool.dir, "a.db");
    char *replayed = rank_of(pool.dir, "b.db");
    assert_string_equal(replayed, recorded);
    char *file = pl__kit_path(pool.dir, "recording/exchanges.jsonl");
    assert_int_equal(cli_count_lines(file), asked + 1);
    cli_run(pool.dir, &result, CLI_WORDS("run", "--replay", "nowhere", "--store", "c.db", "-q"));
    assert_int_equal(result.code, 2);
    assert_non_null(strstr(result.err, "nowhere/exchanges.jsonl: there is no such recording"));
    pl__kit_result_clear(&result);
    cli_run(pool.dir, &result, CLI_WORDS("run", "--replay", "recording", "--record", "other", "-q"));
    assert_int_equal(result.code, 2);
    pl__kit_result_clear(&result);
    free(file);
    free(recorded);
    free(replayed);
    cli_pool_stop(&pool);
}

#define PADDING ((size_t)8 << 20)

/* The limit on a file's size (in blocks of 512 bytes) stands for a full disk. A recording that is large already meets
 * it long before the store. */
static void a_full_disk_ends_the_run_and_keeps_the_store(void **state)
{
    cli_pool pool = {0};
    pl_kit_result result = {0};
    const char *const argv[] = {
        "sh", "-c", "ulimit -f 16584; trap '' XFSZ; exec \"$PEERLESS\" run --record recording --no-rank -q", NULL};

    (void)state;
    cli_pool_start(&pool, "6", "5", "9");
    char *padding = malloc(PADDING);
    assert_non_null(padding);
    memset(padding, ' ', PADDING);
    memcpy(padding, "{\"peerless_recording\":1}\n", 25);
    padding[PADDING - 1] = '\n';
    free(pl__kit_write(pool.dir, "recording/exchanges.jsonl", padding, PADDING));
    free(padding);
    pl_kit_how how = {.dir = pool.dir};
    pl__kit_run(argv, &how, &result);
    assert_int_equal(result.code, 1);
    assert_non_null(strstr(result.err, "recording: recording/exchanges.jsonl: "));
    pl__kit_result_clear(&result);
    size_t asked = cli_count_lines(pool.log);
    assert_true(asked > 0);
    run_well(pool.dir, CLI_WORDS("run", "--no-rank", "-q"));
    size_t all = cli_count_lines(pool.log);
    run_well(pool.dir, CLI_WORDS("run", "--store", "whole.db", "--no-rank", "-q"));
    assert_int_equal(cli_count_lines(pool.log) - all, all); /* nothing was asked twice */
    cli_pool_stop(&pool);
}

/* ---- a marked key ---- */

#define KEY_A "sk-marked-by-env-0123456789"
#define KEY_B "marked/by+file=0123456789"
#define KEY_C "marked-by-command-0123456789"
#define ECHO KEY_A " " KEY_B " " KEY_C " marked\\/by\\u002Bfile=0123456789 marked%2Fby%2Bfile%3D0123456789"

typedef struct parrot {
    pl_httpd *httpd;
    atomic_uint n;
} parrot;

static pl_status reply(pl_httpd_response *ret, unsigned nth)
{
    if (nth % 7 == 3) {
        ret->status = nth % 2 == 0 ? 500 : 429;
        return pl__str_append_c(&ret->body, "{\"error\":{\"message\":\"no: " ECHO "\"}}");
    }
    return pl__str_append_c(&ret->body,
                            "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\","
                            "\"content\":\"It is " ECHO " [[A]]\"}}],\"usage\":{\"prompt_tokens\":1,"
                            "\"completion_tokens\":1},\"echo\":\"" ECHO "\"}");
}

/* Says every key that there is, whoever asks. */
static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    parrot *p = user;

    (void)request;
    ret->delay_ms = 3;
    ret->n_headers = 2;
    ret->headers[0].name = "x-echo";
    (void)snprintf(ret->headers[0].value, sizeof(ret->headers[0].value), "%s %s", KEY_A, KEY_C);
    ret->headers[1].name = "retry-after-ms";
    (void)snprintf(ret->headers[1].value, sizeof(ret->headers[1].value), "1");
    if (reply(ret, atomic_fetch_add(&p->n, 1)) != PL_OK)
        ret->status = 500;
}

static char *parrot_setup(parrot *p)
{
    pl_httpd_opts opts = {.threads = 1, .handle = handle, .user = p};
    pl_error err = {0};
    char *dir = pl__kit_temp_new();
    char text[3000];

    PL_KIT_OK(pl__httpd_start(&opts, &p->httpd, &err), &err);
    unsigned port = pl__httpd_port(p->httpd);
    (void)snprintf(
        text, sizeof(text),
        "data: {images: scenes}\nmodels:\n"
        "  - {name: a, provider: openai, model: ma, base_url: \"http://127.0.0.1:%u/v1\", api_key_env: "
        "MARKED_KEY}\n"
        "  - {name: b, provider: openai, model: mb, base_url: \"http://127.0.0.1:%u/v1\", api_key_file: "
        "../key.txt}\n"
        "  - {name: c, provider: openai, model: mc, base_url: \"http://127.0.0.1:%u/v1\", api_key_cmd: [cat, "
        "../cmd.txt]}\n",
        port, port, port);
    free(pl__kit_write_text(dir, "work/peerless.yaml", text));
    free(pl__kit_write_text(dir, "key.txt", KEY_B "\n"));
    free(pl__kit_write_text(dir, "cmd.txt", KEY_C "\n"));
    return dir;
}

static void check_bytes(const char *where, const char *bytes, size_t n)
{
    static const char *const marks[] = {"marked-by-env",     "marked/by",   "by+file",
                                        "marked-by-command", "marked\\/by", "%2Bfile"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        for (size_t at = 0; at + strlen(marks[i]) <= n; at++)
            if (memcmp(bytes + at, marks[i], strlen(marks[i])) == 0)
                fail_msg("%s holds %s: %.80s", where, marks[i], bytes + (at > 40 ? at - 40 : 0));
}

static void check_run(pl_kit_result *result, const char *where)
{
    check_bytes(where, result->out, result->out_bytes);
    check_bytes(where, result->err, result->err_bytes);
    pl__kit_result_clear(result);
}

/* Every file below dir: store, write-ahead log, recording, exports. */
static void check_files(const char *dir)
{
    const char *const argv[] = {"grep", "-raloE", "marked-by-env|marked/by|by.file=|marked-by-command|by%2Bfile", ".",
                                NULL};
    pl_kit_how how = {.dir = dir};
    pl_kit_result result = {0};

    pl__kit_run(argv, &how, &result);
    assert_string_equal(result.out, "");
    assert_int_equal(result.code, 1); /* nothing found */
    pl__kit_result_clear(&result);
}

static void kill_midway(const char *work, const parrot *p, const pl_kit_how *how)
{
    const char *argv[] = {pl__kit_peerless(), "run", "--record", "recording", "-v", "--no-rank", NULL};
    const struct timespec blink = {0, 2000000};
    pl_kit_result result = {0};
    char path[100];
    size_t n = 0;
    pl_kit_process *process = pl__kit_start(argv, how);

    for (int i = 0; i < 5000 && atomic_load(&p->n) < 20; i++)
        (void)nanosleep(&blink, NULL);
    (void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pl__kit_pid(process));
    char *words = pl__kit_read(path, &n);
    check_bytes(path, words, n);
    assert_true(n > 3);
    free(words);
    pl__kit_signal(process, 9);
    pl__kit_wait(process, &result);
    assert_int_equal(result.code, -9);
    check_run(&result, "the killed run");
    check_files(work);
}

static void a_marked_key_is_nowhere(void **state)
{
    parrot p = {0};
    char *dir = parrot_setup(&p);
    char *work = pl__kit_path(dir, "work");
    const char *const extra[] = {"MARKED_KEY=" KEY_A, NULL};
    const char *const run[] = {pl__kit_peerless(), "run", "--record", "recording", "-v", NULL};
    const char *const replay[] = {pl__kit_peerless(), "run", "--replay", "recording", "--store", "b.db", "-v", NULL};
    static const char *const exports[] = {"texts", "answers", "judgments"};
    pl_kit_how how = {.dir = work, .extra = extra};
    pl_kit_how keyless = {.dir = work};
    pl_kit_result result = {0};

    (void)state;
    run_well(work, CLI_WORDS("sim", "scenes", "-n", "3", "--seed", "1", "-o", "scenes", "-q"));
    kill_midway(work, &p, &how);
    pl__kit_run(run, &how, &result);
    check_well(&result);
    assert_non_null(strstr(result.err, "no: "));
    assert_non_null(strstr(result.err, "others can read its key"));
    check_run(&result, "the run");
    for (size_t i = 0; i < 3; i++) { /* bodies are compressed in the store: here they are plain */
        cli_run(work, &result, CLI_WORDS("export", "--what", exports[i]));
        assert_int_equal(result.code, 0);
        assert_true(result.out_bytes > 0);
        if (i == 0)
            assert_non_null(strstr(result.out, "**********"));
        check_run(&result, exports[i]);
    }
    cli_run(work, &result, CLI_WORDS("diagnose", "--store", "run.db"));
    check_run(&result, "diagnose");
    check_files(work);
    free(pl__kit_write_text(dir, "key.txt", "")); /* a replay asks for none */
    pl__kit_run(replay, &keyless, &result);
    check_well(&result);
    check_run(&result, "the replay");
    check_files(work);
    pl__httpd_stop(p.httpd);
    free(work);
    pl__kit_temp_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_run_ends_in_the_same_table),
        cmocka_unit_test(a_full_disk_ends_the_run_and_keeps_the_store),
        cmocka_unit_test(a_marked_key_is_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
