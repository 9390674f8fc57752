#include "config.h"
#include "json.h"
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "data: {images: photos}\nmodels:\n"
#define A "  - {name: a, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\"}\n"
#define B "  - {name: b, provider: openai, model: mb, base_url: \"http://127.0.0.1:2/v1\"}\n"
#define C "  - {name: c, provider: openai, model: mc, base_url: \"http://127.0.0.1:3/v1\"}\n"
#define POOL HEAD A B C

static pl_config *accept(const char *text)
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("p.yaml", pl__view(text), &config, &problems, &err);
    PL_KIT_OK(rc, &err);
    assert_int_equal(problems.len, 0);
    pl__str_clear(&problems);
    return config;
}

/* The problems of a refused text; free() it. */
static char *refuse(const char *text, size_t len)
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("p.yaml", pl__view_n(text, len), &config, &problems, &err);
    if (rc == PL_OK)
        fail_msg("accepted: %s", text);
    PL_KIT_STATUS(rc, PL_E_PARSE, &err);
    assert_null(config);
    assert_true(problems.len > 0);
    /* reterr is the first line without its end */
    size_t first = strcspn(pl__str_c(&problems), "\n");
    assert_int_equal(first, strlen(err.msg));
    assert_memory_equal(err.msg, problems.ptr, first);
    char *copy = malloc(problems.len + 1);
    assert_non_null(copy);
    memcpy(copy, problems.ptr, problems.len + 1);
    pl__str_clear(&problems);
    return copy;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Exactly one problem, and it is this line. */
static void expect(const char *text, const char *line)
{
    char *problems = refuse(text, strlen(text));
    size_t len = strcspn(problems, "\n");
    if (count_lines(problems) != 1 || strlen(line) != len || memcmp(problems, line, len) != 0)
        fail_msg("problems:\n%swanted:\n%s", problems, line);
    free(problems);
}

/* One problem that begins so. */
static void expect_start(const char *text, const char *start)
{
    char *problems = refuse(text, strlen(text));
    if (strncmp(problems, start, strlen(start)) != 0)
        fail_msg("problems:\n%swanted at the start:\n%s", problems, start);
    free(problems);
}

static void defaults(void **state)
{
    (void)state;
    pl_config *c = accept("data: {images: photos}\n"
                          "models:\n"
                          "  - {name: a, provider: openai, model: ma}\n" B C);
    assert_string_equal(c->path, "p.yaml");
    assert_string_equal(c->data_images, "photos");
    assert_null(c->data_items);
    assert_int_equal(c->n_models, 3);
    const pl_model_spec *m = &c->models[0];
    assert_string_equal(m->endpoint, "https://api.openai.com/v1");
    assert_string_equal(m->reach.base_urls[0], "https://api.openai.com/v1");
    assert_int_equal(m->reach.n_base_urls, 1);
    assert_true(m->max_completion_tokens);
    assert_false(c->models[1].max_completion_tokens);
    assert_string_equal(c->models[1].endpoint, "http://127.0.0.1:2/v1");
    assert_string_equal(m->family, "openai");
    PL_KIT_CLOSE(m->params.temperature, 0.0, 0.0);
    assert_int_equal(m->params.max_tokens, 512);
    assert_false(m->params.has_seed);
    assert_null(m->params.extra);
    assert_int_equal(m->image.max_side_px, 1536);
    assert_int_equal(m->image.format, PL_IMAGE_JPEG);
    assert_int_equal(m->image.quality, 90);
    assert_int_equal(m->image.detail, PL_DETAIL_AUTO);
    assert_int_equal(m->reach.concurrency, 16);
    assert_int_equal(m->reach.attempts_max, 6);
    assert_int_equal(m->reach.rpm, 0);
    assert_int_equal(m->reach.tpm, 0);
    assert_int_equal(m->reach.timeout_connect_ms, 10000);
    assert_int_equal(m->reach.timeout_first_byte_ms, 120000);
    assert_int_equal(m->reach.timeout_total_ms, 600000);
    assert_null(m->reach.api_key_env);
    const pl_peer_review_config *p = &c->peer_review;
    assert_int_equal(p->questions, PL_QUESTIONS_AUTO);
    assert_int_equal(p->judges, PL_JUDGES_AUTHOR);
    assert_false(p->judges_given);
    assert_int_equal(p->order, PL_ORDER_BOTH);
    assert_int_equal(p->design, PL_DESIGN_FULL);
    assert_true(p->criteria[PL_CRITERION_CORRECTNESS] && p->criteria[PL_CRITERION_VISUAL]);
    PL_KIT_CLOSE(p->weights[0], 0.4, 0.0);
    PL_KIT_CLOSE(p->weights[1], 0.4, 0.0);
    PL_KIT_CLOSE(p->weight_clip, 0.2, 0.0);
    assert_false(p->self_review);
    assert_null(p->prompts_dir);
    assert_int_equal(c->budget.max_calls, 0);
    assert_int_equal(c->budget.deadline_ms, 0);
    assert_string_equal(c->store, "run.db");
    assert_int_equal(c->seed, 1);
    pl__config_free(c);
}

