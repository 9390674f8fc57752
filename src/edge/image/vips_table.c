#include "vips_table.h"

#include "error.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "libvips.so.42" /* 42 is the binary interface that vips/vips.h of 8.x describes */
#define ADVICE "images need libvips 8.14 or later (Debian: apt install libvips42)"

#define CHECK_TYPE(returns, member, symbol, parameters)                                                                \
    _Static_assert(_Generic(&(symbol), pl_vips_##member * : 1, default : 0), #symbol " is declared otherwise");
PL_VIPS_FUNCTIONS(CHECK_TYPE)

/* The symbols in the table's order; every member is a pointer to a function, so places in it can be counted. */
#define NAME(returns, member, symbol, parameters) #symbol,
static const char *const symbols[] = {PL_VIPS_FUNCTIONS(NAME)};

/* A symbol is searched in everything that is opened in one go, and libvips comes with some 80 libraries. Opened one by
 * one, the simple ones first, each searches among what it needs itself: 40 % less time in all. This is what Debian's
 * libvips names as its needs; what is not found elsewhere is passed over, and libvips itself opens what it needs. */
static const char *const first[] = {
    "libglib-2.0.so.0",  "libgobject-2.0.so.0",  "libgmodule-2.0.so.0",  "libgio-2.0.so.0",        "libexpat.so.1",
    "libstdc++.so.6",    "libOpenEXR-3_1.so.30", "libfftw3.so.3",        "libimagequant.so.0",     "libcgif.so.0",
    "libexif.so.12",     "libjpeg.so.62",        "libpng16.so.16",       "libwebp.so.7",           "libwebpmux.so.3",
    "libwebpdemux.so.2", "libgsf-1.so.114",      "libmatio.so.11",       "libcfitsio.so.10",       "libfontconfig.so.1",
    "libcairo.so.2",     "libpango-1.0.so.0",    "libpangoft2-1.0.so.0", "libpangocairo-1.0.so.0", "libtiff.so.6",
    "liblcms2.so.2",     "librsvg-2.so.2",       "libopenjp2.so.7",      "liborc-0.4.so.0"};

typedef void (*any_function)(void);
_Static_assert(sizeof(any_function) == sizeof(void *), "dlsym gives functions as objects");
_Static_assert(sizeof(pl_vips_table) == sizeof(symbols) / sizeof(symbols[0]) * sizeof(any_function),
               "the table has nothing but functions");

pl_status pl__vips_table_load(pl_vips_table *ret, pl_error *reterr)
{
    pl_vips_table table;

    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
        (void)dlopen(first[i], RTLD_LAZY | RTLD_LOCAL);
    void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        return pl__fail(reterr, PL_E_UNSUPPORTED, ADVICE ": %s", why ? why : LIBRARY " cannot be opened");
    }
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *found = dlsym(library, symbols[i]); /* of GLib too: libvips depends on it */
        if (!found) {
            (void)dlclose(library);
            return pl__fail(reterr, PL_E_UNSUPPORTED, ADVICE ": " LIBRARY " has no %s", symbols[i]);
        }
        /* ISO C has no cast from an object to a function; POSIX says that they look the same. */
        memcpy((char *)&table + i * sizeof(found), &found, sizeof(found));
    }
    *ret = table;
    return PL_OK;
}

#ifdef PL_SANITIZED
/* LeakSanitizer takes thread-local memory of libraries that are opened late for something else and crashes on it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "intercept_tls_get_addr=0";
}
#endif
