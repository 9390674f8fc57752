#ifndef PL_CORRECTED_H
#define PL_CORRECTED_H

#include "analysis_result.h"

/* The method ppi: win rates as the people behind a reference would give them, from many machine verdicts that a few of
 * theirs correct (prediction-powered inference, <peerless/ppi.h>).
 *
 * One observation is one image of one model: y is the mean score (1, 1/2, 0) that people gave the model in the pairs
 * they judged on the image, f the judges' mean score in the same pairs; on the images of which people judged no pair of
 * the model, f is over all its pairs. All judges together are one machine, both orders of a pair count alike. Images
 * are the clusters, so the interval allows for verdicts on one image hanging together. Cut to [0, 1]. */

#define PL_CORRECTED_METHOD "ppi"
#define PL_CORRECTED_DESCRIPTION "win rate by the verdicts of --reference, sharpened by the judges' on other images"
#define PL_CORRECTED_SOURCE "Angelopoulos et al. 2023; PPI++ 2023; images as clusters (ours)"

/* Appends the ranking, for which a->methods has a place left, and fills a->corrected. `peer` tells which rows count,
 * `criterion` (UINT32_MAX: all) under which criterion. PL_E_RANGE, PL_E_INVALID, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__correct(pl_analysis *a, const pl_judgment_set *reference, const pl_peer_opts *peer,
                                   uint32_t criterion, pl_error *reterr);

#endif
