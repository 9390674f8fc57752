#include "alloc.h"
#include "error.h"
#include "xlsx_parts.h"

#include <expat.h>
#include <string.h>

#define CHUNK_BYTES 65536

typedef struct xml_run {
    const pl_xlsx *book;
    const char *part;
    XML_Parser parser;
    const pl_xml_ops *ops;
    void *user;
    pl_status rc; /* of the calls */
    pl_error *err;
} xml_run;

static pl_status fail_part(const xml_run *run, pl_status rc, const char *what)
{
    return pl__fail(run->err, rc, "%s: %.200s: %s", run->book->name, run->part, what);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *pl__xml_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2) {
        if (strcmp(local_name(attributes[i]), name) == 0)
            return attributes[i + 1];
    }
    return NULL;
}

static void settle(xml_run *run, pl_status rc)
{
    if (rc == PL_OK)
        return;
    run->rc = rc;
    (void)XML_StopParser(run->parser, XML_FALSE);
}

/* A stopped parser may still report what it has read. */
static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    xml_run *run = user;
    if (run->rc == PL_OK)
        settle(run, run->ops->start(run->user, local_name(name), attributes, run->err));
}

static void on_end(void *user, const XML_Char *name)
{
    xml_run *run = user;
    if (run->rc == PL_OK && run->ops->end)
        settle(run, run->ops->end(run->user, local_name(name), run->err));
}

static void on_text(void *user, const XML_Char *s, int n)
{
    xml_run *run = user;
    if (run->rc == PL_OK && run->ops->text)
        settle(run, run->ops->text(run->user, s, (size_t)n, run->err));
}

/* Entities of its own are what makes a small XML file large; no spreadsheet has a document type. */
static void on_doctype(void *user, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                       int has_subset)
{
    xml_run *run = user;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    settle(run, fail_part(run, PL_E_PARSE, "has a document type, which a spreadsheet has not"));
}

static pl_status parse_chunk(xml_run *run, const char *bytes, size_t n, bool last)
{
    if (XML_Parse(run->parser, bytes, (int)n, last) == XML_STATUS_OK)
        return PL_OK;
    if (run->rc != PL_OK)
        return run->rc;
    if (XML_GetErrorCode(run->parser) == XML_ERROR_NO_MEMORY)
        return fail_part(run, PL_E_NOMEM, "no memory");
    return pl__fail(run->err, PL_E_PARSE, "%s: %.200s: line %llu: %s", run->book->name, run->part,
                    (unsigned long long)XML_GetCurrentLineNumber(run->parser),
                    XML_ErrorString(XML_GetErrorCode(run->parser)));
}

/* A size that the archive states is not believed: what comes out is counted. */
static pl_status parse_all(xml_run *run, zip_file_t *file)
{
    char chunk[CHUNK_BYTES];
    size_t total = 0;

    for (;;) {
        zip_int64_t n = zip_fread(file, chunk, sizeof(chunk));
        if (n < 0)
            return fail_part(run, PL_E_PARSE, zip_file_strerror(file));
        total += (size_t)n;
        if (total > PL_SHEET_PART_BYTES_MAX)
            return pl__fail(run->err, PL_E_LIMIT, "%s: %.200s: unpacks to more than %zu bytes", run->book->name,
                            run->part, PL_SHEET_PART_BYTES_MAX);
        pl_status rc = parse_chunk(run, chunk, (size_t)n, n == 0);
        if (rc != PL_OK || n == 0)
            return rc;
    }
}

static pl_status open_part(pl_xlsx *book, const char *part, zip_file_t **ret, pl_error *reterr)
{
    zip_int64_t index = zip_name_locate(book->zip, part, 0);

    if (index < 0)
        return pl__fail(reterr, PL_E_PARSE, "%s: is no spreadsheet: it has no %.200s", book->name, part);
    *ret = zip_fopen_index(book->zip, (zip_uint64_t)index, 0);
    if (!*ret)
        return pl__fail(reterr, PL_E_PARSE, "%s: %.200s: %s", book->name, part, zip_strerror(book->zip));
    return PL_OK;
}

pl_status pl__xlsx_part(pl_xlsx *book, const char *part, const pl_xml_ops *ops, void *user, pl_error *reterr)
{
    static const XML_Memory_Handling_Suite memory = {pl__malloc, pl__realloc, pl__free};
    xml_run run = {.book = book, .part = part, .ops = ops, .user = user, .rc = PL_OK, .err = reterr};
    zip_file_t *file = NULL;
    pl_status rc = open_part(book, part, &file, reterr);

    if (rc != PL_OK)
        return rc;
    run.parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!run.parser) {
        rc = fail_part(&run, PL_E_NOMEM, "no memory");
        goto out;
    }
    XML_SetUserData(run.parser, &run);
    XML_SetElementHandler(run.parser, on_start, on_end);
    XML_SetCharacterDataHandler(run.parser, on_text);
    XML_SetStartDoctypeDeclHandler(run.parser, on_doctype);
    rc = parse_all(&run, file);
out:
    if (run.parser)
        XML_ParserFree(run.parser);
    (void)zip_fclose(file);
    return rc;
}
