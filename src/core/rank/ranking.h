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
};

pl_ranking *pl__ranking_new(uint32_t n_models, bool with_weights); /* NULL on refusal */
PL_NODISCARD pl_status pl__ranking_warn(pl_ranking *r, const char *fmt, ...) PL_PRINTF(2, 3);

#endif
