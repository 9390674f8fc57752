#include "serve_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUESTION "How many objects are there? Give the answer as [[answer]]."

static serve_fixture fx;

static int setup(void **state)
{
    (void)state;
    serve_start(&fx, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    serve_stop(&fx);
    return 0;
}

static void one_mind_behind_all_dialects(void **state)
{
    static const char *const texts[] = {QUESTION, "What is there to be seen?", "Is there a red star?"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        json_t *docs[PL_SIM_DIALECTS];
        for (unsigned d = 0; d < PL_SIM_DIALECTS; d++)
            docs[d] = serve_ask(&fx, (pl_sim_dialect_id)d, texts[i], "");
        const char *said = serve_text(PL_SIM_OPENAI, docs[0]);
        assert_true(said && strlen(said) > 10);
        assert_string_equal(said, serve_text(PL_SIM_ANTHROPIC, docs[1]));
        assert_string_equal(said, serve_text(PL_SIM_GEMINI, docs[2]));
        int64_t in = serve_count(json_object_get(docs[0], "usage"), "prompt_tokens");
        int64_t out = serve_count(json_object_get(docs[0], "usage"), "completion_tokens");
        assert_int_equal(serve_count(json_object_get(docs[1], "usage"), "input_tokens"), in);
        assert_int_equal(serve_count(json_object_get(docs[1], "usage"), "output_tokens"), out);
        assert_int_equal(serve_count(json_object_get(docs[2], "usageMetadata"), "promptTokenCount"), in);
        assert_int_equal(serve_count(json_object_get(docs[2], "usageMetadata"), "candidatesTokenCount"), out);
        assert_int_equal(serve_count(json_object_get(docs[2], "usageMetadata"), "totalTokenCount"), in + out);
        for (unsigned d = 0; d < PL_SIM_DIALECTS; d++)
            json_decref(docs[d]);
    }
}

static void anthropic_answers_have_their_form(void **state)
{
    http_reply reply;
    char *body = serve_body(&fx, PL_SIM_ANTHROPIC, "glimpse-96", QUESTION, "");
    (void)state;
    http_post(pl__sim_server_port(fx.server), serve_paths[1], serve_headers[1], body, 60000, &reply);
    json_t *doc = serve_json(&reply);
    assert_string_equal(json_string_value(json_object_get(doc, "type")), "message");
    assert_string_equal(json_string_value(json_object_get(doc, "role")), "assistant");
    assert_string_equal(json_string_value(json_object_get(doc, "stop_reason")), "end_turn");
    assert_string_equal(json_string_value(json_object_get(doc, "model")), "glimpse-96");
    assert_string_equal(http_header(&reply, "anthropic-ratelimit-requests-limit:"), "1000000000");
    assert_string_equal(http_header(&reply, "anthropic-ratelimit-output-tokens-remaining:"), "1000000000");
    const char *reset = http_header(&reply, "anthropic-ratelimit-input-tokens-reset:");
    assert_true(reset && strlen(reset) == 20 && reset[10] == 'T' && reset[19] == 'Z');
    http_reply_clear(&reply);
    json_decref(doc);
    free(body);
    doc = serve_ask(&fx, PL_SIM_ANTHROPIC, QUESTION, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},");
    const json_t *content = json_object_get(doc, "content");
    assert_int_equal(json_array_size(content), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(content, 0), "type")), "thinking");
    assert_string_equal(json_string_value(json_object_get(json_array_get(content, 1), "type")), "text");
    json_decref(doc);
}

