#include "dialects.h"
#include "error.h"
#include "pool.h"

#include <string.h>

/* A path as a YAML double-quoted scalar: JSON's escapes are a subset of YAML's. */
static pl_status append_quoted(pl_str *out, const char *text)
{
    pl_status rc = pl__str_append_char(out, '"');
    if (!rc)
        rc = pl__str_append_json_escaped(out, pl__view(text));
    return rc ? rc : pl__str_append_char(out, '"');
}

/* Of the i-th model; NULL: there is no such dialect. Only OpenAI's clients have the version in their base URL. */
static const pl_sim_dialect *dialect_of(const char *name, uint32_t i)
{
    if (!name)
        return &pl__sim_dialect_openai;
    if (strcmp(name, "mixed") == 0)
        return pl__sim_dialect_at(i % PL_SIM_DIALECTS);
    for (uint32_t d = 0; d < PL_SIM_DIALECTS; d++) {
        if (strcmp(name, pl__sim_dialect_at(d)->name) == 0)
            return pl__sim_dialect_at(d);
    }
    return NULL;
}

static pl_status append_model(const pl_sim_pool *pool, uint32_t i, const pl_sim_dialect *dialect, uint16_t port,
                              pl_str *out)
{
    const pl_sim_model *m = &pool->models[i];
    pl_status rc =
        pl__str_appendf(out,
                        "  - name: \"%s\"\n"
                        "    provider: %s\n"
                        "    model: \"%s\"\n"
                        "    base_url: http://127.0.0.1:%u%s\n",
                        m->name, dialect->name, m->name, (unsigned)port, dialect->id == PL_SIM_OPENAI ? "/v1" : "");
    if (!rc && dialect->admit)
        rc = pl__str_append_c(out, "    api_key_env: PEERLESS_SIM_KEY # any value is good\n");
    return rc ? rc
              : pl__str_appendf(out,
                                "    endpoint: sim-%llu\n"
                                "    family: \"%s\"\n"
                                "    params: {temperature: 0, max_tokens: 512}\n"
                                "    limits: {concurrency: 16}\n",
                                (unsigned long long)pool->seed, m->family);
}

pl_status pl__sim_config(const pl_sim_pool *pool, const pl_sim_config_opts *opts, pl_str *out, pl_error *reterr)
{
    if (!dialect_of(opts->dialect, 0))
        return pl__fail(reterr, PL_E_INVALID, "a dialect is openai, anthropic, gemini or mixed, not \"%s\"",
                        opts->dialect);
    pl_status rc = pl__str_append_c(out, "# The simulated pool: small models that really look at the images.\n"
                                         "version: 1\n"
                                         "data:\n"
                                         "  images: ");
    if (!rc)
        rc = append_quoted(out, opts->images);
    if (!rc)
        rc = pl__str_append_c(out, "\nmodels:\n");
    for (uint32_t i = 0; !rc && i < pool->n_models; i++)
        rc = append_model(pool, i, dialect_of(opts->dialect, i), opts->port, out);
    if (!rc)
        rc = pl__str_append_c(out, "evaluations:\n"
                                   "  peer_review: {questions: generated, judges: author, order: both, design: full}\n"
                                   "store: ");
    if (!rc)
        rc = append_quoted(out, opts->store);
    if (!rc)
        rc = pl__str_appendf(out, "\nseed: %llu\n", (unsigned long long)opts->seed);
    return rc ? pl__fail(reterr, rc, "the config of a simulated pool") : PL_OK;
}
