#ifndef PICTURES_H
#define PICTURES_H

#include <stddef.h>
#include <stdint.h>
#include <vips/vips.h>

/* Image files made by the tests themselves. Failures end the running test. */
typedef struct picture {
    char *bytes; /* g_free */
    size_t n;
} picture;

/* Starts libvips by way of the code under test; a cmocka group setup. */
int pictures_setup(void **state);

/* Four quadrants: red, green / blue, yellow. 8-bit sRGB. */
VipsImage *quadrants(int width, int height);
/* The same with two bars of noise, so that compressed bytes are many. */
VipsImage *noisy(int width, int height);
/* Encodes by suffix and options, ".jpg[Q=95]"; takes over image. */
picture picture_of(VipsImage *image, const char *suffix);
void picture_clear(picture *p);

/* A PNG of one image row claiming any size: header, an IDAT that is much too short, end. */
picture png_claiming(uint32_t width, uint32_t height);

/* Is the pixel's colour near the one given? */
int is_near(const uint8_t *rgb, int r, int g, int b);

#endif
