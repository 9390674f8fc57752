#include "thread.h"

#include "alloc.h"
#include "error.h"
#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>

enum { N = 5000 };

typedef struct work {
    atomic_int runs[N];
    size_t fail_every; /* 0: never */
    size_t fail_from;
} work;

static pl_status step(size_t index, void *user, pl_error *reterr)
{
    work *w = user;
    atomic_fetch_add(&w->runs[index], 1);
    if (w->fail_every > 0 && index >= w->fail_from && index % w->fail_every == 0)
        return pl__fail(reterr, index % 2 == 0 ? PL_E_RANGE : PL_E_PARSE, "index %zu", index);
    return PL_OK;
}

static const uint32_t thread_counts[] = {0, 1, 2, 3, 16, 100000};
#define N_COUNTS (sizeof(thread_counts) / sizeof(thread_counts[0]))

static void test_each_index_once(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_COUNTS; t++) {
        static work w;
        for (size_t i = 0; i < N; i++)
            atomic_store(&w.runs[i], 0);
        pl_error err = {0};
        PL_KIT_OK(pl__parallel_for(N, thread_counts[t], step, &w, &err), &err);
        for (size_t i = 0; i < N; i++)
            assert_int_equal(atomic_load(&w.runs[i]), 1);
    }
    PL_KIT_OK(pl__parallel_for(0, 4, step, NULL, NULL), NULL);
}

static void test_the_lowest_failure_wins(void **state)
{
    (void)state;
    for (size_t t = 0; t < N_COUNTS; t++) {
        for (int repeat = 0; repeat < 20; repeat++) {
            static work w;
            w.fail_every = 3;
            w.fail_from = 1000;
            pl_error err = {0};
            PL_KIT_STATUS(pl__parallel_for(N, thread_counts[t], step, &w, &err), PL_E_RANGE, &err);
            assert_string_equal(err.msg, "index 1002");
            PL_KIT_STATUS(pl__parallel_for(N, thread_counts[t], step, &w, NULL), PL_E_RANGE, NULL);
        }
    }
}

static pl_status wordless(size_t index, void *user, pl_error *reterr)
{
    (void)index;
    (void)user;
    (void)reterr;
    return PL_E_NOMEM;
}

static void test_an_error_is_always_filled(void **state)
{
    (void)state;
    pl_error err = {0};
    PL_KIT_STATUS(pl__parallel_for(10, 2, wordless, NULL, &err), PL_E_NOMEM, &err);
    assert_int_equal(err.code, PL_E_NOMEM);
}

typedef struct rendezvous {
    pthread_barrier_t barrier;
} rendezvous;

static pl_status meet(size_t index, void *user, pl_error *reterr)
{
    (void)index;
    (void)reterr;
    rendezvous *r = user;
    (void)pthread_barrier_wait(&r->barrier);
    return PL_OK;
}

/* Would never end if the three indices did not run at the same time. */
static void test_threads_are_threads(void **state)
{
    (void)state;
    rendezvous r;
    assert_int_equal(pthread_barrier_init(&r.barrier, NULL, 3), 0);
    PL_KIT_OK(pl__parallel_for(3, 3, meet, &r, NULL), NULL);
    (void)pthread_barrier_destroy(&r.barrier);
}

static pl_status allocate(size_t index, void *user, pl_error *reterr)
{
    (void)user;
    void *p = pl__malloc(index + 1);
    if (!p)
        return pl__fail(reterr, PL_E_NOMEM, "index %zu", index);
    pl__free(p);
    return PL_OK;
}

static pl_status allocate_all(void *user, pl_error *err)
{
    (void)user;
    return pl__parallel_for(50, 4, allocate, NULL, err);
}

/* The counters are exact across threads: one refusal, however many ask at once. */
static void test_refused_memory(void **state)
{
    (void)state;
    pl__kit_fault_loop("parallel_for", allocate_all, NULL);
}

typedef struct shared {
    pl_once *once;
    unsigned done;
} shared;

static void do_once(void *user)
{
    shared *s = user;
    s->done++;
}

static pl_status want(size_t index, void *user, pl_error *reterr)
{
    shared *s = user;
    (void)index;
    (void)reterr;
    pl__once_run(s->once, do_once, s);
    return s->done == 1 ? PL_OK : PL_E_INVALID;
}

static void test_once(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        shared s = {.once = pl__once_new()};
        assert_non_null(s.once);
        PL_KIT_OK(pl__parallel_for(16, 4, want, &s, NULL), NULL);
        assert_int_equal(s.done, 1);
        pl__once_free(s.once);
    }
    pl__once_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_index_once),
        cmocka_unit_test(test_the_lowest_failure_wins),
        cmocka_unit_test(test_an_error_is_always_filled),
        cmocka_unit_test(test_threads_are_threads),
        cmocka_unit_test(test_refused_memory),
        cmocka_unit_test(test_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
