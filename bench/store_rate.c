/* How many results a second the store makes durable, and how large it gets.
 *
 *   store_rate DIR [RESULTS [IN_FLIGHT]]
 *
 * A result is one call with its reply and the task that it answers. Two limits, in the same run: the compressed replies
 * alone appended to a file with one fdatasync for each IN_FLIGHT of them, and a transaction for each result. The size
 * stands against the replies compressed one by one with zstd, as anyone would keep them who must read one at a time.
 * Exit code 1: a target is missed. */
#include "alloc.h"
#include "hash.h"
#include "sample_reply.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define RESULTS_DEFAULT 200000UL
#define RESULTS_MAX 100000000UL
#define IN_FLIGHT_DEFAULT 1024UL /* what a run has at most */
#define IN_FLIGHT_MAX 65536UL
#define ALONE_RESULTS_MAX 2000UL /* of the slow peer */
#define UNIT_TASKS 15u           /* three models, given questions */
#define LEVEL 3
#define RATE_MIN 20000.0
#define SIZE_RATIO_MAX 1.3
#define PATH_BYTES_MAX ((size_t)4096)
#define NS_PER_S 1e9

typedef struct flow {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned long n_done;
    pl_status rc;
} flow;

typedef struct bench {
    char *path; /* of the store */
    char *beside;
    unsigned long n;
    unsigned long in_flight;
    pl_str *bodies; /* n of them: made before the clock starts */
    pl_usage *usages;
    uint64_t plain_bytes;
    uint64_t packed_bytes;
} bench;

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

static void digest_of(const char *what, uint64_t number, pl_digest *ret)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%s %llu", what, (unsigned long long)number);
    pl__sha256(text, (size_t)n, ret);
}

static void result_of(const bench *b, unsigned long i, uint64_t offset, pl_store_write ret[2])
{
    pl_store_call *call = &ret[0].u.call;
    pl_store_task *task = &ret[1].u.task;
    ret[0].kind = PL_WRITE_CALL;
    *call = (pl_store_call){.outcome = PL_OUTCOME_ANSWERED,
                            .http_status = 200,
                            .attempts = 1,
                            .usage = b->usages[i],
                            .elapsed_ns = 900000000 + i,
                            .created_unix_ms = 1760000000000 + (int64_t)i,
                            .codec = "openai",
                            .body = {b->bodies[i].ptr, b->bodies[i].len}};
    digest_of("call", offset + i, &call->key);
    ret[1].kind = PL_WRITE_TASK;
    digest_of("unit", (offset + i) / UNIT_TASKS, &task->unit);
    digest_of("task", offset + i, &task->key);
    task->call = call->key;
}

