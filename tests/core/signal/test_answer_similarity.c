#include "answer_table.h"
#include "kit.h"
#include "similarity_golden.h"

static void goldens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(similarity_goldens) / sizeof(similarity_goldens[0]); i++) {
        const similarity_golden *g = &similarity_goldens[i];
        double x = -1.0;
        PL_KIT_OK(pl__similarity_bleu(g->sample, g->answer, &x), NULL);
        PL_KIT_CLOSE(x, g->bleu, 1e-12);
        PL_KIT_OK(pl__similarity_rouge(g->sample, g->answer, &x), NULL);
        PL_KIT_CLOSE(x, g->rouge, 1e-12);
    }
}

static void exact(void **state)
{
    (void)state;
    assert_true(pl__similarity_exact(" B\n", "B") == 1.0);
    assert_true(pl__similarity_exact("b", "B") == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(goldens), cmocka_unit_test(exact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
