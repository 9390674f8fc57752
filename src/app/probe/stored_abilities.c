#include "stored_abilities.h"

#include "error.h"
#include "json.h"

#include <string.h>

#define VERSION 1

static const char key_tag[] = "peerless abilities 1";

static pl_status write_finding(json_t *list, pl_ability ability, const pl_finding *f)
{
    json_t *doc = json_object();
    pl_status rc = doc ? pl__json_set_string(doc, "state", pl__ability_state_name(f->state)) : PL_E_NOMEM;
    if (!rc && f->amount > 0)
        rc = pl__json_set_integer(doc, "amount", (int64_t)f->amount);
    if (!rc)
        rc = pl__json_set_string(doc, "why", f->why);
    if (!rc)
        return pl__json_set(list, pl__ability_name(ability), doc);
    json_decref(doc);
    return rc;
}

pl_status pl__abilities_write(const pl_abilities *a, pl_str *out, pl_error *reterr)
{
    json_t *doc = json_object();
    json_t *list = json_object();
    pl_status rc = doc && list ? pl__json_set_integer(doc, "version", VERSION) : PL_E_NOMEM;
    if (!rc)
        rc = pl__json_set_integer(doc, "probed_unix_ms", a->probed_unix_ms);
    if (!rc)
        rc = pl__json_set_integer(doc, "elapsed_ms", (int64_t)a->elapsed_ms);
    if (!rc)
        rc = pl__json_set_integer(doc, "calls", a->calls);
    if (!rc)
        rc = pl__json_set_integer(doc, "requests", a->requests);
    if (!rc)
        rc = pl__json_set_integer(doc, "input_tokens", (int64_t)a->usage.input_tokens);
    if (!rc)
        rc = pl__json_set_integer(doc, "output_tokens", (int64_t)a->usage.output_tokens);
    if (!rc && a->top_logprobs_max > 0)
        rc = pl__json_set_integer(doc, "top_logprobs_max", a->top_logprobs_max);
    for (unsigned i = 0; i < PL_ABILITIES && !rc; i++)
        rc = write_finding(list, (pl_ability)i, &a->of[i]);
    if (!rc) {
        rc = pl__json_set(doc, "abilities", list);
        list = NULL;
    }
    if (!rc)
        rc = pl__json_write(doc, out);
    json_decref(list);
    json_decref(doc);
    return rc ? pl__fail(reterr, rc, "abilities") : PL_OK;
}

static pl_status read_finding(const json_t *doc, pl_finding *ret, pl_error *reterr)
{
    const char *state = NULL;
    const char *why = NULL;
    int64_t amount = 0;
    pl_status rc = pl__json_get_string(doc, "state", &state, reterr);
    if (!rc)
        rc = pl__json_get_string(doc, "why", &why, reterr);
    if (!rc)
        rc = pl__json_get_integer(doc, "amount", &amount, reterr);
    if (rc)
        return rc;
    for (unsigned s = 0; state && s <= PL_ABILITY_NO; s++) {
        if (strcmp(state, pl__ability_state_name((pl_ability_state)s)) == 0)
            ret->state = (pl_ability_state)s;
    }
    ret->amount = amount > 0 ? (uint64_t)amount : 0;
    for (size_t i = 0; why && why[i] && i + 1 < sizeof(ret->why); i++)
        ret->why[i] = why[i];
    return PL_OK;
}

static pl_status read_counts(const json_t *doc, pl_abilities *ret, pl_error *reterr)
{
    static const char *const keys[] = {"probed_unix_ms", "elapsed_ms",    "calls",           "requests",
                                       "input_tokens",   "output_tokens", "top_logprobs_max"};
    int64_t x[sizeof(keys) / sizeof(keys[0])] = {0};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        pl_status rc = pl__json_get_integer(doc, keys[i], &x[i], reterr);
        if (rc)
            return rc;
        x[i] = x[i] > 0 ? x[i] : 0;
    }
    ret->probed_unix_ms = x[0];
    ret->elapsed_ms = (uint64_t)x[1];
    ret->calls = (uint32_t)x[2];
    ret->requests = (uint32_t)x[3];
    ret->usage.input_tokens = (uint64_t)x[4];
    ret->usage.output_tokens = (uint64_t)x[5];
    ret->top_logprobs_max = x[6] < PL_CHAT_TOP_LOGPROBS_MAX ? (uint32_t)x[6] : 0;
    return PL_OK;
}

pl_status pl__abilities_read(pl_view json, pl_abilities *ret, pl_error *reterr)
{
    pl_abilities read = {.calls = 0};
    json_t *doc = NULL;
    int64_t version = 0;

    pl_status rc = pl__json_parse(json, &doc, reterr);
    if (!rc)
        rc = pl__json_get_integer(doc, "version", &version, reterr);
    if (!rc && version != VERSION)
        rc = pl__fail(reterr, version > VERSION ? PL_E_VERSION : PL_E_PARSE, "abilities of version %lld",
                      (long long)version);
    if (!rc)
        rc = read_counts(doc, &read, reterr);
    for (unsigned i = 0; i < PL_ABILITIES && !rc; i++) {
        const json_t *finding = json_object_get(json_object_get(doc, "abilities"), pl__ability_name((pl_ability)i));
        if (json_is_object(finding))
            rc = read_finding(finding, &read.of[i], reterr);
    }
    json_decref(doc);
    if (!rc)
        *ret = read;
    return rc;
}

pl_status pl__abilities_key(const pl_model_spec *spec, pl_digest *ret, pl_error *reterr)
{
    bool has_extra = spec->params.extra && strcmp(spec->params.extra, "{}") != 0;
    pl_sha256 *h = pl__sha256_new();
    if (!h)
        return pl__fail(reterr, PL_E_NOMEM, "identity of an endpoint");
    pl__sha256_add_str(h, key_tag);
    pl__sha256_add_str(h, spec->endpoint);
    pl__sha256_add_str(h, spec->provider);
    pl__sha256_add_str(h, spec->model);
    pl__sha256_add_str(h, has_extra ? spec->params.extra : NULL);
    pl__sha256_finish(h, ret);
    pl__sha256_free(h);
    return PL_OK;
}

pl_status pl__abilities_store(pl_store *store, const pl_model_spec *spec, const pl_abilities *a, pl_error *reterr)
{
    pl_store_write write = {.kind = PL_WRITE_ABILITIES};
    pl_str json;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__abilities_key(spec, &write.u.abilities.endpoint, reterr);
    if (!rc)
        rc = pl__abilities_write(a, &json, reterr);
    write.u.abilities.json = pl__str_c(&json);
    if (!rc)
        rc = store->ops->write(store, &write, 1, reterr);
    pl__str_clear(&json);
    return rc;
}

pl_status pl__abilities_load(pl_store *store, const pl_model_spec *spec, pl_abilities *ret, bool *ret_found,
                             pl_error *reterr)
{
    pl_digest key;
    pl_str json;
    bool found = false;

    pl__str_init(&json, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__abilities_key(spec, &key, reterr);
    if (!rc)
        rc = store->ops->abilities_get(store, &key, &json, &found, reterr);
    if (!rc && found)
        rc = pl__abilities_read(pl__view_n(pl__str_c(&json), json.len), ret, reterr);
    if (!rc)
        *ret_found = found;
    pl__str_clear(&json);
    return rc;
}
