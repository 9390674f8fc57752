#ifndef PL_EXIF_H
#define PL_EXIF_H

#include "str.h"

/* The payload of an APP1 segment that begins with "Exif": is the picture to be shown as it is stored? False whenever
 * the segment does not plainly say so by an orientation of 1 or by none at all. (EXIF 2.32, 4.5 and 4.6.4) */
bool pl__exif_upright(pl_view payload);

#endif
