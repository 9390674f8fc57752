#include "error.h"
#include "num.h"
#include "python_text.h"
#include "sheet_readers.h"
#include "sheet_table.h"

#include <math.h>

#define DECIMALS_MAX 15u
#define WHOLE_MAX 1e15 /* whole numbers up to here are shown as such */

/* The fewest decimals that read back as the same number: Python shows no more either. */
static void format_real(double x, char ret[PL_NUM_BYTES])
{
    for (unsigned decimals = 0; decimals <= DECIMALS_MAX && fabs(x) < WHOLE_MAX; decimals++) {
        double back = 0.0;

        pl__num_format_fixed(x, decimals, ret);
        if (pl__num_parse(pl__view(ret), &back) == PL_OK && !(back < x) && !(back > x))
            return;
    }
    pl__num_format(x, ret);
}

static pl_status value_text(const json_t *value, pl_str *out)
{
    char digits[PL_NUM_BYTES];

    switch (json_typeof(value)) {
    case JSON_STRING:
        return pl__str_append(out, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return pl__str_appendf(out, "%lld", (long long)json_integer_value(value));
    case JSON_REAL:
        format_real(json_real_value(value), digits);
        return pl__str_append_c(out, digits);
    case JSON_TRUE:
        return pl__str_append_c(out, "True");
    case JSON_FALSE:
        return pl__str_append_c(out, "False");
    case JSON_OBJECT:
    case JSON_ARRAY:
        return pl__json_write(value, out);
    case JSON_NULL:
    default:
        return PL_OK;
    }
}

/* The columns are the keys of all records, in the order in which they come up. */
static pl_status find_columns(pl_sheet *sheet, const json_t *list, pl_error *reterr)
{
    pl_status rc = PL_OK;

    for (size_t i = 0; i < json_array_size(list) && rc == PL_OK; i++) {
        json_t *record = json_array_get(list, i);
        const char *key = NULL;
        json_t *value = NULL;

        if (!json_is_object(record))
            return pl__fail(reterr, PL_E_PARSE, "%s: record %zu: is no object", sheet->name, i + 1);
        json_object_foreach(record, key, value)
        {
            if (rc == PL_OK && *key && pl__sheet_find(sheet, key) == PL_SHEET_COLUMN_NONE)
                rc = pl__sheet_add_column(sheet, pl__view(key), reterr);
        }
    }
    return rc;
}

static pl_status add_record(pl_sheet *sheet, const json_t *record, size_t place, pl_str *text, pl_error *reterr)
{
    pl_status rc = pl__sheet_add_row(sheet, place, reterr);

    for (size_t k = 0; k < pl__sheet_n_columns(sheet) && rc == PL_OK; k++) {
        const json_t *value = json_object_get(record, pl__sheet_column(sheet, k));

        if (!value)
            continue;
        pl__str_reset(text);
        rc = value_text(value, text);
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s: record %zu: %s", sheet->name, place,
                            rc == PL_E_LIMIT ? "a value that is too long" : "no memory");
        rc = pl__sheet_set(sheet, k, pl__view_n(pl__str_c(text), text->len), reterr);
    }
    return rc;
}

pl_status pl__sheet_from_records(pl_sheet *sheet, pl_view text, pl_error *reterr)
{
    json_t *list = NULL;
    pl_str value;
    pl_status rc = pl__python_json_parse(text, &list, reterr);

    if (rc != PL_OK) {
        pl__error_prefix(reterr, "%s", sheet->name);
        return rc;
    }
    pl__str_init(&value, PL_SHEET_CELL_BYTES_MAX);
    if (!json_is_array(list))
        rc = pl__fail(reterr, PL_E_PARSE, "%s: is no list of records", sheet->name);
    if (rc == PL_OK)
        rc = find_columns(sheet, list, reterr);
    for (size_t i = 0; rc == PL_OK && i < json_array_size(list); i++)
        rc = add_record(sheet, json_array_get(list, i), i + 1, &value, reterr);
    pl__str_clear(&value);
    json_decref(list);
    return rc;
}
