#include "meanings.h"

bool pl__group_meanings(const uint8_t *pairs, uint32_t n, uint32_t *ret)
{
    uint32_t n_groups = 0;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t next = 0; /* the group whose first answer comes next */
        uint32_t found = n_groups;
        for (uint32_t i = 0; i < k && found == n_groups; i++) {
            if (ret[i] != next)
                continue;
            next++;
            if (pairs[(size_t)i * n + k] == PL_EQUIVALENCE_SAME)
                found = ret[i];
            else if (pairs[(size_t)i * n + k] != PL_EQUIVALENCE_DIFFERENT)
                return false;
        }
        ret[k] = found;
        n_groups += found == n_groups;
    }
    return true;
}
