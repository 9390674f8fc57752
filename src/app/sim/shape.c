#include "scene.h"

#include <math.h>

/* All shapes of one size have the area of the circle with radius r, so that size does not give the shape away. */
#define SQUARE_HALF_SIDE 0.88622692545275801 /* sqrt(pi) / 2 */
#define TRIANGLE_REACH 1.5551203015562140    /* sqrt(4 pi / (3 sqrt 3)) */
#define STAR_INNER 0.45                      /* inner radius as a share of the outer one */
#define STAR_REACH 1.5412544184783705        /* sqrt(pi / (5 sin 36 * STAR_INNER)) */
#define SIN_36 0.58778525229247314
#define COS_36 0.80901699437494745
#define SIN_60 0.86602540378443865

const uint8_t pl__sim_palette[PL_SIM_COLOURS + 1][3] = {
    {214, 40, 44}, {38, 158, 66}, {44, 84, 214}, {240, 212, 40}, {146, 58, 178}, {242, 136, 30}, {226, 223, 216},
};

double pl__sim_shape_reach(uint8_t shape, double r)
{
    switch (shape) {
    case PL_SIM_SQUARE:
        return SQUARE_HALF_SIDE * r * sqrt(2.0);
    case PL_SIM_TRIANGLE:
        return TRIANGLE_REACH * r;
    case PL_SIM_STAR:
        return STAR_REACH * r;
    default:
        return r;
    }
}

static double triangle_distance(double x, double y, double reach)
{
    double apothem = 0.5 * reach;
    double side = SIN_60 * fabs(x) - 0.5 * y;
    return fmax(side, y) - apothem; /* points up: y grows downwards */
}

/* The point is folded into one tenth of the star; there the outline is a straight line from tip to notch. */
static double star_distance(double x, double y, double reach)
{
    double px = fabs(x);
    double py = -y;
    double fold = fmax(COS_36 * px - SIN_36 * py, 0.0);
    px -= 2.0 * fold * COS_36;
    py += 2.0 * fold * SIN_36;
    fold = fmax(-COS_36 * px - SIN_36 * py, 0.0);
    px += 2.0 * fold * COS_36;
    py += 2.0 * fold * SIN_36;
    px = fabs(px);
    double notch_x = STAR_INNER * reach * SIN_36;
    double notch_y = STAR_INNER * reach * COS_36;
    double dx = notch_x;
    double dy = notch_y - reach;
    double length = sqrt(dx * dx + dy * dy);
    return (-dy * px + dx * (py - reach)) / length;
}

double pl__sim_shape_distance(uint8_t shape, double x, double y, double r)
{
    switch (shape) {
    case PL_SIM_SQUARE:
        return fmax(fabs(x), fabs(y)) - SQUARE_HALF_SIDE * r;
    case PL_SIM_TRIANGLE:
        return triangle_distance(x, y, TRIANGLE_REACH * r);
    case PL_SIM_STAR:
        return star_distance(x, y, STAR_REACH * r);
    default:
        return sqrt(x * x + y * y) - r;
    }
}
