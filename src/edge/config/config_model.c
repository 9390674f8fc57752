#include "schema.h"

#include "json.h"
#include "num.h"

#include <string.h>

#define OPENAI_HOST "https://api.openai.com/"
#define ENV_NAME_BYTES_MAX 128
#define ENV_NAME_MIXED_BYTES_MAX 20

void pl__defaults_model(pl_draft_model *model)
{
    *model = (pl_draft_model){0};
    model->spec.params = (pl_model_params){.temperature = 0.0, .max_tokens = 512};
    model->spec.image =
        (pl_image_policy){.max_side_px = 1536, .format = PL_IMAGE_JPEG, .quality = 90, .detail = PL_DETAIL_AUTO};
    model->spec.reach = (pl_endpoint_spec){.concurrency = 16,
                                           .attempts_max = 6,
                                           .timeout_connect_ms = 10000,
                                           .timeout_first_byte_ms = 120000,
                                           .timeout_total_ms = 600000};
}

/* Where a provider's own service is. */
static const struct {
    const char *provider;
    const char *url;
} services[] = {
    {"openai", "https://api.openai.com/v1"},
    {"anthropic", "https://api.anthropic.com"},
    {"gemini", "https://generativelanguage.googleapis.com"},
};

static const char *service_url(const char *provider)
{
    for (size_t i = 1; provider && i < sizeof(services) / sizeof(services[0]); i++)
        if (strcmp(services[i].provider, provider) == 0)
            return services[i].url;
    return services[0].url;
}

void pl__read_provider(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    static const pl_choice providers[] = {
        {"openai", 1, false}, {"anthropic", 2, false}, {"gemini", 3, false}, {NULL, 0, false}};
    const pl_choice *choice = pl__read_choice(r, node, providers);
    if (choice)
        ((pl_draft_model *)target)->spec.provider = choice->word;
}

/* Never repeats the address: it may hold a password. */
static const char *url_problem(const char *url)
{
    const char *host = NULL;
    if (strncmp(url, "http://", 7) == 0)
        host = url + 7;
    else if (strncmp(url, "https://", 8) == 0)
        host = url + 8;
    else
        return "must begin with http:// or https://";
    size_t host_len = strcspn(host, "/?#");
    if (memchr(host, '@', host_len))
        return "holds credentials; name an environment variable with api_key_env, or a file with api_key_file";
    if (host_len == 0 || host[0] == ':')
        return "names no host";
    if (strpbrk(url, " \"<>\\^`{|}"))
        return "has a character that no address has";
    if (strpbrk(url, "?#"))
        return "must end before any ? or #";
    return NULL;
}

static const char *read_url(pl_section_reader *r, const pl_yaml_node *node)
{
    const char *url = pl__read_text(r, node);
    const char *problem = url ? url_problem(url) : NULL;
    if (problem)
        pl__reader_problem(r, node->line, "%s", problem);
    return problem ? NULL : url;
}

/* base_url takes one address, base_urls a list of replicas. */
void pl__read_base_urls(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft_model *model = target;
    bool wants_list = r->where.len > 0 && r->where.ptr[r->where.len - 1] == 's';
    size_t n = wants_list ? node->n : 1;

    if (model->base_urls) {
        pl__reader_problem(r, node->line, "base_url and base_urls cannot stand together");
        return;
    }
    if (wants_list && (node->kind != PL_YAML_LIST || n == 0 || n > PL_BASE_URLS_MAX)) {
        pl__reader_problem(r, node->line, "must be a list of 1 to %d addresses", PL_BASE_URLS_MAX);
        return;
    }
    const char **urls = pl__arena_calloc(r->arena, n, sizeof(*urls));
    if (!urls) {
        pl__reader_no_memory(r);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t mark = wants_list ? pl__where_enter_index(r, i) : r->where.len;
        urls[i] = read_url(r, wants_list ? node->values[i] : node);
        pl__where_leave(r, mark);
    }
    model->base_urls = urls;
    model->n_base_urls = n;
}

