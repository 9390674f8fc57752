/* What a configuration means. */
#include "config_kit.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

static void defaults(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept("data: {images: photos}\n"
                                     "models:\n"
                                     "  - {name: a, provider: openai, model: ma}\n" MODEL_B MODEL_C);
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
    pl_config *c = config_kit_accept("data: {images: photos}\nmodels:\n"
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
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, api_version: v1}\n",
                      "p.yaml:5: models[2]: api_version needs a base_url: that of the deployment, such as "
                      "https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT");
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: gemini, model: m, api_version: \"v1/x?y\"}\n",
                      "p.yaml:5: models[2].api_version: is no version, such as 2024-10-21 or v1beta");
}

static void ways_to_a_model(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept(POOL_HEAD MODEL_A MODEL_B
                                     "  - name: c\n    provider: openai\n    model: m\n    base_url: https://c/v1\n"
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

static void own_headers(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept(POOL_HEAD MODEL_A MODEL_B
                                     "  - name: c\n    provider: openai\n    model: m\n    headers:\n"
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

static void everything(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept(
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
        "             timeout_first_byte: 1h30m, timeout_total: 2h}\n" MODEL_B MODEL_C "evaluations:\n"
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
    pl_config *x = config_kit_accept(POOL);
    pl_config *y = config_kit_accept(
        POOL_HEAD "  - {name: other, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\", family: f, "
                  "params: {temperature: -0}, limits: {concurrency: 3}}\n" MODEL_B MODEL_C);
    pl_config *z = config_kit_accept(
        POOL_HEAD "  - {name: a, provider: openai, model: ma, base_url: \"http://127.0.0.1:1/v1\", params: "
                  "{temperature: 1}}\n" MODEL_B MODEL_C);
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
    const char *text = "data: {images: p/*.jpg}\nmodels:\n" MODEL_A MODEL_B
                       "  - {name: c, provider: openai, model: mc, api_key_file: key.txt}\n"
                       "evaluations: {peer_review: {prompts: mine}}\n";
    PL_KIT_OK(pl__config_parse("../here/p.yaml", pl__view(text), &c, NULL, &err), &err);
    assert_string_equal(c->data_images, "../here/p/*.jpg");
    assert_string_equal(c->peer_review.prompts_dir, "../here/mine");
    assert_string_equal(c->models[2].reach.api_key_file, "../here/key.txt");
    assert_string_equal(c->store, "run.db");
    pl__config_free(c);
}

static void money(void **state)
{
    (void)state;
    pl_config *c =
        config_kit_accept(POOL_HEAD MODEL_A MODEL_B
                          "  - {name: c, provider: anthropic, model: m, price: {input: 3, output: 15.5, cached_input: "
                          "0.3}}\nbudget: {max_cost_usd: 0.25}\n");
    assert_int_equal(c->budget.max_cost_nano_usd, 250000000);
    assert_false(c->models[0].price.known);
    assert_true(c->models[2].price.known);
    assert_int_equal(c->models[2].price.input, 3000000000);
    assert_int_equal(c->models[2].price.output, 15500000000);
    assert_int_equal(c->models[2].price.cached_input, 300000000);
    assert_int_equal(c->models[2].price.cache_written, 3750000000);
    pl__config_free(c);
    c = config_kit_accept(POOL_HEAD MODEL_A MODEL_B
                          "  - {name: c, provider: openai, model: m, price: {input: 0.15, output: 0}}\n");
    assert_int_equal(c->models[2].price.cached_input, 150000000); /* no discount that nobody spoke of */
    assert_int_equal(c->models[2].price.cache_written, 150000000);
    assert_int_equal(c->models[2].price.output, 0);
    assert_int_equal(c->budget.max_cost_nano_usd, 0);
    pl__config_free(c);
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: openai, model: m, price: {input: 1}}\n",
                      "p.yaml:5: models[2].price: has no \"output\"");
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B
                      "  - {name: c, provider: openai, model: m, price: {input: -1, output: 1}}\n",
                      "p.yaml:5: models[2].price.input: \"-1\" is no number from 0 to 1000");
    config_kit_expect(POOL "budget: {max_cost_usd: 0}\n",
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
        char *problems = config_kit_refuse(texts[i], strlen(texts[i]));
        assert_int_equal(config_kit_count_lines(problems), 1);
        if (!strstr(problems, "does not exist yet in this version; "))
            fail_msg("%s", problems);
        free(problems);
    }
    config_kit_expect(
        POOL "evaluations: {peer_review: {design: random}}\n",
        "p.yaml:6: evaluations.peer_review: design: random needs iterations, the number of (question, judge, pair) "
        "to draw");
    config_kit_expect(
        POOL "evaluations: {peer_review: {iterations: 5}}\n",
        "p.yaml:6: evaluations.peer_review: iterations belongs to design: random; with design: full everything is "
        "judged");
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "  - {name: c, provider: vertex, model: m}\n",
                      "p.yaml:5: models[2].provider: \"vertex\" is none of: openai, anthropic, gemini");
}

static void adaptive_designs(void **state)
{
    pl_config *c = config_kit_accept(POOL "evaluations: {peer_review: {design: adaptive}}\n");

    (void)state;
    assert_int_equal(c->peer_review.design, PL_DESIGN_ADAPTIVE);
    assert_int_equal(c->peer_review.pairs_per_question, 0); /* the default is made where the questions are known */
    PL_KIT_CLOSE(c->peer_review.confidence, 0.95, 0.0);
    pl__config_free(c);
    c = config_kit_accept(POOL
                          "evaluations: {peer_review: {design: adaptive, pairs_per_question: 7, confidence: 0.9}}\n");
    assert_int_equal(c->peer_review.pairs_per_question, 7);
    PL_KIT_CLOSE(c->peer_review.confidence, 0.9, 0.0);
    pl__config_free(c);
    config_kit_expect(POOL "evaluations: {peer_review: {pairs_per_question: 7}}\n",
                      "p.yaml:6: evaluations.peer_review: pairs_per_question belongs to design: adaptive");
    config_kit_expect(POOL "evaluations: {peer_review: {design: random, iterations: 5, confidence: 0.9}}\n",
                      "p.yaml:6: evaluations.peer_review: confidence belongs to design: adaptive");
    config_kit_expect(POOL "evaluations: {peer_review: {design: adaptive, confidence: 0.4}}\n",
                      "p.yaml:6: evaluations.peer_review: confidence is between 0.5 and 0.9999");
    config_kit_expect(
        POOL "evaluations: {peer_review: {design: adaptive, iterations: 5}}\n",
        "p.yaml:6: evaluations.peer_review: iterations belongs to design: random; with design: full everything is "
        "judged");
}

static void evaluations(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept(POOL);
    assert_true(c->has_peer_review);
    assert_false(c->has_uncertainty);
    pl__config_free(c);
    c = config_kit_accept(POOL_HEAD MODEL_A MODEL_B
                          "evaluations: {uncertainty: }\n"); /* two models are enough where nobody judges */
    assert_false(c->has_peer_review);
    assert_true(c->has_uncertainty);
    assert_int_equal(c->uncertainty.samples, 0);
    assert_int_equal(c->uncertainty.top_logprobs, 20);
    assert_null(c->uncertainty.prompts_dir);
    pl__config_free(c);
    c = config_kit_accept(POOL "evaluations: {uncertainty: {prompt: item, samples: 5, top_logprobs: 0, prompts: own}, "
                               "peer_review: {questions: given}}\n");
    assert_true(c->has_peer_review);
    assert_true(c->has_uncertainty);
    assert_int_equal(c->uncertainty.samples, 5);
    assert_int_equal(c->uncertainty.top_logprobs, 0);
    assert_non_null(strstr(c->uncertainty.prompts_dir, "own"));
    pl__config_free(c);
    config_kit_expect(POOL_HEAD MODEL_A "evaluations: {uncertainty: {}}\n",
                      "p.yaml:3: models: 1 in the list; uncertainty takes 2 to 256 models");
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B "evaluations: {uncertainty: {}, peer_review: {}}\n",
                      "p.yaml:3: models: 2 in the list; peer review takes 3 to 256 models");
    config_kit_expect(POOL "evaluations: {uncertainty: {samples: 65}}\n",
                      "p.yaml:6: evaluations.uncertainty.samples: \"65\" is no whole number from 0 to 64");
    config_kit_expect(POOL "evaluations: {uncertainty: {prompt: own}}\n",
                      "p.yaml:6: evaluations.uncertainty.prompt: \"own\" is none of: item");
}

