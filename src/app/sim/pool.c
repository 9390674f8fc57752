#include "pool.h"

#include "alloc.h"
#include "error.h"
#include "hash.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_FAMILY "glimpse"
/* The default pool's eyes: resolutions from nearly blind to sharp, denser at the blind end where seeing improves
 * fastest. Finer cells gather less light, so their noise grows with the resolution. */
#define BLIND_PX 12.0
#define SHARP_PX 96.0
#define SPACING 1.45
#define NOISE_PER_PX 0.28

double pl__sim_usual_noise(uint32_t resolution_px)
{
    return NOISE_PER_PX * resolution_px;
}

pl_sim_pool *pl__sim_pool_new(uint32_t n_models, uint64_t seed)
{
    pl_sim_pool *pool = pl__calloc(1, sizeof(*pool));
    if (!pool)
        return NULL;
    pool->seed = seed;
    pool->models = pl__calloc(n_models, sizeof(*pool->models));
    if (!pool->models) {
        pl__free(pool);
        return NULL;
    }
    pool->n_models = n_models;
    return pool;
}

void pl__sim_pool_free(pl_sim_pool *pool)
{
    if (!pool)
        return;
    for (uint32_t i = 0; i < pool->n_models; i++) {
        pl__free(pool->models[i].name);
        pl__free(pool->models[i].family);
    }
    pl__free(pool->models);
    pl__free(pool);
}

uint32_t pl__sim_pool_count(const pl_sim_pool *pool)
{
    return pool->n_models;
}

const char *pl__sim_pool_name(const pl_sim_pool *pool, uint32_t model)
{
    return model < pool->n_models ? pool->models[model].name : "";
}

uint32_t pl__sim_pool_find(const pl_sim_pool *pool, pl_view name)
{
    for (uint32_t i = 0; i < pool->n_models; i++) {
        if (pl__view_eq_str(name, pool->models[i].name))
            return i;
    }
    return UINT32_MAX;
}

/* Families take styles in the order of their first model. */
static uint32_t style_of(const pl_sim_pool *pool, uint32_t i)
{
    uint32_t families = 0;
    for (uint32_t k = 0; k < i; k++) {
        bool first = true;
        if (strcmp(pool->models[k].family, pool->models[i].family) == 0)
            return pool->models[k].style;
        for (uint32_t j = 0; j < k; j++)
            first = first && strcmp(pool->models[j].family, pool->models[k].family) != 0;
        families += first ? 1u : 0u;
    }
    return families % PL_SIM_STYLES;
}

pl_status pl__sim_pool_name_model(pl_sim_pool *pool, uint32_t i, const char *name, const char *family, pl_error *reterr)
{
    pl_sim_model *m = &pool->models[i];
    m->name = pl__strdup(name);
    m->family = pl__strdup(family ? family : DEFAULT_FAMILY);
    if (!m->name || !m->family)
        return pl__fail(reterr, PL_E_NOMEM, "model %u of the simulated pool", (unsigned)i);
    m->style = style_of(pool, i);
    return PL_OK;
}

pl_status pl__sim_pool_add_fault(pl_sim_pool *pool, const char *spec, pl_error *reterr)
{
    pl_status rc = PL_OK;
    for (uint32_t i = 0; !rc && i < pool->n_models; i++)
        rc = pl__sim_faults_add(&pool->models[i].faults, pl__view(spec), reterr);
    return rc;
}

pl_status pl__sim_pool_add_habit(pl_sim_pool *pool, const char *spec, pl_error *reterr)
{
    pl_status rc = PL_OK;
    for (uint32_t i = 0; !rc && i < pool->n_models; i++)
        rc = pl__sim_habits_add(&pool->models[i].habits, pl__view(spec), reterr);
    return rc;
}

pl_status pl__sim_pool_default(uint32_t n_models, uint64_t seed, pl_sim_pool **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_sim_pool *pool = NULL;
    uint32_t before = 0;

    if (n_models == 0 || n_models > PL_SIM_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a simulated pool has 1 to %d models", PL_SIM_MODELS_MAX);
    pool = pl__sim_pool_new(n_models, seed);
    if (!pool) {
        rc = pl__fail(reterr, PL_E_NOMEM, "a simulated pool of %u models", (unsigned)n_models);
        goto out;
    }
    for (uint32_t i = 0; i < n_models; i++) {
        char name[32];
        double t = n_models > 1 ? i / (n_models - 1.0) : 1.0;
        double px = BLIND_PX * pow(SHARP_PX / BLIND_PX, pow(t, SPACING));
        uint32_t resolution = (uint32_t)floor(px + 0.5);
        if (resolution <= before)
            resolution = before + 1u; /* names are resolutions: no two alike */
        before = resolution;
        pool->models[i].eyes.resolution_px = resolution;
        pool->models[i].eyes.noise = pl__sim_usual_noise(resolution);
        (void)snprintf(name, sizeof(name), "glimpse-%u", (unsigned)resolution);
        rc = pl__sim_pool_name_model(pool, i, name, NULL, reterr);
        if (rc)
            goto out;
    }
    *ret = pool;
    pool = NULL;
out:
    pl__sim_pool_free(pool);
    return rc;
}