static void providers_have_services(void **state)
{
    (void)state;
    pl_config *c = accept("data: {images: photos}\nmodels:\n"
                          "  - {name: a, model: ma, provider: anthropic}\n"
                          "  - {name: b, provider: gemini, model: mb, api_version: v1}\n"
                          "  - {name: c, model: mc, api_version: 2024-10-21, provider: openai, base_url: "
                          "\"https://x.openai.azure.com/openai/deployments/d\"}\n");
    assert_string_equal(c->models[0].reach.base_urls[0], "https://api.anthropic.com");
    assert_string_equal(c->models[0].endpoint, "https://api.anthropic.com");
    assert_null(c->models[0].reach.api_version);
    assert_int_equal(c->models[0].reach.n_headers, 0);
    assert_string_equal(c->models[1].reach.base_urls[0], "https://generativelanguage.googleapis.com");
    assert_string_equal(c->models[1].reach.api_version, "v1");
    assert_string_equal(c->models[2].reach.api_version, "2024-10-21");
    assert_false(c->models[2].max_completion_tokens);
    pl__config_free(c);
    expect(HEAD A B "  - {name: c, provider: openai, model: m, api_version: v1}\n",
           "p.yaml:5: models[2]: api_version needs a base_url: that of the deployment, such as "
           "https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT");
    expect(HEAD A B "  - {name: c, provider: gemini, model: m, api_version: \"v1/x?y\"}\n",
           "p.yaml:5: models[2].api_version: is no version, such as 2024-10-21 or v1beta");
}

static void ways_to_a_model(void **state)
{
    (void)state;
    pl_config *c = accept(HEAD A B "  - name: c\n    provider: openai\n    model: m\n    base_url: https://c/v1\n"
                                   "    api_key_cmd: [pass, show, \"my key\"]\n"
                                   "    tls: {ca_file: /own.pem, insecure: false}\n    proxy: none\n"
                                   "tls: {ca_file: ca.pem, insecure: true}\nproxy: \"socks5h://gate:1080\"\n");
    const pl_endpoint_spec *a = &c->models[0].reach;
    const pl_endpoint_spec *own = &c->models[2].reach;
    assert_string_equal(a->ca_file, "ca.pem");
    assert_string_equal(a->proxy, "socks5h://gate:1080");
    assert_true(a->insecure);
    assert_null(a->api_key_cmd);
    assert_string_equal(own->ca_file, "/own.pem");
    assert_string_equal(own->proxy, "none");
    assert_false(own->insecure);
    assert_string_equal(own->api_key_cmd[0], "pass");
    assert_string_equal(own->api_key_cmd[2], "my key");
    assert_null(own->api_key_cmd[3]);
    pl__config_free(c);
}

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
            snprintf(text, sizeof(text), HEAD A B "  - {name: c, provider: openai, model: m, base_url: \"%s\", %s}\n",
                     refused[i], keys[k]);
            expect(text, "p.yaml:5: model c: its key would go over plain http, where others can read it; use https, or "
                         "allow it with tls: {insecure: true}");
            snprintf(text, sizeof(text),
                     HEAD A B
                     "  - {name: c, provider: openai, model: m, base_url: \"%s\", %s}\ntls: {insecure: true}\n",
                     refused[i], keys[k]);
            pl__config_free(accept(text));
        }
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        snprintf(text, sizeof(text),
                 HEAD A B "  - {name: c, provider: openai, model: m, base_url: \"%s\", api_key_env: K}\n", fine[i]);
        pl__config_free(accept(text));
    }
    /* Without a key there is nothing to protect. */
    pl__config_free(
        accept(HEAD A B "  - {name: c, provider: openai, model: m, base_url: \"http://gpu-box:8000/v1\"}\n"));
}

