/* What reading a log of judgments costs, part by part, beside jansson and (where it was found when this was built)
 * simdjson, all in one run on the same bytes:
 *
 *   read_judgments LOG.jsonl [RUNS [WORD]]
 *
 * CPU time, the least of RUNS (5); WORD: only what has it in its name. "Fields" is parsing alone: each reader takes the
 * same fields out of every line and adds up what it saw, which must be the same. The log is one of plain lines, as
 * judgment_log writes. */
#include "read_judgments.h"

#include "alloc.h"
#include "judgment_scan.h"
#include "line_reader.h"
#include "num.h"
#include "records.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUNS_DEFAULT 5u
#define RUNS_MAX 1000u
#define PADDING ((size_t)64)
#define BYTES_MAX ((size_t)1 << 32)
#define NS_PER_S 1e9

typedef struct text {
    char *ptr;
    size_t len;
    uint64_t lines;
    const char *path;
} text;

typedef int (*reader)(const text *t, fields_sum *ret); /* 0, or something else on failure */

static double cpu_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / NS_PER_S;
}

static void add_name(fields_sum *sum, pl_view name)
{
    sum->bytes += name.len;
    sum->last += (unsigned char)name.ptr[name.len - 1];
}

static void add_line(fields_sum *sum, const pl_judgment_line *line)
{
    add_name(sum, line->item);
    add_name(sum, line->judge);
    add_name(sum, line->a);
    add_name(sum, line->b);
    sum->wins += line->row.verdict == PL_VERDICT_A ? 1 : 0;
    sum->lines++;
}

/* ---- readers ---- */

static int line_ends_alone(const text *t, fields_sum *ret)
{
    for (const char *at = t->ptr, *end = t->ptr + t->len; at < end; ret->lines++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        at = stop ? stop + 1 : end;
    }
    return 0;
}

static int scanner(const text *t, fields_sum *ret)
{
    pl_judgment_scanner *s = pl__judgment_scanner_new();
    pl_judgment_line line;
    size_t used = 0;
    size_t at = 0;
    for (; s && at < t->len; at += used) {
        if (!pl__judgment_scan(s, pl__view_n(t->ptr + at, t->len - at), (pl_view){0}, &line, &used))
            break;
        add_line(ret, &line);
    }
    pl__judgment_scanner_free(s);
    return at == t->len ? 0 : -1;
}

static int with_jansson(const text *t, fields_sum *ret)
{
    for (const char *at = t->ptr, *end = t->ptr + t->len; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        json_t *doc = NULL;
        pl_judgment_line line;
        stop = stop ? stop : end;
        pl_status rc = pl__line_parse(pl__view_n(at, (size_t)(stop - at)), &doc, NULL);
        if (rc == PL_OK)
            rc = pl__judgment_line_read(doc, (pl_view){0}, &line, NULL);
        if (rc == PL_OK)
            add_line(ret, &line);
        json_decref(doc);
        if (rc != PL_OK)
            return -1;
        at = stop + 1;
    }
    return 0;
}

#ifdef PL_HAVE_SIMDJSON
static int on_demand_many(const text *t, fields_sum *ret)
{
    return simdjson_on_demand_many(t->ptr, t->len, PADDING, ret);
}

static int on_demand_lines(const text *t, fields_sum *ret)
{
    return simdjson_on_demand_lines(t->ptr, t->len, PADDING, ret);
}

static int dom_many(const text *t, fields_sum *ret)
{
    return simdjson_dom_many(t->ptr, t->len, PADDING, ret);
}
#endif

static int whole(const text *t, fields_sum *ret, uint32_t threads, bool packed)
{
    pl_judgment_log *log = NULL;
    pl_records_opts opts = {.threads = threads, .packed = packed};
    pl_status rc = pl__records_read_judgments(&t->path, 1, &opts, &log, NULL);
    const pl_judgment_set *set = rc == PL_OK ? pl__judgment_log_set(log) : NULL;
    ret->lines = set ? set->n_rows : 0;
    pl__judgment_log_free(log);
    return rc == PL_OK ? 0 : -1;
}

