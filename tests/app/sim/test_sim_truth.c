#include "sim_kit.h"

#include <stdlib.h>

#define SCENES 40u

static void truth_is_measured_and_independent_of_threads(void **state)
{
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    double one[6];
    double four[6];
    double others[6];
    (void)state;
    PL_KIT_OK(pl__sim_pool_default(6, 1, &pool, &err), &err);
    PL_KIT_OK(pl__sim_measure_truth(pool, SCENES, 25, 1, 1, one, &err), &err);
    PL_KIT_OK(pl__sim_measure_truth(pool, SCENES, 25, 1, 4, four, &err), &err);
    PL_KIT_OK(pl__sim_measure_truth(pool, SCENES, 65, 1, 4, others, &err), &err);
    bool differ = false;
    for (int i = 0; i < 6; i++) {
        assert_true(one[i] == four[i]);
        differ = differ || one[i] != others[i];
        if (i > 0)
            assert_true(one[i] > one[i - 1]);
    }
    assert_true(differ);
    assert_true(one[0] < 0.45 && one[5] > 0.85);
    PL_KIT_STATUS(pl__sim_measure_truth(pool, 0, 0, 1, 1, one, &err), PL_E_LIMIT, &err);
    pl__sim_pool_free(pool);
}

static pl_status measure_once(void *user, pl_error *err)
{
    double truth = 0.0;
    return pl__sim_measure_truth(user, 1, 0, 1, 1, &truth, err);
}

static void measuring_survives_refused_memory(void **state)
{
    pl_error err = {0};
    pl_sim_pool *pool = NULL;
    (void)state;
    PL_KIT_OK(pl__sim_pool_default(1, 1, &pool, &err), &err);
    pool->models[0].eyes.resolution_px = PL_SIM_RESOLUTION_MIN_PX;
    pl__kit_fault_loop("pl__sim_measure_truth", measure_once, pool);
    pl__sim_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truth_is_measured_and_independent_of_threads),
        cmocka_unit_test(measuring_survives_refused_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