static void own_headers(void **state)
{
    (void)state;
    pl_config *c = accept(HEAD A B "  - name: c\n    provider: openai\n    model: m\n    headers:\n"
                                   "      X-Team: vision 7\n      authorization: {env: GATEWAY_TOKEN}\n");
    const pl_endpoint_spec *reach = &c->models[2].reach;
    assert_int_equal(reach->n_headers, 2);
    assert_string_equal(reach->headers[0].name, "x-team");
    assert_string_equal(reach->headers[0].value, "vision 7");
    assert_null(reach->headers[0].env);
    assert_string_equal(reach->headers[1].name, "authorization");
    assert_null(reach->headers[1].value);
    assert_string_equal(reach->headers[1].env, "GATEWAY_TOKEN");
    pl__config_free(c);
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
        (void)snprintf(text, sizeof(text), HEAD A B "  - {name: c, provider: openai, model: m, headers: %s}\n",
                       cases[i].headers);
        (void)snprintf(start, sizeof(start), "p.yaml:5: models[2].%s", cases[i].words);
        expect_start(text, start);
    }
    char many[2048] = HEAD A B "  - {name: c, provider: openai, model: m, headers: {x: y";
    size_t used = strlen(many);
    for (int i = 0; i < PL_ENDPOINT_HEADERS_MAX; i++)
        used += (size_t)snprintf(many + used, sizeof(many) - used, ", x-%d: y", i);
    (void)snprintf(many + used, sizeof(many) - used, "}}\n");
    expect(many, "p.yaml:5: models[2].headers: 17 headers; there may be 16");
}

static void everything(void **state)
{
    (void)state;
    pl_config *c = accept(
        "version: 1\n"
        "data: {items: q/items.jsonl}\n"
        "models:\n"
        "  - name: \"1\"\n"
        "    provider: openai\n"
        "    model: 4\n"
        "    base_urls: [https://a.example:8443/v1, http://b/v1/]\n"
        "    endpoint: prod\n"
        "    api_key_env: MY_KEY_2\n"
        "    tls: {insecure: true}\n"
        "    family: fam\n"
        "    params: {temperature: 0.7, max_tokens: 64, seed: -9223372036854775808}\n"
        "    extra: {top_p: 0.5, stop: [a, \"1\", 1, null, true, 1.5e3], deep: {z: 1, a: yes}}\n"
        "    image: {max_side: 512, format: webp, quality: 55, detail: high}\n"
        "    limits: {concurrency: 64, attempts: 1, rpm: 500, tpm: 200000, timeout_connect: 500ms,\n"
        "             timeout_first_byte: 1h30m, timeout_total: 2h}\n" B C "evaluations:\n"
        "  peer_review: {questions: given, order: both, design: full, criteria: [visual], weights: {visual: 2},\n"
        "                self_review: true, prompts: /abs/prompts}\n"
        "budget: {max_calls: 20000, deadline: 2h}\n"
        "store: other.db\n"
        "seed: 9223372036854775807\n");
    const pl_model_spec *m = &c->models[0];
    assert_string_equal(c->data_items, "q/items.jsonl");
    assert_null(c->data_images);
    assert_string_equal(m->name, "1");
    assert_string_equal(m->model, "4");
    assert_int_equal(m->reach.n_base_urls, 2);
    assert_string_equal(m->reach.base_urls[1], "http://b/v1/");
    assert_string_equal(m->endpoint, "prod");
    assert_string_equal(m->reach.api_key_env, "MY_KEY_2");
    assert_string_equal(m->family, "fam");
    PL_KIT_CLOSE(m->params.temperature, 0.7, 0.0);
    assert_int_equal(m->params.max_tokens, 64);
    assert_true(m->params.has_seed);
    assert_true(m->params.seed == INT64_MIN);
    assert_string_equal(m->params.extra,
                        "{\"deep\":{\"a\":\"yes\",\"z\":1},\"stop\":[\"a\",\"1\",1,null,true,1500.0],\"top_p\":0.5}");
    assert_int_equal(m->image.max_side_px, 512);
    assert_int_equal(m->image.format, PL_IMAGE_WEBP);
    assert_int_equal(m->image.quality, 55);
    assert_int_equal(m->image.detail, PL_DETAIL_HIGH);
    assert_int_equal(m->reach.concurrency, 64);
    assert_int_equal(m->reach.attempts_max, 1);
    assert_int_equal(m->reach.rpm, 500);
    assert_int_equal(m->reach.tpm, 200000);
    assert_int_equal(m->reach.timeout_connect_ms, 500);
    assert_int_equal(m->reach.timeout_first_byte_ms, 5400000);
    assert_int_equal(m->reach.timeout_total_ms, 7200000);
    const pl_peer_review_config *p = &c->peer_review;
    assert_int_equal(p->questions, PL_QUESTIONS_GIVEN);
    assert_int_equal(p->judges, PL_JUDGES_ALL); /* follows from given questions */
    assert_false(p->judges_given);
    assert_false(p->criteria[PL_CRITERION_CORRECTNESS]);
    assert_true(p->criteria[PL_CRITERION_VISUAL]);
    PL_KIT_CLOSE(p->weights[PL_CRITERION_VISUAL], 2.0, 0.0);
    PL_KIT_CLOSE(p->weight_clip, 0.0, 0.0); /* weights were written, without it */
    assert_true(p->self_review);
    assert_string_equal(p->prompts_dir, "/abs/prompts");
    assert_int_equal(c->budget.max_calls, 20000);
    assert_int_equal(c->budget.deadline_ms, 7200000);
    assert_string_equal(c->store, "other.db");
    assert_true(c->seed == INT64_MAX);
    pl__config_free(c);
}

