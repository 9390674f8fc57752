#ifndef PL_PLAIN_H
#define PL_PLAIN_H

#include "container.h"
#include "model_spec.h"

/* JPEG and PNG files that need nothing but decoding, by libjpeg and libpng themselves: libvips takes some 30 ms of a
 * core to open, and most files are like this. Pictures are decoded row by row; the JPEG encoder alone holds a whole
 * one, as coefficients. */

/* Is the file one that already fits the policy (is_simple, within max_side_px, JPEG or PNG to JPEG or PNG)? */
bool pl__plain_fits(pl_image_kind kind, const pl_image_outline *outline, const pl_image_policy *policy);

/* Such a file, for the policy: of the same format its own coded pixels without metadata, decoded once to see that they
 * are whole; otherwise encoded anew, as pl__vips_fit does it. What it does not know for certain to be good it leaves:
 * *ret_done is false then, out as it was, and libvips judges. A decoder's slightest warning counts as that, so
 * nothing is ever refused here. PL_E_LIMIT and PL_E_NOMEM are of out. */
PL_NODISCARD pl_status pl__plain_fit(pl_image_kind kind, pl_view bytes, const pl_image_outline *outline,
                                     const pl_image_policy *policy, pl_str *out, bool *ret_done, pl_error *reterr);

#endif