/* A pasted key must not end up in a message about a missing variable. */
bool pl__is_env_name(const char *name)
{
    size_t len = strlen(name);
    bool lower = false;
    bool digit = false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_lower = c >= 'a' && c <= 'z';
        bool is_digit = c >= '0' && c <= '9';
        if (!is_lower && !(is_digit && i > 0) && !(c >= 'A' && c <= 'Z') && c != '_')
            return false;
        lower = lower || is_lower;
        digit = digit || is_digit;
    }
    return len <= ENV_NAME_BYTES_MAX && !(lower && digit && len > ENV_NAME_MIXED_BYTES_MAX);
}

void pl__read_api_key_env(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    const char *name = pl__read_text(r, node);
    if (!name)
        return;
    if (pl__is_env_name(name))
        ((pl_draft_model *)target)->spec.reach.api_key_env = name;
    else
        pl__reader_problem(
            r, node->line,
            "is no name of an environment variable (such as OPENAI_API_KEY); the key itself never stands "
            "in this file");
}

void pl__read_api_key_file(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    const char *path = pl__read_text(r, node);
    if (path && pl__view_starts_with(pl__view(path), "sk-"))
        pl__reader_problem(r, node->line,
                           "looks like a key; it names a file, and the key itself never stands in this file");
    else if (path)
        ((pl_draft_model *)target)->spec.reach.api_key_file = path;
}

/* ---- extra: any map, as JSON ---- */
static json_t *json_from_yaml(pl_section_reader *r, const pl_yaml_node *node);

static json_t *json_from_scalar(const pl_yaml_node *node)
{
    int64_t integer = 0;
    double real = 0.0;
    if (node->plain) {
        if (pl__yaml_is_null(node))
            return json_null();
        if (strcmp(node->text, "true") == 0 || strcmp(node->text, "false") == 0)
            return json_boolean(node->text[0] == 't');
        if (pl__num_parse_i64(pl__view(node->text), &integer) == PL_OK)
            return json_integer(integer);
        if (pl__num_parse(pl__view(node->text), &real) == PL_OK)
            return json_real(real + 0.0);
    }
    return json_string(node->text);
}