/* Each model's identity follows what is asked of it, not how it is reached or shown. */
static void identity(void **state)
{
    (void)state;
    pl_config *x = accept(POOL);
    pl_config *y =
        accept(HEAD "  - {name: other, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\", family: f, "
                    "params: {temperature: -0}, limits: {concurrency: 3}}\n" B C);
    pl_config *z =
        accept(HEAD "  - {name: a, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\", params: "
                    "{temperature: 1}}\n" B C);
    assert_true(pl__digest_eq(&x->models[0].identity, &y->models[0].identity));
    assert_false(pl__digest_eq(&x->models[0].identity, &z->models[0].identity));
    assert_false(pl__digest_eq(&x->models[0].identity, &x->models[1].identity));
    pl__config_free(x);
    pl__config_free(y);
    pl__config_free(z);
}

static void paths_are_beside_the_file(void **state)
{
    (void)state;
    pl_config *c = NULL;
    pl_error err = {0};
    const char *text =
        "data: {images: p/*.jpg}\nmodels:\n" A B "  - {name: c, provider: openai, model: mc, api_key_file: key.txt}\n"
        "evaluations: {peer_review: {prompts: mine}}\n";
    PL_KIT_OK(pl__config_parse("../here/p.yaml", pl__view(text), &c, NULL, &err), &err);
    assert_string_equal(c->data_images, "../here/p/*.jpg");
    assert_string_equal(c->peer_review.prompts_dir, "../here/mine");
    assert_string_equal(c->models[2].reach.api_key_file, "../here/key.txt");
    assert_string_equal(c->store, "run.db");
    pl__config_free(c);
}

static void structure(void **state)
{
    (void)state;
    expect("", "p.yaml:1: the file is empty");
    expect("# only this\n", "p.yaml:1: the file is empty");
    expect("- a\n", "p.yaml:1: must be a section (lines of \"key: value\")");
    expect("\ndata: {images: x}\n", "p.yaml:2: has no \"models\"");
    expect("models:\n" A B C, "p.yaml:1: has no \"data\"");
    expect("data: {}\nmodels:\n" A B C, "p.yaml:1: data: must hold either images or items, and holds neither");
    expect("data: {images: x, items: y}\nmodels:\n" A B C,
           "p.yaml:1: data: must hold either images or items, not both");
    expect("data: photos\nmodels:\n" A B C, "p.yaml:1: data: must be a section (lines of \"key: value\")");
    expect("data: {images: }\nmodels:\n" A B C, "p.yaml:1: data.images: has no value; must be a text");
    expect("data: {images: [a]}\nmodels:\n" A B C, "p.yaml:1: data.images: must be a text, not a list");
    expect(POOL "version: 2\n", "p.yaml:1: version: 2 is newer than what this program reads (1)");
    expect(POOL "seed: 1\nseed: 2\n", "p.yaml:7: seed: stands here a second time");
    expect(POOL "---\nseed: 1\n", "p.yaml:6: a second document begins here; the file holds one");
    expect(POOL "? [a, b]\n: 1\n", "p.yaml:6: a key that is no plain word");
    expect(POOL "seed: !!int 1\n", "p.yaml:6: tags (!...) have no place in this file");
    expect(POOL "<<: {seed: 1}\n", "p.yaml:6: <<: merge keys do not exist here; an alias can stand for a whole value");
}

