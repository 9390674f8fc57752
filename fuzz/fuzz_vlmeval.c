/* The first byte says the form, the rest is a table. Lenient reading takes what strict reading takes, and what is
 * accepted passes the set's own check, or contradicts itself. */
#include "error.h"
#include "import_parts.h"

#include <string.h>

static const pl_import_file FILE_HERE = {.path = "f", .model = "m", .dataset = "d"};

static pl_status read_table(const pl_sheet *sheet, bool skip_bad, pl_import_run *run)
{
    pl_error err = {0};
    *run = (pl_import_run){.skip_bad = skip_bad};
    pl_status made = pl__response_log_new(&run->log, NULL);
    PL_ASSERT(made == PL_OK);
    pl_status rc = pl__vlmeval_add(sheet, &FILE_HERE, run, &err);
    PL_ASSERT(rc == PL_OK || strncmp(err.msg, "f: ", 3) == 0);
    made = pl__response_log_finish(run->log, NULL);
    PL_ASSERT(made == PL_OK);
    pl_status checked = pl_response_set_check(pl__response_log_set(run->log), NULL);
    PL_ASSERT(checked == PL_OK || checked == PL_E_CONFLICT);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_sheet *sheet = NULL;
    pl_import_run strict;
    pl_import_run lenient;

    if (size == 0)
        return 0;
    pl_sheet_form form = data[0] == 'r' ? PL_SHEET_RECORDS : PL_SHEET_TSV;
    if (pl__sheet_parse("f", form, pl__view_n((const char *)data + 1, size - 1), &sheet, NULL) != PL_OK)
        return 0;
    pl_status rc = read_table(sheet, false, &strict);
    pl_status rc_skip = read_table(sheet, true, &lenient);
    PL_ASSERT(rc != PL_OK || lenient.n_bad == 0);
    if (rc_skip == PL_OK) {
        size_t n_rows = pl__response_log_set(lenient.log)->n_rows;
        PL_ASSERT((rc == PL_OK) == (lenient.n_bad == 0));
        PL_ASSERT(n_rows + lenient.n_bad + lenient.n_failed == pl__sheet_n_rows(sheet));
    }
    pl__response_log_free(strict.log);
    pl__response_log_free(lenient.log);
    pl__sheet_free(sheet);
    return 0;
}
