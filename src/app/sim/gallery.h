#ifndef PL_SIM_GALLERY_H
#define PL_SIM_GALLERY_H

#include "pool.h"

/* What the models have looked at lately: pictures by the text of their base64, and sights by (model, picture). Bounded;
 * used by several threads. Only a memory: what it returns never depends on what it holds. */
typedef struct pl_sim_gallery pl_sim_gallery;

#define PL_SIM_GALLERY_PICTURES 24u /* decoded; of the usual size 0.6 MB each */
#define PL_SIM_GALLERY_SIGHTS 1024u /* 7 KB each */

/* pool is borrowed. NULL on refusal. */
pl_sim_gallery *pl__sim_gallery_new(const pl_sim_pool *pool);
void pl__sim_gallery_free(pl_sim_gallery *gallery);
/* PL_E_PARSE (no base64, no image), PL_E_LIMIT, PL_E_NOMEM. */
PL_NODISCARD pl_status pl__sim_gallery_see(pl_sim_gallery *gallery, uint32_t model, pl_view base64, pl_sim_sight *ret,
                                           pl_error *reterr);

#endif
