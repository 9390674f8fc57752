#include "sim_kit.h"

#include "chat_api.h"
#include "hash.h"
#include "http_client.h"
#include "json.h"
#include "sim.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One server for all tests of this program. */
typedef struct fixture {
    char *dir;
    char *log;
    char *image; /* base64 of a scene's PNG */
    pl_sim_pool *pool;
    pl_sim_server *server;
} fixture;

static fixture fx;

static pl_sim_server *start(const char *log)
{
    pl_error err = {0};
    pl_sim_server *server = NULL;
    const pl_sim_server_opts opts = {.pool = fx.pool, .threads = 2, .request_log = log};
    PL_KIT_OK(pl__sim_server_start(&opts, &server, &err), &err);
    return server;
}

static int setup(void **state)
{
    pl_error err = {0};
    size_t n = 0;
    pl_str base64;
    (void)state;
    fx.dir = pl__kit_temp_new();
    fx.log = pl__kit_path(fx.dir, "requests.log");
    PL_KIT_OK(pl__sim_write_scenes(fx.dir, 1, 0, 1, &err), &err);
    char *path = pl__kit_path(fx.dir, "scene-00001.png");
    char *png = pl__kit_read(path, &n);
    pl__str_init(&base64, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_base64(&base64, png, n), NULL);
    fx.image = strdup(base64.ptr);
    pl__str_clear(&base64);
    free(png);
    free(path);
    PL_KIT_OK(pl__sim_pool_default(3, 1, &fx.pool, &err), &err);
    fx.server = start(fx.log);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pl__sim_server_stop(fx.server);
    pl__sim_server_stop(NULL);
    pl__sim_pool_free(fx.pool);
    pl__kit_temp_free(fx.dir);
    free(fx.log);
    free(fx.image);
    return 0;
}