static void token_limits_cut(void **state)
{
    static const char head[] = "{\"model\":\"glimpse-96\",\"max_tokens\":3,\"system\":\"Be brief.\",";
    char body[512];
    (void)state;
    (void)snprintf(body, sizeof(body), "%s\"messages\":[{\"role\":\"user\",\"content\":\"Hello there\"}]}", head);
    json_t *doc = serve_post(&fx, serve_paths[1], serve_headers[1], body, 200);
    assert_string_equal(json_string_value(json_object_get(doc, "stop_reason")), "max_tokens");
    assert_int_equal(serve_count(json_object_get(doc, "usage"), "output_tokens"), 3);
    json_decref(doc);
    (void)snprintf(body, sizeof(body),
                   "{\"contents\":[{\"parts\":[{\"text\":\"Hello\"}]}],\"generationConfig\":{\"maxOutputTokens\":3}}");
    doc = serve_post(&fx, serve_paths[2], serve_headers[2], body, 200);
    const json_t *candidate = json_array_get(json_object_get(doc, "candidates"), 0);
    assert_string_equal(json_string_value(json_object_get(candidate, "finishReason")), "MAX_TOKENS");
    assert_int_equal(serve_count(json_object_get(doc, "usageMetadata"), "candidatesTokenCount"), 3);
    json_decref(doc);
}

static void gemini_has_log_probabilities(void **state)
{
    double sum = 0.0;
    char joined[4096] = "";
    (void)state;
    json_t *doc = serve_ask(&fx, PL_SIM_GEMINI, QUESTION, "\"responseLogprobs\":true,\"logprobs\":5,");
    const json_t *candidate = json_array_get(json_object_get(doc, "candidates"), 0);
    const json_t *result = json_object_get(candidate, "logprobsResult");
    const json_t *chosen = json_object_get(result, "chosenCandidates");
    const json_t *top = json_object_get(result, "topCandidates");
    size_t n = json_array_size(chosen);
    assert_true(n > 3);
    assert_int_equal(json_array_size(top), n);
    for (size_t i = 0; i < n; i++) {
        const json_t *token = json_array_get(chosen, i);
        const json_t *others = json_object_get(json_array_get(top, i), "candidates");
        sum += json_number_value(json_object_get(token, "logProbability"));
        assert_true(json_array_size(others) >= 1 && json_array_size(others) <= 5);
        size_t len = strlen(joined);
        (void)snprintf(joined + len, sizeof(joined) - len, "%s", json_string_value(json_object_get(token, "token")));
    }
    assert_string_equal(joined, serve_text(PL_SIM_GEMINI, doc));
    PL_KIT_CLOSE(json_number_value(json_object_get(candidate, "avgLogprobs")), sum / (double)n, 1e-12);
    json_decref(doc);
    /* The same beliefs as in the other dialect that has them. */
    doc = serve_ask(&fx, PL_SIM_OPENAI, QUESTION, "\"logprobs\":true,");
    const json_t *choice = json_array_get(json_object_get(doc, "choices"), 0);
    const json_t *tokens = json_object_get(json_object_get(choice, "logprobs"), "content");
    double openai = 0.0;
    for (size_t i = 0; i < json_array_size(tokens); i++)
        openai += json_number_value(json_object_get(json_array_get(tokens, i), "logprob"));
    PL_KIT_CLOSE(openai, sum, 1e-9);
    json_decref(doc);
}

static void gemini_shows_thoughts_and_candidates_when_asked(void **state)
{
    (void)state;
    json_t *doc =
        serve_ask(&fx, PL_SIM_GEMINI, QUESTION, "\"candidateCount\":2,\"thinkingConfig\":{\"includeThoughts\":true},");
    const json_t *candidates = json_object_get(doc, "candidates");
    assert_int_equal(json_array_size(candidates), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *content = json_object_get(json_array_get(candidates, i), "content");
        const json_t *parts = json_object_get(content, "parts");
        assert_int_equal(json_array_size(parts), 2);
        assert_true(json_is_true(json_object_get(json_array_get(parts, 0), "thought")));
        assert_null(json_object_get(json_array_get(parts, 1), "thought"));
    }
    assert_true(serve_count(json_object_get(doc, "usageMetadata"), "thoughtsTokenCount") > 0);
    json_decref(doc);
}

