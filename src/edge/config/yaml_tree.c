#include "yaml_tree.h"

#include "error.h"

#include <string.h>
#include <yaml.h>

static const char too_deep[] = "nested more than 32 deep";
static const char too_many[] = "more than 100000 values";

typedef struct builder {
    yaml_document_t *doc;
    pl_arena *arena;
    uint32_t n_nodes;
    uint32_t line; /* of the failure */
    pl_error *err;
} builder;

static pl_status fail_at(builder *b, const yaml_node_t *node, pl_status code, const char *what)
{
    b->line = (uint32_t)node->start_mark.line + 1;
    return pl__fail(b->err, code, "%s", what);
}

static bool has_default_tag(const yaml_node_t *node)
{
    const char *tag = (const char *)node->tag;
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return strcmp(tag, YAML_STR_TAG) == 0;
    case YAML_SEQUENCE_NODE:
        return strcmp(tag, YAML_SEQ_TAG) == 0;
    case YAML_MAPPING_NODE:
        return strcmp(tag, YAML_MAP_TAG) == 0;
    default:
        return false;
    }
}

static pl_status build(builder *b, int id, uint32_t depth, const pl_yaml_node **ret);

static pl_status build_scalar(builder *b, const yaml_node_t *from, pl_yaml_node *to)
{
    const char *text = (const char *)from->data.scalar.value;
    size_t len = from->data.scalar.length;
    if (memchr(text, '\0', len))
        return fail_at(b, from, PL_E_PARSE, "a NUL character");
    to->kind = PL_YAML_SCALAR;
    to->plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    to->text = pl__arena_strndup(b->arena, text, len);
    return to->text ? PL_OK : fail_at(b, from, PL_E_NOMEM, "no memory");
}

static pl_status build_list(builder *b, const yaml_node_t *from, uint32_t depth, pl_yaml_node *to)
{
    const yaml_node_item_t *items = from->data.sequence.items.start;
    size_t n = (size_t)(from->data.sequence.items.top - items);
    const pl_yaml_node **values = pl__arena_calloc(b->arena, n, sizeof(pl_yaml_node *));
    if (!values)
        return fail_at(b, from, PL_E_NOMEM, "no memory");
    for (size_t i = 0; i < n; i++) {
        pl_status rc = build(b, items[i], depth + 1, &values[i]);
        if (rc != PL_OK)
            return rc;
    }
    to->kind = PL_YAML_LIST;
    to->n = n;
    to->values = values;
    return PL_OK;
}

static pl_status build_map(builder *b, const yaml_node_t *from, uint32_t depth, pl_yaml_node *to)
{
    const yaml_node_pair_t *pairs = from->data.mapping.pairs.start;
    size_t n = (size_t)(from->data.mapping.pairs.top - pairs);
    const pl_yaml_node **keys = pl__arena_calloc(b->arena, n, sizeof(pl_yaml_node *));
    const pl_yaml_node **values = pl__arena_calloc(b->arena, n, sizeof(pl_yaml_node *));
    if (!keys || !values)
        return fail_at(b, from, PL_E_NOMEM, "no memory");
    for (size_t i = 0; i < n; i++) {
        pl_status rc = build(b, pairs[i].key, depth + 1, &keys[i]);
        if (rc == PL_OK)
            rc = build(b, pairs[i].value, depth + 1, &values[i]);
        if (rc != PL_OK)
            return rc;
        if (keys[i]->kind != PL_YAML_SCALAR)
            return fail_at(b, yaml_document_get_node(b->doc, pairs[i].key), PL_E_PARSE, "a key that is no plain word");
    }
    to->kind = PL_YAML_MAP;
    to->n = n;
    to->keys = keys;
    to->values = values;
    return PL_OK;
}

/* An alias is built again wherever it stands: the two limits end bombs and anchors that contain themselves. */
static pl_status build(builder *b, int id, uint32_t depth, const pl_yaml_node **ret)
{
    const yaml_node_t *from = yaml_document_get_node(b->doc, id);
    pl_status rc = PL_OK;

    if (!from)
        return pl__fail(b->err, PL_E_PARSE, "an incomplete document");
    if (depth > PL_YAML_DEPTH_MAX)
        return fail_at(b, from, PL_E_PARSE, too_deep);
    if (++b->n_nodes > PL_YAML_NODES_MAX)
        return fail_at(b, from, PL_E_PARSE, too_many);
    pl_yaml_node *to = pl__arena_calloc(b->arena, 1, sizeof(*to));
    if (!to)
        return fail_at(b, from, PL_E_NOMEM, "no memory");
    if (!has_default_tag(from))
        return fail_at(b, from, PL_E_PARSE, "tags (!...) have no place in this file");
    to->line = (uint32_t)from->start_mark.line + 1;
    if (from->type == YAML_SCALAR_NODE)
        rc = build_scalar(b, from, to);
    else if (from->type == YAML_SEQUENCE_NODE)
        rc = build_list(b, from, depth, to);
    else
        rc = build_map(b, from, depth, to);
    if (rc == PL_OK)
        *ret = to;
    return rc;
}