static int whole_one(const text *t, fields_sum *ret)
{
    return whole(t, ret, 1, false);
}

static int whole_two(const text *t, fields_sum *ret)
{
    return whole(t, ret, 2, false);
}

static int packed_one(const text *t, fields_sum *ret)
{
    return whole(t, ret, 1, true);
}

static int packed_two(const text *t, fields_sum *ret)
{
    return whole(t, ret, 2, true);
}

static const struct {
    const char *what;
    reader read;
    bool fields; /* it sums them up */
} readers[] = {
    {"ends of lines alone (memchr)", line_ends_alone, false},
    {"fields: our scanner", scanner, true},
    {"fields: jansson", with_jansson, true},
#ifdef PL_HAVE_SIMDJSON
    {"fields: simdjson on demand, as one stream", on_demand_many, true},
    {"fields: simdjson on demand, line by line", on_demand_lines, true},
    {"fields: simdjson DOM, as one stream", dom_many, true},
#endif
    {"file to finished set, one thread", whole_one, false},
    {"file to finished set, two threads", whole_two, false},
    {"file to packed rows, one thread", packed_one, false},
    {"file to packed rows, two threads", packed_two, false},
};

/* ---- the run ---- */

static bool load(const char *path, text *ret)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    if (size <= 0 || (size_t)size > BYTES_MAX)
        return false;
    ret->path = path;
    ret->ptr = pl__calloc(1, (size_t)size + PADDING);
    while (ret->ptr && ret->len < (size_t)size) {
        ssize_t n = pread(fd, ret->ptr + ret->len, (size_t)size - ret->len, (off_t)ret->len);
        if (n <= 0)
            break;
        ret->len += (size_t)n;
    }
    (void)close(fd);
    for (size_t i = 0; ret->ptr && i < ret->len; i++)
        ret->lines += ret->ptr[i] == '\n';
    return ret->ptr && ret->len == (size_t)size;
}

static bool measure(const text *t, uint64_t runs, size_t which, fields_sum *first)
{
    double best = 0.0;
    fields_sum sum = {0};
    for (uint64_t run = 0; run < runs; run++) {
        sum = (fields_sum){0};
        double start = cpu_s();
        if (readers[which].read(t, &sum) != 0)
            return false;
        double took = cpu_s() - start;
        best = run == 0 || took < best ? took : best;
    }
    if (readers[which].fields && first->lines == 0)
        *first = sum;
    printf("%-44s %8.1f ns a line %8.0f MB/s of CPU\n", readers[which].what, best * NS_PER_S / (double)t->lines,
           (double)t->len / best / 1e6);
    return sum.lines == t->lines && (!readers[which].fields || memcmp(&sum, first, sizeof(sum)) == 0);
}

int main(int argc, char **argv)
{
    text t = {0};
    fields_sum first = {0};
    uint64_t runs = RUNS_DEFAULT;
    if (argc < 2 || (argc > 2 && pl__num_parse_u64(pl__view(argv[2]), &runs) != PL_OK) || runs == 0 ||
        runs > RUNS_MAX) {
        (void)fprintf(stderr, "read_judgments LOG.jsonl [RUNS [WORD]]\n");
        return 2;
    }
    pl__json_use_alloc();
    if (!load(argv[1], &t)) {
        (void)fprintf(stderr, "%s cannot be read\n", argv[1]);
        return 1;
    }
#ifdef PL_HAVE_SIMDJSON
    printf("%s\n", simdjson_implementation());
#endif
    printf("%llu lines, %.0f MB, the least of %llu runs\n", (unsigned long long)t.lines, (double)t.len / 1e6,
           (unsigned long long)runs);
    bool same = true;
    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if ((argc <= 3 || strstr(readers[i].what, argv[3])) && !measure(&t, runs, i, &first)) {
            printf("%s: another result, or none\n", readers[i].what);
            same = false;
        }
    }
    pl__free(t.ptr);
    return same ? 0 : 1;
}
