/* What people complain about in other tools, where no test of a part alone shows that it is otherwise here. The table
 * in tests/README.md names the test that answers each complaint; the last test here holds that table to the tree. */
#include "cli_kit.h"
#include "hash.h"
#include "httpd.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define COMPLAINTS 13

#define HOLD_MS 1500u /* of each reply, as long as the first one has not left */

/* A server whose models answer at once and alike; "down" never does. */
typedef struct world {
    char *dir;
    pl_httpd *httpd;
    atomic_uint n_requests;
    atomic_uint n_first; /* of these, those that came before any was answered */
    atomic_bool holding;
    struct timespec first;
} world;

static long since_ms(const struct timespec *then)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
}

static bool has(pl_view body, const char *words)
{
    return pl__view_find(body, pl__view(words)) != SIZE_MAX;
}

/* Judges decide by the request's bytes, so the same pair gets the same verdict in any pool. */
static void handle(const pl_httpd_request *request, pl_httpd_response *ret, void *user)
{
    world *w = user;
    pl_digest digest;
    char body[256];

    if (atomic_load(&w->holding)) { /* one thread handles all requests */
        if (atomic_load(&w->n_requests) == 0)
            (void)clock_gettime(CLOCK_MONOTONIC, &w->first);
        if (since_ms(&w->first) < (long)HOLD_MS)
            (void)atomic_fetch_add(&w->n_first, 1);
        else
            atomic_store(&w->holding, false);
        ret->delay_ms = HOLD_MS;
    }
    (void)atomic_fetch_add(&w->n_requests, 1);
    pl__sha256(request->body.ptr, request->body.len, &digest);
    if (has(request->body, "\"model\":\"down\"")) {
        ret->status = 500;
        (void)snprintf(body, sizeof(body), "{\"error\":{\"message\":\"out of order\"}}");
    } else {
        const char *verdict = digest.bytes[0] % 2 == 0 ? "[[A]]" : "[[B]]";
        (void)snprintf(body, sizeof(body),
                       "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"%s %u\"},"
                       "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}",
                       has(request->body, "[[A]]") ? verdict : "It is", (unsigned)digest.bytes[1]);
    }
    if (pl__str_append_c(&ret->body, body) != PL_OK)
        ret->status = 503;
}

static int open_world(void **state)
{
    static world only;
    pl_httpd_opts opts = {.handle = handle, .user = &only, .threads = 1};
    pl_error err = {0};

    only = (world){.dir = pl__kit_temp_new()};
    PL_KIT_OK(pl__httpd_start(&opts, &only.httpd, &err), &err);
    *state = &only;
    return 0;
}

static int close_world(void **state)
{
    world *w = *state;

    pl__httpd_stop(w->httpd);
    pl__kit_temp_free(w->dir);
    return 0;
}

/* dir/NAME.yaml over these models, four requests in flight each, a store of its own. */
static void write_config(const world *w, const char *name, const char *data, const char *const *models,
                         const char *review)
{
    char text[4096];
    char file[64];
    int n = snprintf(text, sizeof(text), "version: 1\nstore: %s.db\ndata: {%s}\nmodels:\n", name, data);

    for (size_t i = 0; models[i]; i++)
        n += snprintf(
            text + n, sizeof(text) - (size_t)n,
            "  - {name: %s, provider: openai, model: %s, endpoint: test, base_url: \"http://127.0.0.1:%u/v1\", "
            "image: {format: png}, limits: {concurrency: 4, attempts: 2}}\n",
            models[i], models[i], (unsigned)pl__httpd_port(w->httpd));
    n += snprintf(text + n, sizeof(text) - (size_t)n, "evaluations:\n  peer_review: {questions: given, %s}\n", review);
    assert_true((size_t)n < sizeof(text));
    (void)snprintf(file, sizeof(file), "%s.yaml", name);
    free(pl__kit_write_text(w->dir, file, text));
}

