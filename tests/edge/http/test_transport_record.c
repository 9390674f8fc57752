/* What is recorded comes back: every kind of reply, byte for byte, and every kind of failure. */
#include "kit.h"

#include "alloc.h"
#include "json.h"
#include "transport_record.h"
#include "transport_replay.h"
#include "transport_script.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define KEY "sk-marked-0123456789"
#define RAW "bytes \xff\xfe\0 of no text"
#define REPLIES 7

static const pl_script_reply replies[REPLIES] = {
    {.status = 200, .headers = "content-type: application/json\nx-a: 1\n", .body = {"{\"a\":\"\xc3\xa4\\n\"}", 12}},
    {.status = 429, .headers = "retry-after: 3\n", .body = {"slow down", 9}, .delay_ns = 5000000},
    {.status = 500, .body = {RAW, sizeof(RAW) - 1}},
    {.failure = PL_HTTP_UNREACHABLE},
    {.failure = PL_HTTP_CUT},
    {.failure = PL_HTTP_TIMEOUT},
    {.status = 200, .headers = "x-echo: " KEY "\n", .body = {"<" KEY ">", sizeof(KEY) + 1}},
};

static void answer_in_turn(const pl_http_req *req, uint64_t nth, pl_script_reply *ret, void *user)
{
    (void)req;
    (void)user;
    *ret = replies[(nth - 1) % REPLIES];
}

static pl_status submit(pl_transport *t, const char *url, const char *const *parts, uint64_t tag, pl_error *err)
{
    pl_http_req req = {0};
    req.url = pl__strdup(url);
    pl_status rc = req.url ? PL_OK : PL_E_NOMEM;
    rc = rc ? rc : pl__http_req_header(&req, "authorization", "Bearer " KEY, err);
    rc = rc ? rc : pl__http_req_header(&req, "content-type", "application/json", err);
    for (; parts && *parts && !rc; parts++) {
        pl_blob *blob = pl__blob_copy(*parts, strlen(*parts));
        rc = blob ? pl__http_req_part(&req, blob, err) : PL_E_NOMEM;
        pl__blob_unref(blob);
    }
    rc = rc ? rc : t->ops->submit(t, &req, tag, err);
    pl__http_req_clear(&req);
    if (rc == PL_E_NOMEM)
        err->code = rc;
    return rc;
}

static pl_http_completion one(pl_transport *t)
{
    pl_http_completion done = {0};
    pl_error err = {0};
    size_t n = 0;
    for (int i = 0; i < 1000 && n == 0; i++)
        PL_KIT_OK(t->ops->poll(t, UINT64_MAX, &done, 1, &n, &err), &err);
    assert_int_equal(n, 1);
    return done;
}

static const char *const text[] = {"{\"q\":1}", NULL};

/* Records `n` exchanges of the same request, but the last part, which counts. */
static void record(const char *dir, size_t n)
{
    pl_transport *script = NULL;
    pl_transport *t = NULL;
    pl_secrets secrets = {0};
    pl_error err = {0};
    PL_KIT_OK(pl__transport_script_new(answer_in_turn, NULL, &script, &err), &err);
    PL_KIT_OK(pl__transport_record_new(script, dir, &t, &err), &err);
    PL_KIT_OK(pl__secrets_add(&secrets, pl__view(KEY), &err), &err);
    PL_KIT_OK(pl__transport_record_hide(t, &secrets, &err), &err);
    pl__secrets_clear(&secrets);
    for (size_t i = 0; i < n; i++) {
        PL_KIT_OK(submit(t, "http://127.0.0.1:1/v1/chat?api-version=2&sig=" KEY, text, 100 + i, &err), &err);
        pl_http_completion done = one(t);
        assert_int_equal(done.tag, 100 + i);
        assert_int_equal(done.failure, replies[i % REPLIES].failure);
        pl__http_reply_clear(&done.reply);
    }
    PL_KIT_OK(pl__transport_record_problem(t, &err), &err);
    t->ops->free(t);
}