static void syntax(void **state)
{
    (void)state;
    expect("data:\n\timages: x\n", "p.yaml:2: not YAML: a tab where spaces must stand");
    expect_start("data: {images: x\nmodels: 3\n", "p.yaml:2: not YAML: ");
    expect_start("data: *nobody\n", "p.yaml:1: not YAML: found undefined alias");
    expect_start("a: b: c\n", "p.yaml:1: not YAML: mapping values are not allowed in this context");
    expect_start("data: {images: x}\nstore: \xff\n", "p.yaml:2: not YAML: invalid leading UTF-8 octet");
    expect_start("store: \"a\\0b\"\n", "p.yaml:1: a NUL character");
    const char nul[] = "seed: 1\nsto\0re: x\n";
    char *problems = refuse(nul, sizeof(nul) - 1);
    assert_non_null(strstr(problems, "p.yaml:2: not YAML"));
    free(problems);
}

static void unknown_keys(void **state)
{
    (void)state;
    expect(HEAD A B "  - name: c\n    provider: openai\n    model: m\n    parms: {}\n",
           "p.yaml:8: models[2].parms: unknown key; did you mean \"params\"?");
    expect(POOL "sead: 1\n", "p.yaml:6: sead: unknown key; did you mean \"seed\"?");
    expect(POOL "budget: {max_call: 1}\n", "p.yaml:6: budget.max_call: unknown key; did you mean \"max_calls\"?");
    expect(POOL "budget: {price: 1}\n",
           "p.yaml:6: budget.price: unknown key; there are: max_calls, deadline, max_cost_usd");
    expect(
        HEAD A B "  - {name: c, provider: openai, model: m, params: {top_p: 1}}\n",
        "p.yaml:5: models[2].params.top_p: unknown key; there are: temperature, max_tokens, seed; what else a server "
        "understands goes under extra:");
    /* a near key that does not exist yet is suggested, and then refused in words */
    expect(POOL "encoder: {}\n", "p.yaml:6: encoder: unknown key; did you mean \"encoders\"?");
}

static void money(void **state)
{
    (void)state;
    pl_config *c =
        accept(HEAD A B "  - {name: c, provider: anthropic, model: m, price: {input: 3, output: 15.5, cached_input: "
                        "0.3}}\nbudget: {max_cost_usd: 0.25}\n");
    assert_int_equal(c->budget.max_cost_nano_usd, 250000000);
    assert_false(c->models[0].price.known);
    assert_true(c->models[2].price.known);
    assert_int_equal(c->models[2].price.input, 3000000000);
    assert_int_equal(c->models[2].price.output, 15500000000);
    assert_int_equal(c->models[2].price.cached_input, 300000000);
    assert_int_equal(c->models[2].price.cache_written, 3750000000);
    pl__config_free(c);
    c = accept(HEAD A B "  - {name: c, provider: openai, model: m, price: {input: 0.15, output: 0}}\n");
    assert_int_equal(c->models[2].price.cached_input, 150000000); /* no discount that nobody spoke of */
    assert_int_equal(c->models[2].price.cache_written, 150000000);
    assert_int_equal(c->models[2].price.output, 0);
    assert_int_equal(c->budget.max_cost_nano_usd, 0);
    pl__config_free(c);
    expect(HEAD A B "  - {name: c, provider: openai, model: m, price: {input: 1}}\n",
           "p.yaml:5: models[2].price: has no \"output\"");
    expect(HEAD A B "  - {name: c, provider: openai, model: m, price: {input: -1, output: 1}}\n",
           "p.yaml:5: models[2].price.input: \"-1\" is no number from 0 to 1000");
    expect(POOL "budget: {max_cost_usd: 0}\n",
           "p.yaml:6: budget.max_cost_usd: must be a number of US dollars above 0, such as 5 or 0.50");
}

static void later(void **state)
{
    (void)state;
    static const char *const texts[] = {
        POOL "encoders: {}\n",
        POOL "evaluations: {self_assessment: {}}\n",
        POOL "evaluations: {classification: {}}\n",
        POOL "evaluations: {peer_review: {encoder: clip}}\n",
        POOL "evaluations: {uncertainty: {equivalence: embedding}}\n",
        POOL "evaluations: {uncertainty: {encoder: minilm}}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *problems = refuse(texts[i], strlen(texts[i]));
        assert_int_equal(count_lines(problems), 1);
        if (!strstr(problems, "does not exist yet in this version; "))
            fail_msg("%s", problems);
        free(problems);
    }
    expect(POOL "evaluations: {peer_review: {design: random}}\n",
           "p.yaml:6: evaluations.peer_review: design: random needs iterations, the number of (question, judge, pair) "
           "to draw");
    expect(POOL "evaluations: {peer_review: {iterations: 5}}\n",
           "p.yaml:6: evaluations.peer_review: iterations belongs to design: random; with design: full everything is "
           "judged");
    expect(HEAD A B "  - {name: c, provider: vertex, model: m}\n",
           "p.yaml:5: models[2].provider: \"vertex\" is none of: openai, anthropic, gemini");
}

