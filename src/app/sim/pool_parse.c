#include "pool.h"

#include "error.h"
#include "json.h"

#include <string.h>

#define NOISE_MAX 255.0

typedef struct vice_row {
    const char *name;
    size_t offset; /* in pl_sim_vices; SIZE_MAX: does not exist yet */
    double least;
} vice_row;

static const vice_row vice_rows[] = {
    {"position_bias", offsetof(pl_sim_vices, position_bias), -1.0},
    {"verbosity_preference", offsetof(pl_sim_vices, verbosity_preference), 0.0},
    {"family_preference", offsetof(pl_sim_vices, family_preference), 0.0},
    {"verbose_style", offsetof(pl_sim_vices, verbose_style), 0.0},
    {"malformed_verdicts", offsetof(pl_sim_vices, malformed_verdicts), 0.0},
    {"refusals", offsetof(pl_sim_vices, refusals), 0.0},
    {"bravado", SIZE_MAX, 0.0},
    {"timidity", SIZE_MAX, 0.0},
    {"off_list", SIZE_MAX, 0.0},
};

static const vice_row *find_vice(const char *name)
{
    for (size_t i = 0; i < sizeof(vice_rows) / sizeof(vice_rows[0]); i++) {
        if (strcmp(vice_rows[i].name, name) == 0)
            return &vice_rows[i];
    }
    return NULL;
}

static pl_status parse_vices(json_t *doc, pl_sim_vices *ret, pl_error *reterr)
{
    const char *key = NULL;
    json_t *value = NULL;
    for (void *it = json_object_iter(doc); it; it = json_object_iter_next(doc, it)) {
        key = json_object_iter_key(it);
        value = json_object_iter_value(it);
        const vice_row *row = find_vice(key);
        if (!row)
            return pl__fail(reterr, PL_E_PARSE, "vices: \"%s\" is not a vice", key);
        if (row->offset == SIZE_MAX)
            return pl__fail(reterr, PL_E_PARSE,
                            "vices: \"%s\" does not exist yet: nothing that it would show in is asked", key);
        double x = json_is_number(value) ? json_number_value(value) : -2.0;
        if (!(x >= row->least && x <= 1.0))
            return pl__fail(reterr, PL_E_PARSE, "vices: \"%s\" must be a number from %d to 1", key, (int)row->least);
        memcpy((char *)ret + row->offset, &x, sizeof(x));
    }
    return PL_OK;
}

static bool known_key(const char *key, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

static pl_status check_keys(json_t *doc, const char *const *keys, size_t n, pl_error *reterr)
{
    for (void *it = json_object_iter(doc); it; it = json_object_iter_next(doc, it)) {
        if (!known_key(json_object_iter_key(it), keys, n))
            return pl__fail(reterr, PL_E_PARSE, "unknown key \"%s\"", json_object_iter_key(it));
    }
    return PL_OK;
}

/* Names go into URLs' bodies, YAML and log lines: printable ASCII without quotes and spaces. */
static bool good_name(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !strchr("-_.:/@+", c))
            return false;
    }
    return n > 0 && n <= PL_SIM_NAME_BYTES_MAX;
}

/* A list of what goes wrong, as --faults takes it. */
static pl_status parse_faults(const json_t *doc, pl_sim_faults *ret, pl_error *reterr)
{
    const json_t *list = json_object_get(doc, "faults");
    pl_status rc = PL_OK;
    if (!list || json_is_null(list))
        return PL_OK;
    if (!json_is_array(list))
        return pl__fail(reterr, PL_E_PARSE, "faults must be a list such as [\"cut=0.05\"]");
    for (size_t i = 0; !rc && i < json_array_size(list); i++) {
        const json_t *spec = json_array_get(list, i);
        if (!json_is_string(spec))
            return pl__fail(reterr, PL_E_PARSE, "faults must be a list such as [\"cut=0.05\"]");
        rc = pl__sim_faults_add(ret, pl__view_n(json_string_value(spec), json_string_length(spec)), reterr);
    }
    return rc;
}

/* A list of what the endpoint does not do, as --abilities takes it. */
static pl_status parse_habits(const json_t *doc, pl_sim_habits *ret, pl_error *reterr)
{
    const json_t *list = json_object_get(doc, "abilities");
    pl_status rc = PL_OK;
    if (!list || json_is_null(list))
        return PL_OK;
    if (!json_is_array(list))
        return pl__fail(reterr, PL_E_PARSE, "abilities must be a list such as [\"no-images\"]");
    for (size_t i = 0; !rc && i < json_array_size(list); i++) {
        const json_t *spec = json_array_get(list, i);
        if (!json_is_string(spec))
            return pl__fail(reterr, PL_E_PARSE, "abilities must be a list such as [\"no-images\"]");
        rc = pl__sim_habits_add(ret, pl__view_n(json_string_value(spec), json_string_length(spec)), reterr);
    }
    return rc;
}

