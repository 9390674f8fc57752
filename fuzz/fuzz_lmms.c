/* Lines of a sample log. Lenient reading takes what strict reading takes, and what is accepted passes the set's own
 * check, or contradicts itself. */
#include "error.h"
#include "import_parts.h"

#include <string.h>

static const pl_import_file FILE_HERE = {.path = "f", .model = "m", .dataset = "d"};

static pl_status read_lines(pl_view text, bool skip_bad, pl_import_run *run)
{
    pl_line_reader *reader = NULL;
    pl_error err = {0};
    *run = (pl_import_run){.skip_bad = skip_bad};
    pl_status made = pl__response_log_new(&run->log, NULL);
    PL_ASSERT(made == PL_OK);
    made = pl__line_reader_from_memory("f", text, &reader, NULL);
    PL_ASSERT(made == PL_OK);
    pl_status rc = pl__lmms_add(reader, &FILE_HERE, run, &err);
    PL_ASSERT(rc == PL_OK || strncmp(err.msg, "f:", 2) == 0);
    made = pl__response_log_finish(run->log, NULL);
    PL_ASSERT(made == PL_OK);
    pl_status checked = pl_response_set_check(pl__response_log_set(run->log), NULL);
    PL_ASSERT(checked == PL_OK || checked == PL_E_CONFLICT);
    pl__line_reader_free(reader);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_view text = pl__view_n((const char *)data, size);
    pl_import_run strict;
    pl_import_run lenient;
    pl_status rc = read_lines(text, false, &strict);
    pl_status rc_skip = read_lines(text, true, &lenient);

    PL_ASSERT(rc != PL_OK || rc_skip == PL_OK);
    if (rc_skip == PL_OK)
        PL_ASSERT((rc == PL_OK) == (lenient.n_bad == 0));
    pl__response_log_free(strict.log);
    pl__response_log_free(lenient.log);
    return 0;
}
