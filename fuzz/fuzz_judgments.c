/* What is accepted passes the set's own check, and written out and read again it is the same set. */
#include "error.h"
#include "records.h"

#include <string.h>

static void write_all(const pl_judgment_set *set, pl_str *out)
{
    pl__str_init(out, PL_STR_LIMIT_DEFAULT);
    for (size_t i = 0; i < set->n_rows; i++) {
        pl_status rc = pl__records_write_judgment(set, i, NULL, NULL, out, NULL);
        PL_ASSERT(rc == PL_OK);
        (void)rc;
    }
}

static bool same_names(const char *const *x, const char *const *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(x[i], y[i]) != 0)
            return false;
    }
    return true;
}

static bool same_set(const pl_judgment_set *x, const pl_judgment_set *y)
{
    if (x->n_rows != y->n_rows || x->n_models != y->n_models || x->n_items != y->n_items ||
        x->n_images != y->n_images || x->n_criteria != y->n_criteria || !x->families != !y->families)
        return false;
    if (x->families && !same_names(x->families, y->families, x->n_models))
        return false;
    return same_names(x->models, y->models, x->n_models) && same_names(x->items, y->items, x->n_items) &&
           same_names(x->images, y->images, x->n_images) && same_names(x->criteria, y->criteria, x->n_criteria);
}

static bool same_row(const pl_judgment *x, const pl_judgment *y)
{
    return x->item == y->item && x->image == y->image && x->judge == y->judge && x->a == y->a && x->b == y->b &&
           x->criterion == y->criterion && x->verdict == y->verdict && x->missing == y->missing &&
           x->a_length == y->a_length && x->b_length == y->b_length && x->weight == y->weight;
}

static void check_accepted(const pl_judgment_set *set)
{
    pl_judgment_log *again = NULL;
    pl_error err = {0};
    pl_str text;
    pl_status rc = pl_judgment_set_check(set, &err);
    PL_ASSERT(rc == PL_OK);
    write_all(set, &text);
    rc = pl__records_parse_judgments("again", pl__view_n(pl__str_c(&text), text.len), NULL, &again, &err);
    PL_ASSERT(rc == PL_OK && again);
    if (rc == PL_OK) {
        const pl_judgment_set *back = pl__judgment_log_set(again);
        bool same = same_set(set, back);
        PL_ASSERT(same);
        for (size_t i = 0; same && i < set->n_rows; i++)
            PL_ASSERT(same_row(&set->rows[i], &back->rows[i]));
    }
    pl__str_clear(&text);
    pl__judgment_log_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_judgment_log *strict = NULL;
    pl_judgment_log *lenient = NULL;
    pl_error err = {0};
    pl_records_opts skip = {.skip_bad = true, .judge_instruction = pl__view("answer with one of the three marks")};

    pl_status rc = pl__records_parse_judgments("f", text, NULL, &strict, &err);
    PL_ASSERT((rc == PL_OK) == (strict != NULL));
    if (strict)
        check_accepted(pl__judgment_log_set(strict));
    pl_status rc_skip = pl__records_parse_judgments("f", text, &skip, &lenient, &err);
    PL_ASSERT((rc_skip == PL_OK) == (lenient != NULL));
    if (lenient) {
        check_accepted(pl__judgment_log_set(lenient));
        PL_ASSERT((rc == PL_OK) == (pl__judgment_log_bad_lines(lenient) == 0));
    }
    pl__judgment_log_free(strict);
    pl__judgment_log_free(lenient);
    return 0;
}
