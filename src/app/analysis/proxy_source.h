#ifndef PL_PROXY_SOURCE_H
#define PL_PROXY_SOURCE_H

#include "records.h"
#include <peerless/answers.h>

#define PL_PROXY_SOURCE_SETS_MAX 1000u /* data sets */

/**
 * What proxies learn from, as named by a user: data sets of the responses themselves (other than the one that is ranked
 * on), or else files of labelled responses. Nothing that is ranked on gets in: of files, the data set of the same name
 * is left out, and an item that is still in both is refused.
 * @param given  n of them, at least one: names of data sets of the target if all are that, else paths
 * @param target what is ranked on; opts says which of its data sets, and how letters' priors are treated
 * @return PL_OK, PL_E_INVALID (in words), what reading responses and pl_answer_source_build() fail with
 */
PL_NODISCARD pl_status pl__proxy_source_open(const char *const *given, size_t n, bool skip_bad,
                                             const pl_response_set *target, const pl_answer_opts *opts,
                                             pl_answer_source **ret, pl_error *reterr);

#endif
