#include "commands.h"
#include "out.h"

pl_config *pl__cli_config(const char *path, int *ret_exit)
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;
    pl_status rc = PL_OK;

    pl__str_init(&problems, (size_t)1 << 20);
    rc = pl__config_load(path, &config, &problems, &err);
    if (rc != PL_OK) {
        if (problems.len > 0) {
            pl_view rest = {problems.ptr, problems.len};

            while (rest.len > 0) {
                size_t n = pl__view_find(rest, pl__view("\n"));

                n = n == SIZE_MAX ? rest.len : n;
                pl__out_say("%.*s", (int)n, rest.ptr);
                rest = n < rest.len ? pl__view_n(rest.ptr + n + 1, rest.len - n - 1) : pl__view_n("", 0);
            }
            *ret_exit = pl__exit_of(rc);
        } else {
            *ret_exit = pl__out_error(&err);
        }
    }
    pl__str_clear(&problems);
    return config;
}

pl_setup *pl__cli_setup(const pl_config *config, int *ret_exit)
{
    pl_setup *setup = NULL;
    pl_error err = {0};

    if (pl__setup_new(config, &setup, &err) != PL_OK)
        *ret_exit = pl__out_error(&err);
    return setup;
}

/* The configuration's store need not exist yet; one that was named must. */
static pl_status open_store(const pl_args *args, const pl_config *config, pl_store **ret, pl_error *reterr)
{
    const char *path = pl__arg_text(args, "store", config->store);
    pl_status rc = pl__store_open_sqlite(path, PL_STORE_READ_ONLY, ret, reterr);

    return rc == PL_E_NOT_FOUND && !pl__arg_given(args, "store") ? PL_OK : rc;
}

static pl_status make_plan(const pl_args *args, const pl_setup *setup, pl_str *out, pl_error *reterr)
{
    pl_plan plan = {0};
    pl_estimate estimate = {0};
    pl_store *store = NULL;
    pl_status rc = open_store(args, setup->config, &store, reterr);

    if (rc == PL_OK)
        rc = pl__plan_new(setup, &plan, reterr);
    if (rc == PL_OK)
        rc = pl__estimate_new(setup, store, &estimate, reterr);
    if (rc == PL_OK)
        rc = pl__report_plan(&plan, &estimate, setup, args->format, out, reterr);
    pl__estimate_clear(&estimate);
    pl__plan_clear(&plan);
    pl__store_close(store);
    return rc;
}

int pl__cmd_plan(const pl_args *args)
{
    int code = PL_EXIT_OK;
    pl_config *config = pl__cli_config(pl__arg_text(args, "config", PL_CONFIG_DEFAULT), &code);
    pl_setup *setup = config ? pl__cli_setup(config, &code) : NULL;
    pl_error err = {0};
    pl_str out;

    pl__str_init(&out, PL_STR_LIMIT_DEFAULT);
    if (setup) {
        pl_status rc = make_plan(args, setup, &out, &err);

        code = rc == PL_OK ? pl__out_result(pl__view_n(pl__str_c(&out), out.len)) : pl__out_error(&err);
    }
    pl__str_clear(&out);
    pl__setup_free(setup);
    pl__config_free(config);
    return code;
}
