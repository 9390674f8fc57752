/* Made by scripts/reference/equivalence_golden.py; do not edit. */
#ifndef PL_EQUIVALENCE_GOLDEN_H
#define PL_EQUIVALENCE_GOLDEN_H

#define GOLDEN_EQUIVALENCE_TASK "09139178b9f572956e9a958269ce8f46ea5cee0ea44547f40b304542171fe09a"

#endif