static void check_reply(const pl_http_completion *done, const pl_script_reply *want)
{
    assert_int_equal(done->failure, want->failure);
    if (want->failure != PL_HTTP_OK) {
        assert_true(done->error.retryable);
        assert_int_equal(done->error.code, PL_E_NET);
        return;
    }
    assert_int_equal(done->reply.status, want->status);
    assert_string_equal(pl__str_c(&done->reply.headers), want->headers ? want->headers : "");
    assert_int_equal(done->reply.body.len, want->body.len);
    if (want->body.len > 0)
        assert_memory_equal(done->reply.body.ptr, want->body.ptr, want->body.len);
}

static void replies_come_back_in_turn(void **state)
{
    char *dir = pl__kit_path(*state, "turn");
    pl_transport *t = NULL;
    pl_error err = {0};
    record(dir, REPLIES - 1);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    assert_int_equal(pl__transport_replay_count(t), REPLIES - 1);
    assert_int_equal(pl__transport_replay_broken(t), 0);
    for (size_t i = 0; i < REPLIES + 3; i++) { /* the last one again and again, and from another host too */
        const char *url = i == 2 ? "https://elsewhere/v1/chat?api-version=2&sig=other"
                                 : "http://127.0.0.1:1/v1/chat?api-version=2&sig=" KEY;
        if (i == 2)
            continue;
        PL_KIT_OK(submit(t, url, text, i, &err), &err);
        pl_http_completion done = one(t);
        assert_int_equal(done.tag, i);
        size_t at = i > 2 ? i - 1 : i;
        check_reply(&done, &replies[at < REPLIES - 2 ? at : REPLIES - 2]);
        pl__http_reply_clear(&done.reply);
    }
    PL_KIT_OK(submit(t, "https://elsewhere/v1/chat?api-version=2&sig=other", text, 9, &err), &err);
    pl_http_completion done = one(t);
    check_reply(&done, &replies[0]); /* its own turn: no request came from there before */
    pl__http_reply_clear(&done.reply);
    assert_int_equal(pl__transport_replay_unknown(t), 0);
    t->ops->free(t);
    free(dir);
}

static void what_was_not_recorded_is_said(void **state)
{
    static const char *const other[] = {"{\"q\":2}", NULL};
    char *dir = pl__kit_path(*state, "unknown");
    pl_transport *t = NULL;
    pl_error err = {0};
    record(dir, 1);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    const char *const urls[] = {"http://127.0.0.1:1/v1/chat?api-version=3",
                                "http://127.0.0.1:1/v1/chat?api-version=2&sig=x"};
    for (size_t i = 0; i < 2; i++) {
        PL_KIT_OK(submit(t, urls[i], i == 0 ? text : other, i, &err), &err);
        pl_http_completion done = one(t);
        assert_int_equal(done.failure, PL_HTTP_UNREACHABLE);
        assert_string_equal(done.error.msg, "not in the recording");
        pl__http_reply_clear(&done.reply);
    }
    assert_int_equal(pl__transport_replay_unknown(t), 2);
    t->ops->free(t);
    free(dir);
}

