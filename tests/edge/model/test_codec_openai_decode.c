#include "kit.h"

#include "alloc.h"
#include "codec.h"
#include "json.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fixture is one file: "name: value" lines (status, header, now; then what is expected), "--", the body. */
#define FIXTURES_MIN 80
#define NOW_MS 1760000000000

typedef struct fixture {
    const char *name;
    pl_http_reply reply;
    int64_t now_unix_ms;
    char *text;
    char *body;
} fixture;

static void fixture_read(const char *dir, const char *name, fixture *ret)
{
    size_t n = 0;
    char *path = pl__kit_path(dir, name);
    *ret = (fixture){.name = name, .now_unix_ms = NOW_MS};
    ret->text = pl__kit_read(path, &n);
    free(path);
    ret->body = strstr(ret->text, "\n--\n");
    if (!ret->body) {
        fail_msg("%s has no body", name);
        return;
    }
    *ret->body = '\0';
    ret->body += 4;
    pl__str_init(&ret->reply.headers, PL_HTTP_HEADER_BYTES_MAX);
    pl__str_init(&ret->reply.body, PL_HTTP_REPLY_BYTES_MAX);
    assert_int_equal(pl__str_append(&ret->reply.body, ret->body, n - (size_t)(ret->body - ret->text)), PL_OK);
}

static void fixture_clear(fixture *f)
{
    pl__http_reply_clear(&f->reply);
    free(f->text);
}

static void check_flag(const fixture *f, const char *what, bool ok, const char *got)
{
    if (!ok)
        fail_msg("%s: %s is \"%s\"", f->name, what, got ? got : "(none)");
}

static void check_usage(const fixture *f, const char *value, const pl_usage *u)
{
    char got[100];
    snprintf(got, sizeof(got), "%llu %llu %llu %llu", (unsigned long long)u->input_tokens,
             (unsigned long long)u->output_tokens, (unsigned long long)u->cached_tokens,
             (unsigned long long)u->reasoning_tokens);
    check_flag(f, "usage", strcmp(got, value) == 0, got);
}

static void check_wait(const fixture *f, const char *value, const pl_decoded *d)
{
    char got[32] = "none";
    if (d->has_retry_after)
        snprintf(got, sizeof(got), "%u", d->retry_after_ms);
    check_flag(f, "wait", strcmp(got, value) == 0, got);
}

static void check_message(const fixture *f, const char *value, const pl_decoded *d)
{
    bool ok = value[0] == '=' ? strcmp(d->message, value + 1) == 0 : strstr(d->message, value) != NULL;
    check_flag(f, "message", ok, d->message);
}

static void check_line(const fixture *f, const char *key, const char *value, const pl_decoded *d)
{
    const pl_reply *r = &d->reply;
    if (strcmp(key, "outcome") == 0)
        check_flag(f, key, strcmp(pl__outcome_name(r->outcome), value) == 0, pl__outcome_name(r->outcome));
    else if (strcmp(key, "retryable") == 0)
        check_flag(f, key, d->retryable == (strcmp(value, "yes") == 0), d->retryable ? "yes" : "no");
    else if (strcmp(key, "wait") == 0)
        check_wait(f, value, d);
    else if (strcmp(key, "message") == 0)
        check_message(f, value, d);
    else if (strcmp(key, "usage") == 0)
        check_usage(f, value, &r->usage);
    else if (strcmp(key, "text") == 0)
        check_flag(f, key, r->text && strcmp(r->text, value) == 0, r->text);
    else if (strcmp(key, "reasoning") == 0)
        check_flag(f, key, r->reasoning && strcmp(r->reasoning, value) == 0, r->reasoning);
    else if (strcmp(key, "finish") == 0)
        check_flag(f, key, r->finish && strcmp(r->finish, value) == 0, r->finish);
    else
        fail_msg("%s: unknown key %s", f->name, key);
}

/* What holds for any reply. */
static void check_always(const fixture *f, const pl_decoded *d)
{
    const pl_reply *r = &d->reply;
    bool wants_text = r->outcome == PL_OUTCOME_ANSWERED || r->outcome == PL_OUTCOME_CUT_OFF;
    check_flag(f, "text's presence", wants_text ? r->text != NULL : !r->text || r->outcome == PL_OUTCOME_REFUSED,
               r->text);
    check_flag(f, "text's length", !r->text || strlen(r->text) == r->text_len, r->text);
    check_flag(f, "message's presence", pl__outcome_is_response(r->outcome) || d->message[0], d->message);
    check_flag(f, "a response's retry", !pl__outcome_is_response(r->outcome) || !d->retryable, d->message);
    if (strncmp(f->name, "garbled", 7) != 0)
        check_flag(f, "wait unasked",
                   d->has_retry_after == (strstr(f->text, "\nheader: retry-after") != NULL) ||
                       strstr(f->text, "\nwait: none"),
                   d->message);
}