static void talks_with_roles_are_understood(void **state)
{
    static const char *const bodies[PL_SIM_DIALECTS] = {
        "{\"model\":\"glimpse-96\",\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},"
        "{\"role\":\"user\",\"content\":\"A\"},{\"role\":\"assistant\",\"content\":\"B\"},"
        "{\"role\":\"user\",\"content\":\"C\"}]}",
        "{\"model\":\"glimpse-96\",\"max_tokens\":99,\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\"}],"
        "\"messages\":[{\"role\":\"user\",\"content\":\"A\"},{\"role\":\"assistant\",\"content\":\"B\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"C\"}]}]}",
        ("{\"system_instruction\":{\"parts\":[{\"text\":\"Be brief.\"}]},\"contents\":[{\"role\":\"user\",\"parts\":"
         "[{\"text\":\"A\"}]},{\"role\":\"model\",\"parts\":[{\"text\":\"B\"}]},{\"parts\":[{\"text\":\"C\"}]}]}")};
    static const char *const ids[PL_SIM_DIALECTS] = {"id", "id", "responseId"};
    char key[32] = "";
    (void)state;
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        json_t *doc = serve_post(&fx, serve_paths[d], serve_headers[d], bodies[d], 200);
        const char *id = json_string_value(json_object_get(doc, ids[d]));
        assert_true(strlen(id) > 16);
        id += strlen(id) - 16; /* the logical request, whatever the dialect */
        if (d > 0)
            assert_string_equal(id, key);
        (void)snprintf(key, sizeof(key), "%s", id);
        json_decref(doc);
    }
}

typedef struct bad_case {
    const char *headers; /* NULL: the good ones */
    const char *path;    /* NULL: the usual one */
    const char *body;
    int status;
    const char *type;
    const char *says;
} bad_case;

static void expect_refusals(pl_sim_dialect_id dialect, const bad_case *cases, size_t n, const char *type_key)
{
    for (size_t i = 0; i < n; i++) {
        json_t *doc =
            serve_post(&fx, cases[i].path ? cases[i].path : serve_paths[dialect],
                       cases[i].headers ? cases[i].headers : serve_headers[dialect], cases[i].body, cases[i].status);
        const json_t *error = json_object_get(doc, "error");
        const char *message = json_string_value(json_object_get(error, "message"));
        assert_string_equal(json_string_value(json_object_get(error, type_key)), cases[i].type);
        if (!message || !strstr(message, cases[i].says))
            fail_msg("%s says %s, not %s", cases[i].body, message ? message : "nothing", cases[i].says);
        json_decref(doc);
    }
}

