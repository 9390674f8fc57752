#include "store_kit.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* A store whose writes wait for a gate and may fail: shows what becomes one commit. */
typedef struct gated {
    pl_store base; /* first */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_open;
    size_t commits, writes, waiting;
    size_t fail_at; /* the number of the commit that fails; 0: none */
} gated;

static pl_status gated_write(pl_store *s, const pl_store_write *writes, size_t n, pl_error *reterr)
{
    gated *g = (gated *)s;
    pl_status rc = PL_OK;

    (void)pthread_mutex_lock(&g->lock);
    g->waiting++;
    (void)pthread_cond_broadcast(&g->changed);
    while (!g->is_open)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    g->waiting--;
    g->commits++;
    if (g->commits == g->fail_at) {
        rc = PL_E_FULL;
        *reterr = (pl_error){.code = rc, .detail = 13, .msg = "no space left"};
    } else {
        for (size_t i = 0; i < n; i++) /* bodies were copied: the caller's are gone */
            g->writes += writes[i].kind == PL_WRITE_CALL && writes[i].u.call.body.len > 0;
    }
    (void)pthread_mutex_unlock(&g->lock);
    return rc;
}

static void wait_for_commit(gated *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (g->waiting == 0)
        (void)pthread_cond_wait(&g->changed, &g->lock);
    (void)pthread_mutex_unlock(&g->lock);
}

static void open_gate(gated *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->is_open = true;
    (void)pthread_cond_broadcast(&g->changed);
    (void)pthread_mutex_unlock(&g->lock);
}

typedef struct reports {
    uint64_t n, next_tag, failures;
    pl_error last;
    pl_store_writer *again; /* submits once from inside done */
} reports;

static void report(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    reports *r = user;
    r->n++;
    r->failures += rc != PL_OK;
    if ((rc == PL_OK) != (err == NULL) || tag != r->next_tag)
        r->next_tag = UINT64_MAX; /* found below */
    else
        r->next_tag++;
    if (err)
        r->last = *err;
    if (r->again) {
        char text[STORE_KIT_TEXT_BYTES];
        pl_store_write w = store_kit_call(100, text);
        pl_store_writer *writer = r->again;
        r->again = NULL;
        if (pl__store_writer_submit(writer, &w, 1, 1, NULL) != PL_OK)
            r->next_tag = UINT64_MAX;
    }
}

static void submit(pl_store_writer *w, uint64_t tag)
{
    char text[STORE_KIT_TEXT_BYTES];
    pl_error err = {0};
    pl_store_write write = store_kit_call(tag, text);

    PL_KIT_OK(pl__store_writer_submit(w, &write, 1, tag, &err), &err);
    memset(text, 'x', sizeof(text));
}

static void gated_init(gated *g, pl_store_ops *ops)
{
    memset(g, 0, sizeof(*g));
    memset(ops, 0, sizeof(*ops));
    ops->write = gated_write;
    g->base.ops = ops;
    assert_int_equal(pthread_mutex_init(&g->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&g->changed, NULL), 0);
}

static void gated_clear(gated *g)
{
    (void)pthread_cond_destroy(&g->changed);
    (void)pthread_mutex_destroy(&g->lock);
}

static void test_what_waits_is_committed_together(void **state)
{
    pl_store_ops ops;
    gated g;
    reports r = {0};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    (void)state;

    gated_init(&g, &ops);
    PL_KIT_OK(pl__store_writer_new(&g.base, report, &r, &w, &err), &err);
    submit(w, 0);
    wait_for_commit(&g); /* the first one is on its way; the rest has to wait */
    for (uint64_t tag = 1; tag <= 1000; tag++)
        submit(w, tag);
    open_gate(&g);
    pl__store_writer_free(w);
    assert_int_equal(g.commits, 2);
    assert_int_equal(g.writes, 1001);
    assert_int_equal(r.n, 1001);
    assert_int_equal(r.next_tag, 1001);
    assert_int_equal(r.failures, 0);
    gated_clear(&g);
}

