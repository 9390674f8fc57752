#ifndef PL_TSNE_H
#define PL_TSNE_H

#include <peerless/status.h>

/* Maps of many dimensions in two (van der Maaten & Hinton 2008), exact: time and memory go with the square of n. */

#define PL_TSNE_POINTS_MAX 2000u
#define PL_TSNE_POINTS_MIN 4u
#define PL_TSNE_PERPLEXITY 30.0

/* The perplexity that n points allow: each needs some three times as many neighbours. */
double pl__tsne_perplexity(double wanted, size_t n);

/**
 * Joint probabilities P of points being neighbours: Gaussian about each point, its width set by bisection so that the
 * perplexity is met to 1e-8 in its logarithm, made symmetric; they sum to 1.
 * @param points PL_TSNE_POINTS_MIN to PL_TSNE_POINTS_MAX rows of dims numbers; perplexity below n
 * @param ret    n * n places
 */
void pl__tsne_affinities(const double *const *points, size_t n, size_t dims, double perplexity, double *ret);

/**
 * Places the points in the plane: gradient descent of KL(P|Q) from the two principal axes, 250 rounds with P twelvefold
 * and 750 without, momentum 0.5 and then 0.8, learning rate max(n / 48, 50) (Belkina et al. 2019; Kobak & Berens 2019).
 * @param affinities of pl__tsne_affinities
 * @param seed       of the search for the axes, which decides their signs
 * @param ret        2 * n places, x and y of each point
 * @param ret_kl     KL(P|Q) of the result, in nats
 * @return PL_OK or PL_E_NOMEM
 */
PL_NODISCARD pl_status pl__tsne(const double *const *points, size_t n, size_t dims, const double *affinities,
                                uint64_t seed, double *ret, double *ret_kl);

#endif
