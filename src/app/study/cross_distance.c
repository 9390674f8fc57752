/* What embeddings say of data sets: how far from each other, and a map. Equally many points of each data set are
 * drawn, since a Fréchet distance of few points is too large, the more so the fewer they are. */
#include "cross_parts.h"

#include "alloc.h"
#include "error.h"
#include "frechet.h"
#include "rng.h"
#include "str.h"
#include "thread.h"
#include "tsne.h"

#include <math.h>
#include <string.h>

/* Rows of the embeddings that are one data set's. */
typedef struct run {
    size_t first;
    size_t n;
} run;

static run rows_of_number(const pl_embedding_set *e, uint32_t number)
{
    run r = {0, 0};

    for (size_t i = 0; i < e->n; i++) {
        if (e->datasets[i] != number)
            continue;
        r.first = r.n == 0 ? i : r.first;
        r.n++;
    }
    return r;
}

static run rows_of(const pl_embedding_set *e, const char *dataset)
{
    for (uint32_t d = 0; d < e->n_datasets; d++) {
        if (strcmp(e->names[d], dataset) == 0)
            return rows_of_number(e, d);
    }
    return (run){0, 0};
}

/* `n` of the run's rows, drawn without replacement, in their order; the draw is the data set's own. ret has n places.
 */
static pl_status draw(const pl_embedding_set *e, run r, size_t n, uint64_t seed, const char *purpose, size_t *ret)
{
    pl_rng rng;
    size_t taken = 0;

    if (r.n > UINT32_MAX)
        return PL_E_LIMIT;
    bool *chosen = pl__calloc(r.n, sizeof(*chosen));
    uint32_t *order = pl__calloc(r.n, sizeof(*order));
    pl_status rc = chosen && order ? PL_OK : PL_E_NOMEM;
    pl_str key;

    pl__str_init(&key, PL_STR_LIMIT_DEFAULT);
    if (rc == PL_OK)
        rc = pl__str_appendf(&key, "%s %s", purpose, e->names[e->datasets[r.first]]);
    pl__rng_init_bytes(&rng, seed, pl__str_c(&key), key.len);
    pl__str_clear(&key);
    for (size_t i = 0; i < r.n && rc == PL_OK; i++)
        order[i] = (uint32_t)i;
    if (rc == PL_OK && n < r.n)
        pl__rng_shuffle(&rng, order, r.n);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        chosen[order[i]] = true;
    for (size_t i = 0; i < r.n && rc == PL_OK; i++) {
        if (chosen[i])
            ret[taken++] = r.first + i;
    }
    pl__free(chosen);
    pl__free(order);
    return rc;
}

/* ---- distances ---- */
typedef struct measuring {
    pl_cross_study *s;
    const pl_cross_request *request;
    const pl_embedding_set *e;
    run *runs; /* by data set of the study; n 0: no distance */
    pl_cloud *clouds;
} measuring;

static pl_status make_cloud(size_t d, void *user, pl_error *reterr)
{
    measuring *m = user;
    size_t n = m->s->points;
    pl_status rc = PL_OK;

    if (m->runs[d].n == 0)
        return PL_OK;
    size_t *rows = pl__calloc(n, sizeof(*rows));
    const double **points = pl__calloc(n, sizeof(*points));
    if (!rows || !points)
        rc = PL_E_NOMEM;
    if (rc == PL_OK)
        rc = draw(m->e, m->runs[d], n, m->request->seed, "distances", rows);
    for (size_t i = 0; i < n && rc == PL_OK; i++)
        points[i] = m->e->vectors[rows[i]];
    if (rc == PL_OK)
        rc = pl__cloud_init(&m->clouds[d], points, n, m->e->dims);
    pl__free(rows);
    pl__free(points);
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "%zu points of %.200s", n, m->s->datasets[d]);
}

static pl_status measure_pair(size_t index, void *user, pl_error *reterr)
{
    measuring *m = user;
    pl_cross_pair *p = &m->s->pairs[index];

    if (m->runs[p->x].n == 0 || m->runs[p->y].n == 0)
        return PL_OK;
    return pl__frechet(&m->clouds[p->x], &m->clouds[p->y], &p->distance, reterr);
}

/* How many points of each data set: as many as the smallest has, no more than are wanted and can be worked with. */
static pl_status settle_points(measuring *m, pl_error *reterr)
{
    pl_cross_study *s = m->s;
    size_t n = m->request->points > 0 ? m->request->points : PL_CROSS_POINTS_MAX;
    uint32_t n_known = 0;
    pl_status rc = PL_OK;

    for (uint32_t d = 0; d < s->n_datasets && rc == PL_OK; d++) {
        m->runs[d] = rows_of(m->e, s->datasets[d]);
        if (m->runs[d].n < 2) {
            rc = pl__notes_add(&s->notes, &s->arena, reterr, "%.200s has %s", s->datasets[d],
                               m->runs[d].n == 0 ? "no embeddings" : "one embedding, which makes no distance");
            m->runs[d].n = 0;
            continue;
        }
        n_known++;
        n = m->runs[d].n < n ? m->runs[d].n : n;
    }
    if (rc != PL_OK)
        return rc;
    if (n_known < 2)
        return pl__notes_add(&s->notes, &s->arena, reterr,
                             "fewer than two data sets have embeddings: there are no distances");
    if (m->e->dims > PL_CROSS_RANK_MAX && n > PL_CROSS_RANK_MAX)
        n = PL_CROSS_RANK_MAX;
    if (m->request->points > n)
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "distances are of %zu points of each data set, not %u: no more are there", n,
                           m->request->points);
    s->points = n;
    s->dims = m->e->dims;
    if (rc == PL_OK && n <= s->dims)
        rc = pl__notes_add(&s->notes, &s->arena, reterr,
                           "distances are of %zu points in %zu dimensions: so few points make all of them too "
                           "large",
                           n, s->dims);
    return rc;
}