/* Neither the key nor an image is in the file, and every line of it is JSON. */
static void recordings_can_be_shown(void **state)
{
    char *dir = pl__kit_path(*state, "shown");
    char image[1001];
    const char *const parts[] = {"{\"image\":\"", image, "\",\"key\":\"" KEY "\"}", NULL};
    pl_transport *script = NULL;
    pl_transport *t = NULL;
    pl_error err = {0};
    memset(image, 'Q', 1000);
    image[1000] = '\0';
    record(dir, REPLIES);
    PL_KIT_OK(pl__transport_script_new(answer_in_turn, NULL, &script, &err), &err);
    PL_KIT_OK(pl__transport_record_new(script, dir, &t, &err), &err); /* goes on in the same file */
    pl_secrets secrets = {0};
    PL_KIT_OK(pl__secrets_add(&secrets, pl__view(KEY), &err), &err);
    PL_KIT_OK(pl__transport_record_hide(t, &secrets, &err), &err);
    pl__secrets_clear(&secrets);
    PL_KIT_OK(submit(t, "http://h/v1", parts, 1, &err), &err);
    pl_http_completion done = one(t);
    pl__http_reply_clear(&done.reply);
    t->ops->free(t);
    char *path = pl__kit_path(dir, "exchanges.jsonl");
    char *all = pl__kit_read(path, NULL);
    assert_null(strstr(all, KEY));
    assert_null(strstr(all, "QQQQ"));
    assert_non_null(strstr(all, "api-version=2"));
    assert_non_null(strstr(all, "\"authorization\":\"[hidden]\""));
    assert_non_null(strstr(all, "\"bytes\":1000}"));
    size_t lines = 0;
    for (char *line = all; *line; lines++) {
        json_t *doc = NULL;
        char *end = strchr(line, '\n');
        PL_KIT_OK(pl__json_parse(pl__view_n(line, (size_t)(end - line)), &doc, &err), &err);
        json_decref(doc);
        line = end + 1;
    }
    assert_int_equal(lines, 1 + REPLIES + 1);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    assert_int_equal(pl__transport_replay_count(t), REPLIES + 1);
    t->ops->free(t);
    free(all);
    free(path);
    free(dir);
}

static void cut_and_broken_lines_are_left_out(void **state)
{
    char *dir = pl__kit_path(*state, "broken");
    char *path = pl__kit_path(dir, "exchanges.jsonl");
    pl_transport *t = NULL;
    pl_error err = {0};
    record(dir, 2);
    size_t n = 0;
    char *all = pl__kit_read(path, &n);
    free(pl__kit_write(dir, "exchanges.jsonl", all, n - 20));
    record(dir, 1);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    assert_int_equal(pl__transport_replay_count(t), 2);
    assert_int_equal(pl__transport_replay_broken(t), 1);
    t->ops->free(t);
    static const struct {
        const char *text;
        pl_status rc;
    } others[] = {{"", PL_E_PARSE},
                  {"{}\n", PL_E_PARSE},
                  {"no json\n", PL_E_PARSE},
                  {"{\"peerless_recording\":2}\n", PL_E_VERSION}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        free(pl__kit_write_text(dir, "exchanges.jsonl", others[i].text));
        PL_KIT_STATUS(pl__transport_replay_new(dir, NULL, &t, &err), others[i].rc, &err);
        assert_non_null(strstr(err.msg, path));
    }
    PL_KIT_STATUS(pl__transport_replay_new("/nonexistent", NULL, &t, &err), PL_E_NOT_FOUND, &err);
    free(all);
    free(path);
    free(dir);
}