static void test_a_commit_has_a_limit(void **state)
{
    pl_store_ops ops;
    gated g;
    reports r = {0};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    (void)state;

    gated_init(&g, &ops);
    PL_KIT_OK(pl__store_writer_new(&g.base, report, &r, &w, &err), &err);
    submit(w, 0);
    wait_for_commit(&g);
    for (uint64_t tag = 1; tag <= 5000; tag++)
        submit(w, tag);
    open_gate(&g);
    pl__store_writer_free(w);
    assert_int_equal(g.commits, 1 + 3); /* 2048, 2048, 904 */
    assert_int_equal(g.writes, 5001);
    assert_int_equal(r.next_tag, 5001);
    gated_clear(&g);
}

static void test_after_a_failure_everything_fails(void **state)
{
    pl_store_ops ops;
    gated g;
    reports r = {0};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    char text[STORE_KIT_TEXT_BYTES];
    (void)state;

    gated_init(&g, &ops);
    g.fail_at = 2;
    PL_KIT_OK(pl__store_writer_new(&g.base, report, &r, &w, &err), &err);
    submit(w, 0);
    wait_for_commit(&g);
    for (uint64_t tag = 1; tag <= 3000; tag++) /* more than one commit takes */
        submit(w, tag);
    open_gate(&g);
    pl_status rc = PL_OK;
    uint64_t accepted = 3001;
    for (; rc == PL_OK; accepted++) {
        pl_store_write write = store_kit_call(accepted, text);
        rc = pl__store_writer_submit(w, &write, 1, accepted, &err);
    }
    accepted--; /* the last one was refused */
    assert_int_equal(rc, PL_E_FULL);
    assert_string_equal(err.msg, "no space left");
    pl__store_writer_free(w);
    assert_int_equal(r.n, accepted);
    assert_int_equal(r.failures, accepted - 1);
    assert_int_equal(r.next_tag, accepted);
    assert_int_equal(r.last.detail, 13);
    assert_int_equal(g.commits, 2); /* nothing is tried after it */
    gated_clear(&g);
}

static void test_done_may_submit(void **state)
{
    pl_store *s = NULL;
    reports r = {0};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    (void)state;

    PL_KIT_OK(pl__store_open_memory(&s, &err), &err);
    PL_KIT_OK(pl__store_writer_new(s, report, &r, &w, &err), &err);
    r.again = w; /* before anything is submitted: the thread has not looked at it */
    submit(w, 0);
    for (int i = 0; i < 1000 && !store_kit_has_call(s, 100); i++)
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    pl__store_writer_free(w);
    assert_true(store_kit_has_call(s, 100));
    assert_int_equal(r.next_tag, 2);
    pl__store_close(s);
}

static void test_mistakes_are_refused_at_once(void **state)
{
    pl_store *s = NULL;
    reports r = {0};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    char text[STORE_KIT_TEXT_BYTES];
    (void)state;

    PL_KIT_OK(pl__store_open_memory(&s, &err), &err);
    PL_KIT_OK(pl__store_writer_new(s, report, &r, &w, &err), &err);
    pl_store_write bad = store_kit_call(7, text);
    bad.u.call.body = pl__view_n(text, PL_STORE_BODY_BYTES_MAX + 1);
    PL_KIT_STATUS(pl__store_writer_submit(w, &bad, 1, 0, &err), PL_E_LIMIT, &err);
    submit(w, 0); /* one bad reply does not stop the rest */
    pl__store_writer_free(w);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.failures, 0);
    pl__store_writer_free(NULL);
    pl__store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_waits_is_committed_together), cmocka_unit_test(test_a_commit_has_a_limit),
        cmocka_unit_test(test_after_a_failure_everything_fails), cmocka_unit_test(test_done_may_submit),
        cmocka_unit_test(test_mistakes_are_refused_at_once),
    };
    return cmocka_run_group_tests_name("store writer", tests, NULL, NULL);
}
