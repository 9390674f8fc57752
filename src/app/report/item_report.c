#include "item_report.h"

#include "error.h"
#include "records.h"
#include "table.h"

#define OWN_COLUMNS_MAX 6 /* before the signals */

typedef struct sink {
    pl_status (*write)(void *user, pl_view piece, pl_error *reterr);
    void *user;
} sink;

static const char *option_text(const pl_answer_table *t, const pl_response *row, uint8_t option)
{
    const pl_response_set *set = pl_answer_table_set(t);

    if (!row || row->options == PL_RESPONSE_NONE || option == UINT8_MAX)
        return "";
    return set->texts[set->option_texts[set->option_lists[row->options].first + option]];
}

static bool shows_dataset(const pl_item_values *v)
{
    const pl_response_set *set = pl_answer_table_set(v->table);

    return set->n_datasets > 1 || set->datasets[0][0] != '\0';
}

/* Any model's response to the item: all have its options and data set. There is one, or it would not be in the table.
 */
static const pl_response *any_response(const pl_answer_table *t, uint32_t item)
{
    const pl_response *row = NULL;

    for (uint32_t m = 0; m < pl_answer_table_n_models(t) && !row; m++)
        row = pl_answer_table_response(t, m, item);
    return row;
}

static void add_row(const pl_item_values *v, uint32_t item, uint32_t model, const pl_response *known, pl_table *out)
{
    const pl_answer_table *t = v->table;
    const pl_response_set *set = pl_answer_table_set(t);
    const pl_response *row = pl_answer_table_response(t, model, item);
    pl_answer_missing why = pl_answer_table_why_missing(t, model, item);

    if (shows_dataset(v))
        pl__table_text(out, set->datasets[known->dataset]);
    pl__table_text(out, pl__response_item_id(set, known));
    pl__table_text(out, set->models[model]);
    pl__table_text(out, option_text(t, row, pl_answer_table_choices(t, model)[item]));
    pl__table_text(out, why == PL_ANSWER_THERE ? "" : pl_answer_missing_text(why));
    if (v->pool)
        pl__table_text(out, option_text(t, known, v->pool[item]));
    for (size_t k = 0; k < v->n_columns; k++)
        pl__table_full(out, v->columns[k].values[(size_t)model * pl_answer_table_n_items(t) + item]);
}

static void add_columns(const pl_item_values *v, pl_table *out)
{
    if (shows_dataset(v))
        pl__table_column(out, "dataset", false);
    pl__table_column(out, "item", false);
    pl__table_column(out, "model", false);
    pl__table_column(out, "choice", false);
    pl__table_column(out, "missing", false);
    if (v->pool)
        pl__table_column(out, "pool", false);
    for (size_t k = 0; k < v->n_columns; k++)
        pl__table_column(out, v->columns[k].name, true);
}

/* One table an item, so that memory does not follow their number; only the first shows its heads. */
static pl_status write_item(const pl_item_values *v, uint32_t item, const sink *to, pl_error *reterr)
{
    const pl_response *known = any_response(v->table, item);
    pl_table table;
    pl_str text;
    pl_status rc = PL_OK;

    pl__table_init(&table);
    pl__str_init(&text, PL_STR_LIMIT_DEFAULT);
    add_columns(v, &table);
    for (uint32_t m = 0; m < pl_answer_table_n_models(v->table); m++)
        add_row(v, item, m, known, &table);
    rc = item == 0 ? pl__table_write_csv(&table, &text, reterr) : pl__table_write_csv_rows(&table, &text, reterr);
    if (rc == PL_OK)
        rc = to->write(to->user, pl__view_n(text.ptr, text.len), reterr);
    pl__str_clear(&text);
    pl__table_clear(&table);
    return rc;
}

pl_status pl__report_items(const pl_item_values *values,
                           pl_status (*write)(void *user, pl_view piece, pl_error *reterr), void *user,
                           pl_error *reterr)
{
    const sink to = {write, user};
    pl_status rc = PL_OK;

    if (values->n_columns + OWN_COLUMNS_MAX > PL_TABLE_COLUMNS_MAX)
        return pl__fail(reterr, PL_E_LIMIT, "at most %d signals at once for single items",
                        PL_TABLE_COLUMNS_MAX - OWN_COLUMNS_MAX);
    for (uint32_t i = 0; i < pl_answer_table_n_items(values->table) && rc == PL_OK; i++)
        rc = write_item(values, i, &to, reterr);
    return rc;
}
