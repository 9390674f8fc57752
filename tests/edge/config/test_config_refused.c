/* What a configuration may not say, and what its writer is told. */
#include "config_kit.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key goes over plain http only where nobody else can listen, or where that is spelled out. */
static void plain_http(void **state)
{
    static const char *const refused[] = {"http://gpu-box:8000/v1", "http://127.evil.example/v1", "http://10.0.0.1/v1",
                                          "http://localhost.example/v1", "http://1270.0.0.1/v1"};
    static const char *const fine[] = {"http://127.0.0.1:1/v1",   "http://localhost:1/v1", "http://[::1]:1/v1",
                                       "https://gpu-box:8000/v1", "http://a.LocalHost/v1", "http://127.8.9.255/v1"};
    static const char *const keys[] = {"api_key_env: K", "api_key_file: k.txt", "api_key_cmd: [k]",
                                       "headers: {x-token: {env: K}}"};
    char text[2000];
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
            snprintf(text, sizeof(text),
                     POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, base_url: \"%s\", %s}\n",
                     refused[i], keys[k]);
            config_kit_expect(
                text, "p.yaml:5: model c: its key would go over plain http, where others can read it; use https, or "
                      "allow it with tls: {insecure: true}");
            snprintf(text, sizeof(text),
                     POOL_HEAD MODEL_A MODEL_B
                     "  - {name: c, provider: openai, model: m, base_url: \"%s\", %s}\ntls: {insecure: true}\n",
                     refused[i], keys[k]);
            pl__config_free(config_kit_accept(text));
        }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        snprintf(text, sizeof(text),
                 POOL_HEAD MODEL_A MODEL_B
                 "  - {name: c, provider: openai, model: m, base_url: \"%s\", api_key_env: K}\n",
                 fine[i]);
        pl__config_free(config_kit_accept(text));
    }
    /* Without a key there is nothing to protect. */
    pl__config_free(config_kit_accept(
        POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, base_url: \"http://gpu-box:8000/v1\"}\n"));
}

