/* One thread writes, one reads, on one store. */
#include "store_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define CALLS 3000

typedef struct shared {
    pl_store *s;
    atomic_uint_fast64_t durable; /* calls 0 to this one (exclusive) were reported */
    atomic_uint failures;
} shared;

static void report(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    shared *x = user;
    (void)err;
    if (rc != PL_OK)
        atomic_fetch_add(&x->failures, 1);
    else
        atomic_store(&x->durable, tag + 1);
}

typedef struct scan {
    uint64_t unit;
    size_t n;
    bool wrong;
} scan;

static pl_status see(const pl_digest *task, const pl_store_call *call, void *user, pl_error *reterr)
{
    scan *v = user;
    (void)task;
    (void)reterr;
    /* No asserts: this is not the test's own thread. */
    v->wrong = v->wrong || call->usage.input_tokens / 10 != v->unit || call->body.len == 0;
    v->n++;
    return PL_OK;
}

static void *read_along(void *user)
{
    shared *x = user;
    pl_error err = {0};
    uint64_t durable = 0;

    while (durable < CALLS && atomic_load(&x->failures) == 0) {
        durable = atomic_load(&x->durable);
        for (uint64_t unit = durable > 200 ? durable / 10 - 20 : 0; unit < durable / 10; unit++) {
            scan v = {.unit = unit};
            pl_digest key = store_kit_digest("unit", unit);
            if (x->s->ops->unit_each(x->s, &key, true, see, &v, &err) != PL_OK || v.n != 10 || v.wrong)
                atomic_fetch_add(&x->failures, 1);
        }
    }
    return NULL;
}

static void run(pl_store *s)
{
    shared x = {.s = s};
    pl_store_writer *w = NULL;
    pl_error err = {0};
    char text[STORE_KIT_TEXT_BYTES];
    pthread_t reader;

    PL_KIT_OK(pl__store_writer_new(s, report, &x, &w, &err), &err);
    assert_int_equal(pthread_create(&reader, NULL, read_along, &x), 0);
    for (uint64_t i = 0; i < CALLS; i++) {
        const pl_store_write writes[] = {store_kit_call(i, text), store_kit_task(i / 10, i, i)};
        PL_KIT_OK(pl__store_writer_submit(w, writes, 2, i, &err), &err);
    }
    pl__store_writer_free(w);
    (void)pthread_join(reader, NULL);
    assert_int_equal(atomic_load(&x.failures), 0);
    assert_int_equal(atomic_load(&x.durable), CALLS);
}

static void test_memory(void **state)
{
    pl_store *s = NULL;
    pl_error err = {0};
    (void)state;

    PL_KIT_OK(pl__store_open_memory(&s, &err), &err);
    run(s);
    pl__store_close(s);
}

static void test_sqlite(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    pl_store *s = store_kit_open(path);

    run(s);
    pl__store_close(s);
    store_kit_integrity(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test_setup_teardown(test_sqlite, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    return cmocka_run_group_tests_name("store on two threads", tests, NULL, NULL);
}
