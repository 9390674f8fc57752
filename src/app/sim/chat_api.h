#ifndef PL_SIM_CHAT_API_H
#define PL_SIM_CHAT_API_H

#include "clock.h"
#include "gallery.h"
#include "served.h"

/* What answering needs. All borrowed. */
typedef struct pl_sim_desk {
    const pl_sim_pool *pool;
    pl_sim_gallery *gallery;
    pl_sim_call_log *calls;
    const pl_clock *clock;
} pl_sim_desk;

/* A POST to a chat's path. Fills *ret: an answer, what a fault makes of it, or an error in the dialect's form with 400
 * (what cannot be answered), 401 or 403 (no key), 404 (no such model) or 500 (no memory). */
pl_sim_result pl__sim_chat(const pl_sim_desk *desk, const pl_sim_dialect *dialect, const pl_httpd_request *request,
                           pl_httpd_response *ret);

#endif