static void headers_that_may_not_be(void **state)
{
    static const struct {
        const char *headers;
        const char *words;
    } cases[] = {
        {"{Connection: close}", "headers.Connection: belongs to the connection, not to the request"},
        {"{Transfer-Encoding: chunked}", "headers.Transfer-Encoding: belongs to the connection"},
        {"{content-length: 5}", "headers.content-length: is set by peerless itself"},
        {"{Host: x}", "headers.Host: is set by peerless itself"},
        {"{anthropic-version: x}", "headers.anthropic-version: is set by api_version"},
        {"{\"x y\": z}", "headers.x y: is no name of a header"},
        {"{x-a: b, X-A: c}", "headers.X-A: stands here a second time"},
        {"{x-a: \"b\\nc: d\"}", "headers.x-a: has a line break or another control character"},
        {"{x-a: \"\\u00e9\"}", "headers.x-a: has characters that no header can carry"},
        {"{x-a: [b]}", "headers.x-a: must be a text, not a list"},
        {"{x-a: {env: sk-abcdefgh1}}", "headers.x-a.env: is no name of an environment variable"},
        {"{x-a: {file: y}}", "headers.x-a: must be a text, or {env: NAME} with the variable that holds it"},
        {"{x-a: {}}", "headers.x-a: must be a text, or {env: NAME} with the variable that holds it"},
        {"{x-a: sk-1}", "headers.x-a: a secret never stands in this file; write {env: NAME}"},
        {"{cookie: y}", "headers.cookie: a secret never stands in this file; write {env: NAME}"},
        {"[x]", "headers: must be a section"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        char start[256];
        (void)snprintf(text, sizeof(text),
                       POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, headers: %s}\n",
                       cases[i].headers);
        (void)snprintf(start, sizeof(start), "p.yaml:5: models[2].%s", cases[i].words);
        config_kit_expect_start(text, start);
    }
    char many[2048] = POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, headers: {x: y";
    size_t used = strlen(many);
    for (int i = 0; i < PL_ENDPOINT_HEADERS_MAX; i++)
        used += (size_t)snprintf(many + used, sizeof(many) - used, ", x-%d: y", i);
    (void)snprintf(many + used, sizeof(many) - used, "}}\n");
    config_kit_expect(many, "p.yaml:5: models[2].headers: 17 headers; there may be 16");
}

static void structure(void **state)
{
    (void)state;
    config_kit_expect("", "p.yaml:1: the file is empty");
    config_kit_expect("# only this\n", "p.yaml:1: the file is empty");
    config_kit_expect("- a\n", "p.yaml:1: must be a section (lines of \"key: value\")");
    config_kit_expect("\ndata: {images: x}\n", "p.yaml:2: has no \"models\"");
    config_kit_expect("models:\n" MODEL_A MODEL_B MODEL_C, "p.yaml:1: has no \"data\"");
    config_kit_expect("data: {}\nmodels:\n" MODEL_A MODEL_B MODEL_C,
                      "p.yaml:1: data: must hold either images or items, and holds neither");
    config_kit_expect("data: {images: x, items: y}\nmodels:\n" MODEL_A MODEL_B MODEL_C,
                      "p.yaml:1: data: must hold either images or items, not both");
    config_kit_expect("data: photos\nmodels:\n" MODEL_A MODEL_B MODEL_C,
                      "p.yaml:1: data: must be a section (lines of \"key: value\")");
    config_kit_expect("data: {images: }\nmodels:\n" MODEL_A MODEL_B MODEL_C,
                      "p.yaml:1: data.images: has no value; must be a text");
    config_kit_expect("data: {images: [a]}\nmodels:\n" MODEL_A MODEL_B MODEL_C,
                      "p.yaml:1: data.images: must be a text, not a list");
    config_kit_expect(POOL "version: 2\n", "p.yaml:1: version: 2 is newer than what this program reads (1)");
    config_kit_expect(POOL "seed: 1\nseed: 2\n", "p.yaml:7: seed: stands here a second time");
    config_kit_expect(POOL "---\nseed: 1\n", "p.yaml:6: a second document begins here; the file holds one");
    config_kit_expect(POOL "? [a, b]\n: 1\n", "p.yaml:6: a key that is no plain word");
    config_kit_expect(POOL "seed: !!int 1\n", "p.yaml:6: tags (!...) have no place in this file");
    config_kit_expect(POOL "<<: {seed: 1}\n",
                      "p.yaml:6: <<: merge keys do not exist here; an alias can stand for a whole value");
}

static void syntax(void **state)
{
    (void)state;
    config_kit_expect("data:\n\timages: x\n", "p.yaml:2: not YAML: a tab where spaces must stand");
    config_kit_expect_start("data: {images: x\nmodels: 3\n", "p.yaml:2: not YAML: ");
    config_kit_expect_start("data: *nobody\n", "p.yaml:1: not YAML: found undefined alias");
    config_kit_expect_start("a: b: c\n", "p.yaml:1: not YAML: mapping values are not allowed in this context");
    config_kit_expect_start("data: {images: x}\nstore: \xff\n", "p.yaml:2: not YAML: invalid leading UTF-8 octet");
    config_kit_expect_start("store: \"a\\0b\"\n", "p.yaml:1: a NUL character");
    const char nul[] = "seed: 1\nsto\0re: x\n";
    char *problems = config_kit_refuse(nul, sizeof(nul) - 1);
    assert_non_null(strstr(problems, "p.yaml:2: not YAML"));
    free(problems);
}

static void unknown_keys(void **state)
{
    (void)state;
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "  - name: c\n    provider: openai\n    model: m\n    parms: {}\n",
                      "p.yaml:8: models[2].parms: unknown key; did you mean \"params\"?");
    config_kit_expect(POOL "sead: 1\n", "p.yaml:6: sead: unknown key; did you mean \"seed\"?");
    config_kit_expect(POOL "budget: {max_call: 1}\n",
                      "p.yaml:6: budget.max_call: unknown key; did you mean \"max_calls\"?");
    config_kit_expect(POOL "budget: {price: 1}\n",
                      "p.yaml:6: budget.price: unknown key; there are: max_calls, deadline, max_cost_usd");
    config_kit_expect(
        POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, params: {top_p: 1}}\n",
        "p.yaml:5: models[2].params.top_p: unknown key; there are: temperature, max_tokens, seed; what else a server "
        "understands goes under extra:");
    /* a near key that does not exist yet is suggested, and then refused in words */
    config_kit_expect(POOL "encoder: {}\n", "p.yaml:6: encoder: unknown key; did you mean \"encoders\"?");
}

