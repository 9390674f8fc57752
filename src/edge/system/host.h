#ifndef PL_HOST_H
#define PL_HOST_H

#include "str.h"

/* Processors that this process may run on, at least 1. */
uint32_t pl__host_processors(void);

/* Does this name or address (as in a URL, brackets of IPv6 included) stay on this machine? "localhost", names below
 * it, 127.0.0.0/8 in four numbers, ::1. A name that only begins like one of them does not. */
bool pl__host_is_loopback(pl_view host);
/* The host of an http or https URL, without port or credentials; empty if there is none. Borrowed. */
pl_view pl__url_host(const char *url);

#endif