/* The limit on a file's size stands for a full disk: replies go on coming, and the recording says why it ended. */
static void a_full_disk_loses_no_reply(void **state)
{
    char *dir = pl__kit_path(*state, "full");
    struct rlimit before;
    struct rlimit tight;
    pl_transport *script = NULL;
    pl_transport *t = NULL;
    pl_error err = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 800;
    signal(SIGXFSZ, SIG_IGN);
    PL_KIT_OK(pl__transport_script_new(answer_in_turn, NULL, &script, &err), &err);
    PL_KIT_OK(pl__transport_record_new(script, dir, &t, &err), &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (size_t i = 0; i < 4; i++) {
        PL_KIT_OK(submit(t, "http://h/v1", text, i, &err), &err);
        pl_http_completion done = one(t);
        check_reply(&done, &replies[i]);
        pl__http_reply_clear(&done.reply);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    PL_KIT_STATUS(pl__transport_record_problem(t, &err), PL_E_FULL, &err);
    assert_non_null(strstr(err.msg, "recording: "));
    err = (pl_error){0};
    t->ops->free(t);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    assert_int_equal(pl__transport_replay_broken(t), 0);
    assert_true(pl__transport_replay_count(t) > 0);
    t->ops->free(t);
    free(dir);
}

/* A pause costs the clock, not the person; in time, replies take as long as they took. */
static void time_is_moved_or_kept(void **state)
{
    char *dir = pl__kit_path(*state, "time");
    pl_transport *t = NULL;
    pl_http_completion done = {0};
    pl_error err = {0};
    size_t n = 0;
    record(dir, 2);
    PL_KIT_OK(pl__transport_replay_new(dir, NULL, &t, &err), &err);
    const pl_clock *clock = pl__transport_replay_clock(t);
    uint64_t day_ns = UINT64_C(86400000000000);
    uint64_t from_ns = clock->now_mono_ns(clock->user);
    int64_t from_ms = clock->now_unix_ms(clock->user);
    PL_KIT_OK(t->ops->poll(t, from_ns + day_ns, &done, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_true(clock->now_mono_ns(clock->user) >= from_ns + day_ns);
    assert_true(clock->now_unix_ms(clock->user) >= from_ms + 86399000);
    t->ops->wake(t);
    PL_KIT_OK(t->ops->poll(t, UINT64_MAX, &done, 1, &n, &err), &err);
    assert_int_equal(n, 0);
    PL_KIT_OK(submit(t, "http://127.0.0.1:1/v1/chat?api-version=2&sig=", text, 1, &err), &err);
    t->ops->cancel_all(t);
    done = one(t);
    assert_int_equal(done.failure, PL_HTTP_CANCELLED);
    t->ops->free(t);

    const pl_replay_opts in_time = {.in_time = true};
    PL_KIT_OK(pl__transport_replay_new(dir, &in_time, &t, &err), &err);
    clock = pl__transport_replay_clock(t);
    for (size_t i = 0; i < 2; i++) {
        from_ns = clock->now_mono_ns(clock->user);
        PL_KIT_OK(submit(t, "http://127.0.0.1:1/v1/chat?api-version=2&sig=", text, i, &err), &err);
        done = one(t);
        assert_true(clock->now_mono_ns(clock->user) - from_ns >= replies[i].delay_ns);
        check_reply(&done, &replies[i]);
        pl__http_reply_clear(&done.reply);
    }
    t->ops->free(t);
    free(dir);
}

static pl_status record_and_replay(void *user, pl_error *err)
{
    pl_transport *script = NULL;
    pl_transport *t = NULL;
    pl_http_completion done = {0};
    size_t n = 0;
    char *path = pl__kit_path(user, "exchanges.jsonl");
    (void)remove(path);
    free(path);
    pl_status rc = pl__transport_script_new(answer_in_turn, NULL, &script, err);
    rc = rc ? rc : pl__transport_record_new(script, user, &t, err);
    if (rc) {
        if (script)
            script->ops->free(script);
        return rc;
    }
    rc = submit(t, "http://h/v1", text, 1, err);
    rc = rc ? rc : t->ops->poll(t, UINT64_MAX, &done, 1, &n, err);
    rc = rc ? rc : pl__transport_record_problem(t, err);
    pl__http_reply_clear(&done.reply);
    t->ops->free(t);
    t = NULL;
    rc = rc ? rc : pl__transport_replay_new(user, NULL, &t, err);
    rc = rc ? rc : submit(t, "http://h/v1", text, 1, err);
    rc = rc ? rc : t->ops->poll(t, UINT64_MAX, &done, 1, &n, err);
    if (rc == PL_OK && done.error.code == PL_E_NOMEM) {
        rc = done.error.code;
        *err = done.error;
    }
    pl__http_reply_clear(&done.reply);
    if (t)
        t->ops->free(t);
    return rc;
}

static void survives_refused_memory(void **state)
{
    char *dir = pl__kit_path(*state, "memory");
    pl__kit_fault_loop("record and replay", record_and_replay, dir);
    free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_come_back_in_turn),  cmocka_unit_test(what_was_not_recorded_is_said),
        cmocka_unit_test(recordings_can_be_shown),    cmocka_unit_test(cut_and_broken_lines_are_left_out),
        cmocka_unit_test(a_full_disk_loses_no_reply), cmocka_unit_test(time_is_moved_or_kept),
        cmocka_unit_test(survives_refused_memory),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, pl__kit_temp_setup, pl__kit_temp_teardown);
}
