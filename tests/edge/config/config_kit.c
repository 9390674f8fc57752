#include "config_kit.h"

#include <stdlib.h>
#include <string.h>

pl_config *config_kit_accept(const char *text)
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("p.yaml", pl__view(text), &config, &problems, &err);
    PL_KIT_OK(rc, &err);
    assert_int_equal(problems.len, 0);
    pl__str_clear(&problems);
    return config;
}

char *config_kit_refuse(const char *text, size_t len)
{
    pl_config *config = NULL;
    pl_error err = {0};
    pl_str problems;
    pl__str_init(&problems, PL_STR_LIMIT_DEFAULT);
    pl_status rc = pl__config_parse("p.yaml", pl__view_n(text, len), &config, &problems, &err);
    if (rc == PL_OK)
        fail_msg("accepted: %s", text);
    PL_KIT_STATUS(rc, PL_E_PARSE, &err);
    assert_null(config);
    assert_true(problems.len > 0);
    /* reterr is the first line without its end */
    size_t first = strcspn(pl__str_c(&problems), "\n");
    assert_int_equal(first, strlen(err.msg));
    assert_memory_equal(err.msg, problems.ptr, first);
    char *copy = malloc(problems.len + 1);
    assert_non_null(copy);
    memcpy(copy, problems.ptr, problems.len + 1);
    pl__str_clear(&problems);
    return copy;
}

size_t config_kit_count_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

void config_kit_expect(const char *text, const char *line)
{
    char *problems = config_kit_refuse(text, strlen(text));
    size_t len = strcspn(problems, "\n");
    if (config_kit_count_lines(problems) != 1 || strlen(line) != len || memcmp(problems, line, len) != 0)
        fail_msg("problems:\n%swanted:\n%s", problems, line);
    free(problems);
}

void config_kit_expect_start(const char *text, const char *start)
{
    char *problems = config_kit_refuse(text, strlen(text));
    if (strncmp(problems, start, strlen(start)) != 0)
        fail_msg("problems:\n%swanted at the start:\n%s", problems, start);
    free(problems);
}
