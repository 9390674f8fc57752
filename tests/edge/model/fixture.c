#include "fixture.h"

#include "kit.h"
#include "split_ends.h"

#include "alloc.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_BYTES 4096

void fixture_read(const char *dir, const char *name, fixture *ret)
{
    size_t n = 0;
    char *path = pl__kit_path(dir, name);
    *ret = (fixture){.name = name, .now_unix_ms = FIXTURE_NOW_MS};
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

void fixture_clear(fixture *f)
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

/* "n logprobs", in the order of the flags; "none". */
static void check_refused(const fixture *f, const char *value, uint32_t flags)
{
    static const char *const names[] = {"n", "logprobs", "top_logprobs", "temperature", "top_p", "seed", "max_tokens"};
    char got[SHOWN_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (flags & (1u << i))
            used += (size_t)snprintf(got + used, sizeof(got) - used, "%s%s", used > 0 ? " " : "", names[i]);
    check_flag(f, "refused", strcmp(used > 0 ? got : "none", value) == 0, got);
}

static size_t show_bytes(char *to, size_t cap, const char *bytes, uint32_t len)
{
    size_t used = 0;
    for (uint32_t i = 0; i < len; i++) {
        bool plain = bytes[i] > 0x20 && bytes[i] < 0x7f;
        used += (size_t)snprintf(to + used, cap - used, plain ? "%c" : "\\x%02x",
                                 plain ? (unsigned)bytes[i] : (unsigned)(unsigned char)bytes[i]);
    }
    return used;
}

static size_t show_logprob(char *to, size_t cap, double logprob)
{
    if (isinf(logprob))
        return (size_t)snprintf(to, cap, "=masked");
    return (size_t)snprintf(to, cap, "=%.2f", logprob);
}

/* "4=-0.25(4=-0.25,5=masked) .=-1.00": each token, its alternatives in brackets. */
static void check_tokens(const fixture *f, const char *key, const char *value, const pl_token *tokens, size_t n)
{
    char got[SHOWN_BYTES] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && used < sizeof(got) / 2; i++) {
        const pl_token *t = &tokens[i];
        used += (size_t)snprintf(got + used, sizeof(got) - used, "%s", i > 0 ? " " : "");
        used += show_bytes(got + used, sizeof(got) - used, t->bytes, t->len);
        used += show_logprob(got + used, sizeof(got) - used, t->logprob);
        for (uint32_t k = 0; k < t->n_top && used < sizeof(got) / 2; k++) {
            used += (size_t)snprintf(got + used, sizeof(got) - used, "%s", k > 0 ? "," : "(");
            used += show_bytes(got + used, sizeof(got) - used, t->top[k].bytes, t->top[k].len);
            used += show_logprob(got + used, sizeof(got) - used, t->top[k].logprob);
        }
        used += (size_t)snprintf(got + used, sizeof(got) - used, "%s", t->n_top > 0 ? ")" : "");
    }
    check_flag(f, key, strcmp(got, value) == 0, got);
}

static void check_number(const fixture *f, const char *key, const char *value, uint64_t number)
{
    char got[32];
    snprintf(got, sizeof(got), "%llu", (unsigned long long)number);
    check_flag(f, key, strcmp(got, value) == 0, got);
}

static bool check_second(const fixture *f, const char *key, const char *value, const pl_reply *r)
{
    const pl_reply_choice *c = r->n_further > 0 ? &r->further[0] : NULL;
    if (strncmp(key, "second_", 7) != 0)
        return false;
    if (!c)
        fail_msg("%s: there is no second choice", f->name);
    else if (strcmp(key, "second_outcome") == 0)
        check_flag(f, key, strcmp(pl__outcome_name(c->outcome), value) == 0, pl__outcome_name(c->outcome));
    else if (strcmp(key, "second_text") == 0)
        check_flag(f, key, c->text && strcmp(c->text, value) == 0 && strlen(c->text) == c->text_len, c->text);
    else if (strcmp(key, "second_tokens") == 0)
        check_tokens(f, key, value, c->tokens, c->n_tokens);
    else
        fail_msg("%s: unknown key %s", f->name, key);
    return true;
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
    else if (strcmp(key, "refused") == 0)
        check_refused(f, value, d->refused_params);
    else if (strcmp(key, "tokens") == 0)
        check_tokens(f, key, value, r->tokens, r->n_tokens);
    else if (strcmp(key, "choices") == 0)
        check_number(f, key, value, 1 + r->n_further);
    else if (strcmp(key, "cache_written") == 0)
        check_number(f, key, value, r->usage.cache_written_tokens);
    else if (!check_second(f, key, value, r))
        fail_msg("%s: unknown key %s", f->name, key);
}

/* What a fixture does not speak of is not there. */
static void check_unsaid(const fixture *f, const pl_decoded *d)
{
    if (!strstr(f->text, "\nrefused: "))
        check_refused(f, "none", d->refused_params);
    if (!strstr(f->text, "\ntokens: "))
        check_tokens(f, "tokens", "", d->reply.tokens, d->reply.n_tokens);
    if (!strstr(f->text, "\nchoices: "))
        check_flag(f, "choices unasked", d->reply.n_further == 0, NULL);
    if (!strstr(f->text, "\nreasoning: "))
        check_flag(f, "reasoning unasked", !d->reply.reasoning, d->reply.reasoning);
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
                   d->has_retry_after == (strstr(f->text, "\nheader: retry-after") || strstr(f->body, "retryDelay")) ||
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

/* Decodes `reply` and holds it against what the fixture says. */
static void check_reply(fixture *f, const char *codec, const pl_http_reply *reply)
{
    pl_decoded d = {0};
    pl_error err = {0};

    PL_KIT_OK(pl__codec_find(codec)->decode(reply, f->now_unix_ms, &d, &err), &err);
    if (!strstr(f->text, "\noutcome: ") || !strstr(f->text, "\nretryable: "))
        fail_msg("%s expects too little", f->name);
    each_line(f, check_wanted, &d);
    check_unsaid(f, &d);
    check_always(f, &d);
    pl__reply_clear(&d.reply);
}

static void run_whole(fixture *f, const char *codec, void *user)
{
    (void)user;
    check_reply(f, codec, &f->reply);
}

/* As a server sends it. */
static void write_response(const fixture *f, pl_str *out)
{
    pl__str_init(out, PL_HTTP_REPLY_BYTES_MAX);
    assert_int_equal(pl__str_appendf(out, "HTTP/1.1 %d \r\nconnection: close\r\ncontent-length: %zu\r\n",
                                     f->reply.status, f->reply.body.len),
                     PL_OK);
    for (const char *p = pl__str_c(&f->reply.headers); *p; p++)
        assert_int_equal(pl__str_append(out, *p == '\n' ? "\r\n" : p, *p == '\n' ? 2 : 1), PL_OK);
    assert_int_equal(pl__str_append(out, "\r\n", 2), PL_OK);
    assert_int_equal(pl__str_append(out, pl__str_c(&f->reply.body), f->reply.body.len), PL_OK);
}

static void run_cut(fixture *f, const char *codec, void *user)
{
    pl_http_completion done[SPLIT_AT_ONCE];
    pl_str response;
    size_t n = 0;

    write_response(f, &response);
    for (size_t cut = 1; cut < response.len; cut += n) {
        n = response.len - cut < SPLIT_AT_ONCE ? response.len - cut : SPLIT_AT_ONCE;
        split_exchange(user, pl__view_n(response.ptr, response.len), cut, n, done);
        for (size_t i = 0; i < n; i++) {
            if (done[i].failure != PL_HTTP_OK || done[i].reply.status != f->reply.status)
                fail_msg("%s, cut at %zu: %s, status %d", f->name, cut + i, done[i].error.msg, done[i].reply.status);
            check_reply(f, codec, &done[i].reply);
            pl__http_reply_clear(&done[i].reply);
        }
    }
    pl__str_clear(&response);
}

char *fixture_dir(const char *codec)
{
    char *all = pl__kit_source_path("tests/edge/model/fixtures");
    char *dir = pl__kit_path(all, codec);
    free(all);
    return dir;
}

static int each_fixture(const char *codec, void (*fn)(fixture *f, const char *codec, void *user), void *user)
{
    struct dirent **names = NULL;
    char *dir = fixture_dir(codec);
    int found = 0;
    int n = scandir(dir, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]->d_name);
        if (len > 5 && strcmp(names[i]->d_name + len - 5, ".http") == 0) {
            fixture f;
            fixture_read(dir, names[i]->d_name, &f);
            each_line(&f, take_given, NULL);
            fn(&f, codec, user);
            fixture_clear(&f);
            found++;
        }
        free(names[i]);
    }
    free(names);
    free(dir);
    return found;
}

