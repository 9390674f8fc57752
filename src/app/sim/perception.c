#include "perception.h"

#include "alloc.h"
#include "error.h"
#include "hash.h"
#include "rng.h"
#include "scene.h"

#include <math.h>
#include <string.h>

#define CROP_SHARE 0.04    /* of the image's sides, at most, that a glance misses */
#define SPOT_SHARE 0.0012  /* of the image's area: smaller spots are taken for dirt … */
#define SPOT_PX_MIN 1u     /* … and so are those below this many of the model's own pixels */
#define LARGE_SHARE 0.0090 /* of the image's area: the geometric mean of the two sizes' areas */
#define CELLS_MAX (PL_SIM_RESOLUTION_MAX_PX * PL_SIM_RESOLUTION_MAX_PX)
#define FOLDS 3u /* symmetry orders looked for: three, four and five corners */

void pl__sim_retina_clear(pl_sim_retina *retina)
{
    if (retina) {
        pl__free(retina->sums);
        *retina = (pl_sim_retina){0};
    }
}

pl_status pl__sim_retina_init(const uint8_t *rgb, uint32_t w, uint32_t h, pl_sim_retina *ret, pl_error *reterr)
{
    if (w > PL_SIM_RETINA_SIDE_MAX || h > PL_SIM_RETINA_SIDE_MAX || w == 0 || h == 0)
        return pl__fail(reterr, PL_E_LIMIT, "an image of %u x %u pixels", (unsigned)w, (unsigned)h);
    size_t stride = (size_t)3 * (w + 1u);
    uint32_t *sums = pl__calloc(stride, (size_t)(h + 1u) * sizeof(*sums));
    if (!sums)
        return pl__fail(reterr, PL_E_NOMEM, "sums of an image");
    for (uint32_t y = 0; y < h; y++) {
        const uint8_t *p = rgb + (size_t)3 * w * y;
        const uint32_t *above = sums + stride * y;
        uint32_t *here = sums + stride * (y + 1u);
        uint32_t row[3] = {0, 0, 0};
        for (size_t i = 0; i < (size_t)3 * w; i += 3) {
            for (size_t c = 0; c < 3; c++) {
                row[c] += p[i + c];
                here[3 + i + c] = above[3 + i + c] + row[c];
            }
        }
    }
    *ret = (pl_sim_retina){.width_px = w, .height_px = h, .sums = sums};
    ret->digest = pl__hash64(rgb, (size_t)3 * w * h, ((uint64_t)w << 32) | h);
    return PL_OK;
}

void pl__sim_pixels_reduce(pl_pixels *px)
{
    uint32_t longer = px->width_px > px->height_px ? px->width_px : px->height_px;
    uint32_t block = (longer + PL_SIM_RETINA_SIDE_MAX - 1u) / PL_SIM_RETINA_SIDE_MAX;
    if (block <= 1)
        return;
    uint32_t w = px->width_px / block > 0 ? px->width_px / block : 1;
    uint32_t h = px->height_px / block > 0 ? px->height_px / block : 1;
    uint8_t *out = px->rgb; /* each block lies behind the place it is written to */
    for (uint32_t y = 0; y < h; y++) {
        for (uint32_t x = 0; x < w; x++) {
            uint32_t sum[3] = {0, 0, 0};
            uint32_t n = 0;
            for (uint32_t v = y * block; v < (y + 1u) * block && v < px->height_px; v++) {
                for (uint32_t u = x * block; u < (x + 1u) * block && u < px->width_px; u++, n++) {
                    for (size_t c = 0; c < 3; c++)
                        sum[c] += px->rgb[3 * ((size_t)v * px->width_px + u) + c];
                }
            }
            for (size_t c = 0; c < 3; c++)
                *out++ = (uint8_t)(n > 0 ? sum[c] / n : 0);
        }
    }
    px->width_px = w;
    px->height_px = h;
}