static void wrong_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {POOL "seed: x\n", "p.yaml:6: seed: \"x\" is no whole number from 0 to 9223372036854775807"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, limits: {rpm: 0}}\n",
         "p.yaml:5: models[2].limits.rpm: \"0\" is no whole number from 1 to 100000000"},
        {POOL "seed: -1\n", "p.yaml:6: seed: \"-1\" is no whole number from 0 to 9223372036854775807"},
        {POOL "seed: \"1\"\n", "p.yaml:6: seed: \"1\" is no whole number from 0 to 9223372036854775807"},
        {POOL "seed: 1.5\n", "p.yaml:6: seed: \"1.5\" is no whole number from 0 to 9223372036854775807"},
        {POOL "store: {}\n", "p.yaml:6: store: must be a text, not a section"},
        {POOL "store: \"\"\n", "p.yaml:6: store: is empty"},
        {POOL "store: \"a\\nb\"\n", "p.yaml:6: store: has a line break or another control character"},
        {POOL "budget: {deadline: 10}\n",
         "p.yaml:6: budget.deadline: \"10\" is no duration such as 500ms, 10s, 90m or 2h (at most 8784 h)"},
        {POOL "evaluations: {peer_review: {self_review: yes}}\n",
         "p.yaml:6: evaluations.peer_review.self_review: \"yes\" is neither true nor false"},
        {POOL "evaluations: {peer_review: {questions: own}}\n",
         "p.yaml:6: evaluations.peer_review.questions: \"own\" is none of: auto, generated, given"},
        {POOL "evaluations: {peer_review: {criteria: []}}\n",
         "p.yaml:6: evaluations.peer_review.criteria: must be a list of correctness, visual"},
        {POOL "evaluations: {peer_review: {criteria: [visual, visual]}}\n",
         "p.yaml:6: evaluations.peer_review.criteria[1]: visual stands here a second time"},
        {POOL "evaluations: {peer_review: {criteria: [style]}}\n",
         "p.yaml:6: evaluations.peer_review.criteria[0]: \"style\" is none of: correctness, visual"},
        {POOL "evaluations: {peer_review: {weights: {visual: -1, correctness: 1}}}\n",
         "p.yaml:6: evaluations.peer_review.weights.visual: \"-1\" is no number from 0 to 1000"},
        {POOL "evaluations: {peer_review: {weights: {visual: .inf, correctness: 1}}}\n",
         "p.yaml:6: evaluations.peer_review.weights.visual: \".inf\" is no number from 0 to 1000"},
        {POOL "evaluations: {peer_review: {weights: {visual: 1}}}\n",
         "p.yaml:6: evaluations.peer_review.weights: says nothing of \"correctness\""},
        {POOL "evaluations: {peer_review: {weights: {visual: 0, correctness: 0, clip: 1}}}\n",
         "p.yaml:6: evaluations.peer_review.weights: one criterion in use must have a weight above 0 (without an "
         "encoder "
         "clip is dropped)"},
        {POOL "evaluations: {peer_review: {questions: given, judges: author}}\n",
         "p.yaml:6: evaluations.peer_review: judges: author cannot judge given questions, which no model wrote; use "
         "judges: all, or leave it out"},
        {POOL_HEAD MODEL_A MODEL_B, "p.yaml:3: models: 2 in the list; peer review takes 3 to 256 models"},
        {"data: {images: x}\nmodels: []\n", "p.yaml:2: models: 0 in the list; peer review takes 3 to 256 models"},
        {"data: {images: x}\nmodels: a\n", "p.yaml:2: models: must be a list (lines that begin with \"- name: ...\")"},
        {POOL_HEAD MODEL_A MODEL_B MODEL_A,
         "p.yaml:5: models[2]: the name \"a\" belongs to the model at line 3 already"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, model: m}\n", "p.yaml:5: models[2]: has no \"provider\""},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, base_url: \"ftp://x\"}\n",
         "p.yaml:5: models[2].base_url: must begin with http:// or https://"},
        {POOL_HEAD MODEL_A MODEL_B
         "  - {name: c, provider: openai, model: m, base_urls: [\"http://x\", \"http://\"]}\n",
         "p.yaml:5: models[2].base_urls[1]: names no host"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, base_urls: \"http://x\"}\n",
         "p.yaml:5: models[2].base_urls: must be a list of 1 to 64 addresses"},
        {POOL_HEAD MODEL_A MODEL_B
         "  - {name: c, provider: openai, model: m, base_url: \"http://x\", base_urls: [\"http://x\"]}\n",
         "p.yaml:5: models[2].base_urls: base_url and base_urls cannot stand together"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, api_key_env: K, api_key_file: f}\n",
         "p.yaml:5: models[2]: api_key_env, api_key_file and api_key_cmd cannot stand together"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, api_key_cmd: pass show it}\n",
         "p.yaml:5: models[2].api_key_cmd: must be a list of 1 to 63 words, such as [pass, show, openai]; no shell "
         "reads it"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, api_key_cmd: []}\n",
         "p.yaml:5: models[2].api_key_cmd: must be a list of 1 to 63 words, such as [pass, show, openai]; no shell "
         "reads it"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, proxy: gate:3128}\n",
         "p.yaml:5: models[2].proxy: must begin with http://, https://, socks5:// or socks5h://, or be the word none"},
        {POOL_HEAD MODEL_A MODEL_B MODEL_C "proxy: \"http://:3128\"\n", "p.yaml:6: proxy: names no host"},
        {POOL_HEAD MODEL_A MODEL_B MODEL_C "tls: {verify: false}\n",
         "p.yaml:6: tls.verify: unknown key; there are: ca_file, insecure"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, extra: {seed: 1}}\n",
         "p.yaml:5: models[2].extra.seed: belongs under params (temperature, max_tokens, seed)"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, extra: {stream: true}}\n",
         "p.yaml:5: models[2].extra.stream: is set by peerless itself"},
        {POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, extra: {x: {a: 1, a: 2}}}\n",
         "p.yaml:5: models[2].extra.x.a: stands here a second time"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        config_kit_expect(cases[i].text, cases[i].line);
}

