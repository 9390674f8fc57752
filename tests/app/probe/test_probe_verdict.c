#include "kit.h"

#include "alloc.h"
#include "lookup.h"
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

static const char *const urls[] = {"http://a:1/v1/", NULL};

static pl_subject subject(void)
{
    pl_subject s = {.spec = {.name = "cat",
                             .provider = "openai",
                             .model = "m",
                             .image = {.max_side_px = 1024},
                             .reach = {.base_urls = urls, .n_base_urls = 1}},
                    .codec = pl__codec_find("openai"),
                    .side_px = 1024,
                    .top = PL_PROBE_TOP_LOGPROBS};
    return s;
}

/* Question id was answered with this text. */
static pl_reply *say(pl_subject *s, pl_question_id id, const char *text)
{
    pl_reply *r = &s->result[id].decoded.reply;
    s->state[id] = PL_QUESTION_DONE;
    s->tries[id] = 1;
    r->outcome = PL_OUTCOME_ANSWERED;
    r->text = pl__strdup(text);
    r->text_len = strlen(text);
    r->usage = (pl_usage){.input_tokens = 30, .output_tokens = 4};
    return r;
}

static void refuse(pl_subject *s, pl_question_id id, pl_outcome outcome, const char *message)
{
    s->state[id] = PL_QUESTION_DONE;
    s->tries[id] = 1;
    s->result[id].decoded.reply.outcome = outcome;
    memcpy(s->result[id].decoded.message, message, strlen(message) + 1);
}

static void check(const pl_subject *s, pl_ability ability, pl_ability_state want, const char *words)
{
    pl_abilities a;
    pl__probe_judge(s, &a);
    for (unsigned i = 0; i < PL_ABILITIES; i++)
        assert_true(a.of[i].why[0] != '\0');
    if (a.of[ability].state != want || !strstr(a.of[ability].why, words))
        fail_msg("%s: %s: %s", pl__ability_name(ability), pl__ability_state_name(a.of[ability].state),
                 a.of[ability].why);
}