static void write_items(const world *w, const char *name, unsigned n, const char *image)
{
    char *text = calloc(n, 128);
    size_t at = 0;

    assert_non_null(text);
    for (unsigned i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, 64, "{\"id\":\"i%u\",\"question\":\"What is %u?\"", i, i);
        if (image)
            at += (size_t)snprintf(text + at, 60, ",\"image\":\"%s-%u.png\"", image, i);
        at += (size_t)snprintf(text + at, 4, "}\n");
    }
    free(pl__kit_write_text(w->dir, name, text));
    free(text);
}

static const char *const well[] = {"m1", "m2", "m3", NULL};
static const char *const one_down[] = {"m1", "m2", "m3", "down", NULL};

/* ---- serial calls: https://github.com/open-compass/VLMEvalKit/issues/1181 ---- */

static void calls_are_made_in_parallel(void **state)
{
    world *w = *state;

    write_items(w, "items.jsonl", 8, NULL);
    write_config(w, "parallel", "items: items.jsonl", well, "order: both");
    atomic_store(&w->holding, true);
    free(cli_output(w->dir, CLI_WORDS("run", "-c", "parallel.yaml", "--no-rank", "-q")));
    assert_int_equal(atomic_load(&w->n_first), 3 * 4); /* all that the limits allow, before the first answer */
}

/* ---- failures scored as wrong answers: https://github.com/NVIDIA-NeMo/Evaluator/issues/1140 ---- */

/* The line of a model in the CSV of a ranking, up to and with its score. */
static void score_of(const char *csv, const char *model, char ret[64])
{
    char key[40];
    (void)snprintf(key, sizeof(key), "peer-review,%s,", model);
    const char *line = strstr(csv, key);

    assert_non_null(line);
    size_t n = 0;
    for (unsigned commas = 0; commas < 4 && n + 1 < 64 && line[n] && line[n] != '\n'; n++)
        commas += line[n] == ',';
    memcpy(ret, line, n);
    ret[n] = '\0';
}

static void a_failed_call_is_not_a_wrong_answer(void **state)
{
    world *w = *state;
    pl_kit_result result = {0};
    char alone[64];
    char beside[64];

    write_items(w, "items.jsonl", 6, NULL);
    write_config(w, "well", "items: items.jsonl", well, "order: both");
    write_config(w, "down", "items: items.jsonl", one_down, "order: both");
    free(cli_output(w->dir, CLI_WORDS("run", "-c", "well.yaml", "--no-rank", "-q")));
    cli_run(w->dir, &result, CLI_WORDS("run", "-c", "down.yaml", "--no-rank", "-q"));
    assert_int_equal(result.code, 1); /* incomplete, and said so */
    assert_non_null(strstr(result.err, "server error"));
    pl__kit_result_clear(&result);
    char *csv =
        cli_output(w->dir, CLI_WORDS("rank", "--store", "well.db", "--methods", "peer-review", "--format", "csv"));
    char *csv_down =
        cli_output(w->dir, CLI_WORDS("rank", "--store", "down.db", "--methods", "peer-review", "--format", "csv"));
    for (size_t i = 0; well[i]; i++) { /* nobody has won against it either */
        score_of(csv, well[i], alone);
        score_of(csv_down, well[i], beside);
        assert_string_equal(alone, beside);
    }
    score_of(csv_down, "down", beside);
    assert_string_equal(beside, "peer-review,down,,,"); /* no rank and no score, not the last one */
    free(csv);
    free(csv_down);
}

/* ---- images exhausting memory: https://github.com/promptfoo/promptfoo/issues/2507 ---- */

#define SIDE 800u
#define ROW (1 + 3 * SIDE)
#define PIXELS ((size_t)ROW * SIDE)
#define BLOCK_MAX 65535u

