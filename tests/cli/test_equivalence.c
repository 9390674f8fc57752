/* Samples of open answers that a judge model compares, from the items to the table. */
#include "cli_kit.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCENES "5"
#define MODELS 3
#define SAMPLES 4
#define JUDGED "{uncertainty: {samples: 4, equivalence: judge, judge: sharp}}"
#define METHODS "semantic_entropy,semantic_entropy.judge"
#define TEXTS_MAX 4096

static const char pool_json[] =
    "{\"seed\": 3, \"models\": [{\"name\": \"sharp\", \"resolution\": 96%s},\n"
    "{\"name\": \"plain\", \"resolution\": 40}, {\"name\": \"dim\", \"resolution\": 16}]}\n";

/* Every third question keeps its options; the others are open. Returns how many are. */
static size_t write_items(const char *dir)
{
    char *path = pl__kit_path(dir, "scenes/choices.jsonl");
    char *text = pl__kit_read(path, NULL);
    char *out = calloc(strlen(text) + 1, 1);
    size_t n = 0;
    size_t n_open = 0;

    assert_non_null(out);
    for (char *line = text; *line; n++) {
        char *end = strchr(line, '\n');
        char *options = strstr(line, ",\"options\":[");
        char *behind = options ? strchr(options, ']') : NULL;

        assert_non_null(end);
        assert_true(behind && behind < end);
        if (behind && n % 3 != 0) {
            (void)strncat(out, line, (size_t)(options - line));
            (void)strncat(out, behind + 1, (size_t)(end + 1 - behind - 1));
            n_open++;
        } else {
            (void)strncat(out, line, (size_t)(end + 1 - line));
        }
        line = end + 1;
    }
    free(path);
    free(pl__kit_write_text(dir, "scenes/items.jsonl", out));
    free(text);
    free(out);
    return n_open;
}

static void write_config(const cli_pool *pool, const char *name, const char *evaluations)
{
    char *config = cli_output(
        pool->dir, CLI_WORDS("sim", "config", "--port", pool->port, "--pool", "pool.json", "--images", "scenes"));
    char *models = strstr(config, "models:");
    char *end = strstr(config, "evaluations:");
    size_t size = strlen(config) + strlen(evaluations) + 256;
    char *all = calloc(size, 1);

    assert_non_null(models);
    assert_non_null(end);
    assert_non_null(all);
    (void)snprintf(all, size, "version: 1\ndata: {items: scenes/items.jsonl}\n%.*sevaluations: %s\n",
                   (int)(end - models), models, evaluations);
    free(pl__kit_write_text(pool->dir, name, all));
    free(config);
    free(all);
}

/* `judge`: more members of the judge in the pool file. */
static size_t start(cli_pool *pool, const char *judge)
{
    char json[512];

    pool->dir = pl__kit_temp_new();
    pool->log = pl__kit_path(pool->dir, "requests.log");
    free(cli_output(pool->dir, CLI_WORDS("sim", "scenes", "-n", SCENES, "--seed", "3", "-o", "scenes", "-q")));
    (void)snprintf(json, sizeof(json), pool_json, judge);
    free(pl__kit_write_text(pool->dir, "pool.json", json));
    pool->server = cli_serve(pool->dir, CLI_WORDS("--pool", "pool.json", "--request-log", "requests.log"), &pool->port);
    size_t n_open = write_items(pool->dir);
    write_config(pool, "judged.yaml", JUDGED);
    write_config(pool, "exact.yaml", "{uncertainty: {samples: 4}}");
    return n_open;
}

static json_t *next_line(const char **at)
{
    const char *end = strchr(*at, '\n');
    json_t *doc = NULL;

    if (!**at)
        return NULL;
    assert_non_null(end);
    doc = json_loadb(*at, (size_t)(end - *at), 0, NULL);
    assert_non_null(doc);
    *at = end + 1;
    return doc;
}

static char *question_of(const cli_pool *pool, const char *item)
{
    char *path = pl__kit_path(pool->dir, "scenes/items.jsonl");
    char *text = pl__kit_read(path, NULL);
    const char *at = text;
    char *found = NULL;

    while (!found) {
        json_t *doc = next_line(&at);

        assert_non_null(doc);
        if (strcmp(json_string_value(json_object_get(doc, "id")), item) == 0) {
            const char *question = json_string_value(json_object_get(doc, "question"));

            found = calloc(strlen(question) + 1, 1);
            assert_non_null(found);
            memcpy(found, question, strlen(question));
        }
        json_decref(doc);
    }
    free(path);
    free(text);
    return found;
}

typedef struct counts {
    size_t open;     /* responses to open questions */
    size_t judged;   /* of these with meanings */
    size_t reworded; /* of these with fewer meanings than texts */
    size_t equal;    /* pairs of samples that are one text */
    size_t calls;    /* different (question, text, text) */
} counts;