void fixtures_run(const char *codec, int at_least)
{
    assert_true(each_fixture(codec, run_whole, NULL) >= at_least);
}

void fixtures_run_cut(const char *codec, int at_least)
{
    split_ends ends = {0};

    split_open(&ends);
    assert_true(each_fixture(codec, run_cut, &ends) >= at_least);
    split_close(&ends);
}

typedef struct faulty {
    const pl_codec_ops *codec;
    const fixture *f;
} faulty;

static pl_status decode_once(void *user, pl_error *err)
{
    const faulty *x = user;
    pl_decoded d = {.retry_after_ms = 77};
    pl_status rc = x->codec->decode(&x->f->reply, FIXTURE_NOW_MS, &d, err);
    if (rc)
        assert_int_equal(d.retry_after_ms, 77); /* untouched */
    else
        pl__reply_clear(&d.reply);
    return rc;
}

void fixture_refuse_memory(const char *codec, const char *name)
{
    fixture f;
    char *dir = fixture_dir(codec);
    fixture_read(dir, name, &f);
    each_line(&f, take_given, NULL);
    faulty x = {pl__codec_find(codec), &f};
    pl__kit_fault_loop(name, decode_once, &x);
    fixture_clear(&f);
    free(dir);
}

void fixture_cut(const char *codec, const char *name)
{
    fixture f;
    char *dir = fixture_dir(codec);
    fixture_read(dir, name, &f);
    size_t whole = f.reply.body.len;
    f.reply.status = 200;
    while (whole > 0 && f.reply.body.ptr[whole - 1] == '\n') /* the line's end is no part of the document */
        whole--;
    for (size_t n = 0; n < whole; n++) {
        pl_decoded d = {0};
        pl_error err = {0};
        f.reply.body.len = n;
        PL_KIT_OK(pl__codec_find(codec)->decode(&f.reply, FIXTURE_NOW_MS, &d, &err), &err);
        assert_int_equal(d.reply.outcome, PL_OUTCOME_GARBLED);
        assert_true(d.retryable);
        pl__reply_clear(&d.reply);
    }
    fixture_clear(&f);
    free(dir);
}