static size_t put_be32(unsigned char *at, uint32_t x)
{
    at[0] = (unsigned char)(x >> 24);
    at[1] = (unsigned char)(x >> 16);
    at[2] = (unsigned char)(x >> 8);
    at[3] = (unsigned char)x;
    return 4;
}

static uint32_t crc_of(const unsigned char *bytes, size_t n)
{
    static uint32_t table[256];
    uint32_t crc = 0xffffffffu;

    if (table[1] == 0)
        for (uint32_t i = 0; i < 256; i++) {
            table[i] = i;
            for (int k = 0; k < 8; k++)
                table[i] = table[i] & 1 ? 0xedb88320u ^ (table[i] >> 1) : table[i] >> 1;
        }
    for (size_t i = 0; i < n; i++)
        crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
    return ~crc;
}

static void name_chunk(unsigned char *at, const char *name)
{
    for (size_t i = 0; i < 4; i++)
        at[4 + i] = (unsigned char)name[i];
}

/* Ends a chunk whose length, type and n bytes lie at `at`. */
static size_t close_chunk(unsigned char *at, size_t n)
{
    (void)put_be32(at, (uint32_t)n);
    (void)put_be32(at + 8 + n, crc_of(at + 4, 4 + n));
    return n + 12;
}

/* Noise, stored without compression: nearly 2 MB each, all different. */
static void write_noise(const world *w, const char *name, uint32_t seed)
{
    static unsigned char png[PIXELS + PIXELS / 4096 + 4096];
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    unsigned char *chunk = png + sizeof(signature);
    uint32_t a = 1;
    uint32_t b = 0;
    uint32_t x = seed * 2654435761u + 1;
    size_t n = 0;

    memcpy(png, signature, sizeof(signature));
    name_chunk(chunk, "IHDR");
    (void)put_be32(chunk + 8, SIDE);
    (void)put_be32(chunk + 12, SIDE);
    chunk[16] = 8; /* bits a channel */
    chunk[17] = 2; /* RGB */
    chunk[18] = chunk[19] = chunk[20] = 0;
    chunk += close_chunk(chunk, 13);
    name_chunk(chunk, "IDAT");
    chunk[8] = 0x78;
    chunk[9] = 1;
    n = 2;
    for (size_t at = 0; at < PIXELS; at++) {
        if (at % BLOCK_MAX == 0) {
            size_t left = PIXELS - at < BLOCK_MAX ? PIXELS - at : BLOCK_MAX;
            unsigned char head[5] = {left == PIXELS - at, (unsigned char)left, (unsigned char)(left >> 8),
                                     (unsigned char)~left, (unsigned char)(~left >> 8)};
            memcpy(chunk + 8 + n, head, 5);
            n += 5;
        }
        x = x * 1664525u + 1013904223u;
        unsigned char byte = at % ROW == 0 ? 0 : (unsigned char)(x >> 24);
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
        chunk[8 + n++] = byte;
    }
    n += put_be32(chunk + 8 + n, b << 16 | a);
    chunk += close_chunk(chunk, n);
    name_chunk(chunk, "IEND");
    chunk += close_chunk(chunk, 0);
    free(pl__kit_write(w->dir, name, png, (size_t)(chunk - png)));
}

/* The most that any program waited for so far had in memory. */
static long peak_kb(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss;
}

static void images_are_not_held_in_memory(void **state)
{
    enum { FEW = 20, MANY = 80 };
    world *w = *state;
    char name[32];

    for (uint32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof(name), "noise-%u.png", i);
        write_noise(w, name, i);
    }
    write_items(w, "few.jsonl", FEW, "noise");
    write_items(w, "many.jsonl", MANY, "noise");
    write_config(w, "few", "items: few.jsonl", well,
                 "order: fixed, criteria: [correctness], weights: {correctness: 1}");
    write_config(w, "many", "items: many.jsonl", well,
                 "order: fixed, criteria: [correctness], weights: {correctness: 1}");
    free(cli_output(w->dir, CLI_WORDS("run", "-c", "few.yaml", "--no-rank", "-q")));
    long few_kb = peak_kb();
    free(cli_output(w->dir, CLI_WORDS("run", "-c", "many.yaml", "--no-rank", "-q")));
    long many_kb = peak_kb();
    long more_kb = (long)((MANY - FEW) * (PIXELS / 1024) * 4 / 3); /* in base64, if all were held */
    print_message("%d images: %ld KB at most, %d images: %ld KB; all in base64: %ld KB more\n", FEW, few_kb, MANY,
                  many_kb, more_kb);
