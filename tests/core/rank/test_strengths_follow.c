/* Strengths that follow a start against those that are fitted from nothing. */
#include "kit.h"
#include "strengths.h"

#include "alloc.h"
#include "rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_MAX 40u

typedef struct fixture {
    pl_win_matrix m;
    uint32_t models[N_MAX];
    double wins[N_MAX * N_MAX];
    double ties[N_MAX * N_MAX];
    double start[2 * N_MAX];
    double theta[N_MAX];
    double scratch[PL_STRENGTHS_SCRATCH(N_MAX)];
} fixture;

/* Games of models whose strengths differ by up to `spread`, the start being off by up to `noise`. */
static void draw(fixture *f, uint32_t n, double spread, double noise, uint64_t index)
{
    pl_rng rng;
    double x[N_MAX];
    pl__rng_init(&rng, pl__kit_seed(), "games", index);
    memset(f, 0, sizeof(*f));
    f->m = (pl_win_matrix){.n = n, .models = f->models, .wins = f->wins, .ties = f->ties};
    for (uint32_t i = 0; i < n; i++) {
        f->models[i] = 2 * (n - 1 - i); /* places are no indices */
        x[i] = spread * (pl__rng_uniform(&rng) - 0.5);
        f->start[f->models[i]] = x[i] + noise * (pl__rng_uniform(&rng) - 0.5);
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < i; j++) {
            for (uint64_t k = pl__rng_below(&rng, 300); k > 0; k--) {
                double u = pl__rng_uniform(&rng);
                double p = 0.9 / (1.0 + exp(x[j] - x[i]));
                if (u < p)
                    f->wins[i * n + j] += 1.0;
                else if (u < 0.9)
                    f->wins[j * n + i] += 1.0;
                else
                    f->ties[i * n + j] = f->ties[j * n + i] += 1.0;
                f->m.total += 1.0;
            }
        }
    }
}

static void the_same_strengths(void **state)
{
    static const uint32_t sizes[] = {1, 2, 3, 17, N_MAX};
    static fixture f;
    unsigned followed = 0;
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        double theta[N_MAX];
        pl_fit_report report;
        draw(&f, sizes[i % 5], 3.0, 0.4, i);
        pl_strengths_model model = {.ridge = i % 2 == 0 ? 1e-3 : 1.0};
        PL_KIT_OK(pl__strengths_fit(&f.m, NULL, &model, theta, &report), NULL);
        model.start = f.start;
        if (!pl__strengths_follow(&f.m, &model, f.theta, f.scratch))
            continue;
        followed++;
        for (uint32_t k = 0; k < f.m.n; k++)
            PL_KIT_CLOSE(f.theta[k], theta[k], 1e-9 * (1.0 + fabs(theta[k])));
    }
    assert_true(followed >= 20);
}

static void where_it_gives_up(void **state)
{
    static fixture f;
    (void)state;
    draw(&f, 5, 1.0, 0.1, 0);
    pl_strengths_model model = {.ridge = 1e-3, .start = f.start};
    assert_true(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    model.davidson = true;
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    model = (pl_strengths_model){.ridge = 0.0, .start = f.start};
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    model = (pl_strengths_model){.ridge = 1e-3};
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    model.start = f.start;
    f.start[f.models[2]] += 4.0; /* far away */
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    f.start[f.models[2]] = (double)NAN;
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    f.start[f.models[2]] = 1e4;
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
    f.m.n = 0;
    assert_false(pl__strengths_follow(&f.m, &model, f.theta, f.scratch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_strengths),
        cmocka_unit_test(where_it_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