static void note_call(char **calls, size_t *n, const char *question, const char *x, const char *y)
{
    bool swap = strcmp(x, y) > 0;
    size_t size = strlen(question) + strlen(x) + strlen(y) + 3;
    char *key = calloc(size, 1);

    assert_non_null(key);
    (void)snprintf(key, size, "%s\n%s\n%s", question, swap ? y : x, swap ? x : y);
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(calls[i], key) == 0) {
            free(key);
            return;
        }
    }
    assert_true(*n < TEXTS_MAX);
    calls[(*n)++] = key;
}

static size_t count_texts(const json_t *samples)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(samples); i++) {
        bool is_new = true;

        for (size_t k = 0; k < i; k++)
            is_new = is_new && !json_equal(json_array_get(samples, i), json_array_get(samples, k));
        n += is_new;
    }
    return n;
}

/* What an export says, counted anew. Meanings stand beside samples of open answers alone, one a sample, and equal texts
 * mean the same. */
static counts count_export(const cli_pool *pool, const char *lines)
{
    static char *calls[TEXTS_MAX];
    counts c = {0};
    const char *at = lines;

    for (json_t *doc = next_line(&at); doc; doc = next_line(&at)) {
        const json_t *samples = json_object_get(doc, "samples");
        const json_t *meanings = json_object_get(doc, "meanings");
        char *question = question_of(pool, json_string_value(json_object_get(doc, "item")));
        size_t n = json_array_size(samples);
        json_int_t most = -1;

        if (json_object_get(doc, "options")) {
            assert_null(meanings);
            n = 0;
        } else {
            c.open++;
            c.judged += meanings != NULL;
        }
        for (size_t i = 0; i < n; i++) {
            json_int_t meaning = json_integer_value(json_array_get(meanings, i));

            most = meaning > most ? meaning : most;
            for (size_t k = 0; k < i; k++) {
                const char *x = json_string_value(json_array_get(samples, i));
                const char *y = json_string_value(json_array_get(samples, k));
                bool same = strcmp(x, y) == 0;

                c.equal += same;
                if (same && meanings)
                    assert_int_equal(meaning, json_integer_value(json_array_get(meanings, k)));
                if (!same)
                    note_call(calls, &c.calls, question, x, y);
            }
        }
        if (meanings) {
            assert_int_equal(json_array_size(meanings), n);
            c.reworded += (size_t)most + 1 < count_texts(samples);
        }
        free(question);
        json_decref(doc);
    }
    for (size_t i = 0; i < c.calls; i++)
        free(calls[i]);
    return c;
}

static size_t number_before(const char *text, const char *words)
{
    const char *at = strstr(text, words);

    assert_non_null(at);
    while (at > text && (at[-1] >= '0' && at[-1] <= '9'))
        at--;
    return (size_t)strtoul(at, NULL, 10);
}

static void each_pair_is_asked_once(void **state)
{
    cli_pool pool = {0};
    pl_kit_result result = {0};

    (void)state;
    size_t n_open = start(&pool, "");
    char *items_path = pl__kit_path(pool.dir, "scenes/items.jsonl");
    size_t n_items = cli_count_lines(items_path);
    free(items_path);
    char *plan = cli_output(pool.dir, CLI_WORDS("plan", "-c", "judged.yaml", "--format", "json"));
    json_t *doc = json_loads(plan, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(doc, "calls")),
                     n_items * MODELS * (1 + SAMPLES) + n_open * MODELS * SAMPLES * (SAMPLES - 1) / 2);
    json_decref(doc);
    free(plan);

    /* The answers first; who compares them asks nothing else again. */
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "exact.yaml", "-q")));
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "exact.yaml", "-q", "--no-rank")));
    size_t before = cli_count_lines(pool.log);
    cli_run(pool.dir, &result, CLI_WORDS("run", "-c", "judged.yaml", "--no-rank"));
    assert_int_equal(result.code, 0);
    size_t asked = cli_count_lines(pool.log) - before;
    char *lines = cli_output(pool.dir, CLI_WORDS("export", "--what", "responses"));
    counts c = count_export(&pool, lines);
    assert_int_equal(c.open, n_open * MODELS);
    assert_int_equal(c.judged, c.open);
    assert_true(c.reworded > 10);
    assert_int_equal(asked, c.calls);
    assert_true(c.equal > 0);
    assert_int_equal(number_before(result.err, " not to be asked, for both answers are the same text"), c.equal);
    assert_non_null(strstr(result.err, "complete: every task ended in a response"));
    pl__kit_result_clear(&result);

    /* Nothing is left to ask, and the plan knows. */
    plan = cli_output(pool.dir, CLI_WORDS("plan", "-c", "judged.yaml", "--format", "json"));
    doc = json_loads(plan, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(doc, "to_make")), 0);
    assert_int_equal(json_integer_value(json_object_get(doc, "tasks_in_store")),
                     n_items * MODELS * (1 + SAMPLES) + n_open * MODELS * SAMPLES * (SAMPLES - 1) / 2 - c.equal);
    json_decref(doc);
    free(plan);
    before = cli_count_lines(pool.log);
    cli_run(pool.dir, &result, CLI_WORDS("run", "-c", "judged.yaml", "--no-rank"));
    assert_int_equal(result.code, 0);
    assert_int_equal(cli_count_lines(pool.log), before);
    assert_int_equal(number_before(result.err, " not to be asked, for both answers are the same text"), c.equal);
    pl__kit_result_clear(&result);

    /* What is exported is what is ranked; what was compared is said. */
    free(pl__kit_write_text(pool.dir, "r.jsonl", lines));
    char *stored = cli_output(pool.dir, CLI_WORDS("rank", "-m", METHODS, "--format", "csv"));
    char *logged = cli_output(pool.dir, CLI_WORDS("rank", "--responses", "r.jsonl", "-m", METHODS, "--format", "csv"));
    assert_string_equal(stored, logged);
    free(stored);
    free(logged);
    char *diagnosis = cli_output(pool.dir, CLI_WORDS("diagnose"));
    assert_int_equal(number_before(diagnosis, " pairs of samples"), c.open * SAMPLES * (SAMPLES - 1) / 2);
    assert_int_equal(number_before(diagnosis, " are the same text"), c.equal);
    assert_null(strstr(diagnosis, "without a verdict"));
    free(diagnosis);
    char *texts = cli_output(pool.dir, CLI_WORDS("export", "--what", "texts"));
    assert_null(strstr(texts, "[[SAME]]"));
    free(texts);
    free(lines);
    cli_pool_stop(&pool);
}