/* ---- a glance: the image through a grid of the model's own size ---- */

typedef struct glance {
    uint32_t w;
    uint32_t h;
    uint8_t colours[CELLS_MAX]; /* PL_SIM_COLOURS: background or already taken */
    uint32_t stack[CELLS_MAX];  /* cells of the spot that is being filled */
    double edges[2][3 * (PL_SIM_RESOLUTION_MAX_PX + 1)];
} glance;

/* Opponent coordinates: light and shade drop out, mixing with the background only shortens the vector. */
static void opponent(double r, double g, double b, double ret[2])
{
    ret[0] = r - g;
    ret[1] = b - 0.5 * (r + g);
}

/* The palette's opponent coordinates. */
typedef struct hues {
    double uv[PL_SIM_COLOURS + 1][2];
} hues;

static void hues_init(hues *h)
{
    for (uint32_t i = 0; i <= PL_SIM_COLOURS; i++) {
        const uint8_t *p = pl__sim_palette[i];
        opponent(p[0], p[1], p[2], h->uv[i]);
    }
}

static uint8_t nearest_hue(const hues *h, const double rgb[3])
{
    double at[2];
    uint8_t best = PL_SIM_COLOURS;
    double best_distance = HUGE_VAL;
    opponent(rgb[0], rgb[1], rgb[2], at);
    for (uint8_t i = 0; i <= PL_SIM_COLOURS; i++) {
        double du = at[0] - h->uv[i][0];
        double dv = at[1] - h->uv[i][1];
        double distance = du * du + dv * dv;
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}

/* Sums over [0, x) x [0, y) at fractional places, for all grid columns of one row of edges. */
static void edge_row(const pl_sim_retina *retina, double x0, double step, double y, uint32_t columns, double *ret)
{
    size_t stride = (size_t)3 * (retina->width_px + 1u);
    uint32_t iy = (uint32_t)fmin(floor(y), retina->height_px - 1.0);
    double fy = y - iy;
    const uint32_t *upper = retina->sums + stride * iy;
    const uint32_t *lower = upper + stride;
    for (uint32_t i = 0; i <= columns; i++) {
        double x = fmin(x0 + step * i, (double)retina->width_px);
        uint32_t ix = (uint32_t)fmin(floor(x), retina->width_px - 1.0);
        double fx = x - ix;
        size_t k = (size_t)3 * ix;
        for (size_t c = 0; c < 3; c++) {
            double left = upper[k + c] + fy * ((double)lower[k + c] - upper[k + c]);
            double right = upper[k + 3 + c] + fy * ((double)lower[k + 3 + c] - upper[k + 3 + c]);
            ret[(size_t)3 * i + c] = left + fx * (right - left);
        }
    }
}

/* Zero mean, unit variance, triangular: the sum of two uniform numbers of 10 bits. */
static double noise_of(uint64_t bits)
{
    double sum = (double)(bits & 1023u) + (double)((bits >> 10) & 1023u) - 1023.0;
    return sum * (1.0 / 418.0);
}

static void take_glance(const pl_sim_eyes *eyes, const pl_sim_retina *retina, pl_rng *rng, glance *g)
{
    double longer = fmax(retina->width_px, retina->height_px);
    g->w = (uint32_t)fmax(1.0, floor(eyes->resolution_px * retina->width_px / longer + 0.5));
    g->h = (uint32_t)fmax(1.0, floor(eyes->resolution_px * retina->height_px / longer + 0.5));
    /* Shift and crop: the window loses a different sliver on each side. */
    double crop = CROP_SHARE * pl__rng_uniform(rng);
    double width = retina->width_px * (1.0 - crop);
    double height = retina->height_px * (1.0 - crop);
    double x0 = (retina->width_px - width) * pl__rng_uniform(rng);
    double y0 = (retina->height_px - height) * pl__rng_uniform(rng);
    double step_x = width / g->w;
    double step_y = height / g->h;
    double per_cell = 1.0 / (step_x * step_y);
    hues palette;

    hues_init(&palette);
    edge_row(retina, x0, step_x, y0, g->w, g->edges[0]);
    for (uint32_t y = 0; y < g->h; y++) {
        const double *upper = g->edges[y % 2];
        double *lower = g->edges[(y + 1) % 2];
        edge_row(retina, x0, step_x, fmin(y0 + step_y * (y + 1.0), (double)retina->height_px), g->w, lower);
        for (uint32_t x = 0; x < g->w; x++) {
            double rgb[3];
            uint64_t bits = pl__rng_u64(rng);
            for (size_t c = 0; c < 3; c++) {
                size_t left = 3 * (size_t)x + c;
                double sum = lower[left + 3] - lower[left] - upper[left + 3] + upper[left];
                rgb[c] = sum * per_cell + eyes->noise * noise_of(bits >> (20 * c));
            }
            g->colours[y * g->w + x] = nearest_hue(&palette, rgb);
        }
    }
}

/* ---- spots: connected cells of one colour ---- */

/* Fills the spot at `start`, clears its cells and returns how many there are; they lie in g->stack. */
static uint32_t fill_spot(glance *g, uint32_t start)
{
    uint8_t colour = g->colours[start];
    uint32_t n = 0;
    g->colours[start] = PL_SIM_COLOURS;
    g->stack[n++] = start;
    for (uint32_t next = 0; next < n; next++) {
        uint32_t cell = g->stack[next];
        uint32_t x = cell % g->w;
        uint32_t y = cell / g->w;
        uint32_t around[4] = {cell - 1u, cell + 1u, cell - g->w, cell + g->w};
        bool inside[4] = {x > 0, x + 1u < g->w, y > 0, y + 1u < g->h};
        for (uint32_t k = 0; k < 4; k++) {
            if (inside[k] && g->colours[around[k]] == colour) {
                g->colours[around[k]] = PL_SIM_COLOURS;
                g->stack[n++] = around[k];
            }
        }
    }
    return n;
}

/* Shape by moments that neither turning nor scaling changes: spread (second moment over area) and how much of the
 * k-th power moment has k corners in it, |sum z^k| / sum |z|^k for k = 3, 4, 5. */
typedef struct traits {
    double spread;
    double corners[FOLDS];
} traits;

static void add_power(double x, double y, double power[FOLDS][2], double size[FOLDS])
{
    double re = x * x - y * y;
    double im = 2.0 * x * y;
    double r2 = x * x + y * y;
    double magnitude = r2;
    double r = sqrt(r2);
    for (uint32_t k = 0; k < FOLDS; k++) {
        double turned = re * x - im * y;
        im = re * y + im * x;
        re = turned;
        magnitude *= r;
        power[k][0] += re;
        power[k][1] += im;
        size[k] += magnitude;
    }
}

static traits finish_traits(double n, double second, double power[FOLDS][2], const double size[FOLDS])
{
    traits t = {.spread = n > 0.0 ? second / (n * n) : 0.0};
    for (uint32_t k = 0; k < FOLDS; k++) {
        double length = sqrt(power[k][0] * power[k][0] + power[k][1] * power[k][1]);
        t.corners[k] = size[k] > 0.0 ? length / size[k] : 0.0;
    }
    return t;
}

/* Traits of the ideal shapes, from fine rasters of pl__sim_shape_distance (the tests draw them again). */
static const traits ideals[PL_SIM_SHAPES] = {
    [PL_SIM_CIRCLE] = {0.1592, {0.000, 0.000, 0.000}},
    [PL_SIM_SQUARE] = {0.1667, {0.000, 0.429, 0.000}},
    [PL_SIM_TRIANGLE] = {0.1925, {0.659, 0.000, 0.000}},
    [PL_SIM_STAR] = {0.1974, {0.000, 0.000, 0.825}},
};

static uint8_t shape_of(const traits *t)
{
    uint8_t best = PL_SIM_CIRCLE;
    double best_distance = HUGE_VAL;
    for (uint8_t i = 0; i < PL_SIM_SHAPES; i++) {
        double d = 4.0 * (t->spread - ideals[i].spread);
        double distance = d * d;
        for (uint32_t k = 0; k < FOLDS; k++) {
            d = t->corners[k] - ideals[i].corners[k];
            distance += d * d;
        }
        if (distance < best_distance) {
            best_distance = distance;
            best = i;
        }
    }
    return best;
}

static pl_sim_object describe_spot(const glance *g, uint32_t n, uint8_t colour)
{
    double mean_x = 0.0;
    double mean_y = 0.0;
    double second = n / 6.0; /* each cell is a unit square with a spread of its own: 1/12 along each axis */
    double power[FOLDS][2] = {{0.0, 0.0}};
    double size[FOLDS] = {0.0};

    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = g->stack[i] / g->w;
        mean_x += g->stack[i] % g->w;
        mean_y += row;
    }
    mean_x /= n;
    mean_y /= n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = g->stack[i] / g->w;
        double x = g->stack[i] % g->w - mean_x;
        double y = row - mean_y;
        second += x * x + y * y;
        add_power(x, y, power, size);
    }
    traits t = finish_traits(n, second, power, size);
    pl_sim_object o = {.colour = colour, .shape = shape_of(&t)};
    o.x = (mean_x + 0.5) / g->w;
    o.y = (mean_y + 0.5) / g->h;
    o.area = (double)n / ((double)g->w * g->h);
    o.size = o.area >= LARGE_SHARE ? PL_SIM_LARGE : PL_SIM_SMALL;
    return o;
}

