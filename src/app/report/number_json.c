#include "number_json.h"

#include <math.h>

json_t *pl__number_json(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *pl__interval_json(double low, double high)
{
    return pl__number_list_json((const double[]){low, high}, 2);
}

json_t *pl__list_json(json_t *(*make)(const void *from, size_t i), const void *from, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < n; i++) {
        if (json_array_append_new(list, make(from, i)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *number_at(const void *from, size_t i)
{
    return pl__number_json(((const double *)from)[i]);
}

json_t *pl__number_list_json(const double *x, size_t n)
{
    return pl__list_json(number_at, x, n);
}

static json_t *text_at(const void *from, size_t i)
{
    return json_string(((const char *const *)from)[i]);
}

json_t *pl__text_list_json(const char *const *x, size_t n)
{
    return pl__list_json(text_at, x, n);
}

json_t *pl__numbers_by_name_json(const char *const *names, const double *x, size_t n, size_t stride)
{
    json_t *doc = json_object();

    for (size_t i = 0; doc && i < n; i++) {
        if (pl__json_set_number(doc, names[i], x[i * stride]) != PL_OK) {
            json_decref(doc);
            doc = NULL;
        }
    }
    return doc;
}

json_t *pl__intervals_by_name_json(const char *const *names, const double *low, const double *high, size_t n)
{
    json_t *doc = json_object();

    for (size_t i = 0; doc && i < n; i++) {
        if (pl__json_set(doc, names[i], pl__interval_json(low[i], high[i])) != PL_OK) {
            json_decref(doc);
            doc = NULL;
        }
    }
    return doc;
}