/* Whatever way a key gets into the file, the message does not repeat it. */
static void secrets(void **state)
{
    (void)state;
    static const char *const lines[] = {"api_key: sk-SECRET99",
                                        "api-key: sk-SECRET99",
                                        "apikey: sk-SECRET99",
                                        "Authorization: Bearer SECRET99",
                                        "token: SECRET99",
                                        "headers: {Authorization: Bearer SECRET99}",
                                        "api_key_env: sk-SECRET99",
                                        "api_key_env: AIzaSyA1b2c3d4e5f6g7SECRET99",
                                        "api_key_file: sk-SECRET99",
                                        "api_key: [SECRET99]",
                                        "api_key_cmd: [echo, sk-SECRET99]",
                                        "proxy: \"http://user:SECRET99@gate:3128\"",
                                        "base_url: \"https://user:SECRET99@host/v1\"",
                                        "base_url: \"https://SECRET99@host/v1\"",
                                        "base_url: \"https://host/v1?key=SECRET99\"",
                                        "base_urls: [\"https://u:SECRET99@host\"]",
                                        "extra: {api_key: SECRET99}",
                                        "extra: {headers: {authorization: Bearer SECRET99}}",
                                        "params: {api_key: SECRET99}",
                                        "extra: {list: [{X-API-Key: SECRET99}]}"};
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text),
                       POOL_HEAD MODEL_A MODEL_B "  - name: c\n    provider: openai\n    model: m\n    %s\n", lines[i]);
        char *problems = config_kit_refuse(text, strlen(text));
        if (strstr(problems, "SECRET99") || config_kit_count_lines(problems) != 1 ||
            strncmp(problems, "p.yaml:8: ", 10) != 0)
            fail_msg("%s -> %s", lines[i], problems);
        free(problems);
    }
    config_kit_expect(POOL "api_key: sk-abc\n",
                      "p.yaml:6: api_key: a key never stands in this file; name an environment variable "
                      "with api_key_env, or a file with api_key_file");
}