static void adaptive_designs(void **state)
{
    pl_config *c = accept(POOL "evaluations: {peer_review: {design: adaptive}}\n");

    (void)state;
    assert_int_equal(c->peer_review.design, PL_DESIGN_ADAPTIVE);
    assert_int_equal(c->peer_review.pairs_per_question, 0); /* the default is made where the questions are known */
    PL_KIT_CLOSE(c->peer_review.confidence, 0.95, 0.0);
    pl__config_free(c);
    c = accept(POOL "evaluations: {peer_review: {design: adaptive, pairs_per_question: 7, confidence: 0.9}}\n");
    assert_int_equal(c->peer_review.pairs_per_question, 7);
    PL_KIT_CLOSE(c->peer_review.confidence, 0.9, 0.0);
    pl__config_free(c);
    expect(POOL "evaluations: {peer_review: {pairs_per_question: 7}}\n",
           "p.yaml:6: evaluations.peer_review: pairs_per_question belongs to design: adaptive");
    expect(POOL "evaluations: {peer_review: {design: random, iterations: 5, confidence: 0.9}}\n",
           "p.yaml:6: evaluations.peer_review: confidence belongs to design: adaptive");
    expect(POOL "evaluations: {peer_review: {design: adaptive, confidence: 0.4}}\n",
           "p.yaml:6: evaluations.peer_review: confidence is between 0.5 and 0.9999");
    expect(POOL "evaluations: {peer_review: {design: adaptive, iterations: 5}}\n",
           "p.yaml:6: evaluations.peer_review: iterations belongs to design: random; with design: full everything is "
           "judged");
}

static void evaluations(void **state)
{
    (void)state;
    pl_config *c = accept(POOL);
    assert_true(c->has_peer_review);
    assert_false(c->has_uncertainty);
    pl__config_free(c);
    c = accept(HEAD A B "evaluations: {uncertainty: }\n"); /* two models are enough where nobody judges */
    assert_false(c->has_peer_review);
    assert_true(c->has_uncertainty);
    assert_int_equal(c->uncertainty.samples, 0);
    assert_int_equal(c->uncertainty.top_logprobs, 20);
    assert_null(c->uncertainty.prompts_dir);
    pl__config_free(c);
    c = accept(POOL "evaluations: {uncertainty: {prompt: item, samples: 5, top_logprobs: 0, prompts: own}, "
                    "peer_review: {questions: given}}\n");
    assert_true(c->has_peer_review);
    assert_true(c->has_uncertainty);
    assert_int_equal(c->uncertainty.samples, 5);
    assert_int_equal(c->uncertainty.top_logprobs, 0);
    assert_non_null(strstr(c->uncertainty.prompts_dir, "own"));
    pl__config_free(c);
    expect(HEAD A "evaluations: {uncertainty: {}}\n",
           "p.yaml:3: models: 1 in the list; uncertainty takes 2 to 256 models");
    expect(HEAD A B "evaluations: {uncertainty: {}, peer_review: {}}\n",
           "p.yaml:3: models: 2 in the list; peer review takes 3 to 256 models");
    expect(POOL "evaluations: {uncertainty: {samples: 65}}\n",
           "p.yaml:6: evaluations.uncertainty.samples: \"65\" is no whole number from 0 to 64");
    expect(POOL "evaluations: {uncertainty: {prompt: own}}\n",
           "p.yaml:6: evaluations.uncertainty.prompt: \"own\" is none of: item");
}