#ifndef PL_SANITIZED /* sanitizers keep what was freed, to watch it */
    assert_true(many_kb - few_kb < more_kb / 3);
#endif
}

/* ---- dependency hell: https://github.com/open-compass/VLMEvalKit/issues/100 ---- */

/* No interpreter, no package, no server of its own: a run and its ranking where no other program can be found. */
static void the_program_runs_by_itself(void **state)
{
    const world *w = *state;
    const char *const bare[] = {"PATH=/nonexistent", "HOME=/nonexistent", "LD_LIBRARY_PATH=", NULL};
    const char *const run[] = {pl__kit_peerless(), "run", "-c", "alone.yaml", "-q", NULL};
    const pl_kit_how how = {.dir = w->dir, .extra = bare};
    pl_kit_result result = {0};

    write_items(w, "items.jsonl", 2, NULL);
    write_config(w, "alone", "items: items.jsonl", well, "order: both");
    pl__kit_run(run, &how, &result);
    if (result.code != 0)
        fail_msg("exit %d: %s", result.code, result.err);
    assert_non_null(strstr(result.out, "rank  model"));
    pl__kit_result_clear(&result);
}

/* ---- the table ---- */

/* One word in backticks: a file, or a test that must stand in the file named before it. */
static bool check_word(const char *word, char **source)
{
    char head[128];

    if (strchr(word, '/')) {
        char *path = pl__kit_source_path(word);
        free(*source);
        *source = pl__kit_read(path, NULL);
        free(path);
        return false;
    }
    (void)snprintf(head, sizeof(head), "static void %s(void **state)", word);
    if (!*source || !strstr(*source, head))
        fail_msg("%s is not where tests/README.md says", word);
    return true;
}

/* A row: | complaint | threads | `file`: `test`, `test` |. Returns its tests. */
static size_t check_row(const char *row)
{
    const char *end = strchr(row, '\n');
    char *source = NULL;
    size_t n = 0;

    for (const char *open = strchr(row, '`'); open && open < end;) {
        const char *close = strchr(open + 1, '`');
        char word[100] = "";

        assert_true(close && close < end && (size_t)(close - open) < sizeof(word));
        memcpy(word, open + 1, (size_t)(close - open) - 1);
        n += check_word(word, &source);
        open = strchr(close + 1, '`');
    }
    free(source);
    return n;
}

static void each_complaint_has_its_test(void **state)
{
    char *path = pl__kit_source_path("tests/README.md");
    char *text = pl__kit_read(path, NULL);
    const char *row = strstr(text, "\n| complaint |");
    size_t rows = 0;

    (void)state;
    for (; row && row[1] == '|'; row = strchr(row + 1, '\n'), rows++) {
        if (rows >= 2 && check_row(row + 1) == 0)
            fail_msg("no test in: %.60s", row + 1);
    }
    assert_int_equal(rows, 2 + COMPLAINTS);
    free(text);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(calls_are_made_in_parallel, open_world, close_world),
        cmocka_unit_test_setup_teardown(a_failed_call_is_not_a_wrong_answer, open_world, close_world),
        cmocka_unit_test_setup_teardown(images_are_not_held_in_memory, open_world, close_world),
        cmocka_unit_test_setup_teardown(the_program_runs_by_itself, open_world, close_world),
        cmocka_unit_test(each_complaint_has_its_test),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
