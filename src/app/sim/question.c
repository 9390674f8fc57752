#include "question.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BESIDE_MIN 0.04     /* least distance along the side, as a share of the picture */
#define BESIDE_CLEARLY 1.2  /* the next one must be this much farther */
#define LARGEST_CLEARLY 1.5 /* the same for areas */
#define SLOPE_MARGIN 1.25   /* the sector of a side, widened and narrowed by this, must agree */

static const char *const side_names[4] = {"left of", "right of", "above", "below"};

void pl__sim_question_write(const pl_sim_question *q, char ret[PL_SIM_QUESTION_BYTES])
{
    char noun[PL_SIM_PHRASE_BYTES];
    char other[PL_SIM_PHRASE_BYTES];
    bool plural = q->kind == PL_SIM_ASK_COUNT || q->kind == PL_SIM_ASK_MORE;
    bool largest = q->kind == PL_SIM_ASK_SHAPE && q->noun.colour == PL_SIM_ANY;

    pl__sim_noun_write(&q->noun, plural, noun);
    pl__sim_noun_write(&q->other, true, other);
    switch (q->kind) {
    case PL_SIM_ASK_COUNT:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "How many %s are there?", noun);
        break;
    case PL_SIM_ASK_EXISTS:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "Is there %s %s?", noun[0] == 'o' ? "an" : "a", noun);
        break;
    case PL_SIM_ASK_LARGEST:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "Which colour is the largest %s?", noun);
        break;
    case PL_SIM_ASK_SHAPE:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "What shape is the %s%s?", largest ? "largest " : "", noun);
        break;
    case PL_SIM_ASK_BESIDE:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "What is %s the %s?", side_names[q->side], noun);
        break;
    case PL_SIM_ASK_MORE:
        (void)snprintf(ret, PL_SIM_QUESTION_BYTES, "Are there more %s or more %s?", noun, other);
        break;
    }
}

/* ---- answers ---- */

static void object_answer(const pl_sim_object *o, char ret[PL_SIM_ANSWER_BYTES])
{
    (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "%s %s", pl__sim_colour_name(o->colour), pl__sim_shape_name(o->shape));
}

/* The largest fitting object; *ret_clear says whether the next one is clearly smaller. NULL: none fits. */
static const pl_sim_object *largest(const pl_sim_noun *noun, const pl_sim_layout *l, bool *ret_clear)
{
    const pl_sim_object *best = NULL;
    double second = 0.0;
    for (uint32_t i = 0; i < l->n; i++) {
        const pl_sim_object *o = &l->objects[i];
        if (!pl__sim_noun_fits(noun, o))
            continue;
        if (!best || o->area > best->area) {
            second = best ? best->area : 0.0;
            best = o;
        } else if (o->area > second) {
            second = o->area;
        }
    }
    *ret_clear = best && best->area >= LARGEST_CLEARLY * second;
    return best;
}

/* The nearest object in the sector of one side of `from`: |across| <= slope * |along|. */
static const pl_sim_object *nearest_beside(const pl_sim_object *from, pl_sim_side side, double slope,
                                           const pl_sim_layout *l, double *ret_ratio)
{
    const pl_sim_object *best = NULL;
    double best_distance = HUGE_VAL;
    double second = HUGE_VAL;
    for (uint32_t i = 0; i < l->n; i++) {
        const pl_sim_object *o = &l->objects[i];
        double dx = o->x - from->x;
        double dy = o->y - from->y;
        bool sideways = side == PL_SIM_LEFT || side == PL_SIM_RIGHT;
        double along = sideways ? dx : dy;
        double across = sideways ? dy : dx;
        if (side == PL_SIM_LEFT || side == PL_SIM_ABOVE)
            along = -along;
        if (o == from || along < BESIDE_MIN || fabs(across) > slope * along)
            continue;
        double distance = sqrt(dx * dx + dy * dy);
        if (distance < best_distance) {
            second = best_distance;
            best_distance = distance;
            best = o;
        } else if (distance < second) {
            second = distance;
        }
    }
    *ret_ratio = best ? second / best_distance : HUGE_VAL;
    return best;
}

static bool answer_beside(const pl_sim_question *q, const pl_sim_layout *l, bool strict, char *ret)
{
    bool clear = false;
    double ratio = 0.0;
    double ratio_wide = 0.0;
    double ratio_narrow = 0.0;
    const pl_sim_object *from = largest(&q->noun, l, &clear);
    if (!from) {
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "none");
        return !strict;
    }
    const pl_sim_object *found = nearest_beside(from, q->side, 1.0, l, &ratio);
    const pl_sim_object *wide = nearest_beside(from, q->side, SLOPE_MARGIN, l, &ratio_wide);
    const pl_sim_object *narrow = nearest_beside(from, q->side, 1.0 / SLOPE_MARGIN, l, &ratio_narrow);
    if (found)
        object_answer(found, ret);
    else
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "nothing");
    if (!strict)
        return true;
    return pl__sim_noun_count(&q->noun, l) == 1 && found && found == wide && found == narrow &&
           ratio_wide >= BESIDE_CLEARLY;
}

static bool answer_shape(const pl_sim_question *q, const pl_sim_layout *l, bool strict, char *ret)
{
    bool clear = false;
    const pl_sim_object *o = largest(&q->noun, l, &clear);
    (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "%s", o ? pl__sim_shape_name(o->shape) : "none");
    bool unique = q->noun.colour == PL_SIM_ANY ? clear : pl__sim_noun_count(&q->noun, l) == 1;
    return !strict || (o && unique);
}