/* A chat request about the scene; `more` goes in front of the messages ("" or "\"n\":2,"). */
static char *chat_body(const char *model, const char *text, const char *more)
{
    pl_str body;
    pl__str_init(&body, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_appendf(&body, "{\"model\":\"%s\",%s\"messages\":[{\"role\":\"user\",\"content\":[", model, more),
              NULL);
    PL_KIT_OK(pl__str_append_c(&body, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"), NULL);
    PL_KIT_OK(pl__str_append_c(&body, fx.image), NULL);
    PL_KIT_OK(pl__str_append_c(&body, "\"}},{\"type\":\"text\",\"text\":\""), NULL);
    PL_KIT_OK(pl__str_append_json_escaped(&body, pl__view(text)), NULL);
    PL_KIT_OK(pl__str_append_c(&body, "\"}]}]}"), NULL);
    char *copy = strdup(body.ptr);
    pl__str_clear(&body);
    return copy;
}

static json_t *post(const pl_sim_server *server, const char *body, int wanted_status)
{
    http_reply reply = {0};
    json_t *doc = NULL;
    pl_error err = {0};
    assert_int_equal(
        http_request(pl__sim_server_port(server), "POST", "/v1/chat/completions", body, strlen(body), &reply), 0);
    if (reply.status != wanted_status)
        fail_msg("status %d, wanted %d: %s", reply.status, wanted_status, reply.body);
    PL_KIT_OK(pl__json_parse(pl__view(reply.body), &doc, &err), &err);
    free(reply.body);
    return doc;
}

static const char *content(const json_t *doc, size_t i)
{
    const json_t *choice = json_array_get(json_object_get(doc, "choices"), i);
    return json_string_value(json_object_get(json_object_get(choice, "message"), "content"));
}

static json_t *ask(const char *model, const char *text, const char *more)
{
    char *body = chat_body(model, text, more);
    json_t *doc = post(fx.server, body, 200);
    free(body);
    return doc;
}

static void it_answers_what_the_model_sees(void **state)
{
    pl_sim_scene scene;
    char wanted[32];
    (void)state;
    pl__sim_scene_make(1, 0, &scene);
    json_t *doc = ask("glimpse-96", "How many objects are there? Give the answer as [[answer]].", "");
    (void)snprintf(wanted, sizeof(wanted), "\n[[%u]]", (unsigned)scene.layout.n);
    assert_non_null(strstr(content(doc, 0), wanted));
    const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
    assert_string_equal(json_string_value(json_object_get(choice, "finish_reason")), "stop");
    assert_true(json_is_null(json_object_get(choice, "logprobs")));
    assert_string_equal(json_string_value(json_object_get(doc, "object")), "chat.completion");
    const json_t *usage = json_object_get(doc, "usage");
    assert_true(json_integer_value(json_object_get(usage, "prompt_tokens")) > 64);
    assert_int_equal(json_integer_value(json_object_get(usage, "total_tokens")),
                     json_integer_value(json_object_get(usage, "prompt_tokens")) +
                         json_integer_value(json_object_get(usage, "completion_tokens")));
    json_decref(doc);
}

static void replies_depend_on_the_request_alone(void **state)
{
    char *body = chat_body("glimpse-96", "How many objects are there?", "\"temperature\":1,\"seed\":5,\"n\":3,");
    (void)state;
    pl_sim_server *other = start(NULL);
    json_t *warm = ask("glimpse-12", "Is there a red star?", "");
    json_t *a = post(fx.server, body, 200);
    json_t *b = post(other, body, 200);
    json_t *c = post(other, body, 200);
    assert_true(json_equal(a, b));
    assert_true(json_equal(b, c));
    json_decref(warm);
    json_decref(a);
    json_decref(b);
    json_decref(c);
    free(body);
    pl__sim_server_stop(other);
}

/* The shares of the alternatives at the decided token, from the reply's log-probabilities. */
static void check_logprobs(const json_t *doc, const char *text)
{
    const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
    const json_t *tokens = json_object_get(json_object_get(choice, "logprobs"), "content");
    pl_str joined;
    bool decided = false;
    pl__str_init(&joined, PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        const json_t *token = json_array_get(tokens, i);
        const json_t *top = json_object_get(token, "top_logprobs");
        double sum = 0.0;
        PL_KIT_OK(pl__str_append_c(&joined, json_string_value(json_object_get(token, "token"))), NULL);
        assert_true(json_number_value(json_object_get(token, "logprob")) <= 0.0);
        assert_true(json_array_size(top) >= 1 && json_array_size(top) <= 20);
        for (size_t k = 0; k < json_array_size(top); k++)
            sum += exp(json_number_value(json_object_get(json_array_get(top, k), "logprob")));
        assert_true(sum > 0.5 && sum < 1.0 + 1e-9);
        const char *word = json_string_value(json_object_get(token, "token"));
        decided = decided || (i > 0 && strcmp(word, "[[") != 0 && json_array_size(top) > 1);
    }
    assert_string_equal(joined.ptr, text);
    assert_true(decided);
    pl__str_clear(&joined);
}

static void log_probabilities_are_beliefs(void **state)
{
    (void)state;
    json_t *doc = ask("glimpse-12", "How many objects are there? Answer as [[answer]].",
                      "\"logprobs\":true,\"top_logprobs\":20,");
    check_logprobs(doc, content(doc, 0));
    json_decref(doc);
}

static void samples_vary_where_the_model_doubts(void **state)
{
    bool differ = false;
    (void)state;
    json_t *doc = ask("glimpse-12", "How many objects are there?", "\"temperature\":2,\"n\":16,");
    assert_int_equal(json_array_size(json_object_get(doc, "choices")), 16);
    for (size_t i = 1; i < 16; i++)
        differ = differ || strcmp(content(doc, 0), content(doc, i)) != 0;
    assert_true(differ);
    json_decref(doc);
    doc = ask("glimpse-12", "How many objects are there?", "\"n\":4,");
    for (size_t i = 1; i < 4; i++)
        assert_string_equal(content(doc, 0), content(doc, i));
    json_decref(doc);
}

static void the_token_limit_cuts(void **state)
{
    static const char *const limits[2] = {"\"max_tokens\":3,", "\"max_completion_tokens\":3,"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_t *doc = ask("glimpse-96", "Describe it.", limits[i]);
        const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
        assert_string_equal(json_string_value(json_object_get(choice, "finish_reason")), "length");
        assert_int_equal(json_integer_value(json_object_get(json_object_get(doc, "usage"), "completion_tokens")), 3);
        json_decref(doc);
    }
}

static void bad_requests_get_errors_in_the_dialect(void **state)
{
#define GOOD "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"
    static const struct {
        const char *body;
        int status;
        const char *param;
    } cases[] = {
        {"", 400, NULL},
        {"nonsense", 400, NULL},
        {"[1]", 400, NULL},
        {"{" GOOD "}", 400, "model"},
        {"{\"model\":\"gpt-4\"," GOOD "}", 404, "model"},
        {"{\"model\":\"glimpse-12\"}", 400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[]}", 400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"content\":\"x\"}]}", 400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\"}]}", 400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\",\"content\":[]}]}", 400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"audio\"}]}]}", 400,
         "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
         "\"image_url\":{\"url\":\"http://example.org/x.png\"}}]}]}",
         400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
         "\"image_url\":{\"url\":\"data:image/png;base64,!!!!\"}}]}]}",
         400, "messages"},
        {"{\"model\":\"glimpse-12\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
         "\"image_url\":{\"url\":\"data:image/png;base64,aGVsbG8=\"}}]}]}",
         400, "messages"},
        {"{\"model\":\"glimpse-12\",\"n\":0," GOOD "}", 400, "n"},
        {"{\"model\":\"glimpse-12\",\"n\":17," GOOD "}", 400, "n"},
        {"{\"model\":\"glimpse-12\",\"max_tokens\":-1," GOOD "}", 400, "max_tokens"},
        {"{\"model\":\"glimpse-12\",\"temperature\":3," GOOD "}", 400, "temperature"},
        {"{\"model\":\"glimpse-12\",\"temperature\":\"hot\"," GOOD "}", 400, "temperature"},
        {"{\"model\":\"glimpse-12\",\"top_logprobs\":2," GOOD "}", 400, "top_logprobs"},
        {"{\"model\":\"glimpse-12\",\"logprobs\":true,\"top_logprobs\":21," GOOD "}", 400, "top_logprobs"},
        {"{\"model\":\"glimpse-12\",\"stream\":true," GOOD "}", 400, "stream"},
    };
#undef GOOD
    uint64_t before = pl__sim_server_requests(fx.server);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *doc = post(fx.server, cases[i].body, cases[i].status);
        const json_t *error = json_object_get(doc, "error");
        const char *param = json_string_value(json_object_get(error, "param"));
        assert_true(json_string_length(json_object_get(error, "message")) > 0);
        assert_string_equal(json_string_value(json_object_get(error, "type")), "invalid_request_error");
        if (cases[i].param)
            assert_string_equal(param ? param : "null", cases[i].param);
        else
            assert_null(param);
        json_decref(doc);
    }
    assert_int_equal(pl__sim_server_requests(fx.server), before);
}

