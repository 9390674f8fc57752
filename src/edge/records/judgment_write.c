#include "error.h"
#include "num.h"
#include "records.h"

#include <string.h>

/* The first failure stays; later appends are then skipped. */
typedef struct line_writer {
    pl_str *out;
    pl_status rc;
} line_writer;

static void add(line_writer *w, const char *text)
{
    if (w->rc == PL_OK)
        w->rc = pl__str_append_c(w->out, text);
}

static void add_text(line_writer *w, const char *key, const char *value)
{
    add(w, ",\"");
    add(w, key);
    add(w, "\":\"");
    if (w->rc == PL_OK)
        w->rc = pl__str_append_json_escaped(w->out, pl__view(value));
    add(w, "\"");
}

static void add_length(line_writer *w, const char *key, uint32_t value)
{
    if (value > 0 && w->rc == PL_OK)
        w->rc = pl__str_appendf(w->out, ",\"%s\":%u", key, value);
}

static void add_verdict(line_writer *w, const pl_judgment *row)
{
    switch (row->verdict) {
    case PL_VERDICT_A:
        add(w, ",\"verdict\":\"a\"");
        break;
    case PL_VERDICT_B:
        add(w, ",\"verdict\":\"b\"");
        break;
    case PL_VERDICT_TIE:
        add(w, ",\"verdict\":\"tie\"");
        break;
    default:
        add(w, ",\"verdict\":null");
        if (row->missing != PL_MISSING_UNSPECIFIED)
            add_text(w, "missing", pl_missing_text((pl_missing)row->missing));
        break;
    }
}

pl_status pl__records_write_judgment(const pl_judgment_set *set, size_t row_index, const char *raw, const char *finish,
                                     pl_str *out, pl_error *reterr)
{
    char number[PL_NUM_BYTES];
    if (!set || !out || row_index >= set->n_rows)
        return pl__fail(reterr, PL_E_INVALID, "no such row");
    const pl_judgment *row = &set->rows[row_index];
    size_t old_len = out->len;
    line_writer w = {.out = out, .rc = PL_OK};

    add(&w, "{\"item\":\"");
    if (w.rc == PL_OK)
        w.rc = pl__str_append_json_escaped(out, pl__view(set->items[row->item]));
    add(&w, "\"");
    add_text(&w, "judge", set->models[row->judge]);
    add_text(&w, "a", set->models[row->a]);
    add_text(&w, "b", set->models[row->b]);
    add_verdict(&w, row);
    add_text(&w, "criterion", set->criteria[row->criterion]);
    if (strcmp(set->images[row->image], set->items[row->item]) != 0)
        add_text(&w, "image", set->images[row->image]);
    add_length(&w, "a_words", row->a_length);
    add_length(&w, "b_words", row->b_length);
    if (set->families) {
        add_text(&w, "judge_family", set->families[row->judge]);
        add_text(&w, "a_family", set->families[row->a]);
        add_text(&w, "b_family", set->families[row->b]);
    }
    if (row->weight != 1.0) {
        pl__num_format(row->weight, number);
        add(&w, ",\"weight\":");
        add(&w, number);
    }
    if (raw)
        add_text(&w, "raw", raw);
    if (finish)
        add_text(&w, "finish", finish);
    add(&w, "}\n");
    if (w.rc == PL_OK)
        return PL_OK;
    out->len = old_len;
    if (out->ptr)
        out->ptr[old_len] = '\0';
    return pl__fail(reterr, w.rc, "judgment %zu: %s", row_index, pl_status_text(w.rc));
}
