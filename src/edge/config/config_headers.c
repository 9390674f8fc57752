#include "request_header.h"
#include "schema.h"

#include <string.h>

/* A value that is a key by its looks, under whatever name. */
static bool looks_like_secret(const char *value)
{
    static const char *const prefixes[] = {"sk-",  "Bearer ", "bearer ", "Basic ", "AIza",
                                           "gsk_", "hf_",     "xai-",    "nvapi-"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (strncmp(value, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

/* Names of headers do not mind their case; ours are lower. NULL: no memory. */
static const char *lower_name(pl_section_reader *r, const char *written)
{
    size_t n = strlen(written);
    char *name = pl__arena_strndup(r->arena, written, n);
    for (size_t i = 0; name && i < n; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] - 'A' + 'a');
    if (!name)
        pl__reader_no_memory(r);
    return name;
}

/* {env: NAME} */
static void read_env(pl_section_reader *r, const pl_yaml_node *node, pl_header_spec *ret)
{
    if (node->n != 1 || strcmp(node->keys[0]->text, "env") != 0) {
        pl__reader_problem(r, node->line, "must be a text, or {env: NAME} with the variable that holds it");
        return;
    }
    size_t mark = pl__where_enter(r, "env");
    const char *name = pl__read_text(r, node->values[0]);
    if (name && !pl__is_env_name(name))
        pl__reader_problem(r, node->line,
                           "is no name of an environment variable (such as GATEWAY_TOKEN); the secret itself never "
                           "stands in this file");
    else
        ret->env = name;
    pl__where_leave(r, mark);
}

static void read_value(pl_section_reader *r, const pl_yaml_node *node, pl_header_spec *ret)
{
    if (node->kind == PL_YAML_MAP) {
        read_env(r, node, ret);
        return;
    }
    const char *value = pl__read_text(r, node);
    if (!value)
        return;
    if (pl__request_header_is_secret(pl__view(ret->name)) || looks_like_secret(value))
        pl__reader_problem(r, node->line,
                           "a secret never stands in this file; write {env: NAME} with the variable that holds it");
    else if (!pl__request_header_value_ok(pl__view(value)))
        pl__reader_problem(r, node->line, "has characters that no header can carry");
    else
        ret->value = value;
}

static void read_header(pl_section_reader *r, const pl_yaml_node *key, const pl_yaml_node *value,
                        const pl_header_spec *earlier, size_t n_earlier, pl_header_spec *ret)
{
    ret->name = lower_name(r, key->text);
    if (!ret->name)
        return;
    const char *problem = pl__request_header_problem(pl__view(ret->name));
    if (problem)
        pl__reader_problem(r, key->line, "%s", problem);
    for (size_t i = 0; i < n_earlier; i++)
        if (strcmp(earlier[i].name, ret->name) == 0)
            pl__reader_problem(r, key->line, "stands here a second time");
    read_value(r, value, ret);
}

void pl__read_headers(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    pl_endpoint_spec *reach = &((pl_draft_model *)target)->spec.reach;
    if (node->kind != PL_YAML_MAP) {
        if (!pl__yaml_is_null(node))
            pl__reader_problem(r, node->line, "must be a section (lines of \"name: value\")");
        return;
    }
    if (node->n > PL_ENDPOINT_HEADERS_MAX) {
        pl__reader_problem(r, node->line, "%zu headers; there may be %d", node->n, PL_ENDPOINT_HEADERS_MAX);
        return;
    }
    pl_header_spec *headers = pl__arena_calloc(r->arena, node->n > 0 ? node->n : 1, sizeof(*headers));
    if (!headers) {
        pl__reader_no_memory(r);
        return;
    }
    for (size_t i = 0; i < node->n && r->rc == PL_OK && !pl__problems_full(r->problems); i++) {
        size_t mark = pl__where_enter(r, node->keys[i]->text);
        read_header(r, node->keys[i], node->values[i], headers, i, &headers[i]);
        pl__where_leave(r, mark);
    }
    reach->headers = headers;
    reach->n_headers = node->n;
}

void pl__read_api_version(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    const char *version = pl__read_text(r, node);
    if (!version)
        return;
    if (strspn(version, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._") != strlen(version))
        pl__reader_problem(r, node->line, "is no version, such as 2024-10-21 or v1beta");
    else
        ((pl_draft_model *)target)->spec.reach.api_version = version;
}
