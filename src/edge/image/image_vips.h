#ifndef PL_IMAGE_VIPS_H
#define PL_IMAGE_VIPS_H

#include "container.h"
#include "image.h"

/* libvips, and nothing else of it leaves image_vips.c and vips_table.c. Bytes have passed pl__image_walk. Failures of
 * libvips come as PL_E_PARSE with its first message, PL_E_NOMEM when that is what it says. Any thread. */

typedef struct pl_vips_info {
    uint32_t width_px; /* as stored: before any orientation */
    uint32_t height_px;
    bool has_profile; /* of its colours */
    bool plain;       /* 8-bit RGB without alpha, colour profile, orientation or further pages */
} pl_vips_info;

/* Reads the header only. */
PL_NODISCARD pl_status pl__vips_probe(pl_image_kind kind, pl_view bytes, pl_vips_info *ret, pl_error *reterr);
/* Decodes every pixel and forgets it. */
PL_NODISCARD pl_status pl__vips_verify(pl_image_kind kind, pl_view bytes, pl_error *reterr);
/* info is what pl__vips_probe said. Shrinks and encodes as the policy says; appends to out. */
PL_NODISCARD pl_status pl__vips_fit(pl_view bytes, const pl_vips_info *info, const pl_image_policy *policy, pl_str *out,
                                    uint32_t *ret_width_px, uint32_t *ret_height_px, pl_error *reterr);
PL_NODISCARD pl_status pl__vips_pixels(pl_view bytes, const pl_vips_info *info, pl_pixels *ret, pl_error *reterr);
PL_NODISCARD pl_status pl__vips_encode_png(const pl_pixels *pixels, pl_str *out, pl_error *reterr);

#endif