static void who_does_not_answer_is_not_judged(void **state)
{
    static const struct {
        pl_outcome outcome;
        pl_ability_state reachable;
        pl_ability_state text;
    } cases[] = {
        {PL_OUTCOME_AUTH, PL_ABILITY_NO, PL_ABILITY_UNKNOWN},
        {PL_OUTCOME_NOT_FOUND, PL_ABILITY_NO, PL_ABILITY_UNKNOWN},
        {PL_OUTCOME_UNREACHABLE, PL_ABILITY_NO, PL_ABILITY_UNKNOWN},
        {PL_OUTCOME_SERVER_ERROR, PL_ABILITY_UNKNOWN, PL_ABILITY_UNKNOWN},
        {PL_OUTCOME_BAD_REQUEST, PL_ABILITY_YES, PL_ABILITY_NO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_subject s = subject();
        refuse(&s, PL_Q_TEXT, cases[i].outcome, "because");
        check(&s, PL_ABILITY_REACHABLE, cases[i].reachable, cases[i].reachable == PL_ABILITY_YES ? "" : "because");
        check(&s, PL_ABILITY_TEXT, cases[i].text, "because");
        check(&s, PL_ABILITY_IMAGES, PL_ABILITY_UNKNOWN, "not answered");
        pl__subject_clear(&s);
    }
}

static void seeing_is_told_from_taking(void **state)
{
    static const struct {
        const char *red;
        const char *blue;
        uint64_t tokens;
        pl_ability_state want;
    } cases[] = {
        {"Red.", "The square is BLUE", 90, PL_ABILITY_YES},
        {"red", "red", 30, PL_ABILITY_NO},
        {"red", "red", 90, PL_ABILITY_UNKNOWN},
        {"red or blue", "blue or red", 90, PL_ABILITY_UNKNOWN},
        {"A", "B", 0, PL_ABILITY_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_subject s = subject();
        (void)say(&s, PL_Q_TEXT, "green");
        say(&s, PL_Q_RED, cases[i].red)->usage.input_tokens = cases[i].tokens;
        say(&s, PL_Q_BLUE, cases[i].blue)->usage.input_tokens = cases[i].tokens;
        check(&s, PL_ABILITY_IMAGES, PL_ABILITY_YES, "");
        check(&s, PL_ABILITY_SIGHT, cases[i].want, "");
        pl__subject_clear(&s);
    }
}

static void a_refused_picture_is_no_ability(void **state)
{
    pl_subject s = subject();
    (void)state;
    (void)say(&s, PL_Q_TEXT, "green");
    refuse(&s, PL_Q_RED, PL_OUTCOME_IMAGE_UNSUPPORTED, "no mmproj");
    refuse(&s, PL_Q_BLUE, PL_OUTCOME_IMAGE_UNSUPPORTED, "no mmproj");
    check(&s, PL_ABILITY_IMAGES, PL_ABILITY_NO, "no mmproj");
    check(&s, PL_ABILITY_SIGHT, PL_ABILITY_NO, "refused");
    pl__subject_clear(&s);
    s = subject();
    (void)say(&s, PL_Q_TEXT, "green");
    refuse(&s, PL_Q_RED, PL_OUTCOME_SERVER_ERROR, "boom"); /* may be well again tomorrow */
    check(&s, PL_ABILITY_IMAGES, PL_ABILITY_UNKNOWN, "boom");
    pl__subject_clear(&s);
}

static void seeds_are_judged_by_bytes(void **state)
{
    static const struct {
        const char *greedy[2];
        const char *seeded[2];
        pl_ability_state repeatable;
        pl_ability_state seed;
    } cases[] = {
        {{"a b", "a b"}, {"c d", "c d"}, PL_ABILITY_YES, PL_ABILITY_YES},
        {{"a b", "a c"}, {"c d", "c e"}, PL_ABILITY_NO, PL_ABILITY_NO},
        {{"a b", "a b"}, {"a b", "a b"}, PL_ABILITY_YES, PL_ABILITY_UNKNOWN}, /* is there chance at all? */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_subject s = subject();
        (void)say(&s, PL_Q_TEXT, "green");
        (void)say(&s, PL_Q_REPEAT_1, cases[i].greedy[0]);
        (void)say(&s, PL_Q_REPEAT_2, cases[i].greedy[1]);
        (void)say(&s, PL_Q_SEED_1, cases[i].seeded[0]);
        (void)say(&s, PL_Q_SEED_2, cases[i].seeded[1]);
        check(&s, PL_ABILITY_REPEATABLE, cases[i].repeatable, "");
        check(&s, PL_ABILITY_SEED, cases[i].seed, "");
        s.codec = pl__codec_find("anthropic");
        check(&s, PL_ABILITY_SEED, PL_ABILITY_NO, "dialect");
        pl__subject_clear(&s);
    }
}

static void turns_are_continued_or_not(void **state)
{
    static const struct {
        const char *text;
        pl_ability_state want;
    } cases[] = {{" 5, 6, 7", PL_ABILITY_YES},
                 {"As you wish, in one line: 1, 2, 3, 4, 5", PL_ABILITY_YES},
                 {"1, 2, 3", PL_ABILITY_NO},
                 {"Certainly!", PL_ABILITY_UNKNOWN}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_subject s = subject();
        (void)say(&s, PL_Q_TEXT, "green");
        (void)say(&s, PL_Q_PREFILL, cases[i].text);
        check(&s, PL_ABILITY_PREFILL, cases[i].want, "");
        pl__subject_clear(&s);
    }
}

static void limits_must_be_kept(void **state)
{
    pl_subject s = subject();
    (void)state;
    (void)say(&s, PL_Q_TEXT, "green");
    (void)say(&s, PL_Q_LOGPROBS, "1, 2");
    say(&s, PL_Q_OTHER_LIMIT, "1, 2, 3, 4, 5, 6")->usage.output_tokens = 40;
    check(&s, PL_ABILITY_MAX_TOKENS, PL_ABILITY_YES, "kept");
    check(&s, PL_ABILITY_MAX_COMPLETION_TOKENS, PL_ABILITY_NO, "40 tokens where 4");
    check(&s, PL_ABILITY_LOGPROBS, PL_ABILITY_NO, "has none");
    check(&s, PL_ABILITY_USAGE, PL_ABILITY_YES, "3 of 3");
    check(&s, PL_ABILITY_REASONING, PL_ABILITY_NO, "0 of 3");
    s.omit = PL_PARAM_MAX_TOKENS;
    check(&s, PL_ABILITY_MAX_TOKENS, PL_ABILITY_NO, "name");
    check(&s, PL_ABILITY_MAX_COMPLETION_TOKENS, PL_ABILITY_YES, "kept");
    pl__subject_clear(&s);
}

static void answer(pl_subject *s, pl_question_id id, pl_outcome outcome, uint32_t refused)
{
    pl_call_result r = {.attempts = 1};
    r.decoded.reply.outcome = outcome;
    r.decoded.refused_params = refused;
    if (outcome == PL_OUTCOME_ANSWERED) {
        r.decoded.reply.text = pl__strdup("x");
        r.decoded.reply.text_len = 1;
    }
    s->tries[id]++;
    pl__question_answered(s, id, &r);
}

static void what_is_refused_is_put_otherwise(void **state)
{
    pl_subject s = subject();
    (void)state;
    answer(&s, PL_Q_TEXT, PL_OUTCOME_BAD_REQUEST, PL_PARAM_TEMPERATURE);
    assert_int_equal(s.state[PL_Q_TEXT], PL_QUESTION_OPEN);
    assert_int_equal(s.omit, PL_PARAM_TEMPERATURE);
    assert_int_equal(s.state[PL_Q_RED], PL_QUESTION_CLOSED);
    answer(&s, PL_Q_TEXT, PL_OUTCOME_BAD_REQUEST, PL_PARAM_TEMPERATURE); /* it has been left out: no third time */
    assert_int_equal(s.state[PL_Q_TEXT], PL_QUESTION_DONE);
    assert_int_equal(s.state[PL_Q_RED], PL_QUESTION_CLOSED);
    answer(&s, PL_Q_TEXT, PL_OUTCOME_ANSWERED, 0);
    assert_int_equal(s.state[PL_Q_RED], PL_QUESTION_OPEN);
    assert_int_equal(s.state[PL_Q_DEEP], PL_QUESTION_CLOSED);
    answer(&s, PL_Q_SIDE, PL_OUTCOME_BAD_REQUEST, 0);
    assert_int_equal(s.side_px, 512);
    assert_int_equal(s.state[PL_Q_SIDE], PL_QUESTION_OPEN);
    answer(&s, PL_Q_SIDE, PL_OUTCOME_ANSWERED, 0);
    assert_int_equal(s.state[PL_Q_SIDE], PL_QUESTION_DONE);
    answer(&s, PL_Q_LOGPROBS, PL_OUTCOME_BAD_REQUEST, PL_PARAM_TOP_LOGPROBS);
    assert_int_equal(s.top, 5);
    answer(&s, PL_Q_LOGPROBS, PL_OUTCOME_BAD_REQUEST, PL_PARAM_TOP_LOGPROBS);
    assert_int_equal(s.top, 1);
    answer(&s, PL_Q_LOGPROBS, PL_OUTCOME_BAD_REQUEST, PL_PARAM_TOP_LOGPROBS);
    assert_int_equal(s.state[PL_Q_LOGPROBS], PL_QUESTION_DONE);
    answer(&s, PL_Q_RED, PL_OUTCOME_ANSWERED, 0);
    check(&s, PL_ABILITY_IMAGE_SIDE, PL_ABILITY_NO, "took 512 px");
    assert_int_equal(s.requests, 9);
    pl__subject_clear(&s);
}

static void reasoning_gets_room(void **state)
{
    pl_subject s = subject();
    pl_call_result r = {.attempts = 1};
    (void)state;
    r.decoded.reply.outcome = PL_OUTCOME_EMPTY;
    r.decoded.reply.usage.reasoning_tokens = 24;
    s.tries[PL_Q_TEXT] = 1;
    pl__question_answered(&s, PL_Q_TEXT, &r);
    assert_true(s.room);
    assert_int_equal(s.state[PL_Q_TEXT], PL_QUESTION_OPEN);
    pl__subject_clear(&s);
}

/* ---- contexts ---- */

static void check_lookup(const char *provider, uint32_t k, const char *url, const char *body, uint64_t want)
{
    pl_subject s = subject();
    pl_endpoint e = {0};
    pl_error err = {0};
    pl_http_req req = {.url = NULL};
    pl_http_reply reply = {.status = 200};
    bool any = false;

    s.spec.provider = provider;
    PL_KIT_OK(pl__endpoint_init(&e, &s.spec, &err), &err);
    PL_KIT_OK(pl__lookup_request(&e, k, &req, &any, &err), &err);
    assert_int_equal(any, url != NULL);
    if (url) {
        assert_string_equal(req.url, url);
        assert_int_equal(req.n_parts, 0);
    }
    pl__str_init(&reply.body, PL_STR_LIMIT_DEFAULT);
    PL_KIT_OK(pl__str_append_c(&reply.body, body), NULL);
    pl__lookup_read(&e, k, &reply, &s);
    assert_int_equal(s.context, want);
    pl__http_reply_clear(&reply);
    pl__http_req_clear(&req);
    pl__endpoint_clear(&e);
}

static void servers_say_how_long_their_context_is(void **state)
{
    (void)state;
    check_lookup("openai", 0, "http://a:1/v1/models",
                 "{\"data\":[{\"id\":\"x\",\"max_model_len\":1},{\"id\":\"m\",\"max_model_len\":8192}]}", 8192);
    check_lookup("openai", 0, "http://a:1/v1/models", "{\"data\":[{\"id\":\"/path/m\",\"context_length\":4096}]}",
                 4096);
    check_lookup("openai", 0, "http://a:1/v1/models", "{\"data\":[{\"id\":\"x\"},{\"id\":\"y\"}]}", 0);
    check_lookup("openai", 1, "http://a:1/props", "{\"default_generation_settings\":{\"n_ctx\":2048}}", 2048);
    check_lookup("openai", 1, "http://a:1/props", "{\"default_generation_settings\":{\"n_ctx\":-1}}", 0);
    check_lookup("openai", 1, "http://a:1/props", "<html>", 0);
    check_lookup("openai", 2, NULL, "{}", 0);
    check_lookup("gemini", 0, "http://a:1/v1/v1beta/models/m", "{\"inputTokenLimit\":1048576}", 1048576);
    check_lookup("anthropic", 0, "http://a:1/v1/models/m", "{\"id\":\"m\",\"max_input_tokens\":200000}", 200000);
    check_lookup("anthropic", 1, NULL, "[]", 0);
}

static void refusals_say_it_too(void **state)
{
    static const struct {
        const char *body;
        uint64_t want;
    } cases[] = {
        {"{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":9000,\"n_ctx\":4096}}",
         4096},
        {"{\"error\":{\"message\":\"This model's maximum context length is 8,192 tokens. However\"}}", 8192},
        {"{\"error\":{\"message\":\"prompt is too long: 210000 tokens > 200000 maximum\"}}", 200000},
        {"{\"error\":{\"message\":\"maximum number of tokens allowed (1048576).\"}}", 1048576},
        {"{\"error\":{\"message\":\"too long\"}}", 0},
        {"{\"error\":{\"message\":\"context length is 99999999999999999999999\"}}", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pl_call_result r = {.attempts = 1};
        pl__str_init(&r.body, PL_STR_LIMIT_DEFAULT);
        PL_KIT_OK(pl__str_append_c(&r.body, cases[i].body), NULL);
        assert_int_equal(pl__context_of_refusal(&r), 0); /* no refusal for length */
        r.decoded.reply.outcome = PL_OUTCOME_TOO_LONG;
        assert_int_equal(pl__context_of_refusal(&r), cases[i].want);
        pl__call_result_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_answer_is_not_judged),
        cmocka_unit_test(seeing_is_told_from_taking),
        cmocka_unit_test(a_refused_picture_is_no_ability),
        cmocka_unit_test(seeds_are_judged_by_bytes),
        cmocka_unit_test(turns_are_continued_or_not),
        cmocka_unit_test(limits_must_be_kept),
        cmocka_unit_test(what_is_refused_is_put_otherwise),
        cmocka_unit_test(reasoning_gets_room),
        cmocka_unit_test(servers_say_how_long_their_context_is),
        cmocka_unit_test(refusals_say_it_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
