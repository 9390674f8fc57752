#ifndef PL_RANKING_H
#define PL_RANKING_H

#include <peerless/rank.h>

struct pl_ranking {
    uint32_t n_models;
    double *scores;  /* n_models, NaN until set */
    double *weights; /* n_models or NULL */
    double *loss;
    size_t n_loss;
    char **warnings;
    size_t n_warnings;
    size_t cap_warnings;
    bool *explained; /* n_models or NULL: scores that are undefined for a reason that a warning gives already */
    double *errors;  /* n_models or NULL */
    bool leans;      /* scores lean away from 0 by an amount that shrinks with the data: correct the intervals for it */
    bool has_fit;
    pl_fit_report fit;
    pl_judge_bias *biases; /* n_models or NULL; what bias.judges points at */
    pl_bias_report bias;
};

pl_ranking *pl__ranking_new(uint32_t n_models, bool with_weights); /* NULL on refusal */
PL_NODISCARD pl_status pl__ranking_warn(pl_ranking *r, const char *fmt, ...) PL_PRINTF(2, 3);
/* Warns "sentence: name, name and 3 more". */
PL_NODISCARD pl_status pl__ranking_warn_models(pl_ranking *r, const char *const *names, const uint32_t *models,
                                               uint32_t n, const char *sentence);

#endif
