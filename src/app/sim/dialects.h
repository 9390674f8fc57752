#ifndef PL_SIM_DIALECTS_H
#define PL_SIM_DIALECTS_H

#include "dialect.h"

/* All dialects, each from a file of its own. */
const pl_sim_dialect *pl__sim_dialect_at(uint32_t id); /* id < PL_SIM_DIALECTS */
/* The dialect of a path, or NULL. Only chats have one. */
const pl_sim_dialect *pl__sim_dialect_of_path(const char *path);

#endif
