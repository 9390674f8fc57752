#ifndef CODEC_KIT_H
#define CODEC_KIT_H

#include "codec.h"

/* Pieces of chats for tests of encoders. */
#define TEXT(r, s)                                                                                                     \
    {                                                                                                                  \
        .role = (r), .kind = PL_PART_TEXT, .text = {(s), sizeof(s) - 1 }                                               \
    }
#define IMAGE(r)                                                                                                       \
    {                                                                                                                  \
        .role = (r), .kind = PL_PART_IMAGE                                                                             \
    }

char *codec_kit_body(const pl_http_req *req); /* pl__free */
/* The chat's body is exactly `want`, one JSON document without a key twice. */
void codec_kit_check_body(const char *codec, const pl_chat *chat, const pl_chat_image *images, size_t n_images,
                          const char *want);
/* The same, but `want` is somewhere in it (false: nowhere). */
void codec_kit_check_has(const char *codec, const pl_chat *chat, const char *want, bool has);
/* Encoding is refused as PL_E_INVALID with these words, and nothing is returned. */
void codec_kit_check_refused(const char *codec, const pl_chat *chat, size_t n_images, const char *words);
/* Encoding a chat with one image survives each refusal of memory. */
void codec_kit_refuse_memory(const char *codec, const pl_chat *chat);

#endif
