#ifndef PL_DECIMAL_H
#define PL_DECIMAL_H

#include <stdbool.h>

/* Reads the JSON number that *at begins with, rounded as pl__num_parse() does, and moves *at behind it. A whole number
 * is read as an integer is: there is no negative zero among them. False for what is no number, out of range, or a whole
 * number of more than 18 digits; *at is then anywhere before `end`. What follows the number is the caller's to look at.
 */
bool pl__decimal_scan(const char **at, const char *end, double *ret);

#endif
