#ifndef PL_SIM_LAYOUT_H
#define PL_SIM_LAYOUT_H

#include "str.h"

/* What stands where in a picture: the truth of a scene, or what a model believes to see. */
#define PL_SIM_COLOURS 6u
#define PL_SIM_SHAPES 4u
#define PL_SIM_SIZES 2u
#define PL_SIM_ANY UINT8_MAX /* of a colour, shape or size that is not named */
#define PL_SIM_OBJECTS_MAX 24u

enum { PL_SIM_CIRCLE = 0, PL_SIM_SQUARE = 1, PL_SIM_TRIANGLE = 2, PL_SIM_STAR = 3 };
enum { PL_SIM_SMALL = 0, PL_SIM_LARGE = 1 };

typedef struct pl_sim_object {
    uint8_t colour;
    uint8_t shape;
    uint8_t size;
    double x;    /* centre, as a share of the image's width */
    double y;    /* of its height, downwards */
    double area; /* as a share of the image's area */
} pl_sim_object;

typedef struct pl_sim_layout {
    pl_sim_object objects[PL_SIM_OBJECTS_MAX];
    uint32_t n;
} pl_sim_layout;

/* A noun phrase: "large red stars", "objects". */
typedef struct pl_sim_noun {
    uint8_t size;
    uint8_t colour;
    uint8_t shape;
} pl_sim_noun;

const char *pl__sim_colour_name(uint8_t colour);
const char *pl__sim_shape_name(uint8_t shape); /* PL_SIM_ANY: "object" */
const char *pl__sim_size_name(uint8_t size);
/* Index of a word, PL_SIM_ANY if it is none. Shapes are known in the plural too. */
uint8_t pl__sim_colour_find(pl_view word);
uint8_t pl__sim_shape_find(pl_view word);
uint8_t pl__sim_size_find(pl_view word);

/* "top left", "centre", …: one of nine parts of the picture, numbered row by row. */
#define PL_SIM_PLACES 9u
const char *pl__sim_place_name(uint32_t place);
uint32_t pl__sim_place_of(const pl_sim_object *o);

bool pl__sim_noun_fits(const pl_sim_noun *noun, const pl_sim_object *o);
uint32_t pl__sim_noun_count(const pl_sim_noun *noun, const pl_sim_layout *layout);

#define PL_SIM_PHRASE_BYTES 48
/* "large red stars", "red star", "object". */
void pl__sim_noun_write(const pl_sim_noun *noun, bool plural, char ret[PL_SIM_PHRASE_BYTES]);

#endif
