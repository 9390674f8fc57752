#include "pool.h"

#include "error.h"

/* A path as a YAML double-quoted scalar: JSON's escapes are a subset of YAML's. */
static pl_status append_quoted(pl_str *out, const char *text)
{
    pl_status rc = pl__str_append_char(out, '"');
    if (!rc)
        rc = pl__str_append_json_escaped(out, pl__view(text));
    return rc ? rc : pl__str_append_char(out, '"');
}

static pl_status append_model(const pl_sim_pool *pool, uint32_t i, uint16_t port, pl_str *out)
{
    const pl_sim_model *m = &pool->models[i];
    return pl__str_appendf(out,
                           "  - name: \"%s\"\n"
                           "    provider: openai\n"
                           "    model: \"%s\"\n"
                           "    base_url: http://127.0.0.1:%u/v1\n"
                           "    endpoint: sim-%llu\n"
                           "    family: \"%s\"\n"
                           "    params: {temperature: 0, max_tokens: 512}\n"
                           "    limits: {concurrency: 16}\n",
                           m->name, m->name, (unsigned)port, (unsigned long long)pool->seed, m->family);
}

pl_status pl__sim_config(const pl_sim_pool *pool, uint16_t port, const char *images, const char *store, uint64_t seed,
                         pl_str *out, pl_error *reterr)
{
    pl_status rc = pl__str_append_c(out, "# The simulated pool: small models that really look at the images.\n"
                                         "version: 1\n"
                                         "data:\n"
                                         "  images: ");
    if (!rc)
        rc = append_quoted(out, images);
    if (!rc)
        rc = pl__str_append_c(out, "\nmodels:\n");
    for (uint32_t i = 0; !rc && i < pool->n_models; i++)
        rc = append_model(pool, i, port, out);
    if (!rc)
        rc = pl__str_append_c(out, "evaluations:\n"
                                   "  peer_review: {questions: generated, judges: author, order: both, design: full}\n"
                                   "store: ");
    if (!rc)
        rc = append_quoted(out, store);
    if (!rc)
        rc = pl__str_appendf(out, "\nseed: %llu\n", (unsigned long long)seed);
    return rc ? pl__fail(reterr, rc, "the config of a simulated pool") : PL_OK;
}