static pl_status parse_names(const json_t *doc, pl_sim_pool *pool, uint32_t i, pl_error *reterr)
{
    const char *name = NULL;
    const char *family = NULL;
    pl_status rc = pl__json_get_string(doc, "name", &name, reterr);
    if (!rc)
        rc = pl__json_get_string(doc, "family", &family, reterr);
    if (rc)
        return rc;
    if (!name || !good_name(name) || (family && !good_name(family)))
        return pl__fail(reterr, PL_E_PARSE,
                        "a name and a family are 1 to %u letters, digits or any of \"-_.:/@+\"; a name is required",
                        PL_SIM_NAME_BYTES_MAX);
    for (uint32_t k = 0; k < i; k++) {
        if (strcmp(pool->models[k].name, name) == 0)
            return pl__fail(reterr, PL_E_PARSE, "there are two models named \"%s\"", name);
    }
    return pl__sim_pool_name_model(pool, i, name, family, reterr);
}

static pl_status parse_model(json_t *doc, pl_sim_pool *pool, uint32_t i, pl_error *reterr)
{
    static const char *const keys[] = {"name", "family", "resolution", "noise", "vices", "faults", "abilities"};
    pl_sim_model *m = &pool->models[i];
    int64_t resolution = 0;
    double noise = -1.0;
    json_t *vices = json_object_get(doc, "vices");

    if (!json_is_object(doc))
        return pl__fail(reterr, PL_E_PARSE, "must be an object");
    pl_status rc = check_keys(doc, keys, sizeof(keys) / sizeof(keys[0]), reterr);
    if (!rc)
        rc = parse_names(doc, pool, i, reterr);
    if (!rc)
        rc = parse_faults(doc, &m->faults, reterr);
    if (!rc)
        rc = parse_habits(doc, &m->habits, reterr);
    if (!rc)
        rc = pl__json_get_integer(doc, "resolution", &resolution, reterr);
    if (!rc)
        rc = pl__json_get_number(doc, "noise", &noise, reterr);
    if (rc)
        return rc;
    if (resolution < PL_SIM_RESOLUTION_MIN_PX || resolution > PL_SIM_RESOLUTION_MAX_PX)
        return pl__fail(reterr, PL_E_PARSE, "resolution must be a whole number from %u to %u", PL_SIM_RESOLUTION_MIN_PX,
                        PL_SIM_RESOLUTION_MAX_PX);
    m->eyes.resolution_px = (uint32_t)resolution;
    m->eyes.noise = pl__sim_usual_noise(m->eyes.resolution_px);
    if (json_is_number(json_object_get(doc, "noise"))) {
        if (!(noise >= 0.0 && noise <= NOISE_MAX))
            return pl__fail(reterr, PL_E_PARSE, "noise must be a number from 0 to 255");
        m->eyes.noise = noise;
    }
    if (!vices || json_is_null(vices))
        return PL_OK;
    if (!json_is_object(vices))
        return pl__fail(reterr, PL_E_PARSE, "vices must be an object");
    return parse_vices(vices, &m->vices, reterr);
}

static pl_status parse_pool(json_t *doc, pl_sim_pool **ret, pl_error *reterr)
{
    static const char *const keys[] = {"seed", "models", "faults"};
    int64_t seed = 1;
    pl_sim_faults faults = {.latency = PL_SIM_LATENCY_NONE}; /* of the models that have none of their own */
    const json_t *models = json_object_get(doc, "models");
    size_t n = json_array_size(models);

    if (!json_is_object(doc))
        return pl__fail(reterr, PL_E_PARSE, "a pool is an object with \"seed\", \"models\" and \"faults\"");
    pl_status rc = check_keys(doc, keys, sizeof(keys) / sizeof(keys[0]), reterr);
    if (!rc)
        rc = pl__json_get_integer(doc, "seed", &seed, reterr);
    if (!rc)
        rc = parse_faults(doc, &faults, reterr);
    if (rc)
        return rc;
    if (seed < 0)
        return pl__fail(reterr, PL_E_PARSE, "seed must not be negative");
    if (n == 0)
        return pl__fail(reterr, PL_E_PARSE, "models must be a list with at least one model");
    if (n > PL_SIM_MODELS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a simulated pool has at most %d models", PL_SIM_MODELS_MAX);
    pl_sim_pool *pool = pl__sim_pool_new((uint32_t)n, (uint64_t)seed);
    if (!pool)
        return pl__fail(reterr, PL_E_NOMEM, "a simulated pool of %zu models", n);
    for (uint32_t i = 0; !rc && i < n; i++) {
        if (!json_object_get(json_array_get(models, i), "faults"))
            pool->models[i].faults = faults;
        rc = parse_model(json_array_get(models, i), pool, i, reterr);
        if (rc)
            pl__error_prefix(reterr, "models[%u]", (unsigned)i);
    }
    if (rc)
        pl__sim_pool_free(pool);
    else
        *ret = pool;
    return rc;
}

pl_status pl__sim_pool_parse(pl_view json, pl_sim_pool **ret, pl_error *reterr)
{
    json_t *doc = NULL;

    if (json.len > PL_SIM_POOL_JSON_BYTES_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "a pool file has at most %zu bytes", PL_SIM_POOL_JSON_BYTES_MAX);
    pl_status rc = pl__json_parse(json, &doc, reterr);
    if (!rc)
        rc = parse_pool(doc, ret, reterr);
    json_decref(doc);
    return rc;
}
