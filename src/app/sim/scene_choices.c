/* The scenes' own questions with options to choose from. The wrong ones are of the right one's kind, and its place
 * among them is drawn where the kind has no order of its own. */
#include "scene_choices.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS 4u /* options of a count, in a row */
#define OBJECTS 4u

static void add(pl_sim_options *o, const char *text)
{
    (void)snprintf(o->texts[o->n++], PL_SIM_ANSWER_BYTES, "%s", text);
}

static void add_numbers(pl_sim_options *o, uint32_t right, pl_rng *rng)
{
    uint32_t below = (uint32_t)pl__rng_below(rng, (right < NUMBERS - 1 ? right : NUMBERS - 1) + 1);

    for (uint32_t i = 0; i < NUMBERS; i++)
        (void)snprintf(o->texts[o->n++], PL_SIM_ANSWER_BYTES, "%u", (unsigned)(right - below + i));
}

static bool has(const pl_sim_options *o, const char *text)
{
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->texts[i], text) == 0)
            return true;
    }
    return false;
}

static void add_objects(pl_sim_options *o, const char *right, pl_rng *rng)
{
    uint32_t place = (uint32_t)pl__rng_below(rng, OBJECTS);

    while (o->n < OBJECTS) {
        char other[PL_SIM_ANSWER_BYTES];
        uint8_t colour = (uint8_t)pl__rng_below(rng, PL_SIM_COLOURS);
        uint8_t shape = (uint8_t)pl__rng_below(rng, PL_SIM_SHAPES);

        (void)snprintf(other, sizeof(other), "%s %s", pl__sim_colour_name(colour), pl__sim_shape_name(shape));
        if (o->n == place && !has(o, right))
            add(o, right);
        else if (strcmp(other, right) != 0 && !has(o, other))
            add(o, other);
    }
}

void pl__sim_fact_options(const pl_sim_fact *fact, pl_rng *rng, pl_sim_options *ret)
{
    char noun[PL_SIM_PHRASE_BYTES];
    uint32_t right = 0;

    ret->n = 0;
    switch (fact->question.kind) {
    case PL_SIM_ASK_COUNT:
        for (const char *c = fact->answer; *c >= '0' && *c <= '9'; c++)
            right = right * 10 + (uint32_t)(*c - '0');
        add_numbers(ret, right, rng);
        break;
    case PL_SIM_ASK_EXISTS:
        add(ret, "yes");
        add(ret, "no");
        break;
    case PL_SIM_ASK_LARGEST:
        for (uint8_t i = 0; i < PL_SIM_COLOURS; i++)
            add(ret, pl__sim_colour_name(i));
        break;
    case PL_SIM_ASK_SHAPE:
        for (uint8_t i = 0; i < PL_SIM_SHAPES; i++)
            add(ret, pl__sim_shape_name(i));
        break;
    case PL_SIM_ASK_BESIDE:
        add_objects(ret, fact->answer, rng);
        break;
    case PL_SIM_ASK_MORE:
        pl__sim_noun_write(&fact->question.noun, true, noun);
        add(ret, noun);
        pl__sim_noun_write(&fact->question.other, true, noun);
        add(ret, noun);
        add(ret, "equal");
        break;
    }
}