static void on_done(void *user, uint64_t tag, pl_status rc, const pl_error *err)
{
    flow *f = user;
    (void)tag;
    (void)err;
    (void)pthread_mutex_lock(&f->lock);
    f->n_done++;
    f->rc = f->rc ? f->rc : rc;
    (void)pthread_cond_signal(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static pl_status submit_all(const bench *b, pl_store_writer *writer, flow *f, pl_error *err)
{
    pl_status rc = PL_OK;
    for (unsigned long i = 0; i < b->n && rc == PL_OK; i++) {
        pl_store_write writes[2];
        (void)pthread_mutex_lock(&f->lock);
        while (i - f->n_done >= b->in_flight)
            (void)pthread_cond_wait(&f->changed, &f->lock);
        rc = f->rc;
        (void)pthread_mutex_unlock(&f->lock);
        result_of(b, i, 0, writes);
        rc = rc ? rc : pl__store_writer_submit(writer, writes, 2, i, err);
    }
    return rc;
}

/* Results a second, until all are durable. */
static pl_status with_group_commit(const bench *b, pl_store *store, double *ret_rate, pl_error *err)
{
    flow f = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pl_store_writer *writer = NULL;
    double start = now_s();
    pl_status rc = pl__store_writer_new(store, on_done, &f, &writer, err);
    rc = rc ? rc : submit_all(b, writer, &f, err);
    pl__store_writer_free(writer);
    *ret_rate = (double)b->n / (now_s() - start);
    return rc ? rc : f.rc;
}

/* The same with a transaction for each, on top of what is there. */
static pl_status one_by_one(const bench *b, pl_store *store, double *ret_rate, pl_error *err)
{
    unsigned long n = b->n < ALONE_RESULTS_MAX ? b->n : ALONE_RESULTS_MAX;
    double start = now_s();
    pl_status rc = PL_OK;
    for (unsigned long i = 0; i < n && rc == PL_OK; i++) {
        pl_store_write writes[2];
        result_of(b, i, b->n, writes);
        rc = store->ops->write(store, writes, 2, err);
    }
    *ret_rate = (double)n / (now_s() - start);
    return rc;
}

/* The least that can be done: compressed replies, appended, one fdatasync for each group. */
static bool only_append(bench *b, double *ret_rate)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    size_t cap = 0;
    char *packed = NULL;
    int fd = open(b->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = context && fd >= 0;
    double start = now_s();
    for (unsigned long i = 0; i < b->n && good; i++) {
        size_t bound = ZSTD_compressBound(b->bodies[i].len);
        char *grown = bound > cap ? pl__realloc(packed, bound) : packed;
        good = grown;
        packed = grown ? grown : packed;
        cap = bound > cap ? bound : cap;
        size_t n = good ? ZSTD_compressCCtx(context, packed, cap, b->bodies[i].ptr, b->bodies[i].len, LEVEL) : 0;
        good = good && !ZSTD_isError(n) && write(fd, packed, n) == (ssize_t)n;
        b->plain_bytes += b->bodies[i].len;
        b->packed_bytes += n;
        if (good && ((i + 1) % b->in_flight == 0 || i + 1 == b->n))
            good = fdatasync(fd) == 0;
    }
    *ret_rate = (double)b->n / (now_s() - start);
    good = fd < 0 || close(fd) == 0 ? good : false;
    (void)unlink(b->beside);
    (void)ZSTD_freeCCtx(context);
    pl__free(packed);
    return good;
}

static bool prepare(bench *b, const char *dir)
{
    b->path = pl__malloc(PATH_BYTES_MAX);
    b->beside = pl__malloc(PATH_BYTES_MAX);
    b->bodies = pl__calloc(b->n, sizeof(*b->bodies));
    b->usages = pl__calloc(b->n, sizeof(*b->usages));
    if (!b->path || !b->beside || !b->bodies || !b->usages)
        return false;
    int n = snprintf(b->path, PATH_BYTES_MAX, "%s/store_rate.db", dir);
    int m = snprintf(b->beside, PATH_BYTES_MAX, "%s/store_rate.beside", dir);
    for (unsigned long i = 0; i < b->n; i++) {
        pl__str_init(&b->bodies[i], PL_STR_LIMIT_DEFAULT);
        if (pl__sample_reply(i, i % UNIT_TASKS > 2, &b->bodies[i], &b->usages[i]) != PL_OK)
            return false;
    }
    (void)unlink(b->path);
    return n > 0 && (size_t)n < PATH_BYTES_MAX && m > 0 && (size_t)m < PATH_BYTES_MAX;
}

static void clear(bench *b)
{
    for (unsigned long i = 0; b->bodies && i < b->n; i++)
        pl__str_clear(&b->bodies[i]);
    pl__free(b->bodies);
    pl__free(b->usages);
    pl__free(b->path);
    pl__free(b->beside);
}

static int go(bench *b)
{
    struct stat size = {0};
    pl_store *store = NULL;
    pl_error err = {0};
    double rate = 0.0;
    double alone = 0.0;
    double append = 0.0;
    if (!only_append(b, &append)) {
        fprintf(stderr, "store_rate: %s cannot be written\n", b->beside);
        return 2;
    }
    pl_status rc = pl__store_open_sqlite(b->path, PL_STORE_CREATE, &store, &err);
    rc = rc ? rc : with_group_commit(b, store, &rate, &err);
    pl__store_close(store); /* the log goes into the file */
    store = NULL;
    if (rc == PL_OK && stat(b->path, &size) != 0)
        rc = PL_E_IO;
    rc = rc ? rc : pl__store_open_sqlite(b->path, PL_STORE_CREATE, &store, &err);
    rc = rc ? rc : one_by_one(b, store, &alone, &err);
    pl__store_close(store);
    (void)unlink(b->path);
    if (rc) {
        fprintf(stderr, "store_rate: %s\n", err.msg);
        return 2;
    }
    double ratio = (double)size.st_size / (double)b->packed_bytes;
    printf("%lu results, %lu in flight, replies of %.0f bytes, %.0f compressed\n", b->n, b->in_flight,
           (double)b->plain_bytes / (double)b->n, (double)b->packed_bytes / (double)b->n);
    printf("store, group commit        %9.0f durable results/s, %.2f of the least (at least %.0f)\n", rate,
           rate / append, RATE_MIN);
    printf("append and fdatasync       %9.0f results/s\n", append);
    printf("store, one by one          %9.0f results/s, group commit is %.1f times as fast\n", alone, rate / alone);
    printf("size                       %9.0f bytes a result, %.2f of the compressed replies (at most %.2f), %.2f of "
           "plain\n",
           (double)size.st_size / (double)b->n, ratio, SIZE_RATIO_MAX, (double)size.st_size / (double)b->plain_bytes);
    return rate >= RATE_MIN && ratio <= SIZE_RATIO_MAX ? 0 : 1;
}

static bool read_count(const char *text, unsigned long max, unsigned long *ret)
{
    char *end = NULL;
    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && *ret > 0 && *ret <= max;
}

int main(int argc, char **argv)
{
    bench b = {.n = RESULTS_DEFAULT, .in_flight = IN_FLIGHT_DEFAULT};
    if (argc < 2 || argc > 4 || (argc > 2 && !read_count(argv[2], RESULTS_MAX, &b.n)) ||
        (argc > 3 && !read_count(argv[3], IN_FLIGHT_MAX, &b.in_flight))) {
        fprintf(stderr, "usage: store_rate DIR [RESULTS [IN_FLIGHT]]\n");
        return 2;
    }
    int code = 2;
    if (prepare(&b, argv[1]))
        code = go(&b);
    else
        fprintf(stderr, "store_rate: no memory\n");
    clear(&b);
    return code;
}
