#include "layout.h"

#include <stdio.h>
#include <string.h>

static const char *const colour_names[PL_SIM_COLOURS] = {"red", "green", "blue", "yellow", "purple", "orange"};
static const char *const shape_names[PL_SIM_SHAPES] = {"circle", "square", "triangle", "star"};
static const char *const size_names[PL_SIM_SIZES] = {"small", "large"};
static const char *const place_names[PL_SIM_PLACES] = {"top left", "top",         "top right", "left",        "centre",
                                                       "right",    "bottom left", "bottom",    "bottom right"};

const char *pl__sim_colour_name(uint8_t colour)
{
    return colour < PL_SIM_COLOURS ? colour_names[colour] : "";
}

const char *pl__sim_shape_name(uint8_t shape)
{
    return shape < PL_SIM_SHAPES ? shape_names[shape] : "object";
}

const char *pl__sim_size_name(uint8_t size)
{
    return size < PL_SIM_SIZES ? size_names[size] : "";
}

static uint8_t find_word(const char *const *names, uint8_t n, pl_view word)
{
    for (uint8_t i = 0; i < n; i++) {
        if (pl__view_eq_str(word, names[i]))
            return i;
    }
    return PL_SIM_ANY;
}

uint8_t pl__sim_colour_find(pl_view word)
{
    return find_word(colour_names, PL_SIM_COLOURS, word);
}

uint8_t pl__sim_shape_find(pl_view word)
{
    uint8_t found = find_word(shape_names, PL_SIM_SHAPES, word);
    if (found == PL_SIM_ANY && word.len > 1 && word.ptr[word.len - 1] == 's')
        found = find_word(shape_names, PL_SIM_SHAPES, pl__view_n(word.ptr, word.len - 1));
    return found;
}

uint8_t pl__sim_size_find(pl_view word)
{
    return find_word(size_names, PL_SIM_SIZES, word);
}

const char *pl__sim_place_name(uint32_t place)
{
    return place < PL_SIM_PLACES ? place_names[place] : "";
}

static uint32_t third(double share)
{
    return share < 1.0 / 3.0 ? 0u : share < 2.0 / 3.0 ? 1u : 2u;
}

uint32_t pl__sim_place_of(const pl_sim_object *o)
{
    return 3u * third(o->y) + third(o->x);
}

bool pl__sim_noun_fits(const pl_sim_noun *noun, const pl_sim_object *o)
{
    return (noun->size == PL_SIM_ANY || noun->size == o->size) &&
           (noun->colour == PL_SIM_ANY || noun->colour == o->colour) &&
           (noun->shape == PL_SIM_ANY || noun->shape == o->shape);
}

uint32_t pl__sim_noun_count(const pl_sim_noun *noun, const pl_sim_layout *layout)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < layout->n; i++)
        count += pl__sim_noun_fits(noun, &layout->objects[i]) ? 1u : 0u;
    return count;
}

void pl__sim_noun_write(const pl_sim_noun *noun, bool plural, char ret[PL_SIM_PHRASE_BYTES])
{
    const char *size = pl__sim_size_name(noun->size);
    const char *colour = pl__sim_colour_name(noun->colour);
    (void)snprintf(ret, PL_SIM_PHRASE_BYTES, "%s%s%s%s%s%s", size, *size ? " " : "", colour, *colour ? " " : "",
                   pl__sim_shape_name(noun->shape), plural ? "s" : "");
}