pl_status pl__cross_measure(pl_cross_study *s, const pl_cross_request *request, pl_error *reterr)
{
    measuring m = {.s = s, .request = request, .e = request->embeddings};
    pl_status rc = PL_OK;

    m.runs = pl__calloc(s->n_datasets, sizeof(*m.runs));
    m.clouds = pl__calloc(s->n_datasets, sizeof(*m.clouds));
    if (!m.runs || !m.clouds) {
        rc = pl__fail(reterr, PL_E_NOMEM, "%u data sets", s->n_datasets);
        goto out;
    }
    rc = settle_points(&m, reterr);
    if (rc == PL_OK && s->points > 0)
        rc = pl__parallel_for(s->n_datasets, request->threads, make_cloud, &m, reterr);
    if (rc == PL_OK && s->points > 0)
        rc = pl__parallel_for(s->n_pairs, request->threads, measure_pair, &m, reterr);
out:
    for (uint32_t d = 0; d < s->n_datasets && m.clouds; d++)
        pl__cloud_clear(&m.clouds[d]);
    pl__free(m.runs);
    pl__free(m.clouds);
    return rc;
}

/* ---- the map ---- */
typedef struct mapping {
    size_t n;
    const double **points;
    size_t *rows;
    double *affinities;
    double *xy;
} mapping;

static void mapping_clear(mapping *m)
{
    pl__free(m->points);
    pl__free(m->rows);
    pl__free(m->affinities);
    pl__free(m->xy);
}

/* Of every data set of the embeddings, whether it has scores or not. */
static pl_status draw_points(pl_cross_study *s, const pl_cross_request *r, mapping *m, pl_error *reterr)
{
    const pl_embedding_set *e = r->embeddings;
    size_t each = e->n_datasets > 0 ? PL_CROSS_MAP_POINTS / e->n_datasets : 0;
    pl_status rc = PL_OK;

    for (uint32_t d = 0; d < e->n_datasets; d++) {
        size_t n = rows_of_number(e, d).n;

        each = n < each ? n : each;
    }
    m->n = each * e->n_datasets;
    s->map_points = each;
    if (m->n < PL_TSNE_POINTS_MIN)
        return PL_OK;
    m->rows = pl__calloc(m->n, sizeof(*m->rows));
    m->points = pl__calloc(m->n, sizeof(*m->points));
    m->affinities = pl__calloc(m->n, m->n * sizeof(*m->affinities));
    m->xy = pl__calloc(m->n, 2 * sizeof(*m->xy));
    s->map = pl__arena_calloc(&s->arena, m->n, sizeof(*s->map));
    if (!m->rows || !m->points || !m->affinities || !m->xy || !s->map)
        rc = PL_E_NOMEM;
    for (uint32_t d = 0; d < e->n_datasets && rc == PL_OK; d++)
        rc = draw(e, rows_of_number(e, d), each, r->seed, "map", m->rows + d * each);
    for (size_t i = 0; i < m->n && rc == PL_OK; i++)
        m->points[i] = e->vectors[m->rows[i]];
    return rc == PL_OK ? PL_OK : pl__fail(reterr, rc, "a map of %zu points", m->n);
}

pl_status pl__cross_map(pl_cross_study *s, const pl_cross_request *request, pl_error *reterr)
{
    const pl_embedding_set *e = request->embeddings;
    mapping m = {.n = 0};
    pl_status rc = draw_points(s, request, &m, reterr);

    if (rc == PL_OK && m.n < PL_TSNE_POINTS_MIN)
        rc = pl__notes_add(&s->notes, &s->arena, reterr, "%zu embeddings of each data set are too few for a map",
                           s->map_points);
    if (rc != PL_OK || m.n < PL_TSNE_POINTS_MIN)
        goto out;
    s->perplexity = pl__tsne_perplexity(request->perplexity > 0.0 ? request->perplexity : PL_TSNE_PERPLEXITY, m.n);
    pl__tsne_affinities(m.points, m.n, e->dims, s->perplexity, m.affinities);
    rc = pl__tsne(m.points, m.n, e->dims, m.affinities, request->seed, m.xy, &s->kl);
    if (rc != PL_OK) {
        rc = pl__fail(reterr, rc, "a map of %zu points", m.n);
        goto out;
    }
    for (size_t i = 0; i < m.n; i++)
        s->map[i] = (pl_cross_point){.dataset = e->names[e->datasets[m.rows[i]]],
                                     .item = e->items[m.rows[i]],
                                     .x = m.xy[2 * i],
                                     .y = m.xy[2 * i + 1]};
    s->n_map = m.n;
out:
    mapping_clear(&m);
    return rc;
}