static void anthropic_refuses_in_its_words(void **state)
{
#define HEAD "{\"model\":\"glimpse-12\",\"max_tokens\":9,"
#define GOOD "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
#define SOURCE(type, media, data)                                                                                      \
    HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"" type              \
         "\",\"media_type\":\"" media "\",\"data\":\"" data "\"}}]}]}"
    static const char bad[] = "invalid_request_error";
    static const bad_case cases[] = {
        {"", NULL, HEAD GOOD, 401, "authentication_error", "x-api-key"},
        {"x-api-key: k\r\n", NULL, HEAD GOOD, 400, bad, "anthropic-version"},
        {NULL, NULL, "", 400, bad, ""},
        {NULL, NULL, "[1]", 400, bad, "object"},
        {NULL, NULL, "{\"max_tokens\":9," GOOD, 400, bad, "model"},
        {NULL, NULL, "{\"model\":\"claude\",\"max_tokens\":9," GOOD, 404, "not_found_error", "model"},
        {NULL, NULL, "{\"model\":\"glimpse-12\"," GOOD, 400, bad, "max_tokens: Field required"},
        {NULL, NULL, "{\"model\":\"glimpse-12\",\"max_tokens\":0," GOOD, 400, bad, "range"},
        {NULL, NULL, HEAD "\"n\":2," GOOD, 400, bad, "n: Extra inputs are not permitted"},
        {NULL, NULL, HEAD "\"seed\":2," GOOD, 400, bad, "seed: Extra inputs"},
        {NULL, NULL, HEAD "\"logprobs\":true," GOOD, 400, bad, "logprobs: Extra inputs"},
        {NULL, NULL, HEAD "\"temperature\":1.5," GOOD, 400, bad, "temperature"},
        {NULL, NULL, HEAD "\"stream\":true," GOOD, 400, bad, "stream"},
        {NULL, NULL, HEAD "\"system\":[]," GOOD, 400, bad, "content"},
        {NULL, NULL, HEAD "\"messages\":[]}", 400, bad, "messages"},
        {NULL, NULL, HEAD "\"messages\":[{\"role\":\"system\",\"content\":\"x\"}]}", 400, bad, "role"},
        {NULL, NULL, HEAD "\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}", 400, bad, "content"},
        {NULL, NULL, HEAD "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"\"}]}]}", 400,
         bad, "non-empty"},
        {NULL, NULL, SOURCE("url", "image/png", "AAAA"), 400, bad, "base64"},
        {NULL, NULL, SOURCE("base64", "image/bmp", "AAAA"), 400, bad, "media_type"},
        {NULL, NULL, SOURCE("base64", "image/png", "!!!!"), 400, bad, "base64"},
        {NULL, NULL, SOURCE("base64", "image/png", "aGVsbG8="), 400, bad, ""},
    };
    (void)state;
    expect_refusals(PL_SIM_ANTHROPIC, cases, sizeof(cases) / sizeof(cases[0]), "type");
    json_t *doc = serve_post(&fx, serve_paths[1], "", "{}", 401);
    assert_string_equal(json_string_value(json_object_get(doc, "type")), "error");
    json_decref(doc);
#undef HEAD
#undef GOOD
#undef SOURCE
}

static void gemini_refuses_in_its_words(void **state)
{
#define GOOD "\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}"
    static const char bad[] = "INVALID_ARGUMENT";
    static const bad_case cases[] = {
        {"", NULL, "{" GOOD, 403, "PERMISSION_DENIED", "API Key"},
        {NULL, "/v1beta/models/gemini-9:generateContent", "{" GOOD, 404, "NOT_FOUND", "model"},
        {NULL, "/v1beta/models/glimpse-96:streamGenerateContent", "{" GOOD, 404, "NOT_FOUND", "generateContent"},
        {NULL, "/v1beta/models/glimpse-96", "{" GOOD, 404, "NOT_FOUND", "generateContent"},
        {NULL, NULL, "nonsense", 400, bad, ""},
        {NULL, NULL, "{}", 400, bad, "contents"},
        {NULL, NULL, "{\"contents\":[{}]}", 400, bad, "parts"},
        {NULL, NULL, "{\"contents\":[{\"role\":\"assistant\",\"parts\":[{\"text\":\"x\"}]}]}", 400, bad, "role"},
        {NULL, NULL, "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"x\"}]}]}", 400, bad, "user"},
        {NULL, NULL, "{\"messages\":[]," GOOD, 400, bad, "Unknown name \"messages\": Cannot find field."},
        {NULL, NULL, "{\"generationConfig\":{\"n\":2}," GOOD, 400, bad, "Unknown name \"n\" at"},
        {NULL, NULL, "{\"generationConfig\":1," GOOD, 400, bad, "object"},
        {NULL, NULL, "{\"generationConfig\":{\"candidateCount\":9}," GOOD, 400, bad, "range"},
        {NULL, NULL, "{\"generationConfig\":{\"logprobs\":2}," GOOD, 400, bad, "responseLogprobs"},
        {NULL, NULL, "{\"generationConfig\":{\"responseLogprobs\":true,\"logprobs\":21}," GOOD, 400, bad, "range"},
        {NULL, NULL, "{\"generationConfig\":{\"temperature\":2.5}," GOOD, 400, bad, "temperature"},
        {NULL, NULL, "{\"contents\":[{\"parts\":[{\"fileData\":{}}]}]}", 400, bad, "inlineData"},
        {NULL, NULL, "{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"!!\"}}]}]}",
         400, bad, "base64"},
    };
    (void)state;
    expect_refusals(PL_SIM_GEMINI, cases, sizeof(cases) / sizeof(cases[0]), "status");
    json_decref(serve_post(&fx, "/v1/models/glimpse-96:generateContent?key=abc", "", "{" GOOD, 200));
#undef GOOD
}

