#include "fair_share.h"

#include "alloc.h"
#include "error.h"

pl_status pl__fair_init(pl_fair_share *ret, const uint32_t *caps, uint32_t n, uint32_t max)
{
    pl_fair_share f = {.n = n, .max = max};
    uint32_t own = n > 0 ? max / n / 2 : 0;
    if (own == 0 && n <= max)
        own = 1;
    f.held = pl__calloc(n, sizeof(*f.held));
    f.kept = pl__calloc(n, sizeof(*f.kept));
    if (!f.held || !f.kept) {
        pl__fair_clear(&f);
        return PL_E_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        f.kept[i] = caps[i] < own ? caps[i] : own;
        f.kept_free += f.kept[i];
    }
    *ret = f;
    return PL_OK;
}

void pl__fair_clear(pl_fair_share *f)
{
    pl__free(f->held);
    pl__free(f->kept);
    *f = (pl_fair_share){0};
}

bool pl__fair_may(const pl_fair_share *f, uint32_t i)
{
    uint32_t free_places = f->max - f->held_total;
    return f->held[i] < f->kept[i] ? free_places > 0 : free_places > f->kept_free;
}

uint32_t pl__fair_pick(const pl_fair_share *f, const bool *wants)
{
    uint32_t best = f->n;
    for (uint32_t k = 0; k < f->n; k++) {
        uint32_t i = (f->next + k) % f->n;
        if (wants[i] && pl__fair_may(f, i) && (best == f->n || f->held[i] < f->held[best]))
            best = i;
    }
    return best;
}

void pl__fair_take(pl_fair_share *f, uint32_t i)
{
    PL_ASSERT(pl__fair_may(f, i));
    if (f->held[i] < f->kept[i])
        f->kept_free--;
    f->held[i]++;
    f->held_total++;
    f->next = (i + 1) % f->n;
}

void pl__fair_give(pl_fair_share *f, uint32_t i)
{
    PL_ASSERT(f->held[i] > 0);
    f->held[i]--;
    f->held_total--;
    if (f->held[i] < f->kept[i])
        f->kept_free++;
}
