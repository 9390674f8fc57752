#include "win_matrix.h"

#include "alloc.h"

#include <string.h>

/* A walk over the graph with a stack of its own: next[i] is the neighbour of i to look at next. */
typedef struct walk {
    const pl_win_matrix *m;
    uint32_t *stack;
    uint32_t *next;
    uint32_t *left; /* places in the order in which they were left */
    uint32_t n_left;
} walk;

typedef enum direction { FORWARD, BACKWARD, EITHER } direction;

static bool is_edge(const pl_win_matrix *m, size_t i, size_t j, direction d)
{
    size_t there = i * m->n + j;
    size_t back = j * m->n + i;
    return m->ties[there] > 0.0 || (d != BACKWARD && m->wins[there] > 0.0) || (d != FORWARD && m->wins[back] > 0.0);
}

/* Gives `mark` to all that can be reached from `from` and has none. */
static void mark_from(walk *w, uint32_t from, direction d, uint32_t mark, uint32_t *marks)
{
    uint32_t depth = 0;
    w->stack[depth++] = from;
    w->next[from] = 0;
    marks[from] = mark;
    while (depth > 0) {
        uint32_t i = w->stack[depth - 1];
        uint32_t j = w->next[i];
        while (j < w->m->n && (marks[j] != PL_NO_PLACE || !is_edge(w->m, i, j, d)))
            j++;
        w->next[i] = j + 1;
        if (j >= w->m->n) {
            w->left[w->n_left++] = i;
            depth--;
            continue;
        }
        marks[j] = mark;
        w->next[j] = 0;
        w->stack[depth++] = j;
    }
}

static void unmark(uint32_t *marks, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        marks[i] = PL_NO_PLACE;
}

static uint32_t find_groups(walk *w, uint32_t *group)
{
    uint32_t n_groups = 0;
    unmark(group, w->m->n);
    for (uint32_t i = 0; i < w->m->n; i++) {
        if (group[i] == PL_NO_PLACE)
            mark_from(w, i, EITHER, n_groups++, group);
    }
    w->n_left = 0;
    return n_groups;
}

/* Kosaraju's two walks: the classes are what can be reached backwards, last left first. */
static uint32_t find_classes(walk *w, uint32_t *class_of)
{
    uint32_t n = w->m->n;
    uint32_t n_classes = 0;
    unmark(class_of, n);
    for (uint32_t i = 0; i < n; i++) {
        if (class_of[i] == PL_NO_PLACE)
            mark_from(w, i, FORWARD, 0, class_of);
    }
    unmark(class_of, n);
    for (uint32_t k = n; k-- > 0;) { /* the second walk writes behind the places that are still to be read */
        uint32_t i = w->left[k];
        if (class_of[i] == PL_NO_PLACE)
            mark_from(w, i, BACKWARD, n_classes++, class_of);
    }
    return n_classes;
}

pl_status pl__win_graph_init(pl_win_graph *graph, const pl_win_matrix *matrix)
{
    size_t n = matrix->n;
    pl_status rc = PL_E_NOMEM;
    walk w = {.m = matrix};
    pl_win_graph g = {0};

    w.stack = pl__calloc(n, sizeof(*w.stack));
    w.next = pl__calloc(n, sizeof(*w.next));
    w.left = pl__calloc(2 * n, sizeof(*w.left)); /* of both walks */
    g.group = pl__calloc(n, sizeof(*g.group));
    g.class_of = pl__calloc(n, sizeof(*g.class_of));
    if (!w.stack || !w.next || !w.left || !g.group || !g.class_of)
        goto out;
    g.n_groups = find_groups(&w, g.group);
    g.n_classes = find_classes(&w, g.class_of);
    *graph = g;
    g = (pl_win_graph){0};
    rc = PL_OK;
out:
    pl__free(w.stack);
    pl__free(w.next);
    pl__free(w.left);
    pl__win_graph_clear(&g);
    return rc;
}

void pl__win_graph_clear(pl_win_graph *graph)
{
    pl__free(graph->group);
    pl__free(graph->class_of);
    *graph = (pl_win_graph){0};
}

/* Models that took no point (lost: gave none), of those with any comparison. */
static uint32_t list_pointless(const pl_win_matrix *m, bool lost, uint32_t *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n; i++) {
        bool any = false;
        for (uint32_t j = 0; j < m->n && !any; j++)
            any = is_edge(m, i, j, lost ? BACKWARD : FORWARD);
        if (!any)
            ret[n++] = m->models[i];
    }
    return n;
}

pl_status pl__win_graph_warn(const pl_win_graph *graph, const pl_win_matrix *matrix, double ridge,
                             const pl_rank_input *in, pl_ranking *r)
{
    bool ridged = ridge > 0.0;
    pl_status rc = PL_OK;
    uint32_t *list = pl__calloc(matrix->n, sizeof(*list));
    if (!list)
        return PL_E_NOMEM;
    if (graph->n_groups > 1)
        rc = pl__ranking_warn(r, "the comparisons fall into %u groups of models that never met: %s", graph->n_groups,
                              ridged ? "how the groups compare with each other rests on the penalty alone"
                                     : "there is no common scale, so nothing is scored");
    uint32_t n = list_pointless(matrix, true, list);
    if (n > 0 && rc == PL_OK)
        rc = pl__ranking_warn_models(r, in->models, list, n,
                                     ridged ? "never lost a point, so that only the penalty keeps the strength finite"
                                            : "never lost a point, so that there is no finite strength");
    n = list_pointless(matrix, false, list);
    if (n > 0 && rc == PL_OK)
        rc = pl__ranking_warn_models(r, in->models, list, n,
                                     ridged ? "never won a point, so that only the penalty keeps the strength finite"
                                            : "never won a point, so that there is no finite strength");
    if (graph->n_classes > graph->n_groups && rc == PL_OK)
        rc = pl__ranking_warn(r,
                              "the models fall into %u classes between which every point went the same way: "
                              "the distance between classes is %s",
                              graph->n_classes, ridged ? "set by the penalty" : "infinite");
    pl__free(list);
    return rc;
}
