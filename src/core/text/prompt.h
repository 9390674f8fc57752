#ifndef PL_PROMPT_H
#define PL_PROMPT_H

#include "hash.h"
#include "str.h"

#define PL_PROMPT_TEMPLATE_BYTES_MAX 65536u

typedef enum pl_prompt_kind {
    PL_PROMPT_QUESTION = 0,          /* slots: none */
    PL_PROMPT_ANSWER = 1,            /* slots: {question} */
    PL_PROMPT_JUDGE_CORRECTNESS = 2, /* slots: {question} {fence} {a} {b} */
    PL_PROMPT_JUDGE_VISUAL = 3,      /* the same */
    PL_PROMPT_CHOICE = 4,            /* slots: {question} {options} */
    PL_PROMPT_OPEN = 5,              /* slots: {question} */
    PL_PROMPT_EQUIVALENCE = 6,       /* slots: {question} {fence} {a} {b} */
} pl_prompt_kind;
#define PL_PROMPT_KINDS 7
#define PL_PROMPT_REVIEW_KINDS                                                                                         \
    4 /* the first ones are those of peer review, the others belong to the items' own questions */

/* "question", "answer", "judge_correctness", "judge_visual", "choice", "open", "equivalence": also the base names of
 * user template files (.txt). */
const char *pl__prompt_kind_name(pl_prompt_kind kind);

typedef struct pl_prompt_set pl_prompt_set; /* immutable */

/* templates[kind] replaces the built-in text where it is not NULL. Braces that are no slot stay as they are. PL_E_PARSE
 * when a template is blank or no UTF-8, lacks one of its kind's slots, or a judge template lacks one of its
 * marks; PL_E_LIMIT; PL_E_NOMEM. `templates` may be NULL. */
PL_NODISCARD pl_status pl__prompt_set_new(const char *const templates[PL_PROMPT_KINDS], pl_prompt_set **ret,
                                          pl_error *reterr);
void pl__prompt_set_free(pl_prompt_set *set);
const pl_digest *pl__prompt_set_digest(const pl_prompt_set *set);      /* of peer review's templates, in order */
const pl_digest *pl__prompt_set_item_digest(const pl_prompt_set *set); /* of CHOICE and OPEN */
const char *pl__prompt_set_template(const pl_prompt_set *set, pl_prompt_kind kind);
/* The template without its slots, white space normalised: what an echo repeats. */
pl_view pl__prompt_set_instruction(const pl_prompt_set *set, pl_prompt_kind kind);

/* The instruction of a judge template that is no set's: slots taken out, white space normalised; appended to out. For
 * logs whose judges were asked by other tools. PL_E_NOMEM. */
PL_NODISCARD pl_status pl__prompt_judge_instruction(const char *text, pl_str *out, pl_error *reterr);

typedef struct pl_prompt_values {
    pl_view question;
    pl_view first; /* the answer shown first, as the model wrote it */
    pl_view second;
    pl_view options; /* lines of pl__prompt_options */
} pl_prompt_values;

/* Appends the options, each on a line of its own behind its letter: "A. cat"; one that is a letter itself stands alone.
 * Line ends in an option become spaces. PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__prompt_options(const char *const *options, size_t n, pl_str *out, pl_error *reterr);

/* Appends the filled template. The question, the options and the answers are data: quoted as pl__quote says, between
 * fences derived from both answers, so that nothing in them can end the quotation or look like a mark. Same input, same
 * bytes. `values` may be NULL for a kind without slots. PL_E_NOMEM or PL_E_LIMIT; then out is as it was. */
PL_NODISCARD pl_status pl__prompt_render(const pl_prompt_set *set, pl_prompt_kind kind, const pl_prompt_values *values,
                                         pl_str *out, pl_error *reterr);

#endif
