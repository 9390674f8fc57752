/* What the plain reader of lines takes, jansson and the careful reader take too, and find the same in it; and what it
 * takes does not depend on the lines before. The first byte says whether the rest is a log as it stands or the inside
 * of an object that is otherwise complete. */
#include "error.h"
#include "judgment_scan.h"
#include "line_reader.h"

#include <string.h>

static bool same_text(pl_view x, pl_view y)
{
    return !x.ptr == !y.ptr && pl__view_eq(x, y);
}

static bool same_line(const pl_judgment_line *x, const pl_judgment_line *y)
{
    return same_text(x->item, y->item) && same_text(x->image, y->image) && same_text(x->judge, y->judge) &&
           same_text(x->a, y->a) && same_text(x->b, y->b) && same_text(x->criterion, y->criterion) &&
           same_text(x->judge_family, y->judge_family) && same_text(x->a_family, y->a_family) &&
           same_text(x->b_family, y->b_family) && x->row.verdict == y->row.verdict &&
           x->row.missing == y->row.missing && x->row.a_length == y->row.a_length &&
           x->row.b_length == y->row.b_length && !(x->row.weight < y->row.weight) && !(x->row.weight > y->row.weight);
}

static const char instruction[] = "Answer with [[A]] if the first is better, with [[B]] if the second is.";

static void check_line(const pl_judgment_line *plain, pl_view text)
{
    pl_judgment_line careful;
    json_t *doc = NULL;
    pl_error err = {0};
    pl_status rc = pl__line_parse(pl__line_reader_clean(text, 2), &doc, &err);
    PL_ASSERT(rc == PL_OK);
    if (rc == PL_OK)
        rc = pl__judgment_line_read(doc, pl__view(instruction), &careful, &err);
    PL_ASSERT(rc == PL_OK);
    bool same = rc == PL_OK && same_line(plain, &careful);
    PL_ASSERT(same);
    (void)same;
    json_decref(doc);
}

static void check_log(pl_view text)
{
    pl_judgment_scanner *used_one = pl__judgment_scanner_new();
    size_t at = 0;
    while (used_one && at < text.len) {
        pl_judgment_scanner *fresh = pl__judgment_scanner_new();
        pl_view rest = pl__view_n(text.ptr + at, text.len - at);
        const char *stop = memchr(rest.ptr, '\n', rest.len);
        size_t len = stop ? (size_t)(stop - rest.ptr) + 1 : rest.len;
        pl_judgment_line x;
        pl_judgment_line y;
        size_t x_used = len;
        size_t y_used = len;
        bool taken = pl__judgment_scan(used_one, rest, pl__view(instruction), &x, &x_used);
        bool again = fresh && pl__judgment_scan(fresh, pl__view_n(rest.ptr, len), pl__view(instruction), &y, &y_used);
        PL_ASSERT(taken == again && x_used == len && y_used == len);
        if (taken && again) {
            PL_ASSERT(same_line(&x, &y));
            check_line(&x, pl__view_n(rest.ptr, len));
        }
        pl__judgment_scanner_free(fresh);
        at += len;
    }
    pl__judgment_scanner_free(used_one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char head[] = "{\"item\":\"q\",\"judge\":\"j\",\"a\":\"x\",\"b\":\"y\",";
    static const char tail[] = "\"verdict\":\"tie\"}";
    pl_str line;
    if (size == 0)
        return 0;
    pl_view rest = pl__view_n((const char *)data + 1, size - 1);
    check_log(rest);
    pl__str_init(&line, PL_STR_LIMIT_DEFAULT);
    if (data[0] % 2 == 1 && pl__str_append_c(&line, head) == PL_OK && pl__str_append_view(&line, rest) == PL_OK &&
        pl__str_append_c(&line, tail) == PL_OK)
        check_log(pl__view_n(pl__str_c(&line), line.len));
    pl__str_clear(&line);
    return 0;
}
