#include "kit.h"

#include "alloc.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULTS_MAX 200000ul /* a loop that needs more does not end by itself */
#define SEED_DEFAULT UINT64_C(20250117)

void pl__kit_status(pl_status rc, pl_status wanted, const pl_error *err, const char *what, const char *file, int line)
{
    const char *msg = err && err->code != PL_OK ? err->msg : "(no message)";
    if (rc != wanted) {
        print_error("%s: \"%s\", wanted \"%s\": %s\n", what, pl_status_text(rc), pl_status_text(wanted), msg);
        _fail(file, line);
    }
    if (err && err->code != PL_OK && (err->code != rc || err->msg[0] == '\0')) {
        print_error("%s: \"%s\", but the error says \"%s\": %s\n", what, pl_status_text(rc), pl_status_text(err->code),
                    msg);
        _fail(file, line);
    }
}

void pl__kit_close(double a, double b, double tolerance, const char *what, const char *file, int line)
{
    if (fabs(a - b) <= tolerance)
        return;
    print_error("%s is %.17g, wanted %.17g within %g\n", what, a, b, tolerance);
    _fail(file, line);
}

#ifdef PL_FAULTS
void pl__kit_fault_loop(const char *name, pl_status (*fn)(void *user, pl_error *err), void *user)
{
    for (unsigned long nth = 1; nth <= FAULTS_MAX; nth++) {
        pl_error err = {0};
        long live_before = pl__live_blocks();
        pl__fault_arm(nth);
        pl_status rc = fn(user, &err);
        bool fired = pl__fault_fired();
        pl__fault_arm(0);
        long leaked = pl__live_blocks() - live_before;

        if (rc != PL_OK && !(fired && rc == PL_E_NOMEM))
            fail_msg("%s, allocation %lu %s: \"%s\": %s", name, nth, fired ? "refused" : "not reached",
                     pl_status_text(rc), err.msg);
        if (err.code != PL_OK && err.code != rc)
            fail_msg("%s, allocation %lu refused: returned \"%s\", but the error says \"%s\"", name, nth,
                     pl_status_text(rc), pl_status_text(err.code));
        if (leaked != 0)
            fail_msg("%s, allocation %lu %s: %ld blocks more than before", name, nth, fired ? "refused" : "not reached",
                     leaked);
        if (!fired)
            return;
    }
    fail_msg("%s: still refused after %lu allocations", name, FAULTS_MAX);
}
#else
void pl__kit_fault_loop(const char *name, pl_status (*fn)(void *user, pl_error *err), void *user)
{
    pl_error err = {0};
    pl_status rc = fn(user, &err);
    if (rc != PL_OK)
        fail_msg("%s: \"%s\": %s", name, pl_status_text(rc), err.msg);
}
#endif

uint64_t pl__kit_seed(void)
{
    static bool shown;
    const char *text = getenv("PL_SEED");
    uint64_t seed = text && *text ? strtoull(text, NULL, 10) : SEED_DEFAULT;
    if (!shown)
        print_message("seed %llu (PL_SEED=%llu replays)\n", (unsigned long long)seed, (unsigned long long)seed);
    shown = true;
    return seed;
}

static void *must(void *p, const char *what)
{
    if (!p) {
        fail_msg("%s: %s", what, strerror(errno));
        abort(); /* not reached: fail_msg jumps */
    }
    return p;
}

char *pl__kit_path(const char *dir, const char *name)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    char *path = must(malloc(n), "path");
    (void)snprintf(path, n, "%s/%s", dir, name);
    return path;
}

char *pl__kit_temp_new(void)
{
    const char *under = getenv("TMPDIR");
    char *dir = pl__kit_path(under && *under ? under : "/tmp", "peerless-test-XXXXXX");
    (void)must(mkdtemp(dir), dir);
    return dir;
}

/* Links are removed, not followed; a directory without permissions gets them first. */
static void remove_tree(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return;
    if (S_ISDIR(st.st_mode)) {
        (void)chmod(path, 0700);
        DIR *dir = opendir(path);
        const struct dirent *entry = NULL;
        while (dir && (entry = readdir(dir)) != NULL) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            char *child = pl__kit_path(path, entry->d_name);
            remove_tree(child);
            free(child);
        }
        if (dir)
            (void)closedir(dir);
    }
    (void)remove(path);
}

void pl__kit_temp_free(char *dir)
{
    if (!dir)
        return;
    remove_tree(dir);
    free(dir);
}

int pl__kit_temp_setup(void **state)
{
    *state = pl__kit_temp_new();
    return 0;
}

int pl__kit_temp_teardown(void **state)
{
    pl__kit_temp_free(*state);
    *state = NULL;
    return 0;
}

static void make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            fail_msg("mkdir %s: %s", path, strerror(errno));
        *slash = '/';
    }
}

char *pl__kit_write(const char *dir, const char *name, const void *bytes, size_t n)
{
    char *path = pl__kit_path(dir, name);
    make_parents(path);
    FILE *file = must(fopen(path, "wb"), path);
    bool good = n == 0 || fwrite(bytes, 1, n, file) == n;
    if (fclose(file) != 0 || !good)
        fail_msg("write %s: %s", path, strerror(errno));
    return path;
}

char *pl__kit_write_text(const char *dir, const char *name, const char *text)
{
    return pl__kit_write(dir, name, text, strlen(text));
}

char *pl__kit_read(const char *path, size_t *ret_n)
{
    FILE *file = must(fopen(path, "rb"), path);
    char *bytes = NULL;
    size_t n = 0;
    size_t cap = 4096;
    for (;;) {
        bytes = must(realloc(bytes, cap + 1), path);
        n += fread(bytes + n, 1, cap - n, file);
        if (n < cap)
            break;
        cap *= 2;
    }
    if (ferror(file))
        fail_msg("read %s: %s", path, strerror(errno));
    (void)fclose(file);
    bytes[n] = '\0';
    if (ret_n)
        *ret_n = n;
    return bytes;
}

bool pl__kit_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

const char *pl__kit_peerless(void)
{
    const char *path = getenv("PEERLESS");
    if (!path || !*path) {
        fail_msg("PEERLESS does not name the program under test");
        abort(); /* not reached */
    }
    return path;
}

char *pl__kit_source_path(const char *name)
{
    const char *dir = getenv("PL_SOURCE_DIR");
    if (!dir || !*dir) {
        fail_msg("PL_SOURCE_DIR does not name the source tree");
        abort(); /* not reached */
    }
    return pl__kit_path(dir, name);
}