/* Keeps the largest PL_SIM_OBJECTS_MAX objects, largest first; equal ones in reading order. */
static void keep_object(const pl_sim_object *o, pl_sim_layout *ret)
{
    uint32_t i = ret->n;
    while (i > 0 && ret->objects[i - 1].area < o->area)
        i--;
    if (i >= PL_SIM_OBJECTS_MAX)
        return;
    uint32_t last = ret->n < PL_SIM_OBJECTS_MAX ? ret->n : PL_SIM_OBJECTS_MAX - 1u;
    for (uint32_t k = last; k > i; k--)
        ret->objects[k] = ret->objects[k - 1];
    ret->objects[i] = *o;
    ret->n = last + 1u;
}

static void read_glance(glance *g, pl_sim_layout *ret)
{
    uint32_t cells = g->w * g->h;
    uint32_t least = (uint32_t)ceil(SPOT_SHARE * cells);
    if (least < SPOT_PX_MIN)
        least = SPOT_PX_MIN;
    ret->n = 0;
    for (uint32_t i = 0; i < cells; i++) {
        uint8_t colour = g->colours[i];
        if (colour == PL_SIM_COLOURS)
            continue;
        uint32_t n = fill_spot(g, i);
        if (n < least)
            continue;
        pl_sim_object o = describe_spot(g, n, colour);
        keep_object(&o, ret);
    }
}

pl_status pl__sim_look(const pl_sim_eyes *eyes, const pl_sim_retina *retina, uint64_t seed, const char *model,
                       pl_sim_sight *ret, pl_error *reterr)
{
    glance *g = pl__malloc(sizeof(*g));
    if (!g)
        return pl__fail(reterr, PL_E_NOMEM, "a look at an image");
    uint64_t key = pl__hash64(model, strlen(model), retina->digest);
    for (uint32_t i = 0; i < PL_SIM_GLANCES; i++) {
        pl_rng rng;
        pl__rng_init(&rng, seed ^ key, "sim glance", i);
        take_glance(eyes, retina, &rng, g);
        read_glance(g, &ret->glances[i]);
    }
    ret->digest = retina->digest;
    pl__free(g);
    return PL_OK;
}
