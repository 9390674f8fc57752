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

/* What a number says, if it is one: numbers are those of learn(). */
static pl_view text_of(const pl_response_line *first, uint32_t number, pl_view own)
{
    if (number == PL_LINE_TEXT_NEW)
        return own;
    size_t n = first->tokens.len;
    return number < n ? first->tokens.ptr[number].text : first->new_tops.ptr[number - n].text;
}

/* Keeps what the spellings of a line mean that was read without any. */
static bool learn(pl_spellings *s, const pl_response_line *first)
{
    uint32_t number = 0;
    bool fine = true;
    for (size_t i = 0; i < first->tokens.len && fine; i++)
        fine = pl__spellings_keep(s, first->tokens.ptr[i].spelling, number++) == PL_OK;
    for (size_t i = 0; i < first->new_tops.len && fine; i++)
        fine = pl__spellings_keep(s, first->new_tops.ptr[i].spelling, number++) == PL_OK;
    return fine;
}

/* x was read as `first` was, or with what was learnt of it; y by the careful reader. */
static bool same_tokens(const pl_response_line *first, const pl_response_line *x, const pl_response_line *y)
{
    bool same = x->tokens.len == y->tokens.len && x->tops.len == y->tops.len && x->samples.len == y->samples.len &&
                x->meanings.len == y->meanings.len;
    size_t at = 0;
    for (size_t i = 0; i < x->tokens.len && same; i++)
        same = same_text(text_of(first, x->tokens.ptr[i].number, x->tokens.ptr[i].text), y->tokens.ptr[i].text) &&
               same_number(x->tokens.ptr[i].logprob, y->tokens.ptr[i].logprob) &&
               x->tokens.ptr[i].n_top == y->tokens.ptr[i].n_top;
    for (size_t i = 0; i < x->tops.len && same; i++) {
        pl_view own = {0};
        if (x->tops.texts[i] == PL_LINE_TEXT_NEW) {
            same = at < x->new_tops.len && x->new_tops.ptr[at].at == i;
            own = same ? x->new_tops.ptr[at++].text : own;
        }
        same = same && same_text(text_of(first, x->tops.texts[i], own), y->new_tops.ptr[i].text) &&
               same_number(x->tops.logprobs[i], y->tops.logprobs[i]);
    }
    for (size_t i = 0; i < x->samples.len && same; i++)
        same = same_text(x->samples.ptr[i], y->samples.ptr[i]);
    for (size_t i = 0; i < x->meanings.len && same; i++)
        same = x->meanings.ptr[i] == y->meanings.ptr[i];
    return same && at == x->new_tops.len;
}

static bool same_line(const pl_response_line *first, const pl_response_line *x, const pl_response_line *y)
{
    const pl_response *a = &x->row;
    const pl_response *b = &y->row;
    return same_text(x->item, y->item) && same_text(x->model, y->model) && same_text(x->image, y->image) &&
           same_text(x->dataset, y->dataset) && same_text(x->text, y->text) && a->prediction == b->prediction &&
           a->vocabulary == b->vocabulary && a->n_tokens == b->n_tokens && a->n_samples == b->n_samples &&
           a->labels == b->labels && a->value_kind == b->value_kind && a->matches == b->matches && same_options(x, y) &&
           same_tokens(first, x, y);
}

/* Read anew with spellings at hand: it is taken as well, and says the same. */
static void check_again(pl_view text, const pl_spellings *spellings, const pl_response_line *first,
                        const pl_response_line *careful)
{
    pl_response_line again;
    bool taken = false;
    pl__response_line_init(&again);
    again.spellings = spellings;
    pl_status rc = pl__response_scan(text, &again, &taken);
    PL_ASSERT(rc == PL_OK);
    bool same = rc == PL_OK && taken && same_line(first, &again, careful);
    PL_ASSERT(same);
    (void)same;
    pl__response_line_clear(&again);
}

static void check_spellings(pl_view text, const pl_response_line *first, const pl_response_line *careful)
{
    pl_spellings spellings;
    pl_status rc = pl__spellings_init(&spellings);
    PL_ASSERT(rc == PL_OK);
    if (rc == PL_OK) {
        check_again(text, &spellings, first, careful);
        bool fine = learn(&spellings, first);
        PL_ASSERT(fine);
        (void)fine;
        check_again(text, &spellings, first, careful);
    }
    pl__spellings_clear(&spellings);
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
        bool same = rc == PL_OK && same_line(&plain, &plain, &careful);
        PL_ASSERT(same);
        if (same)
            check_spellings(text, &plain, &careful);
    }
    json_decref(doc);
    pl__response_line_clear(&plain);
    pl__response_line_clear(&careful);
}

/* Long enough that what is before it is read the fast way. */
#define TAIL "]]}],\"pad\":\"0123456789012345678901234567890123456789012345678901234567890123456789\"}"

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
        check_inside("{\"item\":\"q\",\"model\":\"m\",\"tokens\":[{\"t\":\"x\",\"top\":[[\"x\",", rest, TAIL);
    return 0;
}
