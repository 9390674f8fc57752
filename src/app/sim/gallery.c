#include "gallery.h"

#include "alloc.h"
#include "blob.h"
#include "error.h"
#include "hash.h"

#include <pthread.h>
#include <string.h>

#define SIGHT_WAYS 8u /* a sight may lie in one of this many places */
#define SIGHT_SETS (PL_SIM_GALLERY_SIGHTS / SIGHT_WAYS)
#define KEY_SEED_LOW UINT64_C(0x9e3779b97f4a7c15)
#define KEY_SEED_HIGH UINT64_C(0xc2b2ae3d27d4eb4f)

typedef struct picture_key {
    uint64_t low;
    uint64_t high;
} picture_key;

typedef struct picture {
    picture_key key;
    uint64_t used; /* 0: empty */
    pl_blob *rgb;
    uint32_t width_px;
    uint32_t height_px;
} picture;

typedef struct kept_sight {
    picture_key key;
    uint32_t model;
    uint64_t used; /* 0: empty */
    pl_sim_sight sight;
} kept_sight;

struct pl_sim_gallery {
    const pl_sim_pool *pool;
    pthread_mutex_t lock;
    uint64_t clock; /* counts uses: the least recently used goes first */
    picture pictures[PL_SIM_GALLERY_PICTURES];
    kept_sight *sights; /* SIGHT_SETS x SIGHT_WAYS */
};

pl_sim_gallery *pl__sim_gallery_new(const pl_sim_pool *pool)
{
    pl_sim_gallery *g = pl__calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    g->pool = pool;
    g->sights = pl__calloc(PL_SIM_GALLERY_SIGHTS, sizeof(*g->sights));
    if (!g->sights || pthread_mutex_init(&g->lock, NULL) != 0) {
        pl__free(g->sights);
        pl__free(g);
        return NULL;
    }
    return g;
}

void pl__sim_gallery_free(pl_sim_gallery *g)
{
    if (!g)
        return;
    for (uint32_t i = 0; i < PL_SIM_GALLERY_PICTURES; i++)
        pl__blob_unref(g->pictures[i].rgb);
    pl__free(g->sights);
    (void)pthread_mutex_destroy(&g->lock);
    pl__free(g);
}

static bool same_key(picture_key a, picture_key b)
{
    return a.low == b.low && a.high == b.high;
}

static kept_sight *sight_set(pl_sim_gallery *g, uint32_t model, picture_key key)
{
    return g->sights + (size_t)((key.low + model) % SIGHT_SETS) * SIGHT_WAYS;
}

static bool recall_sight(pl_sim_gallery *g, uint32_t model, picture_key key, pl_sim_sight *ret)
{
    bool found = false;
    (void)pthread_mutex_lock(&g->lock);
    kept_sight *set = sight_set(g, model, key);
    for (uint32_t i = 0; i < SIGHT_WAYS && !found; i++) {
        if (set[i].used == 0 || set[i].model != model || !same_key(set[i].key, key))
            continue;
        set[i].used = ++g->clock;
        *ret = set[i].sight;
        found = true;
    }
    (void)pthread_mutex_unlock(&g->lock);
    return found;
}

static void keep_sight(pl_sim_gallery *g, uint32_t model, picture_key key, const pl_sim_sight *sight)
{
    (void)pthread_mutex_lock(&g->lock);
    kept_sight *set = sight_set(g, model, key);
    kept_sight *oldest = &set[0];
    for (uint32_t i = 1; i < SIGHT_WAYS; i++)
        oldest = set[i].used < oldest->used ? &set[i] : oldest;
    *oldest = (kept_sight){.key = key, .model = model, .used = ++g->clock, .sight = *sight};
    (void)pthread_mutex_unlock(&g->lock);
}

