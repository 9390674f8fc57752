#include "response_files.h"

#include "error.h"

#include <string.h>

bool pl__response_files_given(const pl_args *args)
{
    return pl__arg_given(args, "responses") || pl__arg_given(args, "model");
}

/* The words stay the arguments'; names are cut out of them into the arena. */
static pl_status named_sources(const char *const *words, size_t n, pl_arena *arena, pl_import_source *sources,
                               pl_error *reterr)
{
    for (size_t i = 0; i < n; i++) {
        const char *equals = strchr(words[i], '=');

        if (!equals || equals == words[i] || equals[1] == '\0')
            return pl__fail(reterr, PL_E_INVALID, "--model takes NAME=FILE, not \"%.200s\"", words[i]);
        sources[i].path = equals + 1;
        sources[i].model = pl__arena_strndup(arena, words[i], (size_t)(equals - words[i]));
        if (!sources[i].model)
            return pl__fail(reterr, PL_E_NOMEM, "options");
    }
    return PL_OK;
}

static bool is_named(const pl_import_source *named, size_t n, const char *path)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(named[i].path, path) == 0)
            return true;
    }
    return false;
}

pl_status pl__response_files_read(const pl_args *args, pl_import *ret, pl_error *reterr)
{
    size_t n_paths = 0;
    size_t n_named = 0;
    const char *const *paths = pl__arg_list(args, "responses", &n_paths);
    const char *const *named = pl__arg_list(args, "model", &n_named);
    pl_import_source *sources = NULL;
    const pl_records_opts opts = {.skip_bad = pl__arg_given(args, "skip-bad"), .threads = pl__arg_threads(args)};
    pl_arena arena;
    size_t n = n_named;
    pl_status rc = PL_OK;

    pl__arena_init(&arena);
    sources = pl__arena_calloc(&arena, n_paths + n_named, sizeof(*sources));
    if (!sources)
        return pl__fail(reterr, PL_E_NOMEM, "options"); /* nothing is in the arena */
    rc = named_sources(named, n_named, &arena, sources, reterr);
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        if (!is_named(sources, n_named, paths[i]))
            sources[n++].path = paths[i];
    }
    if (rc == PL_OK)
        rc = pl__import_responses(sources, n, &opts, ret, reterr);
    pl__arena_clear(&arena);
    return rc;
}
