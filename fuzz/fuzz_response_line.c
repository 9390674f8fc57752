/* What the scanner of lines takes, jansson and the careful reader take too, and find the same in it. The first byte
 * says whether the rest is a line as it stands, or the inside of an object or of one token that is otherwise complete.
 */
#include "error.h"
#include "line_reader.h"
#include "response_scan.h"

#include <math.h>
#include <string.h>

static bool same_text(pl_view x, pl_view y)
{
    return !x.ptr == !y.ptr && pl__view_eq(x, y);
}

/* To the bit, but for what is not known. */
static bool same_number(double x, double y)
{
    uint64_t bits[2] = {0, 0};
    memcpy(&bits[0], &x, sizeof(x));
    memcpy(&bits[1], &y, sizeof(y));
    return bits[0] == bits[1] || (isnan(x) && isnan(y));
}

static bool same_options(const pl_response_line *x, const pl_response_line *y)
{
    bool same = x->n_options == y->n_options;
    bool values = x->row.value_kind != PL_OPTION_VALUES_NONE;
    for (size_t i = 0; i < x->n_options && same; i++)
        same = strcmp(x->options[i], y->options[i]) == 0 && same_text(x->option_texts[i], y->option_texts[i]) &&
               (!values || same_number(x->values[i], y->values[i]));
    return same;
}

static bool same_tokens(const pl_response_line *x, const pl_response_line *y)
{
    bool same = x->tokens.len == y->tokens.len && x->tops.len == y->tops.len && x->samples.len == y->samples.len &&
                x->meanings.len == y->meanings.len;
    for (size_t i = 0; i < x->tokens.len && same; i++)
        same = same_text(x->tokens.ptr[i].text, y->tokens.ptr[i].text) &&
               same_number(x->tokens.ptr[i].logprob, y->tokens.ptr[i].logprob) &&
               x->tokens.ptr[i].n_top == y->tokens.ptr[i].n_top;
    for (size_t i = 0; i < x->tops.len && same; i++)
        same = same_text(x->tops.ptr[i].text, y->tops.ptr[i].text) &&
               same_number(x->tops.ptr[i].logprob, y->tops.ptr[i].logprob);
    for (size_t i = 0; i < x->samples.len && same; i++)
        same = same_text(x->samples.ptr[i], y->samples.ptr[i]);
    for (size_t i = 0; i < x->meanings.len && same; i++)
        same = x->meanings.ptr[i] == y->meanings.ptr[i];
    return same;
}

static bool same_line(const pl_response_line *x, const pl_response_line *y)
{
    const pl_response *a = &x->row;
    const pl_response *b = &y->row;
    return same_text(x->item, y->item) && same_text(x->model, y->model) && same_text(x->image, y->image) &&
           same_text(x->dataset, y->dataset) && same_text(x->text, y->text) && a->prediction == b->prediction &&
           a->vocabulary == b->vocabulary && a->n_tokens == b->n_tokens && a->n_samples == b->n_samples &&
           a->labels == b->labels && a->value_kind == b->value_kind && a->matches == b->matches && same_options(x, y) &&
           same_tokens(x, y);
}

static void check_line(pl_view text)
{
    pl_response_line plain;
    pl_response_line careful;
    json_t *doc = NULL;
    bool taken = false;
    pl_error err = {0};
    pl__response_line_init(&plain);
    pl__response_line_init(&careful);
    pl_status rc = pl__response_scan(text, &plain, &taken);
    PL_ASSERT(rc == PL_OK);
    if (rc == PL_OK && taken) {
        rc = pl__line_parse(text, &doc, &err);
        PL_ASSERT(rc == PL_OK);
        if (rc == PL_OK)
            rc = pl__response_line_read(doc, &careful, &err);
        PL_ASSERT(rc == PL_OK);
        bool same = rc == PL_OK && same_line(&plain, &careful);
        PL_ASSERT(same);
        (void)same;
    }
    json_decref(doc);
    pl__response_line_clear(&plain);
    pl__response_line_clear(&careful);
}

static void check_inside(const char *head, pl_view inside, const char *tail)
{
    pl_str line;
    pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
    if (pl__str_append_c(&line, head) == PL_OK && pl__str_append_view(&line, inside) == PL_OK &&
        pl__str_append_c(&line, tail) == PL_OK)
        check_line(pl__view_n(pl__str_c(&line), line.len));
    pl__str_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    pl_view rest = pl__view_n((const char *)data + 1, size - 1);
    check_line(rest);
    if (data[0] % 3 == 1)
        check_inside("{\"item\":\"q\",\"model\":\"m\",\"options\":[\"x\",\"y\"],", rest, "}");
    if (data[0] % 3 == 2)
        check_inside("{\"item\":\"q\",\"model\":\"m\",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\",", rest, "]]}]}");
    return 0;
}
