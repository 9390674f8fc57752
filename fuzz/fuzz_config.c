/* Same input, same result; accepted if and only if there is a config; its canonical form reads back to the same bytes.
 */
#include "config.h"
#include "error.h"

#include <string.h>

static pl_str canonical(const pl_config *config)
{
    pl_str out;
    pl_error err = {0};
    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_canonical(config, &out, &err);
    PL_ASSERT(rc == PL_OK);
    (void)rc;
    return out;
}

static void check_accepted(const pl_config *config)
{
    pl_config *back = NULL;
    pl_error err = {0};
    pl_str first = canonical(config);
    pl_status rc = pl__config_from_canonical(pl__view_n(first.ptr, first.len), &back, &err);
    PL_ASSERT(rc == PL_OK && back);
    (void)rc;
    pl_str second = canonical(back);
    PL_ASSERT(pl__view_eq(pl__view_n(first.ptr, first.len), pl__view_n(second.ptr, second.len)));
    for (uint32_t i = 0; i < config->n_models; i++)
        PL_ASSERT(pl__digest_eq(&config->models[i].identity, &back->models[i].identity));
    pl__str_clear(&first);
    pl__str_clear(&second);
    pl__config_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_config *config = NULL;
    pl_config *again = NULL;
    pl_error err = {0};
    pl_error err_again = {0};
    pl_str problems;
    pl_str problems_again;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl__str_init(&problems_again, PL_STR_LIMIT_DEFAULT);

    pl_status rc = pl__config_parse("f.yaml", text, &config, &problems, &err);
    pl_status rc_again = pl__config_parse("f.yaml", text, &again, &problems_again, &err_again);
    PL_ASSERT((rc == PL_OK) == (config != NULL));
    PL_ASSERT((rc == PL_E_PARSE) == (problems.len > 0));
    PL_ASSERT(rc == rc_again && strcmp(err.msg, err_again.msg) == 0);
    PL_ASSERT(strcmp(pl__str_c(&problems), pl__str_c(&problems_again)) == 0);
    if (config && rc_again == PL_OK)
        check_accepted(config);
    pl__str_clear(&problems);
    pl__str_clear(&problems_again);
    pl__config_free(config);
    pl__config_free(again);
    return 0;
}
