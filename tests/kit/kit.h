#ifndef PL_KIT_H
#define PL_KIT_H

/* What the tests share. Failures end the running cmocka test; call these from the test's own thread only. Returned
 * memory is plain malloc memory (free). */
#include <peerless/status.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h> /* needs the four above */

/* Fails the test, showing the message, unless rc is PL_OK. err may be NULL. */
#define PL_KIT_OK(rc, err) pl__kit_status((rc), PL_OK, (err), #rc, __FILE__, __LINE__)
/* Fails the test unless rc is the wanted status and, where err was filled, it carries the same code and a message. */
#define PL_KIT_STATUS(rc, wanted, err) pl__kit_status((rc), (wanted), (err), #rc, __FILE__, __LINE__)
/* |a - b| <= tolerance; NaN is close to nothing. */
#define PL_KIT_CLOSE(a, b, tolerance) pl__kit_close((a), (b), (tolerance), #a, __FILE__, __LINE__)
void pl__kit_status(pl_status rc, pl_status wanted, const pl_error *err, const char *what, const char *file, int line);
void pl__kit_close(double a, double b, double tolerance, const char *what, const char *file, int line);

/* Runs fn with the 1st, 2nd, 3rd, ... allocation refused, until a run needs no refusal; that one must succeed. Each
 * time fn must return PL_OK, or PL_E_NOMEM if the refusal happened (with err.code agreeing if it was filled), and
 * must free all that it allocated. fn is called with a zeroed err. Without the fault hooks it runs once. */
void pl__kit_fault_loop(const char *name, pl_status (*fn)(void *user, pl_error *err), void *user);

/* PL_SEED from the environment, or a fixed number; printed on the first call, so that a failure can be replayed. */
uint64_t pl__kit_seed(void);

/* A new empty directory under $TMPDIR or /tmp, and its recursive removal. The pair fits cmocka's setup and teardown
 * as well: *state is then the directory's path. */
char *pl__kit_temp_new(void);
void pl__kit_temp_free(char *dir); /* removes the tree; NULL is a no-op */
int pl__kit_temp_setup(void **state);
int pl__kit_temp_teardown(void **state);

char *pl__kit_path(const char *dir, const char *name); /* dir/name */
/* Writes dir/name, making the directories that are missing; returns the path. */
char *pl__kit_write(const char *dir, const char *name, const void *bytes, size_t n);
char *pl__kit_write_text(const char *dir, const char *name, const char *text);
/* The whole file, a NUL added behind it. ret_n may be NULL. */
char *pl__kit_read(const char *path, size_t *ret_n);
bool pl__kit_exists(const char *path);

/* A program's end: code is the exit status, or minus the number of the signal that ended it. */
typedef struct pl_kit_result {
    int code;
    char *out;
    size_t out_bytes;
    char *err;
    size_t err_bytes;
} pl_kit_result;

/* How to start it. Zero is a fine default for every member. */
typedef struct pl_kit_how {
    const char *dir;          /* working directory; NULL: the caller's */
    const char *input;        /* standard input; NULL: /dev/null */
    const char *const *extra; /* "NAME=value" strings added to the environment, NULL-terminated; NULL: none */
} pl_kit_how;

typedef struct pl_kit_process pl_kit_process;

/* argv is NULL-terminated, argv[0] a path or a name to find in PATH. how may be NULL. */
pl_kit_process *pl__kit_start(const char *const *argv, const pl_kit_how *how);
pid_t pl__kit_pid(const pl_kit_process *process);
/* What it has printed so far. */
char *pl__kit_output(const pl_kit_process *process);
void pl__kit_signal(pl_kit_process *process, int signo);
/* Waits for the end, collects the outputs and frees process. */
void pl__kit_wait(pl_kit_process *process, pl_kit_result *ret);
void pl__kit_result_clear(pl_kit_result *result);

/* Start and wait in one. */
void pl__kit_run(const char *const *argv, const pl_kit_how *how, pl_kit_result *ret);
/* The program under test, from the environment variable PEERLESS; fails the test when it is not set. */
const char *pl__kit_peerless(void);
/* A file of the source tree, from PL_SOURCE_DIR. */
char *pl__kit_source_path(const char *name);

#endif
