#ifndef PL_ANSWER_TABLE_H
#define PL_ANSWER_TABLE_H

#include <peerless/answers.h>

#define PL_ANSWER_CHOICE_NONE UINT8_MAX

struct pl_answer_table {
    const pl_response_set *set;
    const pl_answer_source *source;
    uint32_t n_models;
    uint32_t n_items;
    uint32_t n_choice_items;
    uint32_t n_images;
    uint32_t threads;
    uint32_t *item_at;  /* n_items: index in the set */
    uint32_t *images;   /* n_items */
    uint32_t *lists;    /* n_items: option list, or PL_RESPONSE_NONE */
    uint32_t *datasets; /* n_items */
    uint64_t *labels;   /* n_items */
    size_t *options;    /* n_items + 1 */
    uint32_t *rows;     /* [model * n_items + item]: row + 1, or 0 */
    double *p;          /* [model * options[n_items] + option] */
    uint8_t *choices;   /* [model * n_items + item] */
    uint32_t *missing;  /* [model * PL_ANSWER_MISSING_COUNT + reason] */
    char *letters;      /* n_texts: the ASCII letter that the text is but for white space, or 0 */
    bool *may_end_mark; /* n_texts: the text may be the end of a mark of thinking */
};

/* The row of a model and an item, or NULL. */
const pl_response *pl__answer_row(const pl_answer_table *t, uint32_t model, uint32_t item);

/* How many threads its work is worth. */
uint32_t pl__answer_threads(const pl_answer_table *t);

/* Log-probabilities (normalised over the options if they come as logits) of an item's options, and the mass of those
 * that are known; NaN where unknown. The mass of logits is NaN: it is not known. */
pl_answer_missing pl__option_logprobs(const pl_answer_table *t, const pl_response *row, uint32_t list, double *ret,
                                      double *ret_mass);

/* Logarithms of n >= 1 numbers, shifted so that the numbers sum to 1. */
void pl__normalise_logs(double *x, uint32_t n);

/* The tokens of the answer itself, thinking and white space behind it left out. */
const pl_response_token *pl__answer_tokens(const pl_answer_table *t, const pl_response *row, uint32_t *ret_n);
/* The token that is an option's letter, or NULL. */
const pl_response_token *pl__letter_token(const pl_answer_table *t, const pl_response *row, uint32_t list);

/* Of a token's distribution, over its alternatives: the entropy's lower bound, and its upper one (NaN unknown); or the
 * largest probability, and how far it is above the second. False if there is no usable log-probability at all. */
bool pl__token_entropy(const pl_response_set *set, const pl_response_token *token, uint32_t vocabulary, double *ret,
                       double *ret_upper);
bool pl__token_largest(const pl_response_set *set, const pl_response_token *token, double *ret, double *ret_margin);

/* Similarity of two texts, 0 to 1; see <peerless/answers.h>. PL_OK or PL_E_NOMEM. */
double pl__similarity_exact(const char *sample, const char *answer);
PL_NODISCARD pl_status pl__similarity_bleu(const char *sample, const char *answer, double *ret);
PL_NODISCARD pl_status pl__similarity_rouge(const char *sample, const char *answer, double *ret);
/* Entropy, in nats, of the clusters that the samples fall into: by the option they name, else by their text. */
PL_NODISCARD pl_status pl__semantic_entropy(const pl_response_set *set, const pl_response *row, double *ret);
/* The same of n samples that are numbered by their meaning, as in pl_response_set.sample_meanings. */
PL_NODISCARD pl_status pl__meaning_entropy(const uint32_t *meanings, uint32_t n, double *ret);
#define PL_SIMILARITY_WORDS_MAX 4096u /* of a text; more are not looked at */

#endif