static uint32_t line_of_offset(pl_view text, size_t offset)
{
    uint32_t line = 1;
    for (size_t i = 0; i < text.len && i < offset; i++) {
        if (text.ptr[i] == '\n')
            line++;
    }
    return line;
}

/* A tab where YAML wants spaces is the likeliest cause, and libyaml does not name it. */
static bool is_tab_at(pl_view text, size_t index)
{
    return index < text.len && text.ptr[index] == '\t';
}

static pl_status syntax_error(const yaml_parser_t *parser, pl_view text, uint32_t *ret_line, pl_error *reterr)
{
    const char *problem = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    if (parser->error == YAML_READER_ERROR) {
        *ret_line = line_of_offset(text, parser->problem_offset);
        return pl__fail(reterr, PL_E_PARSE, "not YAML: %s", problem);
    }
    *ret_line = (uint32_t)parser->problem_mark.line + 1;
    if (is_tab_at(text, parser->problem_mark.index))
        return pl__fail(reterr, PL_E_PARSE, "not YAML: a tab where spaces must stand");
    if (parser->context)
        return pl__fail(reterr, PL_E_PARSE, "not YAML: %s %s", problem, parser->context);
    return pl__fail(reterr, PL_E_PARSE, "not YAML: %s", problem);
}

/* What a pass over the events has counted. */
typedef struct census {
    uint32_t depth;
    uint32_t n_nodes;
    uint32_t n_anchors;
    uint32_t n_documents;
} census;

static const char *count_event(census *c, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++c->n_documents > 1 ? "a second document begins here; the file holds one" : NULL;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        c->depth++;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        c->depth++;
        break;
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        c->depth--;
        return NULL;
    default:
        return NULL;
    }
    if (c->depth > PL_YAML_DEPTH_MAX)
        return too_deep;
    if (++c->n_nodes > PL_YAML_NODES_MAX)
        return too_many;
    return anchor && ++c->n_anchors > PL_YAML_ANCHORS_MAX ? "more than 1000 anchors" : NULL;
}

/* libyaml needs quadratic time for deep flow collections and for many anchors, so both are looked for before a document
 * is built: the events come one by one. */
static pl_status check_events(pl_view text, uint32_t *ret_line, pl_error *reterr)
{
    yaml_parser_t parser;
    pl_status rc = PL_OK;
    census c = {0};
    bool end = false;

    if (!yaml_parser_initialize(&parser))
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    while (!end && rc == PL_OK) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            rc = syntax_error(&parser, text, ret_line, reterr);
            break;
        }
        const char *problem = count_event(&c, &event);
        if (problem) {
            *ret_line = (uint32_t)event.start_mark.line + 1;
            rc = pl__fail(reterr, PL_E_PARSE, "%s", problem);
        }
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return rc;
}

pl_status pl__yaml_parse(pl_view text, pl_arena *arena, const pl_yaml_node **ret, uint32_t *ret_line, pl_error *reterr)
{
    yaml_parser_t parser;
    yaml_document_t doc;
    pl_status rc = PL_OK;
    const pl_yaml_node *root = NULL;
    builder b = {.doc = &doc, .arena = arena, .line = 1, .err = reterr};

    *ret_line = 1;
    if (!text.ptr)
        text = pl__view("");
    rc = check_events(text, ret_line, reterr);
    if (rc != PL_OK)
        return rc;
    if (!yaml_parser_initialize(&parser))
        return pl__fail(reterr, PL_E_NOMEM, "no memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
    if (!yaml_parser_load(&parser, &doc)) {
        rc = syntax_error(&parser, text, ret_line, reterr);
        yaml_parser_delete(&parser);
        return rc;
    }
    if (!yaml_document_get_root_node(&doc)) {
        rc = pl__fail(reterr, PL_E_PARSE, "the file is empty");
        goto out;
    }
    rc = build(&b, 1, 1, &root); /* the root is node 1 */
    *ret_line = b.line;
    if (rc == PL_OK)
        *ret = root;
out:
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    return rc;
}

bool pl__yaml_is_null(const pl_yaml_node *node)
{
    return node->kind == PL_YAML_SCALAR && node->plain &&
           (node->text[0] == '\0' || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0);
}
