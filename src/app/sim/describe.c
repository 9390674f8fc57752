#include "speech.h"

#include <math.h>
#include <string.h>

/* Each family opens its descriptions in its own words: that is how a judge can tell its own. */
static const char *const openings[PL_SIM_STYLES] = {
    "I see",
    "The picture shows",
    "Looking closely, there stand",
    "In view are",
    "Going through the scene, I find",
    "My inventory comes to",
};

bool pl__sim_style_shows(pl_view text, uint32_t style)
{
    return style < PL_SIM_STYLES && pl__view_find(text, pl__view(openings[style])) != SIZE_MAX;
}

static pl_status describe_object(const pl_sim_object *o, pl_str *out)
{
    uint32_t place = pl__sim_place_of(o);
    return pl__str_appendf(out, "a %s %s %s %s the %s", pl__sim_size_name(o->size), pl__sim_colour_name(o->colour),
                           pl__sim_shape_name(o->shape), place == 4 ? "in" : "at", pl__sim_place_name(place));
}

pl_status pl__sim_describe(const pl_sim_layout *layout, uint32_t style, pl_str *out)
{
    uint32_t n = layout->n;
    uint32_t shown = n < PL_SIM_DESCRIBED_MAX ? n : PL_SIM_DESCRIBED_MAX;
    pl_status rc =
        pl__str_appendf(out, "%s %u object%s", openings[style % PL_SIM_STYLES], (unsigned)n, n == 1 ? "" : "s");
    for (uint32_t i = 0; !rc && i < shown; i++) {
        rc = pl__str_append_c(out, i == 0 ? ": " : ", ");
        if (!rc)
            rc = describe_object(&layout->objects[i], out);
    }
    if (!rc && shown < n)
        rc = pl__str_appendf(out, " and %u more", (unsigned)(n - shown));
    return rc ? rc : pl__str_append_c(out, ".");
}

/* ---- reading a description ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The next word from *i on; empty at the end. Words of other lengths than ours never match anything. */
static pl_view next_word(pl_view text, size_t *i)
{
    while (*i < text.len && !is_letter(text.ptr[*i]))
        ++*i;
    size_t start = *i;
    while (*i < text.len && is_letter(text.ptr[*i]))
        ++*i;
    return pl__view_n(text.ptr + start, *i - start);
}

static uint32_t place_find(pl_view text)
{
    uint32_t found = PL_SIM_PLACES;
    size_t longest = 0;
    for (uint32_t place = 0; place < PL_SIM_PLACES; place++) {
        const char *name = pl__sim_place_name(place);
        if (pl__view_starts_with(text, name) && strlen(name) > longest) {
            found = place;
            longest = strlen(name);
        }
    }
    return found;
}

/* The place named right behind a shape: "at the top left", "in the centre". */
static uint32_t place_after(pl_view text, size_t i)
{
    static const char *const links[2] = {" at the ", " in the "};
    pl_view rest = pl__view_n(text.ptr + i, text.len - i);
    for (size_t k = 0; k < 2; k++) {
        if (pl__view_starts_with(rest, links[k])) {
            size_t link = strlen(links[k]);
            return place_find(pl__view_n(rest.ptr + link, rest.len - link));
        }
    }
    return PL_SIM_PLACES;
}

void pl__sim_read_description(pl_view text, pl_sim_layout *ret)
{
    uint8_t size = PL_SIM_ANY;
    uint8_t colour = PL_SIM_ANY;

    ret->n = 0;
    for (size_t i = 0; i < text.len && ret->n < PL_SIM_OBJECTS_MAX;) {
        pl_view word = next_word(text, &i);
        uint8_t found = pl__sim_shape_find(word);
        if (pl__sim_size_find(word) != PL_SIM_ANY) {
            size = pl__sim_size_find(word);
            continue;
        }
        if (pl__sim_colour_find(word) != PL_SIM_ANY) {
            colour = pl__sim_colour_find(word);
            continue;
        }
        uint32_t place = found == PL_SIM_ANY ? PL_SIM_PLACES : place_after(text, i);
        if (place < PL_SIM_PLACES && colour != PL_SIM_ANY) {
            pl_sim_object *o = &ret->objects[ret->n++];
            *o = (pl_sim_object){.colour = colour, .shape = found, .size = size};
            uint32_t column = place % 3u;
            uint32_t row = place / 3u;
            o->x = (column + 0.5) / 3.0;
            o->y = (row + 0.5) / 3.0;
        }
        size = PL_SIM_ANY;
        colour = PL_SIM_ANY;
    }
}

/* ---- fit ---- */

#define PLACE_REACH 0.2 /* how far outside the described place an object may be seen before it counts for nothing */
#define COLOUR_SHARE 0.4
#define SHAPE_SHARE 0.4
#define SIZE_SHARE 0.2

static double outside(double x, double middle)
{
    return fmax(0.0, fabs(x - middle) - 1.0 / 6.0);
}

static double likeness(const pl_sim_object *described, const pl_sim_object *seen)
{
    double away = outside(seen->x, described->x) + outside(seen->y, described->y);
    double likeness = (described->colour == seen->colour ? COLOUR_SHARE : 0.0) +
                      (described->shape == seen->shape ? SHAPE_SHARE : 0.0) +
                      (described->size == seen->size ? SIZE_SHARE : 0.0);
    return likeness * fmax(0.0, 1.0 - away / PLACE_REACH);
}

double pl__sim_description_fit(const pl_sim_layout *described, const pl_sim_layout *seen)
{
    bool taken[PL_SIM_OBJECTS_MAX] = {false};
    double sum = 0.0;

    if (described->n + seen->n == 0)
        return 1.0;
    for (uint32_t i = 0; i < described->n; i++) {
        double best = 0.0;
        uint32_t match = PL_SIM_OBJECTS_MAX;
        for (uint32_t k = 0; k < seen->n; k++) {
            double alike = taken[k] ? 0.0 : likeness(&described->objects[i], &seen->objects[k]);
            if (alike > best) {
                best = alike;
                match = k;
            }
        }
        if (match < PL_SIM_OBJECTS_MAX)
            taken[match] = true;
        sum += best;
    }
    return 2.0 * sum / ((double)described->n + seen->n);
}