static void other_paths_are_few(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        int status;
        const char *has;
    } cases[] = {{"GET", "/v1/models", 200, "glimpse-12"},
                 {"GET", "/health", 200, "ok"},
                 {"GET", "/v1/chat/completions", 405, "method"},
                 {"POST", "/health", 405, "method"},
                 {"GET", "/", 404, "nothing"},
                 {"POST", "/v1/embeddings", 404, "nothing"}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        http_reply reply = {0};
        assert_int_equal(http_request(pl__sim_server_port(fx.server), cases[i].method, cases[i].path, "", 0, &reply),
                         0);
        assert_int_equal(reply.status, cases[i].status);
        assert_non_null(strstr(reply.body, cases[i].has));
        free(reply.body);
    }
}

#define CLIENTS 4
#define REQUESTS_EACH 8

static void *hammer(void *user)
{
    uint32_t *failures = user;
    for (int i = 0; i < REQUESTS_EACH; i++) {
        static const char *const models[3] = {"glimpse-12", "glimpse-26", "glimpse-96"};
        http_reply reply = {0};
        char *body = chat_body(models[i % 3], "Is there a red star?", "");
        int rc =
            http_request(pl__sim_server_port(fx.server), "POST", "/v1/chat/completions", body, strlen(body), &reply);
        *failures += rc != 0 || reply.status != 200 ? 1u : 0u;
        free(reply.body);
        free(body);
    }
    return NULL;
}