bool pl__sim_question_answer(const pl_sim_question *q, const pl_sim_layout *layout, bool strict,
                             char ret[PL_SIM_ANSWER_BYTES])
{
    bool clear = false;
    const pl_sim_object *o = NULL;
    uint32_t n = pl__sim_noun_count(&q->noun, layout);
    uint32_t n_other = 0;

    switch (q->kind) {
    case PL_SIM_ASK_COUNT:
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "%u", (unsigned)n);
        return true;
    case PL_SIM_ASK_EXISTS:
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "%s", n > 0 ? "yes" : "no");
        return true;
    case PL_SIM_ASK_LARGEST:
        o = largest(&q->noun, layout, &clear);
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "%s", o ? pl__sim_colour_name(o->colour) : "none");
        return !strict || (o && clear);
    case PL_SIM_ASK_SHAPE:
        return answer_shape(q, layout, strict, ret);
    case PL_SIM_ASK_BESIDE:
        return answer_beside(q, layout, strict, ret);
    case PL_SIM_ASK_MORE:
        break;
    }
    n_other = pl__sim_noun_count(&q->other, layout);
    if (n == n_other)
        (void)snprintf(ret, PL_SIM_ANSWER_BYTES, "equal");
    else
        pl__sim_noun_write(n > n_other ? &q->noun : &q->other, true, ret);
    return !strict || n != n_other;
}

/* ---- making questions up ---- */

static const pl_sim_object *any_object(const pl_sim_layout *l, pl_rng *rng)
{
    return l->n > 0 ? &l->objects[pl__rng_below(rng, l->n)] : NULL;
}

static pl_sim_noun noun_of(uint8_t colour, uint8_t shape)
{
    return (pl_sim_noun){.size = PL_SIM_ANY, .colour = colour, .shape = shape};
}

/* A noun phrase about an object: its colour, its shape, both or (with `bare`) neither. */
static pl_sim_noun noun_about(const pl_sim_object *o, bool bare, pl_rng *rng)
{
    switch (pl__rng_below(rng, bare ? 4 : 3)) {
    case 0:
        return noun_of(o->colour, PL_SIM_ANY);
    case 1:
        return noun_of(PL_SIM_ANY, o->shape);
    case 2:
        return noun_of(o->colour, o->shape);
    default:
        return noun_of(PL_SIM_ANY, PL_SIM_ANY);
    }
}

static void pick_exists(const pl_sim_layout *l, const pl_sim_object *o, pl_rng *rng, pl_sim_question *q)
{
    q->noun = noun_of(o->colour, o->shape);
    if (pl__rng_below(rng, 2) == 0)
        return;
    /* Half of the questions name a pair that is not there although its colour is. */
    uint8_t start = (uint8_t)pl__rng_below(rng, PL_SIM_SHAPES);
    for (uint8_t k = 0; k < PL_SIM_SHAPES; k++) {
        pl_sim_noun absent = noun_of(o->colour, (uint8_t)((start + k) % PL_SIM_SHAPES));
        if (pl__sim_noun_count(&absent, l) == 0) {
            q->noun = absent;
            return;
        }
    }
}

static bool pick_more(const pl_sim_layout *l, const pl_sim_object *o, pl_rng *rng, pl_sim_question *q)
{
    const pl_sim_object *other = any_object(l, rng);
    bool by_colour = pl__rng_below(rng, 2) == 0;
    if (by_colour ? o->colour == other->colour : o->shape == other->shape)
        return false;
    q->noun = by_colour ? noun_of(o->colour, PL_SIM_ANY) : noun_of(PL_SIM_ANY, o->shape);
    q->other = by_colour ? noun_of(other->colour, PL_SIM_ANY) : noun_of(PL_SIM_ANY, other->shape);
    return true;
}

bool pl__sim_question_pick(pl_sim_question_kind kind, const pl_sim_layout *layout, bool strict, pl_rng *rng,
                           pl_sim_question *ret)
{
    char answer[PL_SIM_ANSWER_BYTES];
    for (uint32_t attempt = 0; attempt < 12; attempt++) {
        const pl_sim_object *o = any_object(layout, rng);
        pl_sim_question q = {.kind = kind, .noun = noun_of(PL_SIM_ANY, PL_SIM_ANY), .other = noun_of(PL_SIM_ANY, 0)};
        if (!o)
            return false;
        if (kind == PL_SIM_ASK_COUNT) {
            q.noun = noun_about(o, true, rng);
        } else if (kind == PL_SIM_ASK_EXISTS) {
            pick_exists(layout, o, rng, &q);
        } else if (kind == PL_SIM_ASK_LARGEST) {
            q.noun = noun_of(PL_SIM_ANY, pl__rng_below(rng, 2) == 0 ? o->shape : PL_SIM_ANY);
        } else if (kind == PL_SIM_ASK_SHAPE) {
            q.noun = noun_of(pl__rng_below(rng, 3) > 0 ? o->colour : PL_SIM_ANY, PL_SIM_ANY);
        } else if (kind == PL_SIM_ASK_BESIDE) {
            q.noun = noun_of(o->colour, o->shape);
            q.side = (pl_sim_side)pl__rng_below(rng, 4);
        } else if (!pick_more(layout, o, rng, &q)) {
            continue;
        }
        if (pl__sim_question_answer(&q, layout, true, answer) || !strict) {
            *ret = q;
            return true;
        }
    }
    return false;
}
