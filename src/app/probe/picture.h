#ifndef PL_PICTURE_H
#define PL_PICTURE_H

#include "codec.h"

/* A square in one colour on a light ground, drawn here: a PNG of two colours, one bit a pixel. */
typedef enum pl_picture_colour { PL_PICTURE_RED = 0, PL_PICTURE_BLUE = 1 } pl_picture_colour;
#define PL_PICTURE_COLOURS 2u
#define PL_PICTURE_SIDE_MAX 4096u /* 2 MB */

const char *pl__picture_colour_name(pl_picture_colour colour);
/* *ret_digest is that of the PNG's bytes. The caller unrefs ret->base64. PL_E_LIMIT (side 0 or too large), PL_E_NOMEM.
 */
PL_NODISCARD pl_status pl__picture_draw(pl_picture_colour colour, uint32_t side_px, pl_chat_image *ret,
                                        pl_digest *ret_digest, pl_error *reterr);

#endif
