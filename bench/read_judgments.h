#ifndef READ_JUDGMENTS_H
#define READ_JUDGMENTS_H

#include <stddef.h>
#include <stdint.h>

/* What each reader takes out of all lines: enough to see that it looked at every field. */
typedef struct fields_sum {
    uint64_t lines;
    uint64_t bytes; /* of the names */
    uint64_t last;  /* their last bytes */
    uint64_t wins;  /* verdicts "a" */
} fields_sum;

#ifdef __cplusplus
extern "C" {
#endif

/* simdjson, three ways; `padded` bytes behind the text may be read. 0, or its error. */
int simdjson_on_demand_many(const char *text, size_t n, size_t padded, fields_sum *ret);
int simdjson_on_demand_lines(const char *text, size_t n, size_t padded, fields_sum *ret);
int simdjson_dom_many(const char *text, size_t n, size_t padded, fields_sum *ret);
const char *simdjson_implementation(void);

#ifdef __cplusplus
}
#endif
#endif
