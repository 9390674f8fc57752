#include "number_json.h"

#include <math.h>

json_t *pl__number_json(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}