static void many_at_once(void **state)
{
    (void)state;
    char text[2048] = "";
    size_t used = 0;
    for (int i = 0; i < 30; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "wrong_key_%d: 1\n", i);
    char *problems = config_kit_refuse(text, used);
    assert_int_equal(config_kit_count_lines(problems), PL_CONFIG_ERRORS_MAX);
    free(problems);
    /* sorted by line, also when a missing key is noticed last */
    const char *three = "data: {images: x}\nmodels:\n  - {name: a}\n" MODEL_B MODEL_C "seed: x\nsead: 2\n";
    problems = config_kit_refuse(three, strlen(three));
    assert_string_equal(problems, "p.yaml:3: models[0]: has no \"provider\"\n"
                                  "p.yaml:3: models[0]: has no \"model\"\n"
                                  "p.yaml:6: seed: \"x\" is no whole number from 0 to 9223372036854775807\n"
                                  "p.yaml:7: sead: unknown key; did you mean \"seed\"?\n");
    free(problems);
}

static void bombs(void **state)
{
    (void)state;
    pl_str text;
    pl_config *config = NULL;
    pl_error err = {0};
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);

    config_kit_expect("a: &a [*a]\n", "p.yaml:1: nested more than 32 deep");
    char billion[1024] = "x0: &x0 [1,1,1,1,1,1,1,1,1]\n";
    size_t used = strlen(billion);
    for (int i = 1; i < 10; i++)
        used += (size_t)snprintf(billion + used, sizeof(billion) - used,
                                 "x%d: &x%d [*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d]\n", i, i, i - 1, i - 1,
                                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    char *problems = config_kit_refuse(billion, used);
    assert_non_null(strstr(problems, "more than 100000 values"));
    free(problems);

    for (size_t i = 0; i < PL_CONFIG_BYTES_MAX; i++)
        PL_KIT_OK(pl__str_append_char(&text, '['), NULL);
    problems = config_kit_refuse(text.ptr, text.len);
    free(problems);
    PL_KIT_OK(pl__str_append_char(&text, '['), NULL);
    PL_KIT_STATUS(pl__config_parse("p", pl__view_n(text.ptr, text.len), &config, NULL, &err), PL_E_LIMIT, &err);
    pl__str_clear(&text);
    /* an alias that stands for a whole value is fine */
    pl__config_free(config_kit_accept("data: {images: x}\nmodels:\n"
                                      "  - {name: a, provider: openai, model: m, limits: &l {concurrency: 2}}\n"
                                      "  - {name: b, provider: openai, model: m, limits: *l}\n" MODEL_C));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_http),   cmocka_unit_test(headers_that_may_not_be),
        cmocka_unit_test(structure),    cmocka_unit_test(syntax),
        cmocka_unit_test(unknown_keys), cmocka_unit_test(wrong_values),
        cmocka_unit_test(secrets),      cmocka_unit_test(many_at_once),
        cmocka_unit_test(bombs),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
