#ifndef PL_SIM_CHAT_BODY_H
#define PL_SIM_CHAT_BODY_H

#include "str.h"

/* A request's JSON without the bulk: each `"url": "data:image/…;base64,BULK"` becomes `…;base64,#k`, or each
 * `"data": "BULK"` becomes `"data": "#k"`, where k counts from 0 and names a picture. Most of a request is one picture
 * that was seen before; it need not go through the parser. */
#define PL_SIM_PICTURES_MAX 64u /* the rest stays in the text */

typedef struct pl_sim_body {
    pl_str json;
    pl_view pictures[PL_SIM_PICTURES_MAX]; /* borrowed from the request */
    uint32_t n_pictures;
} pl_sim_body;

/* Where a dialect has its pictures. */
typedef enum pl_sim_picture_key {
    PL_SIM_PICTURE_URL = 0,
    PL_SIM_PICTURE_DATA = 1,
} pl_sim_picture_key;

/* PL_E_NOMEM, PL_E_LIMIT. */
PL_NODISCARD pl_status pl__sim_body_cut(pl_view request, pl_sim_picture_key key, pl_sim_body *ret);
void pl__sim_body_clear(pl_sim_body *body);
/* The base64 that stands in a picture's place: itself, or the picture it names. */
pl_view pl__sim_body_picture(const pl_sim_body *body, pl_view bulk);

#endif
