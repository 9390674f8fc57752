#ifndef FIXTURE_H
#define FIXTURE_H

#include "codec.h"

/* A fixture is one file: "name: value" lines (status, header, now; then what is expected), "--", the body. They stand
 * in fixtures/CODEC. */
#define FIXTURE_NOW_MS 1760000000000

typedef struct fixture {
    const char *name;
    pl_http_reply reply;
    int64_t now_unix_ms;
    char *text;
    char *body;
} fixture;

void fixture_read(const char *dir, const char *name, fixture *ret);
void fixture_clear(fixture *f);
char *fixture_dir(const char *codec); /* free */

/* Every fixture of the codec decodes as it says; there must be some. */
void fixtures_run(const char *codec, int at_least);
/* The same when each comes through libcurl in two pieces, cut at every byte of its head and body. */
void fixtures_run_cut(const char *codec, int at_least);
/* Decoding one survives each refusal of memory. */
void fixture_refuse_memory(const char *codec, const char *name);
/* Every prefix of a good reply is GARBLED: only the whole one is an answer. */
void fixture_cut(const char *codec, const char *name);

#endif