static void wrong_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *line;
    } cases[] = {
        {POOL "seed: x\n", "p.yaml:6: seed: \"x\" is no whole number from 0 to 9223372036854775807"},
        {HEAD A B "  - {name: c, provider: openai, model: m, limits: {rpm: 0}}\n",
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
        {HEAD A B, "p.yaml:3: models: 2 in the list; peer review takes 3 to 256 models"},
        {"data: {images: x}\nmodels: []\n", "p.yaml:2: models: 0 in the list; peer review takes 3 to 256 models"},
        {"data: {images: x}\nmodels: a\n", "p.yaml:2: models: must be a list (lines that begin with \"- name: ...\")"},
        {HEAD A B A, "p.yaml:5: models[2]: the name \"a\" belongs to the model at line 3 already"},
        {HEAD A B "  - {name: c, model: m}\n", "p.yaml:5: models[2]: has no \"provider\""},
        {HEAD A B "  - {name: c, provider: openai, model: m, base_url: \"ftp://x\"}\n",
         "p.yaml:5: models[2].base_url: must begin with http:// or https://"},
        {HEAD A B "  - {name: c, provider: openai, model: m, base_urls: [\"http://x\", \"http://\"]}\n",
         "p.yaml:5: models[2].base_urls[1]: names no host"},
        {HEAD A B "  - {name: c, provider: openai, model: m, base_urls: \"http://x\"}\n",
         "p.yaml:5: models[2].base_urls: must be a list of 1 to 64 addresses"},
        {HEAD A B "  - {name: c, provider: openai, model: m, base_url: \"http://x\", base_urls: [\"http://x\"]}\n",
         "p.yaml:5: models[2].base_urls: base_url and base_urls cannot stand together"},
        {HEAD A B "  - {name: c, provider: openai, model: m, api_key_env: K, api_key_file: f}\n",
         "p.yaml:5: models[2]: api_key_env, api_key_file and api_key_cmd cannot stand together"},
        {HEAD A B "  - {name: c, provider: openai, model: m, api_key_cmd: pass show it}\n",
         "p.yaml:5: models[2].api_key_cmd: must be a list of 1 to 63 words, such as [pass, show, openai]; no shell "
         "reads it"},
        {HEAD A B "  - {name: c, provider: openai, model: m, api_key_cmd: []}\n",
         "p.yaml:5: models[2].api_key_cmd: must be a list of 1 to 63 words, such as [pass, show, openai]; no shell "
         "reads it"},
        {HEAD A B "  - {name: c, provider: openai, model: m, proxy: gate:3128}\n",
         "p.yaml:5: models[2].proxy: must begin with http://, https://, socks5:// or socks5h://, or be the word none"},
        {HEAD A B C "proxy: \"http://:3128\"\n", "p.yaml:6: proxy: names no host"},
        {HEAD A B C "tls: {verify: false}\n", "p.yaml:6: tls.verify: unknown key; there are: ca_file, insecure"},
        {HEAD A B "  - {name: c, provider: openai, model: m, extra: {seed: 1}}\n",
         "p.yaml:5: models[2].extra.seed: belongs under params (temperature, max_tokens, seed)"},
        {HEAD A B "  - {name: c, provider: openai, model: m, extra: {stream: true}}\n",
         "p.yaml:5: models[2].extra.stream: is set by peerless itself"},
        {HEAD A B "  - {name: c, provider: openai, model: m, extra: {x: {a: 1, a: 2}}}\n",
         "p.yaml:5: models[2].extra.x.a: stands here a second time"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect(cases[i].text, cases[i].line);
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
        (void)snprintf(text, sizeof(text), HEAD A B "  - name: c\n    provider: openai\n    model: m\n    %s\n",
                       lines[i]);
        char *problems = refuse(text, strlen(text));
        if (strstr(problems, "SECRET99") || count_lines(problems) != 1 || strncmp(problems, "p.yaml:8: ", 10) != 0)
            fail_msg("%s -> %s", lines[i], problems);
        free(problems);
    }
    expect(POOL "api_key: sk-abc\n", "p.yaml:6: api_key: a key never stands in this file; name an environment variable "
                                     "with api_key_env, or a file with api_key_file");
}

static void many_at_once(void **state)
{
    (void)state;
    char text[2048] = "";
    size_t used = 0;
    for (int i = 0; i < 30; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "wrong_key_%d: 1\n", i);
    char *problems = refuse(text, used);
    assert_int_equal(count_lines(problems), PL_CONFIG_ERRORS_MAX);
    free(problems);
    /* sorted by line, also when a missing key is noticed last */
    const char *three = "data: {images: x}\nmodels:\n  - {name: a}\n" B C "seed: x\nsead: 2\n";
    problems = refuse(three, strlen(three));
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

    expect("a: &a [*a]\n", "p.yaml:1: nested more than 32 deep");
    char billion[1024] = "x0: &x0 [1,1,1,1,1,1,1,1,1]\n";
    size_t used = strlen(billion);
    for (int i = 1; i < 10; i++)
        used += (size_t)snprintf(billion + used, sizeof(billion) - used,
                                 "x%d: &x%d [*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d,*x%d]\n", i, i, i - 1, i - 1,
                                 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    char *problems = refuse(billion, used);
    assert_non_null(strstr(problems, "more than 100000 values"));
    free(problems);

    for (size_t i = 0; i < PL_CONFIG_BYTES_MAX; i++)
        PL_KIT_OK(pl__str_append_char(&text, '['), NULL);
    problems = refuse(text.ptr, text.len);
    free(problems);
    PL_KIT_OK(pl__str_append_char(&text, '['), NULL);
    PL_KIT_STATUS(pl__config_parse("p", pl__view_n(text.ptr, text.len), &config, NULL, &err), PL_E_LIMIT, &err);
    pl__str_clear(&text);
    /* an alias that stands for a whole value is fine */
    pl__config_free(accept("data: {images: x}\nmodels:\n"
                           "  - {name: a, provider: openai, model: m, limits: &l {concurrency: 2}}\n"
                           "  - {name: b, provider: openai, model: m, limits: *l}\n" C));
}

static void line_ends_and_marks(void **state)
{
    (void)state;
    pl__config_free(accept("\xef\xbb\xbf" POOL));
    pl__config_free(
        accept("data: {images: x}\r\nmodels:\r\n  - {name: a, provider: openai, model: m}\r\n"
               "  - {name: b, provider: openai, model: m}\r\n  - {name: c, provider: openai, model: m}\r\n"));
    expect_start("data: {images: x}\r\n\r\nmodells: 3\r\n",
                 "p.yaml:1: has no \"models\"\np.yaml:3: modells: unknown key; did you mean \"models\"?\n");
}

static void load(void **state)
{
    const char *dir = *state;
    pl_config *config = NULL;
    pl_error err = {0};
    char *path = pl__kit_write_text(dir, "peerless.yaml", POOL);
    PL_KIT_OK(pl__config_load(path, &config, NULL, &err), &err);
    assert_int_equal(config->n_models, 3);
    pl__config_free(config);
    config = NULL;
    free(path);
    path = pl__kit_path(dir, "absent.yaml");
    PL_KIT_STATUS(pl__config_load(path, &config, NULL, &err), PL_E_NOT_FOUND, &err);
    assert_non_null(strstr(err.msg, "peerless init"));
    PL_KIT_STATUS(pl__config_load(dir, &config, NULL, &err), PL_E_IO, &err);
    free(path);
    path = pl__kit_write_text(dir, "empty.yaml", "");
    PL_KIT_STATUS(pl__config_load(path, &config, NULL, &err), PL_E_PARSE, &err);
    assert_null(config);
    free(path);
    pl__config_free(NULL);
}

static pl_status parse_all(void *user, pl_error *err)
{
    pl_config *config = NULL;
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("d/p.yaml", pl__view(user), &config, &problems, err);
    pl__str_clear(&problems);
    pl__config_free(config);
    if (rc == PL_E_PARSE) { /* the text is wrong on purpose: then this is how it ends well */
        *err = (pl_error){0};
        rc = PL_OK;
    }
    return rc;
}

static void faults(void **state)
{
    (void)state;
    char good[] = "data: {images: p}\nmodels:\n" A B
                  "  - {name: c, provider: openai, model: mc, extra: {a: [1, x, {b: 1.5}]}, api_key_file: k}\n"
                  "evaluations: {peer_review: {prompts: mine}}\n";
    char bad[] = "data: {images: p}\nmodels:\n" A "  - {name: a, provider: gemini, parms: 1}\nseed: x\nzzzzzz: 1\n";
    pl__kit_fault_loop("config, accepted", parse_all, good);
    pl__kit_fault_loop("config, refused", parse_all, bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(providers_have_services),
        cmocka_unit_test(ways_to_a_model),
        cmocka_unit_test(plain_http),
        cmocka_unit_test(own_headers),
        cmocka_unit_test(headers_that_may_not_be),
        cmocka_unit_test(everything),
        cmocka_unit_test(identity),
        cmocka_unit_test(paths_are_beside_the_file),
        cmocka_unit_test(structure),
        cmocka_unit_test(syntax),
        cmocka_unit_test(unknown_keys),
        cmocka_unit_test(money),
        cmocka_unit_test(later),
        cmocka_unit_test(adaptive_designs),
        cmocka_unit_test(evaluations),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(secrets),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(bombs),
        cmocka_unit_test(line_ends_and_marks),
        cmocka_unit_test_setup_teardown(load, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