static void models_are_listed_in_each_dialect(void **state)
{
    static const char *const has[] = {"\"owned_by\":\"simulated\"", "\"name\":\"models/glimpse-96\""};
    static const char *const paths[] = {"/v1/models", "/v1beta/models"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        http_reply reply = {0};
        assert_int_equal(http_request(pl__sim_server_port(fx.server), "GET", paths[i], "", 0, &reply), 0);
        assert_int_equal(reply.status, 200);
        assert_non_null(strstr(reply.body, has[i]));
        http_reply_clear(&reply);
    }
}

static void the_server_counts_what_it_did(void **state)
{
    serve_fixture own;
    (void)state;
    serve_start(&own, NULL);
    for (unsigned d = 0; d < PL_SIM_DIALECTS; d++) {
        for (unsigned i = 0; i <= d; i++)
            json_decref(serve_ask(&own, (pl_sim_dialect_id)d, QUESTION, ""));
    }
    json_decref(serve_post(&own, serve_paths[1], "", "{}", 401));
    json_decref(serve_post(&own, serve_paths[0], "", "{\"model\":\"gpt\"}", 404));
    json_t *stats = serve_stats(&own);
    assert_int_equal(serve_count(stats, "requests"), 8);
    assert_int_equal(serve_count(stats, "calls"), 3);
    assert_int_equal(serve_count(stats, "attempts"), 6);
    assert_int_equal(serve_count(stats, "attempts_max"), 3);
    assert_int_equal(serve_count(stats, "early"), 0);
    const json_t *outcomes = json_object_get(stats, "outcomes");
    assert_int_equal(serve_count(outcomes, "answered"), 6);
    assert_int_equal(serve_count(outcomes, "not authorised"), 1);
    assert_int_equal(serve_count(outcomes, "not found"), 1);
    const json_t *rows = json_object_get(stats, "rows");
    assert_int_equal(json_array_size(rows), 5);
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        sum += serve_count(row, "n");
        assert_string_equal(json_string_value(json_object_get(row, "fault")), "none");
        if (strcmp(json_string_value(json_object_get(row, "outcome")), "answered") == 0)
            assert_string_equal(json_string_value(json_object_get(row, "model")), "glimpse-96");
        else
            assert_true(json_is_null(json_object_get(row, "model")));
    }
    assert_int_equal(sum, 8);
    assert_int_equal(pl__sim_server_requests(own.server), 6);
    json_decref(stats);
    serve_stop(&own);
}

int main(void)
{
    pl__json_use_alloc();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mind_behind_all_dialects),
        cmocka_unit_test(anthropic_answers_have_their_form),
        cmocka_unit_test(token_limits_cut),
        cmocka_unit_test(gemini_has_log_probabilities),
        cmocka_unit_test(gemini_shows_thoughts_and_candidates_when_asked),
        cmocka_unit_test(talks_with_roles_are_understood),
        cmocka_unit_test(anthropic_refuses_in_its_words),
        cmocka_unit_test(gemini_refuses_in_its_words),
        cmocka_unit_test(models_are_listed_in_each_dialect),
        cmocka_unit_test(the_server_counts_what_it_did),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