/* Calls fn with each "key: value" line; the value may be empty. */
static void each_line(fixture *f, void (*fn)(fixture *f, const char *key, const char *value, void *user), void *user)
{
    char *copy = strdup(f->text);
    for (char *line = copy, *next = NULL; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (line[0] == '#')
            continue;
        char *value = strstr(line, ": ");
        if (!value) {
            fail_msg("%s: %s", f->name, line);
            break;
        }
        *value = '\0';
        fn(f, line, value + 2, user);
    }
    free(copy);
}

static void take_given(fixture *f, const char *key, const char *value, void *user)
{
    (void)user;
    if (strcmp(key, "status") == 0)
        f->reply.status = (int)strtol(value, NULL, 10);
    else if (strcmp(key, "now") == 0)
        f->now_unix_ms = strtoll(value, NULL, 10);
    else if (strcmp(key, "header") == 0)
        assert_int_equal(pl__str_appendf(&f->reply.headers, "%s\n", value), PL_OK);
}

static void check_wanted(fixture *f, const char *key, const char *value, void *user)
{
    if (strcmp(key, "status") != 0 && strcmp(key, "now") != 0 && strcmp(key, "header") != 0)
        check_line(f, key, value, user);
}

static void run_fixture(const char *dir, const char *name)
{
    fixture f;
    pl_decoded d = {0};
    pl_error err = {0};
    fixture_read(dir, name, &f);
    each_line(&f, take_given, NULL);
    PL_KIT_OK(pl__codec_find("openai")->decode(&f.reply, f.now_unix_ms, &d, &err), &err);
    if (!strstr(f.text, "\noutcome: ") || !strstr(f.text, "\nretryable: "))
        fail_msg("%s expects too little", name);
    each_line(&f, check_wanted, &d);
    check_always(&f, &d);
    pl__reply_clear(&d.reply);
    fixture_clear(&f);
}

static void every_fixture(void (*fn)(const char *dir, const char *name))
{
    struct dirent **names = NULL;
    char *dir = pl__kit_source_path("tests/edge/model/fixtures");
    int found = 0;
    int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]->d_name);
        if (len > 5 && strcmp(names[i]->d_name + len - 5, ".http") == 0) {
            fn(dir, names[i]->d_name);
            found++;
        }
        free(names[i]);
    }
    free(names);
    free(dir);
    assert_true(found >= FIXTURES_MIN);
}

static void fixtures_decode_as_they_say(void **state)
{
    (void)state;
    every_fixture(run_fixture);
}

static pl_status decode_once(void *user, pl_error *err)
{
    const fixture *f = user;
    pl_decoded d = {.retry_after_ms = 77};
    pl_status rc = pl__codec_find("openai")->decode(&f->reply, NOW_MS, &d, err);
    if (rc)
        assert_int_equal(d.retry_after_ms, 77); /* untouched */
    else
        pl__reply_clear(&d.reply);
    return rc;
}

static void refuse_in_fixture(const char *dir, const char *name)
{
    static const char *const chosen[] = {"ok_openai.http",         "ok_parts.http",    "refused_part.http",
                                         "ok_vllm_reasoning.http", "rate_ms.http",     "garbled_html.http",
                                         "aborted_sglang.http",    "error_in_200.http"};
    for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
        if (strcmp(name, chosen[i]) != 0)
            continue;
        fixture f;
        fixture_read(dir, name, &f);
        f.reply.status = strncmp(name, "rate", 4) == 0 ? 429 : 200;
        pl__kit_fault_loop(name, decode_once, &f);
        fixture_clear(&f);
    }
}

static void survives_refusals(void **state)
{
    (void)state;
    every_fixture(refuse_in_fixture);
}

/* Every prefix of a good reply gives some outcome; only the whole one an answer. */
static void cut_replies_are_garbled(void **state)
{
    fixture f;
    char *dir = pl__kit_source_path("tests/edge/model/fixtures");
    (void)state;
    fixture_read(dir, "ok_openai.http", &f);
    size_t whole = f.reply.body.len;
    f.reply.status = 200;
    for (size_t n = 0; n < whole; n++) {
        pl_decoded d = {0};
        pl_error err = {0};
        f.reply.body.len = n;
        PL_KIT_OK(pl__codec_find("openai")->decode(&f.reply, NOW_MS, &d, &err), &err);
        assert_int_equal(d.reply.outcome, PL_OUTCOME_GARBLED);
        assert_true(d.retryable);
        pl__reply_clear(&d.reply);
    }
    f.reply.body.len = whole;
    fixture_clear(&f);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_decode_as_they_say),
        cmocka_unit_test(cut_replies_are_garbled),
        cmocka_unit_test(survives_refusals),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