static json_t *json_from_list(pl_section_reader *r, const pl_yaml_node *node)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < node->n; i++) {
        size_t mark = pl__where_enter_index(r, i);
        json_t *value = json_from_yaml(r, node->values[i]);
        pl__where_leave(r, mark);
        if (!value || json_array_append_new(list, value) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *json_from_map(pl_section_reader *r, const pl_yaml_node *node)
{
    json_t *map = json_object();
    for (size_t i = 0; map && i < node->n; i++) {
        const char *key = node->keys[i]->text;
        size_t mark = pl__where_enter(r, key);
        if (json_object_get(map, key))
            pl__reader_problem(r, node->keys[i]->line, "stands here a second time");
        else
            (void)pl__refuse_secret_key(r, node->keys[i]);
        json_t *value = json_from_yaml(r, node->values[i]);
        pl__where_leave(r, mark);
        if (!value || pl__json_set(map, key, value) != PL_OK) {
            json_decref(map);
            map = NULL;
        }
    }
    return map;
}

/* NULL when memory is short. The tree's depth and size are bounded. */
static json_t *json_from_yaml(pl_section_reader *r, const pl_yaml_node *node)
{
    json_t *json = NULL;
    if (node->kind == PL_YAML_LIST)
        json = json_from_list(r, node);
    else if (node->kind == PL_YAML_MAP)
        json = json_from_map(r, node);
    else
        json = json_from_scalar(node);
    if (!json)
        pl__reader_no_memory(r);
    return json;
}

static void refuse_reserved(pl_section_reader *r, const pl_yaml_node *node)
{
    static const char *const under_params[] = {"temperature", "max_tokens", "max_completion_tokens", "seed"};
    static const char *const ours[] = {"model",
                                       "messages",
                                       "stream",
                                       "n",
                                       "logprobs",
                                       "top_logprobs",
                                       "system",
                                       "contents",
                                       "systemInstruction",
                                       "system_instruction",
                                       "generation_config"};
    for (size_t i = 0; i < node->n; i++) {
        const char *key = node->keys[i]->text;
        size_t mark = pl__where_enter(r, key);
        for (size_t k = 0; k < sizeof(under_params) / sizeof(under_params[0]); k++) {
            if (strcmp(key, under_params[k]) == 0)
                pl__reader_problem(r, node->keys[i]->line, "belongs under params (temperature, max_tokens, seed)");
        }
        for (size_t k = 0; k < sizeof(ours) / sizeof(ours[0]); k++) {
            if (strcmp(key, ours[k]) == 0)
                pl__reader_problem(r, node->keys[i]->line, "is set by peerless itself");
        }
        pl__where_leave(r, mark);
    }
}

void pl__read_extra(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_draft_model *model = target;
    json_t *json = NULL;
    pl_str text;

    pl__str_init(&text, PL_CONFIG_BYTES_MAX * 8);
    if (node->kind != PL_YAML_MAP) {
        if (!pl__yaml_is_null(node))
            pl__reader_problem(r, node->line, "must be a section (lines of \"key: value\")");
        return;
    }
    if (node->n == 0)
        return;
    refuse_reserved(r, node);
    json = json_from_map(r, node);
    pl_status rc = json ? pl__json_write_canonical(json, &text) : PL_E_NOMEM;
    if (rc == PL_E_LIMIT)
        pl__reader_problem(r, node->line, "is too large");
    else if (rc == PL_OK)
        model->spec.params.extra = pl__arena_strndup(r->arena, pl__str_c(&text), text.len);
    if (rc != PL_E_LIMIT && !model->spec.params.extra)
        pl__reader_no_memory(r);
    pl__str_clear(&text);
    json_decref(json);
}

/* ---- together ---- */
/* Files and batches live at one address, by one way of naming it. */
static void check_batch(pl_section_reader *r, const pl_draft_model *model)
{
    const pl_model_spec *spec = &model->spec;
    bool openai = spec->provider && strcmp(spec->provider, "openai") == 0;
    bool anthropic = spec->provider && strcmp(spec->provider, "anthropic") == 0;

    if (spec->provider && !openai && !anthropic)
        pl__reader_problem(r, model->line, "limits.batch is there for the providers openai and anthropic alone");
    if (openai && spec->reach.api_version)
        pl__reader_problem(r, model->line, "limits.batch and api_version cannot stand together");
    if (model->n_base_urls > 1)
        pl__reader_problem(r, model->line, "limits.batch needs one base_url: a batch is at one server");
}

void pl__finish_model(pl_section_reader *r, pl_draft_model *model)
{
    pl_model_spec *spec = &model->spec;
    if (spec->reach.api_version && !model->base_urls && spec->provider && strcmp(spec->provider, "openai") == 0)
        pl__reader_problem(r, model->line,
                           "api_version needs a base_url: that of the deployment, such as "
                           "https://NAME.openai.azure.com/openai/deployments/DEPLOYMENT");
    if (spec->reach.batch)
        check_batch(r, model);
    if (!!spec->reach.api_key_env + !!spec->reach.api_key_file + !!spec->reach.api_key_cmd > 1)
        pl__reader_problem(r, model->line, "api_key_env, api_key_file and api_key_cmd cannot stand together");
    if (!model->base_urls) {
        model->base_urls = pl__arena_calloc(r->arena, 1, sizeof(*model->base_urls));
        if (!model->base_urls) {
            pl__reader_no_memory(r);
            return;
        }
        model->base_urls[0] = service_url(spec->provider);
        model->n_base_urls = 1;
    }
    const char *first = model->base_urls[0];
    spec->max_completion_tokens = first && pl__view_starts_with(pl__view(first), OPENAI_HOST);
    spec->reach.base_urls = model->base_urls;
    spec->reach.n_base_urls = model->n_base_urls;
    if (!spec->endpoint)
        spec->endpoint = first;
    if (!spec->family)
        spec->family = spec->provider;
    pl__settle_price(spec);
}
