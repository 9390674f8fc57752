#include "kit.h"

#include "alloc.h"
#include "delay_queue.h"

#include <pthread.h>

#define ROOM 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int begun[ROOM];
static int fired[ROOM];
static size_t n_begun;
static size_t n_fired;
static int numbers[ROOM];

static void begin(void *thing)
{
    (void)pthread_mutex_lock(&lock);
    begun[n_begun++] = *(int *)thing;
    (void)pthread_mutex_unlock(&lock);
}

static void fire(void *thing)
{
    (void)pthread_mutex_lock(&lock);
    fired[n_fired++] = *(int *)thing;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void await(size_t n)
{
    (void)pthread_mutex_lock(&lock);
    while (n_fired < n)
        (void)pthread_cond_wait(&changed, &lock);
    (void)pthread_mutex_unlock(&lock);
}

static int reset(void **state)
{
    (void)state;
    n_begun = 0;
    n_fired = 0;
    for (int i = 0; i < ROOM; i++)
        numbers[i] = i;
    return 0;
}

static void fires_each_once_when_it_is_due(void **state)
{
    static const uint32_t delays_ms[] = {40, 10, 70, 0, 60, 30, 50};
    bool seen[7] = {false};
    pl_delay_queue *queue = NULL;
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__delay_queue_new(ROOM, fire, &queue, &err), &err);
    for (int i = 0; i < 7; i++)
        assert_true(pl__delay_queue_add(queue, delays_ms[i], begin, &numbers[i]));
    await(7);
    pl__delay_queue_free(queue);
    assert_int_equal(n_fired, 7);
    for (int i = 0; i < 7; i++) {
        assert_false(seen[fired[i]]);
        seen[fired[i]] = true;
    }
}

static void closing_fires_all_that_waits_in_order(void **state)
{
    pl_delay_queue *queue = NULL;
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__delay_queue_new(ROOM, fire, &queue, &err), &err);
    for (int i = 0; i < 20; i++)
        assert_true(pl__delay_queue_add(queue, 3600000u + (uint32_t)(i * 7 % 20), begin, &numbers[i]));
    pl__delay_queue_close(queue);
    assert_int_equal(n_fired, 20);
    for (int i = 1; i < 20; i++)
        assert_true(fired[i - 1] * 7 % 20 < fired[i] * 7 % 20);
    assert_false(pl__delay_queue_add(queue, 0, begin, &numbers[30]));
    assert_int_equal(n_begun, 20);
    pl__delay_queue_close(queue);
    pl__delay_queue_free(queue);
}

static void refuses_more_than_there_is_room_for(void **state)
{
    pl_delay_queue *queue = NULL;
    pl_error err = {0};

    (void)state;
    PL_KIT_OK(pl__delay_queue_new(2, fire, &queue, &err), &err);
    assert_true(pl__delay_queue_add(queue, 3600000, begin, &numbers[0]));
    assert_true(pl__delay_queue_add(queue, UINT32_MAX, begin, &numbers[1]));
    assert_false(pl__delay_queue_add(queue, 1, begin, &numbers[2]));
    assert_int_equal(n_begun, 2);
    pl__delay_queue_free(queue);
    assert_int_equal(n_fired, 2);
    pl__delay_queue_free(NULL);
}

static pl_status make_and_free(void *user, pl_error *err)
{
    pl_delay_queue *queue = NULL;
    pl_status rc = pl__delay_queue_new(ROOM, fire, &queue, err);
    (void)user;
    pl__delay_queue_free(queue);
    return rc;
}

static void survives_refused_allocations(void **state)
{
    (void)state;
    pl__kit_fault_loop("delay queue", make_and_free, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(fires_each_once_when_it_is_due, reset),
        cmocka_unit_test_setup(closing_fires_all_that_waits_in_order, reset),
        cmocka_unit_test_setup(refuses_more_than_there_is_room_for, reset),
        cmocka_unit_test_setup(survives_refused_allocations, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
