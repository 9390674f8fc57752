#ifndef PL_SIM_SPEECH_H
#define PL_SIM_SPEECH_H

#include "pool.h"
#include "question.h"

/* What a model believes and says. */
#define PL_SIM_CHOICES_MAX 28u /* answers from the glances, or options A to Z, and "something else" */
#define PL_SIM_SPEECH_BYTES_MAX ((size_t)64 << 10)
#define PL_SIM_FILLERS 8u
#define PL_SIM_DESCRIBED_MAX 12u /* objects that a description names; the rest is counted */

typedef struct pl_sim_choice {
    char text[PL_SIM_ANSWER_BYTES];
    double p;
} pl_sim_choice;

/* A distribution over things to say. Sums to 1 with p_other, the chance of anything that no glance showed. */
typedef struct pl_sim_belief {
    pl_sim_choice choices[PL_SIM_CHOICES_MAX];
    uint32_t n;
    double p_other;
} pl_sim_belief;

/* Most probable first; stable. */
void pl__sim_order_choices(pl_sim_belief *belief);
/* The answers of all glances with smoothed frequencies (n + 1/2) / (glances + (k + 1) / 2), most probable first. */
void pl__sim_believe(const pl_sim_question *q, const pl_sim_sight *sight, pl_sim_belief *ret);
/* The belief in one answer, compared after pl__sim_answer_normalise; p_other if no glance showed it. */
double pl__sim_belief_in(const pl_sim_belief *belief, pl_view answer);

/* One request to one model. */
typedef struct pl_sim_turn {
    const pl_sim_model *model;
    uint64_t seed;             /* the pool's */
    const pl_sim_sight *sight; /* NULL: there is no image */
    pl_view prompt;            /* the user's text */
    uint64_t request_key;      /* of the logical request: keys vices and sampling */
    double temperature;        /* 0: the most probable; else sampled */
} pl_sim_turn;

typedef struct pl_sim_speech {
    pl_str text;
    bool refused;
    /* The words that were decided, and what they were decided from; nothing if decision_len is 0. */
    size_t decision_start;
    size_t decision_len;
    pl_sim_belief belief;
} pl_sim_speech;

void pl__sim_speech_init(pl_sim_speech *speech);
void pl__sim_speech_clear(pl_sim_speech *speech);
/* Appends text and remembers it as what was decided. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_decide(pl_sim_speech *speech, const char *text);

/* ---- what it is made of, each in a file of its own ---- */

/* Index of the choice to say: the most probable at temperature 0, else drawn from p^(1/temperature). */
uint32_t pl__sim_choose(const pl_sim_belief *belief, const pl_sim_turn *turn);
/* Does this vice act on this request? */
bool pl__sim_vice_acts(const pl_sim_turn *turn, const char *vice, double rate);

/* Appends "[Opening] 3 objects: a large red star at the top left, …." in the family's wording. */
PL_NODISCARD pl_status pl__sim_describe(const pl_sim_layout *layout, uint32_t style, pl_str *out);
/* Reads such a description, whoever wrote it: objects with a place. x and y are the middle of the place. */
void pl__sim_read_description(pl_view text, pl_sim_layout *ret);
/* How well a described layout fits what is seen, 0..1: a soft F1 over matched objects. */
double pl__sim_description_fit(const pl_sim_layout *described, const pl_sim_layout *seen);
/* Is the text worded as this style words things? */
bool pl__sim_style_shows(pl_view text, uint32_t style);

#endif