static void every_answer_is_logged_once(void **state)
{
    pthread_t threads[CLIENTS];
    uint32_t failures[CLIENTS] = {0};
    uint64_t before = pl__sim_server_requests(fx.server);
    (void)state;
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &failures[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        (void)pthread_join(threads[i], NULL);
        assert_int_equal(failures[i], 0);
    }
    assert_int_equal(pl__sim_server_requests(fx.server), before + (uint64_t)CLIENTS * REQUESTS_EACH);

    char hex[PL_DIGEST_HEX_BYTES];
    pl_digest digest;
    char *body = chat_body("glimpse-96", "Is there a red star?", "");
    pl__sha256(body, strlen(body), &digest);
    pl__digest_hex(&digest, hex);
    char *log = pl__kit_read(fx.log, NULL);
    uint32_t lines = 0;
    uint32_t mine = 0;
    for (char *line = log; *line; lines++) {
        char *end = strchr(line, '\n');
        assert_non_null(end);
        assert_true(end - line > 65 && line[64] == ' ');
        mine += strncmp(line, hex, 64) == 0 && strncmp(line + 65, "glimpse-96\n", 11) == 0 ? 1u : 0u;
        line = end + 1;
    }
    assert_int_equal(lines, pl__sim_server_requests(fx.server));
    assert_int_equal(mine, CLIENTS * (REQUESTS_EACH / 3));
    free(log);
    free(body);
}

static const char *no_header(const void *connection, const char *name)
{
    (void)connection;
    (void)name;
    return "x";
}

static pl_status chat_once(void *user, pl_error *err)
{
    pl_httpd_response response = {.status = 200};
    pl_status rc = PL_E_NOMEM;
    const pl_httpd_request request = {
        .method = "POST", .path = "/v1/chat/completions", .query = "", .body = pl__view(user), .header = no_header};
    const pl_sim_desk desk = {.pool = fx.pool,
                              .gallery = pl__sim_gallery_new(fx.pool),
                              .calls = pl__sim_call_log_new(),
                              .clock = pl__clock_system()};
    pl__str_init(&response.body, PL_STR_LIMIT_DEFAULT);
    if (desk.gallery && desk.calls) {
        if (pl__outcome_is_response(pl__sim_chat(&desk, &pl__sim_dialect_openai, &request, &response).outcome))
            rc = PL_OK;
        else
            assert_int_equal(response.status, 500);
    }
    if (rc)
        *err = (pl_error){.code = rc, .msg = "chat"};
    pl__str_clear(&response.body);
    pl__sim_call_log_free(desk.calls);
    pl__sim_gallery_free(desk.gallery);
    return rc;
}

static void answering_survives_refused_memory(void **state)
{
    char *body = chat_body("glimpse-12", "Is there a red star?", "\"logprobs\":true,\"top_logprobs\":2,\"n\":2,");
    (void)state;
    pl__kit_fault_loop("pl__sim_chat", chat_once, body);
    free(body);
}

static void what_cannot_start_says_why(void **state)
{
    pl_error err = {0};
    pl_sim_server *server = NULL;
    pl_sim_server_opts opts = {.pool = fx.pool, .port = pl__sim_server_port(fx.server)};
    (void)state;
    PL_KIT_STATUS(pl__sim_server_start(&opts, &server, &err), PL_E_BUSY, &err);
    opts.port = 0;
    opts.request_log = fx.dir; /* a directory */
    PL_KIT_STATUS(pl__sim_server_start(&opts, &server, &err), PL_E_IO, &err);
    assert_non_null(strstr(err.msg, fx.dir));
    opts.pool = NULL;
    PL_KIT_STATUS(pl__sim_server_start(&opts, &server, &err), PL_E_INVALID, &err);
    assert_null(server);
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_answers_what_the_model_sees),
        cmocka_unit_test(replies_depend_on_the_request_alone),
        cmocka_unit_test(log_probabilities_are_beliefs),
        cmocka_unit_test(samples_vary_where_the_model_doubts),
        cmocka_unit_test(the_token_limit_cuts),
        cmocka_unit_test(bad_requests_get_errors_in_the_dialect),
        cmocka_unit_test(other_paths_are_few),
        cmocka_unit_test(every_answer_is_logged_once),
        cmocka_unit_test(answering_survives_refused_memory),
        cmocka_unit_test(what_cannot_start_says_why),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
