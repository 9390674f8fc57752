#ifndef PL_VIPS_TABLE_H
#define PL_VIPS_TABLE_H

#include <peerless/status.h>
#include <vips/vips.h>

/* libvips brings about 80 libraries along, whose symbols take some 35 ms to look up: only commands that touch an image
 * shall pay for them. So it is opened at run time, and called through this table. */

/* X(what it returns, member, symbol, parameters), as vips/vips.h and glib.h declare them: vips_table.c does not compile
 * where they differ. */
#define PL_VIPS_FUNCTIONS(X)                                                                                           \
    X(int, init, vips_init, (const char *program))                                                                     \
    X(void, operation_block_set, vips_operation_block_set, (const char *name, gboolean state))                         \
    X(void, concurrency_set, vips_concurrency_set, (int n_threads))                                                    \
    X(void, cache_set_max, vips_cache_set_max, (int n_operations))                                                     \
    X(void, thread_shutdown, vips_thread_shutdown, (void))                                                             \
    X(const char *, error_buffer, vips_error_buffer, (void))                                                           \
    X(void, error_clear, vips_error_clear, (void))                                                                     \
    X(void, error, vips_error, (const char *domain, const char *fmt, ...))                                             \
    X(int, jpegload_buffer, vips_jpegload_buffer, (void *bytes, size_t n, VipsImage **out, ...))                       \
    X(int, pngload_buffer, vips_pngload_buffer, (void *bytes, size_t n, VipsImage **out, ...))                         \
    X(int, webpload_buffer, vips_webpload_buffer, (void *bytes, size_t n, VipsImage **out, ...))                       \
    X(int, gifload_buffer, vips_gifload_buffer, (void *bytes, size_t n, VipsImage **out, ...))                         \
    X(int, tiffload_buffer, vips_tiffload_buffer, (void *bytes, size_t n, VipsImage **out, ...))                       \
    X(int, thumbnail_buffer, vips_thumbnail_buffer, (void *bytes, size_t n, VipsImage **out, int width, ...))          \
    X(int, jpegsave_buffer, vips_jpegsave_buffer, (VipsImage * in, void **bytes, size_t *n, ...))                      \
    X(int, webpsave_buffer, vips_webpsave_buffer, (VipsImage * in, void **bytes, size_t *n, ...))                      \
    X(int, pngsave_buffer, vips_pngsave_buffer, (VipsImage * in, void **bytes, size_t *n, ...))                        \
    X(VipsImage *, image_new_from_memory, vips_image_new_from_memory,                                                  \
      (const void *data, size_t n, int width, int height, int bands, VipsBandFormat format))                           \
    X(int, image_get_width, vips_image_get_width, (const VipsImage *image))                                            \
    X(int, image_get_height, vips_image_get_height, (const VipsImage *image))                                          \
    X(int, image_get_bands, vips_image_get_bands, (const VipsImage *image))                                            \
    X(VipsBandFormat, image_get_format, vips_image_get_format, (const VipsImage *image))                               \
    X(VipsInterpretation, image_get_interpretation, vips_image_get_interpretation, (const VipsImage *image))           \
    X(int, image_get_orientation, vips_image_get_orientation, (VipsImage * image))                                     \
    X(int, image_get_n_pages, vips_image_get_n_pages, (VipsImage * image))                                             \
    X(GType, image_get_typeof, vips_image_get_typeof, (const VipsImage *image, const char *field))                     \
    X(gboolean, image_hasalpha, vips_image_hasalpha, (VipsImage * image))                                              \
    X(VipsRegion *, region_new, vips_region_new, (VipsImage * image))                                                  \
    X(int, region_prepare, vips_region_prepare, (VipsRegion * region, const VipsRect *area))                           \
    X(VipsArrayDouble *, array_double_new, vips_array_double_new, (const double *values, int n))                       \
    X(void, area_unref, vips_area_unref, (VipsArea * area))                                                            \
    X(int, cast, vips_cast, (VipsImage * in, VipsImage * *out, VipsBandFormat format, ...))                            \
    X(int, colourspace, vips_colourspace, (VipsImage * in, VipsImage * *out, VipsInterpretation space, ...))           \
    X(int, copy, vips_copy, (VipsImage * in, VipsImage * *out, ...))                                                   \
    X(int, extract_band, vips_extract_band, (VipsImage * in, VipsImage * *out, int band, ...))                         \
    X(int, flatten, vips_flatten, (VipsImage * in, VipsImage * *out, ...))                                             \
    X(guint, log_set_handler, g_log_set_handler,                                                                       \
      (const gchar *domain, GLogLevelFlags levels, GLogFunc handler, gpointer user))                                   \
    X(void, object_unref, g_object_unref, (gpointer object))                                                           \
    X(void, release, g_free, (gpointer bytes))

#define PL_VIPS_TYPE(returns, member, symbol, parameters) typedef returns pl_vips_##member parameters;
PL_VIPS_FUNCTIONS(PL_VIPS_TYPE)
#undef PL_VIPS_TYPE

#define PL_VIPS_MEMBER(returns, member, symbol, parameters) pl_vips_##member *(member);
typedef struct pl_vips_table {
    PL_VIPS_FUNCTIONS(PL_VIPS_MEMBER)
} pl_vips_table;
#undef PL_VIPS_MEMBER

/* Opens the library, which stays open until the process ends. PL_E_UNSUPPORTED: it is not installed, or too old. */
PL_NODISCARD pl_status pl__vips_table_load(pl_vips_table *ret, pl_error *reterr);

#endif