/* A reference to the pixels, NULL if they are not at hand. */
static pl_blob *recall_picture(pl_sim_gallery *g, picture_key key, uint32_t *ret_width, uint32_t *ret_height)
{
    pl_blob *rgb = NULL;
    (void)pthread_mutex_lock(&g->lock);
    for (uint32_t i = 0; i < PL_SIM_GALLERY_PICTURES && !rgb; i++) {
        picture *p = &g->pictures[i];
        if (p->used == 0 || !same_key(p->key, key))
            continue;
        p->used = ++g->clock;
        *ret_width = p->width_px;
        *ret_height = p->height_px;
        rgb = pl__blob_ref(p->rgb);
    }
    (void)pthread_mutex_unlock(&g->lock);
    return rgb;
}

static void keep_picture(pl_sim_gallery *g, picture_key key, pl_blob *rgb, uint32_t width, uint32_t height)
{
    (void)pthread_mutex_lock(&g->lock);
    picture *oldest = &g->pictures[0];
    for (uint32_t i = 1; i < PL_SIM_GALLERY_PICTURES; i++)
        oldest = g->pictures[i].used < oldest->used ? &g->pictures[i] : oldest;
    pl_blob *dropped = oldest->rgb;
    *oldest = (picture){.key = key, .used = ++g->clock, .width_px = width, .height_px = height};
    oldest->rgb = pl__blob_ref(rgb);
    (void)pthread_mutex_unlock(&g->lock);
    pl__blob_unref(dropped);
}

static pl_status decode_picture(pl_view base64, pl_pixels *ret, pl_error *reterr)
{
    pl_str bytes;
    pl__str_init(&bytes, (size_t)PL_IMAGE_FILE_BYTES_MAX);
    pl_status rc = pl__str_append_base64_decoded(&bytes, base64);
    if (rc)
        rc = pl__fail(reterr, rc, "the image is not base64");
    else
        rc = pl__image_decode(pl__str_c(&bytes), bytes.len, ret, reterr);
    pl__str_clear(&bytes);
    if (!rc)
        pl__sim_pixels_reduce(ret);
    return rc;
}

/* The pixels of a picture, kept or decoded now; *ret_blob keeps them alive. */
static pl_status get_picture(pl_sim_gallery *g, picture_key key, pl_view base64, pl_pixels *ret, pl_blob **ret_blob,
                             pl_error *reterr)
{
    pl_pixels px = {0};
    pl_blob *rgb = recall_picture(g, key, &px.width_px, &px.height_px);
    if (!rgb) {
        pl_status rc = decode_picture(base64, &px, reterr);
        if (rc)
            return rc;
        rgb = pl__blob_copy(px.rgb, (size_t)3 * px.width_px * px.height_px);
        pl__pixels_clear(&(pl_pixels){.rgb = px.rgb});
        if (!rgb)
            return pl__fail(reterr, PL_E_NOMEM, "pixels of %u x %u", (unsigned)px.width_px, (unsigned)px.height_px);
        keep_picture(g, key, rgb, px.width_px, px.height_px);
    }
    *ret = px;
    *ret_blob = rgb;
    return PL_OK;
}

pl_status pl__sim_gallery_see(pl_sim_gallery *g, uint32_t model, pl_view base64, pl_sim_sight *ret, pl_error *reterr)
{
    pl_pixels px = {0};
    pl_blob *rgb = NULL;
    pl_sim_retina retina = {0};
    picture_key key = {.low = pl__hash64(base64.ptr, base64.len, KEY_SEED_LOW),
                       .high = pl__hash64(base64.ptr, base64.len, KEY_SEED_HIGH)};

    if (recall_sight(g, model, key, ret))
        return PL_OK;
    pl_status rc = get_picture(g, key, base64, &px, &rgb, reterr);
    if (!rc)
        rc = pl__sim_retina_init((const uint8_t *)pl__blob_view(rgb).ptr, px.width_px, px.height_px, &retina, reterr);
    if (!rc) {
        const pl_sim_model *m = &g->pool->models[model];
        rc = pl__sim_look(&m->eyes, &retina, g->pool->seed, m->name, ret, reterr);
    }
    if (!rc)
        keep_sight(g, model, key, ret);
    pl__sim_retina_clear(&retina);
    pl__blob_unref(rgb);
    return rc;
}
