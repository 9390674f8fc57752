#include "file.h"
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct seen {
    char text[4096];
    size_t stop_after;
    size_t n;
} seen;

static pl_status note(const char *relative, void *user, pl_error *reterr)
{
    seen *s = user;
    (void)reterr;
    size_t used = strlen(s->text);
    (void)snprintf(s->text + used, sizeof(s->text) - used, "%s\n", relative);
    return ++s->n == s->stop_after ? PL_E_CANCELLED : PL_OK;
}

static void plant(const char *dir, const char *name)
{
    free(pl__kit_write_text(dir, name, "x"));
}

static void walk_is_sorted(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    seen s = {.text = ""};
    static const char *const names[] = {"b.jpg", "a/z", "a.jpg", "a/b/c", "a0", ".hidden", ".git/x", "B", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        plant(dir, names[i]);
    PL_KIT_OK(pl__dir_walk(dir, note, &s, &err), &err);
    /* the byte order of whole paths: '.' < '/' < '0' */
    assert_string_equal(s.text, "B\na.jpg\na/b/c\na/z\na0\nb.jpg\n\xc3\xa9\n");

    char *slashed = pl__kit_path(dir, "a/");
    s = (seen){.text = ""};
    PL_KIT_OK(pl__dir_walk(slashed, note, &s, &err), &err);
    assert_string_equal(s.text, "b/c\nz\n");
    free(slashed);

    s = (seen){.stop_after = 2};
    PL_KIT_STATUS(pl__dir_walk(dir, note, &s, NULL), PL_E_CANCELLED, NULL);
    assert_int_equal(s.n, 2);
}

static void links_do_not_loop(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    seen s = {.text = ""};
    plant(dir, "a/f");
    char *loop = pl__kit_path(dir, "a/loop");
    char *dangling = pl__kit_path(dir, "dangling");
    char *file_link = pl__kit_path(dir, "link");
    char *pipe_link = pl__kit_path(dir, "null");
    assert_int_equal(symlink("..", loop), 0);
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_int_equal(symlink("a/f", file_link), 0);
    assert_int_equal(symlink("/dev/null", pipe_link), 0);
    PL_KIT_OK(pl__dir_walk(dir, note, &s, &err), &err);
    assert_string_equal(s.text, "a/f\nlink\n");
    free(loop);
    free(dangling);
    free(file_link);
    free(pipe_link);
}

static void depth_is_limited(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    seen s = {.text = ""};
    char name[256] = "";
    for (size_t i = 0; i < PL_DIR_DEPTH_MAX; i++)
        (void)snprintf(name + 2 * i, sizeof(name) - 2 * i, "d/");
    (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "f");
    plant(dir, name);
    PL_KIT_OK(pl__dir_walk(dir, note, &s, &err), &err);
    assert_int_equal(s.n, 1);
    name[strlen(name) - 1] = 'd';
    (void)snprintf(name + strlen(name), sizeof(name) - strlen(name), "/f");
    plant(dir, name);
    PL_KIT_STATUS(pl__dir_walk(dir, note, &s, &err), PL_E_LIMIT, &err);
}

static void walk_refuses(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    seen s = {.text = ""};
    char *path = pl__kit_path(dir, "absent");
    PL_KIT_STATUS(pl__dir_walk(path, note, &s, &err), PL_E_NOT_FOUND, &err);
    free(path);
    path = pl__kit_write_text(dir, "file", "x");
    PL_KIT_STATUS(pl__dir_walk(path, note, &s, &err), PL_E_IO, &err);
    assert_non_null(strstr(err.msg, path));
    free(path);
    PL_KIT_STATUS(pl__dir_walk(NULL, note, &s, &err), PL_E_INVALID, &err);
    assert_int_equal(s.n, 0);
}

static void make(void **state)
{
    const char *dir = *state;
    pl_error err = {0};
    char *path = pl__kit_path(dir, "x/y//z/");
    PL_KIT_OK(pl__dir_make(path, &err), &err);
    PL_KIT_OK(pl__dir_make(path, &err), &err);
    assert_true(pl__kit_exists(path));
    free(path);
    free(pl__kit_write_text(dir, "file", "x"));
    path = pl__kit_path(dir, "file/under");
    PL_KIT_STATUS(pl__dir_make(path, &err), PL_E_IO, &err);
    free(path);
    PL_KIT_STATUS(pl__dir_make("", &err), PL_E_INVALID, &err);
    PL_KIT_OK(pl__dir_make("/", NULL), NULL);
}

static pl_status walk_once(void *user, pl_error *err)
{
    seen s = {.text = ""};
    return pl__dir_walk(user, note, &s, err);
}

static pl_status make_once(void *user, pl_error *err)
{
    return pl__dir_make(user, err);
}

static void faults(void **state)
{
    char *dir = *state;
    plant(dir, "a/b");
    plant(dir, "c");
    pl__kit_fault_loop("dir_walk", walk_once, dir);
    pl__kit_fault_loop("dir_make", make_once, dir);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, pl__kit_temp_setup, pl__kit_temp_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(walk_is_sorted), IN_DIR(links_do_not_loop), IN_DIR(depth_is_limited), IN_DIR(walk_refuses), IN_DIR(make),
        IN_DIR(faults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
