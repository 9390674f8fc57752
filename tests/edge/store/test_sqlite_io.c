/* Failing disks: what was reported as stored before is intact, and the file can be opened again. */
#include "faulty_vfs.h"
#include "store_kit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_BEFORE 30 /* in the store when the fault may strike */
#define CALLS 60
#define FAULTS_MAX 5000

static void fill(pl_store *s, uint64_t from, uint64_t to)
{
    pl_error err = {0};
    for (uint64_t i = from; i < to; i++)
        PL_KIT_OK(store_kit_put(s, i, &err), &err);
}

static void copy_file(const char *from, const char *dir, const char *name)
{
    size_t n = 0;
    char *bytes = pl__kit_read(from, &n);
    free(pl__kit_write(dir, name, bytes, n));
    free(bytes);
}

static void remove_files(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", "-lock"};
    for (size_t i = 0; i < 5; i++) {
        char name[512];
        assert_true(strlen(path) + strlen(ends[i]) < sizeof(name));
        memcpy(name, path, strlen(path) + 1);
        memcpy(name + strlen(path), ends[i], strlen(ends[i]) + 1);
        (void)unlink(name);
    }
}

static void check_failure(pl_status rc, const pl_error *err, faulty_kind kind)
{
    if (kind == FAULTY_FULL_EVER && rc != PL_E_FULL)
        fail_msg("a full disk gave \"%s\": %s", pl_status_text(rc), err->msg);
    if (rc != PL_E_IO && rc != PL_E_FULL)
        fail_msg("a fault gave \"%s\": %s", pl_status_text(rc), err->msg);
    assert_int_equal(err->code, rc);
}

/* Opens and writes until a call fails; which calls were reported as stored? */
static void work(const char *path, uint64_t from, bool stored[CALLS], faulty_kind kind)
{
    pl_error err = {0};
    pl_store *s = NULL;

    pl_status rc = pl__store_open_sqlite(path, PL_STORE_CREATE, &s, &err);
    if (rc != PL_OK) {
        check_failure(rc, &err, kind);
        return;
    }
    for (uint64_t i = from; i < CALLS; i++) {
        rc = store_kit_put(s, i, &err);
        stored[i] = rc == PL_OK;
        if (rc != PL_OK) {
            check_failure(rc, &err, kind);
            err = (pl_error){0};
        }
    }
    pl__store_close(s);
}

/* The state after the n-th fault. */
static void check_after(const char *path, const bool stored[CALLS])
{
    pl_store *s = store_kit_open(path);
    for (uint64_t i = 0; i < CALLS; i++) {
        if (!store_kit_has_call(s, i) && stored[i])
            fail_msg("call %llu was reported as stored and is gone", (unsigned long long)i);
    }
    fill(s, 0, CALLS); /* and it works again */
    assert_int_equal(store_kit_unit_size(s, 0), 10);
    pl__store_close(s);
    store_kit_integrity(path);
}

static unsigned long strike(const char *dir, faulty_kind kind, const char *template, unsigned long step)
{
    char *path = pl__kit_path(dir, "run.db");
    unsigned long n = 0;

    for (unsigned long nth = 1; nth < FAULTS_MAX; nth += step) {
        bool stored[CALLS] = {false};
        remove_files(path);
        if (template) {
            copy_file(template, dir, "run.db");
            for (size_t i = 0; i < CALLS_BEFORE; i++)
                stored[i] = true;
        }
        faulty_vfs_arm(kind, nth);
        work(path, template ? CALLS_BEFORE : 0, stored, kind);
        bool fired = faulty_vfs_fired();
        faulty_vfs_arm(kind, 0);
        check_after(path, stored);
        n++;
        if (!fired)
            break;
    }
    free(path);
    return n;
}

static void test_every_fault(void **state)
{
    static const struct {
        faulty_kind kind;
        const char *name;
    } kinds[] = {{FAULTY_IO_ONCE, "one I/O error"},
                 {FAULTY_IO_EVER, "I/O errors"},
                 {FAULTY_FULL_EVER, "a full disk"},
                 {FAULTY_READ_ONCE, "one read error"}};
    char *template = pl__kit_path(*state, "template.db");

    pl_store *s = store_kit_open(template);
    fill(s, 0, CALLS_BEFORE);
    pl__store_close(s);
    for (size_t i = 0; i < 4; i++) {
        unsigned long fresh = strike(*state, kinds[i].kind, NULL, 3);
        unsigned long filled = strike(*state, kinds[i].kind, template, 3);
        print_message("%s: %lu places in a new store, %lu in a used one\n", kinds[i].name, fresh, filled);
        assert_true(fresh > 5 && filled > 3);
    }
    free(template);
}

/* In a process of its own: files cannot grow beyond four megabytes. 0, or the failing step. */
static int fill_up(const char *path)
{
    const struct rlimit limit = {4 << 20, 4 << 20};
    pl_store *s = NULL;
    pl_error err = {0};
    pl_status rc = PL_OK;
    uint64_t i = 0;

    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    if (pl__store_open_sqlite(path, PL_STORE_CREATE, &s, &err) != PL_OK)
        return 2;
    for (; i < 100000 && rc == PL_OK; i++)
        rc = store_kit_put(s, i, &err);
    if (rc != PL_E_FULL || !strstr(err.msg, "no space left") || !strstr(err.msg, path)) {
        print_error("call %llu: %s\n", (unsigned long long)i, err.msg);
        return 3;
    }
    for (uint64_t back = 0; back + 1 < i; back++) {
        if (!store_kit_has_call(s, back))
            return 4;
    }
    pl__store_close(s);
    return i > 100 ? 0 : 5;
}

static void test_a_full_disk(void **state)
{
    char *path = pl__kit_path(*state, "run.db");
    int status = 0;

    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fill_up(path));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    pl_store *s = store_kit_open(path);
    for (uint64_t i = 0; i < 100; i++)
        assert_true(store_kit_has_call(s, i));
    fill(s, 0, 300);
    pl__store_close(s);
    store_kit_integrity(path);
    free(path);
}

static int install(void **state)
{
    (void)state;
    pl_store *s = NULL;
    pl_error err = {0};
    /* SQLite has to be started by the store, which brings its own memory functions. */
    PL_KIT_STATUS(pl__store_open_sqlite("/", PL_STORE_READ_ONLY, &s, &err), PL_E_IO, &err);
    faulty_vfs_install();
    return 0;
}

#define IN_FOLDER(fn) cmocka_unit_test_setup_teardown(fn, pl__kit_temp_setup, pl__kit_temp_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_every_fault),
        IN_FOLDER(test_a_full_disk),
    };
    return cmocka_run_group_tests_name("store on a failing disk", tests, install, NULL);
}
