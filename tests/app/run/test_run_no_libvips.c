/* LD_LIBRARY_PATH leads to a file of libvips's name that is no library (see CMakeLists.txt). */
#include "pool_server.h"

#include <stdlib.h>
#include <string.h>

static const char *const WELL[] = {"m1", "m2", "m3", NULL};

/* 1 x 1 pixels: of grey, which libvips turns into colours, and of colours. */
static const unsigned char GREY[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                     0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00,
                                     0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
                                     0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00,
                                     0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};
static const unsigned char COLOURED[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00,
    0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xdf, 0xe0, 0x00, 0x00, 0x04, 0x41, 0x01, 0xc0, 0x0c,
    0xd1, 0xed, 0x91, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

typedef struct fixture {
    pool_server server;
    char *dir;
    pool_run run;
} fixture;

static void open_fixture(fixture *f, const unsigned char *png, size_t n)
{
    char *image = NULL;
    char *items = NULL;

    f->dir = pl__kit_temp_new();
    image = pl__kit_write(f->dir, "one.png", png, n);
    items = pl__kit_write_text(f->dir, "items.jsonl",
                               "{\"id\":\"a\",\"image\":\"one.png\",\"question\":\"What is there?\"}\n"
                               "{\"id\":\"b\",\"image\":\"one.png\",\"question\":\"Where is it?\"}\n");
    free(image);
    free(items);
    pool_server_start(&f->server);
    pool_open(&f->run, f->dir, pl__httpd_port(f->server.httpd), "items: items.jsonl", WELL, NULL);
}

static void close_fixture(fixture *f)
{
    pool_close(&f->run);
    pool_server_stop(&f->server);
    pl__kit_temp_free(f->dir);
}

/* That a library is missing says nothing about the images. */
static void a_run_that_needs_it_ends_with_the_advice(void **state)
{
    fixture f;

    (void)state;
    open_fixture(&f, GREY, sizeof(GREY));
    PL_KIT_STATUS(pool_execute(&f.run, NULL), PL_E_UNSUPPORTED, &f.run.err);
    assert_non_null(strstr(f.run.err.msg, "apt install libvips42"));
    assert_non_null(strstr(f.run.err.msg, "one.png"));
    assert_int_equal(f.run.summary.state, PL_RUN_INCOMPLETE);
    assert_int_equal(f.run.summary.item_problems_count, 0);
    assert_int_equal(atomic_load(&f.server.requests), 0);
    close_fixture(&f);
}

static void images_that_fit_already_do_without(void **state)
{
    fixture f;

    (void)state;
    open_fixture(&f, COLOURED, sizeof(COLOURED));
    PL_KIT_OK(pool_execute(&f.run, NULL), &f.run.err);
    assert_int_equal(f.run.summary.state, PL_RUN_COMPLETE);
    assert_int_equal(f.run.summary.tasks_ended, f.run.summary.tasks_total);
    assert_true(atomic_load(&f.server.requests) > 0);
    close_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_needs_it_ends_with_the_advice),
        cmocka_unit_test(images_that_fit_already_do_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
