#include "json.h"
#include "kit.h"
#include "proxy_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 8192

/* One labelled item after the other, of one model. */
static void add_items(char *out, const char *dataset, const char *id, int n, bool labelled)
{
    size_t used = strlen(out);
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(out + used, LINES_MAX - used,
                                 "{\"item\":\"%s%d\",\"model\":\"m\",%s%s%s\"options\":[\"x\",\"y\"],"
                                 "\"option_logits\":[%d,0]%s}\n",
                                 id, i, dataset ? "\"dataset\":\"" : "", dataset ? dataset : "", dataset ? "\"," : "",
                                 i + 1, labelled ? ",\"label\":\"x\"" : "");
}

static pl_response_log *parse(const char *text)
{
    pl_response_log *log = NULL;
    pl_error err = {0};
    PL_KIT_OK(pl__records_parse_responses("log", pl__view(text), false, &log, &err), &err);
    return log;
}

typedef struct request {
    const char *given[2];
    size_t n;
    const pl_response_set *target;
    pl_answer_opts opts;
} request;

static pl_status open_once(void *user, pl_error *err)
{
    const request *r = user;
    pl_answer_source *source = NULL;
    pl_status rc = pl__proxy_source_open(r->given, r->n, false, r->target, &r->opts, &source, err);
    pl_answer_source_free(source);
    return rc;
}

static void refuse(request *r, const char *words)
{
    pl_error err = {0};
    PL_KIT_STATUS(open_once(r, &err), PL_E_INVALID, &err);
    assert_non_null(strstr(err.msg, words));
}

static void datasets_of_the_responses(void **state)
{
    (void)state;
    char text[LINES_MAX] = "";
    pl_error err = {0};
    add_items(text, "a", "q", 3, true);
    add_items(text, "b", "q", 4, true);
    pl_response_log *log = parse(text);
    request r = {.given = {"a", "b"}, .n = 1, .target = pl__response_log_set(log), .opts = PL_ANSWER_OPTS_INIT};
    refuse(&r, "--dataset says which other one");
    r.opts.dataset = "b";
    PL_KIT_OK(open_once(&r, &err), &err);
    pl__kit_fault_loop("data sets", open_once, &r);
    r.n = 2;
    refuse(&r, "\"b\" is ranked on");
    r.given[1] = "no-such-file.jsonl";
    refuse(&r, "not both");
    pl__response_log_free(log);
}

/* What is ranked on never gets in. */
static void files(void **state)
{
    const char *dir = *state;
    char text[LINES_MAX] = "";
    pl_error err = {0};
    pl_answer_source *source = NULL;
    add_items(text, "b", "q", 4, true);
    pl_response_log *log = parse(text);
    add_items(text, "a", "q", 3, true);
    add_items(text, "c", "q", 2, false);
    char *path = pl__kit_write_text(dir, "source.jsonl", text);
    request r = {.given = {path}, .n = 1, .target = pl__response_log_set(log), .opts = PL_ANSWER_OPTS_INIT};
    refuse(&r, "is in the source and ranked on");
    r.opts.dataset = "b";
    PL_KIT_OK(pl__proxy_source_open(r.given, 1, false, r.target, &r.opts, &source, &err), &err);
    assert_int_equal(pl_answer_source_n_datasets(source), 1); /* b is left out, c has no labels */
    assert_string_equal(pl_answer_source_dataset(source, 0), "a");
    assert_int_equal(pl_answer_source_n_labelled(source, 0), 3);
    pl_answer_source_free(source);
    pl__kit_fault_loop("files", open_once, &r);
    text[0] = '\0';
    add_items(text, "b", "p", 4, true);
    add_items(text, "c", "q", 2, false);
    free(pl__kit_write_text(dir, "source.jsonl", text));
    refuse(&r, "no labelled data set but \"b\"");
    r.opts.dataset = NULL; /* other items of a set of the same name */
    PL_KIT_OK(open_once(&r, &err), &err);
    pl__kit_fault_loop("other items", open_once, &r);
    text[0] = '\0';
    add_items(text, "c", "q", 2, false);
    free(pl__kit_write_text(dir, "source.jsonl", text));
    refuse(&r, "no labels to learn from");
    pl__response_log_free(log);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datasets_of_the_responses),
        cmocka_unit_test_setup_teardown(files, pl__kit_temp_setup, pl__kit_temp_teardown),
    };
    pl__json_use_alloc();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
