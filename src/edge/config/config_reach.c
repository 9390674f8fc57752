/* How models are reached: keys from commands, proxies, certificates. */
#include "host.h"
#include "schema.h"

#include <string.h>

#define COMMAND_WORDS_MAX 63u

static bool looks_like_key(const char *word)
{
    static const char *const prefixes[] = {"sk-", "sk_", "gsk_", "hf_", "AIza", "xai-", "nvapi-"};
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (pl__view_starts_with(pl__view(word), prefixes[i]))
            return true;
    return false;
}

void pl__read_api_key_cmd(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    if (node->kind != PL_YAML_LIST || node->n == 0 || node->n > COMMAND_WORDS_MAX) {
        pl__reader_problem(r, node->line,
                           "must be a list of 1 to %u words, such as [pass, show, openai]; no shell reads it",
                           COMMAND_WORDS_MAX);
        return;
    }
    const char **words = pl__arena_calloc(r->arena, node->n + 1, sizeof(*words));
    if (!words) {
        pl__reader_no_memory(r);
        return;
    }
    for (size_t i = 0; i < node->n; i++) {
        size_t mark = pl__where_enter_index(r, i);
        words[i] = pl__read_text(r, node->values[i]);
        if (words[i] && looks_like_key(words[i]))
            pl__reader_problem(r, node->values[i]->line,
                               "looks like a key; the command prints the key, which itself never stands in this file");
        pl__where_leave(r, mark);
    }
    ((pl_draft_model *)target)->spec.reach.api_key_cmd = words;
}

/* Never repeats the address. */
static const char *proxy_problem(const char *proxy)
{
    static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
    const char *host = NULL;
    if (strcmp(proxy, "none") == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]) && !host; i++)
        if (pl__view_starts_with(pl__view(proxy), schemes[i]))
            host = proxy + strlen(schemes[i]);
    if (!host)
        return "must begin with http://, https://, socks5:// or socks5h://, or be the word none";
    if (strchr(host, '@'))
        return "holds credentials, which never stand in this file; the variables http_proxy and https_proxy may hold "
               "them";
    if (!*host || *host == ':' || *host == '/')
        return "names no host";
    return NULL;
}

static const char *read_proxy(pl_section_reader *r, const pl_yaml_node *node)
{
    const char *proxy = pl__read_text(r, node);
    const char *problem = proxy ? proxy_problem(proxy) : NULL;
    if (problem)
        pl__reader_problem(r, node->line, "%s", problem);
    return problem ? NULL : proxy;
}

void pl__read_model_proxy(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    ((pl_draft_model *)target)->spec.reach.proxy = read_proxy(r, node);
}

void pl__read_file_proxy(pl_section_reader *r, const pl_yaml_node *node, void *target)
{
    ((pl_draft *)target)->proxy = read_proxy(r, node);
}

static bool has_secret(const pl_endpoint_spec *reach)
{
    for (size_t i = 0; i < reach->n_headers; i++)
        if (reach->headers[i].env)
            return true;
    return reach->api_key_env || reach->api_key_file || reach->api_key_cmd;
}

void pl__settle_reach(pl_section_reader *r, pl_draft *draft)
{
    for (size_t i = 0; i < draft->n_models; i++) {
        pl_draft_model *model = &draft->models[i];
        pl_endpoint_spec *reach = &model->spec.reach;
        if (!reach->ca_file)
            reach->ca_file = draft->ca_file;
        if (!reach->proxy)
            reach->proxy = draft->proxy;
        if (!model->insecure_given)
            reach->insecure = draft->insecure;
        if (!has_secret(reach) || reach->insecure)
            continue;
        for (size_t k = 0; k < reach->n_base_urls; k++) {
            const char *url = reach->base_urls[k];
            if (!url || !pl__view_starts_with(pl__view(url), "http://") || pl__host_is_loopback(pl__url_host(url)))
                continue;
            pl__reader_problem(r, model->line,
                               "model %s: its key would go over plain http, where others can read it; use https, or "
                               "allow it with tls: {insecure: true}",
                               model->spec.name ? model->spec.name : "");
            break;
        }
    }
}
