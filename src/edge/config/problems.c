#include "problems.h"

#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES_MAX 48

bool pl__problems_full(const pl_problems *problems)
{
    return problems->n >= PL_CONFIG_ERRORS_MAX;
}

void pl__problems_add(pl_problems *problems, uint32_t line, const char *where, const char *fmt, ...)
{
    if (pl__problems_full(problems))
        return;
    pl_problem *p = &problems->items[problems->n];
    p->line = line;
    int used = snprintf(p->text, sizeof(p->text), "%.200s%s", where, *where ? ": " : "");
    if (used < 0)
        return;
    va_list args;
    va_start(args, fmt);
    int more = vsnprintf(p->text + used, sizeof(p->text) - (size_t)used, fmt, args);
    va_end(args);
    if (more < 0)
        return;
    pl__one_line(p->text);
    problems->n++;
}

/* Few enough for an insertion sort, which keeps the order within a line. */
static void sort_by_line(pl_problems *problems)
{
    for (size_t i = 1; i < problems->n; i++) {
        pl_problem moved = problems->items[i];
        size_t at = i;
        for (; at > 0 && problems->items[at - 1].line > moved.line; at--)
            problems->items[at] = problems->items[at - 1];
        problems->items[at] = moved;
    }
}

pl_status pl__problems_report(pl_problems *problems, const char *file, pl_str *out, pl_error *reterr)
{
    sort_by_line(problems);
    for (size_t i = 0; i < problems->n && out; i++) {
        const pl_problem *p = &problems->items[i];
        pl_status rc = pl__str_appendf(out, "%s:%u: %s\n", file, p->line, p->text);
        if (rc != PL_OK)
            return pl__fail(reterr, rc, "%s: no memory", file);
    }
    return pl__fail(reterr, PL_E_PARSE, "%s:%u: %s", file, problems->items[0].line, problems->items[0].text);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance; both names are at most NAME_BYTES_MAX long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][NAME_BYTES_MAX + 1];
    size_t n_a = strlen(a);
    size_t n_b = strlen(b);
    for (size_t k = 0; k <= n_b; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= n_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t k = 1; k <= n_b; k++) {
            size_t change = above[k - 1] + (a[i - 1] == b[k - 1] ? 0 : 1);
            row[k] = least(change, least(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], above2[k - 2] + 1);
        }
    }
    return rows[n_a % 3][n_b];
}

const char *pl__nearest_name(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t len = strlen(name);
    if (len == 0 || len > NAME_BYTES_MAX)
        return NULL;
    size_t best_distance = len / 3 + 2; /* one more than is still near */
    for (size_t i = 0; i < n; i++) {
        size_t candidate_len = strlen(names[i]);
        if (candidate_len > NAME_BYTES_MAX)
            continue;
        size_t distance = edit_distance(name, names[i]);
        /* Half of a short name is not a misspelling of it. */
        if (distance < best_distance && distance * 2 <= candidate_len) {
            best_distance = distance;
            best = names[i];
        }
    }
    return best;
}
