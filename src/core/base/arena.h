#ifndef PL_ARENA_H
#define PL_ARENA_H

#include <peerless/status.h>
#include <stdarg.h>
#include <stddef.h>

/* Pieces that die together. In PL_SANITIZED builds each piece is a malloc of its own, so that overruns show. */
typedef struct pl_arena_block pl_arena_block;
typedef struct pl_arena {
    pl_arena_block *head;
    size_t used_bytes; /* all pieces, for limits */
} pl_arena;

void pl__arena_init(pl_arena *arena);
void pl__arena_clear(pl_arena *arena);                     /* frees all pieces; the arena may be used again */
void *pl__arena_alloc(pl_arena *arena, size_t size_bytes); /* aligned for any type; NULL on refusal */
void *pl__arena_calloc(pl_arena *arena, size_t n, size_t size_bytes); /* zeroed; overflow is refused */
char *pl__arena_strdup(pl_arena *arena, const char *s);
char *pl__arena_strndup(pl_arena *arena, const char *s, size_t n);
/* A sentence as printf makes it, cut to PL_ERROR_MSG_BYTES as messages are. NULL on refusal. */
char *pl__arena_vtext(pl_arena *arena, const char *fmt, va_list args) PL_PRINTF(2, 0);

#endif
