#ifndef PL_NUMBER_JSON_H
#define PL_NUMBER_JSON_H

#include "json.h"

/* Parts that many reports have. All of them: NULL on refusal, and a number is null where undefined or infinite. */
json_t *pl__number_json(double x);
json_t *pl__interval_json(double low, double high); /* [low, high] */
json_t *pl__number_list_json(const double *x, size_t n);
json_t *pl__text_list_json(const char *const *x, size_t n);
/* {"name": x, …}: of name i the number at i * stride. */
json_t *pl__numbers_by_name_json(const char *const *names, const double *x, size_t n, size_t stride);
json_t *pl__intervals_by_name_json(const char *const *names, const double *low, const double *high, size_t n);
/* A list of n things; make gives thing i of `from`, or NULL on refusal. */
json_t *pl__list_json(json_t *(*make)(const void *from, size_t i), const void *from, size_t n);

#endif
