/* Logs of responses from files and from memory. */
#include "error.h"
#include "response_bulk.h"

pl_status pl__records_read_responses(const char *const *paths, size_t n_paths, const pl_records_opts *opts,
                                     pl_response_log **ret, pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_response_log *log = NULL;

    if (!ret || (!paths && n_paths > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = pl__response_log_start();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "responses: no memory");
    for (size_t i = 0; i < n_paths && rc == PL_OK; i++) {
        pl_line_reader *reader = NULL;
        rc = pl__line_reader_open(paths[i], &reader, reterr);
        if (rc == PL_OK)
            rc = pl__response_log_read_blocks(log, reader, opts && opts->skip_bad, opts ? opts->threads : 1, reterr);
        pl__line_reader_free(reader);
    }
    if (rc == PL_OK)
        rc = pl__response_log_finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__response_log_free(log);
    return rc;
}

pl_status pl__records_parse_responses(const char *name, pl_view text, bool skip_bad, pl_response_log **ret,
                                      pl_error *reterr)
{
    pl_status rc = PL_OK;
    pl_response_log *log = NULL;
    pl_line_reader *reader = NULL;

    if (!name || !ret || (!text.ptr && text.len > 0))
        return pl__fail(reterr, PL_E_INVALID, "null argument");
    log = pl__response_log_start();
    if (!log)
        return pl__fail(reterr, PL_E_NOMEM, "%s: no memory", name);
    rc = pl__line_reader_from_memory(name, text, &reader, reterr);
    if (rc == PL_OK)
        rc = pl__response_log_read(log, reader, skip_bad, reterr);
    if (rc == PL_OK)
        rc = pl__response_log_finish(log, reterr);
    if (rc != PL_OK)
        goto out;
    *ret = log;
    log = NULL;
out:
    pl__line_reader_free(reader);
    pl__response_log_free(log);
    return rc;
}
