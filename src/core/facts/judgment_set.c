#include "judgment_check.h"

#include "error.h"

#include <float.h>

const char *pl_missing_text(pl_missing reason)
{
    static const char *const texts[PL_MISSING_COUNT] = {
        [PL_MISSING_NOT] = "not missing",       [PL_MISSING_NO_MARK] = "no mark",
        [PL_MISSING_SEVERAL] = "several marks", [PL_MISSING_ECHO] = "echo",
        [PL_MISSING_CUT_OFF] = "cut off",       [PL_MISSING_REFUSED] = "refused",
        [PL_MISSING_EMPTY] = "empty",           [PL_MISSING_CALL] = "no call",
        [PL_MISSING_ANSWER] = "no answer",      [PL_MISSING_UNSPECIFIED] = "unspecified",
    };
    if ((unsigned)reason >= PL_MISSING_COUNT)
        return "unknown";
    return texts[reason];
}

static pl_status check_names(const char *what, const char *const *names, uint32_t n, pl_error *reterr)
{
    if (n > 0 && !names)
        return pl__fail(reterr, PL_E_INVALID, "judgment set: %s is NULL", what);
    for (uint32_t i = 0; i < n; i++)
        if (!names[i])
            return pl__fail(reterr, PL_E_INVALID, "judgment set: %s[%lu] is NULL", what, (unsigned long)i);
    return PL_OK;
}

/* What is wrong with a row that is not sound. */
static const char *row_fault(const pl_judgment_set *set, const pl_judgment *row)
{
    if (row->item >= set->n_items)
        return "item out of range";
    if (row->image >= set->n_images)
        return "image out of range";
    if (row->judge >= set->n_models)
        return "judge out of range";
    if (row->a >= set->n_models || row->b >= set->n_models)
        return "candidate out of range";
    if (row->a == row->b)
        return "a model is compared with itself";
    if (row->criterion >= set->n_criteria)
        return "criterion out of range";
    if (row->verdict > PL_VERDICT_TIE)
        return "unknown verdict";
    if (row->missing >= PL_MISSING_COUNT)
        return "unknown reason for a missing verdict";
    if ((row->verdict == PL_VERDICT_MISSING) != (row->missing != PL_MISSING_NOT))
        return "verdict and reason for a missing verdict contradict each other";
    return "weight is not positive and finite";
}

/* All conditions at once, without a branch for each. */
static bool is_sound(const pl_judgment_set *set, const pl_judgment *row)
{
    unsigned indices = (unsigned)(row->item < set->n_items) & (unsigned)(row->image < set->n_images) &
                       (unsigned)(row->judge < set->n_models) & (unsigned)(row->a < set->n_models) &
                       (unsigned)(row->b < set->n_models) & (unsigned)(row->a != row->b) &
                       (unsigned)(row->criterion < set->n_criteria);
    unsigned verdict = (unsigned)(row->verdict <= PL_VERDICT_TIE) & (unsigned)(row->missing < PL_MISSING_COUNT) &
                       (unsigned)((row->verdict == PL_VERDICT_MISSING) == (row->missing != PL_MISSING_NOT));
    unsigned weight = (unsigned)(row->weight > 0.0) & (unsigned)(row->weight <= DBL_MAX);
    return (indices & verdict & weight) != 0;
}

pl_status pl__judgment_rows_check(const pl_judgment_set *set, size_t from, size_t to, pl_error *reterr)
{
    if (from < to && !set->rows)
        return pl__fail(reterr, PL_E_INVALID, "judgment set: rows is NULL");
    for (size_t i = from; i < to; i++) {
        if (!is_sound(set, &set->rows[i]))
            return pl__fail(reterr, PL_E_RANGE, "judgment %zu: %s", i, row_fault(set, &set->rows[i]));
    }
    return PL_OK;
}

pl_status pl__judgment_names_check(const pl_judgment_set *set, pl_error *reterr)
{
    if (!set)
        return pl__fail(reterr, PL_E_INVALID, "judgment set is NULL");
    if (set->n_criteria == 0)
        return pl__fail(reterr, PL_E_INVALID, "judgment set: no criteria");
    const struct {
        const char *what;
        const char *const *names;
        uint32_t n;
    } lists[] = {
        {"models", set->models, set->n_models},       {"families", set->families, set->families ? set->n_models : 0},
        {"items", set->items, set->n_items},          {"images", set->images, set->n_images},
        {"criteria", set->criteria, set->n_criteria},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        pl_status rc = check_names(lists[i].what, lists[i].names, lists[i].n, reterr);
        if (rc != PL_OK)
            return rc;
    }
    return PL_OK;
}

pl_status pl_judgment_set_check(const pl_judgment_set *set, pl_error *reterr)
{
    pl_status rc = pl__judgment_names_check(set, reterr);
    return rc ? rc : pl__judgment_rows_check(set, 0, set->n_rows, reterr);
}
