#ifndef PL_KEY_H
#define PL_KEY_H

#include "model_spec.h"

/* Pieces of keys that several records share. Every piece has a fixed width or its length in front, so that different
 * records never give the same bytes. */
void pl__key_add_double(pl_sha256 *h, double x); /* by its bits; -0 counts as 0, every NaN as one */
void pl__key_add_image_policy(pl_sha256 *h, const pl_image_policy *policy);
/* Endpoint identity, provider, model, temperature, seed, extra. */
void pl__key_add_model(pl_sha256 *h, const pl_model_spec *spec);

#endif