static void line_ends_and_marks(void **state)
{
    (void)state;
    pl__config_free(config_kit_accept("\xef\xbb\xbf" POOL));
    pl__config_free(config_kit_accept(
        "data: {images: x}\r\nmodels:\r\n  - {name: a, provider: openai, model: m}\r\n"
        "  - {name: b, provider: openai, model: m}\r\n  - {name: c, provider: openai, model: m}\r\n"));
    config_kit_expect_start("data: {images: x}\r\n\r\nmodells: 3\r\n",
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
    char good[] = "data: {images: p}\nmodels:\n" MODEL_A MODEL_B
                  "  - {name: c, provider: openai, model: mc, extra: {a: [1, x, {b: 1.5}]}, api_key_file: k}\n"
                  "evaluations: {peer_review: {prompts: mine}}\n";
    char bad[] =
        "data: {images: p}\nmodels:\n" MODEL_A "  - {name: a, provider: gemini, parms: 1}\nseed: x\nzzzzzz: 1\n";
    pl__kit_fault_loop("config, accepted", parse_all, good);
    pl__kit_fault_loop("config, refused", parse_all, bad);
}

#define COMPARED "samples: 3, equivalence: judge, judge: b"

static void judges_of_samples(void **state)
{
    (void)state;
    pl_config *c = config_kit_accept(POOL "evaluations: {uncertainty: {}}\n");
    assert_int_equal(c->uncertainty.equivalence, PL_EQUIVALENCE_BY_TEXT);
    assert_false(pl__config_compares(c));
    pl__config_free(c);
    c = config_kit_accept(POOL "evaluations: {uncertainty: {equivalence: exact}}\n");
    assert_false(pl__config_compares(c));
    pl__config_free(c);
    c = config_kit_accept(POOL "evaluations: {uncertainty: {" COMPARED "}}\n");
    assert_true(pl__config_compares(c));
    assert_int_equal(c->uncertainty.judge, 1);
    pl__config_free(c);
    /* evaluations may stand before the models */
    c = config_kit_accept("evaluations: {uncertainty: {" COMPARED "}}\n" POOL);
    assert_int_equal(c->uncertainty.judge, 1);
    pl__config_free(c);
    config_kit_expect(POOL "evaluations: {uncertainty: {samples: 3, equivalence: judge}}\n",
                      "p.yaml:6: evaluations.uncertainty: equivalence: judge needs judge, the name of the model that "
                      "says which samples mean the same");
    config_kit_expect(POOL "evaluations: {uncertainty: {samples: 3, judge: a}}\n",
                      "p.yaml:6: evaluations.uncertainty: judge belongs to equivalence: judge");
    config_kit_expect(POOL "evaluations: {uncertainty: {samples: 1, equivalence: judge, judge: a}}\n",
                      "p.yaml:6: evaluations.uncertainty: equivalence: judge compares samples; it needs samples: 2 or "
                      "more");
    config_kit_expect(POOL "evaluations: {uncertainty: {samples: 3, equivalence: judge, judge: zebra}}\n",
                      "p.yaml:6: evaluations.uncertainty.judge: no model is named \"zebra\"");
    config_kit_expect(POOL_HEAD MODEL_A MODEL_B
                      "  - {name: granite, provider: openai, model: g, base_url: \"http://127.0.0.1:3/v1\"}\n"
                      "evaluations: {uncertainty: {samples: 3, equivalence: judge, judge: granit}}\n",
                      "p.yaml:6: evaluations.uncertainty.judge: no model is named \"granit\"; did you mean "
                      "\"granite\"?");
    config_kit_expect(POOL "evaluations: {uncertainty: {equivalence: meaning}}\n",
                      "p.yaml:6: evaluations.uncertainty.equivalence: \"meaning\" is none of: exact, judge");
    config_kit_expect(POOL "evaluations: {uncertainty: {equivalence: embedding}}\n",
                      "p.yaml:6: evaluations.uncertainty.equivalence: does not exist yet in this version; embedding "
                      "needs an encoder, use exact or judge");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_of_samples),
        cmocka_unit_test(defaults),
        cmocka_unit_test(providers_have_services),
        cmocka_unit_test(ways_to_a_model),
        cmocka_unit_test(own_headers),
        cmocka_unit_test(everything),
        cmocka_unit_test(identity),
        cmocka_unit_test(paths_are_beside_the_file),
        cmocka_unit_test(money),
        cmocka_unit_test(later),
        cmocka_unit_test(adaptive_designs),
        cmocka_unit_test(evaluations),
        cmocka_unit_test(line_ends_and_marks),
        cmocka_unit_test_setup_teardown(load, pl__kit_temp_setup, pl__kit_temp_teardown),
        cmocka_unit_test(faults),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