/* A judge whose replies say nothing, both, or the prompt again: its answers have no meanings rather than guessed ones.
 */
static void judges_that_say_nothing(void **state)
{
    cli_pool pool = {0};

    (void)state;
    (void)start(&pool, ", \"vices\": {\"malformed_verdicts\": 0.3}");
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "judged.yaml", "-q")));
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "judged.yaml", "-q", "--no-rank")));
    char *lines = cli_output(pool.dir, CLI_WORDS("export", "--what", "responses"));
    counts c = count_export(&pool, lines);
    char *diagnosis = cli_output(pool.dir, CLI_WORDS("diagnose"));
    assert_in_range(c.judged, c.open / 10, c.open - 1);
    assert_true(number_before(diagnosis, " without a verdict") > 10);
    assert_true(number_before(diagnosis, " no mark") > 0);
    assert_true(number_before(diagnosis, " several") > 0);
    assert_true(number_before(diagnosis, " echo") > 0);
    char out_of[64];
    (void)snprintf(out_of, sizeof(out_of), " of %zu answers have no meanings", c.open);
    assert_int_equal(number_before(diagnosis, out_of), c.open - c.judged);
    size_t before = cli_count_lines(pool.log);
    free(cli_output(pool.dir, CLI_WORDS("run", "-c", "judged.yaml", "-q", "--no-rank")));
    assert_int_equal(cli_count_lines(pool.log), before); /* what was said is not asked again */
    free(diagnosis);
    free(lines);
    cli_pool_stop(&pool);
}

static void a_killed_run_goes_on(void **state)
{
    const struct timespec nap = {0, 2000000};
    cli_pool pool = {0};

    (void)state;
    (void)start(&pool, "");
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "judged.yaml", "--store", "killed.db", "-q")));
    for (int k = 0; k < 4; k++) {
        const char *argv[] = {pl__kit_peerless(), "run",       "-c", "judged.yaml", "--store",
                              "killed.db",        "--no-rank", "-q", NULL};
        pl_kit_how how = {.dir = pool.dir};
        pl_kit_result result = {0};
        size_t before = cli_count_lines(pool.log);
        pl_kit_process *process = pl__kit_start(argv, &how);

        for (int i = 0; i < 2000 && cli_count_lines(pool.log) < before + 90; i++)
            (void)nanosleep(&nap, NULL);
        pl__kit_signal(process, SIGKILL);
        pl__kit_wait(process, &result);
        pl__kit_result_clear(&result);
    }
    free(cli_output(pool.dir, CLI_WORDS("probe", "-c", "judged.yaml", "--store", "calm.db", "-q")));
    static const char *const stores[] = {"killed.db", "calm.db"};
    char *lines[2];
    char *tables[2];
    for (size_t i = 0; i < 2; i++) {
        free(cli_output(pool.dir, CLI_WORDS("run", "-c", "judged.yaml", "--store", stores[i], "-q", "--no-rank")));
        lines[i] = cli_output(pool.dir, CLI_WORDS("export", "--store", stores[i], "--what", "responses"));
        tables[i] = cli_output(pool.dir, CLI_WORDS("rank", "--store", stores[i], "-m", METHODS, "--format", "json"));
    }
    assert_string_equal(lines[0], lines[1]);
    assert_string_equal(tables[0], tables[1]);
    counts c = count_export(&pool, lines[0]);
    assert_int_equal(c.judged, c.open);
    for (size_t i = 0; i < 2; i++) {
        free(lines[i]);
        free(tables[i]);
    }
    cli_pool_stop(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_is_asked_once),
        cmocka_unit_test(judges_that_say_nothing),
        cmocka_unit_test(a_killed_run_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
